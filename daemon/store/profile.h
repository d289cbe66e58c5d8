/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profile.h: how long which resolution is kept: the RRAs of a file (docs/decisions.md 6). Step 60 s, xff 0.5.
 */
#ifndef SIMPUL_PROFILE_H
#define SIMPUL_PROFILE_H

#include "base/base.h"

#define PROFILE_STEP_S	    60
#define PROFILE_HEARTBEAT_S 180
#define PROFILE_XFF	    0.5

struct rra {
	const char *cf;		/* AVERAGE, MAX, MIN */
	uint32_t    pdp;	/* rows of 60 s that make one of this */
	uint32_t    rows;
};

struct profile {
	const char	 *name;
	uint32_t	  flush_s;	/* default with many files */
	uint64_t	  journal_max;	/* default, bytes */
	const struct rra *rra;	/* in file order */
	uint8_t		  nrra;
};

#define PROFILES 3
extern const struct profile profiles[PROFILES];

const struct profile *profile_find(const char *name);	/* NULL when unknown */
/**
 * The archive that answers for this consolidation and step. A row of one step is its own maximum and minimum,
 * so at 60 s the averages answer for all.
 * @return NULL when the profile keeps none
 */
const struct rra *profile_rra(const struct profile *p, const char *cf, uint32_t step_s);

#endif
