/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probes.c: what an echo costs. Prints lines `figure NAME VALUE UNIT`.
 *
 *	probes virtual [DAYS]			85 links on a virtual loop against a network that costs next to nothing
 *	probes loopback [TARGETS [SECONDS [INTERVAL_S [SILENT]]]]
 *		that many addresses of 127.0.0.0/8 by raw sockets, each once an interval, and so many of 10.254.0.0/16 that
 *		do not answer. Counters are read when all that was sent is decided
 *	probes bias [TARGETS [SECONDS]]
 *		the same, each once a second, and each round trip beside the one that an observer at the card saw (wire.h)
 *
 * On loopback the time of the kernel that answers is part of the CPU time shown. The first second is not: then all memory is
 * met for the first time.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "probes/echo.h"
#include "probes/engine.h"
#include "tests/bench/wire.h"

#define LINKS	   85
#define DELAY_NS   (20 * NS_PER_MS)
#define ANSWERS	   256		/* under way at once, at most */
#define PACKET_MAX 64

/* ---- a network that answers everything after 20 ms ---- */

struct net {
	struct packet_io  io;	/* must be first */
	struct loop_timer timer;
	unsigned	  first, next;
	struct answer {
		int64_t	    at_ns;
		struct addr from;
		size_t	    len;
		uint8_t	    bytes[PACKET_MAX];
	} answer[ANSWERS];
};

static void
net_deliver(void *arg)
{
	struct net *n = arg;
	int64_t	    now = loop_mono_ns(n->io.loop);

	while (n->first != n->next && n->answer[n->first % ANSWERS].at_ns <= now) {
		const struct answer *a = &n->answer[n->first++ % ANSWERS];
		struct packet_in     in = { .from = a->from, .data = a->bytes, .len = a->len, .received_ns = now };

		n->io.on_packet(n->io.arg, PACKET_ICMP, &in);
	}
	if (n->first != n->next)
		loop_timer_set(n->io.loop, &n->timer, n->answer[n->first % ANSWERS].at_ns, net_deliver, n);
}

static size_t
net_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t count)
{
	struct net *n = (struct net *)io;
	struct answer *a;
	int64_t	    now = loop_mono_ns(io->loop);
	size_t	    i;

	(void)kind;
	for (i = 0; i < count; i++) {
		batch[i].sent_ns = now;
		batch[i].error = 0;
		a = &n->answer[n->next++ % ANSWERS];
		a->at_ns = now + DELAY_NS;
		a->from = batch[i].to;
		a->len = batch[i].len;
		memcpy(a->bytes, batch[i].data, batch[i].len);
		a->bytes[0] = 0;	/* echo reply */
	}
	if (!loop_timer_is_set(&n->timer))
		loop_timer_set(io->loop, &n->timer, now + DELAY_NS, net_deliver, n);
	return count;
}

static void
net_free(struct packet_io *io)
{
	free(io);
}

/* ---- both ---- */

struct rtt {
	uint64_t nonce;
	int64_t	 sent_ns, rtt_ns;
};

struct bench {
	struct loop	    *loop;
	struct packet_io    *io;
	struct probe_engine *engine;
	const struct packet_io_ops *real;
	struct loop_timer    turn;
	unsigned	     live;	/* targets up to this number answer */
	bool		     ending;	/* nothing leaves any more */
	double		     used_s;
	uint64_t	     sent_live, sent_silent, lost, minutes_lossy;	/* the latter two of the live */
	double		     rtt_sum_s, rounds;

	struct rtt	    *rtt;	/* by place; NULL: not wanted */
	size_t		     nrtt, room;
	uint32_t	    *newest;	/* by the last 20 bits of a nonce: place + 1 */
};

#define NEWEST (1u << 20)

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	if (s->series > b->live)
		return;
	if (s->type == SAMPLE_DELAY)
		b->minutes_lossy += s->value[DELAY_LOSS_RATIO] > 0;
	if (s->type != SAMPLE_ROUND)
		return;
	b->lost += (uint64_t)(s->value[ROUND_SENT] - s->value[ROUND_ANSWERED]);
	if (!isnan(s->value[ROUND_RTT_P50_S])) {
		b->rtt_sum_s += s->value[ROUND_RTT_P50_S];
		b->rounds++;
	}
}

static void
take_answer(void *arg, uint32_t token, const struct msg_probe_done *done)
{
	(void)arg;
	(void)token;
	(void)done;
}

static void
rtt_note(struct bench *b, const struct packet_in *in)
{
	struct echo_answer a;
	uint32_t	   place;
	int64_t		   rtt_ns;

	if (echo_parse(in->data, in->len, in->from.family, &a) != ECHO_REPLY)
		return;
	place = b->newest[a.nonce % NEWEST];
	if (place == 0 || b->rtt[place - 1].nonce != a.nonce)
		return;
	rtt_ns = in->received_ns - b->rtt[place - 1].sent_ns;
	b->rtt[place - 1].rtt_ns = rtt_ns > 0 ? rtt_ns : 0;	/* as icmp.c takes it */
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	struct bench *b = arg;

	if (kind != PACKET_ICMP)
		return;
	if (b->rtt != NULL)
		rtt_note(b, in);
	probe_engine_packet(b->engine, in);
}

