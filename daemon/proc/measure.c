/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure.c: one measuring instance. The plan comes in from core, samples go out to store and core.
 *
 *	plan		TARGET and PORT frames are collected beside the plan in force; PLAN_END swaps when all have come
 *	probes/		ICMP and TCP; collectors/snmp/ the rest; both send through one packet_io
 *	discovery	what core asks of addresses that may be nobody's (collectors/snmp/scan.h)
 *	samples		collected for at most 100 ms, then one frame to each of store and core
 *
 * Without core it goes on with the last plan. Without store it keeps frames, 16 MiB of them, and loses the
 * oldest. What a store that ends had been given, and had not yet told to be durable, is lost and counted.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "base/sandbox.h"
#include "collectors/sensor.h"
#include "collectors/snmp/engine.h"
#include "collectors/snmp/scan.h"
#include "probes/engine.h"
#include "proc/proc.h"

#define SAMPLES_AGE_NS	(100 * NS_PER_MS)
#define COUNTERS_NS	(10 * NS_PER_S)
#define BACKLOG_MAX	(16u << 20)
#define DRAIN_MS	2000
#define PORTS_MAX	4096		/* of one device */

struct plan_target {
	struct msg_target t;
	struct msg_port	 *port;		/* owned */
	size_t		  nports;
	bool		  ports_cut;	/* it has more than PORTS_MAX */
	struct sensor_numbers sensors;	/* owned */
	struct msg_target_words *words;	/* owned; NULL: it has none */
};

struct plan {				/* one that is coming in */
	bool		    open;
	uint32_t	    generation, announced;
	struct snmp_profiles *profiles;
	struct plan_target *target;
	size_t		    n, room;
};

struct kept {				/* a frame for a store that is away */
	struct kept *next;
	size_t	     len;
	uint8_t	     bytes[];
};

struct snmp_known {			/* a device that the SNMP engine has */
	uint32_t number;
	uint32_t plan;
};

struct measure {
	struct loop	    *loop;
	struct packet_io    *io;
	int		     secrets_fd, probe_secrets_fd;
	bool		     apps;	/* see apps.h */
	struct probe_engine *probes;
	struct snmp_engine  *snmp;
	struct snmp_scan    *scan;
	struct nmap	    *devices;	/* struct snmp_known by number */
	struct ipc_channel  *core, *store;	/* NULL while away */
	struct plan	     plan;
	struct sample_batch  batch;
	struct loop_timer    send, count;
	struct kept	    *kept, **kept_last;
	size_t		     kept_bytes;
	bool		     core_planned;	/* this core has sent its plan: it knows our numbers */
	bool		     states_due;	/* it may not have heard all states of devices */
	uint64_t	     samples, frames_dropped;	/* dropped: beyond the backlog, and by earlier channels */
	uint64_t	     frames_given, frames_durable;	/* to this store; of them, in its journal */
	uint64_t	     frames_lost;	/* given to earlier ones that did not say so */
};

/* ---- samples out ---- */

static void
kept_drop_first(struct measure *m)
{
	struct kept *k = m->kept;

	m->kept = k->next;
	if (m->kept == NULL)
		m->kept_last = &m->kept;
	m->kept_bytes -= k->len;
	free(k);
}

static void
kept_bound(struct measure *m)
{
	while (m->kept_bytes > BACKLOG_MAX) {
		kept_drop_first(m);
		m->frames_dropped++;
	}
}

static void
frame_keep(void *arg, const uint8_t *bytes, size_t len)
{
	struct measure *m = arg;
	struct kept    *k = xcalloc(1, sizeof(*k) + len);

	k->len = len;
	memcpy(k->bytes, bytes, len);
	*m->kept_last = k;
	m->kept_last = &k->next;
	m->kept_bytes += len;
	kept_bound(m);
}

/* 0, or -1 when there is no store to take it. */
static int
frame_give(struct measure *m, const uint8_t *bytes, size_t len)
{
	if (ipc_send(m->store, IPC_SAMPLES, 0, bytes, len, -1) == -1)
		return -1;
	m->frames_given++;
	return 0;
}

static void
frame_take_back(void *arg, const uint8_t *bytes, size_t len)
{
	struct measure *m = arg;

	m->frames_given--;
	frame_keep(m, bytes, len);
}

