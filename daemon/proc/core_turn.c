/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_turn.c: the turn. What arrives only sets marks; the turn reviews what is due, judges the sites that
 * changed, writes everything in one transaction, and then lets it out. It is one timer that always stands at
 * the earliest thing to do.
 */
#include "proc/core_private.h"

#include <stdlib.h>

#include "alert/alert.h"

void
link_list_add(struct link_list *a, struct link_live *l)
{
	if (a->n == a->room) {
		a->room = a->room * 2 + 16;
		a->v = xrealloc(a->v, a->room, sizeof(struct link_live *));
	}
	a->v[a->n++] = l;
}

void
core_mark(struct core *c, struct live *v)
{
	core_wake(c);
	if (v->listed || v->gone)
		return;
	v->listed = true;
	v->next = c->priv->work;
	c->priv->work = v;
}

void
core_dirty(struct core *c, struct site_live *s)
{
	core_wake(c);
	if (s->dirty || s->live.gone)
		return;
	s->dirty = true;
	s->next_dirty = c->priv->dirty;
	c->priv->dirty = s;
}

/* ---- what is due ---- */

/* @return whether the settle time of either fault is still running */
static bool
settle_one(struct core *c, struct link_live *l, int64_t now)
{
	if (l->reach.verdict == VERDICT_SETTLE && l->reach.settle_ns <= now)
		verdict_settled(c, l);
	if (l->quality.verdict == VERDICT_SETTLE && l->quality.settle_ns <= now)
		quality_settled(c, l);
	return l->reach.verdict == VERDICT_SETTLE || l->quality.verdict == VERDICT_SETTLE;
}

static void
settle_due(struct core *c, int64_t now)
{
	struct link_list was = c->priv->settling;
	size_t		 k;

	c->priv->settling = (struct link_list){ 0 };	/* a line may enter again while it is judged */
	for (k = 0; k < was.n; k++)
		if (!was.v[k]->live.gone && settle_one(c, was.v[k], now))
			link_list_add(&c->priv->settling, was.v[k]);
	free(was.v);
}

static void
review_due(struct core *c, int64_t now)
{
	struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next) {
		if (i->review_ns == 0 || i->review_ns > now)
			continue;
		i->review_ns = 0;
		if (i->fault == FAULT_REACH)
			verdict_review(c, i);
		else
			quality_review(c, i);
	}
}

static void
devices_due(struct core *c, int64_t now)
{
	size_t k;

	for (k = 0; c->priv->devices_waiting > 0 && k < c->inv->ndevices; k++)
		if (c->device[k]->tell_ns != 0 && c->device[k]->tell_ns <= now)
			device_review(c, c->device[k]);
}

static void
judge_dirty(struct core *c)
{
	struct site_live *s;

	while ((s = c->priv->dirty) != NULL) {
		c->priv->dirty = s->next_dirty;
		s->dirty = false;
		shown_update(c, s);
	}
}

/* ---- when next ---- */

static void
sooner(int64_t *next, int64_t ns)
{
	if (ns != 0 && ns < *next)
		*next = ns;
}

static int64_t
next_due(const struct core *c)
{
	int64_t			next = c->priv->alive_ns;
	const struct incident  *i;
	const struct live      *v;
	const struct link_live *l;
	size_t			k;

	for (i = c->incidents; i != NULL; i = i->next) {
		sooner(&next, i->review_ns);
		if (i->unpublished && i->row.status != INCIDENT_PENDING)
			sooner(&next, i->publish_ns);
	}
	for (v = c->priv->work; v != NULL; v = v->next)
		sooner(&next, v->publish_ns);
	for (k = 0; k < c->priv->settling.n; k++) {
		l = c->priv->settling.v[k];
		if (l->reach.verdict == VERDICT_SETTLE)
			sooner(&next, l->reach.settle_ns);
		if (l->quality.verdict == VERDICT_SETTLE)
			sooner(&next, l->quality.settle_ns);
	}
	for (k = 0; c->priv->devices_waiting > 0 && k < c->inv->ndevices; k++)
		sooner(&next, c->device[k]->tell_ns);
	return next;
}

/* ---- the turn ---- */

static void
let_out(struct core *c)
{
	struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if (i->to_probe && !i->removed)
			probe_watch(c, i);
	probe_burst(c);
	outbox_pump(c);
}

void
core_turn_now(struct core *c)
{
	int64_t now = loop_mono_ns(c->loop);

	settle_due(c, now);
	review_due(c, now);
	if (c->inv != NULL)
		devices_due(c, now);
	judge_dirty(c);
	core_facts_send(c);
	if (core_commit(c) == 0)
		let_out(c);
}

static void
turn(void *arg)
{
	struct core *c = arg;
	int64_t	     now = loop_mono_ns(c->loop), next;

	core_turn_now(c);
	next = next_due(c);
	if (!c->ledger_ok)
		next = now + CORE_RETRY_NS;
	core_wake_at(c, next > now + CORE_TURN_NS ? next : now + CORE_TURN_NS);
}

void
core_wake_at(struct core *c, int64_t mono_ns)
{
	struct loop_timer *t = &c->priv->turn;

	if (!loop_timer_is_set(t) || mono_ns < t->due_ns)
		loop_timer_set(c->loop, t, mono_ns, turn, c);
}

void
core_wake(struct core *c)
{
	core_wake_at(c, loop_mono_ns(c->loop) + CORE_TURN_NS);
}

void
core_turn_start(struct core *c)
{
	c->priv->alive_ns = loop_mono_ns(c->loop) + CORE_ALIVE_NS;
	core_wake(c);
}