/* What leaves, counted; at the end nothing does, so that all can be decided. */
static size_t
send_noted(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct bench *b = io->arg;
	size_t	      i, left = 0;

	if (!b->ending)
		left = b->real->send(io, kind, batch, n);
	for (i = 0; i < n; i++) {
		if (b->ending) {
			batch[i].error = ENETDOWN;
			batch[i].sent_ns = loop_mono_ns(io->loop);
		}
		if (batch[i].error != 0)
			continue;
		b->sent_live += batch[i].to.byte[0] == 127;
		b->sent_silent += batch[i].to.byte[0] != 127;
		if (b->rtt != NULL && b->nrtt < b->room) {
			struct rtt *r = &b->rtt[b->nrtt++];

			memcpy(&r->nonce, batch[i].data + 8, sizeof(r->nonce));
			r->sent_ns = batch[i].sent_ns;
			r->rtt_ns = -1;
			b->newest[r->nonce % NEWEST] = (uint32_t)b->nrtt;
		}
	}
	return left;
}

static void
bench_begin(struct bench *b, unsigned live, unsigned silent, uint32_t interval_ms, uint8_t net)
{
	const struct sink sink = { .sample = take_sample, .arg = b };
	struct msg_target t = { .kind = TARGET_PROBE, .method = "icmp", .interval_ms = interval_ms, .timeout_ms = 1000 };
	unsigned	  i;

	b->live = live;
	b->io->on_packet = take_packet;
	b->io->arg = b;
	b->engine = probe_engine_new(b->loop, b->io, &sink, take_answer, b);
	for (i = 0; i < live + silent; i++) {
		t.number = i + 1;
		snprintf(t.ref, sizeof(t.ref), "link/s%06u-1", i);
		t.address = (struct addr){
		    .family = 4, .byte = {net, (uint8_t)(1 + (i >> 16)), (uint8_t)(i >> 8), (uint8_t)i}};
		if (i >= live)
			t.address = (struct addr){ .family = 4,
				.byte = { 10, 254, (uint8_t)((i - live) >> 8), (uint8_t)(i - live) } };
		probe_engine_target(b->engine, &t, NULL, 1);
	}
}

static double
cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double
counter(const struct msg_counters *c, const char *name)
{
	uint16_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->c[i].name, name) == 0)
			return (double)c->c[i].value;
	return NAN;
}

static void
bench_end(struct bench *b)
{
	probe_engine_free(b->engine);
	b->io->ops->free(b->io);
	loop_free(b->loop);
	free(b->rtt);
	free(b->newest);
}

static int
bench_virtual(double days)
{
	static const struct packet_io_ops ops = { .send = net_send, .free = net_free };
	struct bench	    b = { .loop = loop_new_virtual(1, 1795222800 * NS_PER_S) };
	struct net	   *net = xcalloc(1, sizeof(*net));
	struct msg_counters c = { 0 };
	double		    begin, used;

	net->io.ops = &ops;
	net->io.loop = b.loop;
	b.io = &net->io;
	bench_begin(&b, LINKS, 0, 2000, 10);
	begin = cpu_s();
	loop_run_until(b.loop, (int64_t)(days * 86400) * NS_PER_S);
	used = cpu_s() - begin;
	probe_engine_counters(b.engine, &c);
	printf("figure virtual_echoes %.0f packets\n", counter(&c, "icmp.received"));
	printf("figure virtual_cpu_per_echo %.1f ns\n", used / counter(&c, "icmp.received") * 1e9);
	printf("figure virtual_cpu_for_30_days %.1f s\n", used / days * 30);
	bench_end(&b);
	return EXIT_SUCCESS;
}

/* ---- real sockets ---- */

static void
time_is_up(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 0);
}

static void
run_for(struct bench *b, int64_t ns)
{
	loop_timer_set(b->loop, &b->turn, loop_mono_ns(b->loop) + ns, time_is_up, b);
	loop_run(b->loop);
}

/* @return packets sent in the time of which the CPU was counted */
static double
bench_run(struct bench *b, unsigned seconds)
{
	struct packet_io_ops ops = *b->io->ops;
	double		     begin;
	uint64_t	     sent;

	b->real = b->io->ops;
	ops.send = send_noted;
	b->io->ops = &ops;
	run_for(b, NS_PER_S);
	begin = cpu_s();
	sent = b->sent_live + b->sent_silent;
	run_for(b, seconds * NS_PER_S);
	b->used_s = cpu_s() - begin;
	sent = b->sent_live + b->sent_silent - sent;
	b->ending = true;
	run_for(b, 2 * NS_PER_S);
	b->io->ops = b->real;
	return (double)sent;
}

