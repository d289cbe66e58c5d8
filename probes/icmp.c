/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * icmp.c: reachability, loss and round-trip time by ICMP echo (RFC 792, RFC 4443), RTT as in RFC 2681.
 *
 * A target remembers its last 16 packets: nonce, send time, what became of it. Identifier and sequence number of an echo
 * lead to the target and the packet, and only the nonce together with the target's address makes an answer: once.
 * Later ones of the same packet are duplicates; one after the timeout is late, and the packet stays lost. What it all means
 * is decided in rounds.c.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probes/echo.h"
#include "probes/recorder.h"
#include "probes/rounds.h"

#define REMEMBERED     16	/* packets of a target; more than can be open: 3 s of burst and steady packets are 12 */
#define BATCH	       64		/* packets in one sendmmsg() */
#define SEQ_BITS       12		/* of the sequence number for the packet; the others extend the identifier */
#define TARGETS_MAX    (1u << (16 + 16 - SEQ_BITS))
#define EXPIRY_LATE_NS (20 * NS_PER_MS)

enum reject { REJECT_MALFORMED, REJECT_FOREIGN, REJECT_NONCE, REJECT_ADDRESS, REJECTS };

enum packet_state {
	PACKET_NONE,		/* never sent */
	PACKET_QUEUED,
	PACKET_OPEN,
	PACKET_ANSWERED,
	PACKET_LOST,
	PACKET_LATE		/* lost, and answered after that */
};

struct packet {
	uint64_t nonce;
	int64_t	 sent_ns;
	uint16_t number;	/* of the target's packets */
	uint8_t	 state;		/* enum packet_state */
	bool	 steady;
	uint8_t	 round;		/* of the burst: number of its round */
};

struct icmp_target {
	struct rounds	    rounds;	/* must be first */
	uint32_t	    index;	/* in icmp.target; 0 = not there yet */
	uint16_t	    made;	/* packets made so far; the next one's place and sequence number */
	uint16_t	    oldest;	/* no packet before this one is open */
	uint16_t	    expected;	/* next in order: one more than the highest number that was answered */
	uint8_t		    open;
	bool		    expiry_waits;	/* for the loop to read what has come while we slept */
	struct flight	   *flight;	/* recorder.h; NULL: nothing to keep yet */
	struct wheel_timer  expiry;
	struct packet	    packet[REMEMBERED];
};

_Static_assert(sizeof(struct probe) + sizeof(struct icmp_target) <= 1152, "45,000 targets in 50 MiB");

struct icmp {
	struct probe_engine *engine;
	struct probe	   **target;	/* by index; [0] is not used */
	uint32_t	     ntarget, target_room;
	uint32_t	    *free_index;	/* room for target_room */
	uint32_t	     nfree;
	uint16_t	     base_sum;

	size_t		     nqueued;
	struct packet_out    out[BATCH];
	struct queued {
		struct probe  *probe;
		struct packet *packet;
		int64_t	       planned_ns;
	}		     queued[BATCH];
	uint8_t		     bytes[BATCH][ECHO_LEN];

	uint64_t	     sent, received, duplicate, late, reordered, unreachable, send_errors, rejected[REJECTS];
	struct log_limit     error_log;
	uint64_t	     drops;	/* by the kernel, as of the last packet */
	int64_t		     drops_ns;	/* when they were last seen to rise */
};

static int	icmp_queue(struct probe *p, bool steady, uint8_t round, int64_t planned_ns);
static void	packets_expire(void *arg);
static void	packet_lost(struct probe *p, struct packet *pk);

/* Each packet exactly once: for the flight recorder, and for the rounds. */
static void
packet_decided(struct probe *p, const struct packet *pk, enum outcome what, float rtt_s)
{
	struct icmp_target *t = p->state;
	uint32_t	    fate = what == LOST ? FLIGHT_LOST : FLIGHT_UNMEASURED;

	if (what == ANSWERED)
		fate = flight_fate(rtt_s, true);
	recorder_packet(p, &t->flight, pk->sent_ns, fate | (pk->steady ? 0 : FLIGHT_BURST), t->rounds.burst.view);
	rounds_decided(p, pk->steady, pk->round, what, rtt_s);
}

