/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure_test.c: what a measuring instance makes of core's plans and questions, and tells of what it finds. */
#include "tests/unit/measure_bench.h"

static void
send_device(struct bench *b, uint32_t number, unsigned ports)
{
	struct msg_target t = { .kind = TARGET_SNMP, .number = number, .ref = "device/s002-r1", .method = "2c",
		.interval_ms = 60000 };
	struct msg_port	  p = { .device = number, .number = number + 1, .name = "ether1" };

	t.address = fake_addr(200);
	msg_target_send(b->core.ch, IPC_TARGET, 0, &t, -1);
	while (ports-- > 0)
		msg_port_send(b->core.ch, IPC_PORT, 0, &p, -1);
}

static void
test_samples(void)
{
	struct bench *b = bench_new();

	send_plan(b, 1, 85);
	run(b, 61);
	ok(b->core.rounds >= 85 * 5 && b->core.samples > b->core.rounds,
	    "85 links: %u results in a minute at core", b->core.rounds);
	is_i64(b->store.samples, b->core.samples, "store gets the same");
	ok(b->core.oldest_ns <= 100 * NS_PER_MS, "none older than 100 ms (%g ms)",
	    (double)b->core.oldest_ns / NS_PER_MS);
	ok(b->core.frames[IPC_SAMPLES] <= 610, "not more than 10 frames a second (%u)", b->core.frames[IPC_SAMPLES]);
	is_i64(b->core.frames[IPC_COUNTERS], 6, "counters each 10 s");
	ok(counter(&b->core, "probe.targets") == 85 && counter(&b->core, "icmp.sent") > 2000 &&
		counter(&b->core, "icmp.received") > 2000 && counter(&b->core, "probe.lag_p99_us") == 0 &&
		counter(&b->core, "probe.bursts") == 0 && counter(&b->core, "samples.frames_dropped") == 0 &&
		counter(&b->core, "snmp.told") == 0,
	    "with what they should tell");
	bench_free(b);
}

static void
test_half_a_plan(void)
{
	struct bench *b = bench_new();

	send_plan(b, 1, 3);
	run(b, 5);
	send_begin(b, 2, 1);
	send_probe(b, 9, "icmp", 2000);
	run(b, 1);
	leave(&b->core);
	run(b, 11);
	ok(b->net->host[9].requests == 0 && b->net->host[3].requests >= 8,
	    "core gone in the middle of a plan: the old one holds");
	ok(b->store.rounds >= 3, "without core, store goes on getting samples");
	join(b, &b->core, PROCESS_CORE);
	run(b, 11);
	ok(b->core.rounds >= 3, "a new core gets samples before it has sent a plan");
	send_plan(b, 3, 2);
	run(b, 10);
	is_i64((int64_t)counter(&b->core, "probe.targets"), 2, "and its plan is taken");
	bench_free(b);
}

/* A state that nobody heard comes again after the plan of the next core, and only then. */
static void
test_states_again(void)
{
	const struct msg_target_state m = { .number = 7, .state = TARGET_SILENT, .reason = "no answer" };
	struct bench		     *b = bench_new();

	send_begin(b, 1, 1);
	send_device(b, 7, 0);
	send_end(b, 1, 1);
	run(b, 1);
	is_i64(snmp->again, 1, "the first plan: what there is is told");
	leave(&b->core);
	run(b, 1);
	snmp->silent = true;
	snmp->sink.state(snmp->sink.arg, &m);
	run(b, 21);
	is_i64(snmp->again, 1, "without core nothing is repeated");
	join(b, &b->core, PROCESS_CORE);
	run(b, 21);
	is_i64(snmp->again, 1, "nor before the new core's plan");
	send_begin(b, 2, 1);
	send_device(b, 7, 0);
	send_end(b, 2, 1);
	run(b, 1);
	ok(snmp->again == 2 && b->core.frames[IPC_TARGET_STATE] == 1, "after it the state comes again");
	send_begin(b, 3, 1);
	send_device(b, 7, 0);
	send_end(b, 3, 1);
	run(b, 21);
	is_i64(snmp->again, 2, "and once is enough");
	bench_free(b);
}

static void
bad_count(struct bench *b)
{
	send_begin(b, 2, 5);
	send_probe(b, 1, "icmp", 2000);
	send_end(b, 2, 5);
}

static void
bad_generation(struct bench *b)
{
	send_begin(b, 2, 1);
	send_probe(b, 1, "icmp", 2000);
	send_end(b, 3, 1);
}

static void
bad_target_alone(struct bench *b)
{
	send_probe(b, 1, "icmp", 2000);
}

