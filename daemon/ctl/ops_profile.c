/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_profile.c: profiles: those in force, one of them whole, and one tried on a device. */
#include "ctl/client.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/trial.h"
#include "ctl/find.h"
#include "ctl/js.h"
#include "model/snmp_profile.h"

/* ---- what they say ---- */

static void
set(json_t *v, const char *key, json_t *member)
{
	json_object_set_new(v, key, member);
}

static json_t *
js_oid(const struct msg_oid *oid)
{
	char text[OID_ARCS_MAX * 11];

	return json_string(snmp_profile_oid_text(text, sizeof(text), oid));
}

static json_t *
view_head(const struct snmp_profile *p)
{
	json_t *v = json_object(), *match = json_array(), *include = json_array();

	for (uint8_t i = 0; i < p->head.nmatches; i++)
		json_array_append_new(match, js_oid(&p->head.match[i]));
	for (uint8_t i = 0; i < p->head.nincludes; i++)
		json_array_append_new(include, json_string(p->head.include[i]));
	set(v, "name", json_string(p->head.name));
	set(v, "help", js_name(p->head.help));
	set(v, "match", match);
	set(v, "include", include);
	return v;
}

static json_t *
view_table(const struct msg_profile_table *t)
{
	json_t *v = json_object();

	set(v, "name", json_string(t->name));
	set(v, "help", js_name(t->help));
	set(v, "entry", js_oid(&t->entry));
	set(v, "scalar", json_boolean(t->scalar));
	set(v, "label", json_integer(t->label));
	set(v, "port", json_string(snmp_profile_port_words[t->port]));
	set(v, "rows", json_string(t->of_ports ? "ports" : ""));
	set(v, "every_s", json_integer(t->every_s));
	set(v, "rows_max", json_integer(t->rows_max));
	return v;
}

static json_t *
js_limit(double limit)
{
	return fabs(limit) < PROFILE_NO_LIMIT ? js_number(limit) : json_null();
}

static json_t *
view_value(const struct snmp_profile *p, const struct msg_profile_value *m)
{
	json_t *v = json_object();

	set(v, "table", json_string(p->table[m->table].name));
	set(v, "name", json_string(m->name));
	set(v, "help", js_name(m->help));
	set(v, "column", json_integer(m->column));
	set(v, "type", json_string(snmp_profile_type_words[m->type]));
	set(v, "unit", js_name(snmp_profile_unit(m->name)));
	set(v, "factor", js_number(m->factor));
	set(v, "offset", js_number(m->offset));
	set(v, "host", js_name(snmp_profile_host_words[m->host]));
	set(v, "low_warn", js_limit(m->limits.low_warn));
	set(v, "low_crit", js_limit(m->limits.low_crit));
	set(v, "high_warn", js_limit(m->limits.high_warn));
	set(v, "high_crit", js_limit(m->limits.high_crit));
	return v;
}

/* Those in the inventory that name it; which others it matches only they themselves say. */
static size_t
devices_named(const struct core *c, const char *profile)
{
	size_t n = 0;

	for (size_t i = 0; c->inv != NULL && i < c->inv->ndevices; i++)
		n += strcmp(c->inv->device[i]->profile, profile) == 0;
	return n;
}

static void
answer_all(struct client *cl, const struct request *r)
{
	const struct core *c = cl->ctl->core;
	json_t		  *items = json_array();

	for (size_t i = 0; c->profiles != NULL && i < c->profiles->n; i++) {
		const struct snmp_profile *p = c->profiles->v[i];
		json_t			  *v = view_head(p);

		set(v, "tables", json_integer((json_int_t)p->ntables));
		set(v, "values", json_integer((json_int_t)p->nvalues));
		set(v, "devices", json_integer((json_int_t)devices_named(c, p->head.name)));
		json_array_append_new(items, v);
	}
	client_answer(cl, r->id, json_pack("{s:o}", "items", items));
}

static const struct snmp_profile *
find_or_refuse(struct client *cl, const struct request *r, const char *name)
{
	const struct snmp_profiles *set = cl->ctl->core->profiles;
	const struct snmp_profile  *p = set != NULL ? snmp_profile_find(set, name) : NULL;
	const char		   *near = set != NULL ? snmp_profile_nearest(set, name) : NULL;
	char			    visible[64];

	if (p != NULL)
		return p;
	text_visible(visible, sizeof(visible), name, strlen(name));
	client_refuse_with(cl, r->id, "not_found", json_pack("{s:o}", "nearest", js_name(near != NULL ? near : "")),
	    "there is no profile \"%s\"", visible);
	return NULL;
}

