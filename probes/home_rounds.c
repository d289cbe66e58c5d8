/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home_rounds.c: from heartbeats to results.
 *
 * The agent numbers its heartbeats, so a number that is passed over was lost on the way up; in each one it says which answers
 * it has got, so a missing one was lost on the way down. Both are losses of the minute, as both are to an echo request. While
 * nothing comes there are no numbers: then time says how many were due, and what was counted so is not counted again when
 * the next number shows the gap. The round trip is from an answer to the heartbeat that echoes it, less the time that the
 * agent held it: clocks of two boxes are never compared.
 *
 * Nothing can be asked of a site. One that is silent for longer than interval and timeout is looked at each second from then
 * on, as a burst does it with others (schedule/burst.h): three such looks in a row are a line that is down.
 */
#include "probes/home.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DECLARED_MAX_NS (10 * NS_PER_S)
#define ANSWER_AFTER	2		/* heartbeats until the answer to one has come, or will not */
#define RTT_MAX_NS	(10 * NS_PER_S)
#define TICK_LATE_NS	(20 * NS_PER_MS)
#define MANY		255		/* of one gap: an outage is told by time, not by numbers */

static void
count_up(uint16_t *n, uint64_t by)
{
	*n = (uint16_t)(*n + by < UINT16_MAX ? *n + by : UINT16_MAX);
}

static void
lost(struct home_target *t, uint64_t n)
{
	uint64_t i;

	if (n > MANY)
		n = MANY;
	for (i = 0; i < n; i++)
		delay_add(&t->minute, NAN);
	count_up(&t->sent, n);
	count_up(&t->up_sent, n);
	count_up(&t->up_lost, n);
}

/* ---- a heartbeat ---- */

static void
rtt_note(struct home_target *t, const struct home_heartbeat *b, int64_t received_ns)
{
	int64_t rtt_ns;

	if (b->echo_seq == 0 || b->echo_stamp > (uint64_t)received_ns || t->rtt[b->echo_seq % HOME_RTTS].seq == b->echo_seq)
		return;
	rtt_ns = received_ns - (int64_t)b->echo_stamp - b->echo_held_us * NS_PER_US;
	if (rtt_ns > RTT_MAX_NS)
		return;
	/* Two clocks have run since the answer: over a short line their difference can make it seem to be less than nothing. */
	t->rtt[b->echo_seq % HOME_RTTS].seq = b->echo_seq;
	t->rtt[b->echo_seq % HOME_RTTS].rtt_s = rtt_ns > 0 ? (float)rtt_ns / NS_PER_S : 0;
	if (t->nround < HOME_STARTS)
		t->round_rtt_s[t->nround++] = t->rtt[b->echo_seq % HOME_RTTS].rtt_s;
}

/* Its answer is known to have come: how long it took, or NAN when the heartbeat that told was lost itself. */
static float
rtt_of(const struct home_target *t, uint64_t seq)
{
	return t->rtt[seq % HOME_RTTS].seq == seq ? t->rtt[seq % HOME_RTTS].rtt_s : NAN;
}

/* Numbers whose answers have had their time. What never came up is counted already. */
static void
decide(struct home_target *t, const struct home_heartbeat *b)
{
	uint64_t k = t->decided + 1;
	float	 rtt_s;

	if (b->seq > HOME_WINDOW && k < b->seq - HOME_WINDOW + 1)
		k = b->seq - HOME_WINDOW + 1;
	for (; k + ANSWER_AFTER <= b->seq; k++) {
		t->decided = k;
		if (!home_window_has(&t->window, k))
			continue;
		count_up(&t->down_sent, 1);
		rtt_s = rtt_of(t, k);
		if ((b->heard >> (b->seq - 1 - k) & 1) == 0) {
			count_up(&t->down_lost, 1);
			delay_add(&t->minute, NAN);
		} else if (!isnan(rtt_s)) {
			delay_add(&t->minute, rtt_s);
		}
	}
}

static void
fact_address(struct probe *p, const char *name, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	probe_fact(p, name, NAN, addr_text(a, text));
}

