/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commit.h: everything that a turn has decided, in one transaction. */
#ifndef SIMPUL_CORE_COMMIT_H
#define SIMPUL_CORE_COMMIT_H

#include "live/core.h"

/** 0, or -1 when nothing was written and everything stays to be written. */
int	core_commit(struct core *c);
/** Have fn called after each commit that holds events, still inside core_commit(). */
void	core_on_events(struct core *c, void (*fn)(void *arg), void *arg);
void	core_empty_topic(struct core *c, const char *topic);	/* with the next commit, as the next */
void	core_gone(struct core *c, const char *ref);	/* its retained topics and its ledger row go */
void	core_commit_init(struct core *c);
void	core_commit_free(struct core *c);
/**
 * Acknowledge an open incident, or change its acknowledgement: committed on return, with its next version,
 * incident.acked and the new document. @param until_ns  wall; 0: until it closes @return 0, or -1 when the
 * ledger refused (logged); then nothing of it counts
 */
int	core_ack(struct core *c, struct incident *i, const char *user, const char *note, int64_t until_ns);

#endif
