/* SPDX-License-Identifier: GPL-3.0-or-later */
/* city.c: see city.h. */
#include "dashboards/city.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/js.h"
#include "ctl/term.h"
#include "dashboards/shape.h"

#define DIGITS 4	/* of a measured value: more would make every row a new one */

const char *const city_codes[CITY_CODES + 1] = {
	"ok", "warn", "down", "impacted", "backup", "maint", "unknown", "planned", NULL
};

static double
number_of(const json_t *item, const char *key)
{
	const json_t *n = json_object_get(item, key);

	return json_is_number(n) ? json_number_value(n) : NAN;
}

static json_t *
rounded(double x)
{
	char text[32];

	if (!isfinite(x))
		return json_null();
	snprintf(text, sizeof(text), "%.*g", DIGITS, x);
	return json_real(strtod(text, NULL));
}

static void
set_number(json_t *v, const char *key, double x)
{
	json_object_set_new(v, key, rounded(x));
}

static const char *
state_code(const json_t *item)
{
	const char *code = shape_text(item, "code");
	size_t	    i;

	for (i = 0; i < CITY_CODES; i++)
		if (strcmp(city_codes[i], code) == 0)
			return city_codes[i];
	return "unknown";
}

static void
set_state(json_t *v, const json_t *item)
{
	json_object_set_new(v, "state", json_string(state_code(item)));
	json_object_set_new(v, "state_detail", js_text(shape_text(item, "state")));
	shape_copy(v, "since", item, "since");
}

/* What a batch tells of an object, as text. */
static char *
row_of(const json_t *v, const char *cause)
{
	static const char *const keys[] = {
		"id", "state", "since", "rtt_ms", "loss_pct", "rx_bps", "tx_bps", "state_detail"
	};
	struct buf b = { 0 };
	json_t	  *row = json_array();
	size_t	   i;

	for (i = 0; i < nitems(keys); i++)
		json_array_append(row, json_object_get(v, keys[i]));
	json_array_append(row, json_object_get(v, cause));
	js_line(&b, row);
	b.data[b.len - 1] = '\0';
	json_decref(row);
	return (char *)b.data;
}

/* @return false: one of its id has come before, from a page that the list has moved on; it is freed */
static bool
enter(struct map *by_id, const char *id, void *object, json_t *v)
{
	if (id[0] != '\0' && map_add(by_id, id, object) == 0)
		return true;
	json_decref(v);
	free(object);
	return false;
}

/* ---- links ---- */

/* The busier direction against its contract. */
static double
utilisation(const json_t *item)
{
	double rx = number_of(item, "rx_bps") / number_of(item, "down_bps"),
	       tx = number_of(item, "tx_bps") / number_of(item, "up_bps");

	return 100 * (isnan(rx) ? tx : isnan(tx) ? rx : fmax(rx, tx));
}

void
city_add_link(struct city *c, const json_t *item)
{
	struct city_link *l = xcalloc(1, sizeof(*l));
	json_t		 *v = json_object();

	l->v = v;
	shape_copy(v, "id", item, "id");
	shape_copy(v, "site", item, "site");
	json_object_set_new(v, "site_name", js_text(shape_text(item, "site_name")));
	shape_copy(v, "role", item, "role");
	shape_name(v, "provider", item, "provider");
	shape_name(v, "product", item, "product");
	shape_copy(v, "contract_down_bps", item, "down_bps");
	shape_copy(v, "contract_up_bps", item, "up_bps");
	shape_copy(v, "committed", item, "committed");
	set_state(v, item);
	set_number(v, "rtt_ms", number_of(item, "rtt_s") * 1e3);
	set_number(v, "loss_pct", number_of(item, "loss_ratio") * 1e2);
	set_number(v, "rx_bps", number_of(item, "rx_bps"));
	set_number(v, "tx_bps", number_of(item, "tx_bps"));
	set_number(v, "util_pct", utilisation(item));
	set_number(v, "mos", number_of(item, "mos"));
	shape_copy(v, "capacity", item, "capacity");
	shape_copy(v, "incident", item, "incident");
	shape_copy(v, "address", item, "address");
	shape_copy(v, "parent", item, "parent");
	l->id = shape_text(v, "id");
	l->state = shape_text(v, "state");
	l->provider = shape_text(v, "provider");
	if (time_parse(shape_text(item, "last"), &l->last_ns) == -1)
		l->last_ns = 0;
	if (time_parse(shape_text(item, "proven"), &l->proven_ns) == -1)
		l->proven_ns = 0;
	if (!enter(c->link_by_id, l->id, l, v))
		return;
	l->row = row_of(v, "incident");
	c->link = xrealloc(c->link, c->nlinks + 1, sizeof(*c->link));
	c->link[c->nlinks++] = l;
}

