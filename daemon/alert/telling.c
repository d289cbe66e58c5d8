/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * telling.c: what an incident is called, and the events when it opens, changes and closes.
 *
 * One fault: one incident.opened and one event of its root. When the fault of a site grows (its backup dies
 * too) or shrinks the same incident gets a new root event. The clear goes under the highest severity that the
 * incident has had, so that whoever hears of the worst also hears of its end.
 */
#include "alert/alert.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>


static bool
is_root(const struct incident *i, const struct link_live *l)
{
	const struct alert *a = &l->reach;

	return a->incident == i && a->verdict == VERDICT_ROOT;
}

static const struct link_live *
first_root(const struct incident *i)
{
	size_t k;

	for (k = 0; k < i->site->nlinks; k++)
		if (is_root(i, i->site->link[k]))
			return i->site->link[k];
	return NULL;
}

/*
 * The cause, where it is sure: one line that is dead alone. The city's own fibre, when the site above it
 * answers; a provider's line otherwise. Two lines at once may be power, a digger or a router: unknown.
 */
static enum cause
cause_of(const struct incident *i)
{
	const struct link_live *l = first_root(i);
	const char	       *provider = l != NULL ? l->link->provider : "";

	if (incident_count(i, VERDICT_ROOT) != 1 || *provider == '\0' || strcmp(provider, "other") == 0)
		return CAUSE_UNKNOWN;
	if (strcmp(provider, "own") == 0)
		return l->parent != NULL && !site_is_failing(l->parent) ? CAUSE_OWN_FIBRE : CAUSE_UNKNOWN;
	return CAUSE_PROVIDER_LINE;
}

/* Everybody who is in it is shown differently from now on. */
static void
dirty_members(struct core *c, const struct incident *i)
{
	size_t k;

	core_dirty(c, i->site);
	for (k = 0; k < i->nmembers; k++)
		if (member_site(&i->member[k]) != NULL)
			core_dirty(c, member_site(&i->member[k]));
}

static void
raise_severity(struct incident *i, enum severity severity)
{
	if (severity > severity_of(i->row.severity))
		text_copy(i->row.severity, sizeof(i->row.severity), severity_names[severity]);
}

/* The root event, and what became of the incident. */
static void
tell(struct core *c, struct incident *i, enum severity severity)
{
	bool	    opens = i->row.status == INCIDENT_PENDING;
	const char *kind;

	raise_severity(i, severity);
	if (opens) {
		i->row.status = INCIDENT_OPEN;
		i->row.opened_ns = loop_wall_ns(c->loop);
	}
	i->unsaved = i->unpublished = true;
	i->publish_ns = 0;
	dirty_members(c, i);
	event_raise(c, i->row.kind, severity, i->row.root, i, document_fault(c, i));
	kind = opens ? "incident.opened" : "incident.updated";
	event_raise(c, kind, severity, i->row.root, i, document_fault(c, i));
}

void
telling_update(struct core *c, struct incident *i, bool grown)
{
	bool		  is_node = site_is_node(i->site);
	struct site_line *line = shown_lines(i->site);
	enum reach_fault  fault = reach_fault_judge(line, i->site->nlinks, is_node);
	enum severity	  severity = severity_of_reach(fault, i->site->site->class, is_node);
	const struct link_live *l = first_root(i);
	const struct live *root;

	free(line);
	if (fault == REACH_NONE)
		return;
	text_copy(i->row.cause, sizeof(i->row.cause), cause_names[cause_of(i)]);
	if (i->row.status == INCIDENT_OPEN && fault == i->reach) {
		if (grown)
			event_raise(c, "incident.updated", severity, i->row.root, i, document_fault(c, i));
		return;
	}
	/*
	 * It may have become worse by what is told elsewhere: the line that went last is in another incident.
	 */
	if (i->row.status == INCIDENT_OPEN && !grown && fault > i->reach)
		return;
	i->reach = (uint8_t)fault;
	text_copy(i->row.kind, sizeof(i->row.kind), reach_fault_kinds[fault]);
	root = fault == REACH_LINE_DOWN && l != NULL ? &l->live : &i->site->live;
	text_copy(i->row.root, sizeof(i->row.root), root->ref);
	tell(c, i, severity);
}

