/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_engine_test.c: the engine on a virtual loop against a scripted agent that is renumbered, rebooted,
 * silenced, slow, small, hostile. What must hold throughout: every known rate is the true one (no spike, no
 * false zero), and no counter is ever booked to another port.
 */
#include "collectors/snmp/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "base/map.h"
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
	uint64_t	    trace;
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

	d->in.received_ns = loop_mono_ns(d->lab->loop);
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

static size_t
lab_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct lab *lab = (struct lab *)io;
	bool	    has_hc = lab->agent.community[31] == '\0';

	lab->batches++;
	lab->packets += n;
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
static struct lab *
lab_new(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);

	lab_ports(lab, LINK);
	lab_run(lab, 3 * MINUTE);
	return lab;
}

static void
lab_free(struct lab *lab)
{
	lab->fault = FAULT_SILENT;
	lab_run(lab, 20);	/* let what is under way arrive */
	snmp_engine_free(lab->engine);
	loop_free(lab->loop);
	free(lab);
}

static uint64_t
counter(struct lab *lab, const char *name)
{
	struct msg_counters c = { 0 };

	snmp_engine_counters(lab->engine, &c);
	for (unsigned i = 0; i < c.n; i++)
		if (strcmp(c.c[i].name, name) == 0)
			return c.c[i].value;
	return UINT64_MAX;
}

static const struct sample *
last_sample(const struct lab *lab, uint32_t series)
{
	static const struct sample none = { .quality = QUALITIES };

	for (size_t i = lab->nsamples; i-- > 0;)
		if (lab->sample[i].series == series)
			return &lab->sample[i];
	return &none;
}

static size_t
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
static bool
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

static void
test_discovery(void)
{
	struct lab	    *lab = lab_bare(1, "2c", PUBLIC);
	const struct sample *s;

	snmp_engine_target(lab->engine, &lab->target, NULL, 0);
	lab_run(lab, MINUTE);
	is_i64((int64_t)lab->nfound, 4, "discovery finds the ports");
	is_text(lab->found[0].name, "ether1", "the first by ifIndex");
	is_text(lab->found[0].alias, "uplink", "its ifAlias");
	ok(lab->found[0].if_type == 6 && lab->found[0].speed_bps == 1000000000, "its ifType and ifHighSpeed");
	ok(lab->found[3].if_index == 4294967280u, "an ifIndex above 2^31");
	ok(lab->nstates == 1 && lab->state[0].state == TARGET_ANSWERING, "one state: answering");
	is_text(lab->state[0].name, "s002-router", "with its sysName");
	s = last_sample(lab, DEVICE);
	ok(s->quality == QUALITY_GOOD && s->n == HOST_RATES, "the host has a sample");
	is_near(s->value[HOST_CPU_RATIO], 0.06, 1e-9, "cpu_ratio is the mean of the processors");
	is_near(s->value[HOST_MEM_USED_RATIO], 0.25, 1e-9, "mem_used_ratio of hrStorageRam");
	is_near(s->value[HOST_LOAD1], NAN, 0, "load1 is unknown where there is none");
	is_near(s->value[HOST_SNMP_RTT_S], 0.020, 1e-9, "snmp_rtt_s");
	lab_ports(lab, LINK);
	lab_run(lab, 3 * MINUTE);
	s = last_sample(lab, ETHER1);
	ok(s->quality == QUALITY_GOOD && s->n == PORT_RATES && s->seconds > 59.9 && s->seconds < 60.1, "a port with a number has samples");
	is_near(s->value[PORT_RX_BPS], 8.0 * ETHER1_IN, 10, "rx_bps");
	is_near(s->value[PORT_TX_BPS], 8.0 * ETHER1_OUT, 10, "tx_bps");
	is_near(s->value[PORT_RX_ERRORS_PS], ERRORS_IN, 0.02, "rx_errors_ps");
	is_near(s->value[PORT_TX_ERRORS_PS], 0, 0, "a known zero is zero");
	is_near(s->value[PORT_OPER_UP_RATIO], 1, 0, "oper_up_ratio");
	is_near(last_sample(lab, ETHER2)->value[PORT_OPER_UP_RATIO], 0, 0, "oper_up_ratio of a port that is down");
	ok(last_sample(lab, LINK)->n == LINK_RATES && last_sample(lab, LINK)->value[LINK_RX_BPS] == s->value[PORT_RX_BPS],
	    "its link gets the same rates");
	ok(all_true(lab), "all known rates are true");
	lab_free(lab);
}

