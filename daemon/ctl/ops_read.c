/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ops_read.c: list, get, why.
 *
 * A list comes in pages. Its cursor is the id of the last object given, and the next page starts behind that
 * one, so pages neither repeat nor leave out anything while states change, and a reload that removes just
 * that object is told.
 */
#include "ctl/client.h"

#include <stdlib.h>

#include "base/map.h"
#include "ctl/find.h"
#include "ctl/hint.h"
#include "ctl/js.h"
#include "ctl/view.h"

#define LIST_LIMIT 100

static bool
is_trouble(const char *code)
{
	return strcmp(code, "ok") != 0 && strcmp(code, "planned") != 0;
}

static size_t
object_count(const struct inventory *inv, enum object_kind kind)
{
	return kind == OBJECT_SITE ? inv->nsites : kind == OBJECT_LINK ? inv->nlinks :
	    kind == OBJECT_SERVICE ? inv->nservices : inv->ndevices;
}

static json_t *
view_at(const struct core *c, enum object_kind kind, size_t i)
{
	switch (kind) {
	case OBJECT_SITE:
		return view_site(c->site[i]);
	case OBJECT_LINK:
		return view_link(c->link[i]);
	case OBJECT_SERVICE:
		return view_service(c->service[i]);
	default:
		return view_device(c->device[i]);
	}
}

static const char *
id_at(const struct core *c, enum object_kind kind, size_t i)
{
	return kind == OBJECT_SITE ? c->site[i]->site->id : kind == OBJECT_LINK ? c->link[i]->link->id :
	    kind == OBJECT_SERVICE ? c->service[i]->service->id : c->device[i]->device->id;
}

static const char *
code_at(const struct core *c, enum object_kind kind, size_t i)
{
	switch (kind) {
	case OBJECT_SITE:
		return site_state_code(c->site[i]->state);
	case OBJECT_LINK:
		return link_state_code(c->link[i]->state);
	case OBJECT_SERVICE:
		return service_state_code(c->service[i]->state);
	default:
		return device_state_code(c->device[i]->state);
	}
}

/* Where the page behind this object starts. */
static size_t
index_after(const struct object *o)
{
	return 1 + (o->kind == OBJECT_SITE ? o->site->site->index :
	    o->kind == OBJECT_LINK ? o->link->link->index :
	    o->kind == OBJECT_SERVICE ? o->service->service->index : o->device->device->index);
}

static int
first_of_page(const struct core *c, enum object_kind kind, const char *cursor, size_t *first)
{
	char	      ref[REF_MAX + 16];
	struct object o;

	*first = 0;
	if (cursor == NULL)
		return 0;
	snprintf(ref, sizeof(ref), "%s/%s", object_kind_names[kind], cursor);
	if (object_find(c, ref, &o) == -1)
		return -1;
	*first = index_after(&o);
	return 0;
}

/* The cursor behind a full page. */
static const char *
last_id(const json_t *items)
{
	return json_string_value(json_object_get(json_array_get(items, json_array_size(items) - 1), "id"));
}

static void
answer_page(struct client *cl, const struct request *r, json_t *items, const char *next)
{
	client_answer(cl, r->id, json_pack("{s:o, s:o, s:I}", "items", items, "next", js_text(next),
	    "seq", (json_int_t)ledger_event_last(cl->ctl->core->ledger)));
}

/* Is it one of those asked for? */
static bool
is_listed(const struct core *c, const struct request *r, enum object_kind kind, size_t i)
{
	const char *prefix = request_text(r, "prefix");

	if (request_bool(r, "trouble") && !is_trouble(code_at(c, kind, i)))
		return false;
	return prefix == NULL || strncmp(id_at(c, kind, i), prefix, strlen(prefix)) == 0;
}

static void
list_objects(struct client *cl, const struct request *r, enum object_kind kind)
{
	const struct core *c = cl->ctl->core;
	size_t		   limit = (size_t)request_int(r, "limit", LIST_LIMIT), i, n;
	json_t		  *items;

	if (first_of_page(c, kind, request_text(r, "cursor"), &i) == -1) {
		client_refuse(cl, r->id, "conflict", "the %s of the cursor is no more; start again",
		    object_kind_names[kind]);
		return;
	}
	items = json_array();
	n = c->inv != NULL ? object_count(c->inv, kind) : 0;
	for (; i < n && json_array_size(items) < limit; i++)
		if (is_listed(c, r, kind, i))
			json_array_append_new(items, view_at(c, kind, i));
	answer_page(cl, r, items, i < n && json_array_size(items) == limit ? last_id(items) : NULL);
}

