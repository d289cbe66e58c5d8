/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder_test.c: the flight recorder, traces and path MTU of a measuring instance against the simulated
 * network: what it tells core, held against the truth.
 */
#include "probes/recorder.h"

#include "base/log.h"
#include "probes/echo.h"
#include "schedule/burst.h"
#include "tests/fleet/virtual.h"
#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define LINK	"s001-1"	/* gateway, node-1 10.9.0.1, node-2 10.9.0.2, 10.1.0.1 */
#define LINES	2000		/* of the storm */
#define WAY_BEYOND 96		/* requests of a job, at most */

struct bench {
	struct inventory    *inv;
	struct loop	    *loop;
	struct fleet_model  *model;
	struct packet_io    *io;
	struct probe_engine *engine;
	unsigned	     begun, ended, traces, mtus;
	struct msg_record_begin begin;
	struct msg_record_end end;
	struct msg_trace_done trace, onset, after;
	struct msg_mtu_done  mtu;
	struct flight_packet packet[RECORD_PACKETS];
	size_t		     npackets;
	struct msg_trace_done asked;	/* scratch */
};

static void
take_packets(struct bench *b, const struct buf *payload)
{
	struct msg_record_packets m;
	uint32_t		  i;

	msg_record_packets_decode(&m, payload->data, payload->len);
	for (i = 0; m.number == 1 && i < m.packet_len && b->npackets < RECORD_PACKETS; i += FLIGHT_PACKET_LEN)
		b->packet[b->npackets++] = flight_get(m.packet + i);
}

static void
take_frame(void *arg, uint16_t type, uint32_t token, const struct buf *payload)
{
	struct bench *b = arg;

	(void)token;
	switch (type) {
	case IPC_RECORD_BEGIN:
		b->begun++;
		msg_record_begin_decode(&b->begin, payload->data, payload->len);
		break;
	case IPC_RECORD_PACKETS:
		take_packets(b, payload);
		break;
	case IPC_RECORD_END:
		b->ended++;
		msg_record_end_decode(&b->end, payload->data, payload->len);
		break;
	case IPC_TRACE_DONE:
		b->traces++;
		msg_trace_done_decode(&b->trace, payload->data, payload->len);
		if (b->trace.role == TRACE_ONSET)
			b->onset = b->trace;
		if (b->trace.role == TRACE_AFTER)
			b->after = b->trace;
		break;
	case IPC_MTU_DONE:
		b->mtus++;
		msg_mtu_done_decode(&b->mtu, payload->data, payload->len);
		break;
	default:
		ok(false, "frames of the recorder alone");
	}
}

static void
take_sample(void *arg, const struct sample *s)
{
	(void)arg;
	(void)s;
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	(void)kind;
	probe_engine_packet(((struct bench *)arg)->engine, in);
}

static void
target_add(struct bench *b, const struct link *l, uint32_t number)
{
	struct msg_target t = {.kind = TARGET_PROBE,
	    .number = number,
	    .method = "icmp",
	    .address = l->address,
	    .interval_ms = 2000,
	    .timeout_ms = 1000};

	snprintf(t.ref, sizeof(t.ref), "link/%s/%u", l->id, number);
	probe_engine_target(b->engine, &t, NULL, 1);
}

static struct bench *
bench_open(uint64_t seed)
{
	struct bench	 *b = xcalloc(1, sizeof(*b));
	const struct sink sink = { .sample = take_sample, .frame = take_frame, .arg = b };

	b->inv = test_inventory();
	b->loop = loop_new_virtual(seed, WALL_NS);
	b->model = test_model(b->inv, seed);
	b->io = fleet_virtual_new(b->loop, b->model);
	b->io->on_packet = take_packet;
	b->io->arg = b;
	b->engine = probe_engine_new(b->loop, b->io, &sink, NULL, NULL);
	target_add(b, inventory_link_of(b->inv, LINK), 1);
	return b;
}

static void
bench_close(struct bench *b)
{
	probe_engine_free(b->engine);
	b->io->ops->free(b->io);
	fleet_model_free(b->model);
	loop_free(b->loop);
	inventory_free(b->inv);
	free(b);
}

static void
run(struct bench *b, double seconds)
{
	loop_run_until(b->loop, loop_mono_ns(b->loop) + (int64_t)(seconds * NS_PER_S));
}

