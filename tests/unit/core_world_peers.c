/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_world_peers.c: the broker, measure, store, check and parent that core meets in its tests. */
#include "tests/unit/core_world_peers.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

/* ---- the broker ---- */

static void
publish_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world	      *w = arg;
	struct msg_outbox_item item;
	struct msg_outbox_done done = { .ok = 1 };

	if (msg->type == IPC_BROKER_PLAN)
		msg_broker_plan_decode(&w->plan, msg->data, msg->len);
	if (msg->type != IPC_OUTBOX_ITEM || msg_outbox_item_decode(&item, msg->data, msg->len) == -1)
		return;
	w->items++;
	w->item_order_broken |= item.id <= w->last_item;
	w->last_item = item.id;
	if (w->broker_holds)
		return;
	if (heard_take(&w->heard, &item, loop_mono_ns(w->loop)) == -1)
		fatalx("outside " HEARD_ROOT " or not JSON: %s", item.topic);
	done.id = item.id;
	msg_outbox_done_send(ch, IPC_OUTBOX_DONE, 0, &done, -1);
}

/* ---- measure ---- */

bool
world_site_is_alive(const struct world *w, const struct site *s)
{
	size_t k;

	for (k = 0; k < s->nlinks; k++)
		if (world_is_alive(w, s->links[k]))
			return true;
	return false;
}

bool
world_is_alive(const struct world *w, const struct link *l)
{
	return !w->line[l->index].cut && (l->parent == NULL || world_site_is_alive(w, l->parent));
}

void
world_send(struct world *w, const struct sample_batch *b)
{
	if (b->count > 0)
		ipc_send(w->measure, IPC_SAMPLES, 0, b->payload.data, b->payload.len, -1);
}

/* A second has passed: what every line is now, and what its round of this second says. */
void
world_tick(void *arg)
{
	struct world	   *w = arg;
	struct sample_batch b = { 0 };
	int64_t		    wall = loop_wall_ns(w->loop), mono = loop_mono_ns(w->loop);
	size_t		    k;

	for (k = 0; k < w->nlines; k++) {
		struct world_line *l = &w->line[k];
		struct link_live  *live = core_link(w->core, l->link->id);
		struct sample	   s = { .type = SAMPLE_ROUND, .n = ROUND_VALUES };
		bool		   answered;

		memmove(&l->was[1], &l->was[0], sizeof(l->was) - sizeof(l->was[0]));
		l->was[0] = world_is_alive(w, l->link);
		if (live == NULL || l->mute || l->link->life != LIFE_LIVE)
			continue;
		answered = l->was[l->lag_ns / NS_PER_S];
		s.series = live->number;
		s.quality = answered ? QUALITY_GOOD : QUALITY_LOST;
		s.wall_ns = wall - NS_PER_S + l->phase_ns;
		s.value[ROUND_SENT] = 3;
		s.value[ROUND_ANSWERED] = answered ? 3 : 0;
		s.value[ROUND_RTT_P50_S] = answered ? 0.004 : (double)NAN;
		if (sample_batch_add(&b, &s, wall, mono)) {
			world_send(w, &b);
			sample_batch_reset(&b);
		}
	}
	world_send(w, &b);
	sample_batch_free(&b);
	loop_timer_set(w->loop, &w->tick, mono + NS_PER_S, world_tick, w);
}

static struct world_line *
line_by_number(struct world *w, uint32_t number)
{
	struct link_live *l = nmap_get(w->core->link_by_number, number);
	size_t		  k;

	/* By name: the town and core may have different inventories (a refused reload). */
	for (k = 0; l != NULL && k < w->nlines; k++)
		if (strcmp(w->line[k].link->id, l->link->id) == 0)
			return &w->line[k];
	return NULL;
}

struct reply {
	struct world	     *w;
	struct loop_timer     timer;
	uint32_t	      token;
	struct msg_probe_done done;
};

static void
reply_now(void *arg)
{
	struct reply *r = arg;

	msg_probe_done_send(r->w->measure, IPC_PROBE_DONE, r->token, &r->done, -1);
	free(r);
}

/* The truth, after as long as three rounds take when nobody answers. */
static void
probe_now(struct world *w, const struct ipc_msg *msg)
{
	struct msg_probe_now *now = xcalloc(1, sizeof(*now));
	struct reply	     *r = xcalloc(1, sizeof(*r));
	bool		      all = true;
	uint16_t	      k;

	if (msg_probe_now_decode(now, msg->data, msg->len) == -1)
		fatalx("a malformed PROBE_NOW");
	r->w = w;
	r->token = msg->token;
	r->done.n = now->n;
	for (k = 0; k < now->n; k++) {
		struct world_line *l = line_by_number(w, now->number[k]);
		bool		   alive = l != NULL && world_is_alive(w, l->link);

		if (l == NULL && w->asked != NULL)
			w->asked(w, now->number[k]);

		r->done.done[k] = (struct probe_done){ .number = now->number[k], .sent = 9,
		    .answered = alive ? 9 : 0,
			.verdict = alive ? PROBE_ANSWERED : PROBE_FAILED, .rtt_s = alive ? 0.0008f : NAN };
		all &= alive;
	}
	free(now);
	loop_timer_set(w->loop, &r->timer, loop_mono_ns(w->loop) + (all ? 300 : 3600) * NS_PER_MS, reply_now,
	    r);
}

static void
take_target(struct world *w, const struct ipc_msg *msg)
{
	struct msg_target t;

	if (msg_target_decode(&t, msg->data, msg->len) == -1)
		fatalx("a malformed TARGET");
	w->targets++;
	if (t.kind == TARGET_SNMP)
		w->device = t;
}

