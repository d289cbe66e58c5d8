/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.c: see login.h. */
#include "dashboards/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define WINDOW_NS (600 * NS_PER_S)
#define PLACES	  4096		/* per table: a colliding key takes the place of the older one */

struct failures {
	uint64_t key;		/* 0: free */
	unsigned n;
	int64_t	 first_ns, last_ns;
};

static const struct limit {
	unsigned free, delay_max_s;
} limits[] = { { 5, 30 }, { 20, 900 } };

enum { ACCOUNT, ADDRESS, TABLES };

struct login {
	struct failures table[TABLES][PLACES];
};

/* Of an IPv6 address the network counts: its owner has all the rest. */
static uint64_t
key_of(int table, const char *account, const struct addr *from)
{
	struct addr net = *from;
	uint64_t    h;

	if (table == ACCOUNT)
		h = hash_text(account);
	else {
		if (net.family == 6)
			memset(net.byte + 8, 0, 8);
		h = (uint64_t)addr_hash(&net) << 8 | net.family;
	}
	return hash_u64(h) | 1;
}

static size_t
place_of(uint64_t key)
{
	return (size_t)(key >> 16) % PLACES;
}

struct login *
login_new(void)
{
	return xcalloc(1, sizeof(struct login));
}

void
login_free(struct login *l)
{
	free(l);
}

static int64_t
delay_ns(const struct failures *f, const struct limit *limit)
{
	unsigned over = f->n > limit->free ? f->n - limit->free : 0, s;

	if (over == 0)
		return 0;
	s = over > 16 ? limit->delay_max_s : 1u << (over - 1);
	return (int64_t)(s < limit->delay_max_s ? s : limit->delay_max_s) * NS_PER_S;
}

unsigned
login_wait_s(const struct login *l, const char *account, const struct addr *from, int64_t now_ns)
{
	const struct failures *f;
	int64_t		       until, wait = 0;
	uint64_t	       key;
	int		       t;

	for (t = 0; t < TABLES; t++) {
		key = key_of(t, account, from);
		f = &l->table[t][place_of(key)];
		if (f->key != key || now_ns - f->last_ns > WINDOW_NS + delay_ns(f, &limits[t]))
			continue;
		until = f->last_ns + delay_ns(f, &limits[t]);
		if (until - now_ns > wait)
			wait = until - now_ns;
	}
	return (unsigned)((wait + NS_PER_S - 1) / NS_PER_S);
}

void
login_try(struct login *l, const char *account, const struct addr *from, int64_t now_ns)
{
	struct failures *f;
	uint64_t	 key;
	int		 t;

	for (t = 0; t < TABLES; t++) {
		key = key_of(t, account, from);
		f = &l->table[t][place_of(key)];
		/* Free failures are those of ten minutes; delays last as long as there are new ones. */
		if (f->key != key || (f->n <= limits[t].free && now_ns - f->first_ns > WINDOW_NS) ||
		    now_ns - f->last_ns > WINDOW_NS + delay_ns(f, &limits[t]))
			*f = (struct failures){ .key = key, .first_ns = now_ns };
		f->n++;
		f->last_ns = now_ns;
	}
}

void
login_worked(struct login *l, const char *account, const struct addr *from)
{
	struct failures *f;
	uint64_t	 key;
	int		 t;

	for (t = 0; t < TABLES; t++) {
		key = key_of(t, account, from);
		f = &l->table[t][place_of(key)];
		if (f->key == key)
			f->n = t == ACCOUNT || f->n == 0 ? 0 : f->n - 1;
	}
}
