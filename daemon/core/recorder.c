/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder.c: see recorder.h. */
#include "core/recorder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/plan.h"
#include "core/private.h"
#include "core/ways.h"
#include "sample/flight.h"

#define SAVE_NS	     (60 * NS_PER_S)
#define TRACES_MAX   8
#define PACKETS_MAX  6200			/* what measure records, and its ring */
#define KEPT_NS	     (400 * 86400 * NS_PER_S)
#define RECORDINGS_OPEN_MAX 4096		/* of all instances */

struct core_recording {
	struct core_recording *next;
	struct ledger_recording row;	/* id 0: not written yet */
	uint32_t	       number;
	char		       peer[32];	/* name of the instance that records */
	struct flight_packet  *packet;
	size_t		       n, room;
	struct way	      *before;
	json_t		      *traces, *mtu, *changed;	/* array; object or NULL */
	bool		       unsaved, fresh;
	int64_t		       save_ns;		/* monotonic: not written again before, unless it has ended */
};

static struct core_recording *
recording_of(const struct core *c, uint32_t number)
{
	struct core_recording *r;

	for (r = c->priv->recordings; r != NULL; r = r->next)
		if (r->number == number && r->row.ended_ns == 0)
			return r;
	return NULL;
}

static void
recording_free(struct core_recording *r)
{
	json_decref(r->traces);
	json_decref(r->mtu);
	json_decref(r->changed);
	free(r->before);
	free(r->packet);
	free(r);
}

/* ---- what is known of it ---- */

/* The incident may open while the line is being recorded, and close before the recording ends. */
static void
incident_note(const struct core *c, struct core_recording *r)
{
	const struct link_live *l = nmap_get(c->link_by_number, r->number);
	const struct incident  *i = l != NULL ? link_incident(l) : NULL;

	if (i != NULL && i->row.id != 0 && r->row.incident == 0) {
		r->row.incident = i->row.id;
		r->unsaved = true;
	}
}

static void
summary_note(struct core_recording *r)
{
	struct flight_summary s;

	flight_sort(r->packet, r->n);
	flight_summarize(r->packet, r->n, &s);
	r->row.sent = s.sent;
	r->row.lost = s.lost;
	r->row.gap_lost = s.gap_lost;
	r->row.gap_from_ns = s.gap_lost > 0 ? r->row.started_ns + s.gap_from_ms * NS_PER_MS : 0;
	r->row.gap_to_ns = s.gap_lost > 0 && !s.gap_open ? r->row.started_ns + s.gap_to_ms * NS_PER_MS : 0;
}

static json_t *
number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *
hop_json(const struct trace_hop *h)
{
	json_t *list = json_array();
	char	text[ADDR_TEXT_MAX];
	uint8_t k;

	for (k = 0; k < h->n; k++)
		json_array_append_new(list, json_string(addr_text(&h->addr[k], text)));
	return json_pack("{s:o, s:i, s:i, s:o}", "addresses", list, "sent", h->sent, "answered", h->answered,
	    "rtt_s", number_or_null((double)h->rtt_s));
}

static json_t *
trace_json(const char *link, const struct msg_trace_done *t)
{
	static const char *const roles[TRACE_ROLES] = { "hourly", "confirm", "onset", "after" };
	json_t			*hops = json_array();
	char			 time[TIME_TEXT_MAX];
	uint8_t			 i;

	for (i = 0; i < t->nhops; i++)
		json_array_append_new(hops, hop_json(&t->hop[i]));
	return json_pack("{s:s, s:s, s:s, s:b, s:o}", "link", link, "role", roles[t->role], "t",
	    text_utc(time, sizeof(time), t->wall_ns), "reached", t->reached, "hops", hops);
}

/* Which hop is another one than before? As the last trace that came through says. */
static void
change_note(struct core_recording *r, const struct msg_trace_done *t)
{
	struct way *seen = way_of_trace(t);
	unsigned    hop;

	if (seen == NULL || r->before == NULL) {
		free(seen);
		return;
	}
	json_decref(r->changed);
	r->changed = NULL;
	if ((hop = way_compare(r->before, seen)) != 0)
		r->changed = json_pack("{s:i, s:o, s:o}", "hop", (int)hop, "old", core_way_json(r->before),
		    "new", core_way_json(seen));
	free(seen);
}