/* ---- out ---- */

static int
target_join(struct icmp *ic, struct probe *p)
{
	struct icmp_target *t = p->state;

	if (ic->nfree > 0)
		t->index = ic->free_index[--ic->nfree];
	else if (ic->ntarget < TARGETS_MAX)
		t->index = ic->ntarget++;
	else
		return -1;
	if (t->index >= ic->target_room) {
		ic->target_room = ic->target_room * 2 + 64;
		ic->target = xrealloc(ic->target, ic->target_room, sizeof(struct probe *));
		ic->free_index = xrealloc(ic->free_index, ic->target_room, sizeof(*ic->free_index));
	}
	ic->target[t->index] = p;
	rounds_begin(p, icmp_queue);
	return 0;
}

static void
packet_sent(struct probe *p, struct packet *pk, int64_t sent_ns)
{
	struct icmp_target *t = p->state;

	pk->state = PACKET_OPEN;
	pk->sent_ns = sent_ns;
	if (t->open++ == 0)
		t->oldest = pk->number;
	if (!wheel_timer_is_set(&t->expiry))
		wheel_set(p->engine->wheel, &t->expiry, sent_ns + p->timeout_ns, packets_expire, p);
}

static void
packet_refused(struct icmp *ic, struct probe *p, struct packet *pk, int error)
{
	char	 text[ADDR_TEXT_MAX];
	uint32_t left_out;

	pk->state = PACKET_NONE;
	pk->sent_ns = loop_mono_ns(ic->engine->loop);	/* when it was to leave */
	ic->send_errors++;
	probe_path_failed(p, error);
	if (log_limit_pass(&ic->error_log, loop_mono_ns(ic->engine->loop), &left_out))
		log_warnx("cannot send ICMP to %s: %s; %u more since the last such line",
		    addr_text(&p->address, text), strerror(error), left_out);
	packet_decided(p, pk, NOT_MEASURED, NAN);
}

/*
 * Where the timeout is as long as the interval, the time of a steady packet is over just after the next one
 * has left. It is lost now, or it would be so in the minute of the next. One that is older waits for the loop
 * to read (packets_expire).
 */
static void
minute_expire(struct probe *p, int64_t now_ns)
{
	struct icmp_target *t = p->state;
	uint16_t	    k;

	for (k = t->oldest; t->open > 0 && k != t->made; k++) {
		struct packet *pk = &t->packet[k % REMEMBERED];

		if (pk->state == PACKET_OPEN && pk->steady &&
		    llabs(pk->sent_ns + p->timeout_ns - now_ns) <= EXPIRY_LATE_NS)
			packet_lost(p, pk);
	}
}

/* The steady packets of a minute are those sent in it. Earlier ones are decided: timeout <= interval. */
static void
minute_turn(struct probe *p, int64_t wall_ns, int64_t now_ns)
{
	struct icmp_target *t = p->state;

	if (delay_covers(&t->rounds.minute, wall_ns))
		return;
	minute_expire(p, now_ns);
	rounds_minute(p, wall_ns);
}

static void
icmp_flush(void *shared)
{
	struct icmp	  *ic = shared;
	struct packet_io  *io = ic->engine->io;
	size_t		   i, n = ic->nqueued;
	int64_t		   wall_ns;

	if (n == 0)
		return;
	ic->nqueued = 0;
	ic->sent += io->ops->send(io, PACKET_ICMP, ic->out, n);
	wall_ns = loop_wall_ns(ic->engine->loop);
	for (i = 0; i < n; i++) {
		const struct queued *q = &ic->queued[i];

		lag_add(&ic->engine->lag, ic->out[i].sent_ns - q->planned_ns);
		if (q->packet->steady)
			minute_turn(q->probe, wall_ns, ic->out[i].sent_ns);
		if (ic->out[i].error == 0)
			packet_sent(q->probe, q->packet, ic->out[i].sent_ns);
		else
			packet_refused(ic, q->probe, q->packet, ic->out[i].error);
	}
}

