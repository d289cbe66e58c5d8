/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop.h: one event loop per process, and with it time and randomness.
 *
 * A loop runs on the real clock (libevent waits for descriptors, a heap holds the timers) or on a virtual
 * one (no descriptors: time jumps from timer to timer, randomness comes from the seed), so that the same
 * code runs 30 simulated days in a minute and repeats a failure from its seed.
 * Timers that fall due at the same instant run in the order in which they were set.
 */
#ifndef SIMPUL_LOOP_H
#define SIMPUL_LOOP_H

#include "base/base.h"

struct loop;
struct loop_io;
struct event_base;

struct loop_timer {		/* embedded in its owner; zeroed means not set */
	int64_t	 due_ns;	/* monotonic */
	uint64_t order;
	size_t	 place;		/* index in the heap + 1; 0 = not set */
	void	(*cb)(void *arg);
	void	*arg;
};

#define LOOP_READ  0x1
#define LOOP_WRITE 0x2

struct loop *loop_new(void);
/** @param wall_ns  what the wall clock shows when virtual time starts, ns since 1970 (UTC) */
struct loop *loop_new_virtual(uint64_t seed, int64_t wall_ns);
void	     loop_free(struct loop *l);

int64_t	 loop_mono_ns(const struct loop *l);	/* CLOCK_MONOTONIC; for durations */
int64_t	 loop_wall_ns(const struct loop *l);	/* CLOCK_REALTIME; for stamps that people read */
uint64_t loop_random(struct loop *l);		/* 64 unpredictable bits (getrandom), or the seeded sequence */

/** Run until loop_stop(). @return the code given to loop_stop() */
int	 loop_run(struct loop *l);
/** Run a virtual loop until its clock shows this monotonic time (then it stands exactly there). */
void	 loop_run_until(struct loop *l, int64_t mono_ns);
void	 loop_stop(struct loop *l, int code);

/** Call cb(arg) at due_ns (monotonic; the past means as soon as possible). Setting a set timer moves it. */
void	 loop_timer_set(struct loop *l, struct loop_timer *t, int64_t due_ns, void (*cb)(void *), void *arg);
void	 loop_timer_cancel(struct loop *l, struct loop_timer *t);	/* safe when not set */
static inline bool
loop_timer_is_set(const struct loop_timer *t)
{
	return t->place != 0;
}

/**
 * Watch a descriptor (borrowed; must outlive the watch). Level-triggered: cb is called while it is ready.
 * @return owned by the caller until loop_io_free(); never on a virtual loop
 */
struct loop_io *loop_io_new(struct loop *l, int fd, int events, void (*cb)(void *arg, int events), void *arg);
void		loop_io_events(struct loop_io *io, int events);	/* change what is waited for; 0 = nothing */
void		loop_io_free(struct loop_io *io);			/* NULL is allowed; safe inside its own callback */

/** libevent's own loop below this one, for the HTTP server; NULL on a virtual loop. */
struct event_base *loop_event_base(struct loop *l);

/** Call cb(arg) on each arrival of this signal, from the loop, not from the handler. */
void	 loop_signal(struct loop *l, int signo, void (*cb)(void *arg), void *arg);

#endif
