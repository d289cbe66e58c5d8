/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line dies of its own, then its node: two incidents; the node returns, the line stays down in its own. */
#include "tests/stories/stories.h"

void
story_child_dead_before_its_parent_keeps_its_incident(void)
{
	struct story *s = story_begin(17, false);

	story_settle(s);
	story_do(s, "cut link s013-1");
	story_run(s, 30);
	story_do(s, "cut site node-3");
	story_run(s, 30);
	is_i64((int64_t)story_count(s, 0, "incident.opened", NULL), 2, "two faults, two incidents");
	story_do(s, "restore site node-3");
	story_run(s, 60);
	is_i64((int64_t)story_count(s, 0, "site.restored", "site/node-3"), 1, "the node is restored");
	is_i64((int64_t)story_count(s, 0, "link.up", "link/s013-1"), 0, "the line is not");
	is_text(story_state(s, "link/s013-1"), "down", "it is down on its own");
	story_do(s, "restore link s013-1");
	story_run(s, 30);
	is_i64((int64_t)story_count(s, 0, "link.up", "link/s013-1"), 1, "until it is mended");
	is_i64((int64_t)story_count(s, 0, "link.down", "link/s013-1"), 1, "its fault was told once");
	story_end(s);
}
