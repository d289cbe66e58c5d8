/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_schedule_test.c: when the SNMP engine asks: its grid, looks beside it, tries within the interval, how
 * late it was, and no more packets at once than their answers have room for.
 */
#include "tests/unit/snmp_lab.h"

static void
test_look(void)
{
	struct lab	    *lab = lab_new();
	size_t		     from;
	uint64_t	     polls;
	int64_t		     grid_ns = last_sample(lab, ETHER1)->wall_ns;
	const struct sample *s;

	lab_run(lab, 20);
	agent_set(&lab->agent, "1.3.6.1.2.1.2.2.1.8.1", SNMP_INTEGER, 2);
	from = lab->nsamples;
	polls = counter(lab, "snmp.polls");
	snmp_engine_poll_now(lab->engine, DEVICE);
	lab_run(lab, 0.1);
	s = last_sample(lab, ETHER1);
	ok(lab->nsamples == from + 2 && s->value[PORT_OPER_UP_RATIO] == 0 && isnan(s->value[PORT_RX_BPS]),
	    "a look at an idle device is made at once, and tells states, no rates");
	ok(count_samples(lab, LINK, QUALITY_GOOD, from) == 0 && count_samples(lab, DEVICE, QUALITY_GOOD, from) == 0,
	    "of ports only");
	for (int i = 0; i < 5; i++)
		snmp_engine_poll_now(lab->engine, DEVICE);
	lab_run(lab, 0.5);
	is_i64((int64_t)counter(lab, "snmp.looks"), 1, "less than a second after it none is made");
	lab_run(lab, 1);
	is_i64((int64_t)counter(lab, "snmp.looks"), 2, "but one then, however often it was asked for");
	lab_run(lab, 60);
	s = last_sample(lab, ETHER1);
	ok(s->wall_ns == grid_ns + 60 * NS_PER_S || s->wall_ns == grid_ns + 120 * NS_PER_S, "the schedule has not moved");
	ok(s->seconds > 59.9 && s->seconds < 60.1, "nor have the bases of the counters: %g s", s->seconds);
	is_i64((int64_t)(counter(lab, "snmp.polls") - polls), (int64_t)count_samples(lab, LINK, QUALITY_GOOD, from),
	    "looks are no polls");
	ok(all_true(lab), "looks: all known rates are true");
	snmp_engine_poll_now(lab->engine, 999);
	lab_free(lab);
}

/* Half a second before the next poll. */
static void
run_to_grid(struct lab *lab)
{
	int64_t grid_ns = last_sample(lab, ETHER1)->wall_ns - DELAY_NS;
	double	to_grid = (double)(grid_ns + 60 * NS_PER_S - loop_wall_ns(lab->loop)) / NS_PER_S;

	while (to_grid < 1)
		to_grid += 60;
	lab_run(lab, to_grid - 0.5);
}

/* The device is walked for a look while its poll falls due. */
static void
test_poll_within_look(void)
{
	struct lab *lab = lab_new();
	uint64_t    polls;
	size_t	    from;

	run_to_grid(lab);
	polls = counter(lab, "snmp.polls");
	from = lab->nsamples;
	renumber(lab);
	lab->delay_ns = 200 * NS_PER_MS;
	snmp_engine_poll_now(lab->engine, DEVICE);
	lab_run(lab, 8);
	is_i64((int64_t)counter(lab, "snmp.renumbered"), 1, "a look finds the ports renumbered");
	is_i64((int64_t)(counter(lab, "snmp.polls") - polls), 1, "the poll that fell due meanwhile follows it");
	is_i64((int64_t)counter(lab, "snmp.overruns"), 0, "none is left out");
	is_i64((int64_t)count_samples(lab, LINK, QUALITY_GOOD, from), 1, "with its sample");
	lab_free(lab);
}

/* A look waits for answers when the poll is due. */
static void
test_look_before_poll(void)
{
	struct lab *lab = lab_new();
	uint64_t    polls;
	size_t	    from;

	run_to_grid(lab);
	from = lab->nsamples;
	polls = counter(lab, "snmp.polls");
	lab->fault = FAULT_SILENT;
	snmp_engine_poll_now(lab->engine, DEVICE);
	lab_run(lab, 0.2);
	lab->fault = FAULT_NONE;
	lab_run(lab, 4);
	is_i64((int64_t)(counter(lab, "snmp.polls") - polls), 1, "a look that is not answered does not cost the poll after it");
	is_i64((int64_t)counter(lab, "snmp.overruns"), 0, "which is no overrun");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_GOOD, from), 1, "and gives its sample");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 0, "an unanswered look gives none");
	lab_free(lab);

	lab = lab_new();
	lab->fault = FAULT_SILENT;
	for (int i = 0; i < 20; i++) {
		snmp_engine_poll_now(lab->engine, DEVICE);
		lab_run(lab, 2);
	}
	is_i64((int64_t)lab->nstates, 1, "unanswered looks do not make a device silent");
	lab_free(lab);
}

