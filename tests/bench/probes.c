/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probes.c: what an echo costs. Prints lines `figure NAME VALUE UNIT`.
 *
 *	probes virtual [DAYS]			85 links on a virtual loop against a network that costs next to nothing
 *	probes loopback [TARGETS [SECONDS]]	that many addresses of 127.0.0.0/8, each once a second, by raw sockets
 *
 * On loopback the time of the kernel that answers is part of the CPU time shown.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "probes/engine.h"

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

struct bench {
	struct loop	    *loop;
	struct packet_io    *io;
	struct probe_engine *engine;
	struct loop_timer    end;
	uint64_t	     samples, lost;
	double		     rtt_sum_s, rounds;
};

static void
take_sample(void *arg, const struct sample *s)
{
	struct bench *b = arg;

	b->samples++;
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
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	if (kind == PACKET_ICMP)
		probe_engine_packet(((struct bench *)arg)->engine, in);
}

static void
bench_begin(struct bench *b, unsigned targets, uint32_t interval_ms, uint8_t net)
{
	const struct sink sink = { .sample = take_sample, .arg = b };
	struct msg_target t = { .kind = TARGET_PROBE, .method = "icmp", .interval_ms = interval_ms, .timeout_ms = 1000 };
	unsigned	  i;

	b->io->on_packet = take_packet;
	b->io->arg = b;
	b->engine = probe_engine_new(b->loop, b->io, &sink, take_answer, b);
	for (i = 0; i < targets; i++) {
		t.number = i + 1;
		snprintf(t.ref, sizeof(t.ref), "link/s%06u-1", i);
		t.address = (struct addr){
		    .family = 4, .byte = {net, (uint8_t)(1 + (i >> 16)), (uint8_t)(i >> 8), (uint8_t)i}};
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
	bench_begin(&b, LINKS, 2000, 10);
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

static void
time_is_up(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 0);
}

static int
bench_loopback(unsigned targets, unsigned seconds)
{
	struct bench	      b = { .loop = loop_new() };
	struct packet_sockets s;
	struct msg_counters   c = { 0 };
	double		      begin, used;

	if (packet_sockets_open(&s) == -1 || s.icmp4 == -1)
		return 77;
	b.io = packet_real_new(b.loop, &s);
	bench_begin(&b, targets, 1000, 127);
	loop_timer_set(b.loop, &b.end, loop_mono_ns(b.loop) + seconds * NS_PER_S, time_is_up, &b);
	begin = cpu_s();
	loop_run(b.loop);
	used = cpu_s() - begin;
	probe_engine_counters(b.engine, &c);
	printf("figure loopback_targets %u targets\n", targets);
	printf("figure loopback_sent %.0f packets\n", counter(&c, "icmp.sent"));
	printf("figure loopback_unanswered %.0f packets\n", counter(&c, "icmp.sent") - counter(&c, "icmp.received"));
	printf("figure loopback_lost %" PRIu64 " packets\n", b.lost);
	printf("figure loopback_pings_per_cpu_second %.0f 1/s\n", counter(&c, "icmp.received") / used);
	printf("figure loopback_cpu %.1f percent\n", used / seconds * 100);
	printf("figure loopback_rtt_mean_of_medians %.1f us\n", b.rtt_sum_s / b.rounds * 1e6);
	printf("figure loopback_lag_p50 %.0f us\n", counter(&c, "probe.lag_p50_us"));
	printf("figure loopback_lag_p99 %.0f us\n", counter(&c, "probe.lag_p99_us"));
	printf("figure loopback_lag_max %.0f us\n", counter(&c, "probe.lag_max_us"));
	printf("figure loopback_kernel_drops %.0f packets\n", counter(&c, "probe.kernel_drops"));
	bench_end(&b);
	return EXIT_SUCCESS;
}

int
main(int argc, char *argv[])
{
	log_open("probes", NULL);
	if (argc > 1 && strcmp(argv[1], "virtual") == 0)
		return bench_virtual(argc > 2 ? atof(argv[2]) : 3);
	if (argc > 1 && strcmp(argv[1], "loopback") == 0)
		return bench_loopback(
		    argc > 2 ? (unsigned)atoi(argv[2]) : 30000, argc > 3 ? (unsigned)atoi(argv[3]) : 10);
	fprintf(stderr, "usage: probes virtual [DAYS] | loopback [TARGETS [SECONDS]]\n");
	return 2;
}
