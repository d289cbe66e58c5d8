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

#define DIGITS 4	/* of a measured value: more would make every row a new one */

const char *const city_codes[CITY_CODES + 1] = {
	"ok", "warn", "down", "impacted", "backup", "maint", "unknown", "planned", NULL
};

static const char *
text_of(const json_t *item, const char *key)
{
	const char *s = json_string_value(json_object_get(item, key));

	return s != NULL ? s : "";
}

/* A member of the engine's as it is; null when absent. */
static void
copy(json_t *v, const char *key, const json_t *item, const char *from)
{
	json_t *member = json_object_get(item, from);

	json_object_set_new(v, key, member != NULL ? json_incref(member) : json_null());
}

static void
copy_text(json_t *v, const char *key, const json_t *item, const char *from)
{
	json_object_set_new(v, key, js_name(text_of(item, from)));
}

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
	const char *code = text_of(item, "code");
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
	json_object_set_new(v, "state_detail", js_text(text_of(item, "state")));
	copy(v, "since", item, "since");
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
	copy(v, "id", item, "id");
	copy(v, "site", item, "site");
	json_object_set_new(v, "site_name", js_text(text_of(item, "site_name")));
	copy(v, "role", item, "role");
	copy_text(v, "provider", item, "provider");
	copy_text(v, "product", item, "product");
	copy(v, "contract_down_bps", item, "down_bps");
	copy(v, "contract_up_bps", item, "up_bps");
	copy(v, "committed", item, "committed");
	set_state(v, item);
	set_number(v, "rtt_ms", number_of(item, "rtt_s") * 1e3);
	set_number(v, "loss_pct", number_of(item, "loss_ratio") * 1e2);
	set_number(v, "rx_bps", number_of(item, "rx_bps"));
	set_number(v, "tx_bps", number_of(item, "tx_bps"));
	set_number(v, "util_pct", utilisation(item));
	copy(v, "incident", item, "incident");
	copy(v, "address", item, "address");
	copy(v, "parent", item, "parent");
	l->id = text_of(v, "id");
	l->state = text_of(v, "state");
	l->provider = text_of(v, "provider");
	if (time_parse(text_of(item, "last"), &l->last_ns) == -1)
		l->last_ns = 0;
	if (l->id[0] == '\0' || map_add(c->link_by_id, l->id, l) == -1) {	/* moved between two pages */
		json_decref(v);
		free(l);
		return;
	}
	l->row = row_of(v, "incident");
	c->link = xrealloc(c->link, c->nlinks + 1, sizeof(*c->link));
	c->link[c->nlinks++] = l;
}

void
city_add_device(struct city *c, const json_t *item)
{
	json_t *kept = json_pack("[s, s]", text_of(item, "id"), text_of(item, "site"));

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
		if ((l = map_get(c->link_by_id, text_of(line, "id"))) == NULL)
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
	copy(v, "id", item, "id");
	json_object_set_new(v, "name", js_text(text_of(item, "name")));
	copy_text(v, "short", item, "short");
	copy_text(v, "kind", item, "kind");
	copy_text(v, "district", item, "district");
	copy(v, "class", item, "class");
	copy(v, "life", item, "life");
	set_state(v, item);
	copy(v, "cause", item, "incident");
	s->id = text_of(v, "id");
	s->state = text_of(v, "state");
	s->name = text_of(v, "name");
	s->kind = text_of(v, "kind");
	s->district = text_of(v, "district");
	if (s->id[0] == '\0' || map_add(c->site_by_id, s->id, s) == -1) {
		json_decref(v);
		free(s);
		return;
	}
	take_lines(c, s, json_object_get(item, "links"));
	set_values(v, s);
	s->row = row_of(v, "cause");
	c->site = xrealloc(c->site, c->nsites + 1, sizeof(*c->site));
	c->site[c->nsites++] = s;
}

/* ---- incidents ---- */

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
		return (l = map_get(c->link_by_id, id)) != NULL ? text_of(l->v, "site") : NULL;
	if (strncmp(ref, "site/", 5) == 0)
		return (s = map_get(c->site_by_id, id)) != NULL ? s->id : NULL;
	return map_get(c->site_of_device, id);
}

static json_t *
ack_view(const json_t *ack)
{
	json_t *v;

	if (!json_is_object(ack))
		return json_null();
	v = json_object();
	json_object_set_new(v, "by", js_text(text_of(ack, "user")));
	copy(v, "at", ack, "t");
	copy_text(v, "comment", ack, "note");
	copy(v, "until", ack, "until");
	return v;
}

