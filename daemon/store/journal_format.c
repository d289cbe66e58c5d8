/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal_format.c: pure functions from and to bytes; nothing here touches a file. */
#include "store/journal_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sample/sample.h"
#include "store/crc32c.h"

static const uint8_t segment_magic[8] = { 'S', 'I', 'M', 'P', 'U', 'L', 'J', '1' };

void
segment_head_encode(struct buf *out, const struct segment_head *h)
{
	buf_bytes(out, segment_magic, sizeof(segment_magic));
	buf_u32le(out, SEGMENT_FORMAT);
	buf_u32le(out, h->boot);
	buf_u64le(out, (uint64_t)h->created_ns);
	buf_u64le(out, h->first_seq);
}

int
segment_head_decode(struct segment_head *h, const uint8_t *p, size_t len)
{
	struct cursor  c = cursor_of(p, len);
	const uint8_t *magic = cursor_bytes(&c, sizeof(segment_magic));
	uint32_t       format = cursor_u32le(&c);

	h->boot = cursor_u32le(&c);
	h->created_ns = (int64_t)cursor_u64le(&c);
	h->first_seq = cursor_u64le(&c);
	if (c.bad || memcmp(magic, segment_magic, sizeof(segment_magic)) != 0 || format != SEGMENT_FORMAT ||
	    h->first_seq == 0 || h->first_seq > SEGMENT_SEQ_MAX)
		return -1;
	return 0;
}

char *
segment_name(char *out, uint64_t first_seq)
{
	snprintf(out, SEGMENT_NAME_SIZE, "%016" PRIx64 ".jnl", first_seq);
	return out;
}

int
segment_name_parse(const char *name, uint64_t *first_seq)
{
	char again[SEGMENT_NAME_SIZE];

	if (strlen(name) != SEGMENT_NAME_SIZE - 1 || sscanf(name, "%16" SCNx64, first_seq) != 1)
		return -1;
	return strcmp(segment_name(again, *first_seq), name) == 0 ? 0 : -1;
}

void
block_encode(struct buf *out, const struct block *b)
{
	size_t start = out->len;

	buf_u32le(out, BLOCK_MAGIC);
	buf_u32le(out, b->length);
	buf_u64le(out, b->seq);
	buf_u32le(out, b->count);
	buf_u32le(out, b->boot);
	buf_u64le(out, (uint64_t)b->wall_ns);
	buf_u64le(out, (uint64_t)b->mono_ns);
	buf_bytes(out, b->records, b->length);
	buf_u32le(out, crc32c(out->data + start, out->len - start));
}

enum block_result
block_decode(struct block *b, const uint8_t *p, size_t len, size_t *size)
{
	struct cursor c = cursor_of(p, len);
	uint32_t      magic = cursor_u32le(&c), crc;

	b->length = cursor_u32le(&c);
	b->seq = cursor_u64le(&c);
	b->count = cursor_u32le(&c);
	b->boot = cursor_u32le(&c);
	b->wall_ns = (int64_t)cursor_u64le(&c);
	b->mono_ns = (int64_t)cursor_u64le(&c);
	*size = BLOCK_HEAD;
	if (c.bad)
		return BLOCK_SHORT;
	if (magic != BLOCK_MAGIC || b->length > BLOCK_RECORDS_MAX ||
	    b->count > b->length / SAMPLE_RECORD_HEAD ||
	    b->seq > BLOCK_SEQ_MAX)
		return BLOCK_BAD;
	*size = BLOCK_HEAD + b->length + BLOCK_CRC;
	b->records = cursor_bytes(&c, b->length);
	crc = cursor_u32le(&c);
	if (c.bad)
		return BLOCK_SHORT;
	return crc == crc32c(p, BLOCK_HEAD + b->length) ? BLOCK_GOOD : BLOCK_BAD;
}
