/* SPDX-License-Identifier: GPL-3.0-or-later */
/* minute_test.c: samples of any phase to rows of minutes, as a table. */
#include "store/minute.h"

#include "tap.h"

#define T0   INT64_C(1795222800)	/* a whole minute */
#define SEC  NS_PER_S
#define NAN2 { NAN, NAN }

struct piece {
	double from_s, to_s;	/* after T0 */
	double value[2];
};
struct want {
	int64_t end_s;		/* after T0 */
	double	value[2];
};

static const struct {
	const char  *name;
	struct piece in[6];	/* ends with to_s 0 */
	struct want  out[4];	/* ends with end_s 0 */
	unsigned     late;
} cases[] = {
	{ "a whole minute", { { 0, 60, { 7, 9 } } }, { { 60, { 7, 9 } } }, 0 },
	{ "polls at 20 s past span two minutes",
	    { { -40, 20, { 100, 1 } }, { 20, 80, { 200, 2 } }, { 80, 140, { 400, 4 } } },
	    { { 0, { 100, 1 } }, { 60, { (20 * 100 + 40 * 200) / 60.0, (20 * 1 + 40 * 2) / 60.0 } },
	    { 120, { (20 * 200 + 40 * 400) / 60.0, (20 * 2 + 40 * 4) / 60.0 } } }, 0 },
	{ "29 known seconds are unknown", { { 0, 29, { 5, 5 } } }, { { 0 } }, 0 },
	{ "30 known seconds are known", { { 0, 30, { 5, 6 } } }, { { 60, { 5, 6 } } }, 0 },
	{ "30 seconds in two pieces", { { 0, 15, { 4, 4 } }, { 45, 60, { 8, 8 } } }, { { 60, { 6, 6 } } },
	    0 },
	{ "unknown is per value", { { 0, 60, { 5, NAN } } }, { { 60, { 5, NAN } } }, 0 },
	{ "unknown pieces weigh nothing", { { 0, 20, { NAN, 3 } }, { 20, 60, { 6, 6 } } },
	    { { 60, { 6, 5 } } }, 0 },
	{ "nothing but unknown makes no row", { { 0, 60, NAN2 } }, { { 0 } }, 0 },
	{ "zero is a value", { { 0, 60, { 0, 0 } } }, { { 60, { 0, 0 } } }, 0 },
	{ "a poll over three minutes", { { 10, 130, { 6, 6 } } }, { { 60, { 6, 6 } }, { 120, { 6, 6 } } },
	    0 },
	{ "a poll that comes too late for its first minute", { { 10, 190, { 6, 6 } } },
	    { { 120, { 6, 6 } }, { 180, { 6, 6 } } }, 1 },
	{ "an end exactly on the border belongs to the minute before",
	    { { 30, 60, { 1, 1 } }, { 60, 90, { 2, 2 } } },
	    { { 60, { 1, 1 } }, { 120, { 2, 2 } } }, 0 },
	{ "late for a row that was made",
	    { { 0, 60, { 1, 1 } }, { 120, 240, { 2, 2 } }, { 40, 100, { 9, 9 } } },
	    { { 60, { 1, 1 } }, { 120, { 9, 9 } }, { 180, { 2, 2 } }, { 240, { 2, 2 } } }, 1 },
};

struct rows {
	int64_t end_s[16];
	double	value[16][2];
	size_t	n;
};

static void
row_take(void *arg, int64_t end_s, uint64_t seq, const double *value)
{
	struct rows *r = arg;

	(void)seq;
	r->end_s[r->n] = end_s;
	memcpy(r->value[r->n++], value, sizeof(r->value[0]));
}

static bool
same(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fabs(b);
}

