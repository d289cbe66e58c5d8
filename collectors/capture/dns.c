/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns.c: see dns.h. A question is known by both addresses, the client's port and its id (RFC 5452 9). */
#include "collectors/capture/dns.h"

#include <stdlib.h>
#include <string.h>

#define WAYS	  8
#define SERVFAIL  2
#define PORT_DNS  53

struct question_key {
	uint8_t	 client[16], server[16];
	uint16_t port, id;
	uint32_t family;
};

struct question {
	struct question_key key;
	int64_t		    asked_ns;	/* 0: free */
	uint32_t	    site;
};

struct dns_table {
	struct siphash_key hash_key;
	size_t		   buckets;
	uint64_t	   evicted;
	struct question	   question[];
};

struct dns_table *
dns_new(size_t questions, const struct siphash_key *key)
{
	struct dns_table *t;
	size_t		  buckets = 1;

	while (buckets * WAYS < questions)
		buckets *= 2;
	t = xcalloc(1, sizeof(*t) + buckets * WAYS * sizeof(struct question));
	t->buckets = buckets;
	t->hash_key = *key;
	return t;
}

void
dns_free(struct dns_table *t)
{
	free(t);
}

uint64_t
dns_evicted(const struct dns_table *t)
{
	return t->evicted;
}

static struct question_key
key_of(const struct packet *p)
{
	const struct addr  *client = p->dns_response ? &p->dst : &p->src, *server = p->dns_response ? &p->src : &p->dst;
	struct question_key k = { .port = p->dns_response ? p->dst_port : p->src_port, .id = p->dns_id,
		.family = client->family };

	memcpy(k.client, client->byte, sizeof(k.client));
	memcpy(k.server, server->byte, sizeof(k.server));
	return k;
}

static struct question *
bucket_of(struct dns_table *t, const struct question_key *k)
{
	return &t->question[(siphash(&t->hash_key, k, sizeof(*k)) & (t->buckets - 1)) * WAYS];
}

static void
question_keep(struct dns_table *t, const struct question_key *k, uint32_t site, int64_t ns)
{
	struct question *q = bucket_of(t, k), *oldest = q;
	unsigned	 i;

	for (i = 0; i < WAYS; i++) {
		if (q[i].asked_ns != 0 && memcmp(&q[i].key, k, sizeof(*k)) == 0)
			return;		/* repeated: it waits since it was asked first */
		if (q[i].asked_ns < oldest->asked_ns)
			oldest = &q[i];
	}
	t->evicted += oldest->asked_ns != 0;
	*oldest = (struct question){ .key = *k, .asked_ns = ns, .site = site };
}

enum dns_outcome
dns_packet(struct dns_table *t, const struct packet *p, uint32_t site, int64_t ns, uint32_t *asked)
{
	struct question_key k = key_of(p);
	struct question	   *q;
	unsigned	    i;

	if (!p->dns_response) {
		if (p->dst_port == PORT_DNS)
			question_keep(t, &k, site, ns);
		return DNS_NOTHING;
	}
	q = bucket_of(t, &k);
	for (i = 0; i < WAYS && (q[i].asked_ns == 0 || memcmp(&q[i].key, &k, sizeof(k)) != 0); i++)
		;
	if (p->src_port != PORT_DNS || i == WAYS)
		return DNS_NOTHING;
	*asked = q[i].site;
	q[i].asked_ns = 0;
	return p->dns_rcode == SERVFAIL ? DNS_FAILED : DNS_ANSWERED;
}

void
dns_expire(struct dns_table *t, int64_t ns, void (*unanswered)(void *arg, uint32_t site), void *arg)
{
	size_t i;

	for (i = 0; i < t->buckets * WAYS; i++) {
		struct question *q = &t->question[i];

		if (q->asked_ns == 0 || ns - q->asked_ns < DNS_ANSWER_NS)
			continue;
		q->asked_ns = 0;
		unanswered(arg, q->site);
	}
}
