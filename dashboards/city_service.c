/* SPDX-License-Identifier: GPL-3.0-or-later */
/* city_service.c: services of the city, in the shape of the API (city.h). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/js.h"
#include "ctl/term.h"
#include "dashboards/city.h"
#include "dashboards/shape.h"

static const char *
code_of(const json_t *item)
{
	const char *code = shape_text(item, "code");

	for (size_t i = 0; i < CITY_CODES; i++)
		if (strcmp(city_codes[i], code) == 0)
			return city_codes[i];
	return "unknown";
}

static void
set_ms(json_t *v, const char *key, const json_t *item, const char *from)
{
	const json_t *s = json_object_get(item, from);

	json_object_set_new(
	    v, key, json_is_number(s) ? json_real(round(json_number_value(s) * 1e4) / 10) : json_null());
}

static void
set_days(json_t *v, const json_t *item)
{
	const json_t *days = json_object_get(item, "cert_days");

	json_object_set_new(v, "cert_days",
	    json_is_number(days) ? json_integer((json_int_t)floor(json_number_value(days))) : json_null());
}

void
city_add_service(struct city *c, const json_t *item)
{
	struct city_service *s = xcalloc(1, sizeof(*s));
	json_t *v = s->v = json_object();

	shape_copy(v, "id", item, "id");
	shape_copy(v, "site", item, "site");
	json_object_set_new(v, "site_name", js_text(shape_text(item, "site_name")));
	shape_copy(v, "kind", item, "kind");
	shape_copy(v, "class", item, "class");
	shape_copy(v, "life", item, "life");
	shape_name(v, "owner", item, "owner");
	shape_name(v, "target", item, "target");
	json_object_set_new(v, "state", json_string(code_of(item)));
	json_object_set_new(v, "state_detail", js_text(shape_text(item, "state")));
	shape_copy(v, "since", item, "since");
	set_ms(v, "total_ms", item, "total_s");
	set_ms(v, "ttfb_ms", item, "ttfb_s");
	set_days(v, item);
	shape_name(v, "reason", item, "reason");
	shape_copy(v, "incident", item, "incident");
	s->id = shape_text(v, "id");
	s->site = shape_text(v, "site");
	s->state = shape_text(v, "state");
	s->kind = shape_text(v, "kind");
	s->owner = shape_text(v, "owner");
	if (time_parse(shape_text(item, "last"), &s->last_ns) == -1)
		s->last_ns = 0;
	if (s->id[0] == '\0' || map_add(c->service_by_id, s->id, s) != 0) {
		json_decref(v); /* one of its id has come before, from a page that the list has moved on */
		free(s);
		return;
	}
	c->service = xrealloc(c->service, c->nservices + 1, sizeof(*c->service));
	c->service[c->nservices++] = s;
}

void
city_services_free(struct city *c)
{
	map_free(c->service_by_id);
	for (size_t i = 0; i < c->nservices; i++) {
		json_decref(c->service[i]->v);
		free(c->service[i]);
	}
	free(c->service);
}

bool
city_service_matches(const struct city_service *s, const char *q, bool target)
{
	return strcasestr(s->id, q) != NULL || strcasestr(s->owner, q) != NULL ||
	       strcasestr(s->kind, q) != NULL || strcasestr(shape_text(s->v, "site_name"), q) != NULL ||
	       (target && strcasestr(shape_text(s->v, "target"), q) != NULL);
}
