/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.c: the writer. An open block is sealed into a list; the list is written in order to the current
 * segment.
 *
 * After a failed fdatasync the kernel may have forgotten which pages are dirty, so a segment that failed is
 * cut back to its last durable byte and left alone; the waiting blocks go to a new one.
 */
#include "store/journal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "sample/sample.h"

#define SEGMENT_MAX  (64ull << 20)
#define MEMORY_MAX   (64ull << 20)
#define BLOCK_FULL   (256u << 10)
#define BLOCK_SPAN   (2 * NS_PER_S)	/* payloads whose wall times differ by more do not share a block */
#define WRITE_BLOCKS 64			/* per call */

/* ---- life ---- */

struct journal *
journal_new(const struct journal_opts *o)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	j->o = *o;
	j->fd = -1;
	j->last = &j->first;
	j->next_seq = o->first_seq > 0 ? o->first_seq : 1;
	if (j->o.segment_max == 0)
		j->o.segment_max = SEGMENT_MAX;
	if (j->o.memory_max == 0)
		j->o.memory_max = MEMORY_MAX;
	if (journal_segments_find(j) == -1)
		goto fail;
	j->durable_seq = j->next_seq - 1;
	return j;
fail:
	journal_free(j);
	return NULL;
}

void
journal_free(struct journal *j)
{
	struct waiting *w;

	if (j == NULL)
		return;
	while ((w = j->first) != NULL) {
		j->first = w->next;
		free(w);
	}
	if (j->fd != -1)
		close(j->fd);
	buf_free(&j->records);
	buf_free(&j->scratch);
	free(j->segment);
	free(j);
}

void
journal_set_boot(struct journal *j, uint32_t boot)
{
	j->boot = boot;
}

/* ---- what waits ---- */

/* Leave the current segment as it was at its last durable byte. */
static void
segment_abandon(struct journal *j)
{
	struct journal_segment *s = &j->segment[j->nsegment - 1];
	char			name[SEGMENT_NAME_SIZE];

	if (s->first_seq > j->durable_seq) {	/* nothing durable in it */
		unlinkat(j->o.dir_fd, segment_name(name, s->first_seq), 0);
		j->nsegment--;
	} else if (ftruncate(j->fd, (off_t)s->bytes) == -1)
		log_debug("journal", "cannot cut %s: %s", segment_name(name, s->first_seq), strerror(errno));
	close(j->fd);
	j->fd = -1;
}

/* At the bound, whether the disk refuses or nobody commits (the walk at start). */
static void
drop_oldest(struct journal *j)
{
	struct waiting *w;

	while (j->stats.waiting > j->o.memory_max && (w = j->first) != NULL) {
		if ((j->first = w->next) == NULL)
			j->last = &j->first;
		j->stats.waiting -= w->len;
		j->stats.dropped += w->count;
		free(w);
		/* Names may be among what was lost: the next segment repeats them. */
		if (j->fd != -1)
			segment_abandon(j);
	}
}

/* ---- adding ---- */

static void
block_seal(struct journal *j)
{
	struct block	b = { .seq = j->next_seq, .count = j->count, .boot = j->boot, .wall_ns = j->wall_ns,
		.mono_ns = j->mono_ns, .records = j->records.data, .length = (uint32_t)j->records.len };
	struct waiting *w;

	if (j->count == 0)
		return;
	j->scratch.len = 0;
	block_encode(&j->scratch, &b);
	w = xcalloc(1, sizeof(*w) + j->scratch.len);
	w->seq = b.seq;
	w->count = b.count;
	w->len = j->scratch.len;
	memcpy(w->bytes, j->scratch.data, w->len);
	*j->last = w;
	j->last = &w->next;
	j->stats.waiting += w->len;
	j->next_seq++;
	j->records.len = 0;
	j->count = 0;
	drop_oldest(j);
}

/*
 * A block for records with this base: the open one when it is near enough in time and not full, else a new
 * one.
 */
static void
block_prepare(struct journal *j, int64_t wall_ns, int64_t mono_ns)
{
	int64_t apart;

	if (j->count > 0 && (__builtin_sub_overflow(wall_ns, j->wall_ns, &apart) || apart > BLOCK_SPAN ||
	    apart < -BLOCK_SPAN || j->records.len >= BLOCK_FULL))
		block_seal(j);
	if (j->count == 0) {
		j->wall_ns = wall_ns;
		j->mono_ns = mono_ns;
	}
}

