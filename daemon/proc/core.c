/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core.c: the core process: what it holds, and its channels to the others. What it knows is in live/, what it
 * decides in alert/, the rest of its work in core/; the control socket (ctl/) is joined to it here.
 */
#include "proc/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/capacity.h"
#include "core/commit.h"
#include "core/conf.h"
#include "core/discover.h"
#include "core/load.h"
#include "core/objects.h"
#include "core/peers.h"
#include "core/plan.h"
#include "core/ports.h"
#include "core/private.h"
#include "core/probe.h"
#include "core/recorder.h"
#include "core/samples.h"
#include "core/traffic.h"
#include "core/traps.h"
#include "core/trial.h"
#include "core/turn.h"
#include "ctl/ctl.h"
#include "live/counters.h"

#define DRAIN_MS 2000

struct core_process {
	struct core	    core;	/* must be first */
	struct core_private priv;
	struct ctl	   *ctl;
	bool		    store_seen, publish_seen, trap_seen, capture_seen;
	int		    ledger_fd;
};

static struct core_process *
process_of(struct core *c)
{
	return (struct core_process *)c;
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

	if (ch == c->check)
		loader_message(c, msg);
	else
		peers_message(c, ch, msg);
}

/* Where a channel is kept; NULL for one that is not ours (any more). */
static struct ipc_channel **
place_of(struct core *c, const struct ipc_channel *ch)
{
	struct ipc_channel **place[] = { &c->parent, &c->check, &c->store, &c->publish, &c->trap, &c->capture };
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
		peers_store_gone(c);
	for (k = 0; k < c->nmeasure; k++)
		if (place == &c->measure[k].ch) {
			probe_peer_gone(c, &c->measure[k]);
			discover_peer_gone(c, &c->measure[k]);
			core_ports_peer_gone(c, &c->measure[k]);
			core_trial_peer_gone(c, &c->measure[k]);
			recorder_peer_gone(c, &c->measure[k]);
		}
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
		plan_forget_measure(c);
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
		peers_restarted(c, name);
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
		note_restart(c, &process_of(c)->store_seen, peer, "");
		return &c->store;
	case PROCESS_PUBLISH:
		note_restart(c, &process_of(c)->publish_seen, peer, "");
		return &c->publish;
	case PROCESS_TRAP:
		note_restart(c, &process_of(c)->trap_seen, peer, "");
		return &c->trap;
	case PROCESS_CAPTURE:
		note_restart(c, &process_of(c)->capture_seen, peer, "");
		return &c->capture;
	case PROCESS_MEASURE:
		if ((m = measure_find(c, instance)) == NULL)
			return NULL;
		note_restart(c, &m->seen, peer, m->name);
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
	if (peer == PROCESS_STORE || peer == PROCESS_MEASURE || peer == PROCESS_CAPTURE)
		ipc_queue_max(ch, PLAN_QUEUE_BYTES);
	switch (peer) {
	case PROCESS_CHECK:
		loader_begin(c);
		break;
	case PROCESS_STORE:
		plan_send_store(c);
		break;
	case PROCESS_PUBLISH:
		c->broker_connected = c->broker_refuses = false;
		plan_send_publish(c);
		outbox_restart(c);
		break;
	case PROCESS_TRAP:
		traps_plan_send(c);
		break;
	case PROCESS_CAPTURE:
		traffic_plan_send(c);
		break;
	case PROCESS_MEASURE:
		plan_send_measure(c, measure_find(c, instance));
		core_wake(c);	/* verdicts may wait for its probes */
		break;
	default:
		break;
	}
}

void
core_publish_pid(struct core *c, pid_t pid)
{
	ctl_publish_pid(process_of(c)->ctl, pid);
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

static void
events_committed(void *ctl)
{
	ctl_event(ctl);
}

struct core *
core_new(struct loop *l, const struct core_opts *o)
{
	struct core_process *p = xcalloc(1, sizeof(*p));
	struct core	    *c = &p->core;

	c->loop = l;
	c->priv = &p->priv;
	p->ledger_fd = o->ledger_fd;
	c->push_fd = o->push_fd;
	event_init(c);
	outbox_init(c);
	loader_init(c);
	traps_init(c);
	traffic_init(c);
	core_commit_init(c);
	core_objects_init(c);
	c->counters = map_new();
	p->priv.remembered = map_new();
	core_settings_init(&c->set);
	c->ledger_ok = c->store_ok = true;
	c->started_ns = loop_wall_ns(l);
	p->ctl = ctl_new(c, l, o->listen_fd, o->gave_up_root);
	core_on_events(c, events_committed, p->ctl);
	c->ledger = open_ledger(o);
	if (c->ledger == NULL || core_remember(c) == -1) {
		core_free(c);
		return NULL;
	}
	c->priv->generation = ledger_boot(c->ledger) << 16;	/* never one that a measure may still have */
	core_sweep_start(c);
	core_turn_start(c);
	return c;
}

void
core_stop(struct core *c)
{
	core_capacity_stop(c);
	c->priv->alive_ns = 0;		/* tell the ledger that results came until now */
	core_recorder_stop(c);
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
	ipc_free(c->trap);
	ipc_free(c->capture);
	for (k = 0; k < c->nmeasure; k++)
		ipc_free(c->measure[k].ch);
}

void
core_free(struct core *c)
{
	struct core_process *p = process_of(c);

	if (c == NULL)
		return;
	ctl_free(p->ctl);
	channels_free(c);
	loop_timer_cancel(c->loop, &c->marks.turn);
	loop_timer_cancel(c->loop, &c->priv->sweep);
	loop_timer_cancel(c->loop, &c->priv->replan);
	loader_fini(c);
	traps_fini(c);
	traffic_fini(c);
	event_fini(c);
	core_forget_rest(c);
	core_objects_free(c);
	core_recorder_free(c);
	core_commit_free(c);
	core_counters_free(c);
	map_free(c->priv->remembered);
	sample_batch_free(&c->priv->facts);
	outbox_fini(c);
	free(c->marks.settling.v);
	free(c->marks.burst.v);
	ledger_close(c->ledger);
	if (p->ledger_fd != -1)
		close(p->ledger_fd);
	if (c->push_fd != -1)
		close(c->push_fd);
	free(p);
}
