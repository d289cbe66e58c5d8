/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure_test.c: one measuring instance between a core and a store that this test plays, on a virtual loop with the
 * scripted network. The SNMP engine is a double that notes what it is told.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "collectors/snmp/engine.h"
#include "proc/proc.h"
#include "tests/unit/fake_net.h"
#include "tests/unit/tap.h"

#define WALL_NS (1795222800 * NS_PER_S)

/* ---- the double ---- */

struct snmp_engine {
	struct sink sink;
	unsigned    told, ports, removed, again;
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

void
snmp_engine_packet(struct snmp_engine *e, const struct packet_in *in)
{
	(void)e;
	(void)in;
}

void
snmp_engine_counters(const struct snmp_engine *e, struct msg_counters *out)
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
	b->measure = measure_new(b->loop, &(struct measure_opts){ .instance = "main", .io = &b->net->io, .secrets_fd = -1 });
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

/* ---- tests ---- */

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
	    &(struct measure_opts){ .instance = "main", .io = &b->net->io, .secrets_fd = -1 });
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
	test_store_away();
	test_store_dies();
	test_store_lies();
	test_store_stuck();
	test_store_away_long();
	test_ask();
	test_devices();
	test_too_many_ports();
	test_unknown_method();
	return tap_done();
}