void
city_add_device(struct city *c, const json_t *item)
{
	json_t *kept = json_pack("[s, s]", shape_text(item, "id"), shape_text(item, "site"));

	json_array_append_new(c->devices, kept);
	map_add(c->site_of_device, json_string_value(json_array_get(kept, 0)),
	    (void *)json_string_value(json_array_get(kept, 1)));
}

/* ---- sites ---- */

static bool
carries(const struct city_link *l)
{
	return strcmp(l->state, "ok") == 0 || strcmp(l->state, "warn") == 0;
}

/* Delay and loss of the first line that works, or of the first; the sum of the traffic that is known. */
static void
set_values(json_t *v, const struct city_site *s)
{
	const struct city_link *in_use = s->nlinks > 0 ? s->link[0] : NULL;
	double			rx = NAN, tx = NAN, x;
	size_t			i;

	for (i = s->nlinks; i-- > 0;) {
		if (carries(s->link[i]))
			in_use = s->link[i];
		x = number_of(s->link[i]->v, "rx_bps");
		rx = isnan(x) ? rx : isnan(rx) ? x : rx + x;
		x = number_of(s->link[i]->v, "tx_bps");
		tx = isnan(x) ? tx : isnan(tx) ? x : tx + x;
	}
	set_number(v, "rtt_ms", in_use != NULL ? number_of(in_use->v, "rtt_ms") : NAN);
	set_number(v, "loss_pct", in_use != NULL ? number_of(in_use->v, "loss_pct") : NAN);
	set_number(v, "rx_bps", rx);
	set_number(v, "tx_bps", tx);
}

/* Its lines, which have come before it; and the site that the first of them passes through. */
static void
take_lines(struct city *c, struct city_site *s, const json_t *lines)
{
	const json_t	 *line;
	struct city_link *l;
	json_t		 *list = json_array(), *parent = NULL;
	size_t		  i;

	s->link = xcalloc(json_array_size(lines) + 1, sizeof(struct city_link *));
	json_array_foreach(lines, i, line) {
		if ((l = map_get(c->link_by_id, shape_text(line, "id"))) == NULL)
			continue;
		l->site = s;
		s->link[s->nlinks++] = l;
		if (l->last_ns > s->last_ns)
			s->last_ns = l->last_ns;
		if (parent == NULL && json_is_string(json_object_get(l->v, "parent")))
			parent = json_object_get(l->v, "parent");
		json_array_append_new(list, json_pack("{s:s, s:O, s:s, s:O}", "id", l->id, "role",
		    json_object_get(l->v, "role"), "state", l->state, "state_detail",
		    json_object_get(l->v, "state_detail")));
	}
	json_object_set_new(s->v, "parent", parent != NULL ? json_incref(parent) : json_null());
	json_object_set_new(s->v, "links", list);
}

