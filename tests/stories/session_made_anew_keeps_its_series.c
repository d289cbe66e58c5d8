/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PPP session is cut off and comes back: under the next counter, with the next ifIndex, from zero, and its
 * agent says nothing of a discontinuity. Then so under the same name, once as the MIB asks for, and at last
 * after it was away for ten minutes.
 */
#include "tests/stories/series.h"
#include "tests/stories/stories.h"

#define MINUTES 90

void
story_session_made_anew_keeps_its_series(void)
{
	static struct series got;
	struct story	    *s = story_open(33, true);
	struct compared	     c;
	int64_t		     start_s;

	story_replace_row(s, INPUT_LINKS, "s002-1",
	    "s002-1,s002,main,indihome,,node-2,10.1.0.2,30,30,best_effort,,,,,,s002-r1,pppoe-out1,wan,live");
	story_start(s);
	story_do(s, "alias device s002-r1 pppoe-out1 -");
	story_run(s, 240);
	start_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	story_run(s, 900);
	story_do(s, "recreate device s002-r1 pppoe-out1 pppoe-out2");
	story_run(s, 920);
	story_do(s, "recreate device s002-r1 pppoe-out1 pppoe-out2");
	story_run(s, 940);
	story_do(s, "recreate device s002-r1 pppoe-out1 pppoe-out7 mark");
	story_run(s, 900);
	story_do(s, "away device s002-r1 pppoe-out1 on");
	story_run(s, 600);
	story_do(s, "recreate device s002-r1 pppoe-out1 pppoe-out8");
	story_run(s, (double)(start_s + MINUTES * 60 + 300 - loop_wall_ns(s->loop) / NS_PER_S));
	story_stop(s);

	series_read(s, "link/s002-1/rx_bps", start_s, start_s + MINUTES * 60, &got);
	c = series_compare(s, &got, "s002-r1", "pppoe-out1", NULL);
	ok(c.wrong == 0 && got.n >= MINUTES - 1, "the line: no spike (%zu minutes known, worst error %.4f %%)",
	    c.known, 100 * c.worst);
	ok(c.gap >= 10 && c.gap <= 14 && c.unknown <= c.gap + 6,
	    "... gone for 10 minutes and back within 4 (%zu), else no gap above two steps (%zu unknown in all)", c.gap,
	    c.unknown);
	series_read(s, "port/s002-r1.pppoe-out1/rx_bps", start_s, start_s + MINUTES * 60, &got);
	c = series_compare(s, &got, "s002-r1", "pppoe-out1", NULL);
	ok(c.wrong == 0 && c.gap <= 14 && c.unknown <= c.gap + 6, "and so its port, under its first name");
	story_end(s);
}
