/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lag.h: how late planned things really happened, as counts per length of time: 16 classes for each doubling, so a
 * quantile is at most 1/16 too high. An own delay in sending is a fault of ours that the user must be able to see.
 */
#ifndef SIMPUL_LAG_H
#define SIMPUL_LAG_H

#include "base/base.h"

#define LAG_CLASSES 448		/* up to 2^31 us */

struct lag {			/* zeroed is empty */
	uint32_t count[LAG_CLASSES];
	uint64_t total;
	uint64_t max_us;
};

void	 lag_add(struct lag *g, int64_t late_ns);	/* early counts as on time */
/** Nearest rank. @return the upper bound of the class, never above the maximum; 0 when empty */
uint64_t lag_quantile_us(const struct lag *g, unsigned percent);

#endif