static void
test_unchanged_target(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;
	uint64_t    walks = counter(lab, "snmp.walks");

	lab_ports(lab, LINK);
	lab_run(lab, 2 * MINUTE);
	ok(count_samples(lab, ETHER1, QUALITY_GOOD, from) == 2 && count_samples(lab, ETHER1, QUALITY_UNKNOWN, from) == 0,
	    "a target that did not change keeps its bases");
	lab_ports(lab, 0);
	lab_run(lab, 2 * MINUTE);
	ok(count_samples(lab, ETHER1, QUALITY_GOOD, from) == 4, "so does a port whose line went elsewhere");
	is_i64((int64_t)counter(lab, "snmp.walks"), (int64_t)walks, "and the device is not walked again");
	snmp_engine_remove(lab->engine, DEVICE);
	from = lab->nsamples;
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)lab->nsamples, (int64_t)from, "a removed target is polled no more");
	lab_free(lab);
}

static void
renumber(struct lab *lab)
{
	const uint32_t old[] = { 1, 2, 15 }, new[] = { 2, 15, 1 };

	agent_renumber(&lab->agent, old, new, 3);
	lab->ether1 = 2;
	lab->ether2 = 15;
}

static void
reboot(struct lab *lab)
{
	lab->booted_ns = loop_mono_ns(lab->loop) - 12 * NS_PER_S;
	lab->start1 = lab->start2 = 0;
}

static void
test_renumbered(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	renumber(lab);
	lab_run(lab, 3 * MINUTE);
	is_i64((int64_t)counter(lab, "snmp.renumbered"), 1, "renumbered: seen once");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_GOOD, from), 3, "and nothing is lost");
	is_i64((int64_t)count_samples(lab, ETHER2, QUALITY_GOOD, from), 3, "of either port");
	ok(all_true(lab), "renumbered: all known rates are true");
	lab_free(lab);
}

static void
test_rebooted(bool renumbered)
{
	const char *name = renumbered ? "rebooted and renumbered" : "rebooted";
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab_run(lab, 7);
	reboot(lab);
	if (renumbered)
		renumber(lab);
	lab_run(lab, 4 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_RESET, from), 1, name);
	ok(count_samples(lab, ETHER1, QUALITY_UNKNOWN, from) == 0 && count_samples(lab, ETHER1, QUALITY_LOST, from) == 0,
	    "%s: nothing else is unknown", name);
	ok(lab->nstates == 2 && lab->state[1].state == TARGET_RESTARTED, "%s: told once", name);
	ok(strncmp(lab->state[1].reason, "sysUpTime went back to ", 23) == 0, "%s: \"%s\"", name, lab->state[1].reason);
	ok(all_true(lab), "%s: all known rates are true", name);
	lab_free(lab);
}

static void
test_replaced(void)
{
	struct lab *lab = lab_new();

	reboot(lab);
	agent_remove(&lab->agent, "1.3.6.1.2.1.1.2");
	agent_set(&lab->agent, "1.3.6.1.2.1.1.2.0", SNMP_OID, 0);
	agent_set_text(&lab->agent, "1.3.6.1.2.1.1.5.0", "another");
	for (size_t i = 0; i < lab->agent.n; i++)
		if (lab->agent.object[i].type == SNMP_OID && lab->agent.object[i].len == 0) {
			memcpy(lab->agent.object[i].bytes, "\x2b\x06\x01\x04\x01\x09", 6);
			lab->agent.object[i].len = 6;
		}
	lab_run(lab, 2 * MINUTE);
	ok(lab->nstates == 3 && lab->state[2].state == TARGET_REPLACED, "another sysObjectID is another device");
	is_text(lab->state[2].reason, "another device answers: it was \"s002-router\", now it is \"another\"", "and says so");
	lab_free(lab);
}

