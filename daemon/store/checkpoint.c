/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkpoint.c: the file "checkpoint" says from which journal block on memory must be rebuilt after a crash:
 * the first one that gave something to a row that is not in a synced file. Magic, u64 block, CRC-32C; renamed
 * into place. An unreadable one costs time only: the walk begins with the oldest segment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/crc32c.h"
#include "store/store.h"

#define CHECKPOINT_SIZE 20
#define KEEP_LEAST_S	(48 * 3600)

static const uint8_t magic[8] = { 'S', 'I', 'M', 'P', 'U', 'L', 'C', '1' };

uint64_t
checkpoint_read(int dir_fd)
{
	uint8_t	      bytes[CHECKPOINT_SIZE];
	struct cursor c = cursor_of(bytes, sizeof(bytes));
	int	      fd = openat(dir_fd, "checkpoint", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t	      n;
	uint64_t      seq;

	if (fd == -1)
		return 1;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (n == CHECKPOINT_SIZE && memcmp(cursor_bytes(&c, sizeof(magic)), magic, sizeof(magic)) == 0) {
		seq = cursor_u64le(&c);
		if (cursor_u32le(&c) == crc32c(bytes, CHECKPOINT_SIZE - 4) && seq > 0 &&
		    seq <= SEGMENT_SEQ_MAX)
			return seq;
	}
	log_warnx("store/checkpoint is damaged: the whole journal is read again");
	return 1;
}

/*
 * The first block that is needed, by what memory holds. A file that is being rebuilt needs what was needed
 * before; one that cannot be rebuilt gets what the journal still has when it can: else the journal would grow
 * without end for it.
 */
static uint64_t
needed_seq(const struct store *st)
{
	uint64_t needed = journal_durable_seq(st->journal) + 1, seq;
	size_t	 i;

	for (i = 0; i < st->series.n; i++) {
		const struct series *s = st->series.list[i];

		if (s->file == SERIES_FILE_REBUILD && s->failures == 0)
			return st->checkpoint;
		seq = series_needed_seq(s);
		if (seq < needed)
			needed = seq;
	}
	return needed;
}

static int
file_replace(int dir_fd, const struct buf *b)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir_fd, "checkpoint.new", flags, 0600);
	int rc = -1;

	if (fd == -1)
		return -1;
	if (write(fd, b->data, b->len) == (ssize_t)b->len && fdatasync(fd) == 0)
		rc = renameat(dir_fd, "checkpoint.new", dir_fd, "checkpoint");
	close(fd);
	return rc == 0 ? fsync(dir_fd) : -1;
}

static void
journal_trim(struct store *st)
{
	int64_t now = loop_wall_ns(st->loop), gone;
	const struct journal_segment *oldest;

	if (!st->planned)
		return;
	gone = journal_retain(st->journal, st->checkpoint, now, st->journal_keep_s, st->journal_max);
	if (gone != 0 && now - gone < KEEP_LEAST_S * NS_PER_S)
		store_trouble(st, TROUBLE_KEEP,
		    "the journal keeps less than 48 h: store.journal_max_mib of %llu is too small",
		    (unsigned long long)(st->journal_max >> 20));
	oldest = journal_segment_of(st->journal, 1);
	if (oldest != NULL && now - oldest->created_ns >= KEEP_LEAST_S * NS_PER_S)
		store_trouble_over(st, TROUBLE_KEEP);
}

void
checkpoint_write(struct store *st)
{
	struct buf b = { 0 };
	uint64_t   seq;

	if (st->replay != NULL)
		return;
	seq = needed_seq(st);	/* less than before when a rebuilt file has left its newest rows in memory */
	if (seq != st->checkpoint && undo_sync(&st->undo) == 0) {
		buf_bytes(&b, magic, sizeof(magic));
		buf_u64le(&b, seq);
		buf_u32le(&b, crc32c(b.data, b.len));
		if (file_replace(st->dir_fd, &b) == 0)
			st->checkpoint = seq;
		else		/* costs time after a crash, no data */
			log_debug("store", "checkpoint: %s", strerror(errno));
		buf_free(&b);
	}
	journal_trim(st);
}
