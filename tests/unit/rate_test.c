/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rate_test.c: every rule of a counter's rate as a named case, and random sequences against a naive
 * reference.
 */
#include "sample/rate.h"

#include <stdlib.h>
#include "tests/unit/tap.h"

#define STEP_S	  60.0
#define T(s)	  ((int64_t)((s) * 1e9) + 1000 * NS_PER_S)
#define TICKS(s)  ((uint32_t)((s) * 100) + 500000u)
#define MBIT	  1e6
#define TWO_TO_32 4294967296.0

struct rate_case {
	const char	   *name;
	struct rate_reading base, now;
	double		    speed_bps;
	enum rate_reason    reason;
	double		    bps;	/* NAN when unknown */
};

/* A 64-bit reading s seconds into the test, its sysUpTime in step. */
#define AT(s, v, ...) { .mono_ns = T(s), .uptime_ticks = TICKS(s), .value = (v), .bits = 64, ##__VA_ARGS__ }
#define AT32(s, v, ...) { .mono_ns = T(s), .uptime_ticks = TICKS(s), .value = (v), .bits = 32, ##__VA_ARGS__ }
#define DISCONTINUITY(t) .has_discontinuity = true, .discontinuity_ticks = (t)
#define BOOTS(n) .has_boots = true, .boots = (n)

static const struct rate_case cases[] = {
	{ "R10 rate of 64 bits", AT(0, 1000), AT(60, 1750), NAN, RATE_KNOWN, 100 },
	{ "R10 known zero is not unknown", AT(0, 1000), AT(60, 1000), NAN, RATE_KNOWN, 0 },
	{ "R10 after a missed poll speaks for both steps", AT(0, 0), AT(120, 1500), NAN, RATE_KNOWN, 100 },
	{ "R2 no time passed", AT(60, 5), AT(60, 9), NAN, RATE_IGNORED, NAN },
	{ "R2 time went back", AT(60, 5), AT(59, 9), NAN, RATE_IGNORED, NAN },
	{ "R3 three steps are good", AT(0, 0), AT(180, 2250), NAN, RATE_KNOWN, 100 },
	{ "R3 more than three steps are stale", AT(0, 0), AT(180.1, 2250), NAN, RATE_STALE, NAN },
	{ "R3 comes before R4", AT32(0, 0), AT(200, 2250), NAN, RATE_STALE, NAN },
	{ "R4 type changed", AT32(0, 0), AT(60, 750), NAN, RATE_TYPE, NAN },
	{ "R4 comes before R5", AT32(0, 0, BOOTS(1)), AT(60, 750, BOOTS(2)), NAN, RATE_TYPE, NAN },
	{ "R5 boots changed", AT(0, 0, BOOTS(1)), AT(60, 750, BOOTS(2)), NAN, RATE_RESTART, NAN },
	{ "R5 boots known on one side only", AT(0, 0), AT(60, 750, BOOTS(2)), NAN, RATE_KNOWN, 100 },
	{ "R6 sysUpTime went back", AT(0, 5000), { .mono_ns = T(60), .uptime_ticks = 1200, .value = 9000, .bits = 64 }, NAN,
	    RATE_RESTART, NAN },
	{ "R6 500 ticks and 1 % early is within", AT(0, 0),
	    { .mono_ns = T(60), .uptime_ticks = TICKS(60) + 560, .value = 750, .bits = 64 }, NAN, RATE_KNOWN, 100 },
	{ "R6 one tick more is not", AT(0, 0), { .mono_ns = T(60), .uptime_ticks = TICKS(60) + 561, .value = 750, .bits = 64 },
	    NAN, RATE_RESTART, NAN },
	{ "R6 500 ticks and 1 % late is within", AT(0, 0),
	    { .mono_ns = T(60), .uptime_ticks = TICKS(60) - 560, .value = 750, .bits = 64 }, NAN, RATE_KNOWN, 100 },
	{ "R6 one tick less is not", AT(0, 0), { .mono_ns = T(60), .uptime_ticks = TICKS(60) - 561, .value = 750, .bits = 64 },
	    NAN, RATE_RESTART, NAN },
	{ "R6 sysUpTime wraps after 497 days", { .mono_ns = T(0), .uptime_ticks = UINT32_MAX - 999, .value = 0, .bits = 64 },
	    { .mono_ns = T(60), .uptime_ticks = 5000, .value = 750, .bits = 64 }, NAN, RATE_KNOWN, 100 },
	{ "R7 discontinuity moved", AT(0, 0, DISCONTINUITY(5)), AT(60, 750, DISCONTINUITY(6)), NAN, RATE_DISCONTINUITY, NAN },
	{ "R7 discontinuity unknown on one side", AT(0, 0, DISCONTINUITY(5)), AT(60, 750), NAN, RATE_KNOWN, 100 },
	{ "R8 32 bits wrap", AT32(0, 4294967000u), AT32(60, 454), 10 * MBIT, RATE_KNOWN, 100 },
	{ "R8 64 bits wrap", AT(0, UINT64_MAX - 249), AT(60, 500), 10 * MBIT, RATE_KNOWN, 100 },
	{ "R8 32 bits too slow for the line", AT32(0, 0), AT32(60, 750), 1000 * MBIT, RATE_AMBIGUOUS, NAN },
	{ "R8 64 bits are never ambiguous", AT(0, 0), AT(60, 750), 1000 * MBIT, RATE_KNOWN, 100 },
	{ "R8 smaller, speed unknown, 32 bits", AT32(0, 5000), AT32(60, 4000), NAN, RATE_DECREASE, NAN },
	{ "R8 smaller, speed unknown, 64 bits", AT(0, 5000), AT(60, 4000), 0, RATE_DECREASE, NAN },
	{ "R9 smaller", AT(0, 5000), AT(60, 4000), 10 * MBIT, RATE_DECREASE, NAN },
	{ "R9 smaller, 32 bits", AT32(0, 5000000), AT32(60, 4000), 10 * MBIT, RATE_DECREASE, NAN },
	{ "R9 faster than the line", AT(0, 0), AT(60, 82500001), 10 * MBIT, RATE_OVERSPEED, NAN },
	{ "R9 110 % of the line is within", AT(0, 0), AT(60, 82500000), 10 * MBIT, RATE_KNOWN, 11 * MBIT },
};

