/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wheel_test.c: the wheel against a naive list on a virtual loop: random timers are set, moved and cancelled, also from
 * their own callbacks, and every one must run in its tick and no other.
 */
#include "schedule/wheel.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "tests/unit/tap.h"

#define TICK   (2 * NS_PER_MS)
#define TIMERS 500
#define STEPS  20000

struct one {
	struct wheel_timer t;
	struct bench	  *bench;
	int64_t		   due_ns;	/* what the model says; 0 = not set */
	uint64_t	   runs;
};

struct bench {
	struct loop  *loop;
	struct wheel *wheel;
	struct one    one[TIMERS];
	uint64_t      seed, trace;	/* trace: hash of who ran when */
	unsigned      early, late, ghosts, ran, after;
};

static uint64_t
next(struct bench *b)
{
	return hash_u64(b->seed++);
}

static int64_t
tick_of(int64_t ns)
{
	return (ns + TICK - 1) / TICK * TICK;
}

static void one_due(void *arg);

static void
one_set(struct one *o, int64_t due_ns)
{
	o->due_ns = due_ns;
	wheel_set(o->bench->wheel, &o->t, due_ns, one_due, o);
}

/* From 1 us to 40 h: near, far, and beyond the far level (9.3 h at this tick). */
static int64_t
random_delay(struct bench *b)
{
	return (int64_t)(next(b) % (144000ULL * NS_PER_S >> next(b) % 38));
}

static void
one_due(void *arg)
{
	struct one   *o = arg;
	struct bench *b = o->bench;
	int64_t	      now = loop_mono_ns(b->loop);

	b->ran++;
	o->runs++;
	b->trace = hash_u64(b->trace ^ (uint64_t)now ^ (uint64_t)(o - b->one) << 48);
	if (o->due_ns == 0)
		b->ghosts++;
	else if (now < o->due_ns)
		b->early++;
	else if (now != tick_of(o->due_ns))
		b->late++;
	o->due_ns = 0;
	if (next(b) % 3 == 0)
		one_set(o, now + random_delay(b));
	if (next(b) % 10 == 0) {
		struct one *other = &b->one[next(b) % TIMERS];

		wheel_cancel(b->wheel, &other->t);
		other->due_ns = 0;
	}
}

static void
after(void *arg)
{
	((struct bench *)arg)->after++;
}

static struct bench *
bench_new(uint64_t seed)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	size_t	      i;

	b->seed = seed;
	b->loop = loop_new_virtual(seed, 0);
	b->wheel = wheel_new(b->loop, TICK);
	wheel_after_run(b->wheel, after, b);
	for (i = 0; i < TIMERS; i++)
		b->one[i].bench = b;
	return b;
}

static void
bench_free(struct bench *b)
{
	wheel_free(b->wheel);
	loop_free(b->loop);
	free(b);
}

static void
bench_run(struct bench *b)
{
	int	step;
	int64_t at;

	for (step = 0; step < STEPS; step++) {
		struct one *o = &b->one[next(b) % TIMERS];

		switch (next(b) % 4) {
		case 0:
			wheel_cancel(b->wheel, &o->t);
			o->due_ns = 0;
			break;
		case 1:
			at = loop_mono_ns(b->loop) + (int64_t)(next(b) % (20ULL * NS_PER_S >> next(b) % 20));
			loop_run_until(b->loop, at);
			break;
		default:
			at = loop_mono_ns(b->loop) + random_delay(b);
			one_set(o, at > 1 ? at : 1);
		}
	}
	loop_run_until(b->loop, loop_mono_ns(b->loop) + 100 * 3600 * NS_PER_S);
}

static unsigned
still_set(const struct bench *b)
{
	unsigned n = 0;
	size_t	 i;

	for (i = 0; i < TIMERS; i++)
		n += wheel_timer_is_set(&b->one[i].t) != (b->one[i].due_ns != 0);
	return n;
}