static int
records_rebase(uint8_t *p, size_t len, int64_t old_ns, int64_t new_ns)
{
	size_t at, size;

	for (at = 0; at + SAMPLE_RECORD_HEAD <= len; at += size) {
		size = SAMPLE_RECORD_HEAD + (size_t)(p[at + 2] | p[at + 3] << 8);
		if (sample_rebase(p + at, old_ns, new_ns) == -1)
			return -1;
	}
	return 0;
}

struct journal_place
journal_append(struct journal *j, const uint8_t *records, size_t len, uint32_t count, int64_t wall_ns,
    int64_t mono_ns)
{
	size_t start;

	block_prepare(j, wall_ns, mono_ns);
	start = j->records.len;
	buf_bytes(&j->records, records, len);
	if (j->wall_ns != wall_ns &&
	    records_rebase(j->records.data + start, len, wall_ns, j->wall_ns) == -1) {
		j->records.len = start;
		block_seal(j);
		j->wall_ns = wall_ns;
		j->mono_ns = mono_ns;
		buf_bytes(&j->records, records, len);
	}
	j->count += count;
	return (struct journal_place){ .seq = j->next_seq, .wall_ns = j->wall_ns };
}

static void
name_encode(struct buf *out, uint32_t number, const char *ref)
{
	struct sample s = { .type = SAMPLE_NAME, .series = number };

	snprintf(s.text, sizeof(s.text), "%s", ref);
	sample_encode(out, &s, 0);
}

void
journal_add_name(struct journal *j, uint32_t number, const char *ref, int64_t wall_ns, int64_t mono_ns)
{
	block_prepare(j, wall_ns, mono_ns);
	name_encode(&j->records, number, ref);
	j->count++;
}

/* ---- writing ---- */

static void
error_set(struct journal *j, const char *what)
{
	uint64_t first_seq = j->fd != -1 ? j->segment[j->nsegment - 1].first_seq : j->first->seq;
	char	 name[SEGMENT_NAME_SIZE];
	bool	 is_new = j->error[0] == '\0';

	snprintf(j->error, sizeof(j->error), "cannot %s store/journal/%s: %s; %.1f MiB wait in memory", what,
	    segment_name(name, first_seq), strerror(errno), (double)j->stats.waiting / (1 << 20));
	if (is_new)
		log_warnx("%s", j->error);
}

static int
write_all(int fd, const uint8_t *p, size_t len, uint64_t at)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n, at += (uint64_t)n)
		if ((n = pwrite(fd, p, len, (off_t)at)) == -1) {
			if (errno != EINTR)
				return -1;
			n = 0;
		}
	return 0;
}

/* The head of a segment and the names of all known numbers, in blocks of their own. */
static void
segment_start_encode(const struct journal *j, struct buf *out, const struct segment_head *h)
{
	struct buf   names = { 0 };
	struct block b = { .seq = h->first_seq - 1, .boot = h->boot, .wall_ns = h->created_ns };
	const char  *ref;
	uint32_t     number;
	size_t	     at = 0;
	bool	     more = j->o.next_name != NULL;

	segment_head_encode(out, h);
	while (more) {
		more = j->o.next_name(j->o.arg, &at, &number, &ref);
		if (more) {
			name_encode(&names, number, ref);
			b.count++;
		}
		if (b.count > 0 && (!more || names.len >= BLOCK_FULL)) {
			b.records = names.data;
			b.length = (uint32_t)names.len;
			block_encode(out, &b);
			names.len = 0;
			b.count = 0;
		}
	}
	buf_free(&names);
}

/*
 * A file of this name holds no block that we know of. An earlier failure may have left it, or it is a segment
 * that could not be read at start: either way nothing is written over.
 */
static int
segment_create(struct journal *j, const char *name)
{
	int  flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int  fd = openat(j->o.dir_fd, name, flags, 0600);
	char bad[SEGMENT_NAME_SIZE + 4];

	if (fd != -1 || errno != EEXIST)
		return fd;
	snprintf(bad, sizeof(bad), "%s.bad", name);
	if (renameat(j->o.dir_fd, name, j->o.dir_fd, bad) == -1)
		return -1;
	log_warnx("store/journal/%s: in the way of a new segment, renamed to %s", name, bad);
	return openat(j->o.dir_fd, name, flags, 0600);
}

