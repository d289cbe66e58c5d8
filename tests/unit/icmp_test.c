/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp_test.c: the ICMP probe in steady running: rounds, phases, minutes of loss, changes of the plan. */
#include "tests/unit/icmp_bench.h"

static void
test_steady(void)
{
	struct bench	    *b = bench_new(1);
	const struct sample *s;
	int64_t		     at[2];

	plan(b, 1, 1, 1);
	run(b, 62);
	s = find(b, SAMPLE_ROUND, 0, 1, &at[0]);
	ok(s != NULL && s->quality == QUALITY_GOOD && s->series == NUMBER(1),
	    "steady: five answers make a good round");
	is_near(s->value[ROUND_SENT], 5, 0, "steady: five sent");
	is_near(s->value[ROUND_ANSWERED], 5, 0, "steady: five answered");
	is_near(s->value[ROUND_RTT_P50_S], 0.020, 1e-6, "steady: median round-trip time");
	is_i64(s->wall_ns, WALL_NS + at[0] - NS_PER_S, "steady: stamped with the wall clock's time of the result");
	find(b, SAMPLE_ROUND, 0, 2, &at[1]);
	is_i64(at[1] - at[0], 10 * NS_PER_S, "steady: a result each 10 s");
	is_i64(b->net->note[1].at_ns - b->net->note[0].at_ns, 2 * NS_PER_S, "steady: a packet each 2 s");
	s = find(b, SAMPLE_DELAY, 0, 0, NULL);
	ok(s != NULL && s->quality == QUALITY_GOOD, "steady: a sample of delays when the minute is over");
	is_i64(s->wall_ns, WALL_NS + 60 * NS_PER_S, "steady: it ends with the wall clock's minute");
	ok(s->seconds >= 58 && s->seconds <= 60, "steady: it speaks of %g s", s->seconds);
	is_near(s->value[DELAY_LOSS_RATIO], 0, 0, "steady: no loss");
	is_near(s->value[DELAY_RTT_P50_S], 0.020, 1e-6, "steady: median of the minute");
	is_near(s->value[DELAY_PDV_P95_S], 0, 1e-6, "steady: no delay variation");
	is_i64((int64_t)counter(b, "icmp.sent"), (int64_t)b->net->notes, "steady: sent packets are counted");
	is_i64((int64_t)counter(b, "probe.lag_max_us"), 0, "steady: nothing is late on a virtual loop");
	bench_free(b);
}

static void
test_phases(void)
{
	struct bench *b = bench_new(1), *c = bench_new(2);
	size_t	      i, same = 0, batches;
	int64_t	      first[2] = { 0 };
	unsigned      per_2s[8] = { 0 };

	plan(b, 1, 200, 1);
	run(b, 2);
	is_i64((int64_t)b->net->notes, 200, "phases: each target once in an interval");
	batches = b->net->batches;
	run(b, 10);
	for (i = 0; i < b->n; i++)
		per_2s[(b->at_ns[i] - NS_PER_S) / (2 * NS_PER_S)]++;
	ok(per_2s[0] > 20 && per_2s[1] > 20 && per_2s[2] > 20 && per_2s[3] > 20 && per_2s[4] > 20,
	    "phases: so are the results, over the 10 s of a round");
	for (i = 1; i < 200; i++)
		same += b->net->note[i].at_ns == b->net->note[i - 1].at_ns;
	ok(same < 40, "phases: starts are spread (%zu of 200 share a tick)", same);
	ok(batches == 200 - same, "phases: what is due in one tick leaves in one batch");
	run(c, 0.777);
	plan(c, 1, 200, 1);
	run(c, 4);
	for (i = 0; i < 200; i++) {
		if (b->net->note[i].host == 77)
			first[0] = b->net->note[i].at_ns;
		if (c->net->note[i].host == 77)
			first[1] = c->net->note[i].at_ns;
	}
	is_i64((first[1] - first[0]) % (2 * NS_PER_S), 0, "phases: the same whenever the program starts");
	bench_free(b);
	bench_free(c);
}

static void
test_loss(void)
{
	struct bench	    *b = bench_new(3);
	const struct sample *s;
	unsigned	     steady_lost = 0;
	size_t		     i;

	plan(b, 1, 1, 1);
	b->net->host[1].drop_every = 7;
	run(b, 3600);
	s = find(b, SAMPLE_DELAY, 0, 30, NULL);
	is_near(s->seconds, 60, 0, "loss: a whole minute is 30 packets of 2 s");
	ok(s->value[DELAY_LOSS_RATIO] > 0 && s->quality == QUALITY_GOOD, "loss: %g in that minute",
	    s->value[DELAY_LOSS_RATIO]);
	is_near(fmod(s->value[DELAY_LOSS_RATIO] * 30 + 1e-9, 1), 0, 1e-6,
	    "loss: in thirtieths: packets of the burst do not count");
	for (i = 0; i < b->n; i++)
		if (b->sample[i].type == SAMPLE_DELAY)
			steady_lost +=
			    (unsigned)lround(b->sample[i].value[DELAY_LOSS_RATIO] * b->sample[i].seconds / 2);
	ok(steady_lost > 100 && steady_lost < 1800 / 2, "loss: %u of 1,800 steady packets lost", steady_lost);
	is_i64(count_quality(b, SAMPLE_ROUND, QUALITY_LOST, 0), 0, "loss: no round lost while others are answered");
	is_i64((int64_t)counter(b, "probe.bursts") <= 1, 1, "loss: at most one burst at a time");
	bench_free(b);
}