/* All tries of a poll end before the next one is due, whatever the time-out. */
static void
test_short_interval(void)
{
	static const uint32_t timeouts_ms[] = { 500, 2000, 9000, 30000 };

	for (size_t i = 0; i < nitems(timeouts_ms); i++) {
		struct lab *lab = lab_bare(1, "2c", PUBLIC);
		size_t	    from;
		uint64_t    polls;

		lab->target.interval_ms = 10000;
		lab->target.timeout_ms = timeouts_ms[i];
		lab_ports(lab, LINK);
		lab_run(lab, MINUTE);
		lab->fault = FAULT_SILENT;
		lab_run(lab, 10);
		from = lab->nsamples;
		polls = counter(lab, "snmp.polls");
		lab_run(lab, 3 * MINUTE);
		is_i64((int64_t)(counter(lab, "snmp.polls") - polls), 18, "silent, with a long time-out or a short one: a poll each 10 s");
		is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 18, "each with its sample");
		is_i64((int64_t)counter(lab, "snmp.overruns"), 0, "none overruns the next");
		lab->fault = FAULT_NONE;
		from = lab->nsamples;
		lab_run(lab, MINUTE);
		ok(count_samples(lab, ETHER1, QUALITY_GOOD, from) >= 4, "and it returns");
		lab_free(lab);
	}
}

/* A walk takes longer than the interval: it goes on beside the polls. */
static void
test_slow_walk(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	size_t	    from;
	uint64_t    polls, walks;

	lab->target.interval_ms = 10000;
	lab->delay_ns = 1900 * NS_PER_MS;
	lab->agent.varbinds_max = 17;	/* a row of ifTable and ifXTable */
	lab_ports(lab, LINK);
	lab_run(lab, 2 * MINUTE);
	from = lab->nsamples;
	polls = counter(lab, "snmp.polls");
	walks = counter(lab, "snmp.walks");
	for (int i = 0; i < 75; i++)
		lab_run(lab, 60);
	ok(counter(lab, "snmp.walks") - walks >= 2, "a slow agent is walked twice in that time");
	is_i64((int64_t)(counter(lab, "snmp.polls") - polls), 75 * 6, "and polled each 10 s");
	is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_GOOD, from), 75 * 6, "with a sample each time");
	renumber(lab);
	from = lab->nsamples;
	lab_run(lab, 3 * MINUTE);
	ok(count_samples(lab, ETHER1, QUALITY_GOOD, from) >= 14, "renumbered, it is walked and goes on");
	ok(all_true(lab), "slow walk: all known rates are true");
	lab_free(lab);
}

/* Between two polls the device is renumbered while it is walked: the poll meets the walk. */
static void
test_renumber_in_walk(void)
{
	for (unsigned shift = 0; shift < 12; shift++) {
		struct lab *lab = lab_bare(1, "2c", PUBLIC);

		lab->target.interval_ms = 10000;
		lab->delay_ns = 1900 * NS_PER_MS;
		lab->agent.varbinds_max = 17;	/* a row of ifTable and ifXTable */
		lab_ports(lab, LINK);
		lab_run(lab, 2 * MINUTE);
		while (counter(lab, "snmp.walks") < 2)
			lab_run(lab, 0.5);
		lab_run(lab, shift);
		renumber(lab);
		lab_run(lab, 2 * MINUTE);
		if (last_sample(lab, ETHER1)->quality != QUALITY_GOOD || !all_true(lab) || lab->nstates != 1)
			ok(false, "renumbered %u s into a walk: wrong", shift);
		lab_free(lab);
	}
	ok(true, "renumbered at any moment of a walk: true again");
}

/* What is walked beside the polls is another make now, and has other collectors and rows than those of the plan. */
static void
test_change_in_walk(void)
{
	for (unsigned processors = 0; processors < 2; processors++) {
		struct lab *lab = lab_bare(1, "2c", PUBLIC);
		size_t	    from;

		lab->target.interval_ms = 10000;
		lab->delay_ns = 1900 * NS_PER_MS;
		lab->agent.varbinds_max = 17;	/* a row of ifTable and ifXTable */
		lab_ports(lab, LINK);
		lab_run(lab, 2 * MINUTE);
		from = lab->nsamples;
		agent_set_oid(&lab->agent, "1.3.6.1.2.1.1.2.0", "1.3.6.1.4.1.9.1.1");
		if (processors == 0)
			agent_remove(&lab->agent, "1.3.6.1.2.1.25.3");
		lab_run(lab, 15 * MINUTE);
		is_i64((int64_t)count_samples(lab, ETHER1, QUALITY_LOST, from), 0, "another make, seen in a walk: no port is lost");
		ok(count_samples(lab, ETHER1, QUALITY_GOOD, from) >= 85, "its ports are read on");
		ok(all_true(lab), "and their rates are true");
		lab_free(lab);
	}
}

