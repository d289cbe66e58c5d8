/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load.c: what the ledger remembers of the time before.
 *
 * Rows of objects are read at start and wait until the inventory claims them; what it does not claim has left
 * it while the engine was away. Open incidents are rebuilt with their lines. A line that was being verified
 * is verified again; one that was in its settle time gets a new one. Nothing of this makes an event but the
 * end of incidents whose root has left, or is not judged by the rule any more that had raised them.
 */
#include "core/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/commit.h"
#include "core/detail.h"
#include "core/private.h"

#define CLOSED_LOOKED_AT 100	/* newest incidents whose topics may still be to be emptied */

struct remembered {
	char		     ref[REF_MAX];
	struct ledger_object o;
};

static void
remember_one(void *arg, const struct ledger_object *o)
{
	struct core	  *c = arg;
	struct remembered *r;

	if (strcmp(o->kind, "engine") == 0) {
		c->priv->alive_wall_ns = o->last_ns;
		return;
	}
	r = xcalloc(1, sizeof(*r));
	r->o = *o;
	snprintf(r->ref, sizeof(r->ref), "%s/%s", o->kind, o->id);
	map_add(c->priv->remembered, r->ref, r);
}

int
core_remember(struct core *c)
{
	return ledger_object_each(c->ledger, remember_one, c);
}

/* Take the row of an object. @return it, owned by the caller, or NULL: the object is new */
static struct remembered *
recall(struct core *c, struct live *v)
{
	struct remembered *r = map_remove(c->priv->remembered, v->ref);

	if (r == NULL)
		return NULL;
	v->since_ns = r->o.since_ns;
	v->rev = r->o.rev;
	v->document = detail_document(r->o.detail);
	return r;
}

/*
 * The rounds go on from where they were if we were away for no longer than between two of its notes and a
 * gap; otherwise there is one, and it is seen with the first sweep. So it is when the wall clock went back
 * meanwhile, and nobody knows for how long we were away.
 */
static void
resume_rounds(struct core *c, struct link_rounds *r, const struct rounds_rule *rule, int64_t last_ns)
{
	int64_t wall_ns = loop_wall_ns(c->loop), away_ns = wall_ns - c->priv->alive_wall_ns;

	if (last_ns == 0)
		return;
	if (away_ns < 0)
		r->last_ns = wall_ns - rule->gap_ns - 1;
	else if (away_ns <= CORE_ALIVE_NS + rule->gap_ns)
		r->last_ns = wall_ns;
	else
		r->last_ns = c->priv->alive_wall_ns;
	r->last_mono_ns = loop_mono_ns(c->loop) - (wall_ns - r->last_ns);
}

void
core_recall_link(struct core *c, struct link_live *l, const struct link *row)
{
	struct remembered *r = recall(c, &l->live);

	if (r == NULL)
		return;
	l->state = link_state_of(r->o.state);
	l->seen_up = r->o.seen_up;
	detail_read_link(c, r->o.detail, l);
	resume_rounds(c, &l->rounds, &link_settings_of(&c->set, row)->rounds, r->o.last_ns);
	free(r);
}

void
core_recall_site(struct core *c, struct site_live *s)
{
	struct remembered *r = recall(c, &s->live);

	if (r == NULL)
		return;
	s->state = site_state_of(r->o.state);
	free(r);
}

void
core_recall_device(struct core *c, struct device_live *d)
{
	struct remembered *r = recall(c, &d->live);

	if (r == NULL)
		return;
	d->state = device_state_of(r->o.state);
	d->seen = r->o.seen_up;
	detail_read_device(r->o.detail, d);
	free(r);
}

void
core_recall_service(struct core *c, struct service_live *s)
{
	struct remembered *r = recall(c, &s->live);

	if (r == NULL)
		return;
	s->state = service_state_of(r->o.state);
	s->seen_up = r->o.seen_up;
	detail_read_service(r->o.detail, s);
	resume_rounds(c, &s->rounds, &s->rule, r->o.last_ns);
	free(r);
}

void
core_forget_rest(struct core *c)
{
	struct remembered *r;
	size_t		   at = 0;

	while ((r = map_next(c->priv->remembered, &at)) != NULL) {
		if (c->priv->loaded) {
			log_info("%s is no longer in the inventory", r->ref);
			core_gone(c, r->ref);
		}
		map_remove(c->priv->remembered, r->ref);
		free(r);
	}
}

/* ---- incidents ---- */

struct rows {
	struct core	       *core;
	struct ledger_incident *v;
	size_t			n, room;
};