static void
test_random(uint64_t seed)
{
	struct bench *b = bench_new(seed), *again = bench_new(seed);

	bench_run(b);
	printf("# seed %" PRIu64 ": %u timers ran\n", seed, b->ran);
	ok(b->ran > 1000 && b->early == 0 && b->late == 0 && b->ghosts == 0,
	    "none early (%u), late (%u) or cancelled (%u)", b->early, b->late, b->ghosts);
	is_i64(still_set(b), 0, "what should be set is, and nothing else");
	bench_run(again);
	ok(b->trace == again->trace, "the same calls give the same order");
	bench_free(again);
	bench_free(b);
}

/* ---- single cases ---- */

static void
note(void *arg)
{
	(*(int *)arg)++;
}

static void
test_jump(void)
{
	struct loop	  *l = loop_new_virtual(1, 0);
	struct wheel	  *w = wheel_new(l, TICK);
	struct wheel_timer t = { 0 };
	int		   runs = 0, wakes = 0;

	wheel_after_run(w, note, &wakes);
	wheel_set(w, &t, loop_mono_ns(l) + 3600 * NS_PER_S, note, &runs);
	loop_run_until(l, loop_mono_ns(l) + 3600 * NS_PER_S);
	is_i64(runs, 1, "an hour away: runs once");
	ok(wakes <= 2, "and the loop was woken %d times: once for its block, once for it", wakes);
	wheel_set(w, &t, 5, note, &runs);
	loop_run_until(l, loop_mono_ns(l));
	is_i64(runs, 2, "the past runs at once");
	wheel_set(w, &t, loop_mono_ns(l) + NS_PER_S, note, &runs);
	wheel_cancel(w, &t);
	wheel_cancel(w, &t);
	loop_run_until(l, loop_mono_ns(l) + 2 * NS_PER_S);
	is_i64(runs, 2, "cancelled twice: does not run");
	wheel_free(w);
	loop_free(l);
}

struct chain {
	struct wheel	 *wheel;
	struct loop	 *loop;
	struct wheel_timer t;
	int64_t		  second_ns;
	bool		  again;
};

static void
chain_due(void *arg)
{
	struct chain *c = arg;

	c->second_ns = loop_mono_ns(c->loop);
	if (!c->again) {
		c->again = true;
		wheel_set(c->wheel, &c->t, c->second_ns, chain_due, c);
	}
}

static void
test_same_tick(void)
{
	struct chain c = { .loop = loop_new_virtual(1, 0) };
	int64_t	     due;

	c.wheel = wheel_new(c.loop, TICK);
	due = loop_mono_ns(c.loop) + NS_PER_S;
	wheel_set(c.wheel, &c.t, due, chain_due, &c);
	loop_run_until(c.loop, due + NS_PER_S);
	ok(c.again && c.second_ns == due, "set for now in its own callback: runs in the same tick");
	wheel_free(c.wheel);
	loop_free(c.loop);
}

/* Many timers of one tick: other timers of the loop get their turn in between, and still all run. */
static void
test_many(void)
{
	enum { MANY = 5000 };
	struct loop	  *l = loop_new_virtual(1, 0);
	struct wheel	  *w = wheel_new(l, TICK);
	struct wheel_timer *t = xcalloc(MANY, sizeof(*t));
	int		   runs = 0, turns = 0, i;

	wheel_after_run(w, note, &turns);
	for (i = 0; i < MANY; i++)
		wheel_set(w, &t[i], loop_mono_ns(l) + NS_PER_S, note, &runs);
	loop_run_until(l, loop_mono_ns(l) + NS_PER_S);
	ok(runs == MANY && turns >= 5, "5,000 of one tick run in it, in %d turns of the loop", turns);
	wheel_free(w);
	loop_free(l);
	free(t);
}

int
main(void)
{
	uint64_t seed;

	for (seed = 1; seed <= 5; seed++)
		test_random(seed * 1000003);
	test_jump();
	test_same_tick();
	test_many();
	return tap_done();
}
