/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A gap of 1.9 s loses one packet: a burst looks, nothing is raised, no state changes. */
#include "tests/stories/stories.h"

void
story_one_lost_packet_raises_nothing(void)
{
	struct story *s = story_begin(8, false);
	int64_t	      rev;
	int	      i;

	story_settle(s);
	rev = story_number(s, "state/link/s013-1", "rev");
	for (i = 0; i < 10; i++) {
		story_do(s, "cut link s013-1");
		story_run(s, 1.9);
		story_do(s, "restore link s013-1");
		story_run(s, 61.7);
	}
	if (!is_i64((int64_t)s->heard.nevents, 0, "no event from ten gaps of 1.9 s"))
		story_print(s, 0);
	is_i64(story_number(s, "state/link/s013-1", "rev"), rev, "the line's state was not touched");
	story_end(s);
}
