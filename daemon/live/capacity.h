/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capacity.h: what a line delivers (rules/plateau.h): the rates of today in both directions, the ceilings of the weeks
 * before, and what they say together.
 */
#ifndef SIMPUL_LIVE_CAPACITY_H
#define SIMPUL_LIVE_CAPACITY_H

#include "base/cursor.h"
#include "rules/plateau.h"

enum capacity_way { CAPACITY_DOWN, CAPACITY_UP, CAPACITY_WAYS };	/* down: towards the site */

struct capacity {			/* zeroed: nothing is known */
	struct plateau_track   track[CAPACITY_WAYS];
	struct plateau_day     day[CAPACITY_WAYS][PLATEAU_DAYS];	/* oldest first */
	size_t		       ndays[CAPACITY_WAYS];
	struct plateau_verdict verdict[CAPACITY_WAYS];	/* as it was judged last */
	int32_t		       today;	/* since 1970-01-01; 0: no day yet */
	int64_t		       saved_ns;	/* wall; when core wrote it last, or is to count from */
	bool		       waiting;	/* core is about to write it */
};

/** The day of the place at this moment, since 1970-01-01. */
int32_t	capacity_today(int64_t wall_ns);
/**
 * The rates of some seconds that have just passed, and what the probes found then; NAN: not known.
 * @param contract_bps	of both directions, for the end of a day; NAN: not known
 * @return true: a day has ended, and all is judged anew
 */
bool	capacity_rates(struct capacity *c, const double bps[CAPACITY_WAYS], double seconds, double rtt_s, double loss_ratio,
	    int32_t today, const double contract_bps[CAPACITY_WAYS]);
/** What does it say, today included? Fills in verdict[]. */
void	capacity_judge(struct capacity *c, const double contract_bps[CAPACITY_WAYS]);
/** All of it, in the form that capacity_read() takes. */
void	capacity_write(const struct capacity *c, struct buf *out);
/** 0, or -1: it is of another form or damaged; then nothing is known. */
int	capacity_read(struct capacity *c, const void *data, size_t len);

#endif
