/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg_record.c: the flight recorder of a measuring instance, and the ways of packets. */
#include "ipc/wire.h"

#define PACKET_LEN 8	/* FLIGHT_PACKET_LEN of sample/flight.h, which stands above */

static void
record_begin_fields(struct wire *w, struct msg_record_begin *m)
{
	u32(w, &m->number);
	word(w, &m->reason, RECORD_LOSS, RECORD_ASKED);
	i64(w, &m->wall_ns);
}

static void
record_packets_fields(struct wire *w, struct msg_record_packets *m)
{
	u32(w, &m->number);
	rest(w, &m->packet, &m->packet_len);
	if (m->packet_len % PACKET_LEN != 0 || m->packet_len > RECORD_PACKETS_MAX * PACKET_LEN)
		w->in.bad = true;
}

static void
record_end_fields(struct wire *w, struct msg_record_end *m)
{
	u32(w, &m->number);
	word(w, &m->how, RECORD_OVER, RECORD_CUT);
}

static void
trace_now_fields(struct wire *w, struct msg_trace_now *m)
{
	u32(w, &m->number);
	u32(w, &m->record);
	word(w, &m->role, 0, TRACE_ROLES - 1);
	word(w, &m->hops, 0, TRACE_HOPS_MAX);
}

static void
hop_fields(struct wire *w, struct trace_hop *h)
{
	int i;

	word(w, &h->sent, 0, TRACE_TRIES);
	word(w, &h->answered, 0, TRACE_TRIES);
	f32(w, &h->rtt_s);
	word(w, &h->n, 0, TRACE_TRIES);
	for (i = 0; i < h->n && !w->in.bad; i++)
		addr(w, &h->addr[i]);
}

static void
trace_done_fields(struct wire *w, struct msg_trace_done *m)
{
	int i;

	u32(w, &m->number);
	u32(w, &m->record);
	word(w, &m->role, 0, TRACE_ROLES - 1);
	i64(w, &m->wall_ns);
	word(w, &m->reached, 0, 1);
	word(w, &m->nhops, 0, TRACE_HOPS_MAX);
	for (i = 0; i < m->nhops && !w->in.bad; i++)
		hop_fields(w, &m->hop[i]);
}

static void
mtu_done_fields(struct wire *w, struct msg_mtu_done *m)
{
	u32(w, &m->number);
	word(w, &m->verdict, 0, MTU_VERDICTS - 1);
	u16(w, &m->mtu);
	u16(w, &m->told);
	addr(w, &m->by);
}

MSG_DEFINE(record_begin)
MSG_DEFINE(record_packets)
MSG_DEFINE(record_end)
MSG_DEFINE(trace_now)
MSG_DEFINE(trace_done)
MSG_DEFINE(mtu_done)