static void
test_cases(void)
{
	struct rate	   r;
	struct rate_result out;
	char		   name[160];

	for (size_t i = 0; i < nitems(cases); i++) {
		const struct rate_case *c = &cases[i];

		r.base = c->base;
		rate_next_bps(&r, &c->now, STEP_S, c->speed_bps, &out);
		is_text(rate_reason_words[out.reason], rate_reason_words[c->reason], c->name);
		snprintf(name, sizeof(name), "%s: value", c->name);
		is_near(out.per_s, c->bps, 1e-9 * (1 + c->bps), name);
		ok(r.base.mono_ns == (c->reason == RATE_IGNORED ? c->base.mono_ns : c->now.mono_ns), "%s: base", c->name);
	}
}

static void
test_edges(void)
{
	struct rate_reading one = AT(0, 70), two = AT(60, 130), back = AT(120, 10);
	struct rate	    r = { 0 };
	struct rate_result  out;

	rate_next_count(&r, NULL, STEP_S, &out);
	ok(out.reason == RATE_NO_ANSWER && isnan(out.per_s) && r.base.bits == 0, "R1 no answer and no base");
	rate_next_count(&r, &one, STEP_S, &out);
	ok(out.reason == RATE_FIRST && isnan(out.per_s) && out.seconds == 0, "the first reading gives no rate");
	rate_next_count(&r, NULL, STEP_S, &out);
	ok(out.reason == RATE_NO_ANSWER && r.base.mono_ns == one.mono_ns, "R1 no answer: the base stays");
	rate_next_count(&r, &two, STEP_S, &out);
	ok(out.reason == RATE_KNOWN, "a count after the silence is known");
	is_near(out.per_s, 1, 1e-12, "events count singly");
	is_near(out.seconds, 60, 0, "and speak for the time since the base");
	rate_next_count(&r, &back, STEP_S, &out);
	ok(out.reason == RATE_DECREASE && isnan(out.per_s), "events that went back are unknown");
}

/* The definition once more, as plainly as it can be said: seconds as long double, no shared arithmetic. */
static enum rate_reason
reference(const struct rate_reading *a, const struct rate_reading *b, double step_s, double speed, long double *bps)
{
	long double  dt, advance, off, delta;
	const bool   known = !isnan(speed) && speed > 0;

	if (a->bits == 0)
		return RATE_FIRST;
	dt = (long double)b->mono_ns / 1e9L - (long double)a->mono_ns / 1e9L;
	if (dt <= 0)
		return RATE_IGNORED;
	if (dt > 3 * (long double)step_s)
		return RATE_STALE;
	if (a->bits != b->bits)
		return RATE_TYPE;
	if (a->has_boots && b->has_boots && a->boots != b->boots)
		return RATE_RESTART;
	advance = (long double)b->uptime_ticks - a->uptime_ticks;
	if (advance < 0)
		advance += 4294967296.0L;
	off = advance > 100 * dt ? advance - 100 * dt : 100 * dt - advance;
	if (off > 500 + dt)
		return RATE_RESTART;
	if (a->has_discontinuity && b->has_discontinuity && a->discontinuity_ticks != b->discontinuity_ticks)
		return RATE_DISCONTINUITY;
	delta = (long double)b->value - (long double)a->value;
	if (delta < 0)
		delta += b->bits == 32 ? 4294967296.0L : 18446744073709551616.0L;
	if (b->bits == 32 && known && 1.1L * speed * dt / 8 >= 4294967296.0L)
		return RATE_AMBIGUOUS;
	if (!known && b->value < a->value)
		return RATE_DECREASE;
	if (known && 8 * delta > 1.1L * speed * dt)
		return b->value < a->value ? RATE_DECREASE : RATE_OVERSPEED;
	*bps = 8 * delta / dt;
	return RATE_KNOWN;
}

