/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capacity.h: rates of lines on their way into what they say of the capacity (live/capacity.h), and that into the ledger:
 * each hour, at the end of a day, and when core ends. A kill costs an hour of today.
 */
#ifndef SIMPUL_CORE_CAPACITY_H
#define SIMPUL_CORE_CAPACITY_H

#include "live/core.h"

/** A poll of the port that carries it. @param wall_ns  when @param seconds  for which it stands */
void	core_capacity_rates(struct core *c, struct link_live *l, int64_t wall_ns, double seconds);
/** What the ledger remembers of a line that has just come. */
void	core_capacity_recall(struct core *c, struct link_live *l);

/* For the transaction. */
bool	core_capacity_is_due(const struct core *c);
int	core_capacity_write(struct core *c);
void	core_capacity_written(struct core *c);

/** All that is not written yet is to be written now. */
void	core_capacity_stop(struct core *c);
/** Lines that have left are not written any more. */
void	core_capacity_purge(struct core *c);

#endif
