/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp_answers_test.c: hostile and odd answers to the ICMP probe: forged, cut short, doubled, late. */
#include "tests/unit/icmp_bench.h"

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

static void
swap_neighbours(struct bench *b, int64_t first_ns, int64_t second_ns)
{
	unsigned before = b->net->host[1].requests;

	b->net->host[1].delay_ns = first_ns;
	while (b->net->host[1].requests == before)
		run(b, 0.002);
	b->net->host[1].delay_ns = second_ns;
}

/* Packets leave 1 s apart and their timeout is 1 s: an answer can be overtaken only when it is late, or in a burst. */
static void
test_reordered(void)
{
	struct bench	    *b = bench_new(22);
	struct msg_target    t = target(1);
	const struct sample *s;
	double		     told = 0;
	unsigned	     k;

	t.interval_ms = 1000;
	probe_engine_target(b->engine, &t, NULL, 1);
	run(b, 10);
	is_i64((int64_t)counter(b, "icmp.reordered"), 0, "reordered: none in order");
	swap_neighbours(b, 1300 * NS_PER_MS, 20 * NS_PER_MS);	/* late, and after the answer to the next */
	run(b, 30);
	is_i64((int64_t)counter(b, "icmp.late"), 1, "reordered: one late");
	is_i64((int64_t)counter(b, "icmp.reordered"), 1, "reordered: it counts");
	for (k = 0; (s = find(b, SAMPLE_ROUND, 0, k, NULL)) != NULL; k++)
		told += s->value[ROUND_REORDERED];
	is_near(told, 1, 0, "reordered: a round tells it");
	b->net->host[1].dead = true;
	run(b, 66000);		/* more packets than there are numbers */
	b->net->host[1].dead = false;
	run(b, 30);
	is_i64((int64_t)counter(b, "icmp.reordered"), 1, "reordered: nothing is after a long silence");
	bench_free(b);
}

int
main(void)
{
	log_open("icmp_answers_test", NULL);
	log_quiet(true);
	test_rejected();
	test_duplicate_late();
	test_reordered();
	return tap_done();
}
