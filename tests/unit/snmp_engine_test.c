/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_engine_test.c: the SNMP engine against a scripted agent: discovery, credentials, many devices, the same
 * again from the same seed.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/snmp_lab.h"

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
	uint64_t    retries;
	size_t	    told;

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
	told = lab->nstates;
	retries = counter(lab, "snmp.retries");
	unlinkat(dir, "city-read", 0);
	write_file(dir, "city-read", "another\n");
	strcpy(lab->agent.community, "another");
	lab_ports(lab, LINK);		/* as after a reload */
	lab_run(lab, 3 * MINUTE);
	ok(counter(lab, "snmp.retries") == retries && lab->nstates == told && last_sample(lab, ETHER1)->quality == QUALITY_GOOD, "after a reload a changed one is used at once");
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
	test_small_agent();
	test_no_secrets();
	test_credential();
	test_many();
	ok(trace_of(7) == trace_of(7), "the same seed gives the same samples and states");
	return tap_done();
}