static int
icmp_queue(struct probe *p, bool steady, uint8_t round, int64_t planned_ns)
{
	struct icmp	   *ic = p->shared;
	struct icmp_target *t = p->state;
	struct packet	   *pk = &t->packet[t->made % REMEMBERED];
	size_t		    i;

	if (t->index == 0 && target_join(ic, p) == -1)
		return -1;
	if (ic->nqueued == BATCH)
		icmp_flush(ic);
	if (pk->state == PACKET_OPEN)
		packet_lost(p, pk);	/* cannot be, but for a loop that sleeps again and again */
	i = ic->nqueued++;
	*pk = (struct packet){ .nonce = loop_random(ic->engine->loop), .number = t->made,
		.state = PACKET_QUEUED, .steady = steady, .round = round };
	echo_stamp(ic->bytes[i], p->address.family, ic->base_sum, (uint16_t)t->index,
	    (uint16_t)(t->index >> 16 << SEQ_BITS | (t->made & ((1u << SEQ_BITS) - 1))), pk->nonce);
	ic->out[i] = (struct packet_out){ .to = p->address, .path = probe_path_now(p), .data = ic->bytes[i], .len = ECHO_LEN };
	ic->queued[i] = (struct queued){ .probe = p, .packet = pk, .planned_ns = planned_ns };
	t->made++;
	return 0;
}

static int
icmp_start(struct probe *p)
{
	return icmp_queue(p, true, 0, p->planned_ns);
}

/* Perhaps before its first packet. */
static void
icmp_hurry(struct probe *p, unsigned rounds)
{
	struct icmp_target *t = p->state;

	t->rounds.queue = icmp_queue;
	recorder_asked(p, t->flight, t->rounds.burst.view);
	rounds_hurry(p, rounds);
}

/* ---- in ---- */

static void
packet_lost(struct probe *p, struct packet *pk)
{
	const struct icmp  *ic = p->shared;
	struct icmp_target *t = p->state;

	pk->state = PACKET_LOST;
	t->open--;
	packet_decided(p, pk, ic->drops > 0 && ic->drops_ns >= pk->sent_ns ? NOT_MEASURED : LOST, NAN);
}

static void
packets_expire(void *arg)
{
	struct probe	   *p = arg;
	struct icmp_target *t = p->state;
	struct packet	   *pk;
	int64_t		    now = loop_mono_ns(p->engine->loop);

	/* We slept: answers that came in time may wait in the socket. Let the loop read, once, before judging. */
	if (now - t->expiry.due_ns > EXPIRY_LATE_NS && !t->expiry_waits) {
		t->expiry_waits = true;
		wheel_set(p->engine->wheel, &t->expiry, now + 1, packets_expire, p);
		return;
	}
	t->expiry_waits = false;
	for (; t->oldest != t->made; t->oldest++) {
		pk = &t->packet[t->oldest % REMEMBERED];
		if (pk->state == PACKET_QUEUED)
			return;		/* leaves in this tick, which sets the timer again */
		if (pk->state == PACKET_OPEN && pk->sent_ns + p->timeout_ns > now) {
			wheel_set(p->engine->wheel, &t->expiry, pk->sent_ns + p->timeout_ns, packets_expire, p);
			return;
		}
		if (pk->state == PACKET_OPEN)
			packet_lost(p, pk);
	}
}

/* The kernel tells of what it threw away with the next packet that it hands over. */
static void
drops_note(struct icmp *ic, int64_t now_ns)
{
	if (ic->engine->io->icmp_drops == ic->drops)
		return;
	ic->drops = ic->engine->io->icmp_drops;
	ic->drops_ns = now_ns;
}

