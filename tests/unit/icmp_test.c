/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * icmp_test.c: the ICMP probe on a virtual loop against a scripted network: rounds, bursts with their exact times, loss,
 * hostile answers, PROBE_NOW, changes of the plan.
 */
#include <errno.h>

#include "base/log.h"
#include "probes/engine.h"
#include "tests/unit/fake_net.h"
#include "tests/unit/tap.h"

#define WALL_NS	   (1795222800 * NS_PER_S)	/* a full minute, while the virtual clock starts at 1 s */
#define NUMBER(n)  (1000u + (n))
#define SAMPLES_MAX 4096

struct bench {
	struct loop	    *loop;
	struct fake_net	    *net;
	struct probe_engine *engine;
	struct sample	     sample[SAMPLES_MAX];
	int64_t		     at_ns[SAMPLES_MAX];
	size_t		     n;
	struct msg_probe_done done;	/* of all answers so far */
	int64_t		     done_ns;
	unsigned	     answers;
	uint32_t	     token;
};

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	if (b->n < SAMPLES_MAX) {
		b->at_ns[b->n] = loop_mono_ns(b->loop);
		b->sample[b->n++] = *s;
	}
}

static void
take_answer(void *arg, uint32_t token, const struct msg_probe_done *done)
{
	struct bench *b = arg;
	uint16_t      i;

	for (i = 0; i < done->n; i++)
		b->done.done[b->done.n++] = done->done[i];
	b->token = token;
	b->done_ns = loop_mono_ns(b->loop);
	b->answers++;
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	(void)kind;
	probe_engine_packet(((struct bench *)arg)->engine, in);
}

static struct bench *
bench_new(uint64_t seed)
{
	struct bench	 *b = xcalloc(1, sizeof(*b));
	const struct sink sink = { .sample = take_sample, .arg = b };

	b->loop = loop_new_virtual(seed, WALL_NS);
	b->net = fake_net_new(b->loop);
	b->net->io.on_packet = take_packet;
	b->net->io.arg = b;
	b->engine = probe_engine_new(b->loop, &b->net->io, &sink, take_answer, b);
	return b;
}

static void
bench_free(struct bench *b)
{
	probe_engine_free(b->engine);
	b->net->io.ops->free(&b->net->io);
	loop_free(b->loop);
	free(b);
}

static struct msg_target
target(unsigned n)
{
	struct msg_target t = { .kind = TARGET_PROBE, .number = NUMBER(n), .method = "icmp", .interval_ms = 2000,
		.timeout_ms = 1000 };

	snprintf(t.ref, sizeof(t.ref), "link/s%03u-1", n);
	t.address = fake_addr(n);
	return t;
}

static void
plan(struct bench *b, unsigned from, unsigned to, uint32_t generation)
{
	struct msg_target t;

	for (; from <= to; from++) {
		t = target(from);
		probe_engine_target(b->engine, &t, generation);
	}
	probe_engine_sweep(b->engine, generation);
}

static void
run(struct bench *b, double seconds)
{
	loop_run_until(b->loop, loop_mono_ns(b->loop) + (int64_t)(seconds * NS_PER_S));
}

static uint64_t
counter(struct bench *b, const char *name)
{
	struct msg_counters c = { 0 };
	uint16_t	    i;

	probe_engine_counters(b->engine, &c);
	for (i = 0; i < c.n; i++)
		if (strcmp(c.c[i].name, name) == 0)
			return c.c[i].value;
	return UINT64_MAX;
}

/* The k-th sample of a type after `from`, or NULL. */
static const struct sample *
find(const struct bench *b, uint8_t type, size_t from, unsigned k, int64_t *at_ns)
{
	size_t i;

	if (at_ns != NULL)
		*at_ns = -1;
	for (i = from; i < b->n; i++)
		if (b->sample[i].type == type && k-- == 0) {
			if (at_ns != NULL)
				*at_ns = b->at_ns[i];
			return &b->sample[i];
		}
	return NULL;
}

static unsigned
count_quality(const struct bench *b, uint8_t type, uint8_t quality, size_t from)
{
	unsigned n = 0;

	for (; from < b->n; from++)
		n += b->sample[from].type == type && b->sample[from].quality == quality;
	return n;
}

static double
s_of(int64_t ns)
{
	return (double)ns / NS_PER_S;
}

/* Run until just after the next answer to host n has come; return that packet's send time. */
static int64_t
run_to_answer(struct bench *b, unsigned n)
{
	unsigned before = b->net->host[n].requests;
	int64_t	 sent_ns;

	while (b->net->host[n].requests == before)
		run(b, 0.002);
	sent_ns = b->net->note[b->net->notes - 1].at_ns;
	run(b, s_of(b->net->host[n].delay_ns));
	return sent_ns;
}

/* ---- steady ---- */

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

