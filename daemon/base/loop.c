/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop.c: the only place that knows libevent.
 *
 * All timers live in one binary heap ordered by (due, order of setting). On the real clock libevent waits for descriptors
 * and, through one event of its own, for the top of the heap. On the virtual clock there is nothing to wait for: the
 * clock jumps to the top of the heap.
 */
#include "base/loop.h"

#include <sys/random.h>

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/map.h"

#define SIGNALS_MAX 8
#define RANDOM_POOL 32

struct loop {
	struct event_base *base;	/* NULL: virtual */
	struct event	  *wake;	/* fires when the top of the heap is due */
	int64_t		   wake_ns;	/* what it is set for; INT64_MAX = not set */
	struct {
		struct event *ev;
		void	    (*cb)(void *);
		void	     *arg;
	} signal[SIGNALS_MAX];
	size_t		   nsignals;

	struct loop_timer **heap;
	size_t		   nheap, heap_size;
	uint64_t	   next_order;

	bool		   stopped;
	int		   code;

	int64_t		   mono_ns, wall_offset_ns;	/* virtual clock */
	uint64_t	   seed;
	uint64_t	   pool[RANDOM_POOL];		/* real: bits fetched from the kernel, used once */
	size_t		   pool_left;
};

struct loop_io {
	struct event *ev;
	struct loop  *loop;
	int	      fd, events;
	void	    (*cb)(void *, int);
	void	     *arg;
};

static int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---- timers ---- */

static bool
timer_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void
heap_put(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->place = i + 1;
}

static void
heap_up(struct loop *l, size_t i, struct loop_timer *t)
{
	for (; i > 0 && timer_before(t, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap_put(l, i, l->heap[(i - 1) / 2]);
	heap_put(l, i, t);
}

static void
heap_down(struct loop *l, size_t i, struct loop_timer *t)
{
	size_t child;

	while ((child = 2 * i + 1) < l->nheap) {
		if (child + 1 < l->nheap && timer_before(l->heap[child + 1], l->heap[child]))
			child++;
		if (!timer_before(l->heap[child], t))
			break;
		heap_put(l, i, l->heap[child]);
		i = child;
	}
	heap_put(l, i, t);
}

static void
heap_settle(struct loop *l, size_t i, struct loop_timer *t)
{
	if (i > 0 && timer_before(t, l->heap[(i - 1) / 2]))
		heap_up(l, i, t);
	else
		heap_down(l, i, t);
}

void
loop_timer_set(struct loop *l, struct loop_timer *t, int64_t due_ns, void (*cb)(void *), void *arg)
{
	t->due_ns = due_ns;
	t->order = l->next_order++;
	t->cb = cb;
	t->arg = arg;
	if (t->place != 0) {
		heap_settle(l, t->place - 1, t);
		return;
	}
	if (l->nheap == l->heap_size) {
		l->heap_size = l->heap_size * 2 + 64;
		l->heap = xrealloc(l->heap, l->heap_size, sizeof(*l->heap));
	}
	l->nheap++;
	heap_up(l, l->nheap - 1, t);
}

void
loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	size_t		   i = t->place - 1;
	struct loop_timer *last;

	if (t->place == 0)
		return;
	t->place = 0;
	last = l->heap[--l->nheap];
	if (last != t)
		heap_settle(l, i, last);
}

static void
timer_run_first(struct loop *l)
{
	struct loop_timer *t = l->heap[0];

	loop_timer_cancel(l, t);
	t->cb(t->arg);
}

/* ---- real clock ---- */

/* Timers set while the due ones run are left for the next turn, so that descriptors are not starved. */
static void
run_due(struct loop *l)
{
	int64_t	 now = loop_mono_ns(l);
	uint64_t order = l->next_order;

	while (!l->stopped && l->nheap > 0 && l->heap[0]->due_ns <= now && l->heap[0]->order < order)
		timer_run_first(l);
}

static void
wake_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	((struct loop *)arg)->wake_ns = INT64_MAX;
}

static void
wake_arrange(struct loop *l)
{
	struct timeval tv = { 0 };
	int64_t	       due = l->nheap > 0 ? l->heap[0]->due_ns : INT64_MAX, wait;

	if (due == l->wake_ns)
		return;
	l->wake_ns = due;
	if (due == INT64_MAX) {
		event_del(l->wake);
		return;
	}
	wait = due - loop_mono_ns(l);
	if (wait > 0) {
		wait += NS_PER_US - 1;	/* never wake before it is due */
		tv.tv_sec = wait / NS_PER_S;
		tv.tv_usec = wait % NS_PER_S / NS_PER_US;
	}
	event_add(l->wake, &tv);
}

struct loop *
loop_new(void)
{
	struct loop		*l = xcalloc(1, sizeof(*l));
	struct event_config	*config = event_config_new();

	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	l->base = event_base_new_with_config(config);
	event_config_free(config);
	if (l->base == NULL)
		fatalx("cannot start the event loop");
	l->wake = evtimer_new(l->base, wake_cb, l);
	l->wake_ns = INT64_MAX;
	return l;
}

