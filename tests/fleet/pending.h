/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pending.h: answers that are on their way: a heap by time, whose memory is used again, so that no packet
 * costs an allocation. Answers due at the same instant leave in the order in which they came.
 */
#ifndef SIMPUL_FLEET_PENDING_H
#define SIMPUL_FLEET_PENDING_H

#include "tests/fleet/model.h"

#define PENDING_DATA_MAX (FLEET_DATA_MAX + 64)	/* room for the heads of a whole IP packet */

struct pending;

struct pending *pending_new(void);
void	pending_free(struct pending *p);
/** Copies the answer with its data, at most PENDING_DATA_MAX bytes. */
void	pending_add(struct pending *p, const struct fleet_answer *a);
/** @return when the next one is due, INT64_MAX when none waits */
int64_t	pending_next_ns(const struct pending *p);
/** @return the next answer that is due by now_ns, borrowed until the next call, or NULL */
const struct fleet_answer *pending_take(struct pending *p, int64_t now_ns);

#endif
