/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lag.c: class of a value v in us: v itself below 16; above, the position of its highest bit and the four bits after it.
 */
#include "schedule/lag.h"

#define SUB_BITS 4
#define SUB	 (1u << SUB_BITS)
#define MOST_US	 0x7fffffffu

static unsigned
class_of(uint32_t us)
{
	unsigned shift;

	if (us < SUB)
		return us;
	shift = 31 - SUB_BITS - (unsigned)__builtin_clz(us);
	return (shift << SUB_BITS) + (us >> shift);
}

/* The largest value of a class. */
static uint64_t
class_top_us(unsigned c)
{
	unsigned shift;

	if (c < SUB)
		return c;
	shift = (c >> SUB_BITS) - 1;
	return (((uint64_t)(c & (SUB - 1)) + SUB + 1) << shift) - 1;
}

void
lag_add(struct lag *g, int64_t late_ns)
{
	uint64_t us = late_ns > 0 ? (uint64_t)(late_ns / NS_PER_US) : 0;

	if (us > MOST_US)
		us = MOST_US;
	g->count[class_of((uint32_t)us)]++;
	g->total++;
	if (us > g->max_us)
		g->max_us = us;
}

uint64_t
lag_quantile_us(const struct lag *g, unsigned percent)
{
	uint64_t rank = (g->total * percent + 99) / 100, seen = 0, top;
	unsigned c;

	for (c = 0; c < LAG_CLASSES && g->total > 0; c++) {
		seen += g->count[c];
		if (seen >= rank) {
			top = class_top_us(c);
			return top < g->max_us ? top : g->max_us;
		}
	}
	return 0;
}