static int
segment_start(struct journal *j, int64_t now_wall_ns)
{
	struct segment_head	h = { .boot = j->boot, .created_ns = now_wall_ns,
	    .first_seq = j->first->seq };
	struct journal_segment *s;
	char			name[SEGMENT_NAME_SIZE];
	int			error;

	j->fd = segment_create(j, segment_name(name, h.first_seq));
	if (j->fd == -1) {
		error_set(j, "create");
		return -1;
	}
	j->scratch.len = 0;
	segment_start_encode(j, &j->scratch, &h);
	if (write_all(j->fd, j->scratch.data, j->scratch.len, 0) == -1 || fsync(j->o.dir_fd) == -1) {
		error = errno;
		close(j->fd);
		j->fd = -1;
		errno = error;
		error_set(j, "begin");
		unlinkat(j->o.dir_fd, name, 0);
		return -1;
	}
	s = journal_segment_add(j, h.first_seq);
	s->created_ns = h.created_ns;
	s->bytes = j->scratch.len;
	return 0;
}

/* Write the blocks at the front of the list, as many as one call and this segment take. */
static int
write_some(struct journal *j)
{
	struct journal_segment *s = &j->segment[j->nsegment - 1];
	uint64_t		at = s->bytes, end = at;
	struct waiting	       *w;
	size_t			n = 0;
	int			niov = 0;
	struct iovec		iov[WRITE_BLOCKS];
	ssize_t			written;

	for (w = j->first; w != NULL && niov < WRITE_BLOCKS; w = w->next) {
		if (niov > 0 && end >= j->o.segment_max)
			break;
		iov[niov++] = (struct iovec){ .iov_base = w->bytes, .iov_len = w->len };
		end += w->len;
	}
	written = pwritev(j->fd, iov, niov, (off_t)at);
	if (written >= 0 && (uint64_t)written < end - at) {
		/* The disk ran full on the way: ask again for the reason. */
		written = pwrite(j->fd, "", 1, (off_t)(at + (uint64_t)written));
		if (written != -1)
			errno = EIO;
		written = -1;
	}
	if (written == -1) {
		error_set(j, "write");
		return -1;
	}
	if (fdatasync(j->fd) == -1) {
		error_set(j, "sync");
		segment_abandon(j);
		return -1;
	}
	for (; (uint64_t)written > n; free(w)) {
		w = j->first;
		n += w->len;
		if ((j->first = w->next) == NULL)
			j->last = &j->first;
		j->durable_seq = w->seq;
		j->stats.blocks++;
		j->stats.records += w->count;
	}
	s->bytes += n;
	j->stats.bytes += n;
	j->stats.waiting -= n;
	return 0;
}

int
journal_commit(struct journal *j, int64_t now_wall_ns)
{
	block_seal(j);
	while (j->first != NULL) {
		if (j->fd != -1 && j->segment[j->nsegment - 1].bytes >= j->o.segment_max) {
			close(j->fd);
			j->fd = -1;
		}
		if ((j->fd == -1 && segment_start(j, now_wall_ns) == -1) || write_some(j) == -1)
			return -1;
	}
	if (j->error[0] != '\0')
		log_info("store/journal can be written again");
	j->error[0] = '\0';
	return 0;
}

bool
journal_is_due(const struct journal *j)
{
	return j->error[0] == '\0' && j->stats.waiting + j->records.len >= BLOCK_FULL;
}

const char *
journal_error(const struct journal *j)
{
	return j->error[0] != '\0' ? j->error : NULL;
}

uint64_t
journal_durable_seq(const struct journal *j)
{
	return j->durable_seq;
}

uint64_t
journal_next_seq(const struct journal *j)
{
	return j->next_seq;
}

const struct journal_stats *
journal_stats(struct journal *j)
{
	size_t i;

	j->stats.segments = j->nsegment;
	for (j->stats.size = 0, i = 0; i < j->nsegment; i++)
		j->stats.size += j->segment[i].bytes;
	return &j->stats;
}

void
journal_count_damage(struct journal *j, uint64_t places)
{
	j->stats.damaged += places;
}

void
journal_each_waiting(const struct journal *j, void (*cb)(void *, const struct block *), void *arg)
{
	const struct waiting *w;
	struct block	      b;
	size_t		      size;

	for (w = j->first; w != NULL; w = w->next)
		if (block_decode(&b, w->bytes, w->len, &size) == BLOCK_GOOD)
			cb(arg, &b);
}
