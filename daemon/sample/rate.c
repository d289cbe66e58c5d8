/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rate.c: the rules R1-R10 of a counter's rate, in their binding order. */
#include "sample/rate.h"

#include <math.h>
#include <stdlib.h>

#define STEPS_MAX	  3.0	/* R3 */
#define SPEED_MARGIN	  1.1	/* R8, R9: clocks and framing are not exact */
#define TICK_NS		  (10 * NS_PER_MS)
#define UPTIME_SLACK_NS	  (500 * TICK_NS)	/* R6: 500 ticks + 1 % */
#define UPTIME_SLACK_PART 100
#define TWO_TO_32	  4294967296.0

const char *const rate_reason_words[RATE_REASONS] = {
	[RATE_KNOWN]	     = "known",
	[RATE_FIRST]	     = "first",
	[RATE_NO_ANSWER]     = "no_answer",
	[RATE_IGNORED]	     = "ignored",
	[RATE_STALE]	     = "stale",
	[RATE_TYPE]	     = "type",
	[RATE_RESTART]	     = "restart",
	[RATE_DISCONTINUITY] = "discontinuity",
	[RATE_AMBIGUOUS]     = "ambiguous",
	[RATE_DECREASE]	     = "decrease",
	[RATE_OVERSPEED]     = "overspeed",
};

bool
rate_is_restart(const struct rate_reading *base, const struct rate_reading *now)
{
	int64_t dt_ns = now->mono_ns - base->mono_ns;
	int64_t advance_ns = (int64_t)(uint32_t)(now->uptime_ticks - base->uptime_ticks) * TICK_NS;

	if (base->has_boots && now->has_boots && base->boots != now->boots)
		return true;
	return llabs(advance_ns - dt_ns) > UPTIME_SLACK_NS + dt_ns / UPTIME_SLACK_PART;
}

/* R3-R10. `unit` is what one count is worth: 8 bit for an octet, 1 for an event. */
static enum rate_reason
rate_judge(const struct rate_reading *base, const struct rate_reading *now, double dt, double step_s,
    double speed, double unit, double *per_s)
{
	bool	 speed_known = speed > 0, decreased = now->value < base->value;
	double	 counts_max = SPEED_MARGIN * speed * dt / unit;
	uint64_t delta = now->value - base->value;

	if (dt > STEPS_MAX * step_s)
		return RATE_STALE;
	if (now->bits != base->bits)
		return RATE_TYPE;
	if (rate_is_restart(base, now))
		return RATE_RESTART;
	if (base->has_discontinuity && now->has_discontinuity &&
	    base->discontinuity_ticks != now->discontinuity_ticks)
		return RATE_DISCONTINUITY;
	if (now->bits == 32) {
		delta = (uint32_t)delta;
		if (speed_known && counts_max >= TWO_TO_32)
			return RATE_AMBIGUOUS;
	}
	if (!speed_known && decreased)
		return RATE_DECREASE;
	if (speed_known && unit * (double)delta > SPEED_MARGIN * speed * dt)
		return decreased ? RATE_DECREASE : RATE_OVERSPEED;
	*per_s = unit * (double)delta / dt;
	return RATE_KNOWN;
}

static void
rate_next(struct rate *r, const struct rate_reading *now, double step_s, double speed, double unit,
    struct rate_result *out)
{
	bool	has_base = r->base.bits != 0;
	int64_t dt_ns;

	*out = (struct rate_result){ .per_s = NAN, .reason = RATE_NO_ANSWER };
	if (now == NULL)
		return;
	dt_ns = now->mono_ns - r->base.mono_ns;
	if (has_base && dt_ns <= 0) {
		out->reason = RATE_IGNORED;
		return;
	}
	out->reason = RATE_FIRST;
	if (has_base) {
		out->seconds = (double)dt_ns / NS_PER_S;
		out->reason = rate_judge(&r->base, now, out->seconds, step_s, speed, unit, &out->per_s);
	}
	r->base = *now;
}

void
rate_next_bps(struct rate *r, const struct rate_reading *now, double step_s, double speed_bps,
    struct rate_result *out)
{
	rate_next(r, now, step_s, speed_bps, 8, out);
}

void
rate_next_count(struct rate *r, const struct rate_reading *now, double step_s, struct rate_result *out)
{
	rate_next(r, now, step_s, NAN, 1, out);
}
