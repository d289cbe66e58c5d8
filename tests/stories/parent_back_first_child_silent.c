/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line is cut while its node is down: it is told only after the node is back and the hold is over. */
#include "tests/stories/stories.h"

void
story_parent_back_first_child_silent(void)
{
	struct story *s = story_begin(18, false);
	size_t	      from;

	story_settle(s);
	story_do(s, "cut site node-3");
	story_run(s, 30);
	story_do(s, "cut link s013-1");
	story_run(s, 30);
	is_i64((int64_t)story_count(s, 0, "link.down", NULL), 0, "nothing is said of it while its node is down");
	from = s->heard.nevents;
	story_do(s, "restore site node-3");
	story_run(s, 60);
	is_i64((int64_t)story_count(s, from, "link.down", "link/s013-1"), 1, "it is told once the node is back");
	is_i64((int64_t)story_count(s, from, "link.down", NULL), 1, "and nothing of the others");
	is_i64((int64_t)story_count(s, from, "site.restored", "site/node-3"), 1, "the node is restored");
	story_end(s);
}