static void
command(struct bench *b, const char *line)
{
	if (fleet_command(b->model, loop_mono_ns(b->loop), line, NULL) == -1)
		ok(false, "the fleet takes \"%s\"", line);
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

/* "10.254.0.1 10.9.0.1 ...": hops in order, the addresses of one with slashes between, * for a silent one. */
static const char *
way_text(const struct msg_trace_done *t)
{
	static char text[TRACE_HOPS_MAX * TRACE_TRIES * ADDR_TEXT_MAX];
	char	    one[ADDR_TEXT_MAX];
	size_t	    at = 0;
	int	    i, k;

	text[0] = '\0';
	for (i = 0; i < t->nhops; i++) {
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "%s%s", i > 0 ? " " : "", t->hop[i].n == 0 ? "*" : "");
		for (k = 0; k < t->hop[i].n; k++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", k > 0 ? "/" : "",
			    addr_text(&t->hop[i].addr[k], one));
	}
	return text;
}

/* ---- a gap of 20 s ---- */

static void
test_micro_outage(uint64_t seed, double phase_s)
{
	struct bench	     *b = bench_open(seed);
	struct flight_summary s;
	int64_t		      cut, mended, begin_mono;
	size_t		      i, before = 0;

	run(b, 300 + phase_s);
	cut = loop_wall_ns(b->loop);
	command(b, "cut link " LINK);
	run(b, 20);
	mended = loop_wall_ns(b->loop);
	command(b, "restore link " LINK);
	run(b, 30);
	is_i64(b->begun, 1, "a gap of 20 s begins one recording");
	is_i64(b->begin.reason, RECORD_LOSS, "because of a lost packet");
	begin_mono = b->begin.wall_ns;
	for (i = 0; i < b->npackets && b->packet[i].at_ms < -1000; i++)
		before += flight_is_answered(&b->packet[i]) &&
			  (i == 0 || b->packet[i].at_ms - b->packet[i - 1].at_ms == 2000);
	ok(before >= 58 && b->packet[0].at_ms >= -121000 && b->packet[0].at_ms <= -118000,
	    "the 120 s before it, a packet each 2 s (%zu from %d ms on)", before, b->packet[0].at_ms);
	flight_sort(b->packet, b->npackets);
	flight_summarize(b->packet, b->npackets, &s);
	ok(llabs(begin_mono + s.gap_from_ms * NS_PER_MS - cut) <= NS_PER_S + 30 * NS_PER_MS,
	    "its start is known within a second (%+.3f s)",
	    (double)(begin_mono + s.gap_from_ms * NS_PER_MS - cut) / 1e9);
	ok(llabs(begin_mono + s.gap_to_ms * NS_PER_MS - mended) <= NS_PER_S,
	    "its end, too (%+.3f s)", (double)(begin_mono + s.gap_to_ms * NS_PER_MS - mended) / 1e9);
	ok(!s.gap_open && s.gap_lost > 30, "steady packets and those of the burst are in it (%u)",
	    s.gap_lost);
	is_text(way_text(&b->onset), "10.254.0.1 10.9.0.1 10.9.0.2",
	    "traced at once: the line's own end is silent");
	ok(!b->onset.reached && b->onset.record == 1, "which is for that recording");
	is_text(way_text(&b->after), "10.254.0.1 10.9.0.1 10.9.0.2 10.1.0.1",
	    "and again when it had answered for 20 s");
	ok(b->after.reached, "whose target answered");
	is_i64(b->mtu.verdict, MTU_WHOLE, "the path MTU when it answered again");
	is_i64(b->ended, 0, "the recording goes on");
	run(b, 285);
	is_i64(b->ended, 1, "for 300 s after the line was up again");
	is_i64(b->end.how, RECORD_OVER, "and then it is over");
	ok(b->packet[b->npackets - 1].at_ms > 300000, "with packets up to its end (%d ms)",
	    b->packet[b->npackets - 1].at_ms);
	is_i64(b->traces, 2, "two traces in all");
	is_i64(b->mtus, 1, "and one look at the MTU");
	bench_close(b);
}

static void
test_stays_down(void)
{
	struct bench	     *b = bench_open(2);
	struct flight_summary s;

	run(b, 300);
	command(b, "cut link " LINK);
	run(b, 1190);
	is_i64(b->ended, 0, "a line that stays down is recorded");
	run(b, 20);
	is_i64(b->ended, 1, "for 20 minutes");
	is_i64(b->end.how, RECORD_STILL_DOWN, "and said to be down still");
	flight_sort(b->packet, b->npackets);
	flight_summarize(b->packet, b->npackets, &s);
	ok(s.gap_open, "its gap has no end");
	is_i64(b->mtus, 0, "a silent line is not asked for its MTU");
	run(b, 600);
	is_i64(b->begun, 1, "no other one begins while it is down");
	bench_close(b);
}

/* ---- ways ---- */

