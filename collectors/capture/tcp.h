/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp.h: what a listener in the middle learns of TCP connections: how long the way to each end and back takes, and how much
 * is sent again. Pure; the table is bounded, and where it is full the flow that was silent longest goes.
 *
 * A time runs from a segment to the acknowledgement of just this segment, so it is that of the part between here and its
 * receiver. Timed are SYN and SYN-ACK, and data of which more is under way already, in full-size segments: a receiver
 * acknowledges every second one at once (RFC 5681 4.2), while a lone one may wait for its delayed ACK. A segment that was
 * sent again is not timed (Karn).
 */
#ifndef SIMPUL_CAPTURE_TCP_H
#define SIMPUL_CAPTURE_TCP_H

#include "base/siphash.h"
#include "collectors/capture/decode.h"

struct tcp_table;

struct tcp_seen {
	bool   segment;		/* it takes up sequence numbers: data, SYN or FIN */
	bool   again;		/* ... that were on the way before: a retransmission */
	double rtt_s;		/* from here to its sender and back; NAN: nothing was timed */
};

/** @param flows  rounded up to a power of two */
struct tcp_table *tcp_new(size_t flows, const struct siphash_key *key);
void	 tcp_free(struct tcp_table *t);
/** @param p  of TCP, with ports @param ns  when it came, on the kernel's stamp */
void	 tcp_packet(struct tcp_table *t, const struct packet *p, int64_t ns, struct tcp_seen *out);
/** Flows that had to go while they were alive. */
uint64_t tcp_evicted(const struct tcp_table *t);

#endif
