/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.c: what the others are told: measure gets its targets, store the objects that have series,
 * publish its broker. A plan is always sent whole; who gets it finds out what changed and leaves the rest
 * alone.
 */
#include "core/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/ports.h"
#include "core/private.h"
#include "core/traffic.h"
#include "core/traps.h"
#include "live/counters.h"
#include "live/service.h"
#include "model/snmp_profile.h"
#include "model/apps.h"
#include "config.h"

#define INSTANCE_DEFAULT "main"
#define MIB		 (1024ull * 1024)
#define GIB		 (1024ull * MIB)

struct measure_peer *
core_measure_of(struct core *c, const char *via)
{
	const char *name = *via != '\0' ? via : INSTANCE_DEFAULT;
	size_t	    k;

	for (k = 0; k < c->nmeasure; k++)
		if (strcmp(c->measure[k].name, name) == 0)
			return &c->measure[k];
	return NULL;
}

struct measure_peer *
core_measure_of_service(struct core *c, const struct service *s)
{
	char apps[INSTANCE_NAME_MAX];

	return core_measure_of(c, instance_apps(apps, *s->via != '\0' ? s->via : INSTANCE_DEFAULT));
}

static bool
is_listed(const struct conf *conf, const struct measure_peer *m)
{
	char   path[80], apps[INSTANCE_NAME_MAX];
	size_t k;

	for (k = 0; k < conf_count(conf, "measure"); k++) {
		snprintf(path, sizeof(path), "measure[%zu].name", k);
		if (strcmp(conf_text(conf, path), m->name) == 0 ||
		    strcmp(instance_apps(apps, conf_text(conf, path)), m->name) == 0)
			return true;
	}
	return false;
}

void
plan_forget_measure(struct core *c)
{
	size_t k, n = 0;

	if (c->conf == NULL)
		return;
	for (k = 0; k < c->nmeasure; k++)
		if (c->measure[k].ch != NULL || is_listed(c->conf, &c->measure[k]))
			c->measure[n++] = c->measure[k];
	for (k = n; k < c->nmeasure; k++)
		c->measure[k] = (struct measure_peer){ 0 };
	c->nmeasure = n;
}

static bool
is_measured(enum life life, const char *via, const struct measure_peer *m)
{
	return (life == LIFE_LIVE || life == LIFE_BUILDING) &&
	    strcmp(*via != '\0' ? via : INSTANCE_DEFAULT, m->name) == 0;
}

static bool
measures_link(const struct measure_peer *m, const struct link *l)
{
	return link_is_probed(l) && is_measured(l->life, l->via, m);
}

static bool
measures_device(const struct measure_peer *m, const struct device *d)
{
	return d->address.family != 0 && is_measured(d->life, d->via, m);
}

static void
send_link(struct core *c, struct measure_peer *m, const struct link_live *l)
{
	const struct line_probe *set = link_settings_of(&c->set, l->link);
	struct msg_target	 t = {
		.kind = TARGET_PROBE,
		.number = l->number,
		.address = l->link->address,
		.interval_ms = (uint32_t)(set->interval_ns / NS_PER_MS),
		.timeout_ms = set->timeout_ms,
		.port = l->link->probe.port != 0 ? l->link->probe.port : set->port,
		.source = l->link->source,
	};

	text_copy(t.ref, sizeof(t.ref), l->live.ref);
	text_copy(t.method, sizeof(t.method), link_probe_of(&c->set, l->link)->name);
	text_copy(t.interface, sizeof(t.interface), l->link->interface);
	text_copy(t.credential, sizeof(t.credential), l->link->credential);
	msg_target_send(m->ch, IPC_TARGET, 0, &t, -1);
}

static bool
measures_service(struct core *c, const struct measure_peer *m, const struct service *s)
{
	return service_is_asked(s) && core_measure_of_service(c, s) == m;
}

static void
send_service(struct core *c, struct measure_peer *m, const struct service_live *s)
{
	struct msg_target_words words = { .number = s->number };
	struct msg_target	t = {
		.kind = TARGET_PROBE,
		.number = s->number,
		.interval_ms = service_interval_s(c->conf, s->service) * 1000,
		.timeout_ms = service_timeout_ms(c->conf, s->service),
	};

	text_copy(t.ref, sizeof(t.ref), s->live.ref);
	text_copy(t.method, sizeof(t.method), s->service->kind);
	text_copy(t.credential, sizeof(t.credential), s->service->credential);
	text_copy(words.ask, sizeof(words.ask), s->service->target);
	service_expect(s->service->expect, words.expect);
	msg_target_send(m->ch, IPC_TARGET, 0, &t, -1);
	msg_target_words_send(m->ch, IPC_TARGET_WORDS, 0, &words, -1);
}

