/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line is gone for 20 s, and comes back over another router, with a black hole above 1,492 bytes: the
 * recording holds the 120 s before, both edges within a second of the truth, the hop that changed and the
 * MTU, and belongs to the incident. A gap of 1.9 s, from which nothing follows, is recorded without one. A
 * way that changes later is said once; a hop that two routers share never.
 */
#include <jansson.h>

#include "live/core.h"
#include "sample/flight.h"
#include "tests/stories/stories.h"

struct seen {
	struct ledger_recording row;
	struct flight_packet   *packet;
	size_t			n;
	json_t		       *detail;
};

static void
take_whole(void *arg, const struct ledger_recording *r)
{
	struct seen *s = arg;
	size_t	     i;

	s->row = *r;
	s->n = r->packets_len / FLIGHT_PACKET_LEN;
	s->packet = xcalloc(s->n + 1, sizeof(*s->packet));
	for (i = 0; i < s->n; i++)
		s->packet[i] = flight_get((const uint8_t *)r->packets + i * FLIGHT_PACKET_LEN);
	s->detail = json_loads(r->detail, 0, NULL);
}

static void
take_id(void *arg, const struct ledger_recording *r)
{
	uint64_t *id = arg;

	*id = *id == 0 ? r->id : *id;
}

/* The newest recording of a line. */
static struct seen
newest(const struct story *s, const char *link)
{
	struct ledger *l = single_core(s->engine)->ledger;
	struct seen    seen = { 0 };
	uint64_t       id = 0;

	ledger_recording_each(l, link, 0, 0, 0, take_id, &id);
	if (id != 0)
		ledger_recording_get(l, id, take_whole, &seen);
	return seen;
}

static void
seen_free(struct seen *seen)
{
	json_decref(seen->detail);
	free(seen->packet);
}

static void
check_outage(struct story *s, int64_t cut, int64_t mended)
{
	struct seen  r = newest(s, "s013-1");
	const char  *verdict = NULL;
	json_t	    *was = NULL, *is = NULL;
	json_int_t   bytes = 0;
	int	     number = 0;
	size_t	     i, before = 0;

	for (i = 0; i < r.n && r.packet[i].at_ms < -2500; i++)
		before += flight_is_answered(&r.packet[i]);
	ok(before >= 57 && r.packet[0].at_ms <= -118000,
	    "outage: the 120 s before it are there (%zu packets)", before);
	ok(llabs(r.row.gap_from_ns - cut) <= NS_PER_S + 50 * NS_PER_MS,
	    "outage: it began within a second of the truth (%+.2f s)",
	    (double)(r.row.gap_from_ns - cut) / 1e9);
	ok(llabs(r.row.gap_to_ns - mended) <= NS_PER_S, "outage: and ended so (%+.2f s)",
	    (double)(r.row.gap_to_ns - mended) / 1e9);
	is_i64((int64_t)r.row.incident, 1, "outage: it belongs to its incident");
	ok(json_unpack(r.detail, "{s:{s:i, s:o, s:o}}", "changed", "hop", &number, "old", &was, "new", &is) ==
		0,
	    "outage: that the way changed is in it");
	is_i64(number, 3, "outage: which hop");
	is_text(json_string_value(json_array_get(json_array_get(was, 2), 0)), "10.9.0.3",
	    "outage: who was there");
	is_text(json_string_value(json_array_get(json_array_get(is, 2), 0)), "10.8.0.99",
	    "outage: who is there now");
	ok(json_unpack(r.detail, "{s:{s:s, s:I}}", "mtu", "verdict", &verdict, "mtu", &bytes) == 0 &&
		strcmp(verdict, "black_hole") == 0 && bytes == 1492,
	    "outage: the black hole above 1,492 bytes is named");
	seen_free(&r);
}

static void
check_sibling(struct story *s)
{
	struct seen r = newest(s, "s005-1");
	json_t	   *t;
	size_t	    i, of_other = 0;

	json_array_foreach(json_object_get(r.detail, "traces"), i, t)
		of_other += strcmp(json_string_value(json_object_get(t, "link")), "s005-2") == 0 &&
		    json_is_true(json_object_get(t, "reached"));
	ok(of_other == 1, "the other line of the site was traced, too");
	seen_free(&r);
}

void
story_micro_outage_is_recorded(void)
{
	struct story *s = story_begin(31, false);
	struct seen   r;
	int64_t	      cut, mended;
	size_t	      n;

	story_settle(s);
	story_run(s, 200);
	is_i64((int64_t)story_count(s, 0, "link.path_changed", NULL), 0,
	    "ways that are seen first are no change");
	cut = loop_wall_ns(s->loop);
	story_do(s, "cut link s013-1");
	story_run(s, 20);
	mended = loop_wall_ns(s->loop);
	story_do(s, "restore link s013-1");
	story_do(s, "reroute link s013-1 10.8.0.99");
	story_do(s, "mtu link s013-1 1492 silent");
	story_run(s, 400);
	check_outage(s, cut, mended);
	is_i64((int64_t)story_count(s, 0, "link.path_changed", "link/s013-1"), 1,
	    "that the way changed is said once");

	story_do(s, "cut link s014-1");
	story_run(s, 1.95);
	story_do(s, "restore link s014-1");
	story_run(s, 400);
	r = newest(s, "s014-1");
	ok(r.row.id != 0 && r.row.incident == 0 && r.row.ended_ns != 0 && r.row.gap_lost > 0 &&
	    r.row.gap_to_ns - r.row.gap_from_ns < 4 * NS_PER_S,
	    "a gap of 1.9 s is recorded, of no incident (%u packets)", r.row.gap_lost);
	seen_free(&r);

	story_do(s, "cut link s005-1");
	story_run(s, 30);
	story_do(s, "restore link s005-1");
	story_run(s, 400);
	check_sibling(s);

	n = s->heard.nevents;
	story_do(s, "balance link s020-1 10.8.0.20");
	story_run(s, 20 * 3600);
	is_i64((int64_t)story_count(s, n, "link.path_changed", NULL), 0,
	    "20 hours of two routers that share a hop: no change");
	story_do(s, "reroute link s020-1 10.8.0.21");
	story_run(s, 2 * 3600);
	is_i64((int64_t)story_count(s, n, "link.path_changed", "link/s020-1"), 1,
	    "a third one in their place is");
	story_do(s, "reroute link s020-1 off");
	story_run(s, 2 * 3600);
	is_i64((int64_t)story_count(s, n, "link.path_changed", "link/s020-1"), 2,
	    "and so is that the old one is back");
	story_end(s);
}
