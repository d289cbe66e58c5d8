/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_capacity_test.c: what rates say of a line's capacity, in core, over restarts, and as it is shown. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "core/capacity.h"
#include "core/turn.h"
#include "ctl/view.h"
#include "live/capacity.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

#define MBPS   1e6
#define DAY_NS (86400 * NS_PER_S)

/* An office day of polls: from eight to four it wants more than the line has. */
static void
feed_day(struct world *w, struct link_live *l, int64_t day_ns, double ceiling_bps)
{
	int64_t s;

	for (s = 0; s < 86400; s += 60) {
		bool full = s >= 8 * 3600 && s < 16 * 3600;

		l->rx_bps = full ? ceiling_bps : ceiling_bps * 0.1;
		l->tx_bps = ceiling_bps * 0.02;
		l->minute_ns = day_ns + s * NS_PER_S;
		l->loss_ratio = 0;
		l->rtt_p50_s = full ? 0.090 : 0.020;
		core_capacity_rates(w->core, l, day_ns + s * NS_PER_S, 60);
	}
}

static json_t *
shown(struct world *w, const char *way, const char *member)
{
	static json_t *last;

	json_decref(last);
	last = view_capacity(core_link(w->core, "a-1"));
	return way != NULL ? json_object_get(json_object_get(last, way), member) : json_object_get(last, member);
}

static void
test_weeks(void)
{
	struct world	 *w = world_new(31, true);
	struct link_live *l;
	int64_t		  zero;
	int		  day;

	world_settle(w);
	l = core_link(w->core, "a-1");
	((struct link *)l->link)->down_bps = 20 * MBPS;
	ok(json_is_null(shown(w, NULL, "sick")) || shown(w, NULL, "sick") == NULL, "nothing is claimed of a line without rates");
	zero = (loop_wall_ns(w->loop) / DAY_NS + 1) * DAY_NS;	/* the test's zone is UTC */
	for (day = 0; day < 10; day++)
		feed_day(w, l, zero + day * DAY_NS, 18.4 * MBPS);
	is_near(json_number_value(shown(w, "down", "delivered_bps")) / (18.4 * MBPS), 1, 0.02, "what it delivers");
	is_near(json_number_value(shown(w, "down", "contract_bps")), 20 * MBPS, 1, "beside the contract");
	ok(json_is_false(shown(w, "down", "reduced")) && shown(w, "up", "days") == NULL, "it is not reduced; of the idle way, nothing");
	for (; day < 14; day++)
		feed_day(w, l, zero + day * DAY_NS, 4 * MBPS);
	ok(json_is_true(shown(w, "down", "reduced")), "throttled");
	world_run(w, 2);		/* a turn writes it */
	world_restart(w);
	world_run(w, 2);
	l = core_link(w->core, "a-1");
	ok(l->capacity != NULL && json_is_true(shown(w, "down", "reduced")), "a restart does not forget it");
	is_i64(l->capacity->verdict[CAPACITY_DOWN].fell_day, (zero + 10 * DAY_NS) / DAY_NS, "since the day on which it fell");
	is_near(l->capacity->verdict[CAPACITY_DOWN].usual_bps / (18.4 * MBPS), 1, 0.02, "what it was before");
	world_free(w);
}

static void
test_bytes(void)
{
	struct capacity *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	const double	 contract[CAPACITY_WAYS] = { 20 * MBPS, NAN }, idle[CAPACITY_WAYS] = { 1 * MBPS, NAN };
	const double	 full[CAPACITY_WAYS] = { 19 * MBPS, 3 * MBPS };
	struct buf	 bytes = { 0 }, again = { 0 };
	size_t		 i;
	int		 day, s, refused = 0;

	for (day = 100; day < 100 + PLATEAU_DAYS + 20; day++)
		for (s = 0; s < 200; s++)
			capacity_rates(a, s < 100 ? idle : full, 60, s < 100 ? 0.01 : 0.05, 0, day, contract);
	ok(a->ndays[CAPACITY_DOWN] == PLATEAU_DAYS && a->day[CAPACITY_DOWN][0].day == 100 + 19, "the newest days are kept");
	capacity_write(a, &bytes);
	ok(capacity_read(b, bytes.data, bytes.len) == 0, "it can be read");
	capacity_write(b, &again);
	ok(again.len == bytes.len && memcmp(again.data, bytes.data, bytes.len) == 0, "and is the same");
	for (i = 0; i < bytes.len; i += 97)
		refused += capacity_read(b, bytes.data, i) == -1;
	ok(refused == (int)((bytes.len + 96) / 97), "cut short it is refused");
	memset(bytes.data + 5, 0xff, 4);
	ok(capacity_read(b, bytes.data, bytes.len) == -1 && b->today == 0, "what is no number is refused");
	buf_free(&bytes);
	buf_free(&again);
	free(a);
	free(b);
}

/* A full download delays everybody, also the confirmations that go up at a steady rate meanwhile. */
static void
test_other_direction(void)
{
	struct capacity *c = calloc(1, sizeof(*c));
	const double	 contract[CAPACITY_WAYS] = { 50 * MBPS, 20 * MBPS }, night[CAPACITY_WAYS] = { 1 * MBPS, 0.2 * MBPS };
	const double	 full[CAPACITY_WAYS] = { 50 * MBPS, 1.2 * MBPS };
	struct plateau_verdict v[CAPACITY_WAYS];
	int		 day, s;

	for (day = 100; day < 110; day++)
		for (s = 0; s < 600; s++)
			capacity_rates(c, s < 300 ? night : full, 60, s < 300 ? 0.005 : 0.065, 0, day, contract);
	capacity_judge(c, contract);
	memcpy(v, c->verdict, sizeof(v));
	is_near(v[CAPACITY_DOWN].delivered_bps / (50 * MBPS), 1, 0.02, "a full download: that is what it delivers");
	ok(isnan(v[CAPACITY_UP].delivered_bps) && plateau_sick_direction(v, contract) == -1,
	    "and nothing is claimed of the way up");
	free(c);
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	test_bytes();
	test_other_direction();
	test_weeks();
	return tap_done();
}
