/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plateau_test.c: ceilings of lines whose real rate is known, because the test shapes them: the load of an office, cut at
 * that rate, with what the probes would find then.
 */
#include "rules/plateau.h"

#include <math.h>

#include "tests/unit/tap.h"

#define DAY_S	  86400
#define MBPS	  1e6
#define FIRST_DAY 20000

struct shaped {			/* a line, and what is asked of it */
	double ceiling_bps;	/* 0: none within reach */
	double peak_bps;	/* the load at the busiest hour */
	double burst_bps;	/* short ones, above the ceiling, for 2 % of the time; 0: none */
	double noise;		/* of the counters, standard deviation */
	double queue_s;		/* delay when it is full */
	double loss;		/* likewise */
	double step_s;		/* of the polls */
	double full_hours;	/* of full load a day, whatever the hour; 0: by the peak */
	double constant_bps;	/* at night, for 3 hours: a backup that nothing holds up; 0: none */
	bool   no_probe;
};

static uint64_t seed;

static double
chance(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static double
gauss(void)
{
	double sum = 0;
	int    i;

	for (i = 0; i < 12; i++)
		sum += chance();
	return sum - 6;
}

static double
load_at(const struct shaped *s, double second)
{
	double hour = second / 3600, swing = hour > 6 && hour < 18 ? sin((hour - 6) / 12 * M_PI) : 0;

	if (s->constant_bps > 0 && hour < 3)
		return s->constant_bps;
	if (s->full_hours > 0)
		return hour >= 8 && hour < 8 + s->full_hours ? 3 * s->ceiling_bps : s->ceiling_bps * 0.2 * chance();
	return s->peak_bps * (0.02 + swing * (0.4 + 0.6 * chance()));
}

/* One day from this hour on. */
static void
run_hours(struct plateau_track *t, const struct shaped *s, double from_h, double to_h)
{
	double at, want, rate, fill;

	for (at = from_h * 3600; at < to_h * 3600; at += s->step_s) {
		want = load_at(s, at);
		rate = s->ceiling_bps > 0 && want > s->ceiling_bps ? s->ceiling_bps : want;
		fill = s->ceiling_bps > 0 && want >= s->ceiling_bps;
		if (s->burst_bps > 0 && chance() < 0.02)
			rate = s->burst_bps;
		rate *= 1 + s->noise * gauss();
		plateau_add(t, rate, s->step_s, s->no_probe ? NAN : 0.020 + 0.001 * chance() + fill * s->queue_s,
		    s->no_probe ? NAN : fill * s->loss + (chance() < 0.02 ? 1 / 30.0 : 0));
	}
}

static bool
run_day(const struct shaped *s, double contract_bps, struct plateau_day *out)
{
	struct plateau_track t = { 0 };

	run_hours(&t, s, 0, 24);
	return plateau_end_day(&t, contract_bps, out);
}

static const struct {
	const char   *name;
	struct shaped line;
	double	      contract_bps;
	bool	      claimed;
} days[] = {
	{ "full for hours, a deep queue", { 20 * MBPS, 40 * MBPS, .queue_s = 0.08, .step_s = 60 }, 20 * MBPS, true },
	{ "polled every 10 s", { 20 * MBPS, 40 * MBPS, .queue_s = 0.08, .step_s = 10 }, 20 * MBPS, true },
	{ "a policer: no delay, but loss", { 8 * MBPS, 20 * MBPS, .loss = 0.03, .step_s = 60 }, NAN, true },
	{ "counters off by 2 %", { 18.4 * MBPS, 40 * MBPS, .noise = 0.02, .queue_s = 0.05, .step_s = 60 }, 20 * MBPS, true },
	{ "counters off by 4 %", { 18.4 * MBPS, 60 * MBPS, .noise = 0.04, .queue_s = 0.05, .step_s = 60 }, NAN, true },
	{ "bursts above the ceiling", { 10 * MBPS, 25 * MBPS, .burst_bps = 13 * MBPS, .queue_s = 0.05, .step_s = 60 }, NAN, true },
	{ "bursts far above it", { 10 * MBPS, 25 * MBPS, .burst_bps = 70 * MBPS, .queue_s = 0.05, .step_s = 60 }, NAN, true },
	{ "full for twenty minutes", { 50 * MBPS, .full_hours = 0.34, .queue_s = 0.03, .step_s = 60 }, NAN, true },
	{ "full from morning to evening", { 2.5 * MBPS, .full_hours = 12, .queue_s = 0.3, .step_s = 60 }, 10 * MBPS, true },
	{ "slow: 512 kbit/s", { 512e3, 2 * MBPS, .queue_s = 0.4, .step_s = 60 }, NAN, true },
	{ "fast: 9.4 Gbit/s", { 9.4e9, 20e9, .queue_s = 0.01, .step_s = 60 }, 1e10, true },
	{ "not probed, but as agreed on", { 9.6 * MBPS, 20 * MBPS, .step_s = 60, .no_probe = true }, 10 * MBPS, true },

	{ "idle", { 0, 0, .step_s = 60 }, 20 * MBPS, false },
	{ "load that nothing holds up", { 0, 14 * MBPS, .step_s = 60 }, 20 * MBPS, false },
	{ "load that nothing holds up, close to the contract", { 0, 19.5 * MBPS, .step_s = 60 }, 20 * MBPS, false },
	{ "a backup of constant rate at night", { 0, 4 * MBPS, .constant_bps = 6 * MBPS, .step_s = 60 }, 20 * MBPS, false },
	{ "a camera of constant rate all day", { 0, 0, .constant_bps = 4 * MBPS, .step_s = 60 }, 20 * MBPS, false },
	{ "full for five minutes", { 50 * MBPS, .full_hours = 0.083, .queue_s = 0.03, .step_s = 60 }, 50 * MBPS, false },
	{ "far less than agreed on, but not probed", { 4 * MBPS, 20 * MBPS, .step_s = 60, .no_probe = true }, 20 * MBPS, false },
	{ "counters so late that nothing can be said", { 20 * MBPS, 40 * MBPS, .noise = 0.25, .queue_s = 0.08, .step_s = 60 }, NAN, false },
};

static void
test_days(void)
{
	struct plateau_day d;
	size_t		   i, round;

	for (i = 0; i < nitems(days); i++) {
		double worst = 0;
		int    claims = 0;

		for (round = 0; round < 20; round++) {
			seed = 1000 * i + round;
			if (!run_day(&days[i].line, days[i].contract_bps, &d))
				continue;
			claims++;
			worst = fmax(worst, fabs(d.ceiling_bps / days[i].line.ceiling_bps - 1));
		}
		ok(claims == (days[i].claimed ? 20 : 0), "%s: a ceiling in %d of 20 tries", days[i].name, claims);
		if (days[i].claimed)
			ok(worst <= 0.05, "... within 5 %% (%.1f %%)", 100 * worst);
	}
}

/* ---- weeks ---- */

struct month {
	struct plateau_day day[PLATEAU_DAYS];
	size_t		   n;
};

/* Days of one ceiling; fall_h: the hour of the last day from which on it is `after`. */
static void
run_days(struct month *m, struct plateau_track *t, int from, int to, double ceiling_bps, double fall_h, double after_bps)
{
	struct shaped s = { .peak_bps = 40 * MBPS, .noise = 0.01, .queue_s = 0.06, .step_s = 60 };
	int	      day;

	for (day = from; day <= to; day++) {
		bool falls = day == to && fall_h < 24;

		s.ceiling_bps = ceiling_bps;
		run_hours(t, &s, 0, falls ? fall_h : 24);
		s.ceiling_bps = after_bps;
		if (falls)
			run_hours(t, &s, fall_h, 24);
		if (plateau_end_day(t, 20 * MBPS, &m->day[m->n]))
			m->day[m->n++].day = FIRST_DAY + day;
	}
}

static void
test_throttled(void)
{
	struct plateau_track   t = { 0 };
	struct plateau_verdict v;
	struct month	       m = { .n = 0 };

	seed = 7;
	run_days(&m, &t, 1, 16, 19 * MBPS, 24, 0);
	v = plateau_judge(m.day, m.n);
	ok(v.days == 16 && v.fell_day == 0 && !plateau_is_reduced(&v), "nothing has fallen yet");
	run_days(&m, &t, 17, 17, 19 * MBPS, 13.5, 5 * MBPS);
	v = plateau_judge(m.day, m.n);
	ok(!plateau_is_reduced(&v), "one afternoon may be a bad one");
	run_days(&m, &t, 18, 18, 5 * MBPS, 24, 0);
	v = plateau_judge(m.day, m.n);
	ok(plateau_is_reduced(&v), "the next day says that it has fallen");
	is_i64(v.fell_day, FIRST_DAY + 17, "on the day on which it did, at half past one");
	run_days(&m, &t, 19, 30, 5 * MBPS, 24, 0);
	v = plateau_judge(m.day, m.n);
	is_near(v.delivered_bps / (5 * MBPS), 1, 0.05, "what is delivered now");
	is_near(v.usual_bps / (19 * MBPS), 1, 0.05, "what was delivered before");
	run_days(&m, &t, 31, 40, 19 * MBPS, 24, 0);
	v = plateau_judge(m.day, m.n);
	ok(!plateau_is_reduced(&v) && v.fell_day == FIRST_DAY + 17, "it is over, and not forgotten");
	is_i64(v.back_day, FIRST_DAY + 31, "since the day on which it was reset");
	is_near(v.delivered_bps / (19 * MBPS), 1, 0.05, "all is delivered again");
	run_days(&m, &t, 41, 44, 5 * MBPS, 24, 0);
	v = plateau_judge(m.day, m.n);
	ok(plateau_is_reduced(&v) && v.fell_day == FIRST_DAY + 41, "and again, on the first day of the next time");
}

/* Weekends without load say nothing, and are no fall. */
static void
test_gaps(void)
{
	struct plateau_day day[] = { { 1, 20e6, 0, 1 }, { 2, 20e6, 0, 1 }, { 5, 19e6, 0, 1 }, { 6, 12e6, 0, 1 }, { 9, 20e6, 0, 1 },
		{ 13, 8e6, 0, 1 }, { 20, 8.2e6, 0, 1 } };
	struct plateau_verdict v = plateau_judge(day, 5);

	ok(v.fell_day == 0 && v.days == 5, "one bad day is none");
	v = plateau_judge(day, nitems(day));
	ok(v.fell_day == 13 && v.back_day == 0 && v.last_day == 20, "the first day that is known to be less");
	v = plateau_judge(day, 0);
	ok(isnan(v.delivered_bps) && v.days == 0 && !plateau_is_reduced(&v), "nothing known, nothing claimed");
}

static void
test_directions(void)
{
	static const struct {
		const char *name;
		double	    delivered[2], usual[2], contract[2];
		int	    fell[2], sick;
	} cases[] = {
		{ "both as agreed", { 20e6, 10e6 }, { NAN, NAN }, { 20e6, 10e6 }, { 0, 0 }, -1 },
		{ "up is far below the contract", { 19.5e6, 2e6 }, { NAN, NAN }, { 20e6, 10e6 }, { 0, 0 }, 1 },
		{ "down has fallen, no contract", { 4e6, 10e6 }, { 20e6, NAN }, { NAN, NAN }, { 9, 0 }, 0 },
		{ "both have fallen", { 4e6, 2e6 }, { 20e6, 10e6 }, { 20e6, 10e6 }, { 9, 9 }, -1 },
		{ "of one nothing is known", { 4e6, NAN }, { NAN, NAN }, { 20e6, 20e6 }, { 0, 0 }, -1 },
	};
	size_t i, k;

	for (i = 0; i < nitems(cases); i++) {
		struct plateau_verdict v[2] = { 0 };

		for (k = 0; k < 2; k++)
			v[k] = (struct plateau_verdict){ .delivered_bps = cases[i].delivered[k], .usual_bps = cases[i].usual[k],
				.fell_day = cases[i].fell[k] };
		is_i64(plateau_sick_direction(v, cases[i].contract), cases[i].sick, cases[i].name);
	}
}

int
main(void)
{
	test_days();
	test_throttled();
	test_gaps();
	test_directions();
	return tap_done();
}
