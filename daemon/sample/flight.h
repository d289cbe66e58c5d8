/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flight.h: the fate of single packets, as the flight recorder keeps and sends them, and what may be said of
 * a row of them. Pure.
 */
#ifndef SIMPUL_FLIGHT_H
#define SIMPUL_FLIGHT_H

#include "base/base.h"

#define FLIGHT_BEFORE_NS (120 * NS_PER_S)	/* kept before a recording begins ... */
#define FLIGHT_AFTER_NS  (300 * NS_PER_S) /* ... and recorded after that, or after the line is up again */

/*
 * A fate: round-trip time in microseconds, or one of these; with FLIGHT_BURST when it was no steady packet.
 */
#define FLIGHT_RTT	  0x00ffffffu
#define FLIGHT_LOST	  0x00ffffffu
#define FLIGHT_UNMEASURED 0x00fffffeu		/* by our own fault: neither lost nor answered */
#define FLIGHT_BURST	  0x80000000u

struct flight_packet {
	int32_t	 at_ms;		/* when it left, from the beginning of the recording on */
	uint32_t fate;
};

#define FLIGHT_PACKET_LEN 8	/* as bytes: both little-endian */

static inline bool
flight_is_lost(const struct flight_packet *p)
{
	return (p->fate & FLIGHT_RTT) == FLIGHT_LOST;
}

static inline bool
flight_is_answered(const struct flight_packet *p)
{
	return (p->fate & FLIGHT_RTT) < FLIGHT_UNMEASURED;
}

uint32_t flight_fate(double rtt_s, bool steady);	/* of an answered packet */
void	flight_put(uint8_t out[FLIGHT_PACKET_LEN], const struct flight_packet *p);
struct flight_packet flight_get(const uint8_t in[FLIGHT_PACKET_LEN]);
/** Order by time. Packets are decided nearly in the order in which they left. */
void	flight_sort(struct flight_packet *p, size_t n);

struct flight_summary {
	uint32_t sent, lost;		/* what was not measured is in neither */
	uint32_t gap_lost;		/* packets of the longest gap; 0 = there was none */
	int32_t	 gap_from_ms, gap_to_ms;
	bool	 gap_open;		/* nothing was answered after it */
};

/**
 * The gap is the longest row of lost packets. It began between the last packet that was answered and the
 * first that was lost, and ended between the last lost and the next answered: the middle is taken, so a gap
 * is known to within half an interval at either end. Without an answer before or after it, it begins or ends
 * with its own first or last packet.
 * @param p  in the order of time
 */
void	flight_summarize(const struct flight_packet *p, size_t n, struct flight_summary *out);

#endif
