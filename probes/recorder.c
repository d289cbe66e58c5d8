/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder.c: recordings, from the first lost packet to their end; see recorder.h. */
#include "probes/recorder.h"

#include <stdlib.h>

#include "schedule/burst.h"

#define LOOK_NS	       (2 * NS_PER_S)	/* how often packets are sent on, and ends looked for */
#define COLLECTED      48		/* packets that wait to be sent on */
#define ANSWERING_NS   (20 * NS_PER_S)	/* nothing lost for this long: the way is traced again */

struct recording {
	struct recording *next;
	struct probe	 *probe;
	struct flight	 *flight;
	int64_t		  begin_ns;	/* monotonic, as the next two */
	int64_t		  down_ns, lost_ns;	/* when it was last seen down; when the last lost one left */
	uint32_t	  packets;
	bool		  down, mtu_asked, traced_after;
	size_t		  n;
	struct flight_packet packet[COLLECTED];
};

struct recorder {
	struct probe_engine *engine;
	way_tell_fn	     tell;
	void		    *tell_arg;
	struct recording    *first;
	size_t		     n;
	struct loop_timer    look;
	uint64_t	     begun, refused, packets;
};

static void
tell(struct recorder *r, uint16_t type, struct buf *b)
{
	r->tell(r->tell_arg, type, 0, b);
	buf_free(b);
}

/* ---- packets ---- */

static void
packets_tell(struct recorder *r, uint32_t number, const struct flight_packet *p, size_t n)
{
	uint8_t			  bytes[RECORD_PACKETS_MAX * FLIGHT_PACKET_LEN];
	struct msg_record_packets m = {
	    .number = number, .packet = bytes, .packet_len = (uint32_t)(n * FLIGHT_PACKET_LEN)};
	struct buf		  b = { 0 };
	size_t			  i;

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		flight_put(bytes + i * FLIGHT_PACKET_LEN, &p[i]);
	msg_record_packets_encode(&b, &m);
	tell(r, IPC_RECORD_PACKETS, &b);
	r->packets += n;
}

_Static_assert(FLIGHT_RING_MAX <= RECORD_PACKETS_MAX, "a ring goes in one frame");

static void
collected_tell(struct recorder *r, struct recording *rec)
{
	packets_tell(r, rec->probe->number, rec->packet, rec->n);
	rec->n = 0;
}

static void
packet_collect(struct recorder *r, struct recording *rec, int64_t sent_ns, uint32_t fate)
{
	if (rec->n == COLLECTED)
		collected_tell(r, rec);
	rec->packet[rec->n++] =
	    (struct flight_packet){.at_ms = (int32_t)((sent_ns - rec->begin_ns) / NS_PER_MS), .fate = fate};
	rec->packets++;
}

/* ---- beginning and end ---- */

static void
trace(struct recorder *r, struct recording *rec, enum trace_role role)
{
	ways_trace(r->engine->ways, rec->probe, &(struct msg_trace_now){ .number = rec->probe->number,
	    .record = rec->probe->number, .role = (uint8_t)role });
}

static void look(void *arg);

/* @return NULL when there are as many as may be */
static struct recording *
recording_begin(struct recorder *r, struct probe *p, struct flight *f, enum record_reason reason)
{
	struct flight_packet	ring[FLIGHT_RING_MAX];
	struct msg_record_begin m = { .number = p->number, .reason = (uint8_t)reason,
		.wall_ns = loop_wall_ns(r->engine->loop) };
	struct recording       *rec;
	struct buf		b = { 0 };

	if (r->n >= RECORDINGS_MAX) {
		r->refused++;
		return NULL;
	}
	rec = xcalloc(1, sizeof(*rec));
	rec->probe = p;
	rec->flight = f;
	rec->begin_ns = rec->lost_ns = loop_mono_ns(r->engine->loop);
	rec->next = r->first;
	r->first = rec;
	r->n++;
	r->begun++;
	flight_record(f, rec);
	msg_record_begin_encode(&b, &m);
	tell(r, IPC_RECORD_BEGIN, &b);
	packets_tell(r, p->number, ring, flight_read(f, rec->begin_ns, ring));
	trace(r, rec, TRACE_ONSET);
	if (!loop_timer_is_set(&r->look))
		loop_timer_set(r->engine->loop, &r->look, rec->begin_ns + LOOK_NS, look, r);
	return rec;
}

static void
recording_drop(struct recorder *r, struct recording *rec)
{
	struct recording **at = &r->first;

	while (*at != rec)
		at = &(*at)->next;
	*at = rec->next;
	r->n--;
	flight_record(rec->flight, NULL);
	free(rec);
}

static void
recording_end(struct recorder *r, struct recording *rec, enum record_end how)
{
	struct msg_record_end m = { .number = rec->probe->number, .how = (uint8_t)how };
	struct buf	      b = { 0 };

	collected_tell(r, rec);
	msg_record_end_encode(&b, &m);
	tell(r, IPC_RECORD_END, &b);
	recording_drop(r, rec);
}