static void
trace(struct bench *b)
{
	probe_engine_trace(b->engine, &(struct msg_trace_now){ .number = 1, .role = TRACE_HOURLY });
	run(b, 8);
}

static void
test_ways(void)
{
	struct bench *b = bench_open(3);

	run(b, 20);
	trace(b);
	is_text(
	    way_text(&b->trace), "10.254.0.1 10.9.0.1 10.9.0.2 10.1.0.1", "the way as the inventory has it");
	is_i64(b->trace.hop[0].sent, 3, "three packets to each hop");
	ok(b->trace.hop[0].rtt_s < b->trace.hop[3].rtt_s, "later hops answer later");
	command(b, "reroute link " LINK " 10.8.0.99");
	trace(b);
	is_text(way_text(&b->trace), "10.254.0.1 10.9.0.1 10.8.0.99 10.1.0.1",
	    "another router, which quotes 8 bytes of the request");
	command(b, "balance link " LINK " 10.8.0.99");
	trace(b);
	ok(b->trace.hop[2].n == 2, "two that share a hop (%s)", way_text(&b->trace));
	command(b, "reroute link " LINK " off");
	command(b, "cut link node-2-1");
	trace(b);
	is_text(
	    way_text(&b->trace), "10.254.0.1 10.9.0.1", "a way that is cut ends at the last that answers");
	ok(!b->trace.reached, "and not at the target");
	ok(counter(b, "way.sent") < 120, "silence behind it costs little (%u packets in all)",
	    (unsigned)counter(b, "way.sent"));
	bench_close(b);
}

/*
 * What routers that share their load look at: type, code, checksum, identifier of requests with a time to
 * live.
 */
static struct {
	const struct packet_io_ops *ops;
	uint8_t			    flow[6];
	unsigned		    requests, flows, wrong_sums;
} watched;

static size_t
watch_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	size_t	i;
	uint8_t flow[6];

	for (i = 0; i < n; i++) {
		if (batch[i].ttl == 0)
			continue;
		memcpy(flow, batch[i].data, sizeof(flow));
		watched.flows += watched.requests == 0 || memcmp(flow, watched.flow, sizeof(flow)) != 0;
		watched.wrong_sums += packet_checksum(batch[i].data, batch[i].len, 0) != 0;
		memcpy(watched.flow, flow, sizeof(flow));
		watched.requests++;
	}
	return watched.ops->send(io, kind, batch, n);
}

static void
test_flow(void)
{
	struct bench	    *b = bench_open(7);
	struct packet_io_ops ops = *b->io->ops;

	watched.ops = b->io->ops;
	ops.send = watch_send;
	b->io->ops = &ops;
	run(b, 20);
	trace(b);
	trace(b);
	ok(watched.requests >= 24 && watched.flows == 1, "all requests of two traces are one flow (%u of %u)",
	    watched.flows, watched.requests);
	is_i64(watched.wrong_sums, 0, "with the right checksum");
	b->io->ops = watched.ops;
	bench_close(b);
}

static void
mtu(struct bench *b)
{
	struct probe p = { .number = 1, .address = { .family = 4, .byte = { 10, 1, 0, 1 } } };

	ways_mtu(b->engine->ways, &p);
	run(b, 40);
}

static void
test_mtu(void)
{
	struct bench *b = bench_open(4);
	char	      by[ADDR_TEXT_MAX];
	unsigned      i, holes = 0;

	run(b, 20);
	mtu(b);
	ok(b->mtu.verdict == MTU_WHOLE && b->mtu.mtu == 1500, "1500 bytes pass");
	command(b, "mtu link " LINK " 1492");
	mtu(b);
	ok(b->mtu.verdict == MTU_TOLD && b->mtu.mtu == 1492 && b->mtu.told == 1492, "1492, as a router says");
	is_text(addr_text(&b->mtu.by, by), "10.9.0.2", "which one");
	command(b, "mtu link " LINK " 1492 silent");
	mtu(b);
	ok(b->mtu.verdict == MTU_BLACK_HOLE && b->mtu.mtu == 1492 && b->mtu.told == 0,
	    "a black hole above 1492 is named");
	command(b, "mtu link " LINK " 1437 silent");
	mtu(b);
	ok(b->mtu.verdict == MTU_BLACK_HOLE && b->mtu.mtu == 1437, "one at an odd length, to the byte (%u)",
	    b->mtu.mtu);
	command(b, "mtu link " LINK " 0");
	command(b, "loss link " LINK " 0.3");
	for (i = 0; i < 100; i++) {
		mtu(b);
		holes += b->mtu.verdict == MTU_BLACK_HOLE;
	}
	ok(holes <= 1, "a loss of 30 %% is hardly taken for one (%u of 100)", holes);
	command(b, "cut link " LINK);
	mtu(b);
	ok(b->mtu.verdict == MTU_UNKNOWN && b->mtu.mtu == 0, "a silent line: unknown");
	bench_close(b);
}