static int
real_begin(struct bench *b, unsigned targets, unsigned silent, double interval_s)
{
	struct packet_sockets s;

	b->loop = loop_new();
	if (packet_sockets_open(&s) == -1 || s.icmp4 == -1)
		return -1;
	b->io = packet_real_new(b->loop, &s);
	bench_begin(b, targets, silent, (uint32_t)(interval_s * 1000), 127);
	return 0;
}

static int
bench_loopback(unsigned targets, unsigned seconds, double interval_s, unsigned silent)
{
	struct bench	    b = { 0 };
	struct msg_counters c = { 0 };
	double		    sent;

	if (real_begin(&b, targets, silent, interval_s) == -1)
		return 77;
	sent = bench_run(&b, seconds);
	probe_engine_counters(b.engine, &c);
	printf("figure loopback_targets %u targets\n", targets + silent);
	printf("figure loopback_sent %" PRIu64 " packets\n", b.sent_live);
	printf("figure loopback_sent_silent %" PRIu64 " packets\n", b.sent_silent);
	printf("figure loopback_received %.0f packets\n", counter(&c, "icmp.received"));
	printf("figure loopback_late %.0f packets\n", counter(&c, "icmp.late"));
	printf("figure loopback_lost %" PRIu64 " packets\n", b.lost);
	printf("figure loopback_minutes_with_loss %" PRIu64 " minutes\n", b.minutes_lossy);
	printf("figure loopback_pings_per_cpu_second %.0f 1/s\n", sent / b.used_s);
	printf("figure loopback_cpu %.1f percent\n", b.used_s / seconds * 100);
	printf("figure loopback_rtt_mean_of_medians %.1f us\n", b.rtt_sum_s / b.rounds * 1e6);
	printf("figure loopback_lag_p50 %.0f us\n", counter(&c, "probe.lag_p50_us"));
	printf("figure loopback_lag_p99 %.0f us\n", counter(&c, "probe.lag_p99_us"));
	printf("figure loopback_lag_max %.0f us\n", counter(&c, "probe.lag_max_us"));
	printf("figure loopback_kernel_drops %.0f packets\n", counter(&c, "probe.kernel_drops"));
	bench_end(&b);
	return EXIT_SUCCESS;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
bench_bias(unsigned targets, unsigned seconds)
{
	struct bench b = { .room = (size_t)targets * (seconds + 4) };
	struct wire *w = wire_open("lo", b.room);
	double	    *error, sum = 0, ours = 0, wires = 0;
	size_t	     i, n = 0;
	int64_t	     truth;

	if (w == NULL || real_begin(&b, targets, 0, 1) == -1)
		return 77;
	b.rtt = xcalloc(b.room, sizeof(*b.rtt));
	b.newest = xcalloc(NEWEST, sizeof(*b.newest));
	bench_run(&b, seconds);
	wire_stop(w);
	error = xcalloc(b.nrtt + 1, sizeof(*error));
	for (i = 0; i < b.nrtt; i++) {
		truth = wire_rtt_ns(w, b.rtt[i].nonce);
		if (truth < 0 || b.rtt[i].rtt_ns == -1)
			continue;
		error[n] = (double)(b.rtt[i].rtt_ns - truth) / 1e3;
		ours += (double)b.rtt[i].rtt_ns / 1e3;
		wires += (double)truth / 1e3;
		sum += error[n++];
	}
	qsort(error, n, sizeof(*error), by_value);
	printf("figure rtt_compared %zu packets of %zu\n", n, b.nrtt);
	if (n > 0) {
		printf("figure rtt_ours %.2f us\n", ours / (double)n);
		printf("figure rtt_wire %.2f us\n", wires / (double)n);
		printf("figure rtt_bias %.2f us\n", sum / (double)n);
		printf("figure rtt_error_p1 %.2f us\n", error[n / 100]);
		printf("figure rtt_error_p50 %.2f us\n", error[n / 2]);
		printf("figure rtt_error_p99 %.2f us\n", error[n - 1 - n / 100]);
	}
	free(error);
	wire_free(w);
	bench_end(&b);
	return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static double
number(char *const *argv, int argc, int i, double otherwise)
{
	return argc > i ? atof(argv[i]) : otherwise;
}

int
main(int argc, char *argv[])
{
	const char *mode = argc > 1 ? argv[1] : "";

	log_open("probes", NULL);
	if (strcmp(mode, "virtual") == 0)
		return bench_virtual(number(argv, argc, 2, 3));
	if (strcmp(mode, "loopback") == 0)
		return bench_loopback((unsigned)number(argv, argc, 2, 30000), (unsigned)number(argv, argc, 3, 10),
		    number(argv, argc, 4, 1), (unsigned)number(argv, argc, 5, 0));
	if (strcmp(mode, "bias") == 0)
		return bench_bias((unsigned)number(argv, argc, 2, 30000), (unsigned)number(argv, argc, 3, 5));
	fprintf(stderr, "usage: probes virtual [DAYS] | loopback [TARGETS [SECONDS [INTERVAL_S [SILENT]]]] |\n"
	    "       bias [TARGETS [SECONDS]]\n");
	return 2;
}
