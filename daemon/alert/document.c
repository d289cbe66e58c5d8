/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * document.c: what subscribers read: CloudEvents 1.0 in structured JSON mode.
 *
 * Every document stands for itself: names, roles and contract beside the ids, so that a reader needs no
 * second source. Times are RFC 3339 in UTC. Lists of members and of sites are cut, so that a document fits
 * into one frame; their full number stands beside them.
 */
#include "alert/alert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/log.h"

#define ERRORS_KEPT   100
#define MEMBERS_SHOWN 150
#define SITES_SHOWN   150
#define SERVICES_SHOWN 100
#define SITES_BYTES   20000	/* ... and no more than this of them: names may be long, a frame is not */

struct json_t *
document_string(const char *s)
{
	json_t *j = json_string(s);
	char	visible[1024];

	return j != NULL ? j : json_string(text_visible(visible, sizeof(visible), s, strlen(s)));
}

static json_t *
text_or_null(const char *s)
{
	return *s != '\0' ? document_string(s) : json_null();
}

static json_t *
number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *
time_or_null(int64_t wall_ns)
{
	char t[TIME_TEXT_MAX];

	return wall_ns != 0 ? json_string(text_utc(t, sizeof(t), wall_ns)) : json_null();
}

static json_t *
incident_or_null(const struct incident *i)
{
	char name[24];

	return i != NULL && i->row.id != 0 ? json_string(incident_name(i, name)) : json_null();
}

/* ---- states ---- */

/* While it answers, each round proves it, and a document per round would say nothing new. */
static json_t *
proven_or_null(const struct link_live *l)
{
	return l->state == LINK_UP || l->state == LINK_DEGRADED ? json_null() : time_or_null(l->proven_ns);
}

struct json_t *
document_link(const struct link_live *l)
{
	const struct link *k = l->link;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:s, s:s, s:o, s:o, s:o,"
	    " s:{s:s, s:o, s:o, s:o}, s:o}",
	    "id", k->id,
	    "state", link_state_names[l->state],
	    "code", link_state_code(l->state),
	    "since", time_or_null(l->live.since_ns),
	    "proven", proven_or_null(l),
	    "site", k->site_id,
	    "name", document_string(l->site->site->name),
	    "role", link_role_names[k->role],
	    "life", life_names[k->life],
	    "provider", document_string(k->provider),
	    "product", text_or_null(k->product),
	    "parent", text_or_null(k->parent_id),
	    "contract",
		"kind", link_kind_names[k->kind],
		"down_mbps", number_or_null(k->down_bps / 1e6),
		"up_mbps", number_or_null(k->up_bps / 1e6),
		"sla_pct", number_or_null(k->sla_pct),
	    "incident", incident_or_null(link_incident(l)));
}

struct json_t *
document_service(const struct service_live *s)
{
	const struct service	  *v = s->service;
	const struct service_fact *cert = service_fact(s, "cert_days");
	const char *why = s->why[0] != '\0' ? s->why : s->rounds.say == ROUNDS_DOWN ? s->reason : s->worry_why;

	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o}",
	    "id", v->id,
	    "state", service_state_names[s->state],
	    "code", service_state_code(s->state),
	    "since", time_or_null(s->live.since_ns),
	    "site", v->site_id,
	    "site_name", document_string(s->site->site->name),
	    "kind", v->kind,
	    "class", site_class_names[v->class],
	    "life", life_names[v->life],
	    "owner", text_or_null(v->owner),
	    "reason", text_or_null(why),
	    "cert_days", cert != NULL && isfinite(cert->value) ? json_integer((json_int_t)floor(cert->value)) :
		json_null(),
	    "incident", incident_or_null(service_incident(s)));
}

static json_t *
lines_of(const struct site_live *s)
{
	json_t *lines = json_array();
	size_t	k;

	for (k = 0; k < s->nlinks; k++) {
		const struct link_live *l = s->link[k];

		json_array_append_new(lines, json_pack("{s:s, s:s, s:o, s:s, s:s, s:o}",
		    "id", l->link->id,
		    "role", link_role_names[l->link->role],
		    "provider", document_string(l->link->provider),
		    "state", link_state_names[l->state],
		    "code", link_state_code(l->state),
		    "proven", proven_or_null(l)));
	}
	return lines;
}

static json_t *
services_of(const struct site_live *s)
{
	json_t *list = json_array();
	size_t	k;

	for (k = 0; k < s->nservices && k < SERVICES_SHOWN; k++) {
		const struct service_live *v = s->service[k];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}",
		    "id", v->service->id,
		    "kind", v->service->kind,
		    "state", service_state_names[v->state],
		    "code", service_state_code(v->state)));
	}
	return list;
}

