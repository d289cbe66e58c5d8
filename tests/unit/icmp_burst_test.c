/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp_burst_test.c: bursts of the ICMP probe with their exact times, and what is lost by our own fault. */
#include "tests/unit/icmp_bench.h"

static void
test_worst_case(void)
{
	static const double want[] = { 2.0, 3.0, 3.3, 3.6, 4.0, 4.0, 4.3, 4.6, 5.0, 5.3, 5.6, 6.0, 6.0 };
	struct bench	   *b = bench_new(4);
	int64_t		    zero, at;
	size_t		    from, note, i, wrong = 0;

	plan(b, 1, 1, 1);
	run(b, 30);
	zero = run_to_answer(b, 1);
	b->net->host[1].dead = true;	/* cut right after an answer */
	from = b->n;
	note = b->net->notes;
	run(b, 12);
	for (i = 0; i < nitems(want); i++)
		if (llabs(b->net->note[note + i].at_ns - zero - (int64_t)llround(want[i] * 1e3) * NS_PER_MS) > 0) {
			printf("#   packet %zu at %g s, want %g\n", i,
			    s_of(b->net->note[note + i].at_ns - zero), want[i]);
			wrong++;
		}
	is_i64((int64_t)wrong, 0, "cut: packets at 2.0, 3.0, 3.3, 3.6, 4.0 ... after the last answered one");
	find(b, SAMPLE_ROUND, from, 0, &at);
	is_i64(at - zero, 4600 * NS_PER_MS, "cut: first failure at 4.6 s");
	find(b, SAMPLE_ROUND, from, 2, &at);
	is_i64(at - zero, 6600 * NS_PER_MS, "cut: third failure at 6.6 s");
	is_near(find(b, SAMPLE_ROUND, from, 2, NULL)->value[ROUND_SENT], 3, 0, "cut: rounds of three packets");
	ok(count_quality(b, SAMPLE_ROUND, QUALITY_GOOD, from) == 0, "cut: nothing good after it");
	bench_free(b);
}

static void
test_down_then_steady(void)
{
	struct bench *b = bench_new(5);
	int64_t	      third, at;
	size_t	      from, i;
	unsigned      in_window = 0;

	plan(b, 1, 1, 1);
	run(b, 30);
	b->net->host[1].dead = true;
	from = b->n;
	run(b, 400);
	find(b, SAMPLE_ROUND, from, 2, &third);
	for (i = from; i < b->n; i++)
		in_window += b->sample[i].type == SAMPLE_ROUND && b->at_ns[i] > third &&
			     b->at_ns[i] <= third + 300 * NS_PER_S;
	is_i64(in_window, 300, "down: a round each second for 300 s");
	at = b->at_ns[b->n - 1];
	is_near(b->sample[b->n - 1].value[ROUND_SENT], 5, 0, "down: then the steady schedule");
	from = b->n;
	run(b, 10);
	ok(b->n > from && b->at_ns[b->n - 1] - at == 10 * NS_PER_S, "down: a result each 10 s");
	is_i64((int64_t)counter(b, "probe.bursts"), 0, "down: no burst runs");

	/* Recovery: the first answer starts a burst, the second success ends it. */
	run_to_answer(b, 1);
	b->net->host[1].dead = false;
	from = b->n;
	at = run_to_answer(b, 1) + 20 * NS_PER_MS;
	run(b, 4);
	from += b->sample[from].value[ROUND_SENT] == 5;	/* the answer may have completed a steady round */
	ok(b->at_ns[from] - at == 620 * NS_PER_MS && b->sample[from].quality == QUALITY_GOOD &&
		b->sample[from].value[ROUND_SENT] == 3,
	    "return: first success 0.62 s after the first answer (%g)", s_of(b->at_ns[from] - at));
	ok(b->at_ns[from + 1] - at == 1620 * NS_PER_MS && b->sample[from + 1].quality == QUALITY_GOOD,
	    "return: the second one second later");
	is_i64((int64_t)counter(b, "probe.bursts"), 0, "return: two successes end the burst");
	bench_free(b);
}

