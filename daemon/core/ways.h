/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ways.h: over which routers packets go to each line. Core has it traced once an hour (trace.interval_s),
 * remembers it in the ledger, and says link.path_changed when a second trace a little later confirms that it
 * is another one.
 */
#ifndef SIMPUL_CORE_WAYS_H
#define SIMPUL_CORE_WAYS_H

#include "live/core.h"
#include "rules/way_compare.h"

struct json_t;

/** Each 5 s: is it time to trace the line? */
void	core_ways_sweep(struct core *c, struct link_live *l, int64_t now);
/** A trace that is for no recording. */
void	core_way_traced(struct core *c, struct link_live *l, const struct msg_trace_done *t);
/**
 * Have a line traced now. @param record  number of the line for whose recording, or 0 @return 0, or -1: its
 * instance is away
 */
int	core_trace_now(struct core *c, struct link_live *l, uint32_t record, enum trace_role role);
/** What the ledger knows, once the first inventory is there. */
void	core_ways_recall(struct core *c);
/** A list of hops, each a list of addresses; a silent one is empty. Owned by the caller. */
struct json_t *core_way_json(const struct way *w);

/* for commit.c */
bool	core_ways_are_due(const struct core *c);
int	core_ways_write(struct core *c);
void	core_ways_written(struct core *c);

#endif
