/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_lab.h: the SNMP engine on a virtual loop, and a scripted agent whose counters are exact functions of its
 * time since boot; it can be renumbered, rebooted, silenced, slowed down, made to answer wrongly.
 */
#ifndef SIMPUL_TEST_SNMP_LAB_H
#define SIMPUL_TEST_SNMP_LAB_H

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "collectors/snmp/engine.h"
#include "tests/unit/agent.h"
#include "tests/unit/tap.h"

#define WALL_NS	 (1795222800 * NS_PER_S)
#define DELAY_NS (20 * NS_PER_MS)
#define MINUTE	 60
#define DEVICE	 1
#define ETHER1	 10	/* series numbers */
#define ETHER2	 11
#define LINK	 20
#define PUBLIC	 (-2)

/* True rates: octets per second of ether1 and ether2, in and out; errors per second in. */
#define ETHER1_IN  1250000u
#define ETHER1_OUT 125000u
#define ETHER2_IN  5000u
#define ETHER2_OUT 7000u
#define ERRORS_IN  2u

enum fault { FAULT_NONE, FAULT_SILENT, FAULT_ID, FAULT_SOURCE, FAULT_PORT, FAULT_TRUNCATED, FAULT_COMMUNITY, FAULT_OIDS, FAULT_LONG_LOST,
	FAULT_TWICE, FAULT_UNSENT };

struct lab {
	struct packet_io    io;		/* first: the engine's view of us */
	struct loop	   *loop;
	struct agent	    agent;
	struct snmp_engine *engine;
	struct msg_target   target;
	enum fault	    fault;
	int64_t		    delay_ns;
	int64_t		    older_ns;		/* by which the stamps of answers are too old */
	/* the device's world */
	int64_t		    booted_ns;
	uint32_t	    ether1, ether2;	/* ifIndex now */
	uint64_t	    start1, start2;	/* counters at boot */
	/* what came out */
	struct sample	    sample[20000];
	size_t		    nsamples;
	struct msg_target_state state[64];
	size_t		    nstates;
	struct msg_port_found found[64];
	size_t		    nfound;
	size_t		    batches, packets;
	int64_t		    tick_ns;		/* the 5 ms in which packets left last */
	size_t		    in_tick, most_in_tick;	/* packets */
	uint64_t	    trace;
	size_t		    longest, walk_answers_too_long;	/* answers to GETs; those to walks beyond a frame */
};

struct delivery {
	struct lab	 *lab;
	struct loop_timer timer;
	struct packet_in  in;
	uint8_t		  data[AGENT_PACKET_MAX];
};

static void
deliver(void *arg)
{
	struct delivery *d = arg;

	d->in.received_ns = loop_mono_ns(d->lab->loop) - d->lab->older_ns;
	snmp_engine_packet(d->lab->engine, &d->in);
	free(d);
}

static void
set_port(struct agent *a, uint32_t index, unsigned column, unsigned hc_column, uint64_t octets)
{
	char oid[80];

	snprintf(oid, sizeof(oid), "1.3.6.1.2.1.2.2.1.%u.%u", column, index);
	agent_set(a, oid, SNMP_COUNTER32, (uint32_t)octets);
	if (hc_column == 0)
		return;
	snprintf(oid, sizeof(oid), "1.3.6.1.2.1.31.1.1.1.%u.%u", hc_column, index);
	agent_set(a, oid, SNMP_COUNTER64, octets);
}

/* The device's counters are exact functions of its time since boot. */
static void
world_update(struct lab *lab, bool has_hc)
{
	uint64_t ms = (uint64_t)(loop_mono_ns(lab->loop) - lab->booted_ns) / NS_PER_MS;

	agent_set(&lab->agent, "1.3.6.1.2.1.1.3.0", SNMP_TIMETICKS, (uint32_t)(ms / 10));
	set_port(&lab->agent, lab->ether1, 10, has_hc ? 6 : 0, lab->start1 + ETHER1_IN * ms / 1000);
	set_port(&lab->agent, lab->ether1, 16, has_hc ? 10 : 0, lab->start1 + ETHER1_OUT * ms / 1000);
	set_port(&lab->agent, lab->ether1, 14, 0, ERRORS_IN * ms / 1000);
	set_port(&lab->agent, lab->ether2, 10, has_hc ? 6 : 0, lab->start2 + ETHER2_IN * ms / 1000);
	set_port(&lab->agent, lab->ether2, 16, has_hc ? 10 : 0, lab->start2 + ETHER2_OUT * ms / 1000);
}

/*
 * Spoil an answer. The request-id is the first INTEGER of four bytes. @return its new length, or 0 when it is
 * lost
 */
