/* SPDX-License-Identifier: GPL-3.0-or-later */
/* percentile.c: see percentile.h. */
#include "dashboards/percentile.h"

#include <math.h>
#include <stdlib.h>

#define STEP_S 300

size_t
five_minutes(const int64_t *t_s, const double *v, size_t n, unsigned step_s, double *out)
{
	size_t	 i, have = 0;
	unsigned known = 0, of = STEP_S / step_s;
	double	 sum = 0;

	for (i = 0; i < n; i++) {
		if (!isnan(v[i])) {
			sum += v[i];
			known++;
		}
		if (t_s[i] % STEP_S != 0 && i + 1 < n)
			continue;
		out[have++] = known > 0 && 2 * known >= of ? sum / known : NAN;
		sum = known = 0;
	}
	return have;
}

static int
rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
percentile_95(double *v, size_t n)
{
	size_t i, known = 0;

	for (i = 0; i < n; i++)
		if (!isnan(v[i]))
			v[known++] = v[i];
	if (known == 0)
		return NAN;
	qsort(v, known, sizeof(*v), rising);
	return v[(95 * known + 99) / 100 - 1];
}
