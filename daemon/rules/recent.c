/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recent.c: see recent.h. */
#include "rules/recent.h"

#include <math.h>

double
recent_add(struct recent *r, double happened, int64_t now_ns)
{
	int64_t at = now_ns / RECENT_PART_NS;
	double	sum = 0;

	if (at - r->at >= RECENT_PARTS || r->at - at >= RECENT_PARTS)	/* long ago, or before the clock was set back */
		*r = (struct recent){ .at = at };
	while (r->at < at)
		r->part[++r->at % RECENT_PARTS] = 0;
	if (happened > 0)
		r->part[r->at % RECENT_PARTS] += (float)happened;
	for (unsigned i = 0; i < RECENT_PARTS; i++)
		sum += r->part[i];
	return sum;
}