static void
test_bias(void)
{
	struct bench	    *b = bench_new(6);
	const struct sample *s;
	double		     lost;

	plan(b, 1, 1, 1);
	run(b, 59);		/* virtual time starts at 1 s: the next minute begins now */
	run(b, 30);
	b->net->host[1].dead = true;	/* half a minute, with its burst */
	run(b, 30);
	b->net->host[1].dead = false;
	run(b, 62);
	s = find(b, SAMPLE_DELAY, 0, 1, NULL);
	lost = s->value[DELAY_LOSS_RATIO];
	ok(lost >= 14.0 / 30 - 1e-9 && lost <= 16.0 / 30 + 1e-9,
	    "bias: half a minute cut is half lost (%g), whatever the burst sent", lost);
	is_near(s->seconds, 60, 0, "bias: a whole minute");
	is_near(s->value[DELAY_RTT_P50_S], 0.020, 1e-6, "bias: the median is of the answered ones");
	bench_free(b);
}

static void
test_all_lost(void)
{
	struct bench	    *b = bench_new(7);
	const struct sample *s;

	b->net->host[1].dead = true;
	plan(b, 1, 1, 1);
	run(b, 130);
	s = find(b, SAMPLE_DELAY, 0, 1, NULL);
	ok(s != NULL && s->quality == QUALITY_LOST, "dead: its minute is lost");
	is_near(s->value[DELAY_LOSS_RATIO], 1, 0, "dead: loss is 1");
	is_near(s->value[DELAY_RTT_P50_S], NAN, 0, "dead: no median, not 0");
	ok(isnan(find(b, SAMPLE_ROUND, 0, 0, NULL)->value[ROUND_RTT_P50_S]), "dead: no median of a round");
	bench_free(b);
}

static void
test_own_fault(void)
{
	struct bench	    *b = bench_new(8);
	const struct sample *s;
	size_t		     from;

	plan(b, 1, 1, 1);
	run(b, 59);
	b->net->host[1].error = ENETDOWN;
	from = b->n;
	run(b, 65);
	is_i64(count_quality(b, SAMPLE_ROUND, QUALITY_LOST, from), 0, "own fault: nothing is called lost");
	ok(count_quality(b, SAMPLE_ROUND, QUALITY_UNKNOWN, from) >= 5, "own fault: rounds are unknown");
	s = find(b, SAMPLE_DELAY, from, 1, NULL);
	ok(s != NULL && s->quality == QUALITY_UNKNOWN && isnan(s->value[DELAY_LOSS_RATIO]),
	    "own fault: the minute is unknown, not lossless");
	ok(counter(b, "icmp.send_errors") >= 30, "own fault: counted");
	is_i64((int64_t)counter(b, "probe.bursts"), 0, "own fault: no burst");
	bench_free(b);
}

/* The kernel has thrown away answers because we did not read them: what is missing then is not known to be lost. */
static void
test_kernel_drops(void)
{
	struct bench *b = bench_new(22);
	size_t	      from;
	unsigned      i;

	plan(b, 1, 20, 1);
	run(b, 30);
	from = b->n;
	for (i = 1; i <= 10; i++)
		b->net->host[i].dead = true;
	for (i = 0; i < 300; i++) {
		run(b, 0.1);
		b->net->io.icmp_drops += 10;
	}
	is_i64(count_quality(b, SAMPLE_ROUND, QUALITY_LOST, from), 0,
	    "drops: nothing is called lost while the kernel drops");
	ok(count_quality(b, SAMPLE_ROUND, QUALITY_UNKNOWN, from) >= 20, "drops: it is unknown");
	run(b, 10);
	ok(count_quality(b, SAMPLE_ROUND, QUALITY_LOST, from) >= 30, "drops: when it no longer does, lost is lost");
	bench_free(b);
}

static void
test_budget(void)
{
	struct bench *b = bench_new(9);
	struct msg_target t;
	unsigned      i;

	for (i = 0; i < 7000; i++) {	/* more than 20,000 / 3 */
		t = target(1);
		t.number = 10000 + i;
		snprintf(t.ref, sizeof(t.ref), "link/x%u", i);
		probe_engine_target(b->engine, &t, NULL, 1);
	}
	b->net->host[1].dead = true;
	run(b, 6);
	is_i64((int64_t)counter(b, "probe.bursts"), 6666, "budget: 6,666 bursts of 3 packets a second, no more");
	bench_free(b);
}

int
main(void)
{
	log_open("icmp_burst_test", NULL);
	log_quiet(true);
	test_worst_case();
	test_down_then_steady();
	test_bias();
	test_all_lost();
	test_own_fault();
	test_kernel_drops();
	test_budget();
	return tap_done();
}
