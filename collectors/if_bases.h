/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * if_bases.h: the last readings of the counters of a port, put together: what they all have from the same PDU is
 * kept once. A country has a million counters.
 */
#ifndef SIMPUL_IF_BASES_H
#define SIMPUL_IF_BASES_H

#include "sample/rate.h"
#include "sample/sample.h"

#define IF_COUNTERS PORT_OPER_UP_RATIO	/* in the order of enum port_rate; the first two are octets */

struct if_bases {			/* zeroed: there are none; if_bases_fini() when done */
	struct rate *apart;		/* IF_COUNTERS of them, when they are not of one PDU; else NULL */
	int64_t	     mono_ns;
	uint64_t     value[IF_COUNTERS];
	uint32_t     uptime_ticks, discontinuity_ticks, boots;
	uint8_t	     known, wide;	/* bit i: counter i has a base; it is of 64 bits */
	bool	     has_discontinuity, has_boots;
};

void	if_bases_read(const struct if_bases *b, struct rate *rate);	/* IF_COUNTERS of them */
void	if_bases_write(struct if_bases *b, const struct rate *rate);
void	if_bases_fini(struct if_bases *b);

#endif