struct json_t *
document_site(const struct site_live *s)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:o}",
	    "id", s->site->id,
	    "state", site_state_names[s->state],
	    "code", site_state_code(s->state),
	    "since", time_or_null(s->live.since_ns),
	    "name", document_string(s->site->name),
	    "kind", document_string(s->site->kind),
	    "district", text_or_null(s->site->district),
	    "class", site_class_names[s->site->class],
	    "owner", text_or_null(s->site->owner),
	    "life", life_names[s->site->life],
	    "lines", lines_of(s),
	    "services", services_of(s),
	    "incident", incident_or_null(site_incident(s)));
}

struct json_t *
document_office(const struct site_live *s)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
	    "id", s->site->id,
	    "state", site_state_names[s->state],
	    "code", site_state_code(s->state),
	    "since", time_or_null(s->live.since_ns),
	    "name", document_string(s->site->name),
	    "lines", lines_of(s),
	    "services", services_of(s),
	    "incident", incident_or_null(site_incident(s)));
}

/* ---- incidents ---- */

static json_t *
members_of(const struct incident *i, size_t *total)
{
	json_t *list = json_array();
	size_t	k;

	*total = 0;
	for (k = 0; k < i->nmembers; k++) {
		const struct member *m = &i->member[k];

		if (!member_is_told(m) || (*total)++ >= MEMBERS_SHOWN)
			continue;
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}",
		    "object", m->ref,
		    "state", m->state,
		    "since", time_or_null(m->since_ns),
		    "until", time_or_null(m->until_ns)));
	}
	return list;
}

struct site_list {
	json_t *array;
	size_t	bytes, total;
};

static void
site_append(struct site_list *list, struct site_live *s, uint32_t stamp)
{
	json_t *one;
	char   *text;

	if (s->stamp == stamp)
		return;
	s->stamp = stamp;
	if (list->total++ >= SITES_SHOWN || list->bytes > SITES_BYTES)
		return;
	one = json_pack("{s:s, s:o}", "id", s->site->id, "name", document_string(s->site->name));
	text = document_text(one);
	list->bytes += strlen(text);
	free(text);
	json_array_append_new(list->array, one);
}

/* The sites whose lines are in it, each once, the root's own first; *total counts them all. */
static json_t *
sites_of(struct core *c, const struct incident *i, size_t *total)
{
	struct site_list list = { .array = json_array() };
	uint32_t	 stamp = ++c->stamp;
	size_t		 k;

	site_append(&list, i->site, stamp);
	for (k = 0; k < i->nmembers; k++)
		if (member_site(&i->member[k]) != NULL && member_is_told(&i->member[k]))
			site_append(&list, member_site(&i->member[k]), stamp);
	*total = list.total;
	return list.array;
}

struct json_t *
document_ack(const struct ledger_incident *row)
{
	if (row->ack_ns == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}",
	    "user", document_string(row->ack_user),
	    "note", document_string(row->ack_note),
	    "at", time_or_null(row->ack_ns),
	    "until", time_or_null(row->ack_until_ns));
}

struct json_t *
document_incident(struct core *c, const struct incident *i)
{
	const struct ledger_incident *row = &i->row;
	size_t	members_total, sites_total;
	json_t *members = members_of(i, &members_total), *sites = sites_of(c, i, &sites_total);

	return json_pack("{s:o, s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:O, s:o, s:I, s:o, s:I}",
	    "id", incident_or_null(i),
	    "state", row->status == INCIDENT_CLOSED ? "closed" : "open",
	    "version", (json_int_t)row->version,
	    "kind", row->kind,
	    "root", row->root,
	    "severity", row->severity,
	    "cause", row->cause,
	    "opened", time_or_null(row->opened_ns),
	    "closed", time_or_null(row->closed_ns),
	    "ack", document_ack(row),
	    "evidence", i->evidence,
	    "members", members,
	    "members_total", (json_int_t)members_total,
	    "sites", sites,
	    "sites_total", (json_int_t)sites_total);
}

struct json_t *
document_office_incident(const struct site_live *s, const struct incident *i)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b}",
	    "id", incident_or_null(i),
	    "state", i->row.status == INCIDENT_CLOSED ? "closed" : "open",
	    "site", s->site->id,
	    "kind", i->row.kind,
	    "severity", i->row.severity,
	    "cause", i->row.cause,
	    "opened", time_or_null(i->row.opened_ns),
	    "closed", time_or_null(i->row.closed_ns),
	    "own", i->site == s);
}

/* ---- events ---- */

static bool
is_root(const struct member *m)
{
	return strcmp(m->state, "down") == 0 || strcmp(m->state, "degraded") == 0;
}

/* When the fault began, as measured: the last of its root lines to fail made it what it is. */
static int64_t
fault_since(const struct incident *i)
{
	int64_t since_ns = 0;
	size_t	k;

	for (k = 0; k < i->nmembers; k++)
		if (is_root(&i->member[k]) && i->member[k].since_ns > since_ns)
			since_ns = i->member[k].since_ns;
	return since_ns;
}

