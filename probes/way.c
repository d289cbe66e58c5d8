/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * way.c: jobs in their queue, their requests out at a bounded pace, answers to whom they belong; see way.h.
 */
#include "probes/way_job.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define BATCH	    32			/* requests at most in one turn of the pump, and of a rush */
#define PUMP_NS	    (20 * NS_PER_MS)
#define SEQ_AT	    6
#define NONCE_AT    8
#define LEVEL_AT    16			/* makes up for the sequence number, then for the nonce */

struct ways {
	struct loop	 *loop;
	struct packet_io *io;
	way_tell_fn	  tell;
	void		 *tell_arg;
	uint64_t	  secret;		/* what the identifiers of lines are made of */
	struct way_job	 *active, *waiting, **waiting_end;
	size_t		  nactive, nwaiting;
	struct loop_timer pump;
	int64_t		  room_ns;		/* when the budget was last looked at */
	double		  room;			/* packets that may leave */
	uint64_t	  sent, answered, wrong_nonce, dropped;

	size_t		  nout;
	struct packet_out out[BATCH];
	struct way_job	 *job_of[BATCH];
	uint8_t		  seq_of[BATCH];
	uint8_t		  bytes[BATCH][WAY_LEN_MAX];
};

static void	pump(void *arg);

/* ---- a request ---- */

/* One's complement: a word and its complement add up to nothing. */
static void
level_put(uint8_t *msg, uint16_t seq, uint64_t nonce)
{
	uint16_t level;

	put_u16be(msg + LEVEL_AT, (uint16_t)~seq);
	level = packet_checksum(&nonce, sizeof(nonce), 0);
	memcpy(msg + LEVEL_AT + 2, &level, sizeof(level));
}

static void
request_make(const struct way_job *j, const struct way_request *rq, uint8_t *msg)
{
	uint8_t	 base[ECHO_LEN];
	uint16_t seq = (uint16_t)(j->first_seq + rq->seq), check;

	echo_prepare(base);
	memset(msg, 0, rq->len);
	memcpy(msg, base, rq->len < sizeof(base) ? rq->len : sizeof(base));
	msg[0] = j->to.family == 6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	put_u16be(msg + 4, j->id);
	put_u16be(msg + SEQ_AT, seq);
	memcpy(msg + NONCE_AT, &j->nonce, sizeof(j->nonce));
	level_put(msg, seq, j->nonce);
	if (j->to.family == 6)
		return;		/* the kernel fills in the checksum */
	check = packet_checksum(msg, rq->len, 0);
	memcpy(msg + 2, &check, sizeof(check));
}

/* ---- out ---- */

static void
batch_send(struct ways *w)
{
	size_t i, n = w->nout;

	if (n == 0)
		return;
	w->nout = 0;
	w->sent += w->io->ops->send(w->io, PACKET_ICMP, w->out, n);
	for (i = 0; i < n; i++) {
		struct way_job *j = w->job_of[i];

		if (w->out[i].error != 0) {
			j->ops->refused(j, w->seq_of[i], w->out[i].error);
			continue;
		}
		j->sent_ns[w->seq_of[i]] = w->out[i].sent_ns;
		j->open++;
	}
}

static void
request_add(struct ways *w, struct way_job *j, const struct way_request *rq)
{
	size_t i = w->nout++;

	request_make(j, rq, w->bytes[i]);
	w->out[i] = (struct packet_out){
	    .to = j->to, .path = j->path, .data = w->bytes[i], .len = rq->len, .ttl = rq->ttl};
	w->job_of[i] = j;
	w->seq_of[i] = rq->seq;
	w->room -= 1;
}

/*
 * Jobs take turns, a request each, so that a long one delays no other. @return whether some have more to send
 */
static bool
requests_take(struct ways *w, int64_t now)
{
	struct way_job	  *j;
	struct way_request rq;
	bool		   more = true;

	while (more) {
		more = false;
		for (j = w->active; j != NULL; j = j->next) {
			if (j->turn_ns != 0)
				continue;
			if (w->nout == BATCH || w->room < 1)
				return true;
			if (j->ops->next(j, &rq)) {
				request_add(w, j, &rq);
				more = true;
			} else
				j->turn_ns = now + WAY_WAIT_NS;
		}
	}
	return false;
}

static void
job_free(struct way_job **at)
{
	struct way_job *j = *at;

	*at = j->next;
	free(j);
}

static void
jobs_start(struct ways *w)
{
	struct way_job *j;

	while (w->nactive < WAY_ACTIVE && (j = w->waiting) != NULL) {
		if ((w->waiting = j->next) == NULL)
			w->waiting_end = &w->waiting;
		w->nwaiting--;
		j->next = w->active;
		w->active = j;
		w->nactive++;
	}
}

/* What is still open of a turn that is over counts when it comes, but nobody waits for it. */
static void
turn_over(struct way_job *j)
{
	size_t i;

	for (i = 0; i < WAY_SEQS_MAX; i++)
		if (j->sent_ns[i] > 0)
			j->sent_ns[i] = -j->sent_ns[i];
	j->open = 0;
	j->turn_ns = 0;
}

/* Whose answers are all there, or late, takes its turn. */
static void
turns_take(struct ways *w, int64_t now)
{
	struct way_job **at = &w->active, *j;

	while ((j = *at) != NULL) {
		if (j->turn_ns == 0 || (j->open > 0 && j->turn_ns > now)) {
			at = &j->next;
			continue;
		}
		turn_over(j);
		if (j->ops->turn(j)) {
			at = &j->next;
			continue;
		}
		j->ops->finish(j, w);
		w->nactive--;
		job_free(at);
	}
	jobs_start(w);
}