/* The store is gone. What it has not been given yet waits for the next one, before what has come since. */
static void
store_leave(struct measure *m)
{
	struct kept *since = m->kept, **since_last = m->kept_last;
	size_t	     since_bytes = m->kept_bytes;
	uint64_t     told;

	m->kept = NULL;
	m->kept_last = &m->kept;
	m->kept_bytes = 0;
	ipc_take_back(m->store, IPC_SAMPLES, frame_take_back, m);
	if (since != NULL) {
		*m->kept_last = since;
		m->kept_last = since_last;
		m->kept_bytes += since_bytes;
	}
	kept_bound(m);
	m->frames_dropped += ipc_dropped(m->store);
	told = m->frames_durable + ipc_dropped(m->store);
	if (m->frames_given > told)	/* else it has told of frames that never left us */
		m->frames_lost += m->frames_given - told;
	m->frames_given = m->frames_durable = 0;
	ipc_free(m->store);
	m->store = NULL;
}

static void
samples_send(void *arg)
{
	struct measure	 *m = arg;
	const struct buf *b = &m->batch.payload;

	loop_timer_cancel(m->loop, &m->send);
	if (m->batch.count == 0)
		return;
	if (frame_give(m, b->data, b->len) == -1)
		frame_keep(m, b->data, b->len);
	ipc_send(m->core, IPC_SAMPLES, 0, b->data, b->len, -1);
	sample_batch_reset(&m->batch);
}

static void
take_sample(void *arg, const struct sample *s)
{
	struct measure *m = arg;
	int64_t		now = loop_mono_ns(m->loop);

	m->samples++;
	if (m->batch.count == 0)
		loop_timer_set(m->loop, &m->send, now + SAMPLES_AGE_NS, samples_send, m);
	if (sample_batch_add(&m->batch, s, loop_wall_ns(m->loop), now))
		samples_send(m);
}

static void
take_state(void *arg, const struct msg_target_state *st)
{
	struct measure *m = arg;

	if (msg_target_state_send(m->core, IPC_TARGET_STATE, 0, st, -1) == -1)
		m->states_due = true;
}

static void
take_port(void *arg, const struct msg_port_found *p)
{
	msg_port_found_send(((struct measure *)arg)->core, IPC_PORT_FOUND, 0, p, -1);
}

static void
take_sensor(void *arg, const struct msg_sensor_found *s)
{
	msg_sensor_found_send(((struct measure *)arg)->core, IPC_SENSOR_FOUND, 0, s, -1);
}

static void
take_ports_end(void *arg, const struct msg_ports_end *e)
{
	msg_ports_end_send(((struct measure *)arg)->core, IPC_PORTS_END, 0, e, -1);
}

static void
take_tested(void *arg, uint32_t token, const struct msg_profile_tested *m)
{
	msg_profile_tested_send(((struct measure *)arg)->core, IPC_PROFILE_TESTED, token, m, -1);
}

static void
take_test_end(void *arg, uint32_t token, const struct msg_profile_test_end *m)
{
	msg_profile_test_end_send(((struct measure *)arg)->core, IPC_PROFILE_TEST_END, token, m, -1);
}

static void
take_neighbour(void *arg, const struct msg_neighbour *n)
{
	msg_neighbour_send(((struct measure *)arg)->core, IPC_NEIGHBOUR, 0, n, -1);
}

static void
take_fact(void *arg, const struct msg_probe_fact *f)
{
	msg_probe_fact_send(((struct measure *)arg)->core, IPC_PROBE_FACT, 0, f, -1);
}

static void
take_frame(void *arg, uint16_t type, uint32_t token, const struct buf *payload)
{
	ipc_send(((struct measure *)arg)->core, type, token, payload->data, payload->len, -1);
}

static void
take_answer(void *arg, uint32_t token, const struct msg_probe_done *done)
{
	msg_probe_done_send(((struct measure *)arg)->core, IPC_PROBE_DONE, token, done, -1);
}

static void
take_discovered(void *arg, uint32_t token, const struct msg_discovered *d)
{
	msg_discovered_send(((struct measure *)arg)->core, IPC_DISCOVERED, token, d, -1);
}

static void
take_discover_end(void *arg, uint32_t token, const struct msg_discover_end *e)
{
	msg_discover_end_send(((struct measure *)arg)->core, IPC_DISCOVER_END, token, e, -1);
}

/* Core, or its queue, was not there for all of them: edges alone would leave it wrong for good. */
static void
states_again(struct measure *m)
{
	if (!m->states_due)
		return;
	m->states_due = false;		/* set again by the first that cannot be sent */
	snmp_engine_tell_again(m->snmp);
	probe_engine_tell_again(m->probes);
}

/* ---- the plan ---- */

static void
plan_reset(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->target[i].port);
		free(p->target[i].words);
		sensor_numbers_free(&p->target[i].sensors);
	}
	snmp_profiles_unref(p->profiles);
	free(p->target);
	*p = (struct plan){ 0 };
}

