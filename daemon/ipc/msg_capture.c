/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg_capture.c: what core and capture say to each other. */
#include "ipc/wire.h"

static void
capture_plan_fields(struct wire *w, struct msg_capture_plan *m)
{
	word(w, &m->op, CAPTURE_PLAN_BEGIN, CAPTURE_PLAN_END);
	u32(w, &m->site);
	addr(w, &m->network);
	word(w, &m->bits, 0, 128);
}

static void
capture_site_fields(struct wire *w, struct msg_capture_site *m)
{
	u32(w, &m->site);
	i64(w, &m->wall_ns);
	f64(w, &m->seconds);
	word(w, &m->partial, 0, 1);
	u64(w, &m->rx_octets);
	u64(w, &m->tx_octets);
	u64(w, &m->rx_packets);
	u64(w, &m->tx_packets);
	u32(w, &m->segments);
	u32(w, &m->retransmitted);
	u32(w, &m->rtts);
	f32(w, &m->rtt_p50_s);
	u32(w, &m->dns_answered);
	u32(w, &m->dns_failed);
	u32(w, &m->dns_unanswered);
	if (m->retransmitted > m->segments || m->seconds <= 0 || isinf(m->rtt_p50_s) || m->rtt_p50_s < 0)
		w->in.bad = true;
}

static void
capture_talkers_fields(struct wire *w, struct msg_capture_talkers *m)
{
	uint8_t i;

	u32(w, &m->site);
	i64(w, &m->wall_ns);
	u64(w, &m->unseen_max);
	word(w, &m->n, 0, CAPTURE_TOP);
	for (i = 0; i < m->n && !w->in.bad; i++) {
		addr(w, &m->each[i].host);
		u64(w, &m->each[i].octets);
		u64(w, &m->each[i].error);
		if (m->each[i].error > m->each[i].octets)
			w->in.bad = true;
	}
}

static void
capture_state_fields(struct wire *w, struct msg_capture_state *m)
{
	STR(w, m->interface);
	STR(w, m->trouble);
	u64(w, &m->came);
	u64(w, &m->dropped);
	u64(w, &m->packets);
	u64(w, &m->octets);
	u64(w, &m->elsewhere);
}

MSG_DEFINE(capture_plan)
MSG_DEFINE(capture_site)
MSG_DEFINE(capture_talkers)
MSG_DEFINE(capture_state)
