/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api_incidents.c: incidents: a list, one with its reasons, and the ack. The mirror holds all open ones and
 * the newest of all; older ones are fetched from the engine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/js.h"
#include "ctl/term.h"
#include "dashboards/shape.h"
#include "dashboards/web.h"

#define LIST_LIMIT 100
#define LIST_MAX   500

/* ---- the list ---- */

struct listing {
	struct visit *v;
	const char   *site;		/* NULL: all */
	bool	      open, closed;
	size_t	      limit;
	json_t	     *items;
};

static int
listing_read(struct visit *v, struct listing *l)
{
	const char *state = query_text(&v->query, "state");
	int64_t	    limit = LIST_LIMIT;

	*l = (struct listing){ .v = v, .site = query_text(&v->query, "site"), .open = true };
	if (l->site != NULL && l->site[0] == '\0')
		l->site = NULL;
	if (query_int(&v->query, "limit", 1, LIST_MAX, &limit) == -1) {
		problem_param(v, "limit", "It must be a whole number from 1 to 500.");
		return -1;
	}
	l->limit = (size_t)limit;
	if (state == NULL || strcmp(state, "open") == 0)
		return 0;
	l->closed = true;
	l->open = strcmp(state, "all") == 0;
	if (l->open || strcmp(state, "closed") == 0)
		return 0;
	problem_param(v, "state", "It must be open, closed or all.");
	return -1;
}

/* @return false: the page is full */
static bool
listing_add(struct listing *l, const struct city *c, json_t *view)
{
	const char *id = json_string_value(json_object_get(view, "id")),
	    *site = json_string_value(json_object_get(view, "site"));
	bool	open = json_is_null(json_object_get(view, "closed")), room;
	json_t *shown;

	if (!(open ? l->open : l->closed) || !sees_incident(l->v->session, c, id, site != NULL ? site : ""))
		return true;
	/* By the site that is shown: by the real one an opd could try whose fault it suffers from. */
	shown = scope_incident(l->v->session, c, view);
	if (l->site != NULL && strcmp(l->site, shape_text(shown, "site")) != 0) {
		json_decref(shown);
		return true;
	}
	room = json_array_size(l->items) < l->limit;
	if (room)
		json_array_append(l->items, shown);
	json_decref(shown);
	return room;
}

/* @param next  taken */
static void
listing_answer(struct listing *l, json_t *next)
{
	visit_answer(l->v, 200, json_pack("{s:o, s:o, s:I}", "items", l->items, "next", next, "seq",
	    (json_int_t)mirror_city(l->v->web->mirror)->seq));
}

static json_t *
last_id(const struct listing *l)
{
	return json_incref(json_object_get(json_array_get(l->items, json_array_size(l->items) - 1), "id"));
}

static void
older_came(void *arg, const json_t *answer)
{
	struct listing	  *l = arg;
	const struct city *c = mirror_city(l->v->web->mirror);
	const json_t	  *item;
	json_t		  *view, *next = json_object_get(answer, "next");
	size_t		   i;
	bool		   room = true;

	if (!json_is_true(json_object_get(answer, "ok"))) {
		json_decref(l->items);
		problem_of_engine(l->v, answer);
		free(l);
		return;
	}
	json_array_foreach(json_object_get(answer, "items"), i, item) {
		if (room && (view = city_incident_view(c, item)) != NULL) {
			room = listing_add(l, c, view);
			json_decref(view);
		}
	}
	listing_answer(l, !room ? last_id(l) : next != NULL ? json_incref(next) : json_null());
	free(l);
}

/* What is older than the mirror's, of which it has the open ones alone. */
static void
fetch_older(struct listing *l, int64_t before)
{
	struct listing *kept = xcalloc(1, sizeof(*kept));

	*kept = *l;
	visit_ask(l->v, json_pack("{s:s, s:s, s:b, s:i, s:o}", "op", "list", "kind", "incident", "closed", 1,
	    "limit", LIST_MAX, "cursor", json_sprintf("inc-%" PRId64, before)), older_came, kept);
}

void
api_incidents(struct visit *v)
{
	const struct city *c = mirror_city(v->web->mirror);
	const char	  *cursor = query_text(&v->query, "cursor");
	struct listing	   l;
	int64_t		   before = INT64_MAX, whole_from;
	size_t		   i;
	bool		   room = true;

	if (listing_read(v, &l) == -1)
		return;
	if (cursor != NULL && cursor[0] != '\0' && (strncmp(cursor, "inc-", 4) != 0 ||
	    text_to_i64(cursor + 4, 1, INT64_MAX, &before) == -1)) {
		problem_param(v, "cursor", "It must be the id of an incident.");
		return;
	}
	l.items = json_array();
	whole_from = l.closed ? c->whole_from : 0;
	for (i = 0; i < c->nincidents && room; i++)
		if (c->incident[i]->number < before && c->incident[i]->number >= whole_from)
			room = listing_add(&l, c, c->incident[i]->v);
	if (!room)
		listing_answer(&l, last_id(&l));
	else if (whole_from <= 1)
		listing_answer(&l, json_null());
	else
		fetch_older(&l, before < whole_from ? before : whole_from);
}

