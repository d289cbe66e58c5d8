/* SPDX-License-Identifier: GPL-3.0-or-later */
/* request_pool_test.c: requests that are equal are kept once, others are not mixed up. */
#include "collectors/snmp/pool.h"

#include <stdlib.h>
#include "tests/unit/tap.h"

#define MANY 3000

static const struct snmp_column column = { "ifDescr", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 2) };

/* A GET of one row, with this community. */
static struct snmp_request
request_of(const char *community, uint32_t index)
{
	struct snmp_credential cred = { .version = SNMP_V2C, .community_len = (uint8_t)strlen(community) };
	const struct snmp_ask  ask = { .column = &column, .nindex = 1, .index = &index };
	struct snmp_request    r = { 0 };

	memcpy(cred.community, community, cred.community_len);
	snmp_request_encode(&r, &cred, SNMP_PDU_GET, 0, &ask, 1);
	return r;
}

static const struct snmp_request *
take(struct request_pool *pool, const char *community, uint32_t index)
{
	struct snmp_request r = request_of(community, index);
	const struct snmp_request *shared = request_pool_take(pool, &r);

	if (r.data != NULL || r.len != 0)
		ok(false, "what is taken is empty");
	return shared;
}

static void
test_shared(void)
{
	struct request_pool	  *pool = request_pool_new();
	struct snmp_request	   copy = request_of("city", 7);
	const struct snmp_request *a = take(pool, "city", 7), *b = take(pool, "city", 7), *c = take(pool, "city", 8),
				  *d = take(pool, "town", 7);

	ok(a == b, "the same request is kept once");
	ok(a != c && a != d && c != d, "another row is another one, and so is another community");
	is_i64((int64_t)request_pool_count(pool), 3, "three are kept");
	ok(a->len == copy.len && a->id_at == copy.id_at && a->varbinds_at == copy.varbinds_at &&
	    memcmp(a->data, copy.data, copy.len) == 0, "as it was encoded");
	request_pool_give_back(pool, b);
	ok(memcmp(a->data, copy.data, copy.len) == 0, "given back by one, it is there for the other");
	request_pool_give_back(pool, a);
	request_pool_give_back(pool, c);
	is_i64((int64_t)request_pool_count(pool), 1, "given back by all, it is gone");
	request_pool_give_back(pool, d);
	snmp_request_fini(&copy);
	request_pool_free(pool);
}

/* In another order than they came, so that chains are taken apart in the middle, too. */
static void
test_many(void)
{
	struct request_pool		 *pool = request_pool_new();
	static const struct snmp_request *r[MANY];
	size_t				  wrong = 0;

	for (uint32_t i = 0; i < MANY; i++)
		r[i] = take(pool, "city", i);
	is_i64((int64_t)request_pool_count(pool), MANY, "as many as are different");
	for (uint32_t i = 0; i < MANY; i++) {
		const struct snmp_request *again = take(pool, "city", i);

		wrong += again != r[i];
		request_pool_give_back(pool, again);
	}
	is_i64((int64_t)wrong, 0, "each is found again");
	for (uint32_t i = 0; i < MANY; i++)
		request_pool_give_back(pool, r[(i * 7) % MANY]);
	is_i64((int64_t)request_pool_count(pool), 0, "none stays");
	request_pool_free(pool);
}

int
main(void)
{
	test_shared();
	test_many();
	return tap_done();
}
