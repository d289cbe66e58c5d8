/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.c: PROBE_NOW. Of each line at most one request is in flight, however many verdicts wait for it:
 * a node that fails with a hundred lines behind it is probed once.
 */
#include "core/probe.h"

#include <math.h>
#include <stdlib.h>

#include "alert/alert.h"
#include "core/plan.h"
#include "core/private.h"

#define ROUNDS 3	/* as many as it takes to say down */

struct request {		/* one frame per instance being filled */
	struct core	    *core;
	uint32_t	     token;
	struct msg_probe_now msg[CORE_INSTANCES_MAX];
};

static struct request *
request_new(struct core *c)
{
	struct request *r = xcalloc(1, sizeof(*r));

	r->core = c;
	if ((r->token = ++c->priv->next_token) == 0)
		r->token = ++c->priv->next_token;
	return r;
}

static void
request_send(struct request *r, size_t instance)
{
	struct msg_probe_now *m = &r->msg[instance];

	if (m->n == 0)
		return;
	m->rounds = ROUNDS;
	m->deadline_ms = (uint32_t)(r->core->set.verify_ns / NS_PER_MS);
	msg_probe_now_send(r->core->measure[instance].ch, IPC_PROBE_NOW, r->token, m, -1);
	m->n = 0;
}

static void
request_end(struct request *r)
{
	size_t k;

	for (k = 0; k < r->core->nmeasure; k++)
		request_send(r, k);
	free(r);
}

/* @return false when the line's instance is away */
static bool
request_add(struct request *r, struct link_live *l)
{
	struct measure_peer *p = core_measure_of(r->core, l->link->via);
	size_t		     at;

	if (p == NULL || p->ch == NULL)
		return false;
	at = (size_t)(p - r->core->measure);
	r->msg[at].number[r->msg[at].n++] = l->number;
	if (r->msg[at].n == PROBE_NOW_MAX)
		request_send(r, at);
	return true;
}

/* An answer that never came blocks nothing for ever. */
static bool
is_in_flight(const struct core *c, const struct link_live *l)
{
	return l->probe_token != 0 && loop_mono_ns(c->loop) - l->asked_ns < 2 * c->set.verify_ns;
}

/* Ask for those that are not asked for already. */
static void
watch_lines(struct core *c, struct request *r, struct incident *i, struct link_live *watch[], size_t n)
{
	size_t w;

	for (w = 0; w < n; w++) {
		if (is_in_flight(c, watch[w]))
			continue;
		if (!request_add(r, watch[w])) {
			i->to_probe = true;	/* ask again when the instance is back */
			continue;
		}
		watch[w]->probe_token = r->token;
		watch[w]->asked_ns = loop_mono_ns(c->loop);
	}
}

void
probe_watch(struct core *c, struct incident *i)
{
	struct request	 *r = request_new(c);
	struct link_live *watch[WATCH_MAX];
	size_t		  k;

	i->to_probe = false;
	if (i->service != NULL)
		watch_lines(c, r, i, watch, service_watch(i->service, watch));
	for (k = 0; k < i->nmembers; k++) {
		const struct link_live *l = i->member[k].link;

		if (l == NULL || l->reach.incident != i || l->reach.verdict != VERDICT_PENDING)
			continue;
		watch_lines(c, r, i, watch, dependency_watch(l, watch));
	}
	request_end(r);
}

void
probe_burst(struct core *c)
{
	struct link_list *b = &c->marks.burst;
	struct request	 *r;
	size_t		  k;

	if (b->n == 0)
		return;
	r = request_new(c);
	for (k = 0; k < b->n; k++)
		request_add(r, b->v[k]);
	b->n = 0;
	request_end(r);
}

static void
answer(struct core *c, struct link_live *l, uint8_t verdict, float rtt_s)
{
	l->probe_token = 0;
	l->probe = verdict;
	l->probe_rtt_s = rtt_s;
	l->probe_ns = loop_mono_ns(c->loop);
}

static void
review_pending(struct core *c)
{
	struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if ((i->fault == FAULT_REACH || i->fault == FAULT_SERVICE) && i->review_ns != 0)
			incident_review_at(c, i, loop_mono_ns(c->loop));
}

void
probe_done(struct core *c, uint32_t token, const struct msg_probe_done *d)
{
	size_t k;

	for (k = 0; k < d->n; k++) {
		struct link_live *l = nmap_get(c->link_by_number, d->done[k].number);

		if (l != NULL && l->probe_token == token)
			answer(c, l, d->done[k].verdict, d->done[k].rtt_s);
	}
	review_pending(c);
}

void
probe_peer_gone(struct core *c, const struct measure_peer *m)
{
	size_t k;

	for (k = 0; c->inv != NULL && k < c->inv->nlinks; k++)
		if (c->link[k]->probe_token != 0 && core_measure_of(c, c->link[k]->link->via) == m)
			answer(c, c->link[k], PROBE_UNKNOWN, NAN);
	review_pending(c);
}

int
core_probe_now(struct core *c, struct link_live *l, uint16_t rounds)
{
	struct measure_peer *p = core_measure_of(c, l->link->via);
	struct msg_probe_now m = { .rounds = rounds, .deadline_ms = (uint32_t)rounds * 1000 + 2000, .n = 1 };

	if (p == NULL || p->ch == NULL || !link_is_probed(l->link))
		return -1;
	m.number[0] = l->number;
	return msg_probe_now_send(p->ch, IPC_PROBE_NOW, ++c->priv->next_token, &m, -1);
}
