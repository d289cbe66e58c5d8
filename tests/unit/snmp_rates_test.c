/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_rates_test.c: rates across what happens to a device: renumbered, rebooted, replaced, counters that wrap.
 * What must hold throughout: every known rate is the true one (no spike, no false zero), and no counter is ever
 * booked to another port.
 */
#include "tests/unit/snmp_lab.h"

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

int
main(void)
{
	log_quiet(true);
	test_renumbered();
	test_rebooted(false);
	test_rebooted(true);
	test_replaced();
	test_long_name();
	test_32_bits("2c");
	test_32_bits("1");
	test_speed_unknown_wrap();
	return tap_done();
}
