/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_engine.c: hello, status, metrics, audit: about the engine itself. */
#include "ctl/client.h"

#include "config.h"

#include "ctl/js.h"
#include "core/traffic.h"
#include "core/traps.h"
#include "live/counters.h"
#include "live/core.h"

#define SOCKET_VERSION 1

static const char *
namespace_of(const struct core *c)
{
	return c->set.ns;
}

void
op_hello(struct client *cl, const struct request *r, const struct actor *who)
{
	const struct core *c = cl->ctl->core;

	client_answer(cl, r->id, json_pack("{s:s, s:i, s:o, s:I, s:s}", "engine", PACKAGE_VERSION, "socket",
	    SOCKET_VERSION, "ns", js_name(namespace_of(c)), "boot", (json_int_t)ledger_boot(c->ledger),
	    "role", ctl_role_names[who->role]));
}

/* {"ok":58,"degraded":0, ...} from counts in the order of names. */
static json_t *
counts(const char *const *names, const unsigned *n)
{
	json_t *v = json_object();
	size_t	i;

	for (i = 0; names[i] != NULL; i++)
		json_object_set_new(v, names[i], json_integer(n[i]));
	return v;
}

static json_t *
site_counts(const struct core *c)
{
	unsigned n[SITE_STATES] = { 0 };
	size_t	 i;

	for (i = 0; c->inv != NULL && i < c->inv->nsites; i++)
		n[c->site[i]->state]++;
	return counts(site_state_names, n);
}

static json_t *
link_counts(const struct core *c)
{
	unsigned n[LINK_STATES] = { 0 };
	size_t	 i;

	for (i = 0; c->inv != NULL && i < c->inv->nlinks; i++)
		n[c->link[i]->state]++;
	return counts(link_state_names, n);
}

static json_t *
device_counts(const struct core *c)
{
	unsigned n[DEVICE_STATES] = { 0 };
	size_t	 i;

	for (i = 0; c->inv != NULL && i < c->inv->ndevices; i++)
		n[c->device[i]->state]++;
	return counts(device_state_names, n);
}

static json_t *
service_counts(const struct core *c)
{
	unsigned n[SERVICE_STATES] = { 0 };
	size_t	 i;

	for (i = 0; c->inv != NULL && i < c->inv->nservices; i++)
		n[c->service[i]->state]++;
	return counts(service_state_names, n);
}

static json_t *
incident_counts(const struct core *c)
{
	const struct incident *i;
	unsigned	       open = 0, pending = 0, acked = 0;

	for (i = c->incidents; i != NULL; i = i->next) {
		open += i->row.status == INCIDENT_OPEN;
		pending += i->row.status == INCIDENT_PENDING;
		acked += i->row.status == INCIDENT_OPEN && i->row.ack_ns != 0;
	}
	return json_pack("{s:i, s:i, s:i}", "open", (int)open, "acked", (int)acked, "pending", (int)pending);
}

static json_t *
processes(const struct core *c)
{
	json_t *list = json_array();
	size_t	i;

	for (i = 0; i < c->nmeasure; i++)
		json_array_append_new(list, json_pack("{s:o, s:b}", "name",
		    json_sprintf("measure %s", c->measure[i].name), "connected", c->measure[i].ch != NULL));
	json_array_append_new(list, json_pack("{s:s, s:b}", "name", "store", "connected", c->store != NULL));
	json_array_append_new(list, json_pack("{s:s, s:b}", "name", "publish", "connected",
	    c->publish != NULL));
	if (c->trap != NULL || core_traps(c)->state.listens[0] != '\0')	/* else nobody listens */
		json_array_append_new(list, json_pack("{s:s, s:b}", "name", "trap", "connected",
		    c->trap != NULL));
	if (c->capture != NULL || core_traffic(c)->state.interface[0] != '\0')
		json_array_append_new(list, json_pack("{s:s, s:b}", "name", "capture", "connected",
		    c->capture != NULL));
	return list;
}

void
op_status(struct client *cl, const struct request *r, const struct actor *who)
{
	const struct core *c = cl->ctl->core;
	json_t		  *v = json_object();

	(void)who;
	json_object_set_new(v, "engine", json_string(PACKAGE_VERSION));
	json_object_set_new(v, "ns", js_name(namespace_of(c)));
	json_object_set_new(v, "boot", json_integer(ledger_boot(c->ledger)));
	json_object_set_new(v, "now", js_time(loop_wall_ns(cl->ctl->loop)));
	json_object_set_new(v, "started", js_time(c->started_ns));
	json_object_set_new(v, "loaded", js_time(c->loaded_ns));
	json_object_set_new(v, "seq", json_integer((json_int_t)ledger_event_last(c->ledger)));
	json_object_set_new(v, "sites", site_counts(c));
	json_object_set_new(v, "links", link_counts(c));
	json_object_set_new(v, "devices", device_counts(c));
	json_object_set_new(v, "services", service_counts(c));
	json_object_set_new(v, "incidents", incident_counts(c));
	json_object_set_new(v, "store", json_pack("{s:b, s:o, s:I, s:I}", "ok", c->store_ok, "text",
	    js_name(c->store_text), "durable_seq", (json_int_t)c->durable_seq, "durable_records",
	    (json_int_t)c->durable_records));
	json_object_set_new(v, "broker", json_pack("{s:b, s:b, s:o, s:I}", "connected",
	    c->broker_connected, "refuses", c->broker_refuses, "text", js_name(c->broker_text), "outbox",
	    (json_int_t)ledger_outbox_count(c->ledger)));
	json_object_set_new(v, "ledger", json_pack("{s:b}", "ok", c->ledger_ok));
	json_object_set_new(v, "config", json_pack("{s:b, s:o, s:o}", "ok", c->refused_ns == 0, "refused",
	    js_time(c->refused_ns), "error", c->refused_ns != 0 ? js_name(c->refused_text) : json_null()));
	json_object_set_new(v, "processes", processes(c));
	client_answer(cl, r->id, v);
}

void
op_metrics(struct client *cl, const struct request *r, const struct actor *who)
{
	const struct core	  *c = cl->ctl->core;
	const struct core_counter *n;
	json_t			  *list = json_object();
	size_t			   at = 0;

	(void)who;
	while ((n = map_next(c->counters, &at)) != NULL)
		json_object_set_new(list, n->name, js_u64_text(n->value));
	client_answer(cl, r->id, json_pack("{s:o}", "counters", list));
}

void
op_audit_verify(struct client *cl, const struct request *r, const struct actor *who)
{
	uint64_t bad;
	int64_t	 n = ledger_audit_verify(cl->ctl->core->ledger, &bad);

	(void)who;
	client_answer(cl, r->id, json_pack("{s:b, s:I, s:o}", "whole", n >= 0, "entries",
	    (json_int_t)(n >= 0 ? n : (int64_t)bad - 1), "bad",
	    n >= 0 ? json_null() : json_integer((json_int_t)bad)));
}
