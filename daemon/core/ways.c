/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ways.c: see ways.h. */
#include "core/ways.h"

#include <stdlib.h>

#include <jansson.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/plan.h"
#include "core/private.h"

#define CONFIRM_NS	(10 * NS_PER_S)		/* until a way that is new is traced again */
#define CONFIRM_TRIES	3	/* traces that agree with none before: then a hop is shared by many */
#define FIRST_APART_NS	(20 * NS_PER_MS)	/* of lines whose way is not known: traces so far apart ... */
#define FIRST_LEAST_NS	(10 * NS_PER_S)
#define FIRST_MOST_NS	(600 * NS_PER_S)

static struct link_way *
way_for(struct link_live *l)
{
	if (l->way == NULL)
		l->way = xcalloc(1, sizeof(*l->way));
	return l->way;
}

/* ---- asking ---- */

int
core_trace_now(struct core *c, struct link_live *l, uint32_t record, enum trace_role role)
{
	const struct way    *known = link_known_way(l);
	struct measure_peer *p = core_measure_of(c, l->link->via);
	struct msg_trace_now m = { .number = l->number, .record = record, .role = (uint8_t)role,
		.hops = known != NULL ? known->n : 0 };

	if (p == NULL || p->ch == NULL || l->link->address.family == 0)
		return -1;
	return msg_trace_now_send(p->ch, IPC_TRACE_NOW, 0, &m, -1);
}

/*
 * Ways that are not known are traced soon, yet not all at once; the others at a time of the hour that is
 * their own.
 */
static int64_t
first_due(const struct core *c, const struct link_live *l, int64_t now)
{
	int64_t spread = (int64_t)c->inv->nlinks * FIRST_APART_NS, interval = c->set.trace_interval_ns, due;

	spread = spread < FIRST_LEAST_NS ? FIRST_LEAST_NS : spread > FIRST_MOST_NS ? FIRST_MOST_NS : spread;
	if (link_known_way(l) == NULL)
		return now + (int64_t)(hash_u64(hash_text(l->live.ref)) % (uint64_t)spread);
	due = now - now % interval + (int64_t)(hash_u64(hash_text(l->live.ref)) % (uint64_t)interval);
	return due < now ? due + interval : due;
}

void
core_ways_sweep(struct core *c, struct link_live *l, int64_t now)
{
	struct link_way *w;

	if (c->set.trace_interval_ns == 0 || l->rounds.say != ROUNDS_UP)
		return;
	w = way_for(l);
	if (w->due_ns == 0)
		w->due_ns = first_due(c, l, now);
	if (w->due_ns > now)
		return;
	w->due_ns = now + c->set.trace_interval_ns;
	core_trace_now(c, l, 0, w->pending != NULL ? TRACE_CONFIRM : TRACE_HOURLY);
}

/* ---- judging ---- */

struct json_t *
core_way_json(const struct way *w)
{
	json_t *list = json_array(), *hop;
	char	text[ADDR_TEXT_MAX];
	uint8_t i, k;

	for (i = 0; w != NULL && i < w->n; i++) {
		hop = json_array();
		for (k = 0; k < w->hop[i].n; k++)
			json_array_append_new(hop, json_string(addr_text(&w->hop[i].addr[k], text)));
		json_array_append_new(list, hop);
	}
	return list;
}

static void
changed(struct core *c, struct link_live *l, const struct way *was, const struct way *is, unsigned hop)
{
	event_raise(c, "link.path_changed", SEVERITY_INFO, l->live.ref, NULL,
	    json_pack("{s:s, s:s, s:i, s:o, s:o}", "link", l->link->id, "site", l->site->site->id, "hop",
		(int)hop, "old", core_way_json(was), "new", core_way_json(is)));
}

static void
unsaved(struct core *c, struct link_way *w)
{
	w->unsaved = true;
	c->priv->ways_unsaved = true;
	core_wake(c);
}

static void
pending_drop(struct link_way *w)
{
	free(w->pending);
	w->pending = NULL;
	w->tries = 0;
}

/* Once is chance: packets of one trace may go over different routers. @param seen  taken */
static void
suspect(struct core *c, struct link_live *l, struct way *seen)
{
	struct link_way *w = l->way;
	bool		 shared = ++w->tries > CONFIRM_TRIES;

	if (!shared) {
		free(w->pending);
		w->pending = seen;
		w->due_ns = loop_mono_ns(c->loop) + CONFIRM_NS;
		return;
	}
	if (way_learn(w->known, seen))
		unsaved(c, w);
	pending_drop(w);
	free(seen);
}

void
core_way_traced(struct core *c, struct link_live *l, const struct msg_trace_done *t)
{
	struct link_way *w = way_for(l);
	struct way	*seen = way_of_trace(t);
	unsigned	 hop;

	if (seen == NULL)
		return;
	if (w->known == NULL) {		/* the second trace shows who shares a hop */
		w->known = seen;
		w->due_ns = loop_mono_ns(c->loop) + CONFIRM_NS;
		unsaved(c, w);
		return;
	}
	hop = way_compare(w->known, seen);
	if (hop != 0 && (w->pending == NULL || way_compare(w->pending, seen) != 0)) {
		suspect(c, l, seen);
		return;
	}
	if (hop != 0) {
		way_learn(w->pending, seen);
		changed(c, l, w->known, w->pending, way_compare(w->known, w->pending));
		free(w->known);
		w->known = w->pending;
		w->pending = NULL;
		unsaved(c, w);
	} else if (way_learn(w->known, seen))
		unsaved(c, w);
	pending_drop(w);
	free(seen);
}

/* ---- the ledger ---- */

static void
recall(void *arg, const char *link, const void *hops, size_t len)
{
	struct link_live *l = core_link(arg, link);

	if (l != NULL && link_known_way(l) == NULL)
		way_for(l)->known = way_read(hops, len);
}

void
core_ways_recall(struct core *c)
{
	ledger_way_each(c->ledger, recall, c);
}

bool
core_ways_are_due(const struct core *c)
{
	return c->priv->ways_unsaved;
}

int
core_ways_write(struct core *c)
{
	struct buf b = { 0 };
	size_t	   k;
	int	   rc = 0;

	for (k = 0; rc == 0 && c->priv->ways_unsaved && k < c->inv->nlinks; k++) {
		const struct link_way *w = c->link[k]->way;

		if (w == NULL || !w->unsaved)
			continue;
		b.len = 0;
		way_write(w->known, &b);
		rc = ledger_way_put(c->ledger, c->link[k]->link->id, b.data, b.len);
	}
	buf_free(&b);
	return rc;
}

void
core_ways_written(struct core *c)
{
	size_t k;

	for (k = 0; c->priv->ways_unsaved && k < c->inv->nlinks; k++)
		if (c->link[k]->way != NULL)
			c->link[k]->way->unsaved = false;
	c->priv->ways_unsaved = false;
}
