/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rounds.h: from the fate of packets to results, for probes that send one packet per interval to a line.
 *
 * A probe counts each packet that is decided, exactly once; steady rounds, the burst after a loss, and the minute are made
 * here. Of a burst the packets are asked for by `queue`.
 */
#ifndef SIMPUL_ROUNDS_H
#define SIMPUL_ROUNDS_H

#include "probes/delay.h"
#include "probes/engine.h"
#include "schedule/burst.h"

#define STEADY_PACKETS 5	/* of one steady round */
#define ROUNDS_OPEN    4	/* a round is decided 0.6 s + timeout (at most 3 s) after it began */

struct round {
	uint8_t decided, sent, answered;
	float	rtt_s[STEADY_PACKETS];
};

/* Make a packet; it leaves at the end of the tick. 0, or -1 when there is no room for another target. */
typedef int (*rounds_queue_fn)(struct probe *p, bool steady, uint8_t round, int64_t planned_ns);

struct rounds {			/* the state of a probe begins with it; zeroed, but for queue, it has seen nothing */
	rounds_queue_fn	    queue;	/* set before the first packet, and before rounds_hurry() */
	uint8_t		    duplicate, late, reordered;	/* since the last result */
	struct round	    steady;
	struct burst	    burst;
	struct round	    round[ROUNDS_OPEN];	/* of the burst, by number */
	uint8_t		    round_first, round_next;	/* numbers; those in between are open */
	uint8_t		    round_packets;	/* made of the newest round */
	int64_t		    burst_ns;	/* planned time of the burst's next packet */
	struct wheel_timer  burst_due;
	struct delay_minute minute;
};

enum outcome {
	ANSWERED,
	LOST,
	NOT_MEASURED	/* it did not leave, or its answer may be one that the kernel threw away because we were slow */
};

/** All targets of a plan start together: first rounds of 1 to 5 packets spread their results over the 10 s. */
void	rounds_begin(struct probe *p, rounds_queue_fn queue);
/** A packet is decided. @param steady  else of the burst's round of this number @param rtt_s  ANSWERED only */
void	rounds_decided(struct probe *p, bool steady, uint8_t round, enum outcome what, float rtt_s);
/** A packet that came after its timeout, or twice, or behind a later one (RFC 4737): for the next result. */
void	rounds_count(uint8_t *counter);
/** The minute that this wall clock shows begins: the one before is told. Its packets are decided. */
void	rounds_minute(struct probe *p, int64_t wall_ns);
void	rounds_hurry(struct probe *p, unsigned rounds);
void	rounds_cancel(struct probe *p);		/* the burst ends; safe when none runs */

#endif