void
city_add_site(struct city *c, const json_t *item)
{
	struct city_site *s = xcalloc(1, sizeof(*s));
	json_t		 *v = json_object();

	s->v = v;
	shape_copy(v, "id", item, "id");
	json_object_set_new(v, "name", js_text(shape_text(item, "name")));
	shape_name(v, "short", item, "short");
	shape_name(v, "kind", item, "kind");
	shape_name(v, "district", item, "district");
	shape_copy(v, "class", item, "class");
	shape_copy(v, "life", item, "life");
	set_state(v, item);
	shape_copy(v, "cause", item, "incident");
	s->id = shape_text(v, "id");
	s->state = shape_text(v, "state");
	s->name = shape_text(v, "name");
	s->kind = shape_text(v, "kind");
	s->district = shape_text(v, "district");
	if (!enter(c->site_by_id, s->id, s, v))
		return;
	take_lines(c, s, json_object_get(item, "links"));
	set_values(v, s);
	s->row = row_of(v, "cause");
	c->site = xrealloc(c->site, c->nsites + 1, sizeof(*c->site));
	c->site[c->nsites++] = s;
}

/* ---- whose it is ---- */

const char *
city_site_of(const struct city *c, const char *ref)
{
	const char		*slash = strchr(ref, '/');
	char			 id[ID_MAX];
	const struct city_link	*l;
	const struct city_site	*s;

	if (slash == NULL)
		return NULL;
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(slash + 1, "/."), slash + 1);
	if (strncmp(ref, "link/", 5) == 0)
		return (l = map_get(c->link_by_id, id)) != NULL ? shape_text(l->v, "site") : NULL;
	if (strncmp(ref, "service/", 8) == 0) {
		const struct city_service *v = map_get(c->service_by_id, id);

		return v != NULL ? v->site : NULL;
	}
	if (strncmp(ref, "site/", 5) == 0)
		return (s = map_get(c->site_by_id, id)) != NULL ? s->id : NULL;
	return map_get(c->site_of_device, id);
}

/* ---- the whole ---- */

struct city *
city_new(void)
{
	struct city *c = xcalloc(1, sizeof(*c));

	c->site_by_id = map_new();
	c->link_by_id = map_new();
	c->service_by_id = map_new();
	c->incident_by_id = map_new();
	c->site_of_device = map_new();
	c->devices = json_array();
	return c;
}

void
city_free(struct city *c)
{
	size_t i;

	if (c == NULL)
		return;
	map_free(c->site_by_id);
	map_free(c->link_by_id);
	map_free(c->incident_by_id);
	city_services_free(c);
	map_free(c->site_of_device);
	for (i = 0; i < c->nsites; i++) {
		json_decref(c->site[i]->v);
		free(c->site[i]->link);
		free(c->site[i]->row);
		free(c->site[i]);
	}
	for (i = 0; i < c->nlinks; i++) {
		json_decref(c->link[i]->v);
		free(c->link[i]->row);
		free(c->link[i]);
	}
	for (i = 0; i < c->nincidents; i++) {
		json_decref(c->incident[i]->v);
		json_decref(c->incident[i]->suffering);
		free(c->incident[i]->text);
		free(c->incident[i]);
	}
	free(c->site);
	free(c->link);
	free(c->incident);
	json_decref(c->devices);
	free(c);
}

void
city_take_status(struct city *c, const json_t *status)
{
	text_copy(c->ns, sizeof(c->ns), shape_text(status, "ns"));
	text_copy(c->version, sizeof(c->version), shape_text(status, "engine"));
	text_copy(c->up_since, sizeof(c->up_since), shape_text(status, "started"));
	c->seq = json_integer_value(json_object_get(status, "seq"));
}

static bool
holds(const char *text, const char *q)
{
	return strcasestr(text, q) != NULL;
}

bool
city_link_matches(const struct city_link *l, const char *q, bool address)
{
	return holds(l->id, q) || holds(shape_text(l->v, "site_name"), q) || holds(l->provider, q) ||
	    (address && holds(shape_text(l->v, "address"), q));
}

