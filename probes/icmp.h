/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * icmp.h: what the two files of the ICMP probe share.
 *
 *	icmp.c		packets: out in batches, in with every check, lost at the timeout
 *	icmp_rounds.c	what the fate of the packets means: rounds, bursts, results
 */
#ifndef SIMPUL_ICMP_H
#define SIMPUL_ICMP_H

#include "probes/delay.h"
#include "probes/engine.h"
#include "schedule/burst.h"

#define STEADY_PACKETS 5	/* of one steady round */
#define REMEMBERED     16	/* packets of a target; more than can be open: 3 s of burst and steady packets are 12 */
#define ROUNDS_OPEN    4	/* a round is decided 0.6 s + timeout (at most 3 s) after it began */

enum packet_state {
	PACKET_NONE,		/* never sent */
	PACKET_QUEUED,
	PACKET_OPEN,
	PACKET_ANSWERED,
	PACKET_LOST,
	PACKET_LATE		/* lost, and answered after that */
};

struct packet {
	uint64_t nonce;
	int64_t	 sent_ns;
	uint16_t number;	/* of the target's packets */
	uint8_t	 state;		/* enum packet_state */
	bool	 steady;
	uint8_t	 round;		/* of the burst: number of its round */
};

struct round {
	uint8_t decided, sent, answered;
	float	rtt_s[STEADY_PACKETS];
};

struct icmp_target {
	uint32_t	    index;	/* in icmp.target; 0 = not there yet */
	uint16_t	    made;	/* packets made so far; the next one's place and sequence number */
	uint16_t	    oldest;	/* no packet before this one is open */
	uint8_t		    open;
	bool		    expiry_waits;	/* for the loop to read what has come while we slept */
	uint8_t		    duplicate, late, reordered;	/* since the last result */
	uint16_t	    expected;	/* next in order: one more than the highest number that was answered */

	struct round	    steady;
	struct burst	    burst;
	struct round	    round[ROUNDS_OPEN];	/* of the burst, by number */
	uint8_t		    round_first, round_next;	/* numbers; those in between are open */
	uint8_t		    round_packets;	/* made of the newest round */
	int64_t		    burst_ns;	/* planned time of the burst's next packet */

	struct wheel_timer  burst_due, expiry;
	struct delay_minute minute;
	struct packet	    packet[REMEMBERED];
};

_Static_assert(sizeof(struct probe) + sizeof(struct icmp_target) <= 1152, "45,000 targets in 50 MiB");

enum outcome {
	ANSWERED,
	LOST,
	NOT_MEASURED	/* it did not leave, or its answer may be one that the kernel threw away because we were slow */
};

/* icmp_rounds.c */

/** A packet is decided, each exactly once. @param rtt_s  ANSWERED only */
void	icmp_decided(struct probe *p, const struct packet *pk, enum outcome what, float rtt_s);
void	icmp_hurry(struct probe *p, unsigned rounds);
void	icmp_burst_cancel(struct probe *p);	/* safe when none runs */

/* icmp.c */

/** Make a packet; it leaves at the end of the tick. 0, or -1 when there is no room for another target. */
int	icmp_queue(struct probe *p, bool steady, uint8_t round, int64_t planned_ns);

#endif
