/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * way_mtu.c: how long an IP packet passes to a line (RFC 1191, RFC 8201), by echo requests that must not be
 * fragmented.
 *
 * The lengths that lines usually have are asked at once, each up to three times; then halves between the
 * longest that was answered and the shortest that was not. When a router says what would pass, that is asked
 * next. Longer ones that are lost in silence while shorter ones are answered are a black hole (RFC 2923 2.1):
 * the shortest of them has been asked six times by then.
 */
#include "probes/way_job.h"

#include <errno.h>

#define SIZES_MAX 24
#define TRIES	  3
#define TOLD_MIN  68		/* less passes everywhere (RFC 791) */

static const uint16_t ladder[] = { 1500, 1492, 1480, 1400, 1280, 576 };

struct mtu {
	struct way_job	    job;	/* must be first */
	struct msg_mtu_done out;
	size_t		    n, at;	/* lengths; the next one to send in this turn */
	uint8_t		    try;
	uint16_t	    sure;	/* the shortest that is lost was asked once more */
	bool		    own;	/* our own interface refused one */
	struct mtu_size {
		uint16_t len;		/* of the IP packet */
		bool	 answered, refused;
	} size[SIZES_MAX];
};

_Static_assert(SIZES_MAX * TRIES <= WAY_SEQS_MAX, "a number for each request");

static bool
mtu_next(struct way_job *j, struct way_request *rq)
{
	struct mtu *m = (struct mtu *)j;

	while (m->at < m->n && (m->size[m->at].answered || m->size[m->at].refused))
		m->at++;
	if (m->at == m->n)
		return false;
	*rq = (struct way_request){ .seq = (uint8_t)(m->at * TRIES + m->try),
		.len = m->size[m->at].len - (j->to.family == 6 ? WAY_HEAD_6 : WAY_HEAD_4) };
	m->at++;
	return true;
}

static void
mtu_refused(struct way_job *j, uint8_t seq, int error)
{
	struct mtu *m = (struct mtu *)j;

	m->size[seq / TRIES].refused = error == EMSGSIZE;
	m->own |= error == EMSGSIZE;
}

static void
mtu_answer(struct way_job *j, const struct way_answer *a)
{
	struct mtu	*m = (struct mtu *)j;
	struct mtu_size *s = &m->size[a->seq / TRIES];

	if (a->error == NULL) {
		s->answered = true;
		return;
	}
	if (a->error->error != ECHO_ERROR_BIG)
		return;
	s->refused = true;
	if (a->error->mtu < TOLD_MIN || a->error->mtu >= s->len ||
	    (m->out.told != 0 && a->error->mtu >= m->out.told))
		return;
	m->out.told = (uint16_t)a->error->mtu;
	m->out.by = a->from;
}

/* The longest that was answered, and the shortest above it that was not; 0 = none. */
static void
mtu_bounds(const struct mtu *m, uint16_t *good, uint16_t *bad)
{
	size_t i;

	*good = *bad = 0;
	for (i = 0; i < m->n; i++)
		if (m->size[i].answered && m->size[i].len > *good)
			*good = m->size[i].len;
	for (i = 0; i < m->n; i++)
		if (!m->size[i].answered && m->size[i].len > *good && (*bad == 0 || m->size[i].len < *bad))
			*bad = m->size[i].len;
}

/* What is to be asked next; 0 = nothing: the answer is there. */
static uint16_t
mtu_doubt(struct mtu *m, uint16_t good, uint16_t bad)
{
	if (good == 0 || bad == 0 || good == m->out.told || m->n == SIZES_MAX)
		return 0;
	if (m->out.told > good && m->out.told < bad)
		return m->out.told;
	if (bad - good > 1)
		return (uint16_t)((good + bad) / 2);
	if (m->own || m->out.told != 0 || m->sure == bad)
		return 0;
	m->sure = bad;		/* a line that loses packets: three lost ones are not yet a black hole */
	return bad;
}

static bool
mtu_turn(struct way_job *j)
{
	struct mtu *m = (struct mtu *)j;
	uint16_t    good, bad, next;
	size_t	    i;

	for (i = 0; i < m->n && (m->size[i].answered || m->size[i].refused); i++)
		;
	m->at = 0;
	if (i < m->n && ++m->try < TRIES)
		return true;
	mtu_bounds(m, &good, &bad);
	m->out.mtu = good;
	if ((next = mtu_doubt(m, good, bad)) == 0)
		return false;
	for (i = 0; i < m->n; i++)
		m->size[i].refused |= !m->size[i].answered;	/* lost three times */
	m->size[m->n++].len = next;
	m->try = 0;
	return true;
}

static enum mtu_verdict
verdict_of(const struct mtu *m)
{
	if (m->out.mtu == 0)
		return MTU_UNKNOWN;
	if (m->out.mtu >= ladder[0])
		return MTU_WHOLE;
	if (m->out.told != 0)
		return m->out.mtu < m->out.told ? MTU_BLACK_HOLE : MTU_TOLD;
	return m->own ? MTU_OWN : MTU_BLACK_HOLE;
}

static void
mtu_finish(struct way_job *j, struct ways *w)
{
	struct mtu *m = (struct mtu *)j;
	struct buf  b = { 0 };

	m->out.verdict = (uint8_t)verdict_of(m);
	msg_mtu_done_encode(&b, &m->out);
	way_tell(w, IPC_MTU_DONE, &b);
	buf_free(&b);
}

static const struct way_ops mtu_ops = {
	.next = mtu_next, .refused = mtu_refused, .answer = mtu_answer, .turn = mtu_turn, .finish = mtu_finish
};

void
ways_mtu(struct ways *w, struct probe *p)
{
	struct mtu *m = (struct mtu *)way_job_new(w, p, &mtu_ops, sizeof(*m));
	size_t	    i;

	if (m == NULL)
		return;
	m->out.number = p->number;
	for (i = 0; i < nitems(ladder); i++)
		if (p->address.family == 4 || ladder[i] >= 1280)	/* IPv6: everywhere (RFC 8200 5) */
			m->size[m->n++].len = ladder[i];
}
