/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node is cut: one incident names it and what hangs on it; no event per site; its return brings no burst. */
#include "tests/stories/stories.h"

#include <jansson.h>

void
story_node_cut_is_one_incident(void)
{
	static const char *const down[] = { "site.isolated site/node-2", "incident.opened incident/inc-1", NULL };
	static const char *const up[] = { "site.restored site/node-2", "incident.closed incident/inc-1", NULL };
	struct story *s = story_begin(3, false);
	size_t	      members;

	story_settle(s);
	story_do(s, "cut site node-2");
	story_run(s, 25);
	story_expect(s, 0, "cut: one event of the node, one incident", down, "incident.updated");
	members = json_array_size(json_object_get(story_doc(s, "incident/inc-1"), "members"));
	ok(members >= 12, "the incident lists the %zu lines behind it", members);
	is_text(story_state(s, "site/s002"), "unreachable", "a one-line site behind it is unreachable");
	is_text(story_state(s, "site/s001"), "on_backup", "a site with a second line runs on it");
	is_text(story_state(s, "site/s013"), "ok", "a site behind another node is well");
	story_do(s, "restore site node-2");
	s->heard.nevents = 0;
	story_run(s, 60);
	story_expect(s, 0, "return: two events and no burst", up, "incident.updated");
	is_text(story_state(s, "site/s002"), "ok", "the sites behind it are well again");
	is_text(story_state(s, "site/s001"), "ok", "also those that ran on their second line");
	story_end(s);
}
