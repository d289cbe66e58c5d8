/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view.c: see view.h. Text of people and devices passes js_text(); what is not known is null, never 0. */
#include "ctl/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/js.h"
#include "live/service.h"
#include "model/snmp_profile.h"

static void
set(json_t *v, const char *key, json_t *member)
{
	json_object_set_new(v, key, member);
}

static json_t *
incident_or_null(const struct incident *i)
{
	return i != NULL && i->row.id != 0 ? json_sprintf("inc-%" PRIu64, i->row.id) : json_null();
}

static json_t *
site_lines(const struct site_live *s)
{
	json_t *lines = json_array();
	size_t	i;

	for (i = 0; i < s->nlinks; i++)
		json_array_append_new(lines, json_pack("{s:s, s:s, s:s}", "id", s->link[i]->link->id,
		    "role", link_role_names[s->link[i]->link->role], "state",
		    link_state_names[s->link[i]->state]));
	return lines;
}

static json_t *
site_services(const struct site_live *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nservices; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "id", s->service[i]->service->id, "kind",
		    s->service[i]->service->kind, "state", service_state_names[s->service[i]->state], "code",
		    service_state_code(s->service[i]->state)));
	return list;
}

json_t *
view_site(const struct site_live *s)
{
	json_t *v = json_object();

	set(v, "id", json_string(s->site->id));
	set(v, "name", js_text(s->site->name));
	set(v, "short", js_name(s->site->short_name));
	set(v, "state", json_string(site_state_names[s->state]));
	set(v, "code", json_string(site_state_code(s->state)));
	set(v, "since", js_time(s->live.since_ns));
	set(v, "kind", js_name(s->site->kind));
	set(v, "district", js_name(s->site->district));
	set(v, "class", json_string(site_class_names[s->site->class]));
	set(v, "life", json_string(life_names[s->site->life]));
	set(v, "links", site_lines(s));
	set(v, "services", site_services(s));
	set(v, "passes", json_integer((json_int_t)s->nchildren));
	set(v, "incident", incident_or_null(site_incident(s)));
	return v;
}

/* What the probe of a line says beside its results; NULL when that is nothing. */
static json_t *
link_facts(const struct link_live *l)
{
	json_t *facts = l->nfacts > 0 ? json_object() : NULL;
	size_t	i;

	for (i = 0; i < l->nfacts; i++)
		set(facts, l->fact[i].name,
		    l->fact[i].text[0] != '\0' ? js_text(l->fact[i].text) : js_number(l->fact[i].value));
	return facts;
}

json_t *
view_link(const struct link_live *l)
{
	char	address[ADDR_TEXT_MAX];
	json_t *v = json_object();

	set(v, "id", json_string(l->link->id));
	set(v, "site", json_string(l->site->site->id));
	set(v, "site_name", js_text(l->site->site->name));
	set(v, "role", json_string(link_role_names[l->link->role]));
	set(v, "provider", js_name(l->link->provider));
	set(v, "product", js_name(l->link->product));
	set(v, "address", l->link->address.family != 0 ? json_string(addr_text(&l->link->address, address)) :
	    json_null());
	set(v, "parent", l->parent != NULL ? json_string(l->parent->site->id) : json_null());
	set(v, "state", json_string(link_state_names[l->state]));
	set(v, "code", json_string(link_state_code(l->state)));
	set(v, "since", js_time(l->live.since_ns));
	set(v, "life", json_string(life_names[l->link->life]));
	set(v, "last", js_time(l->rounds.last_ns));
	set(v, "proven", js_time(l->proven_ns));
	set(v, "rtt_s", js_number(l->rtt_s));
	set(v, "loss_ratio", js_number(l->loss_ratio));
	set(v, "mos", js_number(link_mos(l)));
	set(v, "rx_bps", js_number(l->rx_bps));
	set(v, "tx_bps", js_number(l->tx_bps));
	set(v, "down_bps", js_number(l->link->down_bps));
	set(v, "up_bps", js_number(l->link->up_bps));
	set(v, "use_ratio", js_number(link_use_ratio(l)));
	set(v, "capacity", view_capacity(l));
	set(v, "committed", json_boolean(l->link->kind == LINK_COMMITTED));
	set(v, "incident", incident_or_null(link_incident(l)));
	set(v, "facts", link_facts(l));
	return v;
}

#define TARGET_SHOWN 200	/* in lists: a page of the longest must fit into a line */