static void
addresses_note(struct home_target *t, const struct home_heartbeat *b, const struct home_in *in)
{
	struct addr local = { .family = b->local.family };

	memcpy(local.byte, b->local.byte, local.family == 6 ? 16 : local.family == 4 ? 4 : 0);
	if (!addr_equal(&t->from, &in->from)) {
		t->from = in->from;
		fact_address(t->probe, "wan_address", &t->from);
	}
	t->from_port = in->port;
	if (local.family != 0 && !addr_equal(&t->local, &local)) {
		t->local = local;
		fact_address(t->probe, "site_address", &t->local);
	}
}

void
home_heard(struct home_target *t, const struct home_heartbeat *b, const struct home_in *in, uint64_t missing, bool first)
{
	t->heard_ns = in->received_ns;
	if (first) {
		t->decided = b->seq - 1;
		memset(t->rtt, 0, sizeof(t->rtt));
		missing = 0;
	}
	if (!first && b->seq != t->window.highest) {
		count_up(&t->late, 1);
		return;
	}
	if (missing > t->counted)
		lost(t, missing - t->counted);
	t->counted = 0;
	count_up(&t->sent, 1);
	count_up(&t->answered, 1);
	count_up(&t->up_sent, 1);
	t->declared_ns = b->interval_ms * NS_PER_MS;
	rtt_note(t, b, in->received_ns);
	decide(t, b);
	addresses_note(t, b, in);
	t->last = *b;
}

/* ---- the minute ---- */

static void
fact_ratio(struct probe *p, const char *name, unsigned part, unsigned whole)
{
	if (whole > 0)
		probe_fact(p, name, (double)part / whole, NULL);
}

static void
ping_fact(struct probe *p, unsigned i, const struct home_ping *ping)
{
	struct addr to = { .family = ping->to.family };
	char	    name[32], address[ADDR_TEXT_MAX], text[128], rtt[32] = "none";

	memcpy(to.byte, ping->to.byte, to.family == 6 ? 16 : 4);
	if (ping->rtt_us != HOME_UNKNOWN_US)
		snprintf(rtt, sizeof(rtt), "%.1f ms", ping->rtt_us / 1000.0);
	snprintf(name, sizeof(name), "ping_%u", i + 1);
	snprintf(text, sizeof(text), "%s: %u of %u answered, median %s", addr_text(&to, address),
	    ping->answered, ping->sent, rtt);
	probe_fact(p, name, NAN, text);
}

static void
rate_of(struct rate *r, uint64_t value, int64_t now_ns, uint32_t uptime_s, struct rate_result *out)
{
	const struct rate_reading now = { .mono_ns = now_ns, .value = value, .uptime_ticks = uptime_s * 100u, .bits = 64 };

	rate_next_bps(r, &now, 60, NAN, out);
}

/* What went through the site's box, where it says so: the line's own rates when no router tells them. */
static void
rates_tell(struct home_target *t)
{
	const struct home_heartbeat *b = &t->last;
	struct rate_result	     rx, tx;
	struct sample		    *s;

	if ((b->flags & HOME_COUNTERS) == 0 || b->uptime_s == HOME_UNKNOWN_S || t->counted > 0)
		return;
	rate_of(&t->rx, b->rx_octets, t->heard_ns, b->uptime_s, &rx);
	rate_of(&t->tx, b->tx_octets, t->heard_ns, b->uptime_s, &tx);
	if (rx.reason != RATE_KNOWN || tx.reason != RATE_KNOWN)
		return;
	s = probe_sample(t->probe);
	s->type = SAMPLE_RATE;
	s->quality = QUALITY_GOOD;
	s->seconds = rx.seconds;
	s->n = LINK_RATES;
	s->value[LINK_RX_BPS] = rx.per_s;
	s->value[LINK_TX_BPS] = tx.per_s;
	s->value[LINK_RX_ERRORS_PS] = s->value[LINK_TX_ERRORS_PS] = NAN;
	probe_sample_send(t->probe);
}

static void
facts_tell(struct home_target *t)
{
	struct probe *p = t->probe;
	unsigned      i;

	fact_ratio(p, "up_loss_ratio", t->up_lost, t->up_sent);
	fact_ratio(p, "down_loss_ratio", t->down_lost, t->down_sent);
	if (t->from.family != 0) {
		fact_address(p, "wan_address", &t->from);	/* again: core may have begun anew */
		probe_fact(p, "wan_port", t->from_port, NULL);
	}
	if (t->local.family != 0)
		fact_address(p, "site_address", &t->local);
	if (t->last.boot != 0 && t->last.uptime_s != HOME_UNKNOWN_S)
		probe_fact(p, "uptime_s", t->last.uptime_s, NULL);
	for (i = 0; i < t->last.npings; i++)
		if (t->last.ping[i].sent > 0)	/* else it may not ping */
			ping_fact(p, i, &t->last.ping[i]);
}