/* The last packet of a minute is lost, with a timeout as long as the interval: just after the next left. */
static void
test_edge(void)
{
	struct bench *b = bench_new(21);
	double	      lost[2] = { 0 };
	unsigned      n, k;

	b->net->send_ns = NS_PER_MS / 10;
	for (n = 1; n <= 20; n++) {
		struct msg_target t = target(n);

		t.interval_ms = t.timeout_ms = 1000;
		probe_engine_target(b->engine, &t, NULL, 1);
	}
	run(b, 119);		/* a second before the end of a minute: virtual time starts at 1 s */
	for (n = 1; n <= 20; n++)
		b->net->host[n].dead = true;
	run(b, 1);
	for (n = 1; n <= 20; n++)
		b->net->host[n].dead = false;
	run(b, 65);
	for (k = 0; k < b->n; k++) {
		const struct sample *s = &b->sample[k];

		if (s->type == SAMPLE_DELAY && s->wall_ns >= WALL_NS + 120 * NS_PER_S)
			lost[s->wall_ns > WALL_NS + 120 * NS_PER_S] += s->value[DELAY_LOSS_RATIO] * 60;
	}
	is_near(lost[0], 20, 0.5, "edge: the last packet of each minute is lost in that minute");
	is_near(lost[1], 0, 0, "edge: and not in the next");
	bench_free(b);
}

static void
test_plan(void)
{
	struct bench	 *b = bench_new(40);
	struct msg_target t = target(2);
	size_t		  i, notes;
	int64_t		  last = 0;
	bool		  even = true;

	plan(b, 1, 3, 1);
	run(b, 31);
	notes = b->net->notes;
	plan(b, 1, 1, 2);
	t.address = fake_addr(9);	/* the line got a new address */
	probe_engine_target(b->engine, &t, NULL, 2);
	probe_engine_sweep(b->engine, 2);
	run(b, 31);
	is_i64((int64_t)counter(b, "probe.targets"), 2, "plan: what it no longer has is gone");
	for (i = 0; i < b->net->notes; i++) {
		const struct fake_note *note = &b->net->note[i];

		if (i >= notes && (note->host == 2 || note->host == 3))
			even = false;
		if (note->host != 1)
			continue;
		if (last != 0 && note->at_ns - last != 2 * NS_PER_S)
			even = false;
		last = note->at_ns;
	}
	ok(even, "plan: an unchanged target keeps its rhythm; removed and changed addresses get nothing more");
	ok(b->net->host[9].requests > 10, "plan: the changed one goes on at its new address");
	i = b->n;
	plan(b, 1, 1, 3);
	run(b, 65);
	ok(find(b, SAMPLE_DELAY, i, 0, NULL) != NULL && find(b, SAMPLE_DELAY, i, 0, NULL)->seconds == 60,
	    "plan: the minute of an unchanged target is whole");
	plan(b, 5, 4, 4);
	notes = b->net->notes;
	run(b, 10);
	ok(b->net->notes == notes && counter(b, "probe.targets") == 0, "plan: an empty one is quiet");
	bench_free(b);
}

/* Two runs from one seed must not differ in anything. */
static void
test_deterministic(void)
{
	struct bench *b[2];
	bool	      same = true;
	size_t	      i;

	for (i = 0; i < 2; i++) {
		b[i] = bench_new(60);
		b[i]->net->host[3].drop_every = 3;
		plan(b[i], 1, 85, 1);
		run(b[i], 100);
		b[i]->net->host[5].dead = true;
		run(b[i], 20);
	}
	for (i = 0; i < b[0]->n; i++)
		same = same && b[0]->at_ns[i] == b[1]->at_ns[i] && b[0]->sample[i].series == b[1]->sample[i].series &&
		    b[0]->sample[i].quality == b[1]->sample[i].quality;
	ok(same && b[0]->n == b[1]->n && b[0]->n > 800,
	    "the same seed gives the same %zu samples at the same times", b[0]->n);
	bench_free(b[0]);
	bench_free(b[1]);
}

int
main(void)
{
	log_open("icmp_test", NULL);
	log_quiet(true);
	test_steady();
	test_phases();
	test_loss();
	test_edge();
	test_plan();
	test_deterministic();
	return tap_done();
}
