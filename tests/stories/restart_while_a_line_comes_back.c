/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line returns while the engine is away: link.up is said when the engine is back. */
#include "tests/stories/stories.h"

void
story_restart_while_a_line_comes_back(void)
{
	struct story *s = story_begin(13, false);

	story_settle(s);
	story_do(s, "cut link s013-1");
	story_run(s, 30);
	story_do(s, "restore link s013-1");
	story_restart(s);
	story_run(s, 40);
	is_i64((int64_t)story_count(s, 0, "link.up", "link/s013-1"), 1, "link.up, once");
	is_text(story_state(s, "link/s013-1"), "up", "retained: up");
	story_end(s);
}
