/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rate.h: two readings of a counter make a rate, or an unknown with its reason. Never a spike, never a false
 * zero.
 *
 * Pure arithmetic over what was read: no clock, no log. The rules R1-R10 are applied in their order and the
 * first that speaks wins (docs/definitions.md); Counter32, Counter64 and TimeTicks are those of RFC 2578,
 * discontinuities those of RFC 2863.
 */
#ifndef SIMPUL_RATE_H
#define SIMPUL_RATE_H

#include "base/base.h"

/** One answered reading of a counter, with what the same PDU said of the agent's time. */
struct rate_reading {
	int64_t	 mono_ns;		/* arrival, on the poller's monotonic clock */
	uint64_t value;
	uint32_t uptime_ticks;		/* sysUpTime, 1/100 s */
	uint32_t discontinuity_ticks;	/* ifCounterDiscontinuityTime, when has_discontinuity */
	uint32_t boots;			/* snmpEngineBoots, when has_boots */
	bool	 has_discontinuity, has_boots;
	uint8_t	 bits;			/* 32 or 64 */
};

/** State of one counter: the last answered reading. Zeroed means that there is none. */
struct rate {
	struct rate_reading base;
};

enum rate_reason {
	RATE_KNOWN,		/* R10 */
	RATE_FIRST,		/* there was no base */
	RATE_NO_ANSWER,		/* R1 */
	RATE_IGNORED,		/* R2: not later than the base */
	RATE_STALE,		/* R3: the base is more than three steps old */
	RATE_TYPE,		/* R4: Counter32 became Counter64 or back */
	RATE_RESTART,		/* R5, R6 */
	RATE_DISCONTINUITY,	/* R7 */
	RATE_AMBIGUOUS,		/* R8: may have wrapped more than once */
	RATE_DECREASE,		/* R8, R9 */
	RATE_OVERSPEED,		/* R9 */
	RATE_REASONS
};
extern const char *const rate_reason_words[RATE_REASONS];

struct rate_result {
	double		 per_s;		/* NAN when unknown */
	double		 seconds;	/* time it speaks of, up to the reading; 0 without a base */
	enum rate_reason reason;
};

/**
 * Rate of an octet counter in bit/s.
 *
 * @param r		the base; replaced by the new reading after R3-R10, kept after R1 and R2
 * @param now		new reading, or NULL when the poll had no answer
 * @param step_s	polling interval
 * @param speed_bps	of the port as the device says it; NAN or 0 when unknown
 */
void	rate_next_bps(struct rate *r, const struct rate_reading *now, double step_s, double speed_bps,
	    struct rate_result *out);
/** The same for a counter of events (errors, discards): per second, and no speed to hold it against. */
void	rate_next_count(struct rate *r, const struct rate_reading *now, double step_s,
	    struct rate_result *out);
/** Did the agent restart between the two (R5, R6)? The wrap of sysUpTime after 497 days is no restart. */
bool	rate_is_restart(const struct rate_reading *base, const struct rate_reading *now);

#endif
