/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capacity.c: see capacity.h. */
#include "core/capacity.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "core/private.h"
#include "live/capacity.h"

#define SAVE_NS	   (3600 * NS_PER_S)
#define FRESH_NS   (120 * NS_PER_S)	/* a minute of probes older than that says nothing of these rates */
#define SPREAD	   60			/* minutes over which the lines are written */
#define A_TURN	   200			/* lines written in one transaction */

/* ---- in ---- */

static void
to_be_written(struct core *c, struct link_live *l)
{
	if (l->capacity->waiting)
		return;
	l->capacity->waiting = true;
	link_list_add(&c->priv->capacity, l);
	core_wake(c);
}

static struct capacity *
capacity_of(struct link_live *l, int64_t wall_ns)
{
	if (l->capacity == NULL) {
		l->capacity = xcalloc(1, sizeof(*l->capacity));
		l->capacity->saved_ns = wall_ns - (int64_t)(l->number % SPREAD) * 60 * NS_PER_S;
	}
	return l->capacity;
}

void
core_capacity_rates(struct core *c, struct link_live *l, int64_t wall_ns, double seconds)
{
	const double bps[CAPACITY_WAYS] = { l->rx_bps, l->tx_bps };
	const double contract[CAPACITY_WAYS] = { l->link->down_bps, l->link->up_bps };
	bool	     fresh = llabs(wall_ns - l->minute_ns) <= FRESH_NS;
	struct capacity *k;

	if (isnan(l->rx_bps) && isnan(l->tx_bps))
		return;
	k = capacity_of(l, wall_ns);
	if (!capacity_rates(k, bps, seconds, fresh ? l->rtt_p50_s : NAN, fresh ? l->loss_ratio : NAN, capacity_today(wall_ns),
	    contract)) {
		if (llabs(wall_ns - k->saved_ns) < SAVE_NS)
			return;
		capacity_judge(k, contract);
	}
	to_be_written(c, l);
}

struct recalled {
	const struct core *core;
	struct link_live  *link;
};

static void
recall(void *arg, const void *data, size_t len)
{
	struct recalled *r = arg;
	const double	 contract[CAPACITY_WAYS] = { r->link->link->down_bps, r->link->link->up_bps };
	struct capacity *k = capacity_of(r->link, loop_wall_ns(r->core->loop));
	int64_t		 saved_ns = k->saved_ns;

	if (capacity_read(k, data, len) == -1)
		log_warnx("%s: what is written of its capacity cannot be read, so that it starts anew", r->link->live.ref);
	k->saved_ns = saved_ns;
	capacity_judge(k, contract);
}

void
core_capacity_recall(struct core *c, struct link_live *l)
{
	struct recalled r = { c, l };

	ledger_capacity_get(c->ledger, l->number, recall, &r);
}

/* ---- out ---- */

bool
core_capacity_is_due(const struct core *c)
{
	return c->priv->capacity.n > 0;
}

int
core_capacity_write(struct core *c)
{
	const struct link_list *list = &c->priv->capacity;
	int64_t			now = loop_wall_ns(c->loop);
	struct buf		state = { 0 };
	size_t			i;
	int			rc = 0;

	for (i = 0; i < list->n && i < A_TURN && rc == 0; i++) {
		state.len = 0;
		capacity_write(list->v[i]->capacity, &state);
		rc = ledger_capacity_put(c->ledger, list->v[i]->number, now, &state);
	}
	buf_free(&state);
	return rc;
}

void
core_capacity_written(struct core *c)
{
	struct link_list *list = &c->priv->capacity;
	size_t		  i, n = list->n < A_TURN ? list->n : A_TURN;

	for (i = 0; i < n; i++) {
		list->v[i]->capacity->waiting = false;
		list->v[i]->capacity->saved_ns = loop_wall_ns(c->loop);
	}
	list->n -= n;
	for (i = 0; i < list->n; i++)
		list->v[i] = list->v[n + i];
	if (list->n > 0)
		core_wake(c);
}

void
core_capacity_stop(struct core *c)
{
	size_t k;

	for (k = 0; c->inv != NULL && k < c->inv->nlinks; k++)
		if (c->link[k]->capacity != NULL)
			to_be_written(c, c->link[k]);
}

void
core_capacity_purge(struct core *c)
{
	struct link_list *list = &c->priv->capacity;
	size_t		  i, n = 0;

	for (i = 0; i < list->n; i++)
		if (!list->v[i]->live.gone)
			list->v[n++] = list->v[i];
	list->n = n;
}
