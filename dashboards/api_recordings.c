/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api_recordings.c: what the flight recorder has written of lines: a list, and one packet by packet. The
 * engine has them all; a visitor gets those of lines that it may see. Routers on the way are nobody's office:
 * an opd is told none of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/js.h"
#include "dashboards/shape.h"
#include "dashboards/web.h"

#define LIST_LIMIT 100
#define LIST_MAX   500

static bool
is_seen(const struct visit *v, const struct city *c, const json_t *item)
{
	char	    ref[ID_MAX + 8];
	const char *site;

	snprintf(ref, sizeof(ref), "link/%.*s", ID_MAX - 1, shape_text(item, "link"));
	site = city_site_of(c, ref);
	return sees_all(v->session) || (site != NULL && sees_site(v->session, site));
}

static json_t *
view(const json_t *item, const char *id)
{
	static const char *const members[] = {
	    "link", "site", "incident", "reason", "end", "started", "ended", "sent", "lost", "gap"};
	json_t			*v = json_object();
	size_t			 i;

	shape_copy(v, "id", item, id);
	for (i = 0; i < nitems(members); i++)
		shape_copy(v, members[i], item, members[i]);
	return v;
}

/* ---- the list ---- */

static void
list_came(void *arg, const json_t *answer)
{
	struct visit	  *v = arg;
	const struct city *c = mirror_city(v->web->mirror);
	json_t		  *items, *item;
	size_t		   i;

	if (!json_is_true(json_object_get(answer, "ok"))) {
		problem_of_engine(v, answer);
		return;
	}
	items = json_array();
	json_array_foreach(json_object_get(answer, "items"), i, item)
		if (is_seen(v, c, item))
			json_array_append_new(items, view(item, "id"));
	visit_answer(
	    v, 200, json_pack("{s:o, s:O?}", "items", items, "next", json_object_get(answer, "next")));
}

/*
 * Of a line or an incident that the visitor may not see there is nothing. @return whether it was answered so
 */
static bool
nothing_to_see(struct visit *v, const char *link)
{
	const struct city_link *l =
	    link != NULL ? map_get(mirror_city(v->web->mirror)->link_by_id, link) : NULL;

	if (link == NULL ||
	    (l != NULL && (sees_all(v->session) || (l->site != NULL && sees_site(v->session, l->site->id)))))
		return false;
	visit_answer(v, 200, json_pack("{s:[], s:n}", "items", "next"));
	return true;
}

void
api_recordings(struct visit *v)
{
	static const char *const texts[] = { "link", "incident", "cursor" };
	int64_t			 limit = LIST_LIMIT;
	json_t			*request;
	size_t			 i;
	const char		*text;

	if (query_int(&v->query, "limit", 1, LIST_MAX, &limit) == -1) {
		problem_param(v, "limit", "It must be a whole number from 1 to 500.");
		return;
	}
	text = query_text(&v->query, "link");
	if (nothing_to_see(v, text != NULL && *text != '\0' ? text : NULL))
		return;
	request = json_pack("{s:s, s:I}", "op", "recordings", "limit", (json_int_t)limit);
	for (i = 0; i < nitems(texts); i++) {
		text = query_text(&v->query, texts[i]);
		if (text == NULL || *text == '\0')
			continue;
		if (strlen(text) > (i == 0 ? ID_MAX - 1 : 40) || (i == 1 && strncmp(text, "inc-", 4) != 0) ||
		    (i == 2 && strncmp(text, "rec-", 4) != 0)) {
			json_decref(request);
			problem_param(v, texts[i], "It is the id of none.");
			return;
		}
		json_object_set_new(request, texts[i], js_text(text));
	}
	visit_ask(v, request, list_came, v);
}

/* ---- one ---- */

static void
one_came(void *arg, const json_t *answer)
{
	static const char *const packets[] = { "at_ms", "rtt_us", "fate" };
	static const char *const ways[] = { "before", "traces", "changed", "mtu" };
	struct visit		*v = arg;
	json_t			*doc;
	size_t			 i;

	if (!json_is_true(json_object_get(answer, "ok"))) {
		problem_of_engine(v, answer);
		return;
	}
	if (!is_seen(v, mirror_city(v->web->mirror), answer)) {
		problem(v, 404, "not_found", NULL);
		return;
	}
	doc = view(answer, "recording");
	for (i = 0; i < nitems(packets); i++)
		shape_copy(doc, packets[i], answer, packets[i]);
	for (i = 0; i < nitems(ways); i++)
		shape_copy(doc, ways[i], answer, ways[i]);
	if (!sees_all(v->session)) {
		json_object_set_new(doc, "before", json_null());
		json_object_set_new(doc, "traces", json_array());
		json_object_set_new(doc, "changed", json_null());
		if (json_is_object(json_object_get(doc, "mtu"))) {
			json_object_set_new(doc, "mtu", json_copy(json_object_get(doc, "mtu")));
			json_object_set_new(json_object_get(doc, "mtu"), "by", json_null());
		}
	}
	visit_answer(v, 200, doc);
}

void
api_recording(struct visit *v)
{
	visit_ask(v, json_pack("{s:s, s:s%}", "op", "recording", "recording", v->id, strnlen(v->id, 40)),
	    one_came, v);
}