static json_t *
service_facts(const struct service_live *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nfacts; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", s->fact[i].name, "value",
		    js_number(s->fact[i].value), "text", js_name(s->fact[i].text)));
	return list;
}

json_t *
view_service(const struct service_live *s)
{
	const struct service	  *row = s->service;
	const struct service_fact *cert = service_fact(s, "cert_days");
	const char		  *why = s->rounds.say == ROUNDS_DOWN ? s->reason : s->worry_why;
	json_t			  *v = json_object();
	char			   target[TARGET_SHOWN];

	set(v, "id", json_string(row->id));
	set(v, "site", json_string(s->site->site->id));
	set(v, "site_name", js_text(s->site->site->name));
	set(v, "kind", json_string(row->kind));
	set(v, "target", js_name(text_copy(target, sizeof(target), row->target) == -1 ? target : row->target));
	set(v, "class", json_string(site_class_names[row->class]));
	set(v, "owner", js_name(row->owner));
	set(v, "depends", js_name(row->depends));
	set(v, "via", js_name(row->via));
	set(v, "state", json_string(service_state_names[s->state]));
	set(v, "code", json_string(service_state_code(s->state)));
	set(v, "since", js_time(s->live.since_ns));
	set(v, "life", json_string(life_names[row->life]));
	set(v, "last", js_time(s->rounds.last_ns));
	set(v, "interval_s", json_integer((json_int_t)(s->rule.interval_ns / NS_PER_S)));
	set(v, "total_s", js_number(s->total_s));
	set(v, "ttfb_s", js_number(s->ttfb_s));
	set(v, "cert_days", cert != NULL ? js_number(cert->value) : json_null());
	set(v, "reason", js_name(s->why[0] != '\0' ? s->why : why));
	set(v, "incident", incident_or_null(service_incident(s)));
	return v;
}

json_t *
view_service_whole(const struct service_live *s)
{
	json_t *v = view_service(s);

	set(v, "target", js_name(s->service->target));
	set(v, "expect", js_name(s->service->expect));
	set(v, "facts", service_facts(s));
	return v;
}

const char *
device_state_code(enum device_state s)
{
	static const char *const codes[DEVICE_STATES] = { "unknown", "ok", "warn" };

	return codes[s];
}

json_t *
view_device(const struct device_live *d)
{
	char	address[ADDR_TEXT_MAX];
	json_t *v = json_object();

	set(v, "id", json_string(d->device->id));
	set(v, "site", json_string(d->site->site->id));
	set(v, "site_name", js_text(d->site->site->name));
	set(v, "kind", js_name(d->device->kind));
	set(v, "profile", js_name(d->device->profile));
	set(v, "address", json_string(addr_text(&d->device->address, address)));
	set(v, "name", js_name(d->sysname));
	set(v, "state", json_string(device_state_names[d->state]));
	set(v, "code", json_string(device_state_code(d->state)));
	set(v, "since", js_time(d->live.since_ns));
	set(v, "life", json_string(life_names[d->device->life]));
	set(v, "reason", d->state != DEVICE_ANSWERING ? js_name(d->reason) : json_null());
	return v;
}

static const char *
type_word(const struct sensor_live *s)
{
	return s->type < PROFILE_TYPES ? snmp_profile_type_words[s->type] : "gauge";
}

#define SENSORS_BYTES (700 * 1024)

/* "optical/rx_power_dbm/sfp1": table, value, label. */
static json_t *
view_sensor(const struct sensor_live *s, int64_t wall_ns)
{
	double	    known = sensor_value(s, wall_ns);
	size_t	    table = strcspn(s->name, "/");
	const char *value = s->name + table + 1, *label = value + strcspn(value, "/");
	char	    value_name[32];
	json_t	   *v = json_object();

	snprintf(value_name, sizeof(value_name), "%.*s", (int)(label - value), value);
	set(v, "ref", json_sprintf("%s/value", s->ref));
	set(v, "table", json_stringn(s->name, table));
	set(v, "name", json_string(value_name));
	set(v, "label", js_name(label + (*label == '/')));
	set(v, "help", js_name(s->help));
	set(v, "type", json_string(type_word(s)));
	set(v, "value", js_number(known));
	set(v, "unit", js_name(snmp_profile_unit(value_name)));
	set(v, "state", json_string(sensor_state(s, known)));
	set(v, "port", js_name(s->port));
	set(v, "t", js_time(s->value_ns));
	return v;
}

