/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * turn.c: the turn. What arrives only sets marks; the turn reviews what is due, judges the sites that
 * changed, writes everything in one transaction, and then lets it out. It is one timer that always stands at
 * the earliest thing to do.
 */
#include "core/turn.h"

#include <stdlib.h>

#include "alert/alert.h"
#include "core/commit.h"
#include "core/private.h"
#include "core/probe.h"
#include "core/samples.h"
#include "core/services.h"

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
	struct link_list was = c->marks.settling;
	size_t		 k;

	c->marks.settling = (struct link_list){ 0 };	/* a line may enter again while it is judged */
	for (k = 0; k < was.n; k++)
		if (!was.v[k]->live.gone && settle_one(c, was.v[k], now))
			link_list_add(&c->marks.settling, was.v[k]);
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
		else if (incident_is_of_service(i))
			service_review(c, i);
		else
			quality_review(c, i);
	}
}

static void
devices_due(struct core *c, int64_t now)
{
	size_t k;

	for (k = 0; c->marks.devices_waiting > 0 && k < c->inv->ndevices; k++)
		if (c->device[k]->tell_ns != 0 && c->device[k]->tell_ns <= now)
			device_review(c, c->device[k]);
}

static void
judge_dirty(struct core *c)
{
	struct site_live *s;

	while ((s = c->marks.dirty) != NULL) {
		c->marks.dirty = s->next_dirty;
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
	for (v = c->marks.work; v != NULL; v = v->next)
		sooner(&next, v->publish_ns);
	for (k = 0; k < c->marks.settling.n; k++) {
		l = c->marks.settling.v[k];
		if (l->reach.verdict == VERDICT_SETTLE)
			sooner(&next, l->reach.settle_ns);
		if (l->quality.verdict == VERDICT_SETTLE)
			sooner(&next, l->quality.settle_ns);
	}
	for (k = 0; c->marks.devices_waiting > 0 && k < c->inv->ndevices; k++)
		sooner(&next, c->device[k]->tell_ns);
	sooner(&next, c->marks.service_ns);
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
	if (c->inv != NULL) {
		devices_due(c, now);
		core_services_due(c, now);
	}
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
core_turn_start(struct core *c)
{
	c->marks.take_turn = turn;
	c->priv->alive_ns = loop_mono_ns(c->loop) + CORE_ALIVE_NS;
	core_wake(c);
}
