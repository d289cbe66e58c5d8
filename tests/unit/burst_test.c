/* SPDX-License-Identifier: GPL-3.0-or-later */
/* burst_test.c: when a burst begins and ends, as tables of results; and the classes of the lag counts. */
#include "schedule/burst.h"
#include "schedule/lag.h"

#include "tests/unit/tap.h"

/*
 * Results of a burst, one a second: s success, f failure, u unknown. Capital view: what is believed before and after.
 * ends: after how many results it is over; 0: it still runs after the last one.
 */
static const struct {
	const char *name;
	uint8_t	    before;
	const char *results;
	unsigned    ends;
	uint8_t	    after;
} cases[] = {
	{ "two successes end it", VIEW_UP, "ss", 2, VIEW_UP },
	{ "one success does not", VIEW_UP, "s", 0, VIEW_UP },
	{ "successes must follow each other", VIEW_UP, "sfss", 4, VIEW_UP },
	{ "two failures change nothing", VIEW_UP, "ff", 0, VIEW_UP },
	{ "the third failure makes down, and rounds go on", VIEW_UP, "fff", 0, VIEW_DOWN },
	{ "failures must follow each other", VIEW_UP, "ffsff", 0, VIEW_UP },
	{ "ten rounds without a decision end it", VIEW_UP, "fsfsfsfsfs", 10, VIEW_UP },
	{ "down, then two successes", VIEW_UP, "fffffss", 7, VIEW_UP },
	{ "down goes on beyond ten rounds", VIEW_UP, "ffffffffffffffff", 0, VIEW_DOWN },
	{ "unknown breaks both runs", VIEW_UP, "ffuffsus", 0, VIEW_UP },
	{ "nothing known yet: failures make down", VIEW_NONE, "fff", 0, VIEW_DOWN },
	{ "back up after long", VIEW_DOWN, "ss", 2, VIEW_UP },
	{ "a false return ends with three failures", VIEW_DOWN, "sfff", 4, VIEW_DOWN },
	{ "an uncertain return ends after ten rounds", VIEW_DOWN, "sfsfsfsfsf", 10, VIEW_DOWN },
};

static enum round_result
result_of(char c)
{
	return c == 's' ? ROUND_SUCCEEDED : c == 'f' ? ROUND_FAILED : ROUND_UNKNOWN;
}

static void
test_cases(void)
{
	size_t i, k;

	for (i = 0; i < nitems(cases); i++) {
		struct burst b = { .view = cases[i].before, .down_ns = -1000 * NS_PER_S };
		unsigned     ended = 0;

		burst_begin(&b);
		for (k = 0; cases[i].results[k] != '\0' && ended == 0; k++)
			if (burst_result(&b, result_of(cases[i].results[k]), (int64_t)(k + 1) * NS_PER_S))
				ended = (unsigned)k + 1;
		ok(ended == cases[i].ends && b.running == (cases[i].ends == 0) && b.view == cases[i].after,
		    "%s (ended %u, view %u)", cases[i].name, ended, b.view);
	}
}

static void
test_start(void)
{
	struct burst b = { .view = VIEW_NONE };

	ok(burst_is_wanted(&b, false) && !burst_is_wanted(&b, true),
	    "unknown: a lost packet starts it, an answer does not");
	b.view = VIEW_UP;
	ok(burst_is_wanted(&b, false) && !burst_is_wanted(&b, true), "up: a lost packet starts it");
	b.view = VIEW_DOWN;
	ok(!burst_is_wanted(&b, false) && burst_is_wanted(&b, true), "down: an answer starts it");
	burst_begin(&b);
	ok(!burst_is_wanted(&b, true), "while it runs nothing starts another");
}

static void
test_down_time(void)
{
	struct burst b = { .view = VIEW_UP };
	int64_t	     t = 0, down = 0;
	unsigned     rounds = 0;

	burst_begin(&b);
	while (b.running && rounds < 1000) {
		t += NS_PER_S;
		burst_result(&b, ROUND_FAILED, t);
		rounds++;
		if (b.view == VIEW_DOWN && down == 0)
			down = t;
	}
	is_i64(t - down, 300 * NS_PER_S, "rounds go on for 300 s after the third failure");
}

static void
test_steady_view(void)
{
	struct burst b = { 0 };

	burst_result(&b, ROUND_SUCCEEDED, 0);
	burst_result(&b, ROUND_SUCCEEDED, 0);
	is_i64(b.view, VIEW_UP, "two steady successes make up");
	burst_result(&b, ROUND_FAILED, 0);
	burst_result(&b, ROUND_FAILED, 0);
	ok(!burst_result(&b, ROUND_FAILED, 0) && b.view == VIEW_DOWN,
	    "three steady failures make down without a burst");
}

static void
test_asked(void)
{
	struct burst b = { .view = VIEW_UP };

	burst_ask(&b, 3);
	ok(b.running, "asking starts it");
	ok(!burst_result(&b, ROUND_SUCCEEDED, 1) && !burst_result(&b, ROUND_SUCCEEDED, 2),
	    "two successes do not end what was asked for");
	ok(burst_result(&b, ROUND_SUCCEEDED, 3), "the third asked for does");
}

static void
test_lag(void)
{
	struct lag g = { 0 };
	int	   i;

	is_i64((int64_t)lag_quantile_us(&g, 50), 0, "nothing late yet");
	for (i = 1; i <= 1000; i++)
		lag_add(&g, i * NS_PER_US);
	ok(lag_quantile_us(&g, 50) >= 500 && lag_quantile_us(&g, 50) <= 500 + 500 / 16,
	    "median of 1..1000 us within a class");
	ok(lag_quantile_us(&g, 99) >= 990 && lag_quantile_us(&g, 99) <= 1000,
	    "99th percentile, not above the maximum");
	lag_add(&g, INT64_MAX);
	lag_add(&g, -5);
	is_i64((int64_t)g.max_us, 0x7fffffff, "endless is cut");
	is_i64((int64_t)g.total, 1002, "early counts as on time");
}

int
main(void)
{
	test_start();
	test_cases();
	test_down_time();
	test_steady_view();
	test_asked();
	test_lag();
	return tap_done();
}
