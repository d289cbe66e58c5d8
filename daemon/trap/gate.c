/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.c: token buckets, each kept as the time at which it will be full again (GCRA): one number per source.
 *
 * All sources are in one table, whose key is random so that nobody can choose addresses that fall together.
 * Strangers besides stand in a list by the time at which they were heard last.
 */
#include "trap/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

#define BUCKETS		 16384
#define STRANGERS_PER_S	 200	/* all together */

struct source {
	struct addr    addr;
	bool	       registered;
	uint32_t       plan;	/* registered: the last plan that had it */
	int64_t	       full_ns;
	struct source *next;	/* in its bucket */
	struct source *newer, *older;	/* a stranger's */
};

struct gate {
	struct siphash_key key;
	struct gate_limits limits;
	struct source	  *bucket[BUCKETS];
	struct source	  *newest, *oldest;	/* strangers */
	size_t		   strangers;
	int64_t		   total_full_ns, strangers_full_ns;
	uint32_t	   plan;
	uint64_t	   evicted;
};

/* Does one more fit? Then it is taken. */
static bool
take(int64_t *full_ns, int64_t now, uint32_t per_s, uint32_t burst)
{
	int64_t period = NS_PER_S / per_s;

	if (*full_ns < now)
		*full_ns = now;
	if (*full_ns - now > (int64_t)(burst - 1) * period)
		return false;
	*full_ns += period;
	return true;
}

static struct source **
place(const struct gate *g, const struct addr *a)
{
	struct source *const *s = &g->bucket[siphash(&g->key, a, sizeof(*a)) % BUCKETS];

	while (*s != NULL && !addr_equal(&(*s)->addr, a))
		s = &(*s)->next;
	return (struct source **)(uintptr_t)s;
}

static void
list_remove(struct gate *g, struct source *s)
{
	*(s->newer != NULL ? &s->newer->older : &g->newest) = s->older;
	*(s->older != NULL ? &s->older->newer : &g->oldest) = s->newer;
	s->newer = s->older = NULL;
	g->strangers--;
}

static void
list_add(struct gate *g, struct source *s)
{
	s->older = g->newest;
	*(g->newest != NULL ? &g->newest->newer : &g->oldest) = s;
	g->newest = s;
	g->strangers++;
}

static void
forget_oldest(struct gate *g)
{
	struct source *s = g->oldest, **at = place(g, &s->addr);

	list_remove(g, s);
	*at = s->next;
	free(s);
	g->evicted++;
}

static struct source *
source_new(struct gate *g, const struct addr *a)
{
	struct source *s = xcalloc(1, sizeof(*s)), **at = place(g, a);

	s->addr = *a;
	*at = s;
	return s;
}

struct gate *
gate_new(void)
{
	struct gate *g = xcalloc(1, sizeof(*g));

	siphash_key_new(&g->key);
	g->limits = (struct gate_limits){ .source_per_s = 20, .source_burst = 100, .total_per_s = 2000 };
	return g;
}

void
gate_free(struct gate *g)
{
	struct source *s;
	size_t	       i;

	for (i = 0; g != NULL && i < BUCKETS; i++)
		while ((s = g->bucket[i]) != NULL) {
			g->bucket[i] = s->next;
			free(s);
		}
	free(g);
}

void
gate_limits(struct gate *g, const struct gate_limits *limits)
{
	g->limits = *limits;
}

void
gate_plan_begin(struct gate *g)
{
	g->plan++;
}

void
gate_plan_add(struct gate *g, const struct addr *a)
{
	struct source *s = *place(g, a);

	if (s == NULL)
		s = source_new(g, a);
	else if (!s->registered)
		list_remove(g, s);
	s->registered = true;
	s->plan = g->plan;
}

void
gate_plan_end(struct gate *g)
{
	struct source **at, *s;
	size_t		i;

	for (i = 0; i < BUCKETS; i++)
		for (at = &g->bucket[i]; (s = *at) != NULL;) {
			if (!s->registered || s->plan == g->plan) {
				at = &s->next;
				continue;
			}
			*at = s->next;
			free(s);
		}
}

bool
gate_is_registered(const struct gate *g, const struct addr *a)
{
	const struct source *s = *place(g, a);

	return s != NULL && s->registered;
}

uint64_t
gate_evicted(const struct gate *g)
{
	return g->evicted;
}

static struct source *
stranger(struct gate *g, const struct addr *a, struct source *s)
{
	if (s != NULL)
		list_remove(g, s);
	else if (g->strangers == GATE_STRANGERS_MAX)
		forget_oldest(g);
	if (s == NULL)
		s = source_new(g, a);
	list_add(g, s);
	return s;
}

enum gate_verdict
gate_admit(struct gate *g, const struct addr *a, int64_t now)
{
	const struct gate_limits *l = &g->limits;
	struct source		 *s = *place(g, a);
	bool			  known = s != NULL && s->registered;

	if (!known)
		s = stranger(g, a, s);
	if (!take(&s->full_ns, now, l->source_per_s, l->source_burst))
		return GATE_SOURCE_LIMIT;
	if (known ? take(&g->total_full_ns, now, l->total_per_s, l->total_per_s) :
		    take(&g->strangers_full_ns, now, STRANGERS_PER_S, STRANGERS_PER_S))
		return GATE_PASS;
	return GATE_TOTAL_LIMIT;
}