struct incident_list {
	const struct core *core;
	json_t		  *items;
};

static void
add_incident(void *arg, const struct ledger_incident *i)
{
	struct incident_list *list = arg;

	json_array_append_new(list->items, view_incident(list->core, i));
}

/* Newest first. Pending ones are in the list, with this status: nobody has been told of them yet. */
static void
list_incidents(struct client *cl, const struct request *r)
{
	struct incident_list list = { .core = cl->ctl->core, .items = json_array() };
	const char	    *cursor = request_text(r, "cursor"), *next = NULL;
	unsigned	     limit = (unsigned)request_int(r, "limit", LIST_LIMIT);
	uint64_t	     before = cursor != NULL ? incident_number(cursor) : 0;

	if (request_text(r, "prefix") != NULL)
		client_refuse(cl, r->id, "bad_request", "incidents have numbers, and no \"prefix\"");
	else if (cursor != NULL && before == 0)
		client_refuse(cl, r->id, "bad_request", "a cursor of incidents reads like inc-1284");
	else if (ledger_incident_each(list.core->ledger, !request_bool(r, "closed"), before, limit,
	    add_incident, &list) == -1)
		client_refuse(cl, r->id, "internal", "the ledger cannot be read; the engine's log says why");
	else {
		if (json_array_size(list.items) == limit)
			next = last_id(list.items);
		answer_page(cl, r, json_incref(list.items), next);
	}
	json_decref(list.items);
}

void
op_list(struct client *cl, const struct request *r, const struct actor *who)
{
	const char *kind = request_text(r, "kind");
	char	    hint[HINT_MAX];
	size_t	    i;

	(void)who;
	for (i = 0; i < OBJECT_KINDS && strcmp(object_kind_names[i], kind) != 0; i++)
		;
	if (i == OBJECT_INCIDENT)
		list_incidents(cl, r);
	else if (i < OBJECT_KINDS)
		list_objects(cl, r, (enum object_kind)i);
	else
		client_refuse(cl, r->id, "bad_request", "\"kind\" must be site, link, device, service or incident%s",
		    did_you_mean(hint, kind, object_kind_names));
}

/* The object of a request as view or with its reasons; NULL when there is none. */
static json_t *
describe(const struct core *c, const char *name, bool reasons)
{
	struct ledger_incident row;
	struct object	       o;
	struct port_live      *p;
	json_t		      *v;
	bool		       cut;

	if ((p = map_get(c->port_by_ref, name)) != NULL) {
		v = view_port(c, p);
		json_object_del(v, "id");
		json_object_set_new(v, "object", json_string(p->ref));
		return v;
	}
	if (object_find(c, name, &o) == -1)
		return NULL;
	switch (o.kind) {
	case OBJECT_SITE:
		v = reasons ? why_site(c, o.site) : view_site(o.site);
		break;
	case OBJECT_LINK:
		v = reasons ? why_link(c, o.link) : view_link(o.link);
		break;
	case OBJECT_SERVICE:
		v = reasons ? why_service(c, o.service) : view_service_whole(o.service);
		break;
	case OBJECT_DEVICE:
		v = reasons ? why_device(c, o.device) : view_device(o.device);
		if (!reasons) {
			json_object_set_new(v, "sensors", view_sensors(c, o.device, &cut));
			json_object_set_new(v, "sensors_cut", json_boolean(cut));
		}
		break;
	default:
		if (ledger_incident_get(c->ledger, o.incident, &row) == -1)
			return NULL;
		v = reasons ? why_incident(c, &row) : view_incident(c, &row);
		ledger_incident_free(&row);
	}
	/* By its reference, since "id" is the request's. */
	json_object_set_new(v, "object", json_sprintf("%s/%s", object_kind_names[o.kind],
	    json_string_value(json_object_get(v, "id"))));
	return v;
}

static void
answer_object(struct client *cl, const struct request *r, bool reasons)
{
	const char *name = request_text(r, "object");
	json_t	   *v = describe(cl->ctl->core, name, reasons);

	if (v != NULL)
		client_answer(cl, r->id, v);
	else
		op_not_found(cl, r, name);
}

void
op_get(struct client *cl, const struct request *r, const struct actor *who)
{
	(void)who;
	answer_object(cl, r, false);
}

void
op_why(struct client *cl, const struct request *r, const struct actor *who)
{
	(void)who;
	answer_object(cl, r, true);
}