static void
collect_row(void *arg, const struct ledger_incident *row)
{
	struct rows *r = arg;

	if (r->n == r->room) {
		r->room = r->room * 2 + 16;
		r->v = xrealloc(r->v, r->room, sizeof(*r->v));
	}
	r->v[r->n] = *row;
	r->v[r->n++].evidence = row->evidence != NULL ? xstrdup(row->evidence) : NULL;
}

/* Whose line it was when it was written, also when it has left or moved since. "" = not known */
static void
recall_site_of(struct core *c, const char *ref, char site[ID_MAX])
{
	const char		  *id = ref + strcspn(ref, "/") + 1;
	const bool		   is_service = strncmp(ref, "service/", 8) == 0;
	const struct service_live *s = is_service ? core_service(c, id) : NULL;
	const struct link_live	  *l = is_service ? NULL : core_link(c, id);
	const struct remembered	  *r = map_get(c->priv->remembered, ref);

	site[0] = '\0';
	if (s != NULL)
		text_copy(site, ID_MAX, s->site->site->id);
	else if (l != NULL)
		text_copy(site, ID_MAX, l->site_was[0] != '\0' ? l->site_was : l->site->site->id);
	else if (r != NULL)
		detail_site(r->o.detail, site);
}

static void
recall_member(void *arg, const struct ledger_member *row)
{
	struct incident *i = arg;
	struct member	*m;

	if (i->nmembers == i->member_room) {
		i->member_room = i->member_room * 2 + 4;
		i->member = xrealloc(i->member, i->member_room, sizeof(*i->member));
	}
	m = &i->member[i->nmembers++];
	*m = (struct member){ .since_ns = row->since_ns, .until_ns = row->until_ns };
	text_copy(m->ref, sizeof(m->ref), row->object);
	text_copy(m->state, sizeof(m->state), row->state);
}

/* @return whether the member is a service: it has its place now, if it has not left */
static bool
rejoin_service(struct core *c, struct incident *i, size_t k)
{
	struct member	    *m = &i->member[k];
	struct service_live *s;
	struct alert	    *a;

	if (strncmp(m->ref, "service/", 8) != 0)
		return false;
	i->nleft += m->until_ns != 0;
	if ((s = core_service(c, m->ref + 8)) == NULL) {
		i->unpublished = true;
		return true;
	}
	m->service = s;
	text_copy(m->site, sizeof(m->site), s->site->site->id);
	a = service_alert(s, (enum fault)i->fault);
	if (a != NULL && m->until_ns == 0)
		*a = (struct alert){ .verdict = i->service == s ? VERDICT_ROOT : VERDICT_MEMBER, .incident = i,
			.member = k };
	return true;
}

/* The lines and services of a rebuilt incident find their places in it. */
static void
rejoin(struct core *c, struct incident *i)
{
	size_t k;

	for (k = 0; k < i->nmembers; k++) {
		struct member	 *m = &i->member[k];
		struct link_live *l = strncmp(m->ref, "link/", 5) == 0 ? core_link(c, m->ref + 5) : NULL;
		bool		  root = strcmp(m->state, "down") == 0 || strcmp(m->state, "degraded") == 0;

		if (rejoin_service(c, i, k))
			continue;
		recall_site_of(c, m->ref, m->site);
		if (l == NULL || strcmp(l->site->site->id, m->site) != 0) {
			l = NULL;	/* left or moved while the engine was away */
			i->unpublished = true;
		}
		m->link = l;
		i->nleft += m->until_ns != 0;
		if (l != NULL && m->until_ns == 0)
			*link_alert(l, (enum fault)i->fault) = (struct alert){
				.verdict = root ? VERDICT_ROOT : VERDICT_MEMBER, .incident = i, .member = k };
	}
}

static enum reach_fault
reach_of_kind(const char *kind)
{
	int f;

	for (f = REACH_FAULTS - 1; f > REACH_NONE && strcmp(reach_fault_kinds[f], kind) != 0; f--)
		;
	return (enum reach_fault)f;
}

struct emptying {
	struct core *core;
	const char  *incident;		/* "incident/inc-1" */
};

static void
empty_office(struct core *c, const char *site, const char *incident)
{
	char topic[160];

	snprintf(topic, sizeof(topic), "opd/%s/%s", site, incident);
	core_empty_topic(c, topic);
}

static void
empty_office_of(void *arg, const struct ledger_member *row)
{
	const struct emptying *e = arg;
	char		       site[ID_MAX];

	recall_site_of(e->core, row->object, site);
	if (site[0] != '\0')
		empty_office(e->core, site, e->incident);
}

/* Empty the topics of an incident that is over: everybody's, and those in the branches of its offices. */
static void
empty_incident(struct core *c, const struct ledger_incident *row, const char *topic)
{
	struct emptying e = { .core = c, .incident = topic };

	core_empty_topic(c, topic);
	if (strncmp(row->root, "site/", 5) == 0)
		empty_office(c, row->root + 5, topic);
	ledger_member_each(c->ledger, row->id, empty_office_of, &e);
}

