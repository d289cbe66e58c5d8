/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line whose load is above what its provider lets pass, for a part of each hour: what passes is found within 5 %, and so is
 * the day on which it became less. Of the other lines, which nothing holds up, nothing is claimed.
 */
#include <math.h>

#include "live/capacity.h"
#include "live/core.h"
#include "tests/stories/stories.h"

#define LINE "s025-1"

/* What the fleet sends towards it in an hour without a ceiling: the mean of a whole wave. */
static double
mean_bps(const struct story *s)
{
	int64_t now_ns = loop_wall_ns(s->loop);
	double	rx = NAN, tx;

	fleet_truth_port(s->fleet, "s025-r1", "ether1", now_ns - 3600 * NS_PER_S, now_ns, &rx, &tx);
	return rx;
}

/* To ten minutes past the next midnight of the place. */
static void
run_to_next_day(struct story *s)
{
	int32_t today = capacity_today(loop_wall_ns(s->loop));

	while (capacity_today(loop_wall_ns(s->loop)) == today)
		story_run(s, 600);
	story_run(s, 600);
}

static unsigned
claims_of_others(const struct core *c)
{
	unsigned claims = 0;
	size_t	 k;

	for (k = 0; k < c->inv->nlinks; k++)
		if (c->link[k]->capacity != NULL && strcmp(c->link[k]->link->id, LINE) != 0)
			claims += c->link[k]->capacity->verdict[CAPACITY_DOWN].days + c->link[k]->capacity->verdict[CAPACITY_UP].days;
	return claims;
}

void
story_shaped_line_shows_what_it_delivers(void)
{
	struct story		     *s = story_begin(33, false);
	const struct plateau_verdict *v;
	double			      mean, ceiling;
	int32_t			      fell;

	story_settle(s);
	story_run(s, 2 * 3600);
	mean = mean_bps(s);
	ceiling = 1.2 * mean;
	run_to_next_day(s);
	v = &core_link(single_core(s->engine), LINE)->capacity->verdict[CAPACITY_DOWN];
	is_i64(v->days, 0, "a line that nothing holds up: no claim");
	story_do(s, "shape link %s %.6f", LINE, ceiling / 1e6);
	run_to_next_day(s);
	run_to_next_day(s);
	v = &core_link(single_core(s->engine), LINE)->capacity->verdict[CAPACITY_DOWN];
	ok(v->days == 2 && fabs(v->delivered_bps / ceiling - 1) <= 0.05, "shaped at %.2f Mbit/s: %.2f found, on %u days", ceiling / 1e6,
	    v->delivered_bps / 1e6, v->days);
	ok(!plateau_is_reduced(v), "as it is, so it was");
	story_run(s, 9 * 3600);
	fell = capacity_today(loop_wall_ns(s->loop));
	story_do(s, "shape link %s %.6f", LINE, 0.7 * ceiling / 1e6);
	run_to_next_day(s);
	run_to_next_day(s);
	v = &core_link(single_core(s->engine), LINE)->capacity->verdict[CAPACITY_DOWN];
	ok(plateau_is_reduced(v) && fabs(v->delivered_bps / (0.7 * ceiling) - 1) <= 0.05, "throttled to %.2f Mbit/s: %.2f found",
	    0.7 * ceiling / 1e6, v->delivered_bps / 1e6);
	is_i64(v->fell_day, fell, "on the day on which it was");
	is_i64(claims_of_others(single_core(s->engine)), 0, "nothing is claimed of any other line");
	story_end(s);
}
