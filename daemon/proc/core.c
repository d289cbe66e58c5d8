/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core.c: the core process: what it holds, and its channels to the others (core.h says where the rest is). */
#include "proc/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "alert/alert.h"
#include "base/log.h"
#include "proc/core_private.h"

#define DRAIN_MS 2000

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

/* Our parent has restarted somebody whose channel does not tell us: ourselves. */
static void
note_own_restarts(struct core *c, const char *name, uint64_t value)
{
	if (strcmp(name, "parent/child.core.restarts") != 0 || value <= c->priv->core_restarts)
		return;
	c->priv->core_restarts = value;
	event_raise(c, "engine.child_restarted", SEVERITY_WARNING, "engine/core", NULL, json_pack("{s:s}", "process", "core"));
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
			if ((k = map_get(c->counters, name)) == NULL) {
				k = xcalloc(1, sizeof(*k));
				text_copy(k->name, sizeof(k->name), name);
				map_add(c->counters, k->name, k);
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
	if (c->store_ok != was)
		event_raise(c, st.ok ? "engine.sighted" : "engine.blind", SEVERITY_CRITICAL, "engine/store", NULL,
		    json_pack("{s:s}", "text", st.text));
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

static void
store_gone(struct core *c)
{
	while (c->priv->requests != NULL)
		request_answer(c, c->priv->requests->token, NULL);
}

static void
take_durable(struct core *c, const struct ipc_msg *msg)
{
	struct msg_durable d;

	if (msg_durable_decode(&d, msg->data, msg->len) == -1)
		return;
	c->durable_seq = d.seq;
	c->durable_records = d.records;
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

/* Retained states may be gone with the broker: they are told again, at their own pace and with the rev they have. */
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

/* ---- channels ---- */

static struct measure_peer *
measure_find(struct core *c, const char *instance)
{
	struct measure_peer *m = core_measure_of(c, instance);

	if (m == NULL && c->nmeasure < CORE_INSTANCES_MAX) {
		m = &c->measure[c->nmeasure++];
		text_copy(m->name, sizeof(m->name), instance);
	}
	return m;
}

static void
peer_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct core *c = arg;

	if (ch == c->check) {
		loader_message(c, msg);
		return;
	}
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

/* Where a channel is kept; NULL for one that is not ours (any more). */
static struct ipc_channel **
place_of(struct core *c, const struct ipc_channel *ch)
{
	struct ipc_channel **place[] = { &c->parent, &c->check, &c->store, &c->publish };
	size_t		     k;

	for (k = 0; k < nitems(place); k++)
		if (*place[k] == ch)
			return place[k];
	for (k = 0; k < c->nmeasure; k++)
		if (c->measure[k].ch == ch)
			return &c->measure[k].ch;
	return NULL;
}

static void
peer_gone(struct core *c, struct ipc_channel **place)
{
	size_t k;

	if (place == &c->check)
		loader_closed(c);
	else if (place == &c->store)
		store_gone(c);
	for (k = 0; k < c->nmeasure; k++)
		if (place == &c->measure[k].ch)
			probe_peer_gone(c, &c->measure[k]);
}

static void
peer_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct core	    *c = arg;
	struct ipc_channel **place = place_of(c, ch);

	if (place != &c->check)
		log_warnx("%s: %s", ipc_peer(ch), why);
	if (place != NULL) {
		*place = NULL;
		peer_gone(c, place);
	}
	ipc_free(ch);
}

/* A peer that we had before is back: its process was restarted. */
static void
note_restart(struct core *c, bool *seen, enum process_kind peer, const char *instance)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", process_names[peer], *instance != '\0' ? " " : "", instance);
	if (*seen)
		event_raise(c, "engine.child_restarted", SEVERITY_WARNING, "engine/core", NULL, json_pack("{s:s}", "process", name));
	*seen = true;
}

static struct ipc_channel **
place_for(struct core *c, enum process_kind peer, const char *instance)
{
	struct measure_peer *m;

	switch (peer) {
	case PROCESS_PARENT:
		return &c->parent;
	case PROCESS_CHECK:
		return &c->check;
	case PROCESS_STORE:
		note_restart(c, &c->priv->store_seen, peer, "");
		return &c->store;
	case PROCESS_PUBLISH:
		note_restart(c, &c->priv->publish_seen, peer, "");
		return &c->publish;
	case PROCESS_MEASURE:
		if ((m = measure_find(c, instance)) == NULL)
			return NULL;
		note_restart(c, &c->priv->measure_seen[m - c->measure], peer, m->name);
		return &m->ch;
	default:
		return NULL;
	}
}

void
core_attach(struct core *c, enum process_kind peer, const char *instance, struct ipc_channel *ch)
{
	struct ipc_channel **place = place_for(c, peer, instance);

	if (place == NULL) {
		log_warnx("no room for a channel to %s %s", process_names[peer], instance);
		ipc_free(ch);
		return;
	}
	if (*place != NULL) {
		ipc_free(*place);
		*place = NULL;
		peer_gone(c, place);
	}
	*place = ch;
	ipc_handlers(ch, peer_message, peer_closed, c);
	switch (peer) {
	case PROCESS_CHECK:
		loader_reset(c);
		break;
	case PROCESS_STORE:
		plan_send_store(c);
		break;
	case PROCESS_PUBLISH:
		c->broker_connected = false;
		plan_send_publish(c);
		outbox_restart(c);
		break;
	case PROCESS_MEASURE:
		plan_send_measure(c, measure_find(c, instance));
		core_wake(c);	/* verdicts may wait for its probes */
		break;
	default:
		break;
	}
}

/* ---- life ---- */

/* SQLite wants a path: the directory that we hold as a descriptor, by the name that the kernel gives it. */
static struct ledger *
open_ledger(const struct core_opts *o)
{
	char path[512];

	if (o->ledger_fd == -1 || strcmp(o->ledger_path, ":memory:") == 0)
		return ledger_open(o->ledger_path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", o->ledger_fd, o->ledger_path);
	return ledger_open(path);
}

struct core *
core_new(struct loop *l, const struct core_opts *o)
{
	struct core *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->priv = xcalloc(1, sizeof(*c->priv));
	c->priv->ledger_fd = o->ledger_fd;
	c->priv->events_end = &c->priv->events;
	c->priv->empty_end = &c->priv->empty;
	c->set.rounds = rounds_rule_default;
	c->site_by_id = map_new();
	c->link_by_id = map_new();
	c->device_by_id = map_new();
	c->port_by_ref = map_new();
	c->link_by_number = nmap_new();
	c->device_by_number = nmap_new();
	c->counters = map_new();
	c->ledger_ok = c->store_ok = true;
	c->started_ns = loop_wall_ns(l);
	c->priv->ctl = ctl_new(c, l, o->listen_fd);
	c->ledger = open_ledger(o);
	if (c->ledger == NULL || core_remember(c) == -1) {
		core_free(c);
		return NULL;
	}
	core_sweep_start(c);
	core_turn_start(c);
	return c;
}

void
core_stop(struct core *c)
{
	c->priv->alive_ns = 0;		/* tell the ledger that results came until now */
	core_turn_now(c);
	ipc_drain(c->store, DRAIN_MS);
	ipc_drain(c->publish, DRAIN_MS);
}

static void
channels_free(struct core *c)
{
	size_t k;

	ipc_free(c->parent);
	ipc_free(c->check);
	ipc_free(c->store);
	ipc_free(c->publish);
	for (k = 0; k < c->nmeasure; k++)
		ipc_free(c->measure[k].ch);
}

static void
counters_free(struct core *c)
{
	struct core_counter *k;
	size_t		     at = 0;

	while ((k = map_next(c->counters, &at)) != NULL)
		free(k);
	map_free(c->counters);
}

void
core_free(struct core *c)
{
	if (c == NULL)
		return;
	ctl_free(c->priv->ctl);
	channels_free(c);
	loop_timer_cancel(c->loop, &c->priv->turn);
	loop_timer_cancel(c->loop, &c->priv->sweep);
	loop_timer_cancel(c->loop, &c->priv->replan);
	loop_timer_cancel(c->loop, &c->priv->loader.timeout);
	loader_reset(c);
	event_forget(c);
	core_forget_rest(c);
	core_objects_free(c);
	core_commit_free(c);
	counters_free(c);
	map_free(c->priv->remembered);
	sample_batch_free(&c->priv->facts);
	free(c->priv->outbox.done);
	free(c->priv->settling.v);
	free(c->priv->burst.v);
	ledger_close(c->ledger);
	if (c->priv->ledger_fd != -1)
		close(c->priv->ledger_fd);
	free(c->priv);
	free(c);
}