static void
measure_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	switch (msg->type) {
	case IPC_PLAN_BEGIN:
		w->targets = w->ports = w->profiles = w->values = w->sensors = 0;
		break;
	case IPC_PLAN_END:
		w->plans++;
		break;
	case IPC_TARGET:
		take_target(w, msg);
		break;
	case IPC_PORT:
		w->ports++;
		if (msg_port_decode(&w->port, msg->data, msg->len) == -1)
			fatalx("a malformed PORT");
		if (w->ports <= nitems(w->planned))
			w->planned[w->ports - 1] = w->port;
		break;
	case IPC_PROFILE:
		w->profiles++;
		break;
	case IPC_PROFILE_VALUE:
		w->values++;
		break;
	case IPC_SENSOR:
		w->sensors++;
		if (msg_sensor_decode(&w->sensor, msg->data, msg->len) == -1)
			fatalx("a malformed SENSOR");
		break;
	case IPC_PROBE_NOW:
		w->probes_asked++;
		probe_now(w, msg);
		break;
	case IPC_POLL_NOW:
		w->polls_asked++;
		break;
	default:
		break;
	}
}

/* Its twin, which asks services. */
static void
apps_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	switch (msg->type) {
	case IPC_PLAN_BEGIN:
		w->words = 0;
		break;
	case IPC_TARGET_WORDS:
		w->words++;
		if (msg_target_words_decode(&w->service, msg->data, msg->len) == -1)
			fatalx("a malformed TARGET_WORDS");
		break;
	case IPC_PROBE_NOW:
		probe_now(w, msg);
		break;
	default:
		break;
	}
}

/* ---- the others ---- */

static void
store_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world	      *w = arg;
	struct msg_series_plan plan;

	(void)ch;
	if (msg->type != IPC_SERIES_PLAN || msg_series_plan_decode(&plan, msg->data, msg->len) == -1)
		return;
	if (plan.op == SERIES_PLAN_BEGIN)
		w->series = 0;
	w->series += plan.op == SERIES_PLAN_ADD;
}

static void
closed(void *arg, struct ipc_channel *ch, const char *why)
{
	(void)arg;
	(void)ch;
	(void)why;
}

static void
print_error(void *arg, const struct msg_conf_error *e)
{
	(void)arg;
	printf("# %s:%u:%u: %s\n", e->file, e->line, e->column, e->text);
}

static void
refuse(struct ipc_channel *core)
{
	const struct msg_conf_error e = { .file = "links.csv", .line = 2, .column = 2, .text = "no such site" };
	const struct msg_conf_end   end = { .errors = 1 };

	msg_conf_error_send(core, IPC_CONF_ERROR, 0, &e, -1);
	msg_conf_end_send(core, IPC_CONF_END, 0, &end, -1);
}

static void
feed(struct world *w)
{
	struct ipc_channel *ours, *theirs;

	if (w->check_late)
		return;
	ipc_pair(w->loop, &ours, "check", &theirs, "core");
	core_attach(w->core, PROCESS_CHECK, "", ours);
	if (w->files_bad)
		refuse(theirs);
	else if (!w->check_dies)
		check_send(theirs, &w->now);
	ipc_free(theirs);
}

void
world_check(struct world *w)
{
	check_result_free(&w->now);
	check_all(&w->now, w->input, &w->profile, w->profile.text != NULL, print_error, NULL);
	if (w->now.errors > 0)
		fatalx("the town is wrong");
}

static void
parent_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct world *w = arg;

	(void)ch;
	if (msg->type != IPC_RELOAD)
		return;
	w->reloads++;
	feed(w);
}

static struct ipc_channel *
join(struct world *w, enum process_kind peer, const char *instance, ipc_message_fn message)
{
	struct ipc_channel *ours, *theirs;

	ipc_pair(w->loop, &ours, process_names[peer], &theirs, "core");
	core_attach(w->core, peer, instance, ours);
	ipc_handlers(theirs, message, closed, w);
	return theirs;
}

void
world_core_start(struct world *w)
{
	struct core_opts o = { .ledger_path = ":memory:", .ledger_fd = -1, .listen_fd = -1, .push_fd = -1 };
	struct msg_broker_state st = { .connected = 1 };

	if (w->dir[0] != '\0') {
		o.ledger_path = "ledger.db";
		o.ledger_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		o.push_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);	/* tokens lie there, too */
	}
	w->core = core_new(w->loop, &o);
	if (w->core == NULL)
		fatalx("core did not start");
	w->parent = join(w, PROCESS_PARENT, "", parent_message);
	w->store = join(w, PROCESS_STORE, "", store_message);
	w->publish = join(w, PROCESS_PUBLISH, "", publish_message);
	w->measure = join(w, PROCESS_MEASURE, "main", measure_message);
	w->apps = join(w, PROCESS_MEASURE, "main-apps", apps_message);
	feed(w);
	msg_broker_state_send(w->publish, IPC_BROKER_STATE, 0, &st, -1);
	w->last_item = 0;
}

void
world_measure_restart(struct world *w)
{
	ipc_free(w->measure);
	w->measure = join(w, PROCESS_MEASURE, "main", measure_message);
}

void
world_core_end(struct world *w)
{
	core_free(w->core);
	ipc_free(w->parent);
	ipc_free(w->store);
	ipc_free(w->publish);
	ipc_free(w->measure);
	ipc_free(w->apps);
}

void
world_restart(struct world *w)
{
	world_core_end(w);
	world_core_start(w);
}
