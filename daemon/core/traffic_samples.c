/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traffic_samples.c: a site's books become one sample a minute; what was not counted is unknown in it, never 0.
 */
#include "core/traffic.h"

#include <math.h>

#include "core/samples.h"

static double
share(uint64_t part, uint64_t whole)
{
	return whole > 0 ? (double)part / (double)whole : NAN;
}

static void
sample_make(struct core *c, const struct msg_capture_site *m)
{
	uint64_t      failed = (uint64_t)m->dns_failed + m->dns_unanswered;
	struct sample s = {
		.series = m->site, .type = SAMPLE_RATE, .quality = m->partial ? QUALITY_ESTIMATED : QUALITY_GOOD,
		.wall_ns = m->wall_ns, .seconds = m->seconds, .n = TRAFFIC_RATES,
	};

	s.value[TRAFFIC_RX_BPS] = (double)m->rx_octets * 8 / m->seconds;
	s.value[TRAFFIC_TX_BPS] = (double)m->tx_octets * 8 / m->seconds;
	s.value[TRAFFIC_TCP_RTT_P50_S] = m->rtts > 0 ? m->rtt_p50_s : NAN;
	s.value[TRAFFIC_RETRANSMIT_RATIO] = share(m->retransmitted, m->segments);
	s.value[TRAFFIC_DNS_FAIL_RATIO] = share(failed, failed + m->dns_answered);
	core_sample_out(c, &s);
}

int
traffic_take_site(struct core *c, const struct ipc_msg *msg)
{
	struct msg_capture_site m;
	struct traffic_site    *s;

	if (msg_capture_site_decode(&m, msg->data, msg->len) == -1)
		return -1;
	if ((s = nmap_get(c->traffic->by_number, m.site)) == NULL)
		return 0;		/* of the inventory before this one */
	s->last = m;
	sample_make(c, &m);
	return 0;
}
