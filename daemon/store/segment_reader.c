/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segment_reader.c: see segment_reader.h. */
#include "store/segment_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW	   (BLOCK_HEAD + BLOCK_RECORDS_MAX + BLOCK_CRC)	/* the largest block fits */
#define SEARCH_MAX (256ull << 20)

int
segment_reader_init(struct segment_reader *r, int fd, uint64_t limit)
{
	uint8_t head[SEGMENT_HEAD];
	ssize_t n;
	int	error;

	*r = (struct segment_reader){ .fd = fd, .limit = limit, .search_left = SEARCH_MAX };
	n = pread(fd, head, sizeof(head), 0);
	if (n == -1 || limit < SEGMENT_HEAD || segment_head_decode(&r->head, head, (size_t)n) == -1) {
		error = errno;
		segment_reader_fini(r);
		errno = error;
		return n == -1 ? -1 : 1;
	}
	r->window = xcalloc(1, WINDOW);
	r->at = r->good_end = SEGMENT_HEAD;
	return 0;
}

void
segment_reader_fini(struct segment_reader *r)
{
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
	free(r->window);
	r->window = NULL;
}

/*
 * The bytes from an offset on, as many as are there up to want; *got says how many.
 * @return borrowed until the next call, or NULL on a read error
 */
static const uint8_t *
window_bytes(struct segment_reader *r, uint64_t at, size_t want, size_t *got)
{
	uint64_t left = at < r->limit ? r->limit - at : 0;
	ssize_t	 n;

	if (want > left)
		want = left;
	if (at < r->window_at || at + want > r->window_at + r->window_len) {
		r->window_at = at;
		r->window_len = 0;
		while (r->window_len < want) {
			size_t room = WINDOW - r->window_len;

			if (room > left - r->window_len)
				room = left - r->window_len;
			n = pread(r->fd, r->window + r->window_len, room, (off_t)(at + r->window_len));
			if (n == -1)
				return NULL;
			if (n == 0)
				break;
			r->window_len += (size_t)n;
		}
		if (want > r->window_len)
			want = r->window_len;
	}
	*got = want;
	return r->window + (at - r->window_at);
}

/* Blocks of a segment are numbered on from its first one; those of names carry the number before. */
static bool
seq_is_possible(const struct segment_reader *r, uint64_t seq)
{
	return seq >= r->head.first_seq - 1 && seq - (r->head.first_seq - 1) <= r->limit / BLOCK_LEAST;
}

/* @return 1 good, 0 not a whole good block, -1 read error */
static int
block_at(struct segment_reader *r, uint64_t at, struct block *b, size_t *size)
{
	size_t		  got;
	const uint8_t	 *p = window_bytes(r, at, BLOCK_HEAD, &got);
	enum block_result result;

	if (p == NULL)
		return -1;
	result = block_decode(b, p, got, size);
	if (result == BLOCK_SHORT && got == BLOCK_HEAD) {
		if ((p = window_bytes(r, at, *size, &got)) == NULL)
			return -1;
		result = block_decode(b, p, got, size);
	}
	return result == BLOCK_GOOD && seq_is_possible(r, b->seq);
}

/* Look for the next good block behind a bad place. Same return as block_at(). */
static int
block_search(struct segment_reader *r, uint64_t *at, struct block *b, size_t *size)
{
	static const uint8_t magic[4] = { 'S', 'J', 'B', 'K' };	/* BLOCK_MAGIC */
	const uint8_t *p, *hit;
	size_t	       got;
	int	       rc;

	while (*at + BLOCK_HEAD <= r->limit) {
		if ((p = window_bytes(r, *at, 64 << 10, &got)) == NULL)
			return -1;
		if (got < sizeof(magic))
			return 0;
		if ((hit = memmem(p, got, magic, sizeof(magic))) == NULL) {
			*at += got - (sizeof(magic) - 1);
			continue;
		}
		*at += (uint64_t)(hit - p);
		if ((rc = block_at(r, *at, b, size)) != 0)
			return rc;
		if (r->search_left < *size)
			return 0;
		r->search_left -= *size;
		++*at;
	}
	return 0;
}

int
segment_reader_next(struct segment_reader *r, struct block *b)
{
	uint64_t at = r->at;
	size_t	 size;
	int	 rc;

	if (at >= r->limit)
		return 0;
	rc = block_at(r, at, b, &size);
	if (rc == 0) {
		++at;
		rc = block_search(r, &at, b, &size);
		r->damaged += rc == 1;
	}
	r->torn = rc == 0;
	if (rc == 1)
		r->at = r->good_end = at + size;
	return rc;
}