json_t *
city_incident_view(const struct city *c, const json_t *item)
{
	const char	       *status = text_of(item, "status"), *id = text_of(item, "id"), *site;
	const struct city_site *s;
	int64_t			number;
	json_t		       *v, *members = json_object_get(item, "members");

	if (strncmp(id, "inc-", 4) != 0 || text_to_i64(id + 4, 1, INT64_MAX, &number) == -1 ||
	    (strcmp(status, "open") != 0 && strcmp(status, "closed") != 0))
		return NULL;
	v = json_object();
	copy(v, "id", item, "id");
	json_object_set_new(v, "number", json_integer(number));
	copy(v, "kind", item, "kind");
	copy(v, "severity", item, "severity");
	copy(v, "state", item, "status");
	copy(v, "root", item, "root");
	site = text_of(item, "site");
	if (site[0] == '\0' && (site = city_site_of(c, text_of(item, "root"))) == NULL)
		site = "";
	s = map_get(c->site_by_id, site);
	json_object_set_new(v, "site", js_name(site));
	json_object_set_new(
	    v, "site_name", s != NULL ? js_text(s->name) : js_name(text_of(item, "site_name")));
	json_object_set_new(v, "members", json_is_integer(members) ? json_incref(members) :
	    json_is_array(members) ? json_integer((json_int_t)json_array_size(members)) : json_null());
	copy_text(v, "cause", item, "cause");
	copy(v, "opened", item, "opened");
	copy(v, "closed", item, "closed");
	copy(v, "version", item, "version");
	json_object_set_new(v, "acked", ack_view(json_object_get(item, "ack")));
	return v;
}

void
city_add_incident(struct city *c, const json_t *item)
{
	struct city_incident *i;
	json_t		     *v = city_incident_view(c, item);
	struct buf	      b = { 0 };

	if (v == NULL || map_get(c->incident_by_id, text_of(v, "id")) != NULL) {
		json_decref(v);
		return;
	}
	i = xcalloc(1, sizeof(*i));
	i->v = v;
	i->id = text_of(v, "id");
	i->site = text_of(v, "site");
	i->number = json_integer_value(json_object_get(v, "number"));
	i->open = strcmp(text_of(v, "state"), "open") == 0;
	js_line(&b, v);
	b.data[b.len - 1] = '\0';
	i->text = (char *)b.data;
	map_add(c->incident_by_id, i->id, i);
	c->incident = xrealloc(c->incident, c->nincidents + 1, sizeof(*c->incident));
	c->incident[c->nincidents++] = i;
}

static int
newer_first(const void *a, const void *b)
{
	const struct city_incident *x = *(struct city_incident *const *)a,
				   *y = *(struct city_incident *const *)b;

	return (x->number < y->number) - (x->number > y->number);
}

/* ---- the whole ---- */

struct city *
city_new(void)
{
	struct city *c = xcalloc(1, sizeof(*c));

	c->site_by_id = map_new();
	c->link_by_id = map_new();
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
	text_copy(c->ns, sizeof(c->ns), text_of(status, "ns"));
	text_copy(c->version, sizeof(c->version), text_of(status, "engine"));
	text_copy(c->up_since, sizeof(c->up_since), text_of(status, "started"));
	c->seq = json_integer_value(json_object_get(status, "seq"));
}

void
city_finish(struct city *c)
{
	if (c->nincidents > 0)
		qsort(c->incident, c->nincidents, sizeof(struct city_incident *), newer_first);
}

static bool
holds(const char *text, const char *q)
{
	return strcasestr(text, q) != NULL;
}

bool
city_link_matches(const struct city_link *l, const char *q, bool address)
{
	return holds(l->id, q) || holds(text_of(l->v, "site_name"), q) || holds(l->provider, q) ||
	    (address && holds(text_of(l->v, "address"), q));
}

bool
city_site_matches(const struct city_site *s, const char *q, bool address)
{
	size_t i;

	if (holds(s->id, q) || holds(s->name, q) || holds(text_of(s->v, "short"), q))
		return true;
	for (i = 0; i < s->nlinks; i++)
		if (city_link_matches(s->link[i], q, address))
			return true;
	return false;
}

int
city_compare(struct city *c, const struct city *before, uint64_t n)
{
	int    differ = 0;
	size_t i;

	for (i = 0; i < c->nsites; i++) {
		const struct city_site *was = map_get(before->site_by_id, c->site[i]->id);
		bool same = was != NULL && strcmp(was->row, c->site[i]->row) == 0;

		c->site[i]->changed = same ? was->changed : n;
		differ += !same;
	}
	for (i = 0; i < c->nlinks; i++) {
		const struct city_link *was = map_get(before->link_by_id, c->link[i]->id);
		bool same = was != NULL && strcmp(was->row, c->link[i]->row) == 0;

		c->link[i]->changed = same ? was->changed : n;
		differ += !same;
	}
	for (i = 0; i < c->nincidents; i++) {
		const struct city_incident *was = map_get(before->incident_by_id, c->incident[i]->id);
		bool same = was != NULL && strcmp(was->text, c->incident[i]->text) == 0;

		c->incident[i]->changed = same ? was->changed : n;
		differ += !same;
	}
	if (c->nsites != before->nsites || c->nlinks != before->nlinks)
		return -1;
	for (i = 0; i < c->nsites; i++)
		if (map_get(before->site_by_id, c->site[i]->id) == NULL)
			return -1;
	for (i = 0; i < c->nlinks; i++)
		if (map_get(before->link_by_id, c->link[i]->id) == NULL)
			return -1;
	return differ;
}
