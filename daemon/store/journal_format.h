/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_format.h: the bytes of a journal segment (docs/decisions.md 7), little-endian.
 *
 *	segment	head of 32 bytes, then blocks
 *	block	head of 40 bytes, records as sample.h encodes them, CRC-32C of all before it in the block
 *
 * Blocks are numbered without end (seq). The first blocks of a segment repeat the names of all known numbers;
 * they are no new blocks and carry the number of the block before them.
 */
#ifndef SIMPUL_JOURNAL_FORMAT_H
#define SIMPUL_JOURNAL_FORMAT_H

#include "base/cursor.h"

#define SEGMENT_HEAD	  32
#define SEGMENT_FORMAT	  1
#define SEGMENT_NAME_SIZE 21	/* "0123456789abcdef.jnl" and NUL */

#define BLOCK_HEAD	  40
#define BLOCK_CRC	  4
#define BLOCK_MAGIC	  0x4b424a53u	/* "SJBK" */
#define BLOCK_RECORDS_MAX (1u << 20)	/* bytes; the writer stays far below */
#define BLOCK_LEAST	  (BLOCK_HEAD + BLOCK_CRC)
#define BLOCK_SEQ_MAX	  (1ull << 62)	/* no journal gets there: a larger number is damage */
#define SEGMENT_SEQ_MAX	  (BLOCK_SEQ_MAX / 2)	/* of a first block: there must be room for those after it */

struct segment_head {
	uint32_t boot;
	int64_t	 created_ns;	/* wall clock */
	uint64_t first_seq;
};

struct block {
	uint64_t       seq;
	uint32_t       count;	/* records */
	uint32_t       boot;
	int64_t	       wall_ns, mono_ns;	/* when its first samples left their maker */
	const uint8_t *records;	/* borrowed */
	uint32_t       length;	/* of the records, bytes */
};

void	segment_head_encode(struct buf *out, const struct segment_head *h);
/** 0, or -1 when these are not the first bytes of a segment in our format. */
int	segment_head_decode(struct segment_head *h, const uint8_t *p, size_t len);
/** @param out  SEGMENT_NAME_SIZE bytes @return out */
char   *segment_name(char *out, uint64_t first_seq);
/** @return 0, or -1 when the name is not that of a segment */
int	segment_name_parse(const char *name, uint64_t *first_seq);

enum block_result {
	BLOCK_GOOD,	/* *size = bytes of the whole block */
	BLOCK_SHORT,	/* *size = bytes wanted to say more */
	BLOCK_BAD
};
void		  block_encode(struct buf *out, const struct block *b);
enum block_result block_decode(struct block *b, const uint8_t *p, size_t len, size_t *size);

#endif
