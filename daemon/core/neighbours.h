/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * neighbours.h: what devices hear at the other end of their ports. It is told by the walks of discovery,
 * once an hour, and kept in memory: a core that starts again knows it after the next ones.
 */
#ifndef SIMPUL_CORE_NEIGHBOURS_H
#define SIMPUL_CORE_NEIGHBOURS_H

#include "live/core.h"

#define DEVICE_NEIGHBOURS_MAX 256	/* of all sources together */

/** One neighbour, or the end of what its source has: those that it has not told again have gone. */
void	core_neighbour(struct core *c, struct device_live *d, const struct msg_neighbour *n);
void	core_neighbours_free(struct device_live *d);

#endif