static char *
detail_text(const struct core_recording *r)
{
	json_t *v = json_pack("{s:o, s:O, s:O?, s:O?}", "before",
	    r->before != NULL ? core_way_json(r->before) : json_null(), "traces", r->traces, "mtu", r->mtu,
	    "changed", r->changed);
	char   *text = json_dumps(v, JSON_COMPACT);

	json_decref(v);
	return text;
}

/* ---- from measure ---- */

static void
siblings_trace(struct core *c, const struct link_live *l)
{
	size_t k;

	for (k = 0; k < l->site->nlinks; k++)
		if (l->site->link[k] != l)
			core_trace_now(c, l->site->link[k], l->number, TRACE_ONSET);
}

static void
end(struct core *c, struct core_recording *r, enum record_end how)
{
	incident_note(c, r);
	r->row.how = (uint8_t)how;
	r->row.ended_ns = loop_wall_ns(c->loop);
	r->unsaved = true;
	r->save_ns = 0;
	core_wake(c);
}

static const char *
peer_of(const struct core *c, const struct ipc_channel *ch)
{
	size_t k;

	for (k = 0; k < c->nmeasure; k++)
		if (c->measure[k].ch == ch)
			return c->measure[k].name;
	return "";
}

static size_t
open_count(const struct core *c)
{
	const struct core_recording *r;
	size_t			     n = 0;

	for (r = c->priv->recordings; r != NULL; r = r->next)
		n++;
	return n;
}

