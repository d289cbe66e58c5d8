/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * incident.c: one fault with its root lines, its members and its evidence.
 *
 * A line has one place per kind of fault (struct alert), so it is in at most one incident of each; the
 * incident's member list also keeps those that have left, with the time when they did.
 */
#include "alert/alert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>


#define FACTS_MAX 40

struct incident *
incident_new(struct core *c, enum fault fault, struct site_live *s, struct link_live *l)
{
	struct incident *i = xcalloc(1, sizeof(*i));

	i->fault = (uint8_t)fault;
	i->site = s;
	i->link = l;
	i->evidence = json_array();
	i->row.status = INCIDENT_PENDING;
	text_copy(i->row.root, sizeof(i->row.root), l != NULL ? l->live.ref : s->live.ref);
	text_copy(i->row.severity, sizeof(i->row.severity), severity_names[SEVERITY_INFO]);
	text_copy(i->row.cause, sizeof(i->row.cause), cause_names[CAUSE_UNKNOWN]);
	i->row.opened_ns = loop_wall_ns(c->loop);
	i->first_ns = loop_mono_ns(c->loop);
	i->unsaved = true;

	i->prev = c->incidents_end;
	*(i->prev != NULL ? &i->prev->next : &c->incidents) = i;
	c->incidents_end = i;
	if (fault == FAULT_REACH)
		s->incident = i;
	return i;
}

void
incident_free(struct core *c, struct incident *i)
{
	*(i->prev != NULL ? &i->prev->next : &c->incidents) = i->next;
	*(i->next != NULL ? &i->next->prev : &c->incidents_end) = i->prev;
	json_decref(i->evidence);
	free(i->member);
	free(i);
}

struct alert *
link_alert(struct link_live *l, enum fault fault)
{
	return fault == FAULT_REACH ? &l->reach : &l->quality;
}

size_t
incident_count(const struct incident *i, enum verdict v)
{
	size_t k, n = 0;

	for (k = 0; k < i->nmembers; k++)
		if (i->member[k].link != NULL) {
			const struct alert *a = link_alert(i->member[k].link, (enum fault)i->fault);

			n += a->incident == i && a->verdict == v;
		}
	return n;
}

/*
 * Place of a line that may have been in it before, or of a new entry. There is something to search for only
 * when some have left: a fault takes in thousands of lines quickly.
 */
static size_t
member_place(struct incident *i, struct link_live *l)
{
	size_t k = i->nleft > 0 ? 0 : i->nmembers;

	while (k < i->nmembers && i->member[k].link != l)
		k++;
	if (k < i->nmembers) {
		i->nleft -= i->member[k].until_ns != 0;
		return k;
	}
	if (i->nmembers == i->member_room) {
		i->member_room = i->member_room * 2 + 4;
		i->member = xrealloc(i->member, i->member_room, sizeof(*i->member));
	}
	i->member[k] = (struct member){ .link = l };
	text_copy(i->member[k].ref, sizeof(i->member[k].ref), l->live.ref);
	text_copy(i->member[k].site, sizeof(i->member[k].site), l->site->site->id);
	i->nmembers++;
	return k;
}

static const char *
member_state(enum fault fault, enum verdict v)
{
	if (v == VERDICT_PENDING)
		return "pending";
	if (fault == FAULT_QUALITY)
		return v == VERDICT_ROOT ? "degraded" : "affected";
	return v == VERDICT_ROOT ? "down" : "unreachable";
}

static int64_t
member_since(const struct core *c, const struct link_live *l, enum fault fault)
{
	int64_t since_ns = 0;
	size_t	k;

	if (fault == FAULT_REACH)
		return l->rounds.since_ns;
	for (k = 0; k < c->set.nrules; k++)
		if (l->rule[k].raised && l->rule[k].since_ns > since_ns)
			since_ns = l->rule[k].since_ns;
	return since_ns;
}

void
incident_join(struct core *c, struct incident *i, struct link_live *l, enum verdict v)
{
	enum fault     fault = (enum fault)i->fault;
	struct alert  *a = link_alert(l, fault);
	struct member *m;

	if (a->incident != i) {
		incident_leave(c, l, fault);
		a->member = member_place(i, l);
		a->incident = i;
	}
	a->verdict = (uint8_t)v;
	m = &i->member[a->member];
	text_copy(m->state, sizeof(m->state), member_state(fault, v));
	m->since_ns = member_since(c, l, fault);
	m->until_ns = 0;
	m->unsaved = i->unsaved = i->unpublished = true;
	core_dirty(c, l->site);
}

void
incident_leave(struct core *c, struct link_live *l, enum fault fault)
{
	struct alert	*a = link_alert(l, fault);
	struct incident *i = a->incident;

	if (i != NULL) {
		i->member[a->member].until_ns = loop_wall_ns(c->loop);
		i->member[a->member].unsaved = i->unsaved = i->unpublished = true;
		i->nleft++;
	}
	*a = (struct alert){ .verdict = VERDICT_NONE };
	core_dirty(c, l->site);
}

void
incident_settle(struct core *c, struct link_live *l, enum fault fault, int64_t settle_ns)
{
	struct alert *a = link_alert(l, fault);

	incident_leave(c, l, fault);
	a->verdict = VERDICT_SETTLE;
	a->settle_ns = loop_mono_ns(c->loop) + settle_ns;
	link_list_add(&c->marks.settling, l);
	core_wake_at(c, a->settle_ns);
}

void
incident_hand_over(struct core *c, struct incident *from, struct incident *to)
{
	size_t k;

	for (k = 0; k < from->nmembers; k++) {
		struct link_live *l = from->member[k].link;
		struct alert	 *a = l != NULL ? link_alert(l, (enum fault)from->fault) : NULL;

		if (a != NULL && a->incident == from && a->verdict == VERDICT_MEMBER)
			incident_join(c, to, l, VERDICT_MEMBER);
	}
}

void
incident_fact(struct incident *i, int64_t wall_ns, const char *fmt, ...)
{
	char	t[TIME_TEXT_MAX], fact[256];
	va_list ap;

	if (json_array_size(i->evidence) >= FACTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(fact, sizeof(fact), fmt, ap);
	va_end(ap);
	json_array_append_new(i->evidence,
	    json_pack("{s:s, s:o}", "t", text_utc(t, sizeof(t), wall_ns), "fact", document_string(fact)));
	i->unsaved = i->unpublished = true;
}

void
incident_evidence_recall(struct incident *i, const char *text)
{
	json_decref(i->evidence);
	i->evidence = text != NULL ? json_loads(text, 0, NULL) : NULL;
	if (!json_is_array(i->evidence)) {
		json_decref(i->evidence);
		i->evidence = json_array();
	}
}

void
incident_review_at(struct core *c, struct incident *i, int64_t mono_ns)
{
	if (i->review_ns == 0 || mono_ns < i->review_ns)
		i->review_ns = mono_ns;
	core_wake_at(c, i->review_ns);
}