static void
bad_port_alone(struct bench *b)
{
	struct msg_port p = { .device = 5 };

	send_begin(b, 2, 1);
	send_probe(b, 5, "icmp", 2000);
	msg_port_send(b->core.ch, IPC_PORT, 0, &p, -1);
}

static void
bad_payload(struct bench *b)
{
	ipc_send(b->core.ch, IPC_PROBE_NOW, 1, "x", 1, -1);
}

static void
bad_type(struct bench *b)
{
	ipc_send(b->core.ch, IPC_FLUSH, 1, NULL, 0, -1);
}

static void
test_bad_frames(void)
{
	static const struct {
		const char *name;
		void	  (*send)(struct bench *);
	} cases[] = {
		{ "fewer targets than announced", bad_count },
		{ "the end of another plan", bad_generation },
		{ "a target without a plan", bad_target_alone },
		{ "a port of no device", bad_port_alone },
		{ "half a message", bad_payload },
		{ "another process's message", bad_type },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		struct bench *b = bench_new();

		send_plan(b, 1, 2);
		run(b, 3);
		cases[i].send(b);
		run(b, 10);
		ok(b->core.closed && b->net->host[2].requests >= 6,
		    "%s: the channel is closed, measuring goes on", cases[i].name);
		bench_free(b);
	}
}

static void
test_ask(void)
{
	struct bench	    *b = bench_new();
	struct msg_probe_now now = { .rounds = 3, .deadline_ms = 5000, .n = 2, .number = { 1, 2 } };

	b->net->host[2].dead = true;
	send_plan(b, 1, 2);
	run(b, 20);
	msg_probe_now_send(b->core.ch, IPC_PROBE_NOW, 4242, &now, -1);
	run(b, 1);
	ok(b->core.frames[IPC_PROBE_DONE] == 1 && b->core.done.n == 1 &&
		b->core.done.done[0].verdict == PROBE_ANSWERED,
	    "PROBE_NOW: told as soon as it is decided");
	run(b, 4);
	ok(b->core.frames[IPC_PROBE_DONE] == 2 && b->core.done.done[0].verdict == PROBE_FAILED &&
		b->core.done.done[0].number == 2,
	    "PROBE_NOW: the other one when it is");
	is_i64(b->core.token, 4242, "PROBE_NOW: with its token");
	bench_free(b);
}

static void
test_devices(void)
{
	struct bench *b = bench_new();

	send_begin(b, 1, 2);
	send_probe(b, 1, "icmp", 2000);
	send_device(b, 100, 3);
	send_end(b, 1, 2);
	run(b, 1);
	ok(snmp->told == 1 && snmp->last == 100 && snmp->ports == 3,
	    "a device goes to the SNMP engine with its ports");
	snmp->sink.state(snmp->sink.arg, &(struct msg_target_state){ .number = 100, .state = TARGET_SILENT });
	snmp->sink.port_found(snmp->sink.arg, &(struct msg_port_found){ .device = 100, .name = "ether2" });
	run(b, 0.1);
	ok(b->core.frames[IPC_TARGET_STATE] == 1 && b->core.frames[IPC_PORT_FOUND] == 1,
	    "what it finds out goes to core");
	msg_poll_now_send(b->core.ch, IPC_POLL_NOW, 0, &(struct msg_poll_now){ .number = 100 }, -1);
	run(b, 0.1);
	is_i64(snmp->asked, 100, "POLL_NOW goes to it");
	send_plan(b, 2, 1);
	run(b, 1);
	ok(snmp->removed == 1 && snmp->last == 100, "a plan without it takes it away");
	bench_free(b);
}

static void
test_too_many_ports(void)
{
	struct bench *b = bench_new();

	send_begin(b, 1, 2);
	send_device(b, 100, 5000);
	send_probe(b, 1, "icmp", 2000);
	send_end(b, 1, 2);
	run(b, 11);
	ok(!b->core.closed && snmp->ports == 4096, "a device with too many ports is polled for the first of them");
	ok(b->net->host[1].requests >= 5, "and the rest of its plan holds");
	bench_free(b);
}

static void
test_unknown_method(void)
{
	struct bench *b = bench_new();

	send_begin(b, 1, 2);
	send_probe(b, 1, "carrier-pigeon", 2000);
	send_probe(b, 2, "icmp", 2000);
	send_end(b, 1, 2);
	run(b, 11);
	ok(!b->core.closed && b->net->host[2].requests >= 5 && counter(&b->core, "probe.targets") == 1,
	    "a probe that does not exist stops no other");
	bench_free(b);
}

int
main(void)
{
	log_open("measure_test", NULL);
	log_quiet(true);
	test_samples();
	test_half_a_plan();
	test_states_again();
	test_bad_frames();
	test_ask();
	test_devices();
	test_too_many_ports();
	test_unknown_method();
	return tap_done();
}
