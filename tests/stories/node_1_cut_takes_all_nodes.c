/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The root node is cut: one incident at node 1; the nodes below it raise nothing of their own. */
#include "tests/stories/stories.h"

void
story_node_1_cut_takes_all_nodes(void)
{
	struct story *s = story_begin(4, false);

	story_settle(s);
	story_do(s, "cut site node-1");
	story_run(s, 30);
	is_i64((int64_t)story_count(s, 0, "site.isolated", NULL), 1, "one site.isolated");
	ok(story_find(s, 0, "site.isolated", "site/node-1") != NULL, "of node 1");
	is_i64((int64_t)story_count(s, 0, "incident.opened", NULL), 1, "one incident");
	is_i64((int64_t)story_count(s, 0, "link.down", NULL), 0, "no event of any line");
	is_text(story_state(s, "site/node-2"), "unreachable", "node 2 is unreachable");
	story_do(s, "restore site node-1");
	s->heard.nevents = 0;
	story_run(s, 60);
	is_i64((int64_t)story_count(s, 0, "site.restored", NULL), 1, "return: one site.restored");
	is_i64((int64_t)s->heard.nevents - (int64_t)story_count(s, 0, "incident.updated", NULL), 2, "return: nothing else but the closing");
	story_end(s);
}