/* One that has gone, or that is asked about, goes without a name: it is unknown, and its link with it. */
static void
send_port(struct measure_peer *m, const struct device_live *d, const struct port_live *p)
{
	struct msg_port msg = { .device = d->number, .number = p->number, .link = p->link };

	if (p->number == 0 || p->state == PORT_RETIRED)
		return;
	if (p->state == PORT_HERE)
		text_copy(msg.name, sizeof(msg.name), p->id.name);
	msg_port_send(m->ch, IPC_PORT, 0, &msg, -1);
}

static void
send_sensor(struct measure_peer *m, const struct device_live *d, const struct sensor_live *s)
{
	struct msg_sensor msg = { .device = d->number, .number = s->number };

	text_copy(msg.name, sizeof(msg.name), s->name);
	msg_sensor_send(m->ch, IPC_SENSOR, 0, &msg, -1);
}

/* Before all targets: a device is measured by what is in force with it. */
static void
send_profiles(struct core *c, struct measure_peer *m)
{
	size_t k, i;

	for (k = 0; c->profiles != NULL && k < c->profiles->n; k++) {
		const struct snmp_profile *p = c->profiles->v[k];

		msg_profile_send(m->ch, IPC_PROFILE, 0, &p->head, -1);
		for (i = 0; i < p->ntables; i++)
			msg_profile_table_send(m->ch, IPC_PROFILE_TABLE, 0, &p->table[i], -1);
		for (i = 0; i < p->nvalues; i++)
			msg_profile_value_send(m->ch, IPC_PROFILE_VALUE, 0, &p->value[i], -1);
	}
}

static void
send_device(struct core *c, struct measure_peer *m, const struct device_live *d)
{
	const struct port_live	 *p;
	const struct sensor_live *s;
	struct msg_target	  t = {
		.kind = TARGET_SNMP,
		.number = d->number,
		.address = d->device->address,
		.port = d->device->port,
		.interval_ms = d->device->interval_s != 0 ? d->device->interval_s * 1000 :
		    (uint32_t)(c->set.snmp_interval_ns / NS_PER_MS),
		.timeout_ms = c->set.snmp_timeout_ms,
	};

	text_copy(t.ref, sizeof(t.ref), d->live.ref);
	text_copy(t.method, sizeof(t.method), d->device->version);
	text_copy(t.credential, sizeof(t.credential), d->device->credential);
	text_copy(t.profile, sizeof(t.profile), d->device->profile);
	msg_target_send(m->ch, IPC_TARGET, 0, &t, -1);
	for (p = d->ports; p != NULL; p = p->next)
		send_port(m, d, p);
	for (s = d->sensors; s != NULL; s = s->next)
		if (s->number != 0)
			send_sensor(m, d, s);
}

/* A plan of which a part found no room is none: whoever waits for its end goes on with the last one. */
static bool
is_cut(struct core *c, const struct ipc_channel *ch, uint64_t dropped)
{
	if (ipc_dropped(ch) == dropped)
		return false;
	core_counter(c, "core/plans.cut")->value++;
	log_warnx("%s: the plan has no room in the queue; the last one stays in force", ipc_peer(ch));
	return true;
}

void
plan_send_measure(struct core *c, struct measure_peer *m)
{
	struct msg_plan plan = { .generation = ++c->priv->generation };
	uint64_t	dropped = ipc_dropped(m->ch);
	size_t		k;

	if (m->ch == NULL || c->inv == NULL)
		return;
	core_ports_bind(c);
	for (k = 0; k < c->inv->nlinks; k++)
		plan.targets += measures_link(m, c->inv->link[k]);
	for (k = 0; k < c->inv->ndevices; k++)
		plan.targets += measures_device(m, c->inv->device[k]);
	for (k = 0; k < c->inv->nservices; k++)
		plan.targets += measures_service(c, m, c->inv->service[k]);

	msg_plan_send(m->ch, IPC_PLAN_BEGIN, 0, &plan, -1);
	if (!instance_is_apps(m->name))
		send_profiles(c, m);
	for (k = 0; k < c->inv->nlinks; k++)
		if (measures_link(m, c->inv->link[k]))
			send_link(c, m, c->link[k]);
	for (k = 0; k < c->inv->ndevices; k++)
		if (measures_device(m, c->inv->device[k]))
			send_device(c, m, c->device[k]);
	for (k = 0; k < c->inv->nservices; k++)
		if (measures_service(c, m, c->inv->service[k]))
			send_service(c, m, c->service[k]);
	if (is_cut(c, m->ch, dropped))
		return;
	msg_plan_send(m->ch, IPC_PLAN_END, 0, &plan, -1);
	m->generation = plan.generation;
}

/* ---- store ---- */