static void
packet_answered(struct probe *p, struct packet *pk, int64_t received_ns)
{
	struct icmp_target *t = p->state;
	int64_t		    rtt_ns = received_ns - pk->sent_ns;

	pk->state = PACKET_ANSWERED;
	if (--t->open == 0) {
		wheel_cancel(p->engine->wheel, &t->expiry);
		t->expiry_waits = false;
	}
	/* Send times are interpolated: on a loopback the answer can seem to be a few microseconds older than the request. */
	packet_decided(p, pk, ANSWERED, rtt_ns > 0 ? (float)rtt_ns / NS_PER_S : 0);
}

static struct probe *
target_of(const struct icmp *ic, const struct echo_answer *a)
{
	uint32_t index = a->id | (uint32_t)(a->seq >> SEQ_BITS) << 16;

	return index > 0 && index < ic->ntarget ? ic->target[index] : NULL;
}

/* An error about one of our requests says nothing that the timeout will not say; it is counted for people. */
static void
unreachable_count(struct icmp *ic, const struct echo_answer *a)
{
	const struct probe *p = target_of(ic, a);

	if (p != NULL && memcmp(a->dst, p->address.byte, p->address.family == 6 ? 16 : 4) == 0)
		ic->unreachable++;
	else
		ic->rejected[REJECT_FOREIGN]++;
}

/* The packet that this answers, or NULL and the reason counted. */
static struct packet *
packet_find(struct icmp *ic, const struct packet_in *in, const struct echo_answer *a, struct probe **probe)
{
	struct probe	   *p = target_of(ic, a);
	struct icmp_target *t;
	struct packet	   *pk;

	if (p == NULL) {
		ic->rejected[REJECT_FOREIGN]++;
		return NULL;
	}
	t = p->state;
	pk = &t->packet[a->seq % REMEMBERED];
	if (pk->nonce != a->nonce || pk->state < PACKET_OPEN) {
		ic->rejected[REJECT_NONCE]++;
		return NULL;
	}
	if (!addr_equal(&in->from, &p->address)) {
		ic->rejected[REJECT_ADDRESS]++;
		return NULL;
	}
	*probe = p;
	return pk;
}

/* RFC 4737 3.3: an answer is reordered when one to a later packet came before it. Of a packet the first answer counts, late too. */
static void
order_note(struct icmp *ic, struct icmp_target *t, uint16_t number)
{
	uint16_t ago = t->made - number, expected_ago = t->made - t->expected;	/* numbers begin anew after 65,535 */

	if (ago <= expected_ago) {
		t->expected = number + 1;
		return;
	}
	ic->reordered++;
	rounds_count(&t->rounds.reordered);
}

static void
icmp_packet(void *shared, const struct packet_in *in)
{
	struct icmp	   *ic = shared;
	struct echo_answer  a;
	struct packet	   *pk;
	struct probe	   *p;
	struct icmp_target *t;

	drops_note(ic, in->received_ns);
	switch (echo_parse(in->data, in->len, in->from.family, &a)) {
	case ECHO_REPLY:
		break;
	case ECHO_UNREACHABLE:
		unreachable_count(ic, &a);
		return;
	default:
		ic->rejected[REJECT_MALFORMED]++;
		return;
	}
	if ((pk = packet_find(ic, in, &a, &p)) == NULL)
		return;
	t = p->state;
	if (pk->state == PACKET_OPEN && in->received_ns - pk->sent_ns > p->timeout_ns)
		packet_lost(p, pk);	/* we were slow to notice */
	switch (pk->state) {
	case PACKET_OPEN:
		order_note(ic, t, pk->number);
		ic->received++;
		packet_answered(p, pk, in->received_ns);
		break;
	case PACKET_LOST:
		order_note(ic, t, pk->number);
		pk->state = PACKET_LATE;
		ic->late++;
		rounds_count(&t->rounds.late);
		break;
	default:
		ic->duplicate++;
		rounds_count(&t->rounds.duplicate);
	}
}

/* ---- the table ---- */

static void
icmp_cancel(struct probe *p)
{
	struct icmp	   *ic = p->shared;
	struct icmp_target *t = p->state;

	rounds_cancel(p);
	recorder_forget(p, t->flight);
	t->flight = NULL;
	wheel_cancel(p->engine->wheel, &t->expiry);
	if (t->index == 0)
		return;
	ic->target[t->index] = NULL;
	ic->free_index[ic->nfree++] = t->index;
}