bool
city_site_matches(const struct city_site *s, const char *q, bool address)
{
	size_t i;

	if (holds(s->id, q) || holds(s->name, q) || holds(shape_text(s->v, "short"), q))
		return true;
	for (i = 0; i < s->nlinks; i++)
		if (city_link_matches(s->link[i], q, address))
			return true;
	return false;
}

/* Is there something to tell of it, or somebody new to tell it to? */
static bool
incident_differs(struct city_incident *i, const struct city_incident *was)
{
	if (was == NULL)
		return true;
	json_object_update_missing(i->suffering, was->suffering);
	return strcmp(was->text, i->text) != 0 ||
	    json_object_size(i->suffering) > json_object_size(was->suffering);
}

/* Whoever has not heard the last of one that has gone cannot be told any more. */
static void
forget(struct city *c, const struct city *before)
{
	size_t i;

	c->forgotten = before->forgotten;
	for (i = 0; i < before->nincidents; i++)
		if (before->incident[i]->changed > c->forgotten &&
		    map_get(c->incident_by_id, before->incident[i]->id) == NULL)
			c->forgotten = before->incident[i]->changed;
}

/* What is entered for an object, and stands in no row. */
static bool
same_entry(const json_t *a, const json_t *b)
{
	static const char *const keys[] = {
		"id", "name", "short", "kind", "district", "class", "life", "parent",
		"site", "site_name", "role", "provider", "product", "contract_down_bps", "contract_up_bps",
		"committed", "address"
	};
	const json_t *x, *y;
	size_t	      i;

	for (i = 0; i < nitems(keys); i++) {
		x = json_object_get(a, keys[i]);
		y = json_object_get(b, keys[i]);
		if (x != y && !json_equal(x, y))
			return false;
	}
	return true;
}

/* The same objects in the same order, entered as they were? */
static bool
same_inventory(const struct city *c, const struct city *before)
{
	size_t i, k;

	if (c->nsites != before->nsites || c->nlinks != before->nlinks)
		return false;
	for (i = 0; i < c->nlinks; i++)
		if (!same_entry(c->link[i]->v, before->link[i]->v))
			return false;
	for (i = 0; i < c->nsites; i++) {
		const struct city_site *s = c->site[i], *was = before->site[i];

		if (!same_entry(s->v, was->v) || s->nlinks != was->nlinks)
			return false;
		for (k = 0; k < s->nlinks; k++)
			if (strcmp(s->link[k]->id, was->link[k]->id) != 0)
				return false;
	}
	return true;
}

/* @return whether its row is another; *changed: the batch that told it */
static bool
row_differs(const char *row, const char *was, uint64_t told, uint64_t n, uint64_t *changed)
{
	bool differs = was == NULL || strcmp(row, was) != 0;

	*changed = differs ? n : told;
	return differs;
}

int
city_compare(struct city *c, const struct city *before, uint64_t n)
{
	int    differ = 0;
	size_t i;

	for (i = 0; i < c->nsites; i++) {
		struct city_site       *s = c->site[i];
		const struct city_site *was = map_get(before->site_by_id, s->id);

		differ += row_differs(s->row, was != NULL ? was->row : NULL, was != NULL ? was->changed : 0,
		    n, &s->changed);
	}
	for (i = 0; i < c->nlinks; i++) {
		struct city_link       *l = c->link[i];
		const struct city_link *was = map_get(before->link_by_id, l->id);

		differ += row_differs(l->row, was != NULL ? was->row : NULL, was != NULL ? was->changed : 0,
		    n, &l->changed);
	}
	for (i = 0; i < c->nincidents; i++) {
		const struct city_incident *was = map_get(before->incident_by_id, c->incident[i]->id);
		bool			    differs = incident_differs(c->incident[i], was);

		c->incident[i]->changed = differs ? n : was->changed;
		differ += differs;
	}
	forget(c, before);
	return same_inventory(c, before) ? differ : -1;
}
