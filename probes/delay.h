/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delay.h: loss and delay of one target over a wall-clock minute, from its steady packets only.
 *
 * RTT is that of RFC 2681, loss that of RFC 6673, PDV that of RFC 5481: each packet's delay less the smallest of the
 * minute. Percentiles are by nearest rank: sort n values, take the one at rank ceil(p n / 100), counted from 1; nothing is
 * interpolated, so every figure is a delay that was measured.
 */
#ifndef SIMPUL_DELAY_H
#define SIMPUL_DELAY_H

#include "sample/sample.h"

#define DELAY_PACKETS_MAX 60	/* one a second; more are counted, but not kept for the percentiles */

struct delay_minute {			/* zeroed is empty */
	int64_t	 start_s;	/* wall, seconds since 1970, a multiple of 60 */
	uint16_t tried;		/* packets decided */
	uint16_t sent;		/* of these, answered or lost */
	uint16_t answered;
	float	 rtt_s[DELAY_PACKETS_MAX];
};

/** Value at nearest rank of n > 0 sorted values. */
float	rank_value(const float *sorted, unsigned n, unsigned percent);
void	rank_sort(float *v, unsigned n);

void	delay_begin(struct delay_minute *m, int64_t wall_ns);
bool	delay_covers(const struct delay_minute *m, int64_t wall_ns);
/** One steady packet is decided. @param rtt_s  NAN: lost */
void	delay_add(struct delay_minute *m, float rtt_s);
void	delay_add_unmeasured(struct delay_minute *m);
/**
 * Close the minute: fill in type, quality, time, seconds and values of a SAMPLE_DELAY. Sorts m in place.
 * Quality: GOOD when a packet was answered, LOST when all were lost, UNKNOWN when none was either.
 * @return false when the minute holds nothing
 */
bool	delay_sample(struct delay_minute *m, int64_t interval_ns, struct sample *s);

#endif