/* ---- one ---- */

/* Members that the visitor may see, with their names. */
static json_t *
members_view(const struct visit *v, const struct city *c, const json_t *why)
{
	const struct city_site *s;
	const json_t	       *m;
	const char	       *object, *site;
	json_t		       *list = json_array(), *copy;
	size_t			i;

	json_array_foreach(json_object_get(why, "members"), i, m) {
		object = json_string_value(json_object_get(m, "object"));
		site = object != NULL ? city_site_of(c, object) : NULL;
		if (object == NULL || !sees_site(v->session, site != NULL ? site : ""))
			continue;
		s = site != NULL ? map_get(c->site_by_id, site) : NULL;
		copy = json_deep_copy(m);
		json_object_set_new(copy, "name", s != NULL ? js_text(s->name) : json_null());
		json_array_append_new(list, copy);
	}
	return list;
}

/* One that is over, and may be older than the mirror, says itself which sites have suffered from it. */
static bool
is_told(const struct visit *v, const struct city *c, const json_t *doc, const json_t *members)
{
	return sees_incident(v->session, c, v->id, shape_text(doc, "site")) ||
	    json_array_size(members) > 0;
}

static void
incident_explained(void *arg, const json_t *why)
{
	struct visit	  *v = arg;
	const struct city *c = mirror_city(v->web->mirror);
	json_t		  *doc, *named, *members, *shown;

	if (!json_is_true(json_object_get(why, "ok"))) {
		problem_of_engine(v, why);
		return;
	}
	named = json_copy((json_t *)why);	/* whose "id" is the request's */
	json_object_set_new(named, "id", json_string(v->id));
	doc = city_incident_view(c, named);
	json_decref(named);
	members = members_view(v, c, why);
	if (doc == NULL || !is_told(v, c, doc, members)) {
		json_decref(doc);
		json_decref(members);
		problem(v, 404, "not_found", NULL);
		return;
	}
	shown = scope_incident(v->session, c, doc);
	json_object_set(shown, "members_count", json_object_get(doc, "members"));
	json_object_set_new(shown, "members", members);
	/* The reasons of a fault at a place without a name would name it. */
	json_object_set_new(shown, "evidence", scope_evidence(v->session, c, sees_all(v->session) ||
	    json_is_string(json_object_get(shown, "site")) ? json_object_get(why, "evidence") : NULL));
	json_decref(doc);
	visit_answer(v, 200, shown);
}

void
api_incident(struct visit *v)
{
	visit_ask(v, json_pack("{s:s, s:s}", "op", "why", "object", v->id), incident_explained, v);
}

/* ---- ack ---- */

static void
acked(void *arg, const json_t *answer)
{
	struct visit	  *v = arg;
	const struct city *c = mirror_city(v->web->mirror);
	const char	  *code = json_string_value(json_object_get(answer, "code"));
	json_t		  *view;

	mirror_stir(v->web->mirror);
	if (json_is_true(json_object_get(answer, "ok")) &&
	    (view = city_incident_view(c, json_object_get(answer, "incident"))) != NULL)
		visit_answer(v, 200, view);
	else if (code != NULL && strcmp(code, "conflict") == 0 &&
	    (view = city_incident_view(c, json_object_get(answer, "current"))) != NULL)
		problem_with(v, 409, "conflict", NULL, json_pack("{s:o}", "current", view));
	else
		problem_of_engine(v, answer);
}

void
api_incident_ack(struct visit *v)
{
	static const char *const members[] = { "comment", "until", "version", NULL };
	const char		*comment, *until;
	json_t			*request;
	int64_t			 version, until_ns = 0;

	if (body_only(v, members) == -1 || body_text(v, "comment", 1, 255, &comment) == -1 ||
	    body_text(v, "until", 0, 40, &until) == -1 ||
	    body_int(v, "version", 1, UINT32_MAX, &version) == -1)
		return;
	if (until != NULL && (time_parse(until, &until_ns) == -1 || until_ns <= loop_wall_ns(v->web->loop) ||
	    until_ns / NS_PER_S > UINT32_MAX)) {
		problem_param(v, "until", "It must be a time to come, as in RFC 3339.");
		return;
	}
	request = json_pack("{s:s, s:s, s:s, s:I}", "op", "ack", "incident", v->id, "note", comment,
	    "version", (json_int_t)version);
	if (until != NULL)
		json_object_set_new(request, "until", json_integer(until_ns / NS_PER_S));
	visit_ask(v, request, acked, v);
}
