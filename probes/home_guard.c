/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home_guard.c: a hash over a whole datagram is the dearest thing that a stranger can make us do, and only for who knows the
 * name of a site, which is in the clear. Each failure is held against the address it came from and against all: beyond 20 at
 * once, and 5 a second, of a place (IPv6: a /64), or 2,000 and 1,000 a second of all, datagrams from who is not known are
 * dropped unread. A site at the address from which it was accepted last is never asked here, so that a flood under forged
 * addresses cannot shut it out.
 */
#include "probes/home.h"

#define PLACE_AT_ONCE 20
#define PLACE_PER_S   5
#define ALL_AT_ONCE   2000
#define ALL_PER_S     1000

static float
spent_now(const struct guard_bucket *b, float per_s, int64_t now_ns)
{
	float left = b->spent - (float)(now_ns - b->at_ns) / NS_PER_S * per_s;

	return left > 0 ? left : 0;
}

static struct guard_bucket *
place_of(struct home_guard *g, const struct addr *from)
{
	struct addr place = addr_place(from);

	return &g->place[siphash(&g->key, &place, sizeof(place)) % GUARD_PLACES];
}

bool
home_guard_pass(struct home_guard *g, const struct addr *from, int64_t now_ns)
{
	return spent_now(place_of(g, from), PLACE_PER_S, now_ns) < PLACE_AT_ONCE &&
	       spent_now(&g->all, ALL_PER_S, now_ns) < ALL_AT_ONCE;
}

static void
blame(struct guard_bucket *b, float per_s, int64_t now_ns)
{
	b->spent = spent_now(b, per_s, now_ns) + 1;
	b->at_ns = now_ns;
}

void
home_guard_blame(struct home_guard *g, const struct addr *from, int64_t now_ns)
{
	blame(place_of(g, from), PLACE_PER_S, now_ns);
	blame(&g->all, ALL_PER_S, now_ns);
}