void
op_profiles(struct client *cl, const struct request *r, const struct actor *who)
{
	const char		  *name = request_text(r, "profile");
	const struct snmp_profile *p;
	json_t			  *v, *tables, *values;

	(void)who;
	if (name == NULL) {
		answer_all(cl, r);
		return;
	}
	if ((p = find_or_refuse(cl, r, name)) == NULL)
		return;
	v = view_head(p);
	tables = json_array();
	values = json_array();
	for (size_t i = 0; i < p->ntables; i++)
		json_array_append_new(tables, view_table(&p->table[i]));
	for (size_t i = 0; i < p->nvalues; i++)
		json_array_append_new(values, view_value(p, &p->value[i]));
	set(v, "tables", tables);
	set(v, "values", values);
	client_answer(cl, r->id, v);
}

/* ---- one tried on a device ---- */

#define TESTED_BYTES (700 * 1024)	/* of an answer of 1 MiB; a byte of a text may become six */

struct trial_call {
	struct call call;
	uint32_t    token;	/* 0: nothing to wait for any more */
	json_t	   *tables, *values;
	size_t	    bytes;	/* of the values, about */
	bool	    cut;	/* there were more than an answer holds */
};

static void
trial_call_free(struct call *call)
{
	struct trial_call *t = (struct trial_call *)call;

	if (t->token != 0)
		core_trial_forget(call->client->ctl->core, t->token);
	json_decref(t->tables);
	json_decref(t->values);
	free(t);
}

static json_t *
view_tested(const struct msg_profile_tested *m)
{
	const char	  *value = m->name + strcspn(m->name, "/"), *label;
	struct sensor_live s = { .type = m->type, .value = m->known ? m->value : NAN, .limits = m->limits };
	char		   name[32];
	json_t		  *v = json_object();

	value += *value == '/';
	label = value + strcspn(value, "/");
	snprintf(name, sizeof(name), "%.*s", (int)(label - value), value);
	set(v, "table", js_text(m->table));
	set(v, "name", js_text(name));
	set(v, "label", js_name(label + (*label == '/')));
	set(v, "raw", js_text(m->raw));
	set(v, "value", js_number(s.value));
	set(v, "unit", js_name(snmp_profile_unit(name)));
	set(v, "state", json_string(m->left_out ? "left out" : sensor_state(&s, s.value)));
	set(v, "port", js_name(m->port));
	set(v, "why", js_name(m->why));
	return v;
}

static void
on_trial(void *arg, const struct msg_profile_tested *m, const struct msg_profile_test_end *end)
{
	struct trial_call *t = arg;
	struct client	  *cl = t->call.client;

	if (m != NULL && m->name[0] == '\0') {
		json_array_append_new(t->tables, json_pack("{s:o, s:o}", "table", js_text(m->table), "text",
		    js_text(m->why)));
		return;
	}
	if (m != NULL) {
		t->bytes += 200 + 6 * (strlen(m->table) + strlen(m->name) + strlen(m->raw) + strlen(m->port) + strlen(m->why));
		t->cut |= t->bytes > TESTED_BYTES;
		if (!t->cut)
			json_array_append_new(t->values, view_tested(m));
		return;
	}
	t->token = 0;
	if (end == NULL)
		client_refuse(cl, t->call.id, "busy", "the measuring process has not answered; it may have ended meanwhile");
	else if (end->profile[0] == '\0')
		client_refuse(cl, t->call.id, "conflict", "%s", end->error);
	else
		client_answer(cl, t->call.id, json_pack("{s:s, s:o, s:O, s:O, s:b}", "profile", end->profile, "error",
		    js_name(end->error), "tables", t->tables, "values", t->values, "cut", t->cut));
	call_end(&t->call);
}

/* A device is walked for up to a minute, so it is written down who wanted that. */
void
op_profile_test(struct client *cl, const struct request *r, const struct actor *who)
{
	const char	  *name = request_text(r, "object"), *profile = request_text(r, "profile");
	struct trial_call *t;
	struct object	   o;

	if (profile != NULL && find_or_refuse(cl, r, profile) == NULL)
		return;
	if (object_find(cl->ctl->core, name, &o) == -1 || o.kind != OBJECT_DEVICE) {
		op_not_found(cl, r, name);
		return;
	}
	if (op_audit(cl, who, "profile_test", o.device->live.ref,
	    json_pack("{s:o}", "profile", js_name(profile != NULL ? profile : ""))) == -1) {
		client_refuse(cl, r->id, "internal", "the ledger could not be written; the engine's log says why");
		return;
	}
	t = xcalloc(1, sizeof(*t));
	t->tables = json_array();
	t->values = json_array();
	t->call.free = trial_call_free;
	call_open(&t->call, cl, r->id);
	t->token = core_trial(cl->ctl->core, o.device, profile != NULL ? profile : "", on_trial, t);
	if (t->token != 0)
		return;
	client_refuse(cl, r->id, "busy", "the instance that measures this device is away; try again in a second");
	call_end(&t->call);
}
