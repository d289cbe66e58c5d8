/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.c: PROBE_NOW. An ask holds an entry per number; a probe lists the entries that wait for its results.
 *
 * Every result that is decided after the ask counts, also that of a round which was already under way: its packets are at
 * most 1.6 s old, while what made core ask took longer than that. One answered round decides for "answered"; "failed"
 * takes all rounds asked for. Decided entries are collected for the rest of the loop's turn and go out in one message.
 */
#include <math.h>
#include <stdlib.h>

#include "probes/engine.h"

struct ask_entry {
	struct ask	 *ask;
	struct ask_entry *next;		/* of the same probe */
	struct probe	 *probe;	/* NULL once decided */
	uint32_t	  number;
	uint16_t	  rounds_left, sent, answered;
};

struct ask {
	struct ask	     *next;
	struct probe_engine  *engine;
	struct loop_timer     deadline, ready;
	struct msg_probe_done done;	/* decided, not yet told */
	uint32_t	      token;
	size_t		      undecided;
	size_t		      n;
	struct ask_entry      entry[];
};

static void
ask_free(struct ask *a)
{
	struct ask **at = &a->engine->asks;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	loop_timer_cancel(a->engine->loop, &a->deadline);
	loop_timer_cancel(a->engine->loop, &a->ready);
	free(a);
}

static void
ask_tell(void *arg)
{
	struct ask *a = arg;

	a->engine->asked(a->engine->asked_arg, a->token, &a->done);
	a->done.n = 0;
	if (a->undecided == 0)
		ask_free(a);
}

static void
entry_unlink(struct ask_entry *en)
{
	struct ask_entry **at = &en->probe->asked;

	while (*at != en)
		at = &(*at)->next;
	*at = en->next;
	en->probe = NULL;
}

static void
entry_decide(struct ask_entry *en, enum probe_verdict verdict, float rtt_s)
{
	struct ask *a = en->ask;

	if (en->probe != NULL)
		entry_unlink(en);
	a->done.done[a->done.n++] = (struct probe_done){ .number = en->number, .verdict = (uint8_t)verdict, .sent = en->sent,
		.answered = en->answered, .rtt_s = rtt_s };
	a->undecided--;
	if (!loop_timer_is_set(&a->ready))
		loop_timer_set(a->engine->loop, &a->ready, loop_mono_ns(a->engine->loop), ask_tell, a);
}

void
ask_result(struct probe *p, const struct probe_round *r)
{
	struct ask_entry *en, *next;

	for (en = p->asked; en != NULL; en = next) {
		next = en->next;
		en->sent += (uint16_t)r->sent;
		en->answered += (uint16_t)r->answered;
		en->rounds_left--;
		if (r->quality == QUALITY_GOOD)
			entry_decide(en, PROBE_ANSWERED, r->rtt_p50_s);
		else if (en->rounds_left == 0)
			entry_decide(en, en->sent > 0 ? PROBE_FAILED : PROBE_UNKNOWN, NAN);
	}
}

void
ask_forget(struct probe *p)
{
	while (p->asked != NULL)
		entry_decide(p->asked, PROBE_UNKNOWN, NAN);
}

static void
ask_deadline(void *arg)
{
	struct ask *a = arg;
	size_t	    i;

	for (i = 0; i < a->n; i++)
		if (a->entry[i].probe != NULL)
			entry_decide(&a->entry[i], PROBE_UNKNOWN, NAN);
}

static void
entry_begin(struct ask_entry *en, uint16_t rounds)
{
	struct probe *p = nmap_get(en->ask->engine->probes, en->number);

	if (p == NULL) {
		entry_decide(en, PROBE_UNKNOWN, NAN);
		return;
	}
	en->probe = p;
	en->next = p->asked;
	p->asked = en;
	en->rounds_left = p->ops->hurry != NULL ? rounds : 1;
	if (p->ops->hurry != NULL)
		p->ops->hurry(p, rounds);
	else if (p->ops->start(p) == -1)
		entry_decide(en, PROBE_UNKNOWN, NAN);
}

void
probe_engine_ask(struct probe_engine *e, uint32_t token, const struct msg_probe_now *now)
{
	struct ask *a = xcalloc(1, sizeof(*a) + now->n * sizeof(a->entry[0]));

	a->engine = e;
	a->token = token;
	a->n = a->undecided = now->n;
	a->next = e->asks;
	e->asks = a;
	loop_timer_set(e->loop, &a->deadline, loop_mono_ns(e->loop) + now->deadline_ms * NS_PER_MS, ask_deadline, a);
	for (size_t i = 0; i < a->n; i++) {
		a->entry[i].ask = a;
		a->entry[i].number = now->number[i];
		entry_begin(&a->entry[i], now->rounds > 0 ? now->rounds : 1);
	}
	if (a->n == 0)
		ask_free(a);
}

void
ask_free_all(struct probe_engine *e)
{
	struct ask *a;
	size_t	    i;

	while ((a = e->asks) != NULL) {
		for (i = 0; i < a->n; i++)
			if (a->entry[i].probe != NULL)
				entry_unlink(&a->entry[i]);
		ask_free(a);
	}
}
