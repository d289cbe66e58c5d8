/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine is restarted while a line is down: nothing is said again, nothing is forgotten. */
#include "tests/stories/stories.h"

void
story_restart_during_outage_repeats_nothing(void)
{
	struct story *s = story_begin(11, false);

	story_settle(s);
	story_do(s, "cut link s013-1");
	story_run(s, 30);
	story_restart(s);
	story_run(s, 60);
	is_i64((int64_t)story_count(s, 0, "link.down", "link/s013-1"), 1, "link.down was said once");
	is_i64((int64_t)story_count(s, 0, "incident.opened", NULL), 1, "one incident");
	is_text(story_state(s, "link/s013-1"), "down", "still down");
	story_do(s, "restore link s013-1");
	story_run(s, 30);
	is_i64((int64_t)story_count(s, 0, "link.up", "link/s013-1"), 1, "link.up was said once");
	is_i64((int64_t)story_count(s, 0, "incident.closed", NULL), 1, "the incident of before the restart is closed");
	story_end(s);
}
