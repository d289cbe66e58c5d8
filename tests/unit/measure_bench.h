/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure_bench.h: one measuring instance between a core and a store that the test plays, on a virtual loop with the
 * scripted network. The SNMP engine is a double that notes what it is told.
 */
#ifndef SIMPUL_TEST_MEASURE_BENCH_H
#define SIMPUL_TEST_MEASURE_BENCH_H

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "collectors/sensor.h"
#include "collectors/snmp/engine.h"
#include "proc/proc.h"
#include "tests/unit/fake_net.h"
#include "tests/unit/tap.h"

#define WALL_NS (1795222800 * NS_PER_S)

/* ---- the double ---- */

struct snmp_engine {
	struct sink sink;
	unsigned    told, ports, removed, again;
	size_t	    nsensors, nprofiles;
	uint32_t    asked;	/* to be polled now */
	uint32_t    last;
	bool	    silent;	/* its device has a state to tell */
};
static struct snmp_engine *snmp;	/* the one of the instance under test */

struct snmp_engine *
snmp_engine_new(struct loop *l, struct packet_io *io, int secrets_fd, bool public_community,
    const struct sink *sink)
{
	(void)l;
	(void)io;
	(void)secrets_fd;
	(void)public_community;
	snmp = xcalloc(1, sizeof(*snmp));
	snmp->sink = *sink;
	return snmp;
}

void
snmp_engine_free(struct snmp_engine *e)
{
	free(e);
}

void
snmp_engine_target(struct snmp_engine *e, const struct msg_target *t, const struct msg_port *ports, size_t nports)
{
	(void)ports;
	e->told++;
	e->ports = (unsigned)nports;
	e->last = t->number;
}

void
snmp_engine_sensors(struct snmp_engine *e, uint32_t number, struct sensor_numbers *sensors)
{
	(void)number;
	e->nsensors = sensors->n;
	sensor_numbers_free(sensors);
}

void
snmp_engine_try(struct snmp_engine *e, uint32_t token, const struct msg_profile_test *m)
{
	(void)m;
	e->sink.profile_test_end(e->sink.arg, token, &(struct msg_profile_test_end){ .profile = "generic" });
}

void
snmp_engine_profiles(struct snmp_engine *e, struct snmp_profiles *set)
{
	e->nprofiles = set->n;
	snmp_profiles_unref(set);
}

void
snmp_engine_remove(struct snmp_engine *e, uint32_t number)
{
	e->removed++;
	e->last = number;
}

void
snmp_engine_tell_again(struct snmp_engine *e)
{
	const struct msg_target_state m = { .number = e->last, .state = TARGET_SILENT, .reason = "no answer" };

	e->again++;
	if (e->silent)
		e->sink.state(e->sink.arg, &m);
}

struct snmp_wire *
snmp_engine_wire(struct snmp_engine *e)
{
	(void)e;
	return NULL;
}

void
snmp_engine_poll_now(struct snmp_engine *e, uint32_t number)
{
	e->asked = number;
}

void
snmp_engine_packet(struct snmp_engine *e, const struct packet_in *in)
{
	(void)e;
	(void)in;
}

void
snmp_engine_counters(struct snmp_engine *e, struct msg_counters *out)
{
	msg_counters_add(out, "snmp.told", e->told);
}

/* ---- the other processes ---- */

struct end {			/* our end of a channel, and what has come in by it */
	struct bench	   *bench;
	struct ipc_channel *ch;
	unsigned	    frames[IPC_TYPES];
	unsigned	    samples, rounds;
	int64_t		    oldest_ns;	/* age of the oldest sample when its frame came */
	int64_t		    last_wall_ns;
	bool		    disorder, closed;
	uint32_t	    token;	/* of the last PROBE_DONE */
	struct msg_counters counters;
	struct msg_probe_done done;
};

struct bench {
	struct loop	*loop;
	struct fake_net *net;
	struct measure	*measure;
	struct end	 core, store;
};

