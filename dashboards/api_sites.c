/* SPDX-License-Identifier: GPL-3.0-or-later */
/* api_sites.c: summary, sites, links, services: from the mirror; the reasons of one come from the engine itself. */
#include <math.h>
#include <string.h>

#include "ctl/js.h"
#include "dashboards/web.h"

#define LIST_LIMIT    100
#define LIST_MAX      500
#define SITE_INCIDENTS 20

/* ---- shapes ---- */

static json_t *
age_of(const struct visit *v, int64_t wall_ns)
{
	double age = (double)(loop_wall_ns(v->web->loop) - wall_ns) / 1e9;

	return wall_ns == 0 ? json_null() : json_real(age > 0 ? round(age * 10) / 10 : 0);
}

json_t *
link_view(const struct visit *v, const struct city_link *l)
{
	json_t *copy = json_copy(l->v);

	json_object_set_new(copy, "age_s", age_of(v, l->last_ns));
	json_object_set_new(copy, "proven_age_s", age_of(v, l->proven_ns));
	scope_object(v->session, mirror_city(v->web->mirror), copy);
	return copy;
}

json_t *
site_view(const struct visit *v, const struct city_site *s)
{
	json_t *copy = json_copy(s->v);

	json_object_set_new(copy, "age_s", age_of(v, s->last_ns));
	scope_object(v->session, mirror_city(v->web->mirror), copy);
	return copy;
}

static json_t *
service_view(const struct visit *v, const struct city_service *s)
{
	json_t *copy = json_copy(s->v);

	json_object_set_new(copy, "age_s", age_of(v, s->last_ns));
	scope_object(v->session, mirror_city(v->web->mirror), copy);
	return copy;
}

/* ---- summary ---- */

static json_t *
engine_view(const struct visit *v, const struct city *c)
{
	int64_t heard = mirror_heard_ns(v->web->mirror);

	return json_pack("{s:o, s:o, s:b, s:o, s:o}", "version", js_name(c->version), "up_since",
	    js_name(c->up_since), "connected", mirror_is_connected(v->web->mirror), "last", js_time(heard),
	    "age_s", age_of(v, heard));
}

static json_t *
counts_view(const struct visit *v, const struct city *c, size_t *sites)
{
	unsigned n[CITY_CODES] = { 0 };
	json_t	*counts = json_object();
	size_t	 i, k;

	*sites = 0;
	for (i = 0; i < c->nsites; i++) {
		if (!sees_site(v->session, c->site[i]->id))
			continue;
		(*sites)++;
		for (k = 0; k < CITY_CODES; k++)
			n[k] += strcmp(c->site[i]->state, city_codes[k]) == 0;
	}
	for (k = 0; k < CITY_CODES; k++)
		json_object_set_new(counts, city_codes[k], json_integer(n[k]));
	return counts;
}

void
api_summary(struct visit *v)
{
	const struct city *c = mirror_city(v->web->mirror);
	json_int_t	   links = 0, open = 0, unacked = 0;
	json_t		  *counts;
	size_t		   i, sites;

	counts = counts_view(v, c, &sites);
	for (i = 0; i < c->nlinks; i++)
		links += c->link[i]->site != NULL && sees_site(v->session, c->link[i]->site->id);
	for (i = 0; i < c->nincidents; i++) {
		const struct city_incident *n = c->incident[i];

		if (!n->open || !sees_incident(v->session, c, n->id, n->site))
			continue;
		open++;
		unacked += json_is_null(json_object_get(n->v, "acked"));
	}
	visit_answer(v, 200, json_pack("{s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "seq",
	    (json_int_t)c->seq, "ns", js_name(c->ns), "now", js_time(loop_wall_ns(v->web->loop)), "counts",
	    counts, "sites", (json_int_t)sites, "links", links, "unacked", unacked, "incidents", open,
	    "engine", engine_view(v, c)));
}

/* ---- lists ---- */

/* What the query asks for; NULL: all. */
struct filter {
	const char *state, *district, *provider, *kind, *owner, *q, *site, *cursor;
	int64_t	    limit;
};

static bool
is_code(const char *state)
{
	size_t i;

	for (i = 0; i < CITY_CODES && strcmp(city_codes[i], state) != 0; i++)
		;
	return i < CITY_CODES;
}