static void
pump_at(struct ways *w, int64_t ns)
{
	if (!loop_timer_is_set(&w->pump) || ns < w->pump.due_ns)
		loop_timer_set(w->loop, &w->pump, ns, pump, w);
}

static void
pump(void *arg)
{
	struct ways	     *w = arg;
	int64_t		      now = loop_mono_ns(w->loop);
	const struct way_job *j;
	bool		      more;

	w->room += (double)(now - w->room_ns) * WAY_PPS / NS_PER_S;
	w->room_ns = now;
	if (w->room > BATCH)
		w->room = BATCH;
	turns_take(w, now);
	more = requests_take(w, now);
	batch_send(w);
	if (more)
		pump_at(w, now + PUMP_NS);
	for (j = w->active; j != NULL; j = j->next)
		if (j->turn_ns != 0)
			pump_at(w, j->open > 0 ? j->turn_ns : now + PUMP_NS);
}

/* ---- jobs ---- */

struct way_job *
way_job_new(struct ways *w, struct probe *p, const struct way_ops *ops, size_t size)
{
	struct way_job *j;

	if (w->nwaiting >= WAY_QUEUE_MAX) {
		w->dropped++;
		return NULL;
	}
	j = xcalloc(1, size);
	j->ops = ops;
	j->number = p->number;
	j->to = p->address;
	j->path = probe_path_now(p);
	j->id = (uint16_t)hash_u64(w->secret ^ p->number);
	j->first_seq = (uint16_t)loop_random(w->loop);
	j->nonce = loop_random(w->loop);
	*w->waiting_end = j;
	w->waiting_end = &j->next;
	w->nwaiting++;
	jobs_start(w);
	pump_at(w, loop_mono_ns(w->loop));
	return j;
}

void
way_tell(struct ways *w, uint16_t type, const struct buf *payload)
{
	w->tell(w->tell_arg, type, 0, payload);
}

int64_t
way_wall_ns(const struct ways *w)
{
	return loop_wall_ns(w->loop);
}

/* ---- in ---- */

static bool
is_quoted(const struct way_job *j, const struct echo_answer *a, int family)
{
	return family == j->to.family && a->id == j->id &&
	       memcmp(a->dst, j->to.byte, family == 6 ? 16 : 4) == 0 &&
	       (uint16_t)(a->seq - j->first_seq) < WAY_SEQS_MAX && (family == 4 || a->has_nonce);
}

/* @return the job, and *wrong when the nonce is another one: then it is a guess */
static struct way_job *
job_find(struct ways *w, const struct packet_in *in, enum echo_kind kind, const struct echo_answer *a,
    bool *wrong)
{
	struct way_job *j;

	for (j = w->active; j != NULL; j = j->next) {
		if (kind == ECHO_REPLY && a->nonce == j->nonce && a->id == j->id &&
		    addr_equal(&in->from, &j->to)) {
			*wrong = (uint16_t)(a->seq - j->first_seq) >= WAY_SEQS_MAX;
			return j;
		}
		if (kind == ECHO_UNREACHABLE && is_quoted(j, a, in->from.family)) {
			*wrong = a->has_nonce && a->nonce != j->nonce;
			return j;
		}
	}
	return NULL;
}

bool
ways_packet(struct ways *w, const struct packet_in *in)
{
	struct echo_answer a;
	struct way_answer  out = { .from = in->from };
	struct way_job	  *j;
	enum echo_kind	   kind;
	bool		   wrong = false;
	int64_t		   sent_ns;
	uint8_t		   seq;

	if (w == NULL || w->nactive == 0)
		return false;
	kind = echo_parse(in->data, in->len, in->from.family, &a);
	if ((j = job_find(w, in, kind, &a, &wrong)) == NULL)
		return false;
	seq = wrong ? 0 : (uint8_t)(a.seq - j->first_seq);
	if (wrong || j->sent_ns[seq] == 0) {
		w->wrong_nonce += wrong;
		return true;
	}
	out.seq = seq;
	j->open -= j->sent_ns[seq] > 0;
	sent_ns = llabs(j->sent_ns[seq]);
	out.rtt_ns = in->received_ns > sent_ns ? in->received_ns - sent_ns : 0;
	out.error = kind == ECHO_REPLY ? NULL : &a;
	j->sent_ns[seq] = 0;
	w->answered++;
	j->ops->answer(j, &out);
	if (j->open == 0 && j->turn_ns != 0)
		pump_at(w, loop_mono_ns(w->loop));
	return true;
}

/* ---- making ---- */

struct ways *
ways_new(struct loop *l, struct packet_io *io, way_tell_fn tell, void *arg)
{
	struct ways *w = xcalloc(1, sizeof(*w));

	w->loop = l;
	w->io = io;
	w->tell = tell;
	w->tell_arg = arg;
	w->secret = loop_random(l);
	w->waiting_end = &w->waiting;
	w->room_ns = loop_mono_ns(l);
	return w;
}

void
ways_reset(struct ways *w)
{
	while (w->active != NULL)
		job_free(&w->active);
	while (w->waiting != NULL)
		job_free(&w->waiting);
	w->waiting_end = &w->waiting;
	w->nactive = w->nwaiting = 0;
	loop_timer_cancel(w->loop, &w->pump);
}

void
ways_free(struct ways *w)
{
	if (w == NULL)
		return;
	ways_reset(w);
	free(w);
}

void
ways_counters(const struct ways *w, struct msg_counters *out)
{
	msg_counters_add(out, "way.sent", w->sent);
	msg_counters_add(out, "way.answered", w->answered);
	msg_counters_add(out, "way.wrong_nonce", w->wrong_nonce);
	msg_counters_add(out, "way.dropped", w->dropped);
}
