/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_recordings.c: what the flight recorder has written: a list, and one packet by packet. */
#include "ctl/client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "ctl/find.h"
#include "ctl/js.h"
#include "ipc/msg.h"
#include "live/core.h"
#include "sample/flight.h"

#define LIST_LIMIT 100

static json_t *
view_gap(const struct ledger_recording *r)
{
	if (r->gap_lost == 0)
		return json_null();
	return json_pack("{s:I, s:o, s:o}", "lost", (json_int_t)r->gap_lost, "from", js_time(r->gap_from_ns),
	    "to", js_time(r->gap_to_ns));
}

static json_t *
view_recording(const struct core *c, const struct ledger_recording *r)
{
	static const char *const reasons[] = { [RECORD_LOSS] = "loss", [RECORD_ASKED] = "asked" };
	static const char *const ends[] = {
	    [RECORD_OVER] = "over", [RECORD_STILL_DOWN] = "still_down", [RECORD_CUT] = "cut"};
	const struct link_live	*l = core_link(c, r->link);

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "id",
	    json_sprintf("rec-%" PRIu64, r->id), "link", r->link, "site",
	    l != NULL ? json_string(l->site->site->id) : json_null(), "incident",
	    r->incident != 0 ? json_sprintf("inc-%" PRIu64, r->incident) : json_null(), "reason",
	    json_string(reasons[r->reason == RECORD_ASKED ? RECORD_ASKED : RECORD_LOSS]), "end",
	    r->ended_ns != 0 && r->how >= RECORD_OVER && r->how <= RECORD_CUT ? json_string(ends[r->how])
									      : json_null(),
	    "started", js_time(r->started_ns), "ended", js_time(r->ended_ns), "sent", (json_int_t)r->sent,
	    "lost", (json_int_t)r->lost, "gap", view_gap(r));
}

/* ---- the list ---- */

struct page {
	const struct core *core;
	json_t		  *items;
	uint64_t	   last;
};

static void
page_add(void *arg, const struct ledger_recording *r)
{
	struct page *p = arg;

	p->last = r->id;
	json_array_append_new(p->items, view_recording(p->core, r));
}

/* The number of "rec-12" or "12", or 0. */
static uint64_t
recording_number(const char *name)
{
	int64_t n;

	if (strncmp(name, "rec-", 4) == 0)
		name += 4;
	return text_to_i64(name, 1, INT64_MAX, &n) == 0 ? (uint64_t)n : 0;
}

void
op_recordings(struct client *cl, const struct request *r, const struct actor *who)
{
	const char    *link = request_text(r, "link"), *incident = request_text(r, "incident"),
		      *cursor = request_text(r, "cursor");
	size_t	       limit = (size_t)request_int(r, "limit", LIST_LIMIT);
	struct page    p = { .core = cl->ctl->core };
	struct object  o;
	uint64_t       number = incident != NULL ? incident_number(incident) : 0,
		       before = cursor != NULL ? recording_number(cursor) : 0;

	(void)who;
	if (link != NULL && (object_find(p.core, link, &o) == -1 || o.kind != OBJECT_LINK)) {
		op_not_found(cl, r, link);
		return;
	}
	if ((incident != NULL && number == 0) || (cursor != NULL && before == 0)) {
		client_refuse(cl, r->id, "bad_request",
		    "\"incident\" is inc-1284, \"cursor\" the \"next\" of a page before");
		return;
	}
	p.items = json_array();
	if (ledger_recording_each(p.core->ledger, link != NULL ? o.link->link->id : "", number, before,
		(unsigned)limit, page_add, &p) == -1) {
		json_decref(p.items);
		client_refuse(cl, r->id, "internal", "the ledger cannot be read; the engine's log says why");
		return;
	}
	client_answer(cl, r->id,
	    json_pack("{s:O, s:o}", "items", p.items, "next",
		json_array_size(p.items) == limit ? json_sprintf("rec-%" PRIu64, p.last) : json_null()));
	json_decref(p.items);
}

/* ---- one ---- */

/* One letter: a answered, l lost, u not measured; capitals: packets of a burst. */
static char
fate_letter(const struct flight_packet *p)
{
	char letter = flight_is_lost(p) ? 'l' : flight_is_answered(p) ? 'a' : 'u';

	return (p->fate & FLIGHT_BURST) != 0 ? (char)(letter - 'a' + 'A') : letter;
}

static void
view_packets(json_t *v, const struct ledger_recording *r)
{
	size_t		     i, n = r->packets_len / FLIGHT_PACKET_LEN;
	const uint8_t	    *at = r->packets;
	json_t		    *at_ms = json_array(), *rtt_us = json_array();
	char		    *fate = xcalloc(n + 1, 1);
	struct flight_packet p;

	for (i = 0; i < n; i++, at += FLIGHT_PACKET_LEN) {
		p = flight_get(at);
		json_array_append_new(at_ms, json_integer(p.at_ms));
		json_array_append_new(
		    rtt_us, flight_is_answered(&p) ? json_integer(p.fate & FLIGHT_RTT) : json_null());
		fate[i] = fate_letter(&p);
	}
	json_object_set_new(v, "at_ms", at_ms);
	json_object_set_new(v, "rtt_us", rtt_us);
	json_object_set_new(v, "fate", json_string(fate));
	free(fate);
}

struct whole {
	const struct core *core;
	json_t		  *v;
};

static void
view_whole(void *arg, const struct ledger_recording *r)
{
	struct whole *w = arg;
	json_t	     *detail = json_loads(r->detail, 0, NULL);

	w->v = view_recording(w->core, r);
	json_object_update(w->v, detail);
	json_decref(detail);
	view_packets(w->v, r);
}

void
op_recording(struct client *cl, const struct request *r, const struct actor *who)
{
	const char  *name = request_text(r, "recording");
	uint64_t     number = recording_number(name);
	struct whole w = { .core = cl->ctl->core };
	char	     visible[REF_MAX];

	(void)who;
	if (number == 0 || ledger_recording_get(w.core->ledger, number, view_whole, &w) == -1) {
		text_visible(visible, sizeof(visible), name, strlen(name));
		client_refuse(cl, r->id, "not_found",
		    "there is no recording %s, or it is older than those that are kept", visible);
		return;
	}
	json_object_set(w.v, "recording", json_object_get(w.v, "id"));	/* "id" is the request's */
	client_answer(cl, r->id, w.v);
}