/* 255 bytes are allowed, 127 are kept, three of them for the mark: the cut would fall into a character of two bytes. */
static void
test_long_name(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	char	    name[201], want[128];

	memset(name, 'a', 200);
	for (size_t i = 123; i < 199; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	name[200] = '\0';
	agent_set_text(&lab->agent, "1.3.6.1.2.1.1.5.0", name);
	lab_ports(lab, LINK);
	lab_run(lab, 3 * MINUTE);
	snprintf(want, sizeof(want), "%.123s...", name);
	is_text(lab->state[0].name, want, "a long sysName is cut before a character, and marked");
	lab_free(lab);
}

static void
test_silent(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->fault = FAULT_SILENT;
	lab_run(lab, 2 * MINUTE);
	lab->fault = FAULT_NONE;
	lab_run(lab, MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 2, "two polls without answer are lost samples");
	ok(last_sample(lab, ETHER1)->quality == QUALITY_GOOD && last_sample(lab, ETHER1)->seconds > 179,
	    "and the next one speaks for all three minutes");
	is_i64((int64_t)lab->nstates, 1, "two silent polls change no state");
	lab->fault = FAULT_SILENT;
	lab_run(lab, 6 * MINUTE);
	ok(lab->nstates == 2 && lab->state[1].state == TARGET_SILENT, "six silent polls are told once");
	ok(strncmp(lab->state[1].reason, "no answer since 2026-11-21T", 27) == 0, "\"%s\"", lab->state[1].reason);
	snmp_engine_tell_again(lab->engine);
	ok(lab->nstates == 3 && lab->state[2].wall_ns == lab->state[1].wall_ns &&
	    strcmp(lab->state[2].reason, lab->state[1].reason) == 0, "told again: the same, with its time");
	lab->nstates--;
	ok(isnan(last_sample(lab, LINK)->value[LINK_RX_BPS]) && isnan(last_sample(lab, DEVICE)->value[HOST_UPTIME_S]),
	    "what is not known is no number");
	lab->fault = FAULT_NONE;
	from = lab->nsamples;
	lab_run(lab, 2 * MINUTE);
	ok(lab->nstates == 3 && lab->state[2].state == TARGET_ANSWERING, "its return is told once");
	ok(count_samples(lab, ETHER1, QUALITY_UNKNOWN, from) == 1 && count_samples(lab, ETHER1, QUALITY_GOOD, from) == 1,
	    "the first reading after it is stale, the second good");
	ok(all_true(lab), "silent: all known rates are true");
	lab_free(lab);
}

static void
test_small_agent(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	uint64_t    too_big;

	lab->agent.varbinds_max = 12;
	lab_ports(lab, LINK);
	lab_run(lab, 2 * MINUTE);
	too_big = counter(lab, "snmp.toobig");
	lab_run(lab, 2 * MINUTE);
	ok(too_big > 0 && last_sample(lab, ETHER2)->quality == QUALITY_GOOD, "tooBig: asked for less");
	is_i64((int64_t)counter(lab, "snmp.toobig"), (int64_t)too_big, "and not for more again in the next poll");
	is_i64((int64_t)lab->nstates, 1, "tooBig is no state");
	ok(all_true(lab), "tooBig: all known rates are true");
	lab_free(lab);

	lab = lab_new();
	lab->fault = FAULT_LONG_LOST;
	lab_run(lab, 4 * MINUTE);
	ok(last_sample(lab, ETHER1)->quality == QUALITY_GOOD, "long answers are lost: asked for less");
	is_i64((int64_t)lab->nstates, 1, "and the device was never called silent");
	ok(all_true(lab), "lost long answers: all known rates are true");
	lab_free(lab);
}

static void
test_wrong_answers(void)
{
	static const struct {
		const char *name, *counter, *reason;
		enum fault  fault;
	} cases[] = {
		{ "another request-id", "snmp.unmatched", "another request-id", FAULT_ID },
		{ "another address", "snmp.wrong_source", "answer from another address or port", FAULT_SOURCE },
		{ "another port", "snmp.wrong_source", "answer from another address or port", FAULT_PORT },
		{ "truncated", "snmp.malformed", "longer than what holds it", FAULT_TRUNCATED },
		{ "another community", "snmp.wrong_community", "another community", FAULT_COMMUNITY },
	};

	for (size_t i = 0; i < nitems(cases); i++) {
		struct lab *lab = lab_new();
		size_t	    from = lab->nsamples;

		lab->fault = cases[i].fault;
		lab_run(lab, 5 * MINUTE);
		ok(counter(lab, cases[i].counter) > 0, "%s: counted as %s", cases[i].name, cases[i].counter);
		is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 5, "its polls are lost");
		ok(lab->nstates == 2 && lab->state[1].state == TARGET_WRONG && strstr(lab->state[1].reason, cases[i].reason) != NULL,
		    "%s: \"%s\"", cases[i].name, lab->state[lab->nstates - 1].reason);
		ok(all_true(lab), "%s: all known rates are true", cases[i].name);
		lab_free(lab);
	}
}

static void
test_wrong_oids(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->fault = FAULT_OIDS;
	lab_run(lab, 3 * MINUTE);
	ok(counter(lab, "snmp.wrong_oids") > 0, "other OIDs: counted as snmp.wrong_oids");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 3, "the port's samples are lost");
	is_i64((int64_t)count_samples(lab, DEVICE, QUALITY_GOOD, from), 3, "the host's, whose OIDs are right, are not");
	ok(all_true(lab), "other OIDs: all known rates are true");
	lab_free(lab);
}