static void
icmp_counters(void *shared, struct msg_counters *out)
{
	const struct icmp *ic = shared;

	msg_counters_add(out, "icmp.sent", ic->sent);
	msg_counters_add(out, "icmp.send_errors", ic->send_errors);
	msg_counters_add(out, "icmp.received", ic->received);
	msg_counters_add(out, "icmp.duplicate", ic->duplicate);
	msg_counters_add(out, "icmp.late", ic->late);
	msg_counters_add(out, "icmp.reordered", ic->reordered);
	msg_counters_add(out, "icmp.unreachable", ic->unreachable);
	msg_counters_add(out, "icmp.malformed", ic->rejected[REJECT_MALFORMED]);
	msg_counters_add(out, "icmp.foreign", ic->rejected[REJECT_FOREIGN]);
	msg_counters_add(out, "icmp.wrong_nonce", ic->rejected[REJECT_NONCE]);
	msg_counters_add(out, "icmp.wrong_address", ic->rejected[REJECT_ADDRESS]);
}

static void *
icmp_open(struct probe_engine *e)
{
	struct icmp *ic = xcalloc(1, sizeof(*ic));
	size_t	     i;

	ic->engine = e;
	ic->ntarget = 1;
	ic->base_sum = echo_base_sum();
	for (i = 0; i < BATCH; i++)
		echo_prepare(ic->bytes[i]);
	return ic;
}

static void
icmp_close(void *shared)
{
	struct icmp *ic = shared;

	free(ic->target);
	free(ic->free_index);
	free(ic);
}

static const struct metric icmp_metrics[] = {
	{ "rtt_s", UNIT_SECOND, METRIC_GAUGE, "", "Median round-trip time of the answers of a result" },
	{ "loss_ratio", UNIT_RATIO, METRIC_GAUGE, "link",
	  "Steady packets of a minute without an answer in time" },
	{ "rtt_min_s", UNIT_SECOND, METRIC_GAUGE, "link", "Smallest round-trip time of a minute" },
	{ "rtt_p25_s", UNIT_SECOND, METRIC_GAUGE, "link", "Lower quartile of it (nearest rank)" },
	{ "rtt_p50_s", UNIT_SECOND, METRIC_GAUGE, "link", "Median of it" },
	{ "rtt_p75_s", UNIT_SECOND, METRIC_GAUGE, "link", "Upper quartile of it" },
	{ "rtt_p95_s", UNIT_SECOND, METRIC_GAUGE, "link", "95th percentile of it" },
	{ "rtt_max_s", UNIT_SECOND, METRIC_GAUGE, "link", "Largest round-trip time of a minute" },
	{ "pdv_p95_s", UNIT_SECOND, METRIC_GAUGE, "link",
	  "95th percentile of the delay above the smallest (PDV, RFC 5481)" },
	{ 0 }
};

static const struct conf_opt icmp_options[] = {
	{ "interval_s", CONF_NUMBER, "s", PROBE_INTERVAL_MIN_S, 60, "2",
	  .help = "Time between two echo requests; five of them make a result." },
	{ "timeout_s", CONF_NUMBER, "s", 0.1, PROBE_TIMEOUT_MAX_S, "1",
	  .help = "An echo request without an answer for this long is lost." },
	{ 0 }
};

const struct probe_ops probe_icmp = {
	.name		= "icmp",
	.help		= "Reachability, loss and round-trip time by ICMP echo.",
	.metrics	= icmp_metrics,
	.options	= icmp_options,
	.starts		= STEADY_PACKETS,
	.line		= true,
	.state_size	= sizeof(struct icmp_target),
	.start		= icmp_start,
	.cancel		= icmp_cancel,
	.open		= icmp_open,
	.close		= icmp_close,
	.hurry		= icmp_hurry,
	.packet		= icmp_packet,
	.flush		= icmp_flush,
	.counters	= icmp_counters,
};
