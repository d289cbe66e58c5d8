/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * segment_reader.h: the blocks of one segment file, in order, through a window of bounded size.
 *
 * A bad place is skipped when a good block follows it (damage, counted); when none follows, it is the torn
 * tail of a crash. At the end the reader stands still and may be asked again after more has been written.
 */
#ifndef SIMPUL_SEGMENT_READER_H
#define SIMPUL_SEGMENT_READER_H

#include "store/journal_format.h"

struct segment_reader {
	int		    fd;		/* taken; -1 = none */
	struct segment_head head;
	uint64_t	    limit;	/* read no further than this offset */
	uint64_t	    at;		/* offset of the next block */
	uint64_t	    good_end;	/* offset behind the last good block */
	uint64_t	    damaged;	/* bad places that were skipped */
	bool		    torn;	/* at the end: bytes after good_end that make no block */
	uint64_t	    search_left;	/* bytes that may still be summed up while searching */
	uint8_t		   *window;
	uint64_t	    window_at;	/* offset of window[0] */
	size_t		    window_len;
};

/**
 * @param fd	open for reading; taken even on failure
 * @return 0, 1 when the head is not a segment's, or -1 when it cannot be read (errno)
 */
int	segment_reader_init(struct segment_reader *r, int fd, uint64_t limit);
void	segment_reader_fini(struct segment_reader *r);
/**
 * @return 1 and a block whose records are borrowed until the next call, 0 at the end, -1 on a read error
 * (errno)
 */
int	segment_reader_next(struct segment_reader *r, struct block *b);

#endif
