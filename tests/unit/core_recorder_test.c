/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_recorder_test.c: core and what a flight recorder tells it: kept with the incident, cut off when the
 * one who tells it goes, and bounded; ways that change, are confirmed, or are shared.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/private.h"
#include "sample/flight.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

static uint32_t
number_of(const struct world *w, const char *link)
{
	return core_link(w->core, link)->number;
}

static void
begin(struct world *w, const char *link)
{
	const struct msg_record_begin m = { .number = number_of(w, link), .reason = RECORD_LOSS,
		.wall_ns = loop_wall_ns(w->loop) };

	msg_record_begin_send(w->measure, IPC_RECORD_BEGIN, 0, &m, -1);
}

/* So many packets, one in 2 s from 120 s before on, of which those from `lost` on until `back` are lost. */
static void
packets(struct world *w, const char *link, int n, int lost, int back)
{
	uint8_t			  bytes[RECORD_PACKETS_MAX * FLIGHT_PACKET_LEN];
	struct msg_record_packets m = { .number = number_of(w, link), .packet = bytes };
	struct flight_packet	  p;
	int			  i;

	for (i = 0; i < n; i++) {
		p = (struct flight_packet){ .at_ms = (i - 60) * 2000,
			.fate = i >= lost && i < back ? FLIGHT_LOST : 20000 };
		flight_put(bytes + m.packet_len, &p);
		m.packet_len += FLIGHT_PACKET_LEN;
	}
	msg_record_packets_send(w->measure, IPC_RECORD_PACKETS, 0, &m, -1);
}

static void
end(struct world *w, const char *link)
{
	const struct msg_record_end m = { .number = number_of(w, link), .how = RECORD_OVER };

	msg_record_end_send(w->measure, IPC_RECORD_END, 0, &m, -1);
}

static void
take(void *arg, const struct ledger_recording *r)
{
	struct ledger_recording *out = arg;

	if (out->id == 0)
		*out = *r;
}

/* The newest of a line; id 0: there is none. */
static struct ledger_recording
newest(struct world *w, const char *link)
{
	struct ledger_recording r = { 0 };

	ledger_recording_each(w->core->ledger, link, 0, 0, 0, take, &r);
	return r;
}

static void
count(void *arg, const struct ledger_recording *r)
{
	(void)r;
	++*(unsigned *)arg;
}

static unsigned
kept(struct world *w, const char *link)
{
	unsigned n = 0;

	ledger_recording_each(w->core->ledger, link, 0, 0, 0, count, &n);
	return n;
}

static void
test_kept(void)
{
	struct world	       *w = world_new(71, false);
	struct ledger_recording r;
	int			i;

	world_settle(w);
	begin(w, "d-1");
	packets(w, "d-1", 64, 60, 62);
	world_run(w, 1);
	r = newest(w, "d-1");
	ok(r.id != 0 && r.ended_ns == 0 && r.lost == 2, "a recording is written when it begins");
	end(w, "d-1");
	world_run(w, 1);
	r = newest(w, "d-1");
	ok(r.ended_ns != 0 && r.how == RECORD_OVER && r.incident == 0 && r.sent == 64,
	    "and at its end, of no incident");
	ok(r.gap_from_ns == r.started_ns - NS_PER_S && r.gap_to_ns == r.started_ns + 3 * NS_PER_S,
	    "the edges of its gap lie between packets");
	begin(w, "d-1");
	packets(w, "d-1", 64, 60, 62);
	world_cut(w, "d-1", true);
	world_run(w, 20);
	packets(w, "d-1", 1, 0, 0);
	world_run(w, 1);
	world_cut(w, "d-1", false);
	world_run(w, 60);
	end(w, "d-1");
	world_run(w, 1);
	r = newest(w, "d-1");
	ok(r.id == 2 && r.incident == 1,
	    "one of a line that went down belongs to its incident, which is over by then");
	begin(w, "b-1");
	packets(w, "b-1", 10, 5, 6);
	world_run(w, 1);
	world_measure_restart(w);
	world_run(w, 1);
	r = newest(w, "b-1");
	ok(r.ended_ns != 0 && r.how == RECORD_CUT, "an instance that goes: what it was recording is cut off");
	for (i = 0; i < 60; i++) {
		begin(w, "a-1");
		packets(w, "a-1", 10, 5, 6);
		end(w, "a-1");
		world_run(w, 0.2);
	}
	is_i64(kept(w, "a-1"), LEDGER_RECORDINGS_OTHER, "a line that loses packets all day keeps its newest");
	is_i64(kept(w, "d-1"), 2, "and takes nobody's place");
	world_free(w);
}

static void
test_too_much(void)
{
	struct world	      *w = world_new(72, false);
	struct core_recording *r;
	unsigned	       i;

	world_settle(w);
	begin(w, "d-1");
	for (i = 0; i < 500; i++)
		packets(w, "d-1", 100, 0, 0);
	world_run(w, 3);
	end(w, "d-1");
	world_run(w, 1);
	ok(newest(w, "d-1").sent < 7000,
	    "a recording that does not end is no longer than it may be (%u packets)", newest(w, "d-1").sent);
	end(w, "d-1");
	packets(w, "d-1", 5, 0, 0);
	world_run(w, 1);
	r = w->core->priv->recordings;
	ok(r == NULL && w->core->measure[0].ch != NULL, "what belongs to no recording is passed over");
	ipc_send(w->measure, IPC_RECORD_PACKETS, 0, "odd", 3, -1);
	world_run(w, 1);
	ok(w->core->measure[0].ch == NULL, "what is malformed ends the conversation");
	world_free(w);
}

