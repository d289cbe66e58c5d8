/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_icmp.c: the way of an ICMP message from the socket to a result. A small instance with one IPv4 and one IPv6 target
 * has one request to each in flight, and a trace or a look at the MTU, when the input arrives, twice. First byte of the
 * input: bit 0 = by IPv6, bit 1 = not from the target's address, bit 2 = the MTU, bit 3 = the quote is given identifier,
 * sequence number and nonce of a request that was sent; the rest is the message.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probes/echo.h"
#include "probes/engine.h"
#include "probes/way.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct packet_io     io;	/* must be first */
	struct probe_engine *engine;
	unsigned	     answered, sent;
	size_t		     left;	/* requests */
	uint8_t		     last[2][16];	/* the last of each family: up to its nonce */
	struct msg_trace_done trace;
};

static size_t
send_nowhere(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	size_t i;

	(void)kind;
	((struct bench *)io)->left += n;
	for (i = 0; i < n; i++) {
		memcpy(((struct bench *)io)->last[batch[i].to.family == 6], batch[i].data, 16);
		batch[i].sent_ns = loop_mono_ns(io->loop);
		batch[i].error = 0;
	}
	return n;
}

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	if (s->type != SAMPLE_ROUND)
		return;
	b->answered += (unsigned)s->value[ROUND_ANSWERED];
	b->sent += (unsigned)s->value[ROUND_SENT];
}

static void
take_frame(void *arg, uint16_t type, uint32_t token, const struct buf *payload)
{
	struct bench *b = arg;

	(void)token;
	if (type == IPC_TRACE_DONE && msg_trace_done_decode(&b->trace, payload->data, payload->len) == -1)
		abort();
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
	abort();
}

static uint64_t
received(struct bench *b)
{
	return counter(b, "icmp.received");
}

/* Let a request of a family leave that is no steady one. */
static void
way_begin(struct bench *b, bool v6, bool mtu)
{
	struct probe p = { .number = v6 ? 2 : 1 };

	addr_parse(&p.address, v6 ? "2001:db8::13" : "10.1.0.13");
	if (mtu)
		ways_mtu(b->engine->ways, &p);
	else
		ways_trace(b->engine->ways, &p, &(struct msg_trace_now){ .number = p.number });
	loop_run_until(b->io.loop, loop_mono_ns(b->io.loop) + NS_PER_MS);
}

/* What an error quotes: behind its head of 8 bytes and the IP header, from the identifier on. */
static void
quote_own(const struct bench *b, uint8_t *msg, size_t len, bool v6)
{
	size_t at = 8 + (v6 ? 40 : 20) + 4;

	if (len >= at + 12)
		memcpy(msg + at, b->last[v6] + 4, 12);
	else if (len >= at + 4)
		memcpy(msg + at, b->last[v6] + 4, 4);
}

static void
target_add(struct bench *b, uint32_t number, const char *address)
{
	struct msg_target t = { .kind = TARGET_PROBE, .number = number, .ref = "link/x", .method = "icmp", .interval_ms = 2000,
		.timeout_ms = 1000 };

	addr_parse(&t.address, address);
	probe_engine_target(b->engine, &t, NULL, 1);
}

static void
parse_check(const uint8_t *msg, size_t len, int family)
{
	struct echo_answer a;

	switch (echo_parse(msg, len, family, &a)) {
	case ECHO_REPLY:
		if (len < ECHO_ANSWER_MIN)
			abort();
		break;
	case ECHO_UNREACHABLE:
		if (len < 8 + 20 + 8 || (a.has_nonce && len < 8 + 20 + 16))
			abort();
		break;
	default:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct packet_io_ops ops = { .send = send_nowhere };
	struct bench	 b = { .io = { .ops = &ops, .loop = loop_new_virtual(1, 1795222800 * NS_PER_S) } };
	const struct sink sink = { .sample = take_sample, .frame = take_frame, .arg = &b };
	struct packet_in  in = { 0 };
	int64_t		  start = loop_mono_ns(b.io.loop);
	uint8_t		 *msg;

	if (size == 0) {
		loop_free(b.io.loop);
		return 0;
	}
	b.engine = probe_engine_new(b.io.loop, &b.io, &sink, NULL, NULL);
	target_add(&b, 1, "10.1.0.13");
	target_add(&b, 2, "2001:db8::13");
	while (b.left < 2)	/* the same reference: both leave in one tick */
		loop_run_until(b.io.loop, loop_mono_ns(b.io.loop) + NS_PER_MS);

	way_begin(&b, data[0] & 1, data[0] & 4);
	addr_parse(&in.from, data[0] & 1 ? "2001:db8::13" : "10.1.0.13");
	in.from.byte[3] ^= data[0] & 2 ? 1 : 0;
	msg = xcalloc(size, 1);
	memcpy(msg, data + 1, size - 1);
	in.data = msg;
	in.len = size - 1;
	if (data[0] & 8)
		quote_own(&b, msg, in.len, data[0] & 1);
	in.received_ns = loop_mono_ns(b.io.loop);
	parse_check(in.data, in.len, in.from.family);
	probe_engine_packet(b.engine, &in);
	if (received(&b) > 1)
		abort();
	if (received(&b) == 1) {
		probe_engine_packet(b.engine, &in);
		if (received(&b) != 1 || data[0] & 2)
			abort();	/* accepted twice, or from a stranger */
	}
	probe_engine_packet(b.engine, &in);
	if (counter(&b, "way.answered") > 1)
		abort();	/* an error about one request counts once */
	loop_run_until(b.io.loop, start + 30 * NS_PER_S);
	free(msg);
	if (b.answered > received(&b) || b.sent == 0)
		abort();
	probe_engine_free(b.engine);
	loop_free(b.io.loop);
	return 0;
}
