/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peers.c: what the other processes tell core, frame by frame (samples: samples.c; configuration: conf.c).
 */
#include "core/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/discover.h"
#include "core/link_facts.h"
#include "core/neighbours.h"
#include "core/ports.h"
#include "core/private.h"
#include "core/probe.h"
#include "core/recorder.h"
#include "core/samples.h"
#include "core/sensors.h"
#include "core/services.h"
#include "core/traffic.h"
#include "core/traps.h"
#include "core/trial.h"
#include "live/counters.h"

struct store_request {
	uint32_t	      token;
	core_store_fn	      cb;
	void		     *arg;
	struct store_request *next;
};

/* ---- from measure ---- */

static int
take_target_state(struct core *c, const struct ipc_msg *msg)
{
	struct msg_target_state st;
	struct device_live     *d;
	struct service_live    *s;

	if (msg_target_state_decode(&st, msg->data, msg->len) == -1)
		return -1;
	if ((d = nmap_get(c->device_by_number, st.number)) != NULL)
		device_state_changed(c, d, &st);
	else if ((s = nmap_get(c->service_by_number, st.number)) != NULL)
		core_service_state(c, s, &st);
	return 0;
}

static int
take_probe_fact(struct core *c, const struct ipc_msg *msg)
{
	struct msg_probe_fact f;

	if (msg_probe_fact_decode(&f, msg->data, msg->len) == -1)
		return -1;
	if (nmap_get(c->service_by_number, f.number) != NULL)
		core_service_fact(c, &f);
	else
		core_link_told(c, &f);
	return 0;
}

static int
take_port_found(struct core *c, const struct ipc_msg *msg)
{
	struct msg_port_found p;
	struct device_live   *d;

	if (msg_port_found_decode(&p, msg->data, msg->len) == -1)
		return -1;
	if ((d = nmap_get(c->device_by_number, p.device)) != NULL)
		core_port_found(d, &p);
	return 0;
}

