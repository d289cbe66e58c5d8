/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * talkers.c: see talkers.h. So few counters are searched from end to end: their hashes lie side by side, and nobody who
 * chooses addresses can make that slower.
 */
#include "collectors/capture/talkers.h"

#include <stdlib.h>
#include <string.h>

struct talkers {
	unsigned      n, used;
	uint32_t      hash[TALKERS_MAX];
	uint64_t      octets[TALKERS_MAX];
	struct talker each[];		/* its octets stand above */
};

struct talkers *
talkers_new(unsigned n)
{
	struct talkers *t = xcalloc(1, sizeof(*t) + n * sizeof(t->each[0]));

	t->n = n;
	return t;
}

void
talkers_free(struct talkers *t)
{
	free(t);
}

static unsigned
place_of(const struct talkers *t, const struct addr *host, uint32_t hash)
{
	unsigned i;

	for (i = 0; i < t->used; i++)
		if (t->hash[i] == hash && addr_equal(&t->each[i].host, host))
			break;
	return i;
}

static unsigned
smallest(const struct talkers *t)
{
	unsigned i, least = 0;

	for (i = 1; i < t->used; i++)
		if (t->octets[i] < t->octets[least])
			least = i;
	return least;
}

void
talkers_add(struct talkers *t, const struct addr *host, uint64_t octets)
{
	uint32_t hash = addr_hash(host);
	unsigned i = place_of(t, host, hash);

	if (i == t->used && t->used < t->n) {
		t->octets[t->used++] = 0;
		t->each[i] = (struct talker){ .host = *host };
		t->hash[i] = hash;
	} else if (i == t->used) {
		/* It may have been what is overwritten now: all that one had is taken to be its own. */
		i = smallest(t);
		t->each[i] = (struct talker){ .host = *host, .error = t->octets[i] };
		t->hash[i] = hash;
	}
	t->octets[i] += octets;
}

static int
by_octets(const void *a, const void *b)
{
	const struct talker *left = a, *right = b;

	if (left->octets != right->octets)
		return left->octets < right->octets ? 1 : -1;
	return memcmp(&left->host, &right->host, sizeof(left->host));
}

size_t
talkers_top(const struct talkers *t, struct talker *out, size_t max)
{
	struct talker all[TALKERS_MAX];
	unsigned      i;
	size_t	      n = t->used < max ? t->used : max;

	for (i = 0; i < t->used; i++) {
		all[i] = t->each[i];
		all[i].octets = t->octets[i];
	}
	qsort(all, t->used, sizeof(all[0]), by_octets);
	memcpy(out, all, n * sizeof(out[0]));
	return n;
}

uint64_t
talkers_unseen_max(const struct talkers *t)
{
	return t->used < t->n ? 0 : t->octets[smallest(t)];
}

void
talkers_reset(struct talkers *t)
{
	t->used = 0;
}
