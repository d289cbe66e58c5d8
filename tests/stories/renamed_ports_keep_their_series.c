/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Somebody renames the ports, a reboot gives them new numbers, and a new firmware has other names for all of
 * them: each series goes on, sample by sample what the fleet has sent, with no gap above two steps.
 */
#include "tests/stories/series.h"
#include "tests/stories/stories.h"

#define MINUTES 70

static void
rename_all(struct story *s, const char *device, const char *suffix)
{
	for (unsigned i = 1; i <= 5; i++)
		story_do(s, "rename device %s ether%u ether%u-%s", device, i, i, suffix);
}

static void
goes_on(struct story *s, const char *ref, const char *port, int64_t start_s)
{
	static struct series got;
	struct compared	     c;

	series_read(s, ref, start_s, start_s + MINUTES * 60, &got);
	c = series_compare(s, &got, "s002-r1", port, NULL);
	ok(c.wrong == 0 && got.n >= MINUTES - 1, "%s: %zu minutes known, worst error %.4f %%", ref, c.known,
	    100 * c.worst);
	ok(c.gap <= 2 && c.unknown <= 8, "... no gap above two steps (%zu unknown in all, %zu at once)", c.unknown,
	    c.gap);
}

void
story_renamed_ports_keep_their_series(void)
{
	struct story *s = story_begin(31, true);
	int64_t	      start_s;

	story_run(s, 240);
	start_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	story_run(s, 900);
	rename_all(s, "s002-r1", "wan");
	story_run(s, 900);
	story_do(s, "renumber device s002-r1");
	story_do(s, "reboot device s002-r1 20");
	story_run(s, 900);
	rename_all(s, "s002-r1", "v7");
	story_do(s, "renumber device s002-r1");
	story_do(s, "reboot device s002-r1");
	story_run(s, (double)(start_s + MINUTES * 60 + 300 - loop_wall_ns(s->loop) / NS_PER_S));
	story_stop(s);

	goes_on(s, "link/s002-1/rx_bps", "ether1", start_s);
	goes_on(s, "port/s002-r1.ether1/rx_bps", "ether1", start_s);
	goes_on(s, "port/s002-r1.ether3/rx_bps", "ether3", start_s);
	story_end(s);
}
