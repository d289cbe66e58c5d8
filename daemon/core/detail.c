/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detail.c: see detail.h. */
#include "core/detail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "alert/alert.h"
#include "base/text.h"

/* ---- writing ---- */

static json_t *
detail_of_link(const struct core *c, const struct link_live *l)
{
	json_t *raised = json_object(), *detail;
	size_t	k;

	for (k = 0; k < c->set.nrules; k++)
		if (l->rule[k].raised)
			json_object_set_new(raised, c->set.rule[k].name, json_integer(l->rule[k].since_ns));
	detail = json_pack("{s:s, s:s, s:I, s:o}",
	    "site", l->site->site->id,
	    "rounds", rounds_say_names[l->rounds.say],
	    "rounds_since", (json_int_t)l->rounds.since_ns,
	    "raised", raised);
	if (l->port != NULL && l->port->light.known_s > 0)
		json_object_set_new(detail, "light", json_pack("[f, f]", l->port->light.mean, l->port->light.known_s));
	if (l->proven_ns != 0)
		json_object_set_new(detail, "proven", json_integer(l->proven_ns));
	if (l->reach.verdict == VERDICT_PENDING)
		json_object_set_new(detail, "reach", json_string("pending"));
	if (l->reach.verdict == VERDICT_SETTLE)
		json_object_set_new(detail, "reach", json_string("settle"));
	return detail;
}

static json_t *
detail_of_device(const struct device_live *d)
{
	char reason[80];

	text_copy(reason, sizeof(reason), d->reason);	/* a row has little room */
	return json_pack("{s:b, s:o}", "told", d->told, "reason", document_string(reason));
}

static json_t *
number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *
detail_of_push(const struct push_state *p)
{
	json_t *sizes = json_array();

	for (size_t k = 0; k < p->nsizes; k++)
		json_array_append_new(sizes, json_real(p->size[k]));
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "last", (json_int_t)p->last_ns, "good", (json_int_t)p->good_ns,
	    "status", document_string(p->last.status), "size", number_or_null(p->last.size), "s",
	    number_or_null(p->last.duration_s), "sizes", sizes);
}

static json_t *
detail_of_service(const struct service_live *s)
{
	json_t *detail = json_pack("{s:s, s:I, s:s}", "rounds", rounds_say_names[s->rounds.say], "rounds_since",
	    (json_int_t)s->rounds.since_ns, "worry", severity_names[s->worry]);

	if (s->slow > 0)
		json_object_set_new(detail, "slow", json_integer(s->slow));
	if (s->push != NULL && s->push->last_ns != 0)
		json_object_set_new(detail, "push", detail_of_push(s->push));
	return detail;
}

static json_t *
detail_of(const struct core *c, const struct live *v, const char *kind)
{
	if (strcmp(kind, "link") == 0)
		return detail_of_link(c, (const struct link_live *)v);
	if (strcmp(kind, "device") == 0)
		return detail_of_device((const struct device_live *)v);
	if (strcmp(kind, "service") == 0)
		return detail_of_service((const struct service_live *)v);
	return json_object();
}

void
detail_write(const struct core *c, const struct live *v, uint64_t document, struct ledger_object *row)
{
	json_t *detail = detail_of(c, v, row->kind), *raised;
	char	hex[20], *text;

	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)document);
	json_object_set_new(detail, "document", json_string(hex));
	text = json_dumps(detail, JSON_COMPACT | JSON_REAL_PRECISION(7));
	raised = json_object_get(detail, "raised");
	/* Many rules raised at once: one of them is enough to remember that it is degraded. */
	while (strlen(text) >= sizeof(row->detail) && json_object_size(raised) > 1) {
		json_object_del(raised, json_object_iter_key(json_object_iter(raised)));
		free(text);
		text = json_dumps(detail, JSON_COMPACT | JSON_REAL_PRECISION(7));
	}
	text_copy(row->detail, sizeof(row->detail), text);
	free(text);
	json_decref(detail);
}

/* ---- reading ---- */

static const char *
text_of(const json_t *detail, const char *key)
{
	const char *t = json_string_value(json_object_get(detail, key));

	return t != NULL ? t : "";
}

uint64_t
detail_document(const char *detail)
{
	json_t	*j = json_loads(detail, 0, NULL);
	uint64_t document = strtoull(text_of(j, "document"), NULL, 16);

	json_decref(j);
	return document;
}

void
detail_site(const char *detail, char site[ID_MAX])
{
	json_t *j = json_loads(detail, 0, NULL);

	text_copy(site, ID_MAX, text_of(j, "site"));
	json_decref(j);
}

static void
read_rounds(const json_t *j, struct link_rounds *r)
{
	for (size_t k = 0; k < ROUNDS_SAY; k++)
		if (strcmp(rounds_say_names[k], text_of(j, "rounds")) == 0)
			r->say = (uint8_t)k;
	r->since_ns = json_integer_value(json_object_get(j, "rounds_since"));
}

static double
number_of(const json_t *v)
{
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static void
read_push(const json_t *j, struct push_state *p)
{
	const json_t *sizes = json_object_get(j, "sizes");

	p->last_ns = json_integer_value(json_object_get(j, "last"));
	p->good_ns = json_integer_value(json_object_get(j, "good"));
	text_copy(p->last.status, sizeof(p->last.status), text_of(j, "status"));
	p->last.size = number_of(json_object_get(j, "size"));
	p->last.duration_s = number_of(json_object_get(j, "s"));
	for (p->nsizes = 0; p->nsizes < json_array_size(sizes) && p->nsizes < PUSH_SIZES; p->nsizes++)
		p->size[p->nsizes] = number_of(json_array_get(sizes, p->nsizes));
}

void
detail_read_service(const char *detail, struct service_live *s)
{
	json_t *j = json_loads(detail, 0, NULL);

	read_rounds(j, &s->rounds);
	s->worry = (uint8_t)severity_of(text_of(j, "worry"));
	s->slow = (uint8_t)json_integer_value(json_object_get(j, "slow"));	/* 0 when there is none */
	if (s->push != NULL && json_is_object(json_object_get(j, "push")))
		read_push(json_object_get(j, "push"), s->push);
	json_decref(j);
}

void
detail_read_link(const struct core *c, const char *detail, struct link_live *l)
{
	json_t	     *j = json_loads(detail, 0, NULL);
	const json_t *raised = json_object_get(j, "raised"), *light = json_object_get(j, "light");
	size_t	      k;

	text_copy(l->site_was, sizeof(l->site_was), text_of(j, "site"));
	read_rounds(j, &l->rounds);
	l->proven_ns = json_integer_value(json_object_get(j, "proven"));	/* 0 when there is none */
	for (k = 0; k < c->set.nrules; k++) {
		const json_t *since = json_object_get(raised, c->set.rule[k].name);

		l->rule[k].raised = since != NULL;
		l->rule[k].since_ns = json_integer_value(since);	/* 0 when there is none */
	}
	if (l->port == NULL && json_array_size(light) == 2) {
		l->port = xcalloc(1, sizeof(*l->port));
		l->port->light = (struct baseline){ json_number_value(json_array_get(light, 0)),
			json_number_value(json_array_get(light, 1)) };
	}
	if (strcmp(text_of(j, "reach"), "settle") == 0)
		l->reach.verdict = VERDICT_SETTLE;
	json_decref(j);
}

void
detail_read_device(const char *detail, struct device_live *d)
{
	json_t *j = json_loads(detail, 0, NULL);

	d->told = json_is_true(json_object_get(j, "told"));
	text_copy(d->reason, sizeof(d->reason), text_of(j, "reason"));
	json_decref(j);
}