/* An agent dies while it is walked for the first time. The poll waits for that walk, and is to wait no longer than it must. */
static void
test_dead_in_walk(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	size_t	    from;

	lab->target.timeout_ms = 10000;
	lab->delay_ns = 1900 * NS_PER_MS;
	lab->agent.varbinds_max = 17;	/* a row of ifTable and ifXTable */
	lab_ports(lab, LINK);
	while (counter(lab, "snmp.walks") == 0)
		lab_run(lab, 0.5);
	lab_run(lab, 5);
	lab->fault = FAULT_SILENT;
	from = lab->nsamples;
	lab_run(lab, 2.5 * MINUTE);
	ok(count_samples(lab, ETHER1, QUALITY_LOST, from) > 0, "an agent that dies in its first walk is lost a minute later");
	lab->fault = FAULT_NONE;
	from = lab->nsamples;
	lab_run(lab, 15 * MINUTE);
	ok(count_samples(lab, ETHER1, QUALITY_GOOD, from) > 0, "and polled when it is back");
	lab_free(lab);
}

static void
test_backoff(void)
{
	struct lab *lab = lab_new();
	uint64_t    retries;
	size_t	    packets;

	lab->fault = FAULT_SILENT;
	lab_run(lab, 4 * MINUTE);
	packets = lab->packets;
	retries = counter(lab, "snmp.retries");
	lab_run(lab, 10 * MINUTE);
	is_i64((int64_t)(lab->packets - packets), 30, "a silent device gets three small packets a poll");
	is_i64((int64_t)(counter(lab, "snmp.retries") - retries), 20, "two of them are tries again");
	lab_free(lab);
}

/* A whole plan becomes due at one instant. */
static void
test_pace(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	uint64_t    lag;

	lab->most_in_tick = 0;
	for (uint32_t i = 0; i < 3000; i++) {
		struct msg_target t = lab->target;
		char		  address[32];

		t.number = 100 + i;
		snprintf(address, sizeof(address), "10.%u.%u.1", 1 + i / 250, i % 250);
		addr_parse(&t.address, address);
		snmp_engine_target(lab->engine, &t, NULL, 0);	/* all of one id, hence of one phase */
	}
	lab_run(lab, 2 * MINUTE);
	ok(lab->most_in_tick <= 256, "3,000 devices of one phase: %zu packets at most within 5 ms", lab->most_in_tick);
	lag = counter(lab, "snmp.lag_p99_us");
	ok(counter(lab, "snmp.paced") > 0, "the others were put off");
	ok(lag > 10000 && lag < 100000, "and the lag shows it: %u us", (unsigned)lag);
	is_i64((int64_t)counter(lab, "snmp.lag_p99_us"), 0, "each count of the lag begins anew");
	is_i64((int64_t)counter(lab, "snmp.timeouts"), 0, "nothing timed out");
	lab_free(lab);
}

/* Devices of different ids: they are spread over the interval, but leave together. */
static void
test_slices(void)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	size_t	    batches, packets;

	for (uint32_t i = 0; i < 600; i++) {
		struct msg_target t = lab->target;
		char		  address[32];

		t.number = 100 + i;
		snprintf(address, sizeof(address), "10.%u.%u.1", 1 + i / 250, i % 250);
		addr_parse(&t.address, address);
		snprintf(t.ref, sizeof(t.ref), "device/d%u", i);
		snmp_engine_target(lab->engine, &t, NULL, 0);
	}
	lab_run(lab, 2 * MINUTE);
	batches = lab->batches;
	packets = lab->packets;
	lab->most_in_tick = 0;
	lab_run(lab, MINUTE);
	batches = lab->batches - batches;
	packets = lab->packets - packets;
	ok(packets == 600 && batches > 40 && batches <= 60, "%zu packets of 600 devices leave in %zu batches", packets, batches);
	ok(lab->most_in_tick <= 30, "%zu of them at most at a time", lab->most_in_tick);
	lab_free(lab);
}

int
main(void)
{
	log_quiet(true);
	test_look();
	test_look_before_poll();
	test_poll_within_look();
	test_short_interval();
	test_slow_walk();
	test_renumber_in_walk();
	test_change_in_walk();
	test_dead_in_walk();
	test_backoff();
	test_pace();
	test_slices();
	return tap_done();
}