static size_t
spoil(const struct lab *lab, struct delivery *d, size_t len)
{
	switch (lab->fault) {
	case FAULT_SILENT:
		return 0;
	case FAULT_ID:
		for (size_t i = 0; i + 6 < len; i++)
			if (d->data[i] == SNMP_INTEGER && d->data[i + 1] == 4) {
				d->data[i + 5] ^= 1;
				break;
			}
		return len;
	case FAULT_SOURCE:
		d->in.from.byte[3]++;
		return len;
	case FAULT_PORT:
		d->in.port++;
		return len;
	case FAULT_TRUNCATED:
		return len - 1;
	case FAULT_COMMUNITY:
		for (size_t i = 0; i + 8 < len; i++)
			if (memcmp(&d->data[i], "public", 6) == 0) {
				d->data[i] = 'P';
				break;
			}
		return len;
	case FAULT_OIDS:
		if (memcmp(&d->data[len - 3], "\x43\x01\x00", 3) == 0)
			d->data[len - 4] ^= 1;	/* the index of the last OID, an ifCounterDiscontinuityTime */
		return len;
	case FAULT_LONG_LOST:
		return len > 400 ? 0 : len;
	default:
		return len;
	}
}

/* Where the tag of the PDU is in a request: behind version and community. */
static size_t
lab_pdu_at(const uint8_t *p)
{
	size_t at = p[1] == 0x82 ? 4 : p[1] == 0x81 ? 3 : 2;

	return at + 3 + 2 + p[at + 4];
}

static size_t
lab_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct lab *lab = (struct lab *)io;
	bool	    has_hc = lab->agent.community[31] == '\0';

	lab->batches++;
	lab->packets += n;
	if (loop_mono_ns(lab->loop) / (5 * NS_PER_MS) != lab->tick_ns / (5 * NS_PER_MS))
		lab->in_tick = 0;
	lab->tick_ns = loop_mono_ns(lab->loop);
	lab->in_tick += n;
	if (lab->in_tick > lab->most_in_tick)
		lab->most_in_tick = lab->in_tick;
	for (size_t i = 0; i < n; i++) {
		batch[i].sent_ns = loop_mono_ns(lab->loop);
		batch[i].error = lab->fault == FAULT_UNSENT ? ENETUNREACH : 0;
		if (kind != PACKET_UDP || batch[i].error != 0)
			continue;
		world_update(lab, has_hc);
		for (unsigned copy = 0; copy < (lab->fault == FAULT_TWICE ? 2 : 1); copy++) {
			struct delivery *d = xcalloc(1, sizeof(*d));

			d->lab = lab;
			d->in = (struct packet_in){ .from = batch[i].to, .port = batch[i].port, .data = d->data };
			d->in.len = agent_answer(&lab->agent, batch[i].data, batch[i].len, d->data);
			if (batch[i].data[lab_pdu_at(batch[i].data)] != SNMP_PDU_GET)
				lab->walk_answers_too_long += d->in.len > 1472;
			else if (d->in.len > lab->longest)
				lab->longest = d->in.len;
			if (d->in.len > 0)
				d->in.len = spoil(lab, d, d->in.len);
			if (d->in.len > 0)
				loop_timer_set(lab->loop, &d->timer, loop_mono_ns(lab->loop) + lab->delay_ns, deliver, d);
			else
				free(d);
		}
	}
	return n;
}

static const struct packet_io_ops lab_ops = { .send = lab_send };

static void
trace(struct lab *lab, const void *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		lab->trace = hash_u64(lab->trace ^ ((const uint8_t *)p)[i]);
}

static void
on_sample(void *arg, const struct sample *s)
{
	struct lab *lab = arg;

	if (lab->nsamples < nitems(lab->sample))
		lab->sample[lab->nsamples++] = *s;
	trace(lab, &s->wall_ns, sizeof(s->wall_ns));
	trace(lab, s->value, s->n * sizeof(s->value[0]));
}

static void
on_state(void *arg, const struct msg_target_state *st)
{
	struct lab *lab = arg;

	if (lab->nstates < nitems(lab->state))
		lab->state[lab->nstates++] = *st;
	trace(lab, st->reason, strlen(st->reason));
}

static void
on_port(void *arg, const struct msg_port_found *p)
{
	struct lab *lab = arg;

	if (lab->nfound < nitems(lab->found))
		lab->found[lab->nfound++] = *p;
}

static void
lab_ports(struct lab *lab, uint32_t link)
{
	struct msg_port ports[] = {
		{ .device = DEVICE, .number = ETHER1, .link = link, .name = "ether1" },
		{ .device = DEVICE, .number = ETHER2, .name = "ether2" },
	};

	snmp_engine_target(lab->engine, &lab->target, ports, nitems(ports));
}

