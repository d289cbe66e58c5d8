/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * minute.h: from samples of any phase to one row per wall-clock minute.
 *
 * For every value of an object the time-weighted mean over (t-60, t]: sum of value x time, divided by the
 * known time. A minute closes 75 s after its end; a value known for less than 30 s of it is unknown. No row
 * is ever made at or before the last one (docs/definitions.md R), so a clock that goes back rewrites nothing.
 */
#ifndef SIMPUL_MINUTE_H
#define SIMPUL_MINUTE_H

#include "base/base.h"

#define MINUTE_S       60
#define MINUTE_CLOSE_S 75
#define MINUTE_KNOWN_S 30
#define MINUTES_OPEN   4	/* at most, per object */

/*
 * Two minutes are open in the steady state (this one and the one before until its 75 s are over); the others
 * are for a clock that jumps ahead and for samples that come in bulk after a pause.
 */
struct minutes;

/** @param values  of each row */
struct minutes *minutes_new(uint8_t values);
void	minutes_free(struct minutes *m);
/** Forget the open minutes; rows at or before last_s are no longer made. */
void	minutes_reset(struct minutes *m, int64_t last_s);

/** The minute that holds this time, by the unix second of its end. */
int64_t	minute_end_of(int64_t wall_ns);

/** A closed minute: value[] has NAN for unknown; seq is the first journal block that gave it something. */
typedef void (*minute_closed_fn)(void *arg, int64_t end_s, uint64_t seq, const double *value);

/**
 * Values that held over (from_ns, to_ns]; those that are NAN add nothing.
 * @param at	index of the first value in the row
 * @param arrived_ns wall time at which they came: a minute that is over for 75 s by then takes nothing
 * @return number of minutes that were closed already
 */
unsigned minutes_add(struct minutes *m, int64_t from_ns, int64_t to_ns, uint8_t at, const double *value,
    uint8_t n, uint64_t seq, int64_t arrived_ns);

/**
 * Close, in order, every minute that is over for 75 s at this wall time. One that lies more than a day ahead
 * is forgotten: the clock was wrong when it was opened, and its samples are in the journal.
 */
void	minutes_close(struct minutes *m, int64_t wall_ns, minute_closed_fn closed, void *arg);

int64_t	 minutes_last(const struct minutes *m);		/* no row at or before this second */
void	 minutes_raise_last(struct minutes *m, int64_t last_s);
int64_t	 minutes_oldest_end(const struct minutes *m);	/* of the open ones; INT64_MAX when there is none */
uint64_t minutes_oldest_seq(const struct minutes *m);	/* UINT64_MAX when there is none */

#endif
