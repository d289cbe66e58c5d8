/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wheel.h: very many timers at a coarse tick, for the schedule of the probes.
 *
 * Setting and cancelling cost a few list operations whatever the number of timers (the loop's own heap costs log n), and
 * all that is due within one tick runs together, so that its packets leave in one batch. A timer never runs before it is
 * due and at most one tick after (plus what the loop is late). Timers of one tick run in a fixed order: the same calls
 * give the same order.
 */
#ifndef SIMPUL_WHEEL_H
#define SIMPUL_WHEEL_H

#include "base/loop.h"

struct wheel;

struct wheel_link {			/* in the ring of its slot */
	struct wheel_link *next, *prev;	/* next NULL = in none */
};

struct wheel_timer {			/* embedded in its owner; zeroed means not set */
	struct wheel_link link;		/* must be first */
	int64_t	 due_ns;		/* monotonic */
	void	(*cb)(void *arg);
	void	*arg;
};

/** @param tick_ns  whole milliseconds that divide the intervals used give exact times */
struct wheel *wheel_new(struct loop *l, int64_t tick_ns);
void	wheel_free(struct wheel *w);	/* NULL is allowed; timers still set are forgotten */

/** Call cb(arg) in the tick of due_ns (monotonic); the past means as soon as possible. Setting a set timer moves it. */
void	wheel_set(struct wheel *w, struct wheel_timer *t, int64_t due_ns, void (*cb)(void *), void *arg);
void	wheel_cancel(struct wheel *w, struct wheel_timer *t);	/* safe when not set */
/** Call cb(arg) after the timers of every run: the place to send what they have collected. It may set timers. */
void	wheel_after_run(struct wheel *w, void (*cb)(void *), void *arg);

static inline bool
wheel_timer_is_set(const struct wheel_timer *t)
{
	return t->link.next != NULL;
}

#endif