static void
minute_turn(struct home_target *t)
{
	struct probe *p = t->probe;
	int64_t	      wall_ns = loop_wall_ns(p->engine->loop);

	if (delay_covers(&t->minute, wall_ns))
		return;
	if (delay_sample(&t->minute, p->interval_ns, probe_sample(p)))
		probe_sample_send(p);
	delay_begin(&t->minute, wall_ns);
	facts_tell(t);
	rates_tell(t);
	t->up_sent = t->up_lost = t->down_sent = t->down_lost = 0;
}

/* ---- rounds ---- */

static int64_t
interval_of(const struct home_target *t)
{
	int64_t ns = t->declared_ns < DECLARED_MAX_NS ? t->declared_ns : DECLARED_MAX_NS;

	return ns > t->probe->interval_ns ? ns : t->probe->interval_ns;
}

static void
report(struct home_target *t, uint8_t quality)
{
	struct probe_round out = { .quality = quality, .sent = t->sent, .answered = t->answered, .duplicate = t->duplicate,
		.late = t->late, .rtt_p50_s = NAN };
	enum round_result  result = ROUND_UNKNOWN;

	if (quality != QUALITY_UNKNOWN)
		result = quality == QUALITY_GOOD ? ROUND_SUCCEEDED : ROUND_FAILED;
	if (t->nround > 0 && quality == QUALITY_GOOD) {
		rank_sort(t->round_rtt_s, t->nround);
		out.rtt_p50_s = rank_value(t->round_rtt_s, t->nround, 50);
	}
	if (quality == QUALITY_LOST && out.sent == 0)
		out.sent = 1;		/* one was due */
	t->starts = 0;
	t->sent = t->answered = t->duplicate = t->late = 0;
	t->nround = 0;
	burst_result(&t->burst, result, loop_mono_ns(t->probe->engine->loop));
	probe_result(t->probe, &out);
}

/* Heartbeats that were due by now. The last ones are left to their numbers: they may be on the way. */
static void
count_by_time(struct home_target *t, int64_t silent_ns)
{
	int64_t due = (silent_ns - t->probe->timeout_ns) / interval_of(t);

	if (due > (int64_t)t->counted) {
		lost(t, (uint64_t)(due - t->counted));
		t->counted = (uint32_t)due;
	}
}

/*
 * A heartbeat may have been among what the kernel threw away, as we were slow; those after that were not, so
 * silence counts from there again.
 */
static uint8_t
quality_of(const struct home_target *t, int64_t now_ns, int64_t silent_ns)
{
	int64_t bearable_ns = interval_of(t) + t->probe->timeout_ns;

	if (silent_ns <= bearable_ns)
		return t->heard_ns != 0 ? QUALITY_GOOD : QUALITY_UNKNOWN;
	return now_ns - home_socket_drops_ns(t->socket) <= bearable_ns ? QUALITY_UNKNOWN : QUALITY_LOST;
}

void
home_tick(struct home_target *t)
{
	struct probe *p = t->probe;
	int64_t	      now = loop_mono_ns(p->engine->loop), silent;
	uint8_t	      quality;

	if (now - p->planned_ns > TICK_LATE_NS)
		home_socket_read(t->socket);	/* we slept: what came in time may wait there */
	if (t->begun_ns == 0)
		t->begun_ns = now;
	minute_turn(t);
	silent = now - (t->heard_ns != 0 ? t->heard_ns : t->begun_ns);
	quality = quality_of(t, now, silent);
	if (quality == QUALITY_LOST)
		count_by_time(t, silent);
	t->starts++;
	if (t->burst.running || t->starts >= HOME_STARTS)
		report(t, quality);
	else if (quality != QUALITY_UNKNOWN && burst_is_wanted(&t->burst, quality == QUALITY_GOOD))
		burst_begin(&t->burst);
}

void
home_not_measured(struct home_target *t)
{
	minute_turn(t);
	delay_add_unmeasured(&t->minute);
	report(t, QUALITY_UNKNOWN);
}
