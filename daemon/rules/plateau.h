/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plateau.h: what a line really carries, from its traffic alone. Pure; docs/definitions.md, section "C", has the arithmetic.
 *
 *	rates of a day	where much time lies at one rate, hardly any above it, and delay or loss is higher there than at light
 *			load, that rate is the ceiling of the day (struct plateau_track to struct plateau_day)
 *	ceilings of weeks	what is delivered now, and since when it is less: a fall that stays, and when it came back
 *			(struct plateau_verdict)
 *
 * A line whose load never reached a ceiling has none: nothing is said of it.
 */
#ifndef SIMPUL_PLATEAU_H
#define SIMPUL_PLATEAU_H

#include "base/base.h"

#define PLATEAU_BINS   192
#define PLATEAU_PARTS  24
#define PLATEAU_DAYS   62	/* kept */

enum plateau_evidence {		/* why a rate at which much time lies is taken for the ceiling */
	PLATEAU_BY_RTT = 1,	/* the delay is higher there */
	PLATEAU_BY_LOSS = 2,	/* more is lost there */
	PLATEAU_BY_CONTRACT = 4	/* it is what the contract says */
};

struct plateau_part {		/* seconds times delay and loss, of those seconds in which it is known */
	float s, rtt_s, loss;
};

struct plateau_hist {		/* zeroed: nothing yet */
	float		    low_bps;	/* of the lowest bin; raised when a rate is beyond the last one */
	uint16_t	    tens[PLATEAU_BINS];	/* of seconds */
	struct plateau_part part[PLATEAU_PARTS];	/* of BINS / PARTS bins each */
};

/* One direction of a line on one day, so far. Zeroed: nothing yet. */
struct plateau_track {
	struct plateau_hist day;
	struct plateau_hist tail;	/* since it last came near the ceiling of the day: has that fallen? */
	float		    ceiling_bps;	/* of the day so far, without regard to evidence; 0: none */
	float		    unread_s;		/* heard since that was looked for */
	float		    base_rtt_s, base_loss;	/* at light load, of the last day that had one */
	bool		    has_base;
};

/* One direction on one day that is over. */
struct plateau_day {
	int32_t day;			/* since 1970-01-01, of the calendar of the place */
	float	ceiling_bps;
	float	after_bps;		/* to which it fell in the course of the day; 0: it did not */
	uint8_t evidence;		/* of enum plateau_evidence */
};

/**
 * The mean rate of some seconds, with what the probes found at about that time.
 * @param bps, rtt_s, loss_ratio  NAN: not known
 */
void	plateau_add(struct plateau_track *t, double bps, double seconds, double rtt_s, double loss_ratio);
/**
 * The day is over: what was its ceiling? The track starts anew.
 * @param contract_bps	NAN: not known
 * @return true when there was one: *out is filled in, but for its day
 */
bool	plateau_end_day(struct plateau_track *t, double contract_bps, struct plateau_day *out);
/** The same of the day as far as it has come; the track goes on. */
bool	plateau_so_far(const struct plateau_track *t, double contract_bps, struct plateau_day *out);

struct plateau_verdict {		/* of one direction */
	double	 delivered_bps;		/* median of the newest ceilings of the present level; NAN: no claim */
	int32_t  last_day;		/* of the newest ceiling */
	unsigned days;			/* that had one */
	double	 usual_bps;		/* before the present or the last fall; NAN: there was none */
	int32_t  fell_day, back_day;	/* of that fall; 0: none; still so */
};
/** @param day  those that had a ceiling, oldest first */
struct plateau_verdict plateau_judge(const struct plateau_day *day, size_t n);

/** Is it throttled, or otherwise reduced, now? */
bool	plateau_is_reduced(const struct plateau_verdict *v);
/** Which direction is sick while the other one is well, by contract or else by what was usual: 0, 1, or -1. */
int	plateau_sick_direction(const struct plateau_verdict v[2], const double contract_bps[2]);

#endif
