/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wheel.c: a wheel of two levels (Varghese and Lauck, 1987).
 *
 * The near level has a slot per tick, 4,096 of them: a ring around the present. The far level has a slot per turn of the
 * near one (4,096 ticks, a "block") and is emptied into the near level when its block begins; what lies beyond even that
 * waits in the last far slot and is placed anew. A bit per slot, and a bit per word of such bits, lead straight to the next
 * used slot: a virtual loop makes no empty steps and the real one sleeps until there is work.
 */
#include "schedule/wheel.h"

#include <stdlib.h>

#define SLOT_BITS 12
#define SLOTS	  (1 << SLOT_BITS)
#define SLOT_MASK (SLOTS - 1)
#define WORDS	  (SLOTS / 64)
#define RUN_MAX	  1024		/* timers in one turn of the loop: after a delay sockets must be read in between */
#define NEVER	  INT64_MAX

struct level {
	struct wheel_link  slot[SLOTS];		/* heads of the rings */
	uint64_t	   used[WORDS];		/* a bit too many where a timer was cancelled, never one too few */
	uint64_t	   words;		/* which of used[] are not zero */
};

struct wheel {
	struct loop	  *loop;
	int64_t		   tick_ns;
	int64_t		   tick;	/* all before it have run; it may still get timers */
	int64_t		   armed;	/* tick for which `wake` is set; NEVER = not */
	bool		   running;
	struct loop_timer  wake;
	void		 (*after)(void *);
	void		  *after_arg;
	struct level	   near, far;
};

static void	wheel_run(void *arg);

/* ---- one level ---- */

static void
level_init(struct level *v)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		v->slot[i].next = v->slot[i].prev = &v->slot[i];
}

static void
level_put(struct level *v, int64_t at, struct wheel_timer *t)
{
	unsigned	   i = (unsigned)at & SLOT_MASK;
	struct wheel_link *head = &v->slot[i], *link = &t->link;

	link->next = head;
	link->prev = head->prev;
	head->prev->next = link;
	head->prev = link;
	v->used[i / 64] |= 1ULL << i % 64;
	v->words |= 1ULL << i / 64;
}

static bool
slot_is_empty(const struct wheel_link *head)
{
	return head->next == head;
}

static void
level_clear(struct level *v, unsigned i)
{
	v->used[i / 64] &= ~(1ULL << i % 64);
	if (v->used[i / 64] == 0)
		v->words &= ~(1ULL << i / 64);
}

/* First slot with its bit set, going round from `from`; -1 when there is none. */
static int
level_first_bit(const struct level *v, unsigned from)
{
	unsigned word = from / 64;
	uint64_t bits = v->used[word] & ~0ULL << from % 64, later;

	if (bits == 0) {
		later = word < 63 ? v->words & ~0ULL << (word + 1) : 0;
		if (later == 0)
			later = v->words;	/* round the end, back to `word` itself at the latest */
		if (later == 0)
			return -1;
		word = (unsigned)__builtin_ctzll(later);
		bits = v->used[word];
	}
	return (int)(word * 64 + (unsigned)__builtin_ctzll(bits));
}

/* First used place at or after `from` on the level's own scale, or NEVER. Bits left by cancelled timers go on the way. */
static int64_t
level_next(struct level *v, int64_t from)
{
	int i;

	while ((i = level_first_bit(v, (unsigned)from & SLOT_MASK)) != -1) {
		if (!slot_is_empty(&v->slot[i]))
			return from + ((i - from) & SLOT_MASK);
		level_clear(v, (unsigned)i);
	}
	return NEVER;
}

/* ---- placing ---- */

static void
timer_unlink(struct wheel_timer *t)
{
	t->link.prev->next = t->link.next;
	t->link.next->prev = t->link.prev;
	t->link.next = t->link.prev = NULL;
}

/* Take the first timer out of a ring; NULL when it is empty. */
static struct wheel_timer *
ring_take(struct wheel_link *head)
{
	struct wheel_timer *t = (struct wheel_timer *)head->next;

	if (head->next == head)
		return NULL;
	timer_unlink(t);
	return t;
}

static int64_t
due_tick(const struct wheel *w, const struct wheel_timer *t)
{
	int64_t tick;

	if (t->due_ns <= 0)
		return w->tick;
	tick = (t->due_ns - 1) / w->tick_ns + 1;
	return tick > w->tick ? tick : w->tick;
}