/* ---- burst ---- */

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
		probe_engine_target(b->engine, &t, 1);
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
		b->net->io.kernel_drops += 10;
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
		probe_engine_target(b->engine, &t, 1);
	}
	b->net->host[1].dead = true;
	run(b, 6);
	is_i64((int64_t)counter(b, "probe.bursts"), 6666, "budget: 6,666 bursts of 3 packets a second, no more");
	bench_free(b);
}

/* ---- hostile and odd answers ---- */

static void
spoil_nonce(uint8_t *reply, size_t *len, struct addr *from)
{
	(void)len;
	(void)from;
	reply[9] ^= 1;
}

static void
spoil_address(uint8_t *reply, size_t *len, struct addr *from)
{
	(void)reply;
	(void)len;
	from->byte[3] ^= 0x80;
}

static void
spoil_length(uint8_t *reply, size_t *len, struct addr *from)
{
	(void)reply;
	(void)from;
	*len = 15;
}

static void
spoil_id(uint8_t *reply, size_t *len, struct addr *from)
{
	(void)len;
	(void)from;
	reply[4] ^= 0x40;
}

static void
spoil_type(uint8_t *reply, size_t *len, struct addr *from)
{
	(void)len;
	(void)from;
	reply[0] = 14;
}

static void
spoil_code(uint8_t *reply, size_t *len, struct addr *from)
{
	(void)len;
	(void)from;
	reply[1] = 1;
}

static void
test_rejected(void)
{
	static const struct {
		const char *name, *counter;
		void	  (*spoil)(uint8_t *, size_t *, struct addr *);
	} cases[] = {
		{ "another nonce", "icmp.wrong_nonce", spoil_nonce },
		{ "another address", "icmp.wrong_address", spoil_address },
		{ "cut short", "icmp.malformed", spoil_length },
		{ "another program's id", "icmp.foreign", spoil_id },
		{ "no echo reply", "icmp.malformed", spoil_type },
		{ "an echo reply with a code", "icmp.malformed", spoil_code },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		struct bench *b = bench_new(10 + i);

		b->net->host[1].spoil = cases[i].spoil;
		plan(b, 1, 1, 1);
		run(b, 15);
		ok(counter(b, "icmp.received") == 0 && counter(b, cases[i].counter) == b->net->notes &&
			count_quality(b, SAMPLE_ROUND, QUALITY_GOOD, 0) == 0,
		    "rejected: %s, counted as %s", cases[i].name, cases[i].counter);
		bench_free(b);
	}
}

static void
test_duplicate_late(void)
{
	struct bench *b = bench_new(20);
	const struct sample *s;

	b->net->host[1].copies = 2;
	plan(b, 1, 1, 1);
	run(b, 21);
	is_i64((int64_t)counter(b, "icmp.duplicate"), 2 * (int64_t)b->net->notes,
	    "duplicate: counted, not accepted twice");
	s = find(b, SAMPLE_ROUND, 0, 1, NULL);
	is_near(s->value[ROUND_ANSWERED], 5, 0, "duplicate: five answers are five");
	ok(s->value[ROUND_DUPLICATE] >= 8, "duplicate: the round tells them (%g)", s->value[ROUND_DUPLICATE]);
	bench_free(b);

	b = bench_new(21);
	b->net->host[1].delay_ns = 1500 * NS_PER_MS;
	plan(b, 1, 1, 1);
	run(b, 30);
	is_i64((int64_t)counter(b, "icmp.received"), 0, "late: no answer in time");
	ok(counter(b, "icmp.late") + 8 >= b->net->notes, "late: %" PRIu64 " of %zu counted",
	    counter(b, "icmp.late"), b->net->notes);
	is_i64(count_quality(b, SAMPLE_ROUND, QUALITY_GOOD, 0), 0, "late: all rounds lost");
	ok(find(b, SAMPLE_ROUND, 0, 3, NULL)->value[ROUND_LATE] > 0, "late: the round tells them");
	bench_free(b);
}

/* ---- PROBE_NOW ---- */

static void
ask(struct bench *b, uint32_t token, uint16_t rounds, uint32_t deadline_ms, unsigned from, unsigned to)
{
	struct msg_probe_now now = { .rounds = rounds, .deadline_ms = deadline_ms };

	for (; from <= to; from++)
		now.number[now.n++] = NUMBER(from);
	b->done.n = 0;
	b->answers = 0;
	probe_engine_ask(b->engine, token, &now);
}

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

/* ---- plan ---- */

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
	probe_engine_target(b->engine, &t, 2);
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

/* ---- TCP ---- */

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
		probe_engine_target(b->engine, &t, 1);
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
	test_worst_case();
	test_down_then_steady();
	test_bias();
	test_edge();
	test_all_lost();
	test_own_fault();
	test_kernel_drops();
	test_budget();
	test_rejected();
	test_duplicate_late();
	test_ask();
	test_ask_joins();
	test_plan();
	test_tcp();
	test_deterministic();
	return tap_done();
}
