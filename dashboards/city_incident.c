/* SPDX-License-Identifier: GPL-3.0-or-later */
/* city_incident.c: the incidents of a city (city.h). */
#include "dashboards/city.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/js.h"
#include "dashboards/shape.h"

static json_t *
ack_view(const json_t *ack)
{
	json_t *v;

	if (!json_is_object(ack))
		return json_null();
	v = json_object();
	json_object_set_new(v, "by", js_text(shape_text(ack, "user")));
	shape_copy(v, "at", ack, "t");
	shape_name(v, "comment", ack, "note");
	shape_copy(v, "until", ack, "until");
	return v;
}

json_t *
city_incident_view(const struct city *c, const json_t *item)
{
	const char	       *status = shape_text(item, "status"), *id = shape_text(item, "id"), *site;
	const struct city_site *s;
	int64_t			number;
	json_t		       *v, *members = json_object_get(item, "members");

	if (strncmp(id, "inc-", 4) != 0 || text_to_i64(id + 4, 1, INT64_MAX, &number) == -1 ||
	    (strcmp(status, "open") != 0 && strcmp(status, "closed") != 0))
		return NULL;
	v = json_object();
	shape_copy(v, "id", item, "id");
	json_object_set_new(v, "number", json_integer(number));
	shape_copy(v, "kind", item, "kind");
	shape_copy(v, "severity", item, "severity");
	shape_copy(v, "state", item, "status");
	shape_copy(v, "root", item, "root");
	site = shape_text(item, "site");
	if (site[0] == '\0' && (site = city_site_of(c, shape_text(item, "root"))) == NULL)
		site = "";
	s = map_get(c->site_by_id, site);
	json_object_set_new(v, "site", js_name(site));
	json_object_set_new(
	    v, "site_name", s != NULL ? js_text(s->name) : js_name(shape_text(item, "site_name")));
	json_object_set_new(v, "members", json_is_integer(members) ? json_incref(members) :
	    json_is_array(members) ? json_integer((json_int_t)json_array_size(members)) : json_null());
	shape_name(v, "cause", item, "cause");
	shape_copy(v, "opened", item, "opened");
	shape_copy(v, "closed", item, "closed");
	shape_copy(v, "version", item, "version");
	json_object_set_new(v, "acked", ack_view(json_object_get(item, "ack")));
	return v;
}

void
city_add_incident(struct city *c, const json_t *item)
{
	struct city_incident *i;
	json_t		     *v = city_incident_view(c, item);
	struct buf	      b = { 0 };

	if (v == NULL || map_get(c->incident_by_id, shape_text(v, "id")) != NULL) {
		json_decref(v);
		return;
	}
	i = xcalloc(1, sizeof(*i));
	i->v = v;
	i->id = shape_text(v, "id");
	i->site = shape_text(v, "site");
	i->number = json_integer_value(json_object_get(v, "number"));
	i->open = strcmp(shape_text(v, "state"), "open") == 0;
	js_line(&b, v);
	b.data[b.len - 1] = '\0';
	i->text = (char *)b.data;
	i->suffering = json_object();
	map_add(c->incident_by_id, i->id, i);
	c->incident = xrealloc(c->incident, c->nincidents + 1, sizeof(*c->incident));
	c->incident[c->nincidents++] = i;
}

const struct city_incident *
city_missing(const struct city *c, const struct city *before, size_t *at)
{
	const struct city_incident *i;

	while (*at < before->nincidents) {
		i = before->incident[(*at)++];
		if (i->open && map_get(c->incident_by_id, i->id) == NULL)
			return i;
	}
	return NULL;
}

static int
newer_first(const void *a, const void *b)
{
	const struct city_incident *x = *(struct city_incident *const *)a,
				   *y = *(struct city_incident *const *)b;

	return (x->number < y->number) - (x->number > y->number);
}

static void
note_suffering(struct city *c, const struct city_site *s, const json_t *cause)
{
	struct city_incident *i =
	    json_is_string(cause) ? map_get(c->incident_by_id, json_string_value(cause)) : NULL;

	if (i != NULL)
		json_object_set_new(i->suffering, s->id, json_true());
}

void
city_finish(struct city *c)
{
	size_t i, k;

	for (i = 0; i < c->nsites; i++) {
		note_suffering(c, c->site[i], json_object_get(c->site[i]->v, "cause"));
		for (k = 0; k < c->site[i]->nlinks; k++)
			note_suffering(c, c->site[i], json_object_get(c->site[i]->link[k]->v, "incident"));
	}
	for (i = 0; i < c->nservices; i++) {
		const struct city_site *s = map_get(c->site_by_id, c->service[i]->site);

		if (s != NULL)
			note_suffering(c, s, json_object_get(c->service[i]->v, "incident"));
	}
	if (c->nincidents > 0)
		qsort(c->incident, c->nincidents, sizeof(struct city_incident *), newer_first);
}

bool
city_suffers(const struct city *c, const char *incident, const char *site)
{
	const struct city_incident *i = map_get(c->incident_by_id, incident);

	return i != NULL && json_object_get(i->suffering, site) != NULL;
}