static void
test_refused(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->agent.error_status = 16;
	lab_run(lab, 5 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_UNKNOWN, from), 5, "a valid refusal gives unknown samples");
	ok(lab->nstates == 2 && lab->state[1].state == TARGET_WRONG && strstr(lab->state[1].reason, "authorizationError") != NULL,
	    "\"%s\"", lab->state[1].reason);
	lab->agent.error_status = 0;
	lab_run(lab, 2 * MINUTE);
	ok(lab->nstates == 3 && last_sample(lab, ETHER1)->quality == QUALITY_GOOD, "and it returns");
	lab->fault = FAULT_UNSENT;
	from = lab->nsamples;
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_UNKNOWN, from), 2, "what we could not send is unknown, not lost");
	lab_free(lab);
}

static void
test_late_and_double(void)
{
	struct lab *lab = lab_new();
	size_t	    from = lab->nsamples;

	lab->delay_ns = 2600 * NS_PER_MS;
	lab_run(lab, 3 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_GOOD, from), 3, "an answer after the first time-out still counts");
	is_near(last_sample(lab, DEVICE)->value[HOST_SNMP_RTT_S], 2.6, 1e-9, "with the round trip of its own request");
	lab->delay_ns = DELAY_NS;
	lab->fault = FAULT_TWICE;
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_GOOD, from), 5, "an answer that comes twice counts once");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_UNKNOWN, from), 0, "and spoils nothing");
	ok(counter(lab, "snmp.late") > 0 && counter(lab, "snmp.unmatched") == 0, "the second is counted as late");
	lab_free(lab);
}

/* No ifXTable counters, or SNMPv1: 32 bits, which wrap. */
static void
test_32_bits(const char *method)
{
	struct lab *lab = lab_bare(1, method, PUBLIC);
	size_t	    good, other;

	agent_remove(&lab->agent, "1.3.6.1.2.1.31.1.1.1.6");
	agent_remove(&lab->agent, "1.3.6.1.2.1.31.1.1.1.10");
	agent_set(&lab->agent, "1.3.6.1.2.1.31.1.1.1.15.1", SNMP_GAUGE32, 100);
	lab->agent.community[31] = 'x';		/* beyond its end: a mark for lab_send() */
	lab->booted_ns = loop_mono_ns(lab->loop);
	lab->start1 = lab->start2 = UINT32_MAX - 200 * ETHER1_IN;
	lab_ports(lab, LINK);
	lab_run(lab, 30 * MINUTE);
	good = count_samples(lab, ETHER1, QUALITY_GOOD, 0);
	other = count_samples(lab, ETHER1, QUALITY_RESET, 0) + count_samples(lab, ETHER1, QUALITY_UNKNOWN, 0);
	ok(good >= 28 && other == 1, "%s, 32 bits: %zu good samples across the wrap, the first has no base", method, good);
	ok(all_true(lab), "%s, 32 bits: all known rates are true", method);
	lab_free(lab);
}

static void
test_speed_unknown_wrap(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);

	agent_remove(&lab->agent, "1.3.6.1.2.1.31.1.1.1.6");
	agent_remove(&lab->agent, "1.3.6.1.2.1.31.1.1.1.10");
	agent_set(&lab->agent, "1.3.6.1.2.1.31.1.1.1.15.1", SNMP_GAUGE32, 0);
	lab->agent.community[31] = 'x';
	lab->booted_ns = loop_mono_ns(lab->loop);
	lab->start1 = UINT32_MAX - 200 * ETHER1_IN;
	lab_ports(lab, LINK);
	lab_run(lab, 10 * MINUTE);
	is_i64((int64_t)count_samples(lab, LINK, QUALITY_GOOD, 0) + (int64_t)count_samples(lab, LINK, QUALITY_UNKNOWN, 0),
	    (int64_t)(count_samples(lab, ETHER1, QUALITY_GOOD, 0) + count_samples(lab, ETHER1, QUALITY_UNKNOWN, 0)),
	    "speed unknown: the link's samples follow the port's");
	ok(all_true(lab), "speed unknown, 32 bits: the wrap is unknown, all known rates are true");
	lab_free(lab);
}

static void
write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ok(fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "(wrote %s)", name);
	close(fd);
}