int
recorder_begin(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg)
{
	struct msg_record_begin m;
	struct link_live       *l;
	struct core_recording  *r;
	struct buf		b = { 0 };

	if (msg_record_begin_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((r = recording_of(c, m.number)) != NULL)
		end(c, r, RECORD_CUT);
	if ((l = nmap_get(c->link_by_number, m.number)) == NULL || open_count(c) >= RECORDINGS_OPEN_MAX)
		return 0;
	r = xcalloc(1, sizeof(*r));
	r->number = m.number;
	text_copy(r->peer, sizeof(r->peer), peer_of(c, from));
	text_copy(r->row.link, sizeof(r->row.link), l->link->id);
	r->row.reason = m.reason;
	r->row.started_ns = m.wall_ns;
	r->traces = json_array();
	if (link_known_way(l) != NULL) {
		way_write(link_known_way(l), &b);
		r->before = way_read(b.data, b.len);
		buf_free(&b);
	}
	r->save_ns = loop_mono_ns(c->loop);
	r->next = c->priv->recordings;
	c->priv->recordings = r;
	siblings_trace(c, l);
	return 0;
}

static void
packet_add(struct core_recording *r, const uint8_t *bytes)
{
	if (r->n == r->room) {
		r->room = r->room * 2 + 128;
		r->packet = xrealloc(r->packet, r->room, sizeof(*r->packet));
	}
	r->packet[r->n++] = flight_get(bytes);
}

int
recorder_packets(struct core *c, const struct ipc_msg *msg)
{
	struct msg_record_packets m;
	struct core_recording	 *r;
	uint32_t		  at;

	if (msg_record_packets_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((r = recording_of(c, m.number)) == NULL)
		return 0;
	for (at = 0; at < m.packet_len && r->n < PACKETS_MAX; at += FLIGHT_PACKET_LEN)
		packet_add(r, m.packet + at);
	incident_note(c, r);
	r->unsaved = true;
	if (loop_mono_ns(c->loop) >= r->save_ns)
		core_wake(c);
	return 0;
}

int
recorder_end(struct core *c, const struct ipc_msg *msg)
{
	struct msg_record_end  m;
	struct core_recording *r;

	if (msg_record_end_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((r = recording_of(c, m.number)) != NULL)
		end(c, r, (enum record_end)m.how);
	return 0;
}

int
recorder_traced(struct core *c, const struct ipc_msg *msg)
{
	struct msg_trace_done  m;
	struct core_recording *r;
	struct link_live      *l;

	if (msg_trace_done_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((l = nmap_get(c->link_by_number, m.number)) == NULL)
		return 0;
	if (m.record == 0) {
		core_way_traced(c, l, &m);
		return 0;
	}
	if ((r = recording_of(c, m.record)) == NULL || json_array_size(r->traces) >= TRACES_MAX)
		return 0;
	json_array_append_new(r->traces, trace_json(l->link->id, &m));
	if (m.number == r->number) {
		change_note(r, &m);
		core_way_traced(c, l, &m);
	}
	r->unsaved = true;
	return 0;
}

int
recorder_mtu(struct core *c, const struct ipc_msg *msg)
{
	static const char *const verdicts[MTU_VERDICTS] = { "unknown", "whole", "told", "black_hole", "own" };
	struct msg_mtu_done	 m;
	struct core_recording	*r;
	char			 by[ADDR_TEXT_MAX];

	if (msg_mtu_done_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((r = recording_of(c, m.number)) == NULL)
		return 0;
	json_decref(r->mtu);
	r->mtu = json_pack("{s:s, s:o, s:o, s:o}", "verdict", verdicts[m.verdict], "mtu",
	    m.mtu != 0 ? json_integer(m.mtu) : json_null(), "told",
	    m.told != 0 ? json_integer(m.told) : json_null(), "by",
	    m.by.family != 0 ? json_string(addr_text(&m.by, by)) : json_null());
	r->unsaved = true;
	return 0;
}

void
recorder_peer_gone(struct core *c, const struct measure_peer *m)
{
	struct core_recording *r;

	for (r = c->priv->recordings; r != NULL; r = r->next)
		if (strcmp(r->peer, m->name) == 0 && r->row.ended_ns == 0)
			end(c, r, RECORD_CUT);
}

void
core_recorder_stop(struct core *c)
{
	struct core_recording *r;

	for (r = c->priv->recordings; r != NULL; r = r->next)
		if (r->row.ended_ns == 0)
			end(c, r, RECORD_CUT);
}

/* ---- the ledger ---- */

static bool
is_due(const struct core_recording *r, int64_t now)
{
	return r->unsaved && r->save_ns <= now;
}

bool
core_recorder_is_due(const struct core *c, int64_t now)
{
	const struct core_recording *r;

	for (r = c->priv->recordings; r != NULL; r = r->next)
		if (is_due(r, now))
			return true;
	return false;
}

static int
recording_write(struct core *c, struct core_recording *r)
{
	struct buf b = { 0 };
	char	  *text;
	size_t	   i;
	int	   rc;

	summary_note(r);
	for (i = 0; i < r->n; i++)
		flight_put(buf_grow(&b, FLIGHT_PACKET_LEN), &r->packet[i]);
	text = detail_text(r);
	r->fresh = r->row.id == 0;
	r->row.packets = b.data;
	r->row.packets_len = b.len;
	r->row.detail = text;
	rc = ledger_recording_put(c->ledger, &r->row);
	if (rc == 0 && r->row.ended_ns != 0)
		rc = ledger_recording_trim(c->ledger, r->row.link, loop_wall_ns(c->loop) - KEPT_NS);
	r->row.packets = NULL;
	r->row.detail = NULL;
	free(text);
	buf_free(&b);
	return rc;
}

int
core_recorder_write(struct core *c, int64_t now)
{
	struct core_recording *r;

	for (r = c->priv->recordings; r != NULL; r = r->next)
		if (is_due(r, now) && recording_write(c, r) == -1)
			return -1;
	return 0;
}

void
core_recorder_written(struct core *c, int64_t now)
{
	struct core_recording **at = &c->priv->recordings, *r;

	while ((r = *at) != NULL) {
		r->fresh = false;
		if (!is_due(r, now)) {
			at = &r->next;
			continue;
		}
		r->unsaved = false;
		r->save_ns = now + SAVE_NS;
		if (r->row.ended_ns == 0) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		recording_free(r);
	}
}

void
core_recorder_not_written(struct core *c)
{
	struct core_recording *r;

	for (r = c->priv->recordings; r != NULL; r = r->next) {
		if (r->fresh)
			r->row.id = 0;
		r->fresh = false;
	}
}

void
core_recorder_recall(struct core *c)
{
	ledger_recording_cut(c->ledger, loop_wall_ns(c->loop), RECORD_CUT);
}

void
core_recorder_free(struct core *c)
{
	struct core_recording *r;

	while ((r = c->priv->recordings) != NULL) {
		c->priv->recordings = r->next;
		recording_free(r);
	}
}