static void
test_restart(void)
{
	struct world	       *w = world_new(73, true);
	struct ledger_recording r;

	world_settle(w);
	begin(w, "d-1");
	packets(w, "d-1", 64, 60, 62);
	world_run(w, 1);
	world_restart(w);
	world_settle(w);
	r = newest(w, "d-1");
	ok(r.how == RECORD_CUT && r.ended_ns != 0 && r.sent == 64,
	    "an engine that was killed: what it had recorded is cut off");
	world_free(w);
}

/* ---- ways ---- */

/* A trace that reached the line, over routers 10.0.0.x; 0 = a silent hop. */
static void
traced(struct world *w, const char *link, const uint8_t *hop, uint8_t n)
{
	struct msg_trace_done m = { .number = number_of(w, link), .reached = 1, .nhops = n,
		.wall_ns = loop_wall_ns(w->loop) };
	uint8_t		      i;

	for (i = 0; i < n; i++)
		m.hop[i] = (struct trace_hop){.sent = 3,
		    .answered = hop[i] != 0 ? 3 : 0,
		    .rtt_s = NAN,
		    .n = hop[i] != 0,
		    .addr = {{.family = 4, .byte = {10, 0, 0, hop[i]}}}};
	msg_trace_done_send(w->measure, IPC_TRACE_DONE, 0, &m, -1);
	world_run(w, 1);
}
#define TRACED(w, link, ...) \
	traced(w, link, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void
test_ways(void)
{
	struct world *w = world_new(74, true);
	struct json_t *doc;

	world_settle(w);
	TRACED(w, "d-1", 1, 2, 9);
	TRACED(w, "d-1", 1, 2, 9);
	is_text(world_events(w), "", "way: seen first, and again");
	TRACED(w, "d-1", 1, 3, 9);
	is_text(world_events(w), "", "way: another hop, once");
	TRACED(w, "d-1", 1, 2, 9);
	TRACED(w, "d-1", 1, 3, 9);
	is_text(world_events(w), "", "way: which the next trace does not confirm");
	TRACED(w, "d-1", 1, 3, 9);
	is_text(world_events(w), "link.path_changed link/d-1", "way: and the next one does");
	TRACED(w, "d-1", 1, 0, 9);
	TRACED(w, "d-1", 1, 0, 9);
	is_text(world_events(w), "", "way: a hop that falls silent is no change");
	TRACED(w, "d-1", 1, 3, 7, 9);
	TRACED(w, "d-1", 1, 3, 7, 9);
	is_text(world_events(w), "link.path_changed link/d-1", "way: a longer one is");
	world_restart(w);
	world_settle(w);
	TRACED(w, "d-1", 1, 3, 7, 9);
	TRACED(w, "d-1", 1, 3, 9);
	TRACED(w, "d-1", 1, 3, 9);
	is_text(world_events(w), "link.path_changed link/d-1", "way: what is known outlives the engine");
	TRACED(w, "d-1", 1, 4, 9);
	TRACED(w, "d-1", 1, 5, 9);
	TRACED(w, "d-1", 1, 6, 9);
	TRACED(w, "d-1", 1, 7, 9);
	TRACED(w, "d-1", 1, 3, 9);
	TRACED(w, "d-1", 1, 7, 9);
	is_text(world_events(w), "", "way: a hop that many share is learnt");
	doc = world_doc(w, "state/link/d-1");
	ok(doc != NULL, "way: and the line is what it was");
	world_free(w);
}

/* A way over routers 10.0.0.x; 0 = a silent hop. Owned. */
static struct way *
way(const uint8_t *hop, uint8_t n)
{
	struct msg_trace_done t = { .reached = 1, .nhops = n };
	uint8_t		      i;

	for (i = 0; i < n; i++)
		t.hop[i] = (struct trace_hop){ .n = hop[i] != 0,
			.addr = { { .family = 4, .byte = { 10, 0, 0, hop[i] } } } };
	return way_of_trace(&t);
}

static void
test_compare(void)
{
	static const struct {
		const char *name;
		uint8_t	    known[4], nknown, seen[4], nseen;
		unsigned    hop;
	} cases[] = {
		{ "the same", { 1, 2, 9 }, 3, { 1, 2, 9 }, 3, 0 },
		{ "another hop", { 1, 2, 9 }, 3, { 1, 3, 9 }, 3, 2 },
		{ "a silent hop is no difference", { 1, 2, 9 }, 3, { 1, 0, 9 }, 3, 0 },
		{ "nor is one that was silent", { 1, 0, 9 }, 3, { 1, 2, 9 }, 3, 0 },
		{ "longer", { 1, 2, 9 }, 3, { 1, 2, 3, 9 }, 4, 3 },
		{ "shorter", { 1, 2, 9 }, 3, { 1, 9 }, 2, 2 },
		{ "longer behind a silent hop", { 1, 0 }, 2, { 1, 2, 9 }, 3, 3 },
	};
	struct way *known, *seen, *back;
	struct buf  b = { 0 };
	size_t	    i;

	for (i = 0; i < nitems(cases); i++) {
		known = way(cases[i].known, cases[i].nknown);
		seen = way(cases[i].seen, cases[i].nseen);
		is_i64(way_compare(known, seen), cases[i].hop, cases[i].name);
		b.len = 0;
		way_write(known, &b);
		back = way_read(b.data, b.len);
		ok(back != NULL && way_compare(known, back) == 0 && way_read(b.data, b.len - 1) == NULL,
		    "and its bytes are those of the same way");
		free(back);
		free(known);
		free(seen);
	}
	buf_free(&b);
}

int
main(void)
{
	test_compare();
	test_kept();
	test_too_much();
	test_restart();
	test_ways();
	return tap_done();
}
