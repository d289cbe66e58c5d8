/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h: the append-only journal to which every sample goes first.
 *
 * Records collect in an open block. journal_commit() (each second, or when journal_is_due()) writes all that
 * waits with one call and fdatasync; only then are those blocks durable. When the disk refuses, blocks wait
 * in memory up to a bound and the oldest are dropped, counted. Every process start and every 64 MiB begins a
 * new segment, whose first blocks repeat all known names, so that a segment can be read alone.
 */
#ifndef SIMPUL_JOURNAL_H
#define SIMPUL_JOURNAL_H

#include "store/journal_format.h"

struct journal;

struct journal_opts {
	int	 dir_fd;	/* directory of the segments; borrowed for the journal's life */
	uint64_t first_seq;	/* number of the first block when there is no segment (at least 1) */
	uint64_t segment_max;	/* bytes; 0 = 64 MiB */
	uint64_t memory_max;	/* bytes that may wait; 0 = 64 MiB */
	/**
	 * Walk over all known numbers for the head of a segment: start with *at = 0. @return false at the end
	 */
	bool   (*next_name)(void *arg, size_t *at, uint32_t *number, const char **ref);
	void	*arg;
};

struct journal_stats {
	uint64_t blocks, bytes;		/* written and durable */
	uint64_t records;		/* durable */
	uint64_t torn;			/* tails cut at open */
	uint64_t damaged;		/* bad places within segments */
	uint64_t dropped;		/* records lost at the memory bound */
	uint64_t waiting;		/* bytes in memory, not durable yet */
	uint64_t segments, size;	/* on the disk now */
};

/** Where records went: the number of their block and the wall time of that block. */
struct journal_place {
	uint64_t seq;
	int64_t	 wall_ns;
};

/**
 * Open the journal: list its segments and cut a torn tail off the last one (counted, logged).
 * @return NULL after logging why
 */
struct journal *journal_new(const struct journal_opts *o);
void	journal_free(struct journal *j);	/* without a commit: what waits is lost */
void	journal_set_boot(struct journal *j, uint32_t boot);	/* stamped on all following blocks */

/**
 * Add the records of one payload; they are not checked here.
 * @param wall_ns	base of the records' offsets: when they left their maker
 */
struct journal_place journal_append(struct journal *j, const uint8_t *records, size_t len, uint32_t count,
    int64_t wall_ns, int64_t mono_ns);
/** Write down that this number means this object. */
void	journal_add_name(struct journal *j, uint32_t number, const char *ref, int64_t wall_ns,
    int64_t mono_ns);

/** Does enough wait for a commit before its second is over? */
bool	journal_is_due(const struct journal *j);
/** Make all that was added durable. @return 0, or -1: journal_error() says why, and it will be tried again */
int	journal_commit(struct journal *j, int64_t now_wall_ns);
const char *journal_error(const struct journal *j);	/* a sentence, or NULL while all is well */

/** All blocks up to this one are on the disk; 0 = none. */
uint64_t journal_durable_seq(const struct journal *j);
uint64_t journal_next_seq(const struct journal *j);	/* of the block that is open now */
const struct journal_stats *journal_stats(struct journal *j);
void	journal_count_damage(struct journal *j, uint64_t places);	/* a reader found bad places */

/**
 * Delete the oldest segments: those that hold only blocks before needed_seq, and are older than keep_s or too
 * much in sum.
 * @return end time of the youngest segment that went only because of the sum, or 0
 */
int64_t	journal_retain(struct journal *j, uint64_t needed_seq, int64_t now_wall_ns, uint32_t keep_s,
    uint64_t max_bytes);

/* For readers. */
struct journal_segment {
	uint64_t first_seq;
	int64_t	 created_ns;
	uint64_t bytes;		/* of good blocks; grows while it is the last one */
};
/**
 * The segment that holds this block, else the next after it, else NULL. Borrowed until the journal changes.
 */
const struct journal_segment *journal_segment_of(const struct journal *j, uint64_t seq);
const struct journal_segment *journal_segment_after(const struct journal *j, uint64_t first_seq);
int	journal_segment_open(const struct journal *j, const struct journal_segment *s);	/* descriptor or -1 */
/** The sealed blocks that wait in memory. */
void	journal_each_waiting(const struct journal *j, void (*cb)(void *arg, const struct block *b),
    void *arg);

#endif