static uint64_t
random_u64(uint64_t *state)	/* splitmix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static bool
one_in(uint64_t *state, uint64_t n)
{
	return random_u64(state) % n == 0;
}

/*
 * The device goes on for about a step; now and then something happens to it. Times are whole milliseconds;
 * the traffic is in 97ths of the line, so that no delta lies exactly at 110 %, where rounding decides.
 */
static void
device_step(struct rate_reading *dev, double speed, uint64_t *rnd)
{
	int64_t  ms = 1 + (int64_t)(random_u64(rnd) % 70000);
	double	 line = isnan(speed) ? 5 * MBIT : speed;

	if (one_in(rnd, 40))
		ms += 130000;
	if (one_in(rnd, 60))
		ms = -(int64_t)(random_u64(rnd) % 2000);
	dev->mono_ns += ms * NS_PER_MS;
	dev->uptime_ticks += (uint32_t)(ms / 10);
	if (ms > 0)
		dev->value += (uint64_t)(line * (double)ms / 8000 * (double)(random_u64(rnd) % 112) / 97);
	if (one_in(rnd, 30))
		dev->uptime_ticks += (uint32_t)(random_u64(rnd) % 1400) - 700;
	if (one_in(rnd, 50))
		dev->uptime_ticks = 100, dev->value = 0, dev->boots += one_in(rnd, 2);
	if (one_in(rnd, 50))
		dev->discontinuity_ticks++, dev->value = random_u64(rnd);
	if (one_in(rnd, 80))
		dev->bits = dev->bits == 32 ? 64 : 32;
	if (one_in(rnd, 80))
		dev->value = UINT64_MAX - random_u64(rnd) % 100000;
	if (one_in(rnd, 80))
		dev->uptime_ticks = UINT32_MAX - 2000;
	if (one_in(rnd, 20))
		dev->has_boots = !dev->has_boots;
	if (one_in(rnd, 20))
		dev->has_discontinuity = !dev->has_discontinuity;
	if (dev->bits == 32)
		dev->value = (uint32_t)dev->value;
}

static void
test_random(uint64_t seed)
{
	static const double speeds[] = { NAN, 0, 2 * MBIT, 10 * MBIT, 520 * MBIT, 10000 * MBIT };
	unsigned	    seen[RATE_REASONS] = { 0 }, wrong = 0;
	uint64_t	    rnd = seed;

	for (unsigned run = 0; run < 600; run++) {
		double		    speed = speeds[run % nitems(speeds)];
		struct rate_reading dev = { .mono_ns = NS_PER_S, .bits = 64 }, base = { 0 };
		struct rate	    r = { 0 };

		for (unsigned i = 0; i < 400; i++) {
			struct rate_result got;
			long double	   bps = NAN;
			enum rate_reason   want;

			device_step(&dev, speed, &rnd);
			want = reference(&base, &dev, STEP_S, speed, &bps);
			rate_next_bps(&r, &dev, STEP_S, speed, &got);
			seen[got.reason]++;
			wrong += got.reason != want || isnan(got.per_s) != (want != RATE_KNOWN) ||
			    (want == RATE_KNOWN && fabsl(got.per_s - bps) > 1e-9L * (1 + bps));
			if (want != RATE_IGNORED)
				base = dev;
		}
	}
	is_i64(wrong, 0, "240,000 random steps agree with the reference");
	for (unsigned reason = 0; reason < RATE_REASONS; reason++)
		if (reason != RATE_NO_ANSWER)
			ok(seen[reason] > 20, "%s was among them (%u times)", rate_reason_words[reason], seen[reason]);
}

int
main(void)
{
	const char *seed = getenv("SIMPUL_SEED");

	test_cases();
	test_edges();
	test_random(seed != NULL ? strtoull(seed, NULL, 10) : 20);
	return tap_done();
}
