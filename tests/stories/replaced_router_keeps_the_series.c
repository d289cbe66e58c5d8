/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A router is replaced by one of its kind, and then by another model with other names, numbers and MACs. The
 * alias that somebody typed again tells which port carries the line: its series goes on, and those of ports
 * that the new one does not have are kept.
 */
#include "tests/stories/series.h"
#include "tests/stories/stories.h"

#include "live/core.h"
#include "base/map.h"

#define MINUTES 60

static const struct port_live *
port_of(struct story *s, const char *ref)
{
	return map_get(single_core(s->engine)->port_by_ref, ref);
}

void
story_replaced_router_keeps_the_series(void)
{
	static struct series	got;
	struct story	       *s = story_begin(32, true);
	const struct port_live *p;
	struct compared		c;
	int64_t			start_s;

	story_run(s, 240);
	start_s = loop_wall_ns(s->loop) / NS_PER_S / 60 * 60;
	story_run(s, 1200);
	story_do(s, "replace device s002-r1");
	story_run(s, 1200);
	p = port_of(s, "port/s002-r1.ether3");
	ok(p != NULL && p->state == PORT_HERE, "one of its kind: all names say the same");
	story_do(s, "replace device s002-r1 zte");
	story_run(s, (double)(start_s + MINUTES * 60 + 300 - loop_wall_ns(s->loop) / NS_PER_S));
	p = port_of(s, "port/s002-r1.ether1");
	ok(p != NULL && p->state == PORT_HERE && strcmp(p->id.name, "ge-0/0/0") == 0,
	    "another model: the port with the line is known by its alias");
	p = port_of(s, "port/s002-r1.ether3");
	ok(p != NULL && p->state == PORT_GONE, "ports that it does not have are kept as gone");
	ok(port_of(s, "port/s002-r1.ge-0_0_2") != NULL, "and it has some of its own");
	story_stop(s);

	series_read(s, "link/s002-1/rx_bps", start_s, start_s + MINUTES * 60, &got);
	c = series_compare(s, &got, "s002-r1", "ether1", NULL);
	ok(c.wrong == 0, "the line: no spike, nothing of another port (worst error %.4f %%)", 100 * c.worst);
	ok(got.n >= MINUTES - 1 && c.gap <= 2 && c.unknown <= 5, "... no gap above two steps (%zu unknown in all, "
	    "%zu at once)", c.unknown, c.gap);
	series_read(s, "port/s002-r1.ether1/rx_bps", start_s, start_s + MINUTES * 60, &got);
	c = series_compare(s, &got, "s002-r1", "ether1", NULL);
	ok(c.wrong == 0 && c.gap <= 2 && c.unknown <= 5, "and so its port: %zu minutes known", c.known);
	story_end(s);
}
