/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rounds.c: from packets to results (rounds.h).
 *
 * Steady packets feed the minute and, five at a time, the steady rounds. A lost one sets off a burst (schedule/burst.h):
 * while it runs, steady packets go on for the minute only, and the rounds of three of the burst are the results.
 */
#include "probes/rounds.h"

#include <math.h>

static void	burst_send(void *arg);

static void
round_add(struct round *r, enum outcome what, float rtt_s)
{
	r->decided++;
	r->sent += what != NOT_MEASURED;
	if (what == ANSWERED)
		r->rtt_s[r->answered++] = rtt_s;
}

static void
burst_end(struct probe *p)
{
	struct rounds *t = p->state;

	p->engine->bursts--;
	wheel_cancel(p->engine->wheel, &t->burst_due);
	t->round_first = t->round_next;		/* rounds still open are forgotten */
	t->round_packets = 0;
	t->steady = (struct round){ 0 };
}

static void
burst_start(struct probe *p)
{
	struct rounds *t = p->state;

	p->engine->bursts++;
	t->burst_ns = loop_mono_ns(p->engine->loop);
	wheel_set(p->engine->wheel, &t->burst_due, t->burst_ns, burst_send, p);
}

/* A round is complete: it is a result. */
static void
round_report(struct probe *p, struct round *r)
{
	struct rounds *t = p->state;
	struct probe_round  out = { .sent = r->sent, .answered = r->answered, .duplicate = t->duplicate, .late = t->late,
		.reordered = t->reordered, .rtt_p50_s = NAN };
	enum round_result   result = ROUND_UNKNOWN;

	out.quality = QUALITY_UNKNOWN;
	if (r->answered > 0) {
		rank_sort(r->rtt_s, r->answered);
		out.rtt_p50_s = rank_value(r->rtt_s, r->answered, 50);
		out.quality = QUALITY_GOOD;
		result = ROUND_SUCCEEDED;
	} else if (r->sent > 0) {
		out.quality = QUALITY_LOST;
		result = ROUND_FAILED;
	}
	*r = (struct round){ 0 };
	t->duplicate = t->late = t->reordered = 0;
	probe_result(p, &out);
	if (burst_result(&t->burst, result, loop_mono_ns(p->engine->loop)))
		burst_end(p);
}

static void
steady_decided(struct probe *p, enum outcome what, float rtt_s)
{
	struct rounds *t = p->state;

	if (what == NOT_MEASURED)
		delay_add_unmeasured(&t->minute);
	else
		delay_add(&t->minute, rtt_s);
	if (t->burst.running)
		return;
	round_add(&t->steady, what, rtt_s);
	if (t->steady.decided == STEADY_PACKETS)
		round_report(p, &t->steady);
	if (what != NOT_MEASURED && burst_is_wanted(&t->burst, what == ANSWERED) &&
	    (p->engine->bursts + 1) * BURST_PACKETS <= BURST_BUDGET_PPS) {
		burst_begin(&t->burst);
		burst_start(p);
	}
}

/* Rounds are reported in the order in which they began: "in a row" depends on it. */
static void
burst_decided(struct probe *p, uint8_t number, enum outcome what, float rtt_s)
{
	struct rounds *t = p->state;
	struct round	   *first;

	if ((uint8_t)(number - t->round_first) >= (uint8_t)(t->round_next - t->round_first))
		return;		/* of a burst that is over */
	round_add(&t->round[number % ROUNDS_OPEN], what, rtt_s);
	while (t->round_first != t->round_next) {
		first = &t->round[t->round_first % ROUNDS_OPEN];
		if (first->decided < BURST_PACKETS)
			return;
		t->round_first++;
		round_report(p, first);
	}
}

void
rounds_decided(struct probe *p, bool steady, uint8_t round, enum outcome what, float rtt_s)
{
	if (steady)
		steady_decided(p, what, rtt_s);
	else
		burst_decided(p, round, what, rtt_s);
}

void
rounds_begin(struct probe *p, rounds_queue_fn queue)
{
	struct rounds *t = p->state;

	t->queue = queue;
	t->steady.decided = (uint8_t)(hash_u64(p->number) % STEADY_PACKETS);
}

void
rounds_count(uint8_t *counter)
{
	*counter += *counter < UINT8_MAX;
}

void
rounds_minute(struct probe *p, int64_t wall_ns)
{
	struct rounds *t = p->state;

	if (delay_sample(&t->minute, p->interval_ns, probe_sample(p)))
		probe_sample_send(p);
	delay_begin(&t->minute, wall_ns);
}

/* ---- the burst's packets ---- */

static void
burst_send(void *arg)
{
	struct probe	   *p = arg;
	struct rounds *t = p->state;
	int64_t		    now = loop_mono_ns(p->engine->loop);

	if (now - t->burst_ns > BURST_ROUND_NS)		/* we slept: do not catch up in a rush */
		t->burst_ns = now;
	if (t->round_packets == 0) {
		if ((uint8_t)(t->round_next - t->round_first) == ROUNDS_OPEN)
			t->round_first++;	/* likewise */
		t->round[t->round_next++ % ROUNDS_OPEN] = (struct round){ 0 };
	}
	t->queue(p, false, (uint8_t)(t->round_next - 1), t->burst_ns);
	if (++t->round_packets < BURST_PACKETS)
		t->burst_ns += BURST_PACKET_GAP_NS;
	else {
		t->burst_ns += BURST_ROUND_NS - (BURST_PACKETS - 1) * BURST_PACKET_GAP_NS;
		t->round_packets = 0;
	}
	wheel_set(p->engine->wheel, &t->burst_due, t->burst_ns, burst_send, p);
}

void
rounds_hurry(struct probe *p, unsigned rounds)
{
	struct rounds *t = p->state;
	bool		    was_running = t->burst.running;

	burst_ask(&t->burst, rounds);	/* over the budget too: core asks for few, to decide about many */
	if (!was_running)
		burst_start(p);
}

void
rounds_cancel(struct probe *p)
{
	struct rounds *t = p->state;

	if (t->burst.running)
		burst_end(p);
}