static void
test_no_secrets(void)
{
	struct lab *lab = lab_bare(1, "2c", -1);

	lab_ports(lab, LINK);
	lab_run(lab, 5 * MINUTE);
	ok(lab->nstates == 1 && lab->state[0].state == TARGET_WRONG, "no directory of communities: told at once, and once");
	is_text(lab->state[0].reason,
	    "cannot read secrets/snmp/city-read: the directory could not be opened; "
	    "put the secret there, one line, and restart the engine", "with the remedy");
	ok(lab->packets == 0 && last_sample(lab, ETHER1)->quality == QUALITY_UNKNOWN, "and no community is guessed");
	lab_free(lab);
}

static void
test_credential(void)
{
	char	    path[] = "/tmp/simpul-secrets-XXXXXX";
	int	    dir = mkdtemp(path) != NULL ? open(path, O_RDONLY | O_DIRECTORY) : -1;
	struct lab *lab = lab_bare(1, "2c", dir);

	lab_ports(lab, LINK);
	lab_run(lab, 5 * MINUTE);
	ok(lab->nstates == 1 && lab->state[0].state == TARGET_WRONG, "no community file: told at once, and once");
	is_text(lab->state[0].reason,
	    "cannot read secrets/snmp/city-read: No such file or directory; put the secret there, one line", "with the remedy");
	ok(lab->packets == 0 && last_sample(lab, ETHER1)->quality == QUALITY_UNKNOWN, "nothing is sent, the samples are unknown");
	write_file(dir, "real", "public\n");
	ok(symlinkat("real", dir, "city-read") == 0, "(made a symbolic link)");
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)lab->packets, 0, "a symbolic link is not followed");
	unlinkat(dir, "city-read", 0);
	write_file(dir, "city-read", "two\nlines\n");
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)lab->packets, 0, "two lines are no community");
	write_file(dir, "city-read", "public\r\n");
	ok(fchmodat(dir, "city-read", 0640, 0) == 0, "(opened it to the group)");
	lab_run(lab, 2 * MINUTE);
	is_i64((int64_t)lab->packets, 0, "a file that the group may read holds no secret");
	ok(fchmodat(dir, "city-read", 0600, 0) == 0, "(closed it)");
	lab_run(lab, 2 * MINUTE);
	ok(lab->state[lab->nstates - 1].state == TARGET_ANSWERING, "a file put right is found in the next interval");
	lab_free(lab);
	unlinkat(dir, "city-read", 0);
	unlinkat(dir, "real", 0);
	close(dir);
	rmdir(path);
}

static uint64_t
trace_of(uint64_t seed)
{
	struct lab *lab = lab_bare(seed, "2c", PUBLIC);
	uint64_t    t;

	lab_ports(lab, LINK);
	lab_run(lab, 5 * MINUTE);
	lab->fault = FAULT_SILENT;
	lab_run(lab, 4 * MINUTE);
	lab->fault = FAULT_NONE;
	renumber(lab);
	lab_run(lab, 5 * MINUTE);
	t = lab->trace;
	lab_free(lab);
	return t;
}

static void
test_many(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	char	    address[32];
	uint32_t    i;

	for (i = 0; i < 2000; i++) {
		struct msg_target t = lab->target;

		t.number = 100 + i;
		snprintf(address, sizeof(address), "10.%u.%u.1", 1 + i / 250, i % 250);
		addr_parse(&t.address, address);
		snprintf(t.ref, sizeof(t.ref), "device/d%u", i);
		snmp_engine_target(lab->engine, &t, NULL, 0);
	}
	lab_run(lab, 2 * MINUTE);
	ok(lab->nsamples >= 4000 && count_samples(lab, 100 + i - 1, QUALITY_GOOD, 0) >= 2, "2,000 devices: every one is polled");
	ok(lab->batches * 2 < lab->packets, "%zu packets left in %zu batches", lab->packets, lab->batches);
	is_i64((int64_t)counter(lab, "snmp.timeouts"), 0, "none timed out");
	lab_free(lab);
}

int
main(void)
{
	log_quiet(true);
	test_discovery();
	test_unchanged_target();
	test_renumbered();
	test_rebooted(false);
	test_rebooted(true);
	test_replaced();
	test_long_name();
	test_silent();
	test_small_agent();
	test_wrong_answers();
	test_wrong_oids();
	test_refused();
	test_late_and_double();
	test_32_bits("2c");
	test_32_bits("1");
	test_speed_unknown_wrap();
	test_no_secrets();
	test_credential();
	test_many();
	ok(trace_of(7) == trace_of(7), "the same seed gives the same samples and states");
	return tap_done();
}