void
telling_quality(struct core *c, struct incident *i, enum severity severity)
{
	text_copy(i->row.kind, sizeof(i->row.kind), "link.degraded");
	tell(c, i, severity);
}

void
telling_service(struct core *c, struct incident *i, enum severity severity)
{
	text_copy(i->row.kind, sizeof(i->row.kind), i->fault == FAULT_SERVICE ? "service.down" : "service.degraded");
	tell(c, i, severity);
}

void
telling_ack(struct core *c, struct incident *i, const char *user, const char *note, int64_t until_ns)
{
	struct json_t *data;

	text_copy(i->row.ack_user, sizeof(i->row.ack_user), user);
	text_copy(i->row.ack_note, sizeof(i->row.ack_note), note);
	i->row.ack_ns = loop_wall_ns(c->loop);
	i->row.ack_until_ns = until_ns;
	i->unsaved = i->unpublished = true;
	i->publish_ns = 0;
	data = document_fault(c, i);
	json_object_set_new(data, "ack", document_ack(&i->row));
	event_raise(c, "incident.acked", severity_of(i->row.severity), i->row.root, i, data);
}

void
telling_ack_undo(struct core *c, struct incident *i, const struct ledger_incident *was)
{
	memcpy(i->row.ack_user, was->ack_user, sizeof(i->row.ack_user));
	memcpy(i->row.ack_note, was->ack_note, sizeof(i->row.ack_note));
	i->row.ack_ns = was->ack_ns;
	i->row.ack_until_ns = was->ack_until_ns;
	i->row.version = was->version;
	event_undo(c, "incident.acked", i);
}

static const char *
clear_kind(const struct incident *i)
{
	if (i->fault == FAULT_QUALITY)
		return "link.restored";
	if (incident_is_of_service(i))
		return i->fault == FAULT_SERVICE ? "service.up" : "service.restored";
	return i->reach == REACH_LINE_DOWN ? "link.up" : "site.restored";
}

/*
 * Root lines are free again; who was explained by them has time to follow. If the site above only seemed dead
 * for a moment, that is a short time: a line that is dead by itself must not wait for it.
 */
static void
release_members(struct core *c, struct incident *i)
{
	int64_t	   settle_ns = i->row.status == INCIDENT_PENDING ? c->set.group_window_ns : c->set.settle_ns;
	enum fault fault = (enum fault)i->fault;
	size_t	   k;

	for (k = 0; k < i->nmembers; k++) {
		struct link_live *l = i->member[k].link;
		struct alert	 *a = l != NULL ? link_alert(l, fault) : NULL;

		if (i->member[k].service != NULL)
			service_release(c, i, i->member[k].service, settle_ns);
		if (a == NULL || a->incident != i)
			continue;
		if (a->verdict != VERDICT_MEMBER)
			incident_leave(c, l, fault);
		else if (fault == FAULT_QUALITY)
			incident_settle(c, l, fault, quality_settle_ns(c));
		else {
			incident_settle(c, l, fault, settle_ns);
			link_list_add(&c->marks.burst, l);
		}
	}
}

void
telling_close(struct core *c, struct incident *i, bool withdrawn)
{
	enum severity severity = severity_of(i->row.severity);

	release_members(c, i);
	if (i->site->incident == i)
		i->site->incident = NULL;
	i->review_ns = 0;
	i->to_probe = false;
	i->unsaved = i->unpublished = true;
	i->publish_ns = 0;
	core_wake(c);
	if (i->row.status == INCIDENT_PENDING) {
		i->removed = true;
		return;
	}
	i->row.status = INCIDENT_CLOSED;
	i->row.closed_ns = loop_wall_ns(c->loop);
	if (!withdrawn)
		event_raise(c, clear_kind(i), severity, i->row.root, i, document_fault(c, i));
	event_raise(c, "incident.closed", severity, i->row.root, i, document_fault(c, i));
}
