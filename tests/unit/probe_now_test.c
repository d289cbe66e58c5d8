/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_now_test.c: PROBE_NOW, asked of ICMP and TCP probes, and the TCP probe itself. */
#include "tests/unit/icmp_bench.h"

static void
test_ask(void)
{
	struct bench *b = bench_new(30);
	int64_t	      at;
	size_t	      from, notes;
	unsigned      i, answered = 0, failed = 0, unknown = 0;

	b->net->host[2].dead = true;
	plan(b, 1, 2, 1);
	run(b, 400);		/* long enough that the dead one is back on the steady schedule */
	at = loop_mono_ns(b->loop);
	from = b->n;
	notes = b->net->notes;
	ask(b, 77, 3, 5000, 1, 3);
	run(b, 0);
	is_i64(b->done.n, 1, "ask: a number that nobody knows is answered at once");
	run(b, 0.7);
	is_i64(b->done.n, 2, "ask: one that answers after its first round");
	is_i64(b->done.done[1].verdict, PROBE_ANSWERED, "ask: answered");
	is_near(b->done.done[1].rtt_s, 0.020, 1e-6, "ask: with its median");
	run(b, 3);
	is_i64(b->done.n, 3, "ask: one that does not after all its rounds");
	is_i64(b->done_ns - at, 3600 * NS_PER_MS, "ask: 3.6 s for three rounds");
	is_i64(b->token, 77, "ask: the token comes back");
	for (i = 0; i < b->done.n; i++) {
		answered += b->done.done[i].verdict == PROBE_ANSWERED && b->done.done[i].number == NUMBER(1);
		failed += b->done.done[i].verdict == PROBE_FAILED && b->done.done[i].number == NUMBER(2) &&
			  b->done.done[i].sent == 9;
		unknown += b->done.done[i].verdict == PROBE_UNKNOWN && b->done.done[i].number == NUMBER(3);
	}
	ok(answered == 1 && failed == 1 && unknown == 1, "ask: each number once, each with its verdict");
	ok(b->n - from >= 6 && b->net->notes - notes >= 18, "ask: the rounds are results too");
	run(b, 20);
	is_i64((int64_t)counter(b, "probe.bursts"), 0, "ask: then all is quiet again");

	ask(b, 78, 3, 1200, 2, 2);
	run(b, 1.5);
	ok(b->done.n == 1 && b->done.done[0].verdict == PROBE_UNKNOWN, "ask: undecided at the deadline is unknown");
	run(b, 10);
	is_i64(b->answers, 1, "ask: and not answered again");
	bench_free(b);
}

static void
test_ask_joins(void)
{
	struct bench *b = bench_new(31);
	int64_t	      zero, at;
	size_t	      notes;

	plan(b, 1, 1, 1);
	run(b, 30);
	zero = run_to_answer(b, 1);
	b->net->host[1].dead = true;
	run(b, 4.5);		/* its burst runs since 3.0 */
	at = loop_mono_ns(b->loop);
	notes = b->net->notes;
	ask(b, 1, 3, 5000, 1, 1);
	run(b, 2.2);
	ok(b->done.n == 1 && b->done.done[0].verdict == PROBE_FAILED, "join: decided by the burst that runs");
	is_i64(b->done_ns - zero, 6600 * NS_PER_MS, "join: with its third failure");
	ok(b->net->notes - notes <= 9, "join: no second burst beside it (%zu packets in %g s)",
	    b->net->notes - notes, s_of(b->done_ns - at));
	bench_free(b);
}

static void
test_tcp(void)
{
	static const struct {
		const char	   *name;
		enum connect_result result;
		uint8_t		    quality;
		double		    rtt_s;
	} cases[] = {
		{ "open", CONNECT_OPEN, QUALITY_GOOD, 0.020 },
		{ "refused: the host answers", CONNECT_REFUSED, QUALITY_GOOD, 0.020 },
		{ "no answer", CONNECT_TIMEOUT, QUALITY_LOST, NAN },
		{ "unreachable by a router's word", CONNECT_UNREACHABLE, QUALITY_LOST, NAN },
		{ "our own fault", CONNECT_FAILED, QUALITY_UNKNOWN, NAN },
	};
	struct msg_target t = target(1);
	size_t		  i;

	snprintf(t.method, sizeof(t.method), "tcp");
	t.port = 443;
	t.interval_ms = 30000;
	t.timeout_ms = 3000;
	for (i = 0; i < nitems(cases); i++) {
		struct bench *b = bench_new(50 + i);

		b->net->host[1].tcp = cases[i].result;
		probe_engine_target(b->engine, &t, NULL, 1);
		run(b, 64);
		ok(b->n >= 2 && b->sample[1].quality == cases[i].quality, "tcp: %s", cases[i].name);
		is_near(b->sample[1].value[ROUND_RTT_P50_S], cases[i].rtt_s, 1e-6, "tcp: its time");
		ask(b, 5, 3, 5000, 1, 1);
		run(b, 4);
		is_i64(b->done.n, 1, "tcp: PROBE_NOW is one connection");
		ask(b, 6, 3, 5000, 1, 1);
		probe_engine_sweep(b->engine, 2);
		run(b, 1);
		ok(b->net->tcp_open == 0 && b->done.n == 1 && b->done.done[0].verdict == PROBE_UNKNOWN,
		    "tcp: a target that goes takes its connection along, and its verdict is unknown");
		bench_free(b);
	}
}

/* Of those that there are, each goes to a known address. */
static void
test_address(void)
{
	struct msg_target t = target(1);
	struct bench	 *b = bench_new(60);
	size_t		  i;

	for (i = 0; probe_line_names[i] != NULL; i++) {
		bool calls = probe_find(probe_line_names[i])->calls;

		text_copy(t.method, sizeof(t.method), probe_line_names[i]);
		t.address = (struct addr){ 0 };
		ok((probe_engine_target(b->engine, &t, NULL, 1) == 0) == calls,
		    "%s: without an address only what calls us can be probed", t.method);
	}
	bench_free(b);
}

int
main(void)
{
	log_open("probe_now_test", NULL);
	log_quiet(true);
	test_ask();
	test_ask_joins();
	test_tcp();
	test_address();
	return tap_done();
}