struct loop *
loop_new_virtual(uint64_t seed, int64_t wall_ns)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->seed = seed;
	l->mono_ns = NS_PER_S;	/* 0 is taken for "never" in many places */
	l->wall_offset_ns = wall_ns - l->mono_ns;
	return l;
}

void
loop_free(struct loop *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->nheap; i++)
		l->heap[i]->place = 0;
	for (i = 0; i < l->nsignals; i++)
		event_free(l->signal[i].ev);
	if (l->base != NULL) {
		event_free(l->wake);
		event_base_free(l->base);
	}
	free(l->heap);
	free(l);
}

int64_t
loop_mono_ns(const struct loop *l)
{
	return l->base != NULL ? clock_ns(CLOCK_MONOTONIC) : l->mono_ns;
}

int64_t
loop_wall_ns(const struct loop *l)
{
	return l->base != NULL ? clock_ns(CLOCK_REALTIME) : l->mono_ns + l->wall_offset_ns;
}

uint64_t
loop_random(struct loop *l)
{
	if (l->base == NULL)
		return hash_u64(l->seed++);
	if (l->pool_left == 0) {
		if (getrandom(l->pool, sizeof(l->pool), 0) != sizeof(l->pool))
			fatal("getrandom");
		l->pool_left = RANDOM_POOL;
	}
	return l->pool[--l->pool_left];
}

int
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped) {
		if (l->base == NULL) {
			if (l->nheap == 0)
				break;
			if (l->heap[0]->due_ns > l->mono_ns)
				l->mono_ns = l->heap[0]->due_ns;
			timer_run_first(l);
			continue;
		}
		wake_arrange(l);
		switch (event_base_loop(l->base, EVLOOP_ONCE)) {
		case -1:
			fatalx("the event loop failed");
		case 1:
			return l->code;		/* nothing left to wait for */
		}
		run_due(l);
	}
	return l->code;
}

void
loop_run_until(struct loop *l, int64_t mono_ns)
{
	l->stopped = false;
	while (!l->stopped && l->nheap > 0 && l->heap[0]->due_ns <= mono_ns) {
		if (l->heap[0]->due_ns > l->mono_ns)
			l->mono_ns = l->heap[0]->due_ns;
		timer_run_first(l);
	}
	if (!l->stopped && l->mono_ns < mono_ns)
		l->mono_ns = mono_ns;
}

void
loop_stop(struct loop *l, int code)
{
	l->stopped = true;
	l->code = code;
	if (l->base != NULL)
		event_base_loopbreak(l->base);
}

/* ---- descriptors and signals ---- */

static void
io_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;

	(void)fd;
	io->cb(io->arg, (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0));
}

static void
io_assign(struct loop_io *io)
{
	short what = EV_PERSIST;

	if (io->events & LOOP_READ)
		what |= EV_READ;
	if (io->events & LOOP_WRITE)
		what |= EV_WRITE;
	if (io->ev != NULL) {
		event_del(io->ev);
		if (event_assign(io->ev, io->loop->base, io->fd, what, io_cb, io) == -1)
			fatalx("cannot watch descriptor %d", io->fd);
	} else if ((io->ev = event_new(io->loop->base, io->fd, what, io_cb, io)) == NULL)
		fatalx("cannot watch descriptor %d", io->fd);
	if (io->events != 0 && event_add(io->ev, NULL) == -1)
		fatalx("cannot watch descriptor %d", io->fd);
}

struct loop_io *
loop_io_new(struct loop *l, int fd, int events, void (*cb)(void *, int), void *arg)
{
	struct loop_io *io;

	if (l->base == NULL)
		fatalx("a virtual loop has no descriptors");
	io = xcalloc(1, sizeof(*io));
	io->loop = l;
	io->fd = fd;
	io->events = events;
	io->cb = cb;
	io->arg = arg;
	io_assign(io);
	return io;
}

void
loop_io_events(struct loop_io *io, int events)
{
	if (io->events == events)
		return;
	io->events = events;
	io_assign(io);
}

void
loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	event_free(io->ev);
	free(io);
}

struct event_base *
loop_event_base(struct loop *l)
{
	return l->base;
}

static void
signal_cb(evutil_socket_t signo, short what, void *arg)
{
	struct loop *l = arg;
	size_t	     i;

	(void)what;
	for (i = 0; i < l->nsignals; i++)
		if (event_get_signal(l->signal[i].ev) == signo)
			l->signal[i].cb(l->signal[i].arg);
}

void
loop_signal(struct loop *l, int signo, void (*cb)(void *), void *arg)
{
	size_t i = l->nsignals;

	if (l->base == NULL)
		return;		/* nobody can signal a simulation */
	if (i == SIGNALS_MAX)
		fatalx("too many signals watched");
	l->signal[i].cb = cb;
	l->signal[i].arg = arg;
	l->signal[i].ev = evsignal_new(l->base, signo, signal_cb, l);
	if (l->signal[i].ev == NULL || event_add(l->signal[i].ev, NULL) == -1)
		fatalx("cannot watch signal %d", signo);
	l->nsignals++;
}