/* As many as an answer holds, whatever the device calls them: each byte of a name may become six. */
json_t *
view_sensors(const struct core *c, const struct device_live *d, bool *cut)
{
	const struct sensor_live *s;
	json_t			 *list = json_array();
	size_t			  bytes = 0;

	for (s = d->sensors; s != NULL && bytes < SENSORS_BYTES; s = s->next) {
		json_array_append_new(list, view_sensor(s, loop_wall_ns(c->loop)));
		bytes += 300 + strlen(s->ref) + strlen(s->help) + 6 * (strlen(s->name) + (s->port != NULL ? strlen(s->port) : 0));
	}
	*cut = s != NULL;
	return list;
}

#define CANDIDATES_MAX 16	/* a person can tell no more apart; those of a device may be thousands */

static json_t *
view_question(const struct port_live *p)
{
	const struct port_live *other;
	json_t		       *v, *candidates;

	if (p->question == NULL || p->question->withdrawn)
		return json_null();
	v = json_object();
	candidates = json_array();
	for (other = p->device->ports; other != NULL; other = other->next) {
		if (json_array_size(candidates) == CANDIDATES_MAX)
			break;
		if (other->state == PORT_HERE && other->first_ns >= p->question->asked_ns)
			json_array_append_new(candidates, js_text(other->id.name));
	}
	set(v, "id", p->question->id != 0 ? json_integer((json_int_t)p->question->id) : json_null());
	set(v, "asked", js_time(p->question->asked_ns));
	set(v, "why", js_text(p->question->why));
	set(v, "candidates", candidates);
	return v;
}

json_t *
view_port(const struct core *c, const struct port_live *p)
{
	const struct link_live *l = p->link != 0 ? nmap_get(c->link_by_number, p->link) : NULL;
	char			mac[PORT_MAC_TEXT];
	json_t		       *v = json_object();

	set(v, "id", json_string(p->ref + strlen("port/")));
	set(v, "ref", json_string(p->ref));
	set(v, "device", json_string(p->device->device->id));
	set(v, "name", js_text(p->id.name));
	set(v, "alias", js_name(p->id.alias));
	set(v, "mac", js_name(port_mac_text(&p->id, mac)));
	set(v, "neighbour", js_name(p->id.neighbour));
	set(v, "if_type", p->id.if_type != 0 ? json_integer(p->id.if_type) : json_null());
	set(v, "if_index", p->id.if_index != 0 ? json_integer(p->id.if_index) : json_null());
	set(v, "state", json_string(port_state_names[p->state]));
	set(v, "since", js_time(p->since_ns));
	set(v, "first_seen", js_time(p->first_ns));
	set(v, "last_seen", js_time(p->last_ns));
	set(v, "link", l != NULL ? json_string(l->link->id) : json_null());
	set(v, "question", view_question(p));
	return v;
}

static json_t *
view_ack(const struct ledger_incident *i)
{
	json_t *v;

	if (i->ack_ns == 0)
		return json_null();
	v = json_object();
	set(v, "user", js_text(i->ack_user));
	set(v, "note", js_name(i->ack_note));
	set(v, "t", js_time(i->ack_ns));
	set(v, "until", js_time(i->ack_until_ns));
	return v;
}

json_t *
view_incident(const struct core *c, const struct ledger_incident *i)
{
	static const char *const status[] = { "pending", "open", "closed" };
	const struct incident	*live = core_incident(c, i->id);
	json_t			*v = json_object();

	set(v, "id", json_sprintf("inc-%" PRIu64, i->id));
	set(v, "status", json_string(status[i->status <= INCIDENT_CLOSED ? i->status : INCIDENT_CLOSED]));
	set(v, "version", json_integer(i->version));
	set(v, "kind", js_text(i->kind));
	set(v, "root", js_text(i->root));
	set(v, "severity", js_text(i->severity));
	set(v, "cause", js_text(i->cause));
	set(v, "opened", js_time(i->opened_ns));
	set(v, "closed", js_time(i->closed_ns));
	set(v, "site", live != NULL && live->site != NULL ? json_string(live->site->site->id) : json_null());
	set(v, "site_name", live != NULL && live->site != NULL ? js_text(live->site->site->name) :
	    json_null());
	set(v, "members", live != NULL ? json_integer((json_int_t)live->nmembers) : json_null());
	set(v, "ack", view_ack(i));
	return v;
}