/* An empty parameter is as good as none. */
static const char *
text_param(const struct visit *v, const char *name)
{
	const char *text = query_text(&v->query, name);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* 0, or -1 after answering. */
static int
filter_read(struct visit *v, struct filter *f)
{
	*f = (struct filter){ .limit = LIST_LIMIT, .state = text_param(v, "state"), .district =
	    text_param(v, "district"), .provider = text_param(v, "provider"), .kind = text_param(v, "kind"),
	    .owner = text_param(v, "owner"),
	    .q = text_param(v, "q"), .site = text_param(v, "site"), .cursor = text_param(v, "cursor") };
	if (query_int(&v->query, "limit", 1, LIST_MAX, &f->limit) == -1)
		problem_param(v, "limit", "It must be a whole number from 1 to 500.");
	else if (f->state != NULL && !is_code(f->state))
		problem_param(v, "state", "It must be a code such as ok, warn or down.");
	else
		return 0;
	return -1;
}

static bool
is(const char *wanted, const char *got)
{
	return wanted == NULL || strcmp(wanted, got) == 0;
}

static bool
has_provider(const struct city_site *s, const char *provider)
{
	size_t i;

	for (i = 0; provider != NULL && i < s->nlinks; i++)
		if (strcmp(s->link[i]->provider, provider) == 0)
			return true;
	return provider == NULL;
}

static bool
site_fits(const struct visit *v, const struct filter *f, const struct city_site *s)
{
	return sees_site(v->session, s->id) && is(f->state, s->state) && is(f->district, s->district) &&
	    is(f->kind, s->kind) && has_provider(s, f->provider) &&
	    (f->q == NULL || city_site_matches(s, f->q, sees_all(v->session)));
}

static bool
link_fits(const struct visit *v, const struct filter *f, const struct city_link *l)
{
	return l->site != NULL && sees_site(v->session, l->site->id) && is(f->state, l->state) &&
	       is(f->site, l->site->id) && is(f->district, l->site->district) && is(f->kind, l->site->kind) &&
	       is(f->provider, l->provider) &&
	       (f->q == NULL || city_link_matches(l, f->q, sees_all(v->session)));
}

static bool
service_fits(const struct visit *v, const struct filter *f, const struct city_service *s)
{
	return sees_site(v->session, s->site) && is(f->state, s->state) && is(f->site, s->site) && is(f->kind, s->kind) &&
	    is(f->owner, s->owner) && (f->q == NULL || city_service_matches(s, f->q, sees_all(v->session)));
}

/* An object of a list. */
struct listed {
	const char *id, *site;		/* site: whose it is; NULL: nobody's */
	bool	    fits;
};

/* Only what the visitor sees can be a cursor: the answer must not tell of others. */
static bool
is_cursor(const struct visit *v, const struct filter *f, const struct listed *o)
{
	return strcmp(f->cursor, o->id) == 0 && o->site != NULL && sees_site(v->session, o->site);
}

/* @param found  the cursor was met */
static void
answer_page(struct visit *v, const struct filter *f, json_t *items, size_t total, bool more, bool found)
{
	const json_t *last = json_array_get(items, json_array_size(items) - 1);

	if (f->cursor != NULL && !found) {
		json_decref(items);
		problem_param(v, "cursor", "What it stood for is no more; start again.");
		return;
	}
	visit_answer(v, 200, json_pack("{s:O, s:o, s:I, s:I}", "items", items, "next",
	    more ? json_incref(json_object_get(last, "id")) : json_null(), "total", (json_int_t)total, "seq",
	    (json_int_t)mirror_city(v->web->mirror)->seq));
	json_decref(items);
}

/* One of the lists, object by object in its order. */
struct list {
	size_t	      n;
	struct listed (*at)(const struct visit *v, const struct filter *f, size_t i);
	json_t	     *(*view)(const struct visit *v, size_t i);
};

static void
answer_list(struct visit *v, const struct list *l)
{
	struct filter f;
	struct listed o;
	json_t	     *items;
	bool	      found, more = false;
	size_t	      i, total = 0;

	if (filter_read(v, &f) == -1)
		return;
	items = json_array();
	found = f.cursor == NULL;
	for (i = 0; i < l->n; i++) {
		o = l->at(v, &f, i);
		if (o.fits) {
			total++;
			if (found && json_array_size(items) < (size_t)f.limit)
				json_array_append_new(items, l->view(v, i));
			else
				more = more || found;
		}
		found = found || is_cursor(v, &f, &o);
	}
	answer_page(v, &f, items, total, more, found);
}

static struct listed
site_at(const struct visit *v, const struct filter *f, size_t i)
{
	const struct city_site *s = mirror_city(v->web->mirror)->site[i];

	return (struct listed){ s->id, s->id, site_fits(v, f, s) };
}

static json_t *
site_view_at(const struct visit *v, size_t i)
{
	return site_view(v, mirror_city(v->web->mirror)->site[i]);
}

void
api_sites(struct visit *v)
{
	answer_list(v, &(struct list){ mirror_city(v->web->mirror)->nsites, site_at, site_view_at });
}

static struct listed
link_at(const struct visit *v, const struct filter *f, size_t i)
{
	const struct city_link *l = mirror_city(v->web->mirror)->link[i];

	return (struct listed){ l->id, l->site != NULL ? l->site->id : NULL, link_fits(v, f, l) };
}

static json_t *
link_view_at(const struct visit *v, size_t i)
{
	return link_view(v, mirror_city(v->web->mirror)->link[i]);
}

void
api_links(struct visit *v)
{
	answer_list(v, &(struct list){ mirror_city(v->web->mirror)->nlinks, link_at, link_view_at });
}

static struct listed
service_at(const struct visit *v, const struct filter *f, size_t i)
{
	const struct city_service *s = mirror_city(v->web->mirror)->service[i];

	return (struct listed){ s->id, s->site, service_fits(v, f, s) };
}

static json_t *
service_view_at(const struct visit *v, size_t i)
{
	return service_view(v, mirror_city(v->web->mirror)->service[i]);
}

void
api_services(struct visit *v)
{
	answer_list(v, &(struct list){ mirror_city(v->web->mirror)->nservices, service_at, service_view_at });
}

/* ---- one ---- */

/* The sites it passes through, in the API's shape. */
static json_t *
parents_view(const struct visit *v, const json_t *why)
{
	const json_t *p;
	const char   *object;
	json_t	     *list = json_array();
	size_t	      i;

	json_array_foreach(json_object_get(why, "parents"), i, p) {
		object = json_string_value(json_object_get(p, "object"));
		if (object != NULL && strncmp(object, "site/", 5) == 0)
			json_array_append_new(list, scope_parent(v->session, mirror_city(v->web->mirror),
			    object + 5, p));
	}
	return list;
}

/* Without the engine there are no reasons, but the last known state stays. */
static void
add_reasons(const struct visit *v, json_t *doc, const json_t *why)
{
	json_object_set_new(doc, "evidence", scope_evidence(v->session, mirror_city(v->web->mirror),
	    json_object_get(why, "evidence")));
	json_object_set_new(doc, "parents", parents_view(v, why));
}

static json_t *
incidents_of(const struct visit *v, const struct city *c, const char *site)
{
	json_t *list = json_array();
	size_t	i;

	for (i = 0; i < c->nincidents && json_array_size(list) < SITE_INCIDENTS; i++)
		if (strcmp(c->incident[i]->site, site) == 0 &&
		    sees_incident(v->session, c, c->incident[i]->id, site))
			json_array_append(list, c->incident[i]->v);
	return list;
}

static json_t *
services_of(const struct visit *v, const struct city *c, const char *site)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nservices; i++)
		if (strcmp(c->service[i]->site, site) == 0)
			json_array_append_new(list, service_view(v, c->service[i]));
	return list;
}