/*
 * The root has left the inventory while the engine was away: the incident ends with it, when its event is
 * written. Takes the evidence.
 */
static void
close_orphan(struct core *c, struct ledger_incident *row)
{
	struct orphan *o = xcalloc(1, sizeof(*o));
	char	       subject[40], topic[64];

	row->status = INCIDENT_CLOSED;
	row->closed_ns = loop_wall_ns(c->loop);
	o->row = *row;
	row->evidence = NULL;
	o->next = c->priv->orphans;
	c->priv->orphans = o;
	snprintf(topic, sizeof(topic), "incident/inc-%llu", (unsigned long long)row->id);
	empty_incident(c, row, topic);
	text_copy(subject, sizeof(subject), topic);
	event_raise(c, "incident.closed", severity_of(row->severity), subject, NULL, document_orphan(row));
}

/* Does it still have a root? */
static bool
has_root(const struct incident *i)
{
	const struct alert *a;

	if (!incident_is_of_service(i))
		return incident_count(i, VERDICT_ROOT) > 0;
	a = service_alert(i->service, (enum fault)i->fault);
	return a->incident == i && a->verdict == VERDICT_ROOT;
}

static enum fault
fault_of(const struct ledger_incident *row)
{
	if (strncmp(row->root, "service/", 8) == 0)
		return strcmp(row->kind, "service.down") == 0 ? FAULT_SERVICE : FAULT_SERVICE_QUALITY;
	return reach_of_kind(row->kind) != REACH_NONE ? FAULT_REACH : FAULT_QUALITY;
}

static void
recall_incident(struct core *c, struct ledger_incident *row)
{
	const char	    *id = row->root + strcspn(row->root, "/") + 1;
	enum fault	     fault = fault_of(row);
	bool		     is_link = strncmp(row->root, "link/", 5) == 0;
	struct service_live *v = strncmp(row->root, "service/", 8) == 0 ? core_service(c, id) : NULL;
	struct link_live    *l = is_link ? core_link(c, id) : NULL;
	struct site_live    *s = strncmp(row->root, "site/", 5) == 0 ? core_site(c, id) : NULL;
	struct incident	    *i;

	if (l != NULL)
		s = l->site;
	if (v != NULL)
		s = v->site;
	if (s == NULL) {
		close_orphan(c, row);
		return;
	}
	i = incident_new(c, fault, s, fault == FAULT_QUALITY ? l : NULL);
	i->service = v;
	i->reach = (uint8_t)reach_of_kind(row->kind);
	incident_evidence_recall(i, row->evidence);
	i->row = *row;
	i->row.evidence = NULL;
	i->unsaved = false;
	ledger_member_each(c->ledger, row->id, recall_member, i);
	rejoin(c, i);
	if (!has_root(i))	/* its root lines are no longer what they were */
		telling_close(c, i, true);
}

/* The engine ended between closing an incident and emptying its topic. */
static void
empty_closed(void *arg, const struct ledger_incident *row)
{
	struct core *c = arg;
	char	     topic[64];

	if (row->status != INCIDENT_CLOSED || loop_wall_ns(c->loop) - row->closed_ns > 3600 * NS_PER_S)
		return;
	snprintf(topic, sizeof(topic), "incident/inc-%llu", (unsigned long long)row->id);
	empty_incident(c, row, topic);
}

/* Lines that are dead or degraded, and in no incident; and those in one of which no rule says so any more. */
static void
resume(struct core *c, struct link_live *l)
{
	if (l->reach.verdict == VERDICT_SETTLE) {
		l->reach.verdict = VERDICT_NONE;
		if (l->rounds.say == ROUNDS_DOWN)
			incident_settle(c, l, FAULT_REACH, c->set.settle_ns);
	} else if (l->reach.verdict == VERDICT_NONE && l->rounds.say == ROUNDS_DOWN)
		verdict_resume(c, l);
	quality_resume(c, l);
}

void
core_recall_incidents(struct core *c)
{
	struct rows r = { .core = c };
	size_t	    k;

	ledger_incident_each(c->ledger, true, 0, 0, collect_row, &r);
	for (k = r.n; k-- > 0;) {	/* they come newest first */
		recall_incident(c, &r.v[k]);
		ledger_incident_free(&r.v[k]);
	}
	free(r.v);
	ledger_incident_each(c->ledger, false, 0, CLOSED_LOOKED_AT, empty_closed, c);
	for (k = 0; k < c->inv->nlinks; k++)
		resume(c, c->link[k]);
	for (k = 0; k < c->inv->nservices; k++)
		service_resume(c, c->service[k]);
}
