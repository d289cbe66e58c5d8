/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tenth of the packets lost for minutes: degraded after its time, cleared after its time; never down. */
#include "tests/stories/stories.h"

void
story_brownout_degrades_and_clears(void)
{
	struct story *s = story_begin(9, false);

	story_settle(s);
	story_do(s, "loss link s013-1 0.25");
	story_run(s, 150);
	is_i64((int64_t)story_count(s, 0, "link.degraded", NULL), 0, "not before the rule's 180 s");
	story_run(s, 300);
	is_i64((int64_t)story_count(s, 0, "link.degraded", "link/s013-1"), 1, "degraded, once");
	is_text(story_state(s, "link/s013-1"), "degraded", "retained: degraded");
	story_do(s, "loss link s013-1 0");
	story_run(s, 600);
	is_i64((int64_t)story_count(s, 0, "link.restored", "link/s013-1"), 1, "restored, once");
	is_i64((int64_t)story_count(s, 0, "link.down", NULL), 0, "it was never down");
	is_text(story_state(s, "link/s013-1"), "up", "retained: up");
	story_end(s);
}