static void
plan_begin(struct measure *m, const struct msg_plan *begin)
{
	plan_reset(&m->plan);
	m->plan.open = true;
	m->plan.generation = begin->generation;
	m->plan.announced = begin->targets;
	m->plan.profiles = snmp_profiles_new();
}

static int
plan_add_target(struct plan *p, const struct msg_target *t)
{
	if (!p->open || p->n == p->announced)
		return -1;
	if (p->n == p->room) {
		p->room = p->room * 2 + 64;
		p->target = xrealloc(p->target, p->room, sizeof(*p->target));
	}
	p->target[p->n++] = (struct plan_target){ .t = *t };
	return 0;
}

static int
plan_add_words(struct plan *p, const struct msg_target_words *words)
{
	struct plan_target *last = p->n > 0 ? &p->target[p->n - 1] : NULL;

	if (!p->open || last == NULL || last->t.kind != TARGET_PROBE || last->t.number != words->number ||
	    last->words != NULL)
		return -1;
	last->words = xcalloc(1, sizeof(*last->words));
	*last->words = *words;
	return 0;
}

static int
plan_add_port(struct plan *p, const struct msg_port *port)
{
	struct plan_target *last = p->n > 0 ? &p->target[p->n - 1] : NULL;

	if (!p->open || last == NULL || last->t.kind != TARGET_SNMP || last->t.number != port->device)
		return -1;
	if (last->nports == PORTS_MAX) {	/* its own doing: the other devices must not lose their plan for it */
		if (!last->ports_cut)
			log_warnx("%s: more than %u ports; the others are not polled", last->t.ref, PORTS_MAX);
		last->ports_cut = true;
		return 0;
	}
	if ((last->nports & (last->nports - 1)) == 0)	/* full at each power of two */
		last->port = xrealloc(last->port, last->nports > 0 ? last->nports * 2 : 1, sizeof(*last->port));
	last->port[last->nports++] = *port;
	return 0;
}

static int
plan_add_sensor(struct plan *p, const struct msg_sensor *s)
{
	struct plan_target    *last = p->n > 0 ? &p->target[p->n - 1] : NULL;
	struct sensor_numbers *to;

	if (!p->open || last == NULL || last->t.kind != TARGET_SNMP || last->t.number != s->device ||
	    last->sensors.n == SENSORS_MAX)
		return -1;
	to = &last->sensors;
	if ((to->n & (to->n - 1)) == 0)		/* full at each power of two */
		to->v = xrealloc(to->v, to->n > 0 ? to->n * 2 : 1, sizeof(*to->v));
	to->v[to->n++] = (struct sensor_number){ s->number, xstrdup(s->name) };
	return 0;
}

/* Profiles come before all targets. */
static int
plan_add_profile(struct plan *p, const struct ipc_msg *msg)
{
	return p->open && p->n == 0 ? snmp_profiles_take(p->profiles, msg) : -1;
}

static void
on_profile_error(void *arg, const char *profile, const char *path, const char *text)
{
	(void)arg;
	log_warnx("profile %s: %s: %s", profile, path, text);
}

static void
device_plan(struct measure *m, struct plan_target *pt)
{
	struct snmp_known *d = nmap_get(m->devices, pt->t.number);

	if (d == NULL) {
		d = xcalloc(1, sizeof(*d));
		d->number = pt->t.number;
		nmap_add(m->devices, d->number, d);
	}
	d->plan = m->plan.generation;
	snmp_engine_target(m->snmp, &pt->t, pt->port, pt->nports);
	snmp_engine_sensors(m->snmp, pt->t.number, &pt->sensors);
}

static void
devices_sweep(struct measure *m)
{
	struct snmp_known *d;
	size_t		   at = 0;

	while ((d = nmap_next(m->devices, &at)) != NULL)
		if (d->plan != m->plan.generation) {
			snmp_engine_remove(m->snmp, d->number);
			free(nmap_remove(m->devices, d->number));
		}
}

/* All of it has come: what it no longer has goes, what changed begins anew, the rest goes on undisturbed. */
static int
plan_swap(struct measure *m, const struct msg_plan *end)
{
	struct plan *p = &m->plan;
	size_t	     i;

	if (!p->open || end->generation != p->generation || end->targets != p->n || p->n != p->announced)
		return -1;
	if (snmp_profiles_link(p->profiles, on_profile_error, NULL) == -1)
		return -1;
	snmp_engine_profiles(m->snmp, p->profiles);
	p->profiles = NULL;
	for (i = 0; i < p->n; i++)
		if (p->target[i].t.kind == TARGET_SNMP)
			device_plan(m, &p->target[i]);
		else
			probe_engine_target(m->probes, &p->target[i].t, p->target[i].words, p->generation);
	devices_sweep(m);
	probe_engine_sweep(m->probes, p->generation);
	log_info("plan %u: %zu targets", p->generation, p->n);
	plan_reset(p);
	m->core_planned = true;
	states_again(m);
	return 0;
}

