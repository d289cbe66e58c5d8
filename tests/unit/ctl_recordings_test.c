/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_recordings_test.c: what the flight recorder has written, at the control socket. */
#include "tests/unit/ctl_rig.h"

#include <stdlib.h>

#include "ctl/client.h"
#include "ipc/msg.h"
#include "sample/flight.h"

#define WALL_NS (1795222800 * NS_PER_S)
#define MOST	6200	/* packets of one recording */

/* @param n  packets, of which those in the middle are lost */
static void
put(struct fake *f, const char *link, uint64_t incident, int n, int64_t ended_ns)
{
	struct ledger_recording r = {.reason = RECORD_LOSS,
	    .how = RECORD_OVER,
	    .incident = incident,
	    .started_ns = WALL_NS,
	    .ended_ns = ended_ns,
	    .sent = 8,
	    .lost = 2,
	    .gap_lost = 2,
	    .gap_from_ns = WALL_NS - NS_PER_S,
	    .detail = "{\"before\":[[\"10.9.0.1\"]],\"traces\":[],\"mtu\":null,\"changed\":null}"};
	struct flight_packet	p;
	uint8_t		       *bytes = xcalloc((size_t)n, FLIGHT_PACKET_LEN);
	int			i;

	text_copy(r.link, sizeof(r.link), link);
	for (i = 0; i < n; i++) {
		p = (struct flight_packet){
		    .at_ms = i * 1000, .fate = i == 1 ? FLIGHT_LOST | FLIGHT_BURST : 20123};
		p.fate = i == 2 ? FLIGHT_UNMEASURED : p.fate;
		flight_put(bytes + (size_t)i * FLIGHT_PACKET_LEN, &p);
	}
	r.packets = bytes;
	r.packets_len = (size_t)n * FLIGHT_PACKET_LEN;
	ledger_recording_put(f->core.ledger, &r);
	free(bytes);
}

static void
test_list(struct talk *t)
{
	json_t *v = ask(t, "{\"id\":1,\"op\":\"recordings\"}");

	is_i64((int64_t)json_array_size(json_object_get(v, "items")), 3, "all of them");
	json_decref(v);
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"limit\":1}", "items.0.id", "rec-3", "the newest first");
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"limit\":1}", "next", "rec-3",
	    "and where the next page begins");
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"limit\":1,\"cursor\":\"rec-3\"}", "items.0.id", "rec-2",
	    "which is there");
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"incident\":\"inc-7\"}", "items.0.id", "rec-1",
	    "of an incident");
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"link\":\"s002-1\"}", "items.0.incident", "null",
	    "of a line, and of no incident");
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"link\":\"s099-9\"}", "code", "not_found",
	    "a line that there is not");
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"incident\":\"x\"}", "code", "bad_request",
	    "an incident that is none");
	expect(t, "{\"id\":1,\"op\":\"recordings\",\"cursor\":\"x\"}", "code", "bad_request",
	    "a page that is none");
	expect(t, "{\"id\":1,\"op\":\"recordings\"}", "items.2.gap.from", "2026-11-21T00:59:59.000Z",
	    "the gap began then");
	expect(t, "{\"id\":1,\"op\":\"recordings\"}", "items.2.gap.to", "null", "and is not over");
	expect(t, "{\"id\":1,\"op\":\"recordings\"}", "items.2.end", "over", "the recording is");
	expect(t, "{\"id\":1,\"op\":\"recordings\"}", "items.0.end", "null", "another one goes on");
}

static void
test_whole(struct talk *t)
{
	json_t *v;

	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"rec-1\"}", "recording", "rec-1",
	    "one of them");
	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"rec-1\"}", "id", "4",
	    "under the request's own id");
	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"1\"}", "fate", "aLuaaaaa",
	    "a letter for each packet");
	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"rec-1\"}", "rtt_us.0", "20123",
	    "its round trip");
	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"rec-1\"}", "rtt_us.1", "null",
	    "of a lost one: none");
	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"rec-1\"}", "before.0.0", "10.9.0.1",
	    "the way before");
	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"rec-9\"}", "code", "not_found",
	    "one that there is not");
	expect(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"nonsense\"}", "code", "not_found",
	    "nor what is no name");
	v = ask(t, "{\"id\":4,\"op\":\"recording\",\"recording\":\"rec-3\"}");
	ok(json_array_size(json_object_get(v, "at_ms")) == MOST &&
		json_dumpb(v, NULL, 0, JSON_COMPACT) < OUT_SOFT,
	    "the longest there is fits into an answer");
	json_decref(v);
}

int
main(void)
{
	struct fake *f = fake_new();
	struct talk *t = talk_new(f);

	put(f, "s001-1", 7, 8, WALL_NS + NS_PER_S);
	put(f, "s002-1", 0, 8, WALL_NS + NS_PER_S);
	put(f, "s001-1", 0, MOST, 0);
	test_list(t);
	test_whole(t);
	talk_free(t);
	fake_free(f);
	return tap_done();
}
