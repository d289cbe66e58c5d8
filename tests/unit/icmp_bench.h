/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp_bench.h: probes on a virtual loop against the scripted network of fake_net.h, and every sample and answer they give. */
#ifndef SIMPUL_TEST_ICMP_BENCH_H
#define SIMPUL_TEST_ICMP_BENCH_H

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

__attribute__((unused)) static struct bench *
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

__attribute__((unused)) static void
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

__attribute__((unused)) static void
plan(struct bench *b, unsigned from, unsigned to, uint32_t generation)
{
	struct msg_target t;

	for (; from <= to; from++) {
		t = target(from);
		probe_engine_target(b->engine, &t, NULL, generation);
	}
	probe_engine_sweep(b->engine, generation);
}

static void
run(struct bench *b, double seconds)
{
	loop_run_until(b->loop, loop_mono_ns(b->loop) + (int64_t)(seconds * NS_PER_S));
}

__attribute__((unused)) static uint64_t
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
__attribute__((unused)) static const struct sample *
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

__attribute__((unused)) static unsigned
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
__attribute__((unused)) static int64_t
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

__attribute__((unused)) static void
ask(struct bench *b, uint32_t token, uint16_t rounds, uint32_t deadline_ms, unsigned from, unsigned to)
{
	struct msg_probe_now now = { .rounds = rounds, .deadline_ms = deadline_ms };

	for (; from <= to; from++)
		now.number[now.n++] = NUMBER(from);
	b->done.n = 0;
	b->answers = 0;
	probe_engine_ask(b->engine, token, &now);
}

#endif