/* The time after the line is up again: from the last moment at which it was down. */
static bool
is_over(const struct recording *rec, int64_t now)
{
	return !rec->down &&
	       now - (rec->down_ns > rec->begin_ns ? rec->down_ns : rec->begin_ns) >= FLIGHT_AFTER_NS;
}

static void
recording_look(struct recorder *r, struct recording *rec, int64_t now)
{
	if (!rec->traced_after && rec->mtu_asked && !rec->down && now - rec->lost_ns >= ANSWERING_NS) {
		rec->traced_after = true;
		trace(r, rec, TRACE_AFTER);
	}
	if (rec->packets >= RECORD_PACKETS)
		recording_end(r, rec, RECORD_CUT);
	else if (is_over(rec, now))
		recording_end(r, rec, RECORD_OVER);
	else if (now - rec->begin_ns >= RECORD_LONGEST_NS)
		recording_end(r, rec, RECORD_STILL_DOWN);
	else
		collected_tell(r, rec);
}

static void
look(void *arg)
{
	struct recorder	 *r = arg;
	struct recording *rec, *next;
	int64_t		  now = loop_mono_ns(r->engine->loop);

	for (rec = r->first; rec != NULL; rec = next) {
		next = rec->next;
		recording_look(r, rec, now);
	}
	if (r->first != NULL)
		loop_timer_set(r->engine->loop, &r->look, now + LOOK_NS, look, r);
}

/* ---- for the probe ---- */

static void
packet_record(struct recorder *r, struct recording *rec, int64_t sent_ns, uint32_t fate, uint8_t view)
{
	struct flight_packet p = { .fate = fate };

	packet_collect(r, rec, sent_ns, fate);
	rec->down = view == VIEW_DOWN;
	if (rec->down)
		rec->down_ns = loop_mono_ns(r->engine->loop);
	if (flight_is_lost(&p))
		rec->lost_ns = sent_ns;
	if (flight_is_answered(&p) && !rec->mtu_asked) { /* a line that is silent can tell nothing of it */
		rec->mtu_asked = true;
		ways_mtu(r->engine->ways, rec->probe);
	}
}

void
recorder_packet(struct probe *p, struct flight **at, int64_t sent_ns, uint32_t fate, uint8_t view)
{
	struct recorder	    *r = p->engine->recorder;
	struct flight_packet pk = { .fate = fate };
	bool		     steady = (fate & FLIGHT_BURST) == 0;

	if (r == NULL)
		return;
	if (*at == NULL)
		*at = flight_new(p->interval_ns);
	if (steady)
		flight_add(*at, sent_ns, fate);
	if (flight_recording(*at) != NULL)
		packet_record(r, flight_recording(*at), sent_ns, fate, view);
	else if (flight_is_lost(&pk) && view == VIEW_UP && recording_begin(r, p, *at, RECORD_LOSS) != NULL &&
		 !steady)
		packet_record(r, flight_recording(*at), sent_ns, fate, view);
}

/* Was anything answered within the time of the ring? */
static bool
has_answers(const struct flight *f)
{
	struct flight_packet ring[FLIGHT_RING_MAX];
	size_t		     i, n = flight_read(f, 0, ring);

	for (i = 0; i < n; i++)
		if (flight_is_answered(&ring[i]))
			return true;
	return false;
}

void
recorder_asked(struct probe *p, struct flight *f, uint8_t view)
{
	struct recorder *r = p->engine->recorder;

	if (r != NULL && f != NULL && flight_recording(f) == NULL && view == VIEW_DOWN && has_answers(f))
		recording_begin(r, p, f, RECORD_ASKED);
}

void
recorder_forget(struct probe *p, struct flight *f)
{
	if (f != NULL && flight_recording(f) != NULL)
		recording_end(p->engine->recorder, flight_recording(f), RECORD_CUT);
	free(f);
}

/* ---- making ---- */

struct recorder *
recorder_new(struct probe_engine *e, way_tell_fn tell_fn, void *arg)
{
	struct recorder *r = xcalloc(1, sizeof(*r));

	r->engine = e;
	r->tell = tell_fn;
	r->tell_arg = arg;
	return r;
}

void
recorder_reset(struct recorder *r)
{
	while (r->first != NULL)
		recording_drop(r, r->first);
	loop_timer_cancel(r->engine->loop, &r->look);
}

void
recorder_free(struct recorder *r)
{
	if (r == NULL)
		return;
	recorder_reset(r);
	free(r);
}

void
recorder_counters(const struct recorder *r, struct msg_counters *out)
{
	msg_counters_add(out, "recorder.running", r->n);
	msg_counters_add(out, "recorder.begun", r->begun);
	msg_counters_add(out, "recorder.refused", r->refused);
	msg_counters_add(out, "recorder.packets", r->packets);
}
