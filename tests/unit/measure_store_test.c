/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure_store_test.c: samples wait while there is no store, and what is lost with one is counted. */
#include "tests/unit/measure_bench.h"

static void
test_store_away(void)
{
	struct bench *b = bench_new();
	unsigned      rounds;

	send_plan(b, 1, 10);
	run(b, 15);
	leave(&b->store);
	rounds = b->core.rounds;
	run(b, 100);
	rounds = b->core.rounds - rounds;
	ok(counter(&b->core, "samples.waiting_bytes") > rounds * 20 / 2, "store away: samples wait");
	join(b, &b->store, PROCESS_STORE);
	run(b, 0.05);
	ok(b->store.rounds == rounds && !b->store.disorder, "and all %u come in order when it is back",
	    b->store.rounds);
	run(b, 12);
	is_i64((int64_t)counter(&b->core, "samples.waiting_bytes"), 0, "then nothing waits");
	is_i64((int64_t)counter(&b->core, "samples.frames_dropped"), 0, "and nothing was lost");
	bench_free(b);
}

static void
acknowledge(struct bench *b, uint64_t frames)
{
	const struct msg_durable m = { .seq = 1, .frames = frames };

	msg_durable_send(b->store.ch, IPC_DURABLE, 0, &m, -1);
}

/* A store takes frames, tells of some that they are durable, and dies. */
static void
test_store_dies(void)
{
	struct bench *b = bench_new();
	uint64_t      durable, lost;

	send_plan(b, 1, 10);
	run(b, 25);
	durable = b->store.frames[IPC_SAMPLES] - 3;
	acknowledge(b, durable);
	run(b, 0.01);
	lost = b->store.frames[IPC_SAMPLES] - durable;
	leave(&b->store);
	run(b, 11);
	is_i64((int64_t)counter(&b->core, "samples.frames_lost"), (int64_t)lost,
	    "a store that dies: what it had and had not told to be durable is counted as lost");
	join(b, &b->store, PROCESS_STORE);
	run(b, 5);
	durable = b->store.frames[IPC_SAMPLES];
	acknowledge(b, durable);
	run(b, 0.01);
	lost += b->store.frames[IPC_SAMPLES] - durable;
	leave(&b->store);
	join(b, &b->store, PROCESS_STORE);
	run(b, 10);
	is_i64((int64_t)counter(&b->core, "samples.frames_lost"), (int64_t)lost, "and nothing else");
	acknowledge(b, 100000);
	run(b, 0.01);
	ok(b->store.closed, "a store that tells of more than it was given is not believed");
	bench_free(b);
}

/* A store tells of all that it was to be given, though a part was dropped on its way there. */
static void
test_store_lies(void)
{
	struct bench	   *b = bench_new();
	struct ipc_channel *theirs;
	struct sample	    s = { .series = 1, .type = SAMPLE_RATE, .seconds = 60, .n = 8 };
	int		    i;

	leave(&b->store);
	b->store = (struct end){ .bench = b };
	ipc_pair(b->loop, &theirs, "store", &b->store.ch, "measure");
	ipc_handlers(b->store.ch, end_message, end_closed, &b->store);
	ipc_queue_max(theirs, 2 * IPC_PAYLOAD_MAX);
	measure_attach(b->measure, PROCESS_STORE, "", theirs);
	for (i = 0; i < 5000; i++) {
		s.wall_ns = loop_wall_ns(b->loop);
		snmp->sink.sample(snmp->sink.arg, &s);
	}
	run(b, 1);
	acknowledge(b, b->core.frames[IPC_SAMPLES]);
	run(b, 0.01);
	ok(!b->store.closed && b->store.samples < 5000, "a store tells of frames that were dropped");
	acknowledge(b, UINT64_MAX);
	run(b, 11);
	ok(b->store.closed && counter(&b->core, "samples.frames_lost") == 0,
	    "when it is given up, less than nothing is lost: none");
	bench_free(b);
}

static void
real_stop(void *arg)
{
	loop_stop(arg, 0);
}

static void
real_run(struct bench *b, int64_t ms)
{
	struct loop_timer t = { 0 };

	loop_timer_set(b->loop, &t, loop_mono_ns(b->loop) + ms * NS_PER_MS, real_stop, b->loop);
	loop_run(b->loop);
}

/* A store on a real socket that reads nothing and dies: what the kernel had not taken waits for the next one. */
static void
test_store_stuck(void)
{
	enum { MADE = 200000 };
	struct bench *b = xcalloc(1, sizeof(*b));
	struct sample s = { .series = 1, .type = SAMPLE_RATE, .seconds = 60, .n = 8 };
	int	      fd[2], other[2], i;

	b->loop = loop_new();
	b->net = fake_net_new(b->loop);
	b->measure = measure_new(b->loop,
	    &(struct measure_opts){ .instance = "main", .io = &b->net->io, .secrets_fd = -1, .probe_secrets_fd = -1 });
	join(b, &b->core, PROCESS_CORE);
	if (ipc_socketpair(fd) == -1 || ipc_socketpair(other) == -1)
		abort();
	measure_attach(b->measure, PROCESS_STORE, "", ipc_open(b->loop, fd[0], "store", NULL, NULL, NULL));
	for (i = 0; i < MADE; i++) {	/* 92 bytes each: what the socket takes, and 10 MiB more */
		s.wall_ns = loop_wall_ns(b->loop);
		snmp->sink.sample(snmp->sink.arg, &s);
	}
	close(fd[1]);
	real_run(b, 200);
	b->store = (struct end){ .bench = b };
	b->store.ch = ipc_open(b->loop, other[1], "measure", end_message, end_closed, &b->store);
	measure_attach(b->measure, PROCESS_STORE, "", ipc_open(b->loop, other[0], "store", NULL, NULL, NULL));
	for (i = 0; i < 100 && b->store.samples < MADE / 2; i++)
		real_run(b, 100);
	real_run(b, 300);
	ok(b->store.samples > MADE / 2 && b->store.samples < MADE && !b->store.disorder,
	    "a store that is stuck and dies: the next one gets %u of %d samples", b->store.samples, (int)MADE);
	ok(b->core.samples == MADE, "(core got all)");
	bench_free(b);
}

static void
test_store_away_long(void)
{
	enum { TARGETS = 10000 };
	struct bench *b = bench_new();
	unsigned      n;

	send_begin(b, 1, TARGETS);
	for (n = 1; n <= TARGETS; n++)
		send_probe(b, n, "tcp", 1000);
	send_end(b, 1, TARGETS);
	leave(&b->store);
	run(b, 140);		/* 20 bytes a result: 28 MB */
	ok(counter(&b->core, "samples.waiting_bytes") <= 16u << 20 &&
		counter(&b->core, "samples.waiting_bytes") > 15u << 20,
	    "store away for long: 16 MiB wait");
	ok(counter(&b->core, "samples.frames_dropped") > 100, "the oldest frames are dropped, and counted");
	join(b, &b->store, PROCESS_STORE);
	run(b, 0.05);
	ok(b->store.rounds > 700000 && !b->store.disorder && b->store.oldest_ns < 120 * NS_PER_S,
	    "the newest %u come in order", b->store.rounds);
	bench_free(b);
}

int
main(void)
{
	log_open("measure_store_test", NULL);
	log_quiet(true);
	test_store_away();
	test_store_dies();
	test_store_lies();
	test_store_stuck();
	test_store_away_long();
	return tap_done();
}
