/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine is restarted at each tenth of a second around a verdict: exactly one event each time. */
#include "tests/stories/stories.h"

void
story_restart_at_any_moment_of_a_fault(void)
{
	struct story *s = story_begin(12, false);
	int	      i, right = 0;

	story_settle(s);
	for (i = 0; i < 40; i++) {
		size_t from = s->heard.nevents;

		story_do(s, "cut link s013-1");
		story_run(s, 4 + i * 0.2);
		story_restart(s);
		story_run(s, 60);
		story_do(s, "restore link s013-1");
		story_run(s, 60);
		right += story_count(s, from, "link.down", "link/s013-1") == 1 && story_count(s, from, "link.up", "link/s013-1") == 1 &&
		    story_count(s, from, "incident.opened", NULL) == 1 && story_count(s, from, "incident.closed", NULL) == 1;
		if (right != i + 1) {
			printf("#   restarted %.1f s after the cut\n", 4 + i * 0.2);
			story_print(s, from);
			break;
		}
	}
	is_i64(right, 40, "one link.down and one link.up, whenever it was restarted");
	story_end(s);
}
