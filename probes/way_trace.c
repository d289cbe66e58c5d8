/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * way_trace.c: the hops of a way. Requests with rising time to live leave together, as many as the way is
 * thought to be long, or 12; while the last of them are answered and the target is not among them, 8 more
 * follow. Then each hop is asked twice more, as far as there was anybody: three packets show who shares a
 * hop.
 */
#include "probes/way_job.h"

#include <math.h>

#define WINDOW	 12
#define WIDEN	 8
#define LOOK_BACK 4	/* silent hops at the end after which nobody is expected */
#define BEYOND	 2	/* hops asked behind the last that answered */

struct trace {
	struct way_job	      job;	/* must be first */
	struct msg_trace_done out;
	uint8_t		      try, ttl, last;	/* next time to live, and the last of this try */
	uint8_t		      reached;	/* smallest time to live with which the target answered; 0 = none */
};

static bool
trace_next(struct way_job *j, struct way_request *rq)
{
	struct trace *t = (struct trace *)j;

	if (t->ttl > t->last)
		return false;
	*rq = (struct way_request){
	    .seq = (uint8_t)((t->ttl - 1) * TRACE_TRIES + t->try), .ttl = t->ttl, .len = ECHO_LEN};
	t->out.hop[t->ttl - 1].sent++;
	t->ttl++;
	return true;
}

static void
trace_refused(struct way_job *j, uint8_t seq, int error)
{
	(void)error;
	((struct trace *)j)->out.hop[seq / TRACE_TRIES].sent--;
}

static void
trace_answer(struct way_job *j, const struct way_answer *a)
{
	struct trace	 *t = (struct trace *)j;
	uint8_t		  at = a->seq / TRACE_TRIES, i;
	struct trace_hop *h = &t->out.hop[at];
	float		  rtt_s = (float)a->rtt_ns / NS_PER_S;

	if (a->error == NULL && (t->reached == 0 || at + 1 < t->reached))
		t->reached = at + 1;
	h->rtt_s = h->answered == 0 || rtt_s < h->rtt_s ? rtt_s : h->rtt_s;
	h->answered++;
	for (i = 0; i < h->n && !addr_equal(&h->addr[i], &a->from); i++)
		;
	if (i == h->n && h->n < TRACE_TRIES)
		h->addr[h->n++] = a->from;
}

/* @return the last hop up to `last` that answered, from 1 on; 0 = none */
static uint8_t
last_answered(const struct trace *t)
{
	uint8_t at = TRACE_HOPS_MAX;

	while (at > 0 && t->out.hop[at - 1].answered == 0)
		at--;
	return at;
}

static bool
trace_turn(struct way_job *j)
{
	struct trace *t = (struct trace *)j;
	uint8_t	      heard = last_answered(t);

	if (t->try == 0 && t->reached == 0 && t->last < TRACE_HOPS_MAX && heard + LOOK_BACK > t->last) {
		t->last = t->last + WIDEN < TRACE_HOPS_MAX ? t->last + WIDEN : TRACE_HOPS_MAX;
		return true;
	}
	t->last = t->reached != 0 ? t->reached : heard + BEYOND;
	if (t->last > TRACE_HOPS_MAX)
		t->last = TRACE_HOPS_MAX;
	t->ttl = 1;
	return ++t->try < TRACE_TRIES;
}

static void
trace_finish(struct way_job *j, struct ways *w)
{
	struct trace *t = (struct trace *)j;
	struct buf    b = { 0 };

	t->out.reached = t->reached != 0;
	t->out.nhops = t->reached != 0 ? t->reached : last_answered(t);
	msg_trace_done_encode(&b, &t->out);
	way_tell(w, IPC_TRACE_DONE, &b);
	buf_free(&b);
}

static const struct way_ops trace_ops = {
	.next = trace_next,
	.refused = trace_refused,
	.answer = trace_answer,
	.turn = trace_turn,
	.finish = trace_finish,
};

_Static_assert(TRACE_HOPS_MAX * TRACE_TRIES <= WAY_SEQS_MAX, "a number for each request");

void
ways_trace(struct ways *w, struct probe *p, const struct msg_trace_now *now)
{
	struct trace *t = (struct trace *)way_job_new(w, p, &trace_ops, sizeof(*t));
	int	      i;

	if (t == NULL)
		return;
	t->ttl = 1;
	t->last = now->hops > 0 && now->hops + BEYOND < WINDOW ? now->hops + BEYOND : WINDOW;
	t->out.number = p->number;
	t->out.record = now->record;
	t->out.role = now->role;
	t->out.wall_ns = way_wall_ns(w);
	for (i = 0; i < TRACE_HOPS_MAX; i++)
		t->out.hop[i].rtt_s = NAN;
}
