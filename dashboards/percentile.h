/* SPDX-License-Identifier: GPL-3.0-or-later */
/* percentile.h: the 95th percentile of 5-minute averages (DEFINITIONS P). Pure. */
#ifndef SIMPUL_PERCENTILE_H
#define SIMPUL_PERCENTILE_H

#include "base/base.h"

/**
 * Averages of 5 minutes from values of a finer or equal step: an average is known when at least half of its
 * minutes are.
 * @param t_s	ends of the intervals, rising by step_s
 * @param v	NAN: unknown
 * @param out	n values at most @return how many
 */
size_t	five_minutes(const int64_t *t_s, const double *v, size_t n, unsigned step_s, double *out);
/** The value at rank ceil(95 n / 100) of the n known ones; NAN when there are none. @param v  is sorted */
double	percentile_95(double *v, size_t n);

#endif
