/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tcp.c: see tcp.h. The table is made of buckets of 8; the key of its hash is secret, so that nobody can fill one. */
#include "collectors/capture/tcp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WAYS	   8
#define IDLE_NS	   (120 * NS_PER_S)	/* then a flow's place is free */
#define REORDER_NS (3 * NS_PER_MS)	/* what fills a hole so soon was overtaken, not sent again */
#define RTT_MAX_NS (60 * NS_PER_S)

struct flow_key {			/* the lower end first */
	uint8_t	 address[2][16];
	uint16_t port[2];
	uint8_t	 family;
};

struct side {				/* what one end sends */
	uint32_t next;			/* behind the highest sequence number so far */
	uint32_t acked;			/* what the other one has acknowledged */
	uint32_t timed_end;		/* this acknowledgement is waited for, ... */
	int64_t	 timed_ns;		/* ... since then; 0: none */
	uint32_t hole, hole_end;	/* numbers that were left out, ... */
	int64_t	 hole_ns;		/* ... seen then; 0: none */
	uint32_t largest;		/* payload so far */
	bool	 known, acked_known;
};

struct flow {
	struct flow_key key;
	int64_t		last_ns;	/* 0: free */
	struct side	side[2];
};

struct tcp_table {
	struct siphash_key hash_key;
	size_t		   buckets;
	uint64_t	   evicted;
	struct flow	   flow[];
};

struct tcp_table *
tcp_new(size_t flows, const struct siphash_key *key)
{
	struct tcp_table *t;
	size_t		  buckets = 1;

	while (buckets * WAYS < flows)
		buckets *= 2;
	t = xcalloc(1, sizeof(*t) + buckets * WAYS * sizeof(struct flow));
	t->buckets = buckets;
	t->hash_key = *key;
	return t;
}

void
tcp_free(struct tcp_table *t)
{
	free(t);
}

uint64_t
tcp_evicted(const struct tcp_table *t)
{
	return t->evicted;
}

/* @return which side has sent it */
static unsigned
key_make(struct flow_key *k, const struct packet *p)
{
	int	 order = memcmp(p->src.byte, p->dst.byte, sizeof(p->src.byte));
	unsigned from = order > 0 || (order == 0 && p->src_port > p->dst_port);

	memset(k, 0, sizeof(*k));	/* with what lies between its fields: it is hashed as a whole */
	memcpy(k->address[from], p->src.byte, sizeof(p->src.byte));
	memcpy(k->address[!from], p->dst.byte, sizeof(p->dst.byte));
	k->port[from] = p->src_port;
	k->port[!from] = p->dst_port;
	k->family = p->src.family;
	return from;
}

static bool
is_idle(const struct flow *f, int64_t ns)
{
	return f->last_ns == 0 || ns - f->last_ns > IDLE_NS;
}

static struct flow *
flow_for(struct tcp_table *t, const struct flow_key *k, int64_t ns)
{
	struct flow *bucket = &t->flow[(siphash(&t->hash_key, k, sizeof(*k)) & (t->buckets - 1)) * WAYS], *oldest = bucket;
	unsigned     i;

	for (i = 0; i < WAYS; i++) {
		if (bucket[i].last_ns != 0 && memcmp(&bucket[i].key, k, sizeof(*k)) == 0)
			return &bucket[i];
		if (bucket[i].last_ns < oldest->last_ns)
			oldest = &bucket[i];
	}
	t->evicted += !is_idle(oldest, ns);
	*oldest = (struct flow){ .key = *k };
	return oldest;
}

/* In the circle of sequence numbers (RFC 9293 3.4). */
static bool
is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static double
acknowledged(struct side *s, uint32_t ack, int64_t ns)
{
	int64_t waited = ns - s->timed_ns;
	double	rtt_s = NAN;

	if (!s->acked_known || is_after(ack, s->acked)) {
		s->acked = ack;
		s->acked_known = true;
	}
	if (s->timed_ns == 0 || is_after(s->timed_end, ack))
		return NAN;
	if (ack == s->timed_end && waited > 0 && waited < RTT_MAX_NS)
		rtt_s = (double)waited / NS_PER_S;
	s->timed_ns = 0;	/* also when more was acknowledged: by what came later, nobody knows when */
	return rtt_s;
}

static void
timing_start(struct side *s, uint32_t end, int64_t ns)
{
	s->timed_end = end;
	s->timed_ns = ns;
}

/* A connection begins, or begins anew with other numbers. */
static void
side_open(struct side *s, uint32_t end, int64_t ns)
{
	*s = (struct side){ .next = end, .known = true };
	timing_start(s, end, ns);
}

static bool
is_keepalive(const struct side *s, const struct packet *p)
{
	return p->payload <= 1 && p->seq == s->next - 1 && s->acked_known && s->acked == s->next;
}

static bool
fills_hole(const struct side *s, const struct packet *p, uint32_t end, int64_t ns)
{
	return s->hole_ns != 0 && ns - s->hole_ns < REORDER_NS && !is_after(s->hole, p->seq) &&
	    !is_after(end, s->hole_end);
}

/* Numbers that were all there before. @return whether they were sent again */
static bool
old_segment(struct side *s, const struct packet *p, uint32_t end, int64_t ns)
{
	if (fills_hole(s, p, end, ns))
		return false;
	s->timed_ns = 0;
	return true;
}

static void
new_segment(struct side *s, const struct packet *p, uint32_t end, int64_t ns)
{
	if (is_after(p->seq, s->next)) {
		s->hole = s->next;
		s->hole_end = p->seq;
		s->hole_ns = ns;
		s->timed_ns = 0;	/* the receiver acknowledges no further than to the hole */
	} else if (s->timed_ns == 0 && p->payload > 0 && p->payload >= s->largest && s->acked_known &&
	    is_after(s->next, s->acked)) {
		timing_start(s, end, ns);
	}
	s->next = end;
}

static void
segment(struct side *s, const struct packet *p, int64_t ns, struct tcp_seen *out)
{
	bool	 syn = (p->tcp_flags & PACKET_SYN) != 0;
	uint32_t end = p->seq + p->payload + syn + ((p->tcp_flags & PACKET_FIN) != 0);

	if (end == p->seq || (s->known && !syn && is_keepalive(s, p)))
		return;
	out->segment = true;
	if (!s->known || (syn && end != s->next)) {
		side_open(s, end, ns);
		s->timed_ns = syn ? ns : 0;
	} else if (!is_after(end, s->next)) {
		out->again = old_segment(s, p, end, ns);
	} else {
		new_segment(s, p, end, ns);
	}
	if (p->payload > s->largest)
		s->largest = p->payload;
}

void
tcp_packet(struct tcp_table *t, const struct packet *p, int64_t ns, struct tcp_seen *out)
{
	struct flow_key k;
	unsigned	from = key_make(&k, p);
	struct flow    *f = flow_for(t, &k, ns);

	*out = (struct tcp_seen){ .rtt_s = NAN };
	f->last_ns = ns;
	if (p->tcp_flags & PACKET_RST) {
		f->last_ns = 0;
		return;
	}
	if (p->tcp_flags & PACKET_ACK)
		out->rtt_s = acknowledged(&f->side[!from], p->ack, ns);
	segment(&f->side[from], p, ns, out);
}
