/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.h: walk over the journal from a block on, a slice at a time, up to and including what waits in
 * memory.
 *
 * At start it rebuilds what memory held; later it rebuilds single damaged files. Names come first in each
 * segment, so a walk may begin at any one. A block that was seen before is passed over; damage is skipped and
 * counted.
 */
#ifndef SIMPUL_REPLAY_H
#define SIMPUL_REPLAY_H

#include "sample/sample.h"
#include "store/journal.h"

struct replay;

struct replay_ops {
	void (*name)(void *arg, uint32_t number, const char *ref);
	void (*sample)(void *arg, const struct sample *s, const struct journal_place *place);
};

/**
 * @param j	borrowed; may be written to and lose old segments meanwhile
 * @param from_seq first block whose samples are wanted
 * @param ops	borrowed
 */
struct replay *replay_new(struct journal *j, uint64_t from_seq, const struct replay_ops *ops, void *arg);
void	replay_free(struct replay *r);
/**
 * Read on for about this many bytes. @return true when there is more, false when all that is on the disk was
 * seen
 */
bool	replay_step(struct replay *r, size_t bytes);
/** From within ops: what was done took its time, so step no further than the end of this block. */
void	replay_pause(struct replay *r);
/** The last step: the blocks that could not be written yet. */
void	replay_waiting(struct replay *r);
uint64_t replay_samples(const struct replay *r);

#endif
