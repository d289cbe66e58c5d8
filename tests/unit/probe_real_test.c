/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe_real_test.c: the ICMP probe over real sockets and the real clock, against this host. Its second half holds up the
 * whole process, right after a batch has left, for longer than an answer may take: the answers wait in the socket, and must
 * be called neither lost nor late.
 */
#include <time.h>

#include "base/log.h"
#include "probes/engine.h"
#include "tests/unit/tap.h"

#define TARGETS 50
#define HOLD_MS 1500

struct bench {
	struct loop	    *loop;
	struct packet_io    *io;
	struct probe_engine *engine;
	struct loop_timer    stop;
	const struct packet_io_ops *real;
	unsigned	     batches;	/* sent since the targets were added */
	struct msg_probe_done done;
	unsigned	     lost, rounds;
	unsigned	     wanted;	/* rounds; then the loop stops */
	float		     rtt_max_s;
};

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	if (s->type != SAMPLE_ROUND)
		return;
	b->lost += (unsigned)(s->value[ROUND_SENT] - s->value[ROUND_ANSWERED]) + (unsigned)s->value[ROUND_LATE];
	if (s->value[ROUND_RTT_P50_S] > b->rtt_max_s)
		b->rtt_max_s = (float)s->value[ROUND_RTT_P50_S];
	if (++b->rounds == b->wanted)
		loop_stop(b->loop, 0);
}

static void
take_answer(void *arg, uint32_t token, const struct msg_probe_done *done)
{
	struct bench *b = arg;
	uint16_t      i;

	(void)token;
	for (i = 0; i < done->n; i++)
		b->done.done[b->done.n++] = done->done[i];
	if (b->done.n == 2)
		loop_stop(b->loop, 0);
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	if (kind == PACKET_ICMP)
		probe_engine_packet(((struct bench *)arg)->engine, in);
}

static void
give_up(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 1);
}

static int
run(struct bench *b)
{
	int rc;

	loop_timer_set(b->loop, &b->stop, loop_mono_ns(b->loop) + 120 * NS_PER_S, give_up, b);
	rc = loop_run(b->loop);
	loop_timer_cancel(b->loop, &b->stop);
	return rc;
}

static void
target_add(struct bench *b, uint32_t number, const struct addr *address)
{
	struct msg_target t = { .kind = TARGET_PROBE, .number = number, .method = "icmp", .address = *address, .interval_ms = 1000,
		.timeout_ms = 1000 };

	snprintf(t.ref, sizeof(t.ref), "link/t%" PRIu32, number);
	probe_engine_target(b->engine, &t, NULL, 1);
}

static void
test_ask(struct bench *b)
{
	struct msg_probe_now now = { .rounds = 3, .deadline_ms = 30000, .n = 2, .number = { 1, 2 } };
	struct addr	     a;
	bool		     has6;
	uint16_t	     i;

	addr_parse(&a, "127.0.0.1");
	target_add(b, 1, &a);
	addr_parse(&a, "::1");
	target_add(b, 2, &a);
	probe_engine_ask(b->engine, 1, &now);
	is_i64(run(b), 0, "both are decided");
	for (i = 0; i < b->done.n; i++) {
		const struct probe_done *d = &b->done.done[i];

		has6 = d->number == 1 || d->verdict != PROBE_UNKNOWN;	/* unknown: this host has no IPv6 */
		ok(!has6 || (d->verdict == PROBE_ANSWERED && d->answered > 0), "%s answers%s",
		    d->number == 1 ? "127.0.0.1" : "::1", has6 ? "" : " # SKIP no IPv6 here");
	}
	probe_engine_sweep(b->engine, 2);
}

static size_t
send_and_hold_up(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct bench   *b = io->arg;
	struct timespec t = { .tv_sec = HOLD_MS / 1000, .tv_nsec = HOLD_MS % 1000 * NS_PER_MS };
	size_t		left = b->real->send(io, kind, batch, n);

	if (++b->batches == TARGETS || b->batches == 2 * TARGETS)
		nanosleep(&t, NULL);
	return left;
}

static void
test_hold_up(struct bench *b)
{
	struct packet_io_ops ops = *b->io->ops;
	struct addr	     a = { .family = 4, .byte = { 127, 0, 2, 0 } };
	uint32_t	     i;

	b->real = b->io->ops;
	ops.send = send_and_hold_up;
	b->io->ops = &ops;

	for (i = 0; i < TARGETS; i++) {
		a.byte[3] = (uint8_t)(i + 1);
		target_add(b, 100 + i, &a);
	}
	b->rounds = b->lost = 0;
	b->rtt_max_s = 0;
	b->wanted = TARGETS * 3 / 2;
	is_i64(run(b), 0, "rounds go on after the process was held up");
	ok(b->batches > 2 * TARGETS, "which was twice");
	is_i64(b->lost, 0, "and no packet is lost or late for it");
	ok(b->rtt_max_s < HOLD_MS / 1000.0, "nor does it count as delay of the line (%.3f ms)",
	    (double)b->rtt_max_s * 1e3);
	b->io->ops = b->real;
}

int
main(void)
{
	struct bench	      b = { .loop = loop_new() };
	const struct sink     sink = { .sample = take_sample, .arg = &b };
	struct packet_sockets s;

	log_open("probe_real_test", NULL);
	if (packet_sockets_open(&s) == -1 || s.icmp4 == -1)
		return tap_skip_all("no right to raw sockets");
	b.io = packet_real_new(b.loop, &s);
	b.io->on_packet = take_packet;
	b.io->arg = &b;
	b.engine = probe_engine_new(b.loop, b.io, &sink, take_answer, &b);
	test_ask(&b);
	test_hold_up(&b);
	probe_engine_free(b.engine);
	b.io->ops->free(b.io);
	loop_free(b.loop);
	return tap_done();
}