static void
lab_run(struct lab *lab, double seconds)
{
	loop_run_until(lab->loop, loop_mono_ns(lab->loop) + (int64_t)(seconds * NS_PER_S));
}

/* A lab whose device has run for a day. secrets_fd as in snmp_engine_new(), or PUBLIC: no files, all "public". */
static struct lab *
lab_bare(uint64_t seed, const char *method, int secrets_fd)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));
	struct sink sink = { .sample = on_sample, .state = on_state, .port_found = on_port, .arg = lab };

	lab->loop = loop_new_virtual(seed, WALL_NS);
	lab->io = (struct packet_io){ .ops = &lab_ops, .loop = lab->loop };
	agent_load(&lab->agent, "routeros.txt");
	lab->delay_ns = DELAY_NS;
	lab->ether1 = 1;
	lab->ether2 = 2;
	lab->booted_ns = loop_mono_ns(lab->loop) - 86400 * NS_PER_S;
	lab->start1 = 1000000;
	lab->start2 = 2000000;
	lab->engine = snmp_engine_new(lab->loop, &lab->io, secrets_fd, secrets_fd == PUBLIC, &sink);
	lab->target = (struct msg_target){ .kind = TARGET_SNMP, .number = DEVICE, .ref = "device/s002-r1", .port = 161,
		.interval_ms = 60000, .credential = "city-read" };
	addr_parse(&lab->target.address, "10.100.0.2");
	strcpy(lab->target.method, method);
	return lab;
}

/* The same after three minutes of polls. */
__attribute__((unused)) static struct lab *
lab_new(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);

	lab_ports(lab, LINK);
	lab_run(lab, 3 * MINUTE);
	return lab;
}

__attribute__((unused)) static void
lab_free(struct lab *lab)
{
	lab->fault = FAULT_SILENT;
	lab_run(lab, 20);	/* let what is under way arrive */
	snmp_engine_free(lab->engine);
	loop_free(lab->loop);
	free(lab);
}

__attribute__((unused)) static uint64_t
counter(struct lab *lab, const char *name)
{
	struct msg_counters c = { 0 };

	snmp_engine_counters(lab->engine, &c);
	for (unsigned i = 0; i < c.n; i++)
		if (strcmp(c.c[i].name, name) == 0)
			return c.c[i].value;
	return UINT64_MAX;
}

__attribute__((unused)) static const struct sample *
last_sample(const struct lab *lab, uint32_t series)
{
	static const struct sample none = { .quality = QUALITIES };

	for (size_t i = lab->nsamples; i-- > 0;)
		if (lab->sample[i].series == series)
			return &lab->sample[i];
	return &none;
}

__attribute__((unused)) static size_t
count_samples(const struct lab *lab, uint32_t series, enum quality q, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < lab->nsamples; i++)
		n += lab->sample[i].series == series && lab->sample[i].quality == q;
	return n;
}

/* Octets are counted by the millisecond, errors one by one: then a count more or less is as true. */
static bool
is_true(double got, double want, double slack)
{
	return isnan(got) || fabs(got - want) <= slack;
}

/* Every rate that is known is the true one, of every sample there was. */
__attribute__((unused)) static bool
all_true(const struct lab *lab)
{
	for (size_t i = 0; i < lab->nsamples; i++) {
		const struct sample *s = &lab->sample[i];
		bool		     first = s->series == ETHER1 || s->series == LINK;
		double		     rx, tx;

		if (s->series == DEVICE)
			continue;
		rx = 8.0 * (first ? ETHER1_IN : ETHER2_IN);
		tx = 8.0 * (first ? ETHER1_OUT : ETHER2_OUT);
		if (!is_true(s->value[PORT_RX_BPS], rx, 1e-3 * rx) || !is_true(s->value[PORT_TX_BPS], tx, 1e-3 * tx) ||
		    !is_true(s->value[PORT_RX_ERRORS_PS], first ? ERRORS_IN : 0, 1 / s->seconds)) {
			printf("#   sample %zu of %u: %g %g %g over %g s\n", i, s->series, s->value[0], s->value[1], s->value[2], s->seconds);
			return false;
		}
	}
	return true;
}

__attribute__((unused)) static void
renumber(struct lab *lab)
{
	const uint32_t old[] = { 1, 2, 15 }, new[] = { 2, 15, 1 };

	agent_renumber(&lab->agent, old, new, 3);
	lab->ether1 = 2;
	lab->ether2 = 15;
}

__attribute__((unused)) static void
reboot(struct lab *lab)
{
	lab->booted_ns = loop_mono_ns(lab->loop) - 12 * NS_PER_S;
	lab->start1 = lab->start2 = 0;
}

#endif
