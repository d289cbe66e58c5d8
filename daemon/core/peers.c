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
#include "core/ports.h"
#include "core/private.h"
#include "core/probe.h"
#include "core/samples.h"
#include "live/counters.h"

struct store_request {
	uint32_t	      token;
	core_store_fn	      cb;
	void		     *arg;
	struct store_request *next;
};

/* ---- from measure ---- */

static void
take_target_state(struct core *c, const struct ipc_msg *msg)
{
	struct msg_target_state st;
	struct device_live     *d;

	if (msg_target_state_decode(&st, msg->data, msg->len) == -1)
		return;
	if ((d = nmap_get(c->device_by_number, st.number)) != NULL)
		device_state_changed(c, d, &st);
}

static void
take_port_found(struct core *c, const struct ipc_msg *msg)
{
	struct msg_port_found p;
	struct device_live   *d;

	if (msg_port_found_decode(&p, msg->data, msg->len) == -1)
		return;
	if ((d = nmap_get(c->device_by_number, p.device)) != NULL)
		core_port_found(c, d, p.name);
}

static void
take_probe_done(struct core *c, const struct ipc_msg *msg)
{
	struct msg_probe_done *d = xcalloc(1, sizeof(*d));	/* too big for the stack */

	if (msg_probe_done_decode(d, msg->data, msg->len) == 0)
		probe_done(c, msg->token, d);
	free(d);
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

static void
take_counters(struct core *c, const char *peer, const struct ipc_msg *msg)
{
	struct msg_counters *m = xcalloc(1, sizeof(*m));
	struct core_counter *k;
	char		     name[sizeof(k->name)];
	uint16_t	     i;

	if (msg_counters_decode(m, msg->data, msg->len) == 0)
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
}

/* ---- from store ---- */

static void
take_store_state(struct core *c, const struct ipc_msg *msg)
{
	struct msg_store_state st;
	bool		       was = c->store_ok;

	if (msg_store_state_decode(&st, msg->data, msg->len) == -1)
		return;
	c->store_ok = st.ok;
	text_copy(c->store_text, sizeof(c->store_text), st.text);
	if (c->store_ok == was)
		return;
	event_raise(c, st.ok ? "engine.sighted" : "engine.blind", SEVERITY_CRITICAL, "engine/store", NULL,
	    document_note("text", st.text));
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

static void
take_durable(struct core *c, const struct ipc_msg *msg)
{
	struct msg_durable d;

	if (msg_durable_decode(&d, msg->data, msg->len) == -1)
		return;
	c->durable_seq = d.seq;
	c->durable_records = d.records;
	if (d.frames <= c->priv->facts_given)
		c->priv->facts_durable = d.frames;
}

/* ---- from publish ---- */

static void
take_outbox_done(struct core *c, const struct ipc_msg *msg)
{
	struct msg_outbox_done d;

	if (msg_outbox_done_decode(&d, msg->data, msg->len) == -1)
		return;
	outbox_done(c, &d);
	outbox_pump(c);
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
	for (i = c->incidents; i != NULL; i = i->next) {
		i->unpublished = true;
		i->office = 0;
		for (k = 0; k < i->nmembers; k++)
			i->member[k].office = 0;
	}
}

static void
take_broker_state(struct core *c, const struct ipc_msg *msg)
{
	struct msg_broker_state st;

	if (msg_broker_state_decode(&st, msg->data, msg->len) == -1)
		return;
	if (st.connected && !c->broker_connected)
		repeat_all(c);
	c->broker_connected = st.connected;
	text_copy(c->broker_text, sizeof(c->broker_text), st.text);
}

/* ---- all of them ---- */

void
peers_message(struct core *c, const struct ipc_channel *ch, const struct ipc_msg *msg)
{
	switch (msg->type) {
	case IPC_SAMPLES:
		core_samples(c, msg->data, msg->len);
		break;
	case IPC_PROBE_DONE:
		take_probe_done(c, msg);
		break;
	case IPC_TARGET_STATE:
		take_target_state(c, msg);
		break;
	case IPC_PORT_FOUND:
		take_port_found(c, msg);
		break;
	case IPC_COUNTERS:
		take_counters(c, ipc_peer(ch), msg);
		break;
	case IPC_SERIES_ROWS:
	case IPC_SERIES_END:
		request_answer(c, msg->token, msg);
		break;
	case IPC_DURABLE:
		take_durable(c, msg);
		break;
	case IPC_STORE_STATE:
		take_store_state(c, msg);
		break;
	case IPC_OUTBOX_DONE:
		take_outbox_done(c, msg);
		break;
	case IPC_BROKER_STATE:
		take_broker_state(c, msg);
		break;
	default:
		log_warnx("%s: an unexpected %s", ipc_peer(ch), ipc_types[msg->type].name);
	}
}
