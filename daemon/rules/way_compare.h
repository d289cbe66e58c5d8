/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * way_compare.h: is the way to a line the one that we know? Pure.
 *
 * A hop is a set of addresses: routers that share the load answer in turn. A hop that is silent in either is
 * no difference. A way is another one when it is longer or shorter, or when a hop shares no address with what
 * is known; sharing one, it is the same and what is new in it is learnt.
 */
#ifndef SIMPUL_WAY_COMPARE_H
#define SIMPUL_WAY_COMPARE_H

#include "ipc/msg.h"

#define WAY_ADDRS_MAX 4		/* of a hop; more are not learnt */

struct way_hop {
	uint8_t	    n;		/* 0: silent */
	struct addr addr[WAY_ADDRS_MAX];
};

struct way {
	uint8_t	       n;
	struct way_hop hop[];
};

/** @return owned; NULL when the trace did not reach its target */
struct way *way_of_trace(const struct msg_trace_done *t);
/** @return 0 when it is the same, else the number of the first hop that differs, from 1 on */
unsigned way_compare(const struct way *known, const struct way *seen);
/** Learn what a way that is the same has more. @return whether there was anything */
bool	way_learn(struct way *known, const struct way *seen);
/** Append its bytes; and back: NULL when they are none. */
void	way_write(const struct way *w, struct buf *out);
struct way *way_read(const void *data, size_t len);

#endif
