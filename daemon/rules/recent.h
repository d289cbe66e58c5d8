/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recent.h: how often something has happened within the last hour, to five minutes. Pure. */
#ifndef SIMPUL_RECENT_H
#define SIMPUL_RECENT_H

#include "base/base.h"

#define RECENT_PART_NS (300 * NS_PER_S)
#define RECENT_PARTS   12

struct recent {				/* zeroed: never */
	float	part[RECENT_PARTS];	/* of the five minutes that last_ns falls into, and those before: a ring */
	int64_t at;			/* number of those five minutes since the epoch of the clock */
};

/**
 * Add what happened up to now.
 *
 * @param happened  >= 0; may be a fraction (a rate times its seconds); NAN counts as none
 * @param now_ns    wall; a time before an earlier one counts as that one; one an hour before it begins anew
 * @return the sum over the last hour, the present five minutes included
 */
double	recent_add(struct recent *r, double happened, int64_t now_ns);

#endif
