/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counters of 64 and of 32 bits wrap, jump with a discontinuity, and jump without one: a wrap is no event at
 * all, a jump is unknown for a step, and nothing of it is ever booked.
 */
#include "tests/stories/series.h"
#include "tests/stories/stories.h"

#define MINUTES 80

void
story_counters_wrap_without_a_spike(void)
{
	static struct series got;
	struct story	    *s = story_open(34, true);
	struct compared	     c;
	int64_t		     start_s, calm_s;

	/* With this contract the fleet gives it a port of 100 Mbit/s: 32 bits are enough (definitions R8). */
	story_replace_row(s, INPUT_LINKS, "s002-1",
	    "s002-1,s002,main,indihome,,node-2,10.1.0.2,30,30,best_effort,,,,,,s002-r1,ether1,wan,live");
	story_start(s);
	story_do(s, "wrap64 device s002-r1 900");
	story_run(s, 240);
	start_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	story_run(s, 1500);
	calm_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60 - 120;
	story_do(s, "jump device s002-r1 ether1 5000000000 mark");
	story_run(s, 600);
	story_do(s, "jump device s002-r1 ether1 5000000000");
	story_run(s, 600);
	story_do(s, "jump device s002-r1 ether1 -5000000000");
	story_run(s, 600);
	story_do(s, "no64 device s002-r1 on");
	story_do(s, "wrap device s002-r1 400");
	story_run(s, (double)(start_s + MINUTES * 60 + 300 - loop_wall_ns(s->loop) / NS_PER_S));
	story_stop(s);

	series_read(s, "link/s002-1/rx_bps", start_s, calm_s, &got);
	c = series_compare(s, &got, "s002-r1", "ether1", NULL);
	ok(c.wrong == 0 && c.unknown == 0 && c.known >= 20, "64 bits wrap: nothing is unknown, and nothing wrong "
	    "(worst error %.4f %%)", 100 * c.worst);
	series_read(s, "link/s002-1/rx_bps", calm_s, start_s + MINUTES * 60, &got);
	c = series_compare(s, &got, "s002-r1", "ether1", NULL);
	ok(c.wrong == 0 && c.known >= 40, "jumps with and without a mark, and 32 bits: no spike (worst error %.4f %%)",
	    100 * c.worst);
	ok(c.gap <= 2 && c.unknown <= 8, "... unknown for a step or two each (%zu in all, %zu at once)", c.unknown,
	    c.gap);
	story_end(s);
}