static void
take_sample(void *arg, const struct sample *s)
{
	struct end *e = arg;
	int64_t	    age = loop_wall_ns(e->bench->loop) - s->wall_ns;

	e->samples++;
	if (s->type != SAMPLE_ROUND)
		return;
	e->rounds++;
	if (age > e->oldest_ns)
		e->oldest_ns = age;
	e->disorder = e->disorder || s->wall_ns < e->last_wall_ns;
	e->last_wall_ns = s->wall_ns;
}

static void
end_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct end *e = arg;

	(void)ch;
	e->frames[msg->type]++;
	switch (msg->type) {
	case IPC_SAMPLES:
		if (samples_each(msg->data, msg->len, take_sample, e) <= 0)
			e->disorder = true;
		break;
	case IPC_COUNTERS:
		msg_counters_decode(&e->counters, msg->data, msg->len);
		break;
	case IPC_PROBE_DONE:
		msg_probe_done_decode(&e->done, msg->data, msg->len);
		e->token = msg->token;
		break;
	}
}

static void
end_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct end *e = arg;

	(void)why;
	ipc_free(ch);
	e->ch = NULL;
	e->closed = true;
}

static void
join(struct bench *b, struct end *e, enum process_kind peer)
{
	struct ipc_channel *theirs;

	*e = (struct end){ .bench = b };
	ipc_pair(b->loop, &theirs, process_names[peer], &e->ch, "measure");
	ipc_handlers(e->ch, end_message, end_closed, e);
	measure_attach(b->measure, peer, "", theirs);
}

static void
leave(struct end *e)
{
	ipc_free(e->ch);
	e->ch = NULL;
}

static struct bench *
bench_new(void)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_new_virtual(1, WALL_NS);
	b->net = fake_net_new(b->loop);
	b->measure = measure_new(b->loop, &(struct measure_opts){ .instance = "main", .io = &b->net->io, .secrets_fd = -1, .probe_secrets_fd = -1 });
	join(b, &b->core, PROCESS_CORE);
	join(b, &b->store, PROCESS_STORE);
	return b;
}

static void
bench_free(struct bench *b)
{
	measure_stop(b->measure);
	measure_free(b->measure);
	ipc_free(b->core.ch);
	ipc_free(b->store.ch);
	loop_free(b->loop);
	free(b);
}

static void
run(struct bench *b, double seconds)
{
	loop_run_until(b->loop, loop_mono_ns(b->loop) + (int64_t)(seconds * NS_PER_S));
}

/* ---- the plan as core sends it ---- */

static void
send_begin(struct bench *b, uint32_t generation, uint32_t targets)
{
	const struct msg_plan m = { .generation = generation, .targets = targets };

	msg_plan_send(b->core.ch, IPC_PLAN_BEGIN, 0, &m, -1);
}

static void
send_end(struct bench *b, uint32_t generation, uint32_t targets)
{
	const struct msg_plan m = { .generation = generation, .targets = targets };

	msg_plan_send(b->core.ch, IPC_PLAN_END, 0, &m, -1);
}

static void
send_probe(struct bench *b, unsigned n, const char *method, uint32_t interval_ms)
{
	struct msg_target t = { .kind = TARGET_PROBE, .number = n, .interval_ms = interval_ms, .timeout_ms = 1000,
		.port = 80 };

	snprintf(t.ref, sizeof(t.ref), "link/s%u-1", n);
	snprintf(t.method, sizeof(t.method), "%s", method);
	t.address = fake_addr(n % FAKE_HOSTS);
	msg_target_send(b->core.ch, IPC_TARGET, 0, &t, -1);
}

static void
send_plan(struct bench *b, uint32_t generation, unsigned links)
{
	unsigned n;

	send_begin(b, generation, links);
	for (n = 1; n <= links; n++)
		send_probe(b, n, "icmp", 2000);
	send_end(b, generation, links);
}

static uint64_t
counter(const struct end *e, const char *name)
{
	uint16_t i;

	for (i = 0; i < e->counters.n; i++)
		if (strcmp(e->counters.c[i].name, name) == 0)
			return e->counters.c[i].value;
	return UINT64_MAX;
}

#endif
