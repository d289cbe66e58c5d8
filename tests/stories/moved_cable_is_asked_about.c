/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two cables are exchanged, and the aliases with them. Nobody guesses: both lines are unknown and the operator
 * is asked, once; what is in their places is sampled under series of its own. The answers join each line with
 * its port again, and not one sample of the one line is ever found in the other.
 */
#include "tests/stories/series.h"
#include "tests/stories/stories.h"

#include "base/map.h"
#include "core/ports.h"

#define MINUTES 60

/* The port of that reference, when something is asked about it. */
static struct port_live *
asked(struct story *s, const char *ref)
{
	struct port_live *p = map_get(single_core(s->engine)->port_by_ref, ref);

	return p != NULL && p->state == PORT_ASKED && p->question != NULL && p->question->id != 0 ? p : NULL;
}

static void
line_is(struct story *s, const char *ref, const char *port, int64_t start_s)
{
	static struct series got;
	struct compared	     c;

	series_read(s, ref, start_s, start_s + MINUTES * 60, &got);
	c = series_compare(s, &got, "s036-r1", port, NULL);
	ok(c.wrong == 0, "%s: not one sample of another line (worst error %.4f %%)", ref, 100 * c.worst);
	ok(c.gap >= 18 && c.gap <= 24, "... unknown until it was answered (%zu minutes), then known (%zu)", c.gap,
	    c.known);
	ok(c.known >= 34 && c.unknown <= c.gap + 2, "... and nowhere else");
}

void
story_moved_cable_is_asked_about(void)
{
	static struct series got;
	struct story	    *s = story_open(35, true);
	struct port_live    *a, *b;
	struct compared	     c;
	const char	    *why = "";
	int64_t		     start_s, moved_s;

	story_replace_row(s, INPUT_LINKS, "s036-2",
	    "s036-2,s036,backup,icon+,,,10.2.0.36,5,,committed,,,,,,s036-r1,ether2,wan,live");
	story_start(s);
	story_run(s, 240);
	start_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	story_run(s, 1200);
	s->heard.nevents = 0;
	story_do(s, "recable device s036-r1 ether1 ether2");
	moved_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	story_run(s, 1200);
	a = asked(s, "port/s036-r1.ether1");
	b = asked(s, "port/s036-r1.ether2");
	ok(a != NULL && b != NULL, "both ports are asked about");
	ok(s->heard.nevents == 0, "without any event");
	ok(a != NULL && core_port_same(single_core(s->engine), a, "ether2", "noc", &why) == 0,
	    "one is ether2 now");
	ok(b != NULL && core_port_same(single_core(s->engine), b, "ether1", "noc", &why) == 0,
	    "the other is ether1");
	story_run(s, (double)(start_s + MINUTES * 60 + 300 - loop_wall_ns(s->loop) / NS_PER_S));
	story_stop(s);

	line_is(s, "link/s036-3/rx_bps", "ether1", start_s);
	line_is(s, "link/s036-2/rx_bps", "ether2", start_s);
	series_read(s, "port/s036-r1.ether1_2/rx_bps", moved_s + 300, moved_s + 1140, &got);
	c = series_compare(s, &got, "s036-r1", "ether2", NULL);
	ok(c.wrong == 0 && c.known >= 13 && c.unknown == 0, "meanwhile what is in ether1 has a series of its own "
	    "(%zu minutes)", c.known);
	story_end(s);
}