static void
site_explained(void *arg, const json_t *why)
{
	struct visit		*v = arg;
	const struct city	*c = mirror_city(v->web->mirror);
	const struct city_site	*s = map_get(c->site_by_id, v->id);
	json_t			*doc, *links;
	size_t			 i;

	if (s == NULL) {		/* a reload came in between */
		problem(v, 404, "not_found", NULL);
		return;
	}
	doc = site_view(v, s);
	links = json_array();
	for (i = 0; i < s->nlinks; i++)
		json_array_append_new(links, link_view(v, s->link[i]));
	json_object_set_new(doc, "links", links);
	json_object_set_new(doc, "services", services_of(v, c, s->id));
	json_object_set_new(doc, "incidents", incidents_of(v, c, s->id));
	add_reasons(v, doc, why);
	visit_answer(v, 200, doc);
}

void
api_site(struct visit *v)
{
	visit_ask(v, json_pack("{s:s, s:s+}", "op", "why", "object", "site/", v->id), site_explained, v);
}

static void
link_explained(void *arg, const json_t *why)
{
	struct visit	       *v = arg;
	const struct city      *c = mirror_city(v->web->mirror);
	const struct city_link *l = map_get(c->link_by_id, v->id);
	json_t		       *doc;

	if (l == NULL) {
		problem(v, 404, "not_found", NULL);
		return;
	}
	doc = link_view(v, l);
	add_reasons(v, doc, why);
	visit_answer(v, 200, doc);
}

void
api_link(struct visit *v)
{
	visit_ask(v, json_pack("{s:s, s:s+}", "op", "why", "object", "link/", v->id), link_explained, v);
}

/* What stood beside its last results. */
static json_t *
facts_view(const json_t *why)
{
	const json_t *f;
	json_t	     *list = json_array();
	size_t	      i;

	json_array_foreach(json_object_get(why, "facts"), i, f)
		json_array_append_new(list, json_pack("{s:O, s:O, s:O}", "name", json_object_get(f, "name"), "value",
		    json_object_get(f, "value"), "text", json_object_get(f, "text")));
	return list;
}

static void
service_explained(void *arg, const json_t *why)
{
	struct visit		  *v = arg;
	const struct city_service *s = map_get(mirror_city(v->web->mirror)->service_by_id, v->id);
	json_t			  *doc, *expect = json_object_get(why, "expect");

	if (s == NULL) {
		problem(v, 404, "not_found", NULL);
		return;
	}
	doc = service_view(v, s);
	if (sees_all(v->session))
		json_object_set_new(doc, "expect", expect != NULL ? json_incref(expect) : json_null());
	json_object_set_new(doc, "facts", facts_view(why));
	add_reasons(v, doc, why);
	visit_answer(v, 200, doc);
}

void
api_service(struct visit *v)
{
	visit_ask(v, json_pack("{s:s, s:s+}", "op", "why", "object", "service/", v->id), service_explained, v);
}