/* ---- lies ---- */

/*
 * An error about a request to the target with this identifier and number. @param nonce  NULL: the quote ends
 * before
 */
static size_t
error_make(uint8_t *msg, uint16_t id, uint16_t seq, const uint64_t *nonce)
{
	memset(msg, 0, 64);
	msg[0] = 11;
	msg[8] = 0x45;
	msg[8 + 9] = 1;
	memcpy(msg + 8 + 16, "\x0a\x01\x00\x01", 4);
	msg[28] = 8;
	put_u16be(msg + 32, id);
	put_u16be(msg + 34, seq);
	if (nonce == NULL)
		return 36;
	memcpy(msg + 36, nonce, sizeof(*nonce));
	return 44;
}

static void
lie(struct bench *b, const uint8_t *msg, size_t len)
{
	struct packet_in in = { .from = { .family = 4, .byte = { 192, 0, 2, 66 } }, .data = msg, .len = len,
		.received_ns = loop_mono_ns(b->loop) };

	probe_engine_packet(b->engine, &in);
}

/* The last request with a time to live of 1: what a forger who sees it would know. */
static struct {
	const struct packet_io_ops *ops;
	uint16_t		    id, seq;
	uint64_t		    nonce;
} spied;

static size_t
spy_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (batch[i].ttl == 1) {
			spied.id = (uint16_t)(batch[i].data[4] << 8 | batch[i].data[5]);
			spied.seq = (uint16_t)(batch[i].data[6] << 8 | batch[i].data[7]);
			memcpy(&spied.nonce, batch[i].data + 8, sizeof(spied.nonce));
		}
	return spied.ops->send(io, kind, batch, n);
}

static void
test_lies(void)
{
	struct bench	    *b = bench_open(5);
	struct packet_io_ops ops = *b->io->ops;
	uint8_t		     msg[64];
	uint64_t	     wrong, answered, foreign;
	uint32_t	     i;

	spied.ops = b->io->ops;
	ops.send = spy_send;
	b->io->ops = &ops;
	run(b, 20);
	command(b, "cut link node-1-1");
	probe_engine_trace(b->engine, &(struct msg_trace_now){ .number = 1, .role = TRACE_HOURLY });
	run(b, 0.0001);		/* they have left, and nothing has come yet */
	answered = counter(b, "way.answered");
	foreign = counter(b, "icmp.foreign");
	wrong = ~spied.nonce;
	for (i = 0; i <= UINT16_MAX; i++)
		if (i != spied.id)
			lie(b, msg, error_make(msg, (uint16_t)i, spied.seq, NULL));
	ok(counter(b, "icmp.foreign") + counter(b, "icmp.unreachable") >= foreign + 65535,
	    "errors with every other identifier are counted");
	lie(b, msg, error_make(msg, spied.id, spied.seq, &wrong));
	is_i64((int64_t)counter(b, "way.wrong_nonce"), 1, "one with another nonce is counted as a guess");
	lie(b, msg, error_make(msg, spied.id, (uint16_t)(spied.seq - 1), NULL));
	lie(b, msg, error_make(msg, spied.id, (uint16_t)(spied.seq + WAY_BEYOND), NULL));
	error_make(msg, spied.id, spied.seq, &spied.nonce);
	msg[8 + 16 + 3] = 2;
	lie(b, msg, 44);
	is_i64((int64_t)(counter(b, "way.answered") - answered), 0,
	    "and no number that was not sent, no other target");
	lie(b, msg, error_make(msg, spied.id, spied.seq, NULL));
	is_i64((int64_t)(counter(b, "way.answered") - answered), 1, "the truth would count, also in 8 bytes");
	lie(b, msg, error_make(msg, spied.id, spied.seq, &spied.nonce));
	is_i64((int64_t)(counter(b, "way.answered") - answered), 1, "once");
	b->io->ops = spied.ops;
	run(b, 10);
	bench_close(b);
}

/* ---- many ---- */

