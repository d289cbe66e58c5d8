/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_learn_test.c: what the SNMP engine learns of a device: how much it can be asked at a time, how long its
 * answers are, and which version of the protocol it speaks.
 */
#include "tests/unit/snmp_lab.h"

#define HOUR 3600
#define FRAME 1472
#define LONG_PORTS 12

/* Packets of one poll. */
static size_t
packets_of_poll(struct lab *lab)
{
	size_t before = lab->packets;

	lab_run(lab, MINUTE);
	return lab->packets - before;
}

static void
test_sizes_grow(void)
{
	struct lab *lab = lab_new();
	size_t	    whole = packets_of_poll(lab), small, later;

	lab->agent.varbinds_max = 12;
	lab_run(lab, 2 * MINUTE);
	small = packets_of_poll(lab);
	ok(small > whole, "an agent that holds 12 varbinds gets %zu packets a poll instead of %zu", small, whole);
	lab->agent.varbinds_max = 0;
	lab_run(lab, 5 * MINUTE);
	ok(packets_of_poll(lab) == small, "and not fewer again soon");
	lab_run(lab, 1.3 * HOUR);
	later = packets_of_poll(lab);
	ok(later < small, "after an hour more is tried: %zu packets", later);
	lab_run(lab, 3 * HOUR);
	is_i64((int64_t)packets_of_poll(lab), (int64_t)whole, "hour by hour, until it is as before");
	lab->agent.varbinds_max = 12;
	lab_run(lab, 6 * HOUR);
	is_i64((int64_t)count_samples(lab, ETHER2, QUALITY_LOST, 0), 0, "trying never costs a sample");
	ok(all_true(lab), "all known rates are true");
	lab_free(lab);
}

/* Ports with names of 120 bytes, each in every answer. */
static void
long_ports(struct lab *lab)
{
	static const char *const counters[] = { "2.2.1.10", "2.2.1.13", "2.2.1.14", "2.2.1.16", "2.2.1.19", "2.2.1.20" };
	struct msg_port port[LONG_PORTS] = { { 0 } };
	char		oid[80];

	for (uint32_t i = 0; i < LONG_PORTS; i++) {
		port[i] = (struct msg_port){ .device = DEVICE, .number = 100 + i };
		snprintf(port[i].name, sizeof(port[i].name), "port-%03u-%0*d", i, 111, 0);
		snprintf(oid, sizeof(oid), "1.3.6.1.2.1.31.1.1.1.1.%u", 1000 + i);
		agent_set_text(&lab->agent, oid, port[i].name);
		snprintf(oid, sizeof(oid), "1.3.6.1.2.1.2.2.1.2.%u", 1000 + i);
		agent_set_text(&lab->agent, oid, port[i].name);
		for (size_t k = 0; k < nitems(counters); k++) {
			snprintf(oid, sizeof(oid), "1.3.6.1.2.1.%s.%u", counters[k], 1000 + i);
			agent_set(&lab->agent, oid, SNMP_COUNTER32, 7000000);
		}
	}
	snmp_engine_target(lab->engine, &lab->target, port, LONG_PORTS);
}

static void
test_frames(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	size_t	    from;
	uint64_t    walks;

	long_ports(lab);
	lab_run(lab, 3 * MINUTE);
	ok(lab->longest > FRAME && counter(lab, "snmp.toolong") > 0, "an answer of %zu bytes is longer than a frame",
	    lab->longest);
	lab->longest = 0;
	from = lab->nsamples;
	lab_run(lab, 5 * MINUTE);
	ok(lab->longest > 0 && lab->longest <= FRAME, "then none is: %zu bytes", lab->longest);
	for (uint32_t i = 0; i < LONG_PORTS; i++)
		if (count_samples(lab, 100 + i, QUALITY_GOOD, from) != 5)
			ok(false, "port %u has a sample each minute", i);
	ok(lab->walk_answers_too_long > 0, "of the walk %zu answers were longer than a frame", lab->walk_answers_too_long);
	lab->walk_answers_too_long = 0;
	walks = counter(lab, "snmp.walks");
	lab_run(lab, 15 * MINUTE);
	/* A table that it does not have is answered by what follows, whose length nobody could have learnt. */
	ok(counter(lab, "snmp.walks") > walks && lab->walk_answers_too_long <= 2, "of the next one %zu",
	    lab->walk_answers_too_long);
	lab_free(lab);
}

static void
test_auto(void)
{
	struct lab *lab = lab_bare(1, "auto", PUBLIC);
	size_t	    n;

	lab->agent.v1_only = true;
	lab_ports(lab, LINK);
	lab_run(lab, 8 * MINUTE);
	n = lab->nstates;
	ok(n == 2 && lab->state[0].state == TARGET_SILENT && lab->state[1].state == TARGET_ANSWERING,
	    "silent to SNMPv2c, then found");
	ok(strstr(lab->state[1].reason, "answers again SNMPv1, but not SNMPv2c") != NULL, "\"%s\"", lab->state[1].reason);
	ok(last_sample(lab, ETHER1)->value[PORT_OPER_UP_RATIO] == 1, "and polled by SNMPv1");
	lab_run(lab, 3 * HOUR);
	is_i64((int64_t)lab->nstates, 2, "asked by SNMPv2c each hour, it is not called silent");
	lab->agent.v1_only = false;
	lab_run(lab, 1.2 * HOUR);
	ok(lab->nstates == 3 && strcmp(lab->state[2].reason, "answers SNMPv2c again") == 0, "\"%s\"",
	    lab->state[lab->nstates - 1].reason);
	ok(last_sample(lab, ETHER1)->quality == QUALITY_GOOD, "and is polled by it");
	ok(all_true(lab), "auto: all known rates are true");
	lab_free(lab);

	lab = lab_bare(1, "2c", PUBLIC);
	lab->agent.v1_only = true;
	lab_ports(lab, LINK);
	lab_run(lab, 20 * MINUTE);
	ok(lab->nstates == 1 && lab->state[0].state == TARGET_SILENT, "what is named 2c is never asked by SNMPv1");
	lab_free(lab);
}

/* Silent for a while: SNMPv1 is tried now and then, and forgotten when SNMPv2c answers first. */
static void
test_auto_outage(void)
{
	struct lab *lab = lab_bare(1, "auto", PUBLIC);

	lab_ports(lab, LINK);
	lab_run(lab, 3 * MINUTE);
	for (unsigned i = 0; i < 4; i++) {
		lab->fault = FAULT_SILENT;
		lab_run(lab, (6 + i) * MINUTE);
		lab->fault = FAULT_NONE;
		lab_run(lab, 5 * MINUTE + HOUR);
	}
	ok(strstr(lab->state[lab->nstates - 1].reason, "SNMPv1") == NULL, "after an outage it is back at SNMPv2c: \"%s\"",
	    lab->state[lab->nstates - 1].reason);
	ok(last_sample(lab, ETHER1)->quality == QUALITY_GOOD, "and polled");
	ok(all_true(lab), "outages: all known rates are true");
	lab_free(lab);
}

int
main(void)
{
	log_quiet(true);
	test_sizes_grow();
	test_frames();
	test_auto();
	test_auto_outage();
	return tap_done();
}
