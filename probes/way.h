/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * way.h: which way packets take to a line, and how long they may be.
 *
 * Jobs of a measuring instance: a trace (way_trace.c), the path MTU (way_mtu.c). They send echo requests of
 * their own, with a budget of their own, and tell core what they found. All requests of a job look alike to
 * whoever spreads packets over several ways: their identifier belongs to the line and their checksum is one
 * and the same, as in Paris traceroute (Augustin et al., IMC 2006), because a field of the payload makes up
 * for what differs.
 *
 * An answer counts when it is from the target and holds the nonce of the job. An ICMP error counts, from
 * whomever, when it quotes a request of ours that was sent: to this target, with the job's identifier, a
 * sequence number that was used (the first is random) and, where the quote is long enough, the nonce; in IPv6
 * it always is (RFC 4443 3.3).
 */
#ifndef SIMPUL_WAY_H
#define SIMPUL_WAY_H

#include "base/cursor.h"
#include "base/packet_io.h"
#include "ipc/msg.h"

#define WAY_PPS	      1000	/* packets a second of all jobs of an instance */
#define WAY_ACTIVE    64	/* jobs at a time; others wait */
#define WAY_QUEUE_MAX 2048	/* beyond it they are dropped, counted */

struct probe;
struct ways;

/** Hand a frame for core over. */
typedef void (*way_tell_fn)(void *arg, uint16_t type, uint32_t token, const struct buf *payload);

/** @param io  borrowed */
struct ways *ways_new(struct loop *l, struct packet_io *io, way_tell_fn tell, void *arg);
void	ways_free(struct ways *w);
/** Trace the way to a target; tells TRACE_DONE. @param p  what is needed of it is copied */
void	ways_trace(struct ways *w, struct probe *p, const struct msg_trace_now *now);
/** How long a packet passes; tells MTU_DONE. */
void	ways_mtu(struct ways *w, struct probe *p);
/** Forget all jobs. */
void	ways_reset(struct ways *w);
/** @return true when it is an answer to a job, or was to look like one: nobody else need look at it */
bool	ways_packet(struct ways *w, const struct packet_in *in);
void	ways_counters(const struct ways *w, struct msg_counters *out);

#endif
