/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hours of wave traffic with a reboot, a renumbering, a counter near its wrap, a silence, and a contract far
 * below the traffic: what the store gives back is compared minute by minute with what the fleet really sent.
 * No spike, no false zero; unknown only where something happened.
 */
#include "tests/stories/series.h"
#include "tests/stories/stories.h"

#define HOURS 3

static void
touch(struct story *s, bool *touched, int64_t start_s, int from, int to)
{
	int64_t now_s = loop_wall_ns(s->loop) / NS_PER_S;
	int	i;

	for (i = (int)((now_s - start_s) / 60) + from; i <= (int)((now_s - start_s) / 60) + to; i++)
		if (i >= 0 && i < SERIES_MAX)
			touched[i] = true;
}

void
story_rates_agree_with_the_truth(void)
{
	static const char *const device = "s002-r1", *const calm = "s025-r1";
	static struct series	 got;
	static bool		 touched[SERIES_MAX], untouched[SERIES_MAX];
	struct story		*s = story_open(21, true);
	struct compared		 c;
	int64_t			 start_s, end_s;

	/* With this contract the fleet gives it a port of 100 Mbit/s: 32 bits are enough (definitions R8). */
	story_replace_row(s, INPUT_LINKS, "s002-1",
	    "s002-1,s002,main,indihome,,node-2,10.1.0.2,30,30,best_effort,,,,,,s002-r1,ether1,wan,live");
	story_start(s);
	story_run(s, 240);
	start_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	end_s = start_s + HOURS * 3600;
	story_run(s, 1200);
	touch(s, touched, start_s, -1, 4);
	/* More than the contract passes through the calm line from now on: for one, it was entered wrongly. */
	story_replace_row(s, INPUT_LINKS, "s025-1",
	    "s025-1,s025,main,indihome,,node-1,10.1.0.25,0.5,0.5,best_effort,,,,,,s025-r1,ether1,wan,live");
	story_do(s, "reboot device %s 20", device);
	story_run(s, 1800);
	touch(s, touched, start_s, -1, 4);
	story_do(s, "renumber device %s", device);
	story_run(s, 1800);
	touch(s, touched, start_s, -1, 5);
	story_do(s, "silent device %s on", device);
	story_run(s, 170);
	story_do(s, "silent device %s off", device);
	story_run(s, 1800);
	touch(s, touched, start_s, -1, 5);
	story_do(s, "no64 device %s on", device);
	story_run(s, (double)(end_s + 400 - loop_wall_ns(s->loop) / NS_PER_S));
	story_stop(s);

	series_read(s, "link/s025-1/rx_bps", start_s, end_s, &got);
	c = series_compare(s, &got, calm, "ether1", untouched);
	ok(got.n >= HOURS * 60 - 1 && c.unknown == 0 && c.wrong == 0, "a calm line, contract or not: %zu minutes known, worst error %.4f %%", c.known,
	    100 * c.worst);
	series_read(s, "link/s002-1/rx_bps", start_s, end_s, &got);
	c = series_compare(s, &got, device, "ether1", touched);
	ok(c.wrong == 0, "reboot, renumbering, silence, 32-bit counters: no spike, no false zero (worst error %.4f %%)", 100 * c.worst);
	ok(c.known > HOURS * 60 - 30 && c.unknown == 0, "unknown only where something happened (%zu minutes known)", c.known);
	story_end(s);
}