/* ---- channels ---- */

static void
core_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct measure *m = arg;

	log_warnx("%s: %s; measuring goes on with the last plan", ipc_peer(ch), why);
	ipc_free(ch);
	m->core = NULL;
	m->core_planned = false;
	probe_engine_record_anew(m->probes);
	scan_forget_all(m->scan);
	plan_reset(&m->plan);	/* half a plan is none */
}

static void
store_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct measure *m = arg;

	log_warnx("%s: %s; samples wait here", ipc_peer(ch), why);
	store_leave(m);
}

static int
core_frame(struct measure *m, const struct ipc_msg *msg)
{
	union {
		struct msg_plan	     plan;
		struct msg_target    target;
		struct msg_target_words words;
		struct msg_port	     port;
		struct msg_sensor    sensor;
		struct msg_profile_test test;
		struct msg_probe_now now;
		struct msg_trace_now trace;
		struct msg_discover  discover;
		struct msg_poll_now  poll;
	} u;

	switch (msg->type) {
	case IPC_PLAN_BEGIN:
		if (msg_plan_decode(&u.plan, msg->data, msg->len) == -1)
			return -1;
		plan_begin(m, &u.plan);
		return 0;
	case IPC_TARGET:
		if (msg_target_decode(&u.target, msg->data, msg->len) == -1)
			return -1;
		return plan_add_target(&m->plan, &u.target);
	case IPC_TARGET_WORDS:
		if (msg_target_words_decode(&u.words, msg->data, msg->len) == -1)
			return -1;
		return plan_add_words(&m->plan, &u.words);
	case IPC_PORT:
		if (msg_port_decode(&u.port, msg->data, msg->len) == -1)
			return -1;
		return plan_add_port(&m->plan, &u.port);
	case IPC_PROFILE:
	case IPC_PROFILE_TABLE:
	case IPC_PROFILE_VALUE:
		return plan_add_profile(&m->plan, msg);
	case IPC_PROFILE_TEST:
		if (msg_profile_test_decode(&u.test, msg->data, msg->len) == -1)
			return -1;
		snmp_engine_try(m->snmp, msg->token, &u.test);
		return 0;
	case IPC_SENSOR:
		if (msg_sensor_decode(&u.sensor, msg->data, msg->len) == -1)
			return -1;
		return plan_add_sensor(&m->plan, &u.sensor);
	case IPC_PLAN_END:
		if (msg_plan_decode(&u.plan, msg->data, msg->len) == -1)
			return -1;
		return plan_swap(m, &u.plan);
	case IPC_PROBE_NOW:
		if (msg_probe_now_decode(&u.now, msg->data, msg->len) == -1)
			return -1;
		probe_engine_ask(m->probes, msg->token, &u.now);
		return 0;
	case IPC_TRACE_NOW:
		if (msg_trace_now_decode(&u.trace, msg->data, msg->len) == -1)
			return -1;
		probe_engine_trace(m->probes, &u.trace);
		return 0;
	case IPC_DISCOVER:
		if (msg_discover_decode(&u.discover, msg->data, msg->len) == -1)
			return -1;
		scan_request(m->scan, msg->token, &u.discover);
		return 0;
	case IPC_POLL_NOW:
		if (msg_poll_now_decode(&u.poll, msg->data, msg->len) == -1)
			return -1;
		snmp_engine_poll_now(m->snmp, u.poll.number);
		return 0;
	default:
		return -1;
	}
}

static void
core_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	if (core_frame(arg, msg) == -1)
		ipc_reject(ch, "bad message: not for measure, or not in this place");
}

static void
store_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct measure	  *m = arg;
	struct msg_durable d;

	if (msg->type != IPC_DURABLE || msg_durable_decode(&d, msg->data, msg->len) == -1 ||
	    d.frames < m->frames_durable || d.frames > m->frames_given)
		ipc_reject(ch, "bad message: not for measure, or more than store was given");
	else
		m->frames_durable = d.frames;
}