static void
test_storm(void)
{
	struct bench *b = bench_open(6);
	unsigned      n;
	uint64_t      sent;

	for (n = 2; n <= LINES; n++)
		target_add(b, inventory_link_of(b->inv, LINK), n);
	run(b, 300);
	sent = counter(b, "way.sent");
	command(b, "cut link " LINK);
	run(b, 10);
	is_i64(b->begun, RECORDINGS_MAX, "2,000 lines that fail together: as many recordings as may be");
	ok(counter(b, "recorder.refused") >= LINES - RECORDINGS_MAX, "the others are counted");
	ok(counter(b, "way.sent") - sent <= 10 * WAY_PPS + 32,
	    "traces keep to their budget (%u packets in 10 s)", (unsigned)(counter(b, "way.sent") - sent));
	probe_engine_record_anew(b->engine);
	is_i64((int64_t)counter(b, "recorder.running"), 0, "a new core: nothing is recorded for the old one");
	probe_engine_ask(
	    b->engine, 7, &(struct msg_probe_now){.rounds = 1, .deadline_ms = 1000, .n = 1, .number = {300}});
	is_i64(
	    (int64_t)counter(b, "recorder.running"), 1, "PROBE_NOW records one that went down a moment ago");
	is_i64(b->begin.reason, RECORD_ASKED, "and says why");
	bench_close(b);
}

/* ---- the ring ---- */

static void
test_ring(void)
{
	struct flight_packet p[FLIGHT_RING_MAX];
	struct flight	    *f = flight_new(2 * NS_PER_S);
	int64_t		     at = 12345678 * NS_PER_MS;
	size_t		     n, i, wrong = 0;

	ok(flight_size(2 * NS_PER_S) <= 600 && flight_size(2 * NS_PER_S) * 45000 <= 30 << 20,
	    "45,000 rings in 30 MiB (%zu bytes each)", flight_size(2 * NS_PER_S));
	ok(flight_size(NS_PER_S) <= 640, "a packet a second takes no more than a ring of 121 (%zu)",
	    flight_size(NS_PER_S));
	for (i = 0; i < 1000; i++, at += 2 * NS_PER_S)
		flight_add(f, at, i % 10 == 0 ? FLIGHT_LOST : (uint32_t)(i * 1000));
	n = flight_read(f, at, p);
	for (i = 0; i < n; i++)
		wrong += p[i].at_ms != -2000 * (int)(n - i) ||
		    p[i].fate != ((1000 - n + i) % 10 == 0 ? FLIGHT_LOST : (uint32_t)((1000 - n + i) * 1000));
	ok(n == 61 && wrong == 0, "a full ring: the last 120 s, each time and fate (%zu, %zu wrong)", n,
	    wrong);
	at += 90 * NS_PER_S;
	flight_add(f, at, 7);
	n = flight_read(f, at, p);
	ok(n > 10 && n < 18 && p[0].at_ms >= -120000 && p[n - 1].fate == 7,
	    "after a pause: what is older has gone (%zu)", n);
	flight_add(f, at - 50 * NS_PER_MS, 8);
	n = flight_read(f, at, p);
	ok(p[n - 2].fate == 8 && p[n - 2].at_ms == -50 && p[n - 1].fate == 7,
	    "one that is decided late stands in its place");
	at += 1000 * NS_PER_S;
	flight_add(f, at, 9);
	is_i64((int64_t)flight_read(f, at, p), 1, "after a long one: nothing else");
	free(f);
}

static void
test_summary(void)
{
	static const struct flight_packet row[] = {{-4000, 20000}, {-2000, 20000}, {0, FLIGHT_LOST},
	    {2000, 21000}, {4000, FLIGHT_LOST}, {4300, FLIGHT_LOST | FLIGHT_BURST},
	    {4600, FLIGHT_UNMEASURED | FLIGHT_BURST}, {5000, FLIGHT_LOST}, {5400, 22000 | FLIGHT_BURST}};
	struct flight_summary s;

	flight_summarize(row, nitems(row), &s);
	ok(s.sent == 8 && s.lost == 4, "summary: what was not measured is neither sent nor lost");
	ok(s.gap_lost == 3 && s.gap_from_ms == 3000 && s.gap_to_ms == 5200 && !s.gap_open,
	    "summary: the longest gap, between the packets at its edges");
	flight_summarize(row, 8, &s);
	ok(s.gap_open && s.gap_to_ms == 5000, "summary: one that is not over");
	flight_summarize(row, 2, &s);
	ok(s.gap_lost == 0 && s.lost == 0, "summary: none");
	is_i64(flight_fate(0.0201234, true), 20123, "fate: microseconds");
	is_i64((int64_t)(flight_fate(99, false) & FLIGHT_RTT), FLIGHT_UNMEASURED - 1,
	    "fate: the longest that can be told");
}

int
main(void)
{
	test_ring();
	test_summary();
	test_micro_outage(1, 0.1);
	test_micro_outage(11, 1.9);
	test_stays_down();
	test_ways();
	test_flow();
	test_mtu();
	test_lies();
	test_storm();
	return tap_done();
}
