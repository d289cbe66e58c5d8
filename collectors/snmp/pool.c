/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pool.c: shared requests by a hash of their bytes, those of one hash in a chain. */
#include "collectors/snmp/pool.h"

#include <stdlib.h>
#include <string.h>
#include "base/map.h"

struct shared {
	struct snmp_request request;	/* must be first */
	struct shared	   *next;
	uint32_t	    key;
	uint32_t	    users;
};

struct request_pool {
	struct nmap *by_key;
	size_t	     n;
};

struct request_pool *
request_pool_new(void)
{
	struct request_pool *pool = xcalloc(1, sizeof(*pool));

	pool->by_key = nmap_new();
	return pool;
}

void
request_pool_free(struct request_pool *pool)
{
	if (pool == NULL)
		return;
	nmap_free(pool->by_key);
	free(pool);
}

size_t
request_pool_count(const struct request_pool *pool)
{
	return pool->n;
}

static uint32_t
key_of(const struct snmp_request *r)
{
	uint64_t h = r->len;

	for (uint16_t i = 0; i < r->len; i++)
		h = (h ^ r->data[i]) * 0x100000001b3u;
	return (uint32_t)hash_u64(h);
}

static bool
request_equal(const struct snmp_request *a, const struct snmp_request *b)
{
	return a->len == b->len && a->id_at == b->id_at && a->varbinds_at == b->varbinds_at &&
	    memcmp(a->data, b->data, a->len) == 0;
}

const struct snmp_request *
request_pool_take(struct request_pool *pool, struct snmp_request *r)
{
	uint32_t       key = key_of(r);
	struct shared *first = nmap_get(pool->by_key, key), *s;

	for (s = first; s != NULL; s = s->next)
		if (request_equal(&s->request, r)) {
			s->users++;
			snmp_request_fini(r);
			return &s->request;
		}
	s = xcalloc(1, sizeof(*s));
	s->request = *r;
	s->key = key;
	s->users = 1;
	*r = (struct snmp_request){ 0 };
	pool->n++;
	if (first == NULL) {
		nmap_add(pool->by_key, key, s);
	} else {
		s->next = first->next;
		first->next = s;
	}
	return &s->request;
}

static void
chain_remove(struct request_pool *pool, struct shared *s)
{
	struct shared *at = nmap_get(pool->by_key, s->key);

	if (at == s) {
		nmap_remove(pool->by_key, s->key);
		if (s->next != NULL)
			nmap_add(pool->by_key, s->key, s->next);
		return;
	}
	while (at->next != s)
		at = at->next;
	at->next = s->next;
}

void
request_pool_give_back(struct request_pool *pool, const struct snmp_request *r)
{
	struct shared *s = (struct shared *)(uintptr_t)r;

	if (--s->users > 0)
		return;
	chain_remove(pool, s);
	pool->n--;
	snmp_request_fini(&s->request);
	free(s);
}
