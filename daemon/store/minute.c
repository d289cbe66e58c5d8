/* SPDX-License-Identifier: GPL-3.0-or-later */
/* minute.c: a few open minutes per object, each with a sum and a known time per value. */
#include "store/minute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (MINUTE_S * NS_PER_S)
#define AHEAD_S	  86400

struct cell {
	double	sum;		/* value x ns */
	int64_t known_ns;
};

struct slot {
	int64_t	 end_s;		/* 0 = free */
	uint64_t seq;
};

struct minutes {
	uint8_t	    values;
	int64_t	    last_s;
	struct slot slot[MINUTES_OPEN];
	struct cell cell[];	/* MINUTES_OPEN x values */
};

struct minutes *
minutes_new(uint8_t values)
{
	struct minutes *m = xcalloc(1, sizeof(*m) + (size_t)MINUTES_OPEN * values * sizeof(m->cell[0]));

	m->values = values;
	return m;
}

void
minutes_free(struct minutes *m)
{
	free(m);
}

void
minutes_reset(struct minutes *m, int64_t last_s)
{
	memset(m->slot, 0, sizeof(m->slot));
	m->last_s = last_s;
}

int64_t
minutes_last(const struct minutes *m)
{
	return m->last_s;
}

void
minutes_raise_last(struct minutes *m, int64_t last_s)
{
	if (last_s > m->last_s)
		m->last_s = last_s;
}

int64_t
minute_end_of(int64_t wall_ns)
{
	int64_t k = wall_ns / MINUTE_NS;

	if (wall_ns % MINUTE_NS > 0)
		k++;
	return k * MINUTE_S;
}

/* The open minute that ends first, or NULL. */
static struct slot *
slot_oldest(const struct minutes *m)
{
	const struct slot *best = NULL;
	int		   i;

	for (i = 0; i < MINUTES_OPEN; i++)
		if (m->slot[i].end_s != 0 && (best == NULL || m->slot[i].end_s < best->end_s))
			best = &m->slot[i];
	return (struct slot *)(uintptr_t)best;
}

int64_t
minutes_oldest_end(const struct minutes *m)
{
	const struct slot *s = slot_oldest(m);

	return s != NULL ? s->end_s : INT64_MAX;
}

uint64_t
minutes_oldest_seq(const struct minutes *m)
{
	uint64_t seq = UINT64_MAX;
	int	 i;

	for (i = 0; i < MINUTES_OPEN; i++)
		if (m->slot[i].end_s != 0 && m->slot[i].seq < seq)
			seq = m->slot[i].seq;
	return seq;
}

/* The slot of a minute, opened when need be; NULL when all are taken. */
static struct slot *
slot_for(struct minutes *m, int64_t end_s, uint64_t seq)
{
	struct slot *free_slot = NULL;
	int	     i;

	for (i = 0; i < MINUTES_OPEN; i++) {
		if (m->slot[i].end_s == end_s)
			return &m->slot[i];
		if (m->slot[i].end_s == 0 && free_slot == NULL)
			free_slot = &m->slot[i];
	}
	if (free_slot == NULL)
		return NULL;
	*free_slot = (struct slot){ .end_s = end_s, .seq = seq };
	memset(&m->cell[(free_slot - m->slot) * m->values], 0, m->values * sizeof(m->cell[0]));
	return free_slot;
}

static bool
all_unknown(const double *value, uint8_t n)
{
	while (n-- > 0)
		if (!isnan(value[n]))
			return false;
	return true;
}

unsigned
minutes_add(struct minutes *m, int64_t from_ns, int64_t to_ns, uint8_t at, const double *value, uint8_t n,
    uint64_t seq, int64_t arrived_ns)
{
	int64_t	     end_s = minute_end_of(from_ns + 1), end_ns, part_ns;
	unsigned     late = 0;
	struct slot *s;
	struct cell *c;
	uint8_t	     i;

	if (all_unknown(value, n))
		return 0;
	for (; from_ns < to_ns; from_ns += part_ns, end_s += MINUTE_S) {
		end_ns = end_s * NS_PER_S;
		part_ns = (to_ns < end_ns ? to_ns : end_ns) - from_ns;
		if (end_s <= m->last_s || end_ns + MINUTE_CLOSE_S * NS_PER_S <= arrived_ns ||
		    (s = slot_for(m, end_s, seq)) == NULL) {
			late++;
			continue;
		}
		c = &m->cell[(s - m->slot) * m->values + at];
		for (i = 0; i < n; i++)
			if (!isnan(value[i])) {
				c[i].sum += value[i] * (double)part_ns;
				c[i].known_ns += part_ns;
			}
	}
	return late;
}

static void
slot_close(struct minutes *m, struct slot *s, minute_closed_fn closed, void *arg)
{
	const struct cell *c = &m->cell[(s - m->slot) * m->values];
	double		   row[UINT8_MAX];
	int64_t		   end_s = s->end_s;
	uint8_t		   i;

	for (i = 0; i < m->values; i++)
		row[i] = c[i].known_ns >= MINUTE_KNOWN_S * NS_PER_S ? c[i].sum / (double)c[i].known_ns : NAN;
	s->end_s = 0;
	m->last_s = end_s;
	if (!all_unknown(row, m->values))
		closed(arg, end_s, s->seq, row);
}

void
minutes_close(struct minutes *m, int64_t wall_ns, minute_closed_fn closed, void *arg)
{
	int64_t	     ahead_s = wall_ns / NS_PER_S + AHEAD_S;
	struct slot *s;

	while ((s = slot_oldest(m)) != NULL && (s->end_s + MINUTE_CLOSE_S) * NS_PER_S <= wall_ns)
		slot_close(m, s, closed, arg);
	for (s = m->slot; s < m->slot + MINUTES_OPEN; s++)
		if (s->end_s > ahead_s)
			s->end_s = 0;
}