static void
timer_place(struct wheel *w, struct wheel_timer *t, int64_t tick)
{
	int64_t block = tick >> SLOT_BITS, last = (w->tick >> SLOT_BITS) + SLOTS - 1;

	if (tick - w->tick < SLOTS)
		level_put(&w->near, tick, t);
	else
		level_put(&w->far, block < last ? block : last, t);
}

/* The next tick at which something is to be done: a used near slot, or the begin of a used far block. */
static int64_t
next_tick(struct wheel *w)
{
	int64_t near = level_next(&w->near, w->tick), block = level_next(&w->far, (w->tick >> SLOT_BITS) + 1);

	if (block != NEVER && block << SLOT_BITS < near)
		return block << SLOT_BITS;
	return near;
}

static void
wake_at(struct wheel *w, int64_t tick)
{
	if (tick == w->armed)
		return;
	w->armed = tick;
	if (tick == NEVER)
		loop_timer_cancel(w->loop, &w->wake);
	else
		loop_timer_set(w->loop, &w->wake, tick * w->tick_ns, wheel_run, w);
}

void
wheel_set(struct wheel *w, struct wheel_timer *t, int64_t due_ns, void (*cb)(void *), void *arg)
{
	int64_t tick;

	if (wheel_timer_is_set(t))
		timer_unlink(t);
	t->due_ns = due_ns;
	t->cb = cb;
	t->arg = arg;
	tick = due_tick(w, t);
	timer_place(w, t, tick);
	if (!w->running && tick < w->armed)
		wake_at(w, tick);
}

void
wheel_cancel(struct wheel *w, struct wheel_timer *t)
{
	(void)w;	/* its bit, and a wake-up for nothing at worst, are put right when they are met */
	if (wheel_timer_is_set(t))
		timer_unlink(t);
}

void
wheel_after_run(struct wheel *w, void (*cb)(void *), void *arg)
{
	w->after = cb;
	w->after_arg = arg;
}

/* ---- running ---- */

/* A far block begins: its timers go to their ticks. */
static void
block_open(struct wheel *w)
{
	struct wheel_link  *head = &w->far.slot[(w->tick >> SLOT_BITS) & SLOT_MASK];
	struct wheel_link   all;
	struct wheel_timer *t;

	if (slot_is_empty(head))
		return;
	/* Taken out first: a timer from beyond the far level may return to this very slot. */
	all = *head;
	all.next->prev = all.prev->next = &all;
	head->next = head->prev = head;
	while ((t = ring_take(&all)) != NULL)
		timer_place(w, t, due_tick(w, t));
}

/* Timers that are set for now while this runs take part in it. @return how many ran, at most max */
static unsigned
slot_run(struct wheel *w, unsigned max)
{
	struct wheel_link  *head = &w->near.slot[w->tick & SLOT_MASK];
	struct wheel_timer *t;
	unsigned	    ran = 0;

	while (ran < max && (t = ring_take(head)) != NULL) {
		__builtin_prefetch(head->next->next);	/* of very many timers none is in the cache */
		t->cb(t->arg);
		ran++;
	}
	return ran;
}

static void
wheel_run(void *arg)
{
	struct wheel *w = arg;
	int64_t	      now = loop_mono_ns(w->loop) / w->tick_ns, tick;
	unsigned      left = RUN_MAX;

	w->running = true;
	w->armed = NEVER;
	while (left > 0 && (tick = next_tick(w)) <= now) {
		w->tick = tick;
		if ((tick & SLOT_MASK) == 0)
			block_open(w);
		left -= slot_run(w, left);
	}
	if (left > 0 && now > w->tick)
		w->tick = now;
	if (w->after != NULL)
		w->after(w->after_arg);
	w->running = false;
	wake_at(w, next_tick(w));
}

struct wheel *
wheel_new(struct loop *l, int64_t tick_ns)
{
	struct wheel *w = xcalloc(1, sizeof(*w));

	w->loop = l;
	w->tick_ns = tick_ns;
	w->tick = loop_mono_ns(l) / tick_ns;
	w->armed = NEVER;
	level_init(&w->near);
	level_init(&w->far);
	return w;
}

void
wheel_free(struct wheel *w)
{
	if (w == NULL)
		return;
	loop_timer_cancel(w->loop, &w->wake);
	free(w);
}
