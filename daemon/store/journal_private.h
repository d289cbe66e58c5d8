/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal_private.h: the journal as journal.c (the writer) and journal_segments.c (the files) see it. */
#ifndef SIMPUL_JOURNAL_PRIVATE_H
#define SIMPUL_JOURNAL_PRIVATE_H

#include "store/journal.h"

struct waiting {
	struct waiting *next;
	uint64_t	seq;
	uint32_t	count;
	size_t		len;
	uint8_t		bytes[];
};

struct journal {
	struct journal_opts	o;
	struct journal_segment *segment;	/* sorted; the last one is written while fd is open */
	size_t			nsegment;
	int			fd;
	uint32_t		boot;
	uint64_t		next_seq, durable_seq;

	struct buf		records;	/* the open block */
	uint32_t		count;
	int64_t			wall_ns, mono_ns;

	struct waiting	       *first, **last;
	struct buf		scratch;
	char			error[200];
	struct journal_stats	stats;
};

/** List the segments and find their end; cuts a torn tail. Sets next_seq. 0, or -1 (logged). */
int	journal_segments_find(struct journal *j);
/** @return the new last entry of the list, borrowed until the next change */
struct journal_segment *journal_segment_add(struct journal *j, uint64_t first_seq);

#endif