static int
take_ports_end(struct core *c, const struct ipc_msg *msg)
{
	struct msg_ports_end m;
	struct device_live   *d;

	if (msg_ports_end_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((d = nmap_get(c->device_by_number, m.device)) != NULL)
		core_ports_end(c, d, &m);
	return 0;
}

static int
take_sensor_found(struct core *c, const struct ipc_msg *msg)
{
	struct msg_sensor_found m;
	struct device_live     *d;

	if (msg_sensor_found_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((d = nmap_get(c->device_by_number, m.device)) != NULL)
		core_sensor_found(c, d, &m);
	return 0;
}

static int
take_neighbour(struct core *c, const struct ipc_msg *msg)
{
	struct msg_neighbour n;
	struct device_live  *d;

	if (msg_neighbour_decode(&n, msg->data, msg->len) == -1)
		return -1;
	if ((d = nmap_get(c->device_by_number, n.device)) != NULL)
		core_neighbour(c, d, &n);
	return 0;
}

static int
take_probe_done(struct core *c, const struct ipc_msg *msg)
{
	struct msg_probe_done *d = xcalloc(1, sizeof(*d));	/* too big for the stack */
	int		       rc = msg_probe_done_decode(d, msg->data, msg->len);

	if (rc == 0)
		probe_done(c, msg->token, d);
	free(d);
	return rc;
}

/* ---- counters ---- */

void
peers_restarted(struct core *c, const char *process)
{
	event_raise(c, "engine.child_restarted", SEVERITY_WARNING, "engine/core", NULL,
	    document_note("process", process));
}

/* Our parent has restarted somebody whose channel does not tell us: ourselves. */
static void
note_own_restarts(struct core *c, const char *name, uint64_t value)
{
	if (strcmp(name, "parent/child.core.restarts") != 0 || value <= c->priv->core_restarts)
		return;
	c->priv->core_restarts = value;
	peers_restarted(c, "core");
}

static int
take_counters(struct core *c, const char *peer, const struct ipc_msg *msg)
{
	struct msg_counters *m = xcalloc(1, sizeof(*m));
	struct core_counter *k;
	char		     name[sizeof(k->name)];
	uint16_t	     i;
	int		     rc = msg_counters_decode(m, msg->data, msg->len);

	if (rc == 0)
		for (i = 0; i < m->n; i++) {
			snprintf(name, sizeof(name), "%s/%s", peer, m->c[i].name);
			if ((k = core_counter(c, name)) == NULL) {
				core_counter(c, "core/counters.left_out")->value++;
				continue;
			}
			k->value = m->c[i].value;
			note_own_restarts(c, name, k->value);
		}
	free(m);
	return rc;
}

/* ---- from store ---- */

static int
take_store_state(struct core *c, const struct ipc_msg *msg)
{
	struct msg_store_state st;
	bool		       was = c->store_ok;

	if (msg_store_state_decode(&st, msg->data, msg->len) == -1)
		return -1;
	c->store_ok = st.ok;
	text_copy(c->store_text, sizeof(c->store_text), st.text);
	if (c->store_ok == was)
		return 0;
	event_raise(c, st.ok ? "engine.sighted" : "engine.blind", SEVERITY_CRITICAL, "engine/store", NULL,
	    document_note("text", st.text));
	return 0;
}

static struct store_request **
request_find(struct core *c, uint32_t token)
{
	struct store_request **r;

	for (r = &c->priv->requests; *r != NULL && (*r)->token != token; r = &(*r)->next)
		;
	return r;
}

/* Hand a frame, or NULL for the end of all hope, to who asked. */
static void
request_answer(struct core *c, uint32_t token, const struct ipc_msg *msg)
{
	struct store_request **at = request_find(c, token), *r = *at;

	if (r == NULL)
		return;		/* the asker has gone */
	if (msg != NULL && msg->type != IPC_SERIES_END) {
		r->cb(r->arg, msg);
		return;
	}
	*at = r->next;
	r->cb(r->arg, msg);
	free(r);
}

uint32_t
core_store_send(struct core *c, uint16_t type, const void *data, size_t len, core_store_fn cb, void *arg)
{
	struct store_request *r;

	if (c->store == NULL)
		return 0;
	r = xcalloc(1, sizeof(*r));
	if ((r->token = ++c->priv->next_token) == 0)
		r->token = ++c->priv->next_token;
	r->cb = cb;
	r->arg = arg;
	if (ipc_send(c->store, type, r->token, data, len, -1) == -1) {
		free(r);
		return 0;
	}
	r->next = c->priv->requests;
	c->priv->requests = r;
	return r->token;
}

void
core_store_forget(struct core *c, uint32_t token)
{
	struct store_request **at = request_find(c, token), *r = *at;

	if (r == NULL)
		return;
	*at = r->next;
	free(r);
}

void
peers_store_gone(struct core *c)
{
	while (c->priv->requests != NULL)
		request_answer(c, c->priv->requests->token, NULL);
	core_counter(c, "core/facts.frames_lost")->value += c->priv->facts_given - c->priv->facts_durable;
	c->priv->facts_given = c->priv->facts_durable = 0;
}

static int
take_durable(struct core *c, const struct ipc_msg *msg)
{
	struct msg_durable d;

	if (msg_durable_decode(&d, msg->data, msg->len) == -1 || d.frames < c->priv->facts_durable ||
	    d.frames > c->priv->facts_given)
		return -1;
	c->durable_seq = d.seq;
	c->durable_records = d.records;
	c->priv->facts_durable = d.frames;
	return 0;
}

/* ---- from publish ---- */

static int
take_outbox_done(struct core *c, const struct ipc_msg *msg)
{
	struct msg_outbox_done d;

	if (msg_outbox_done_decode(&d, msg->data, msg->len) == -1)
		return -1;
	outbox_done(c, &d);
	outbox_pump(c);
	return 0;
}

/* Retained states may be gone with the broker: they are told again, with the rev that they have. */
static void
repeat_all(struct core *c)
{
	struct incident *i;
	size_t		 k;

	for (k = 0; c->inv != NULL && k < c->inv->nsites; k++) {
		c->site[k]->live.repeat = true;
		core_mark(c, &c->site[k]->live);
	}
	for (k = 0; c->inv != NULL && k < c->inv->nlinks; k++) {
		c->link[k]->live.repeat = true;
		core_mark(c, &c->link[k]->live);
	}
	for (k = 0; c->inv != NULL && k < c->inv->nservices; k++) {
		c->service[k]->live.repeat = true;
		core_mark(c, &c->service[k]->live);
	}
	for (i = c->incidents; i != NULL; i = i->next) {
		i->unpublished = true;
		i->office = 0;
		for (k = 0; k < i->nmembers; k++)
			i->member[k].office = 0;
	}
}

static int
take_broker_state(struct core *c, const struct ipc_msg *msg)
{
	struct msg_broker_state st;

	if (msg_broker_state_decode(&st, msg->data, msg->len) == -1)
		return -1;
	if (st.connected && !c->broker_connected)
		repeat_all(c);
	c->broker_connected = st.connected;
	c->broker_refuses = st.refuses;
	text_copy(c->broker_text, sizeof(c->broker_text), st.text);
	return 0;
}

/* ---- all of them ---- */

/* Who may say this to core: a process that was taken over must not confirm or answer for another one. */
static const enum process_kind sender[IPC_TYPES] = {
	[IPC_SAMPLES] = PROCESS_MEASURE,
	[IPC_PROBE_DONE] = PROCESS_MEASURE,
	[IPC_TARGET_STATE] = PROCESS_MEASURE,
	[IPC_PROBE_FACT] = PROCESS_MEASURE,
	[IPC_PORT_FOUND] = PROCESS_MEASURE,
	[IPC_SENSOR_FOUND] = PROCESS_MEASURE,
	[IPC_PORTS_END] = PROCESS_MEASURE,
	[IPC_NEIGHBOUR] = PROCESS_MEASURE,
	[IPC_DISCOVERED] = PROCESS_MEASURE,
	[IPC_DISCOVER_END] = PROCESS_MEASURE,
	[IPC_PROFILE_TESTED] = PROCESS_MEASURE,
	[IPC_PROFILE_TEST_END] = PROCESS_MEASURE,
	[IPC_RECORD_BEGIN] = PROCESS_MEASURE,
	[IPC_RECORD_PACKETS] = PROCESS_MEASURE,
	[IPC_RECORD_END] = PROCESS_MEASURE,
	[IPC_TRACE_DONE] = PROCESS_MEASURE,
	[IPC_MTU_DONE] = PROCESS_MEASURE,
	[IPC_SERIES_ROWS] = PROCESS_STORE,
	[IPC_SERIES_END] = PROCESS_STORE,
	[IPC_DURABLE] = PROCESS_STORE,
	[IPC_STORE_STATE] = PROCESS_STORE,
	[IPC_OUTBOX_DONE] = PROCESS_PUBLISH,
	[IPC_BROKER_STATE] = PROCESS_PUBLISH,
	[IPC_TRAP] = PROCESS_TRAP,
	[IPC_TRAP_STRANGER] = PROCESS_TRAP,
	[IPC_TRAP_STATE] = PROCESS_TRAP,
	[IPC_CAPTURE_SITE] = PROCESS_CAPTURE,
	[IPC_CAPTURE_TALKERS] = PROCESS_CAPTURE,
	[IPC_CAPTURE_STATE] = PROCESS_CAPTURE,
};

static enum process_kind
kind_of(const struct core *c, const struct ipc_channel *ch)
{
	if (ch == c->parent)
		return PROCESS_PARENT;
	if (ch == c->store)
		return PROCESS_STORE;
	if (ch == c->trap)
		return PROCESS_TRAP;
	if (ch == c->capture)
		return PROCESS_CAPTURE;
	return ch == c->publish ? PROCESS_PUBLISH : PROCESS_MEASURE;
}

/* @return 0, or -1 when it is malformed or none that core takes */
static int
take_message(struct core *c, const struct ipc_channel *ch, const struct ipc_msg *msg)
{
	switch (msg->type) {
	case IPC_SAMPLES:
		return core_samples(c, msg->data, msg->len);
	case IPC_PROBE_DONE:
		return take_probe_done(c, msg);
	case IPC_TARGET_STATE:
		return take_target_state(c, msg);
	case IPC_PROBE_FACT:
		return take_probe_fact(c, msg);
	case IPC_PORT_FOUND:
		return take_port_found(c, msg);
	case IPC_SENSOR_FOUND:
		return take_sensor_found(c, msg);
	case IPC_PORTS_END:
		return take_ports_end(c, msg);
	case IPC_NEIGHBOUR:
		return take_neighbour(c, msg);
	case IPC_DISCOVERED:
		return discover_found(c, ch, msg);
	case IPC_DISCOVER_END:
		return discover_end(c, ch, msg);
	case IPC_PROFILE_TESTED:
		return core_trial_value(c, ch, msg);
	case IPC_PROFILE_TEST_END:
		return core_trial_end(c, ch, msg);
	case IPC_RECORD_BEGIN:
		return recorder_begin(c, ch, msg);
	case IPC_RECORD_PACKETS:
		return recorder_packets(c, msg);
	case IPC_RECORD_END:
		return recorder_end(c, msg);
	case IPC_TRACE_DONE:
		return recorder_traced(c, msg);
	case IPC_MTU_DONE:
		return recorder_mtu(c, msg);
	case IPC_COUNTERS:
		return take_counters(c, ipc_peer(ch), msg);
	case IPC_SERIES_ROWS:
	case IPC_SERIES_END:
		request_answer(c, msg->token, msg);
		return 0;
	case IPC_DURABLE:
		return take_durable(c, msg);
	case IPC_STORE_STATE:
		return take_store_state(c, msg);
	case IPC_OUTBOX_DONE:
		return take_outbox_done(c, msg);
	case IPC_BROKER_STATE:
		return take_broker_state(c, msg);
	case IPC_TRAP:
		return traps_take(c, msg);
	case IPC_TRAP_STRANGER:
		return traps_take_stranger(c, msg);
	case IPC_TRAP_STATE:
		return traps_take_state(c, msg);
	case IPC_CAPTURE_SITE:
		return traffic_take_site(c, msg);
	case IPC_CAPTURE_TALKERS:
		return traffic_take_talkers(c, msg);
	case IPC_CAPTURE_STATE:
		return traffic_take_state(c, msg);
	default:
		return -1;
	}
}

void
peers_message(struct core *c, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	if (msg->type != IPC_COUNTERS && sender[msg->type] != kind_of(c, ch))
		ipc_reject(ch, "bad message: not for this process to send to core");
	else if (take_message(c, ch, msg) == -1)
		ipc_reject(ch, "bad message: malformed, or not for core");
}
