/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ops_top.c: top: the few objects that stand out, the first first, however large the city is.
 *
 * Each object is looked at once, and a heap holds the best so far with the least of them at its root: most are
 * dismissed by one comparison, and what is remembered and sent grows with the limit alone.
 */
#include "ctl/client.h"

#include <math.h>
#include <stdlib.h>

#include "ctl/hint.h"
#include "ctl/js.h"
#include "ctl/view.h"
#include "rules/severity.h"

#define TOP_LIMIT 20

struct candidate {
	double	key;		/* the larger, the further up; then the newer, then as in the inventory */
	int64_t since_ns;
	size_t	place;
	const void *object;
};

struct top {
	struct candidate *v;	/* a heap: no parent precedes its children */
	size_t		  n, most;
	size_t		  total;	/* of those offered */
};

static bool
precedes(const struct candidate *a, const struct candidate *b)
{
	if (a->key != b->key)
		return a->key > b->key;
	return a->since_ns != b->since_ns ? a->since_ns > b->since_ns : a->place < b->place;
}

static int
compare(const void *a, const void *b)
{
	return precedes(a, b) ? -1 : precedes(b, a);
}

static void
swap(struct candidate *a, struct candidate *b)
{
	struct candidate c = *a;

	*a = *b;
	*b = c;
}

static void
sift_up(struct top *t, size_t i)
{
	for (; i > 0 && precedes(&t->v[(i - 1) / 2], &t->v[i]); i = (i - 1) / 2)
		swap(&t->v[i], &t->v[(i - 1) / 2]);
}

static void
sift_down(struct top *t)
{
	size_t i = 0, child;

	for (; (child = 2 * i + 1) < t->n; i = child) {
		if (child + 1 < t->n && precedes(&t->v[child], &t->v[child + 1]))
			child++;
		if (!precedes(&t->v[i], &t->v[child]))
			break;
		swap(&t->v[i], &t->v[child]);
	}
}

static void
offer(struct top *t, double key, int64_t since_ns, const void *object)
{
	struct candidate c = { key, since_ns, t->total++, object };

	if (t->n < t->most) {
		t->v[t->n] = c;
		sift_up(t, t->n++);
	} else if (precedes(&c, &t->v[0])) {
		t->v[0] = c;
		sift_down(t);
	}
}

/* ---- the orders ---- */

/* As simpulctl status shows them; what is missing here is no trouble. */
static const double site_trouble[SITE_STATES] = {
	[SITE_ISOLATED] = 5, [SITE_UNREACHABLE] = 4, [SITE_ON_BACKUP] = 3, [SITE_BACKUP_LOST] = 2,
	[SITE_DEGRADED] = 2, [SITE_UNKNOWN] = 1,
};

static void
offer_trouble(struct top *t, const struct core *c)
{
	size_t i;

	for (i = 0; i < c->inv->nsites; i++)
		if (site_trouble[c->site[i]->state] > 0)
			offer(t, site_trouble[c->site[i]->state], c->site[i]->live.since_ns, c->site[i]);
}

/* Of lines that answer: a dead one has lost all, and stands among the sites in trouble. */
static void
offer_loss(struct top *t, const struct core *c)
{
	const struct link_live *l;
	size_t			i;

	for (i = 0; i < c->inv->nlinks; i++) {
		l = c->link[i];
		if ((l->state == LINK_UP || l->state == LINK_DEGRADED) && l->loss_ratio > 0)
			offer(t, l->loss_ratio, l->live.since_ns, l);
	}
}

static void
offer_use(struct top *t, const struct core *c)
{
	double use;
	size_t i;

	for (i = 0; i < c->inv->nlinks; i++)
		if (isfinite(use = link_use_ratio(c->link[i])))
			offer(t, use, c->link[i]->live.since_ns, c->link[i]);
}

/* Of those that people have been told of; the others have no number yet. */
static void
offer_severity(struct top *t, const struct core *c)
{
	const struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if (i->row.status == INCIDENT_OPEN && i->row.id != 0)
			offer(t, severity_of(i->row.severity), i->row.opened_ns, i);
}

static json_t *
site_of(const struct core *c, const void *object)
{
	(void)c;
	return view_site(object);
}

static json_t *
link_of(const struct core *c, const void *object)
{
	(void)c;
	return view_link(object);
}

static json_t *
incident_of(const struct core *c, const void *object)
{
	return view_incident(c, &((const struct incident *)object)->row);
}

static const struct order {
	void	(*offer)(struct top *t, const struct core *c);
	json_t *(*view)(const struct core *c, const void *object);
} orders[] = {
	{ offer_severity, incident_of },
	{ offer_trouble, site_of },
	{ offer_loss, link_of },
	{ offer_use, link_of },
};
static const char *const order_names[] = { "severity", "trouble", "loss", "use", NULL };

static void
answer_top(struct client *cl, const struct request *r, const struct order *o)
{
	const struct core *c = cl->ctl->core;
	struct top	   t = { .most = (size_t)request_int(r, "limit", TOP_LIMIT) };
	json_t		  *items = json_array();
	size_t		   i;

	t.v = xcalloc(t.most, sizeof(*t.v));
	if (c->inv != NULL)
		o->offer(&t, c);
	qsort(t.v, t.n, sizeof(*t.v), compare);
	for (i = 0; i < t.n; i++)
		json_array_append_new(items, o->view(c, t.v[i].object));
	free(t.v);
	client_answer(cl, r->id, json_pack("{s:o, s:I, s:I}", "items", items, "total", (json_int_t)t.total,
	    "seq", (json_int_t)ledger_event_last(c->ledger)));
}

void
op_top(struct client *cl, const struct request *r, const struct actor *who)
{
	const char *by = request_text(r, "by");
	char	    hint[HINT_MAX];
	size_t	    i;

	(void)who;
	for (i = 0; order_names[i] != NULL && strcmp(order_names[i], by) != 0; i++)
		;
	if (order_names[i] != NULL)
		answer_top(cl, r, &orders[i]);
	else
		client_refuse(cl, r->id, "bad_request", "\"by\" must be severity, trouble, loss or use%s",
		    did_you_mean(hint, by, order_names));
}