static void
run_case(size_t i)
{
	struct minutes	   *m = minutes_new(2);
	struct rows	    got = { .n = 0 };
	const struct piece *p;
	const struct want  *w = cases[i].out;
	unsigned	    late = 0;
	bool		    good = true;
	size_t		    k = 0;

	for (p = cases[i].in; p->to_s != 0; p++) {
		int64_t to_ns = (T0 * SEC) + (int64_t)(p->to_s * 1e9),
		    from_ns = (T0 * SEC) + (int64_t)(p->from_s * 1e9);

		late += minutes_add(m, from_ns, to_ns, 0, p->value, 2, 1, to_ns);
		if (strncmp(cases[i].name, "late", 4) == 0 && p->to_s == 60)
			minutes_close(m, (T0 + 135) * SEC, row_take, &got);
	}
	minutes_close(m, (T0 + 86400) * SEC, row_take, &got);
	for (; k < got.n; k++, w++)
		good = good && w < cases[i].out + 4 && got.end_s[k] == T0 + w->end_s &&
		    same(got.value[k][0], w->value[0]) && same(got.value[k][1], w->value[1]);
	good = good && (k == nitems(cases[i].out) || k == 0 || w->end_s == 0) && late == cases[i].late;
	good = good && (k > 0 || cases[i].out[0].end_s == 0);
	if (!ok(good, "%s", cases[i].name))
		for (k = 0; k < got.n; k++)
			printf("#   %+" PRId64 " %.17g %.17g late %u\n", got.end_s[k] - T0, got.value[k][0],
			    got.value[k][1], late);
	minutes_free(m);
}

static void
test_closing(void)
{
	struct minutes *m = minutes_new(1);
	struct rows	got = { .n = 0 };
	double		v = 4;

	is_i64((int64_t)minutes_oldest_seq(m), -1, "no open minute needs no block");
	minutes_add(m, T0 * SEC, (T0 + 60) * SEC, 0, &v, 1, 17, (T0 + 60) * SEC);
	minutes_add(m, (T0 + 60) * SEC, (T0 + 120) * SEC, 0, &v, 1, 18, (T0 + 120) * SEC);
	minutes_close(m, (T0 + 135) * SEC - 1, row_take, &got);
	is_i64((int64_t)got.n, 0, "a minute is open until 75 s after its end");
	is_i64((int64_t)minutes_oldest_seq(m), 17, "an open minute needs its first block");
	minutes_close(m, (T0 + 135) * SEC, row_take, &got);
	is_i64((int64_t)got.n, 1, "and then it closes, alone");
	is_i64((int64_t)minutes_oldest_seq(m), 18, "the next one needs its own first block");
	is_i64(minutes_oldest_end(m), T0 + 120, "and is the oldest open one");
	is_i64(minutes_add(m, (T0 + 60) * SEC, (T0 + 120) * SEC, 0, &v, 1, 19, (T0 + 195) * SEC), 1,
	    "what arrives 75 s after a minute is late even while it is open");
	minutes_free(m);
}

static void
test_clock(void)
{
	struct minutes *m = minutes_new(1);
	struct rows	got = { .n = 0 };
	double		v = 4;
	int64_t		t = T0;

	minutes_add(m, t * SEC, (t + 60) * SEC, 0, &v, 1, 1, (t + 60) * SEC);
	minutes_close(m, (t + 200) * SEC, row_take, &got);
	is_i64((int64_t)got.n, 1, "a row before the clock goes back");
	is_i64(minutes_add(m, (t - 3600) * SEC, (t - 3540) * SEC, 0, &v, 1, 2, (t - 3540) * SEC), 1,
	    "after a step back of an hour nothing is written at or before that row");
	is_i64(minutes_add(m, t * SEC, (t + 90) * SEC, 0, &v, 1, 3, (t + 90) * SEC), 1,
	    "and what is newer than it counts again, the rest late");
	minutes_close(m, (t + 300) * SEC, row_take, &got);
	is_i64(got.end_s[1], T0 + 120, "the next row is a later one");
	minutes_add(m, (t + 86400 * 9) * SEC, (t + 86400 * 9 + 60) * SEC, 0, &v, 1, 4,
	    (t + 86400 * 9 + 60) * SEC);
	minutes_close(m, (t + 400) * SEC, row_take, &got);
	is_i64((int64_t)minutes_oldest_seq(m), -1,
	    "a minute nine days ahead is forgotten when the clock comes back");
	minutes_reset(m, t + 6000);
	is_i64(minutes_add(m, (t + 5940) * SEC, (t + 6000) * SEC, 0, &v, 1, 5, (t + 6000) * SEC), 1,
	    "nothing at or before the last row of the file");
	minutes_free(m);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		run_case(i);
	is_i64(minute_end_of(T0 * SEC), T0, "a time on the border ends its minute");
	is_i64(minute_end_of(T0 * SEC + 1), T0 + 60, "a nanosecond later belongs to the next");
	test_closing();
	test_clock();
	return tap_done();
}
