/* SPDX-License-Identifier: GPL-3.0-or-later */
/* baseline.c: see baseline.h. */
#include "rules/baseline.h"

#include <math.h>

#define FAR_FACTOR 0.1

double
baseline_drop(struct baseline *b, double value, double seconds, double far)
{
	bool   speaks = b->known_s >= BASELINE_SPEAKS_S;
	double drop = b->mean - value, window_s, weight;

	if (isnan(value) || !(seconds > 0))
		return NAN;
	/* At first a plain mean over all that is known; later an exponential one. */
	window_s = b->known_s + seconds < BASELINE_FOLLOWS_S ? b->known_s + seconds : BASELINE_FOLLOWS_S;
	weight = seconds < window_s ? seconds / window_s : 1;
	if (speaks && fabs(drop) > far)
		weight *= FAR_FACTOR;
	b->mean += weight * (value - b->mean);
	b->known_s += seconds;
	return speaks ? drop : NAN;
}
