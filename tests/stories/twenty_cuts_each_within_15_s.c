/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Twenty cuts at random phases: each within 15 s, whatever the phase. */
#include "tests/stories/stories.h"

void
story_twenty_cuts_each_within_15_s(void)
{
	struct story *s = story_begin(2, false);
	double	      worst = 0, delay;
	uint64_t      r = 99;
	int	      i, events = 0;
	char	      link[32], ref[64];

	story_settle(s);
	for (i = 0; i < 20; i++) {
		static const int sites[] = { 2, 3, 4, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25 };
		size_t		 from = s->heard.nevents;
		int64_t		 cut;
		const struct heard_event *e;

		story_run(s, (double)(hash_u64(r++) % 10000) / 1000);
		snprintf(link, sizeof(link), "s%03d-1", sites[i]);
		snprintf(ref, sizeof(ref), "link/%s", link);
		cut = loop_mono_ns(s->loop);
		story_do(s, "cut link %s", link);
		story_run(s, 16);
		e = story_find(s, from, "link.down", ref);
		delay = e != NULL ? (double)(e->mono_ns - cut) / 1e9 : 99;
		worst = delay > worst ? delay : worst;
		story_do(s, "restore link %s", link);
		story_run(s, 16);
		events += story_count(s, from, "link.down", ref) == 1 && story_count(s, from, "link.up", ref) == 1 &&
		    s->heard.nevents - from == 4;
	}
	ok(worst <= 15, "the slowest of twenty took %.2f s", worst);
	is_i64(events, 20, "one link.down and one link.up each, and nothing about anybody else");
	story_end(s);
}