static uint64_t
journal_max(const struct core *c, const char *profile)
{
	uint64_t mib = (uint64_t)conf_int(c->conf, "store.journal_max_mib");

	if (mib != 0)
		return mib * MIB;
	return strcmp(profile, "small") == 0 ? 2 * GIB : strcmp(profile, "city") == 0 ? 20 * GIB : 64 * GIB;
}

void
plan_add_series(struct core *c, uint32_t number, const char *ref)
{
	struct msg_series_plan plan = { .op = SERIES_PLAN_ADD, .number = number };

	text_copy(plan.ref, sizeof(plan.ref), ref);
	msg_series_plan_send(c->store, IPC_SERIES_PLAN, 0, &plan, -1);
}

/* A line has a series once it is, or was, in operation; also without an address: a port may carry it. */
void
plan_send_store(struct core *c)
{
	struct msg_series_plan	begin = { .op = SERIES_PLAN_BEGIN, .boot = ledger_boot(c->ledger) };
	struct msg_series_plan	end = { .op = SERIES_PLAN_END };
	const struct port_live *p;
	const struct sensor_live *s;
	uint64_t		dropped = ipc_dropped(c->store);
	char			ref[REF_MAX];
	size_t			k;

	if (c->store == NULL || c->inv == NULL)
		return;
	text_copy(begin.profile, sizeof(begin.profile), conf_text(c->conf, "store.profile"));
	begin.flush_s = (uint32_t)conf_int(c->conf, "store.flush_s");
	begin.journal_keep_s = (uint32_t)conf_int(c->conf, "store.journal_keep_s");
	begin.journal_max = journal_max(c, begin.profile);
	msg_series_plan_send(c->store, IPC_SERIES_PLAN, 0, &begin, -1);
	for (k = 0; k < c->inv->nlinks; k++)
		if (c->link[k]->link->life != LIFE_PLANNED)
			plan_add_series(c, c->link[k]->number, c->link[k]->live.ref);
	for (k = 0; k < c->inv->nsites; k++) {
		snprintf(ref, sizeof(ref), "traffic/%s", c->inv->site[k]->id);
		if (c->site[k]->traffic != 0)
			plan_add_series(c, c->site[k]->traffic, ref);
	}
	for (k = 0; k < c->inv->ndevices; k++) {
		const struct device_live *d = c->device[k];

		snprintf(ref, sizeof(ref), "host/%s", d->device->id);
		if (d->device->life != LIFE_PLANNED)
			plan_add_series(c, d->number, ref);
		for (p = d->ports; p != NULL; p = p->next)
			if (p->number != 0)
				plan_add_series(c, p->number, p->ref);
		for (s = d->sensors; s != NULL; s = s->next)
			if (s->number != 0)
				plan_add_series(c, s->number, s->ref);
	}
	for (k = 0; k < c->inv->nservices; k++)
		if (c->service[k]->service->life != LIFE_PLANNED)
			plan_add_series(c, c->service[k]->number, c->service[k]->live.ref);
	if (!is_cut(c, c->store, dropped))
		msg_series_plan_send(c->store, IPC_SERIES_PLAN, 0, &end, -1);
}

/* ---- publish ---- */

void
plan_send_publish(struct core *c)
{
	struct msg_broker_plan b = { .boot = ledger_boot(c->ledger), .seq = ledger_event_told(c->ledger) };

	if (c->publish == NULL || c->conf == NULL)
		return;
	b.enabled = conf_bool(c->conf, "mqtt.enabled");
	text_copy(b.host, sizeof(b.host), conf_text(c->conf, "mqtt.host"));
	b.port = (uint16_t)conf_int(c->conf, "mqtt.port");
	text_copy(b.ns, sizeof(b.ns), c->set.ns);
	text_copy(b.node, sizeof(b.node), c->set.node);
	text_copy(b.username, sizeof(b.username), conf_text(c->conf, "mqtt.username"));
	text_copy(b.password_file, sizeof(b.password_file), conf_text(c->conf, "mqtt.password_file"));
	text_copy(b.ca_file, sizeof(b.ca_file), conf_text(c->conf, "mqtt.ca_file"));
	text_copy(b.version, sizeof(b.version), PACKAGE_VERSION);
	b.window = (uint32_t)conf_int(c->conf, "mqtt.window");
	msg_broker_plan_send(c->publish, IPC_BROKER_PLAN, 0, &b, -1);
}

void
plan_send_all(struct core *c)
{
	size_t k;

	plan_send_store(c);
	plan_send_publish(c);
	traps_plan_send(c);
	traffic_plan_send(c);
	plan_forget_measure(c);
	for (k = 0; k < c->nmeasure; k++)
		plan_send_measure(c, &c->measure[k]);
}