struct json_t *
document_fault(struct core *c, const struct incident *i)
{
	const struct site *s = i->site->site;
	const struct link_live *l = NULL;
	size_t	sites_total, k;
	json_t *sites = sites_of(c, i, &sites_total), *data;

	data = json_pack("{s:s, s:s, s:{s:s, s:o, s:o, s:s}, s:o, s:o, s:s, s:o, s:o, s:I}",
	    "kind", i->row.kind,
	    "object", i->row.root,
	    "site",
		"id", s->id,
		"name", document_string(s->name),
		"district", text_or_null(s->district),
		"class", site_class_names[s->class],
	    "since", time_or_null(fault_since(i)),
	    "closed", time_or_null(i->row.closed_ns),
	    "cause", i->row.cause,
	    "evidence", json_copy(i->evidence),	/* as it is now */
	    "sites", sites,
	    "sites_total", (json_int_t)sites_total);
	for (k = 0; k < i->site->nlinks && l == NULL; k++)
		if (strcmp(i->site->link[k]->live.ref, i->row.root) == 0)
			l = i->site->link[k];
	if (l != NULL)
		json_object_set_new(data, "link", json_pack("{s:s, s:s, s:o}", "id", l->link->id, "role",
		    link_role_names[l->link->role], "provider", document_string(l->link->provider)));
	if (i->service != NULL)
		json_object_set_new(data, "service", json_pack("{s:s, s:s, s:o}", "id", i->service->service->id, "kind",
		    i->service->service->kind, "owner", text_or_null(i->service->service->owner)));
	return data;
}

struct json_t *
document_orphan(const struct ledger_incident *row)
{
	return json_pack("{s:s, s:s, s:o}",
	    "kind", row->kind,
	    "object", row->root,
	    "incident", json_sprintf("inc-%llu", (unsigned long long)row->id));
}

/* ---- of the engine itself ---- */

struct json_t *
document_note(const char *key, const char *text)
{
	return json_pack("{s:o}", key, document_string(text));
}

struct json_t *
document_loaded(const struct inventory *inv)
{
	return json_pack("{s:I, s:I, s:I}",
	    "sites", (json_int_t)inv->nsites,
	    "links", (json_int_t)inv->nlinks,
	    "devices", (json_int_t)inv->ndevices);
}

struct json_t *
document_rejected(const char *error, struct json_t *errors)
{
	return json_pack("{s:s, s:O?}", "error", error, "errors", errors);
}

struct json_t *
document_error_add(struct json_t *list, const char *file, uint32_t line, uint32_t column, const char *text)
{
	if (list == NULL)
		list = json_array();
	if (json_array_size(list) < ERRORS_KEPT)
		json_array_append_new(list, json_pack("{s:o, s:I, s:I, s:o}",
		    "file", document_string(file),
		    "line", (json_int_t)line,
		    "column", (json_int_t)column,
		    "text", document_string(text)));
	return list;
}

/* ---- around all of them ---- */

struct json_t *
document_envelope(const struct core *c, const char *id, const char *type, const char *subject,
    int64_t time_ns, struct json_t *data)
{
	char	source[160], t[TIME_TEXT_MAX];
	json_t *doc;

	snprintf(source, sizeof(source), "/simpul/%s/%s", c->set.ns, c->set.node);
	doc = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
	    "specversion", "1.0",
	    "id", id,
	    "source", source,
	    "type", type,
	    "time", text_utc(t, sizeof(t), time_ns),
	    "datacontenttype", "application/json");
	if (subject != NULL)
		json_object_set_new(doc, "subject", json_string(subject));
	json_object_set_new(doc, "data", data);
	return doc;
}

char *
document_state(const struct core *c, const struct live *v, const char *topic, const char *kind, uint64_t rev,
    struct json_t *data)
{
	char	id[REF_MAX + 48], type[64], *text;
	json_t *doc;

	json_object_set_new(data, "rev", json_integer((json_int_t)rev));
	snprintf(id, sizeof(id), "%s/%llu", topic, (unsigned long long)rev);
	snprintf(type, sizeof(type), "id.simpul.state.%s.v1", kind);
	doc = document_envelope(c, id, type, v->ref, v->since_ns, json_incref(data));
	text = document_text(doc);
	json_decref(doc);
	return text;
}

char *
document_text(const struct json_t *j)
{
	struct buf out = { 0 };

	if (buf_json(&out, j) == -1)
		fatalx("a document cannot be written as JSON");
	buf_u8(&out, '\0');
	return (char *)out.data;
}

void
document_free(struct json_t *j)
{
	json_decref(j);
}