void
measure_attach(struct measure *m, enum process_kind peer, const char *instance, struct ipc_channel *ch)
{
	(void)instance;
	if (peer == PROCESS_CORE) {
		ipc_free(m->core);
		plan_reset(&m->plan);
		scan_forget_all(m->scan);
		probe_engine_record_anew(m->probes);
		m->core = ch;
		m->core_planned = false;
		m->states_due = true;
		ipc_handlers(ch, core_message, core_closed, m);
	} else if (peer == PROCESS_STORE) {
		store_leave(m);
		m->store = ch;
		ipc_handlers(ch, store_message, store_closed, m);
		while (m->kept != NULL && frame_give(m, m->kept->bytes, m->kept->len) == 0)
			kept_drop_first(m);
	} else {
		log_warnx("measure has no business with %s", process_names[peer]);
		ipc_free(ch);
	}
}

/* ---- packets in, counters out ---- */

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	struct measure *m = arg;

	if (kind == PACKET_UDP)
		snmp_engine_packet(m->snmp, in);
	else if (!scan_echo(m->scan, in))
		probe_engine_packet(m->probes, in);
}

static void
counters_send(void *arg)
{
	struct measure	   *m = arg;
	struct msg_counters c = { 0 };

	probe_engine_counters(m->probes, &c);
	if (!m->apps) {
		snmp_engine_counters(m->snmp, &c);
		msg_counters_add(&c, "discover.packets", scan_packets(m->scan));
	}
	msg_counters_add(&c, "samples.made", m->samples);
	msg_counters_add(&c, "samples.frames_dropped", m->frames_dropped + ipc_dropped(m->store));
	msg_counters_add(&c, "samples.frames_lost", m->frames_lost);
	msg_counters_add(&c, "samples.waiting_bytes", m->kept_bytes + ipc_queued(m->store));
	msg_counters_send(m->core, IPC_COUNTERS, 0, &c, -1);
	if (m->core_planned)
		states_again(m);
	/* Landlock knows a file, not its name: a new resolv.conf can be read only by a new process. */
	if (m->apps && sandbox_is_outdated(SANDBOX_APPS)) {
		log_info("a file of the resolver has been replaced: starting anew");
		loop_stop(m->loop, EXIT_SUCCESS);
	}
	loop_timer_set(m->loop, &m->count, loop_mono_ns(m->loop) + COUNTERS_NS, counters_send, m);
}

/* ---- making ---- */

struct measure *
measure_new(struct loop *l, const struct measure_opts *o)
{
	struct measure	 *m = xcalloc(1, sizeof(*m));
	const struct sink sink = { .sample = take_sample, .state = take_state, .port_found = take_port,
		.sensor_found = take_sensor, .ports_end = take_ports_end, .profile_tested = take_tested,
		.profile_test_end = take_test_end, .neighbour = take_neighbour, .fact = take_fact,
		.frame = take_frame, .arg = m };

	m->loop = l;
	m->io = o->io;
	m->secrets_fd = o->secrets_fd;
	m->probe_secrets_fd = o->probe_secrets_fd;
	m->apps = o->apps;
	m->kept_last = &m->kept;
	m->devices = nmap_new();
	m->io->on_packet = take_packet;
	m->io->arg = m;
	m->probes = probe_engine_new(l, m->io, &sink, take_answer, m);
	probe_engine_secrets(m->probes, m->probe_secrets_fd);
	m->snmp = snmp_engine_new(l, m->io, m->secrets_fd, o->public_community, &sink);
	m->scan = scan_new(&(struct scan_env){ .loop = l, .io = m->io, .wire = snmp_engine_wire(m->snmp),
		.secrets_fd = m->secrets_fd, .public_community = o->public_community, .found = take_discovered,
		.end = take_discover_end, .arg = m });
	loop_timer_set(l, &m->count, loop_mono_ns(l) + COUNTERS_NS, counters_send, m);
	return m;
}

void
measure_stop(struct measure *m)
{
	samples_send(m);
	ipc_drain(m->store, DRAIN_MS);
	ipc_drain(m->core, DRAIN_MS);
}

void
measure_free(struct measure *m)
{
	struct snmp_known *d;
	size_t		   at = 0;

	if (m == NULL)
		return;
	loop_timer_cancel(m->loop, &m->send);
	loop_timer_cancel(m->loop, &m->count);
	probe_engine_free(m->probes);
	scan_free(m->scan);
	snmp_engine_free(m->snmp);
	while ((d = nmap_next(m->devices, &at)) != NULL)
		free(d);
	nmap_free(m->devices);
	plan_reset(&m->plan);
	while (m->kept != NULL)
		kept_drop_first(m);
	sample_batch_free(&m->batch);
	ipc_free(m->core);
	ipc_free(m->store);
	m->io->ops->free(m->io);
	if (m->secrets_fd != -1)
		close(m->secrets_fd);
	if (m->probe_secrets_fd != -1)
		close(m->probe_secrets_fd);
	free(m);
}
