/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_segments.c: the files of the journal: what is there at start, which may go, which holds a block.
 */
#include "store/journal_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/segment_reader.h"

#define SEQ_LEAP_MAX (1ull << 40)	/* from one segment to the next: one block a second for 30,000 years */

/* ---- at start ---- */

static int
seq_compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct journal_segment *
journal_segment_add(struct journal *j, uint64_t first_seq)
{
	struct journal_segment *s;

	j->segment = xrealloc(j->segment, j->nsegment + 1, sizeof(*j->segment));
	s = &j->segment[j->nsegment++];
	*s = (struct journal_segment){ .first_seq = first_seq };
	return s;
}

int
journal_segment_open(const struct journal *j, const struct journal_segment *s)
{
	char name[SEGMENT_NAME_SIZE];

	return openat(j->o.dir_fd, segment_name(name, s->first_seq), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* @param reach  raised to behind the last number that a block of this file can have */
static void
reach_raise(uint64_t *reach, uint64_t first_seq, off_t size)
{
	uint64_t end = first_seq + (uint64_t)size / BLOCK_LEAST;

	if (end > *reach)
		*reach = end;
}

/*
 * A segment that cannot be read today may be tomorrow: the numbers that its blocks can have are not given
 * again.
 */
static void
segment_leave_out(struct journal *j, const char *name, uint64_t first_seq, uint64_t *reach)
{
	struct stat st;

	if (fstatat(j->o.dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
		return;
	reach_raise(reach, first_seq, st.st_size);
	reach_raise(&j->next_seq, first_seq, st.st_size);
	j->stats.damaged++;
}

static void
segment_set_aside(struct journal *j, const char *name, const char *why)
{
	char bad[SEGMENT_NAME_SIZE + 4];

	snprintf(bad, sizeof(bad), "%s.bad", name);
	if (renameat(j->o.dir_fd, name, j->o.dir_fd, bad) == -1)
		log_warn("store/journal/%s: %s, and cannot be renamed", name, why);
	else
		log_warnx("store/journal/%s: %s, renamed to %s", name, why, bad);
	j->stats.damaged++;
}

/*
 * Take a file into the list. One that is no segment is set aside, so that nobody stumbles over it again; so
 * is one whose number lies far beyond all before it: those that had to follow would end at SEGMENT_SEQ_MAX.
 * @param reach  how far numbers go by the checkpoint and the files before this one
 */
static void
segment_take(struct journal *j, uint64_t first_seq, uint64_t *reach)
{
	struct segment_reader	r;
	struct journal_segment *s;
	struct stat		st;
	int			flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, rc;
	int			fd;
	char			name[SEGMENT_NAME_SIZE];

	segment_name(name, first_seq);
	if (first_seq > *reach && first_seq - *reach > SEQ_LEAP_MAX) {
		segment_set_aside(j, name, "its number is far beyond the others");
		return;
	}
	fd = openat(j->o.dir_fd, name, flags);
	if (fd != -1 && fstat(fd, &st) == -1) {
		close(fd);
		fd = -1;
	}
	if (fd != -1 && !S_ISREG(st.st_mode)) {
		log_warnx("store/journal/%s: not a regular file, left out", name);
		close(fd);
		return;
	}
	rc = fd != -1 ? segment_reader_init(&r, fd, (uint64_t)st.st_size) : -1;
	if (rc == -1) {
		log_warn("store/journal/%s: left out", name);
		segment_leave_out(j, name, first_seq, reach);
		return;
	}
	if (rc == 0 && r.head.first_seq == first_seq) {
		s = journal_segment_add(j, first_seq);
		s->created_ns = r.head.created_ns;
		s->bytes = (uint64_t)st.st_size;
		reach_raise(reach, first_seq, st.st_size);
	} else if (st.st_size <= SEGMENT_HEAD)	/* a crash while it was made: it never held a block */
		unlinkat(j->o.dir_fd, name, 0);
	else
		segment_set_aside(j, name, "not a segment of this format");
	segment_reader_fini(&r);
}

static int
segments_list(struct journal *j)
{
	int	       fd = openat(j->o.dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR	      *dir = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *e;
	uint64_t      *seq = NULL, reach = j->next_seq;
	size_t	       i, n = 0;

	if (dir == NULL) {
		log_warn("cannot list store/journal");
		if (fd != -1)
			close(fd);
		return -1;
	}
	while ((e = readdir(dir)) != NULL) {
		seq = xrealloc(seq, n + 1, sizeof(*seq));
		if (segment_name_parse(e->d_name, &seq[n]) == 0)
			n++;
	}
	closedir(dir);
	if (n > 0)
		qsort(seq, n, sizeof(*seq), seq_compare);
	for (i = 0; i < n; i++)
		segment_take(j, seq[i], &reach);
	free(seq);
	return 0;
}

static void
tail_cut(struct journal *j, struct journal_segment *s, uint64_t good_end)
{
	char name[SEGMENT_NAME_SIZE];
	int  fd = openat(j->o.dir_fd, segment_name(name, s->first_seq), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	log_warnx("store/journal/%s: torn tail, cut %llu bytes behind the last good block", name,
	    (unsigned long long)(s->bytes - good_end));
	if (fd == -1 || ftruncate(fd, (off_t)good_end) == -1 || fdatasync(fd) == -1)
		log_warn("store/journal/%s: cannot be cut", name);
	if (fd != -1)
		close(fd);
	j->stats.torn++;
	s->bytes = good_end;
}

/*
 * Find the end of the last segment. @return 1 when it holds blocks, 0 when only names, -1 on a read error
 * (logged)
 */
static int
segment_close_off(struct journal *j, struct journal_segment *s)
{
	struct segment_reader r;
	struct block	      b;
	uint64_t	      last_seq = 0;
	char		      name[SEGMENT_NAME_SIZE];
	int		      rc;

	if (segment_reader_init(&r, journal_segment_open(j, s), s->bytes) != 0) {
		log_warn("store/journal/%s: cannot be read", segment_name(name, s->first_seq));
		return -1;
	}
	while ((rc = segment_reader_next(&r, &b)) == 1)
		if (b.seq > last_seq)
			last_seq = b.seq;
	if (rc == -1)
		log_warn("store/journal/%s: cannot be read", segment_name(name, s->first_seq));
	else if (r.torn)
		tail_cut(j, s, r.good_end);
	segment_reader_fini(&r);
	if (rc == -1)
		return -1;
	if (last_seq >= j->next_seq)
		j->next_seq = last_seq + 1;
	return last_seq >= s->first_seq;
}

int
journal_segments_find(struct journal *j)
{
	char name[SEGMENT_NAME_SIZE];
	int  rc = 0;

	if (segments_list(j) == -1)
		return -1;
	/* One without a block of its own (a crash came first) makes way for the next of its number. */
	while (j->nsegment > 0 && (rc = segment_close_off(j, &j->segment[j->nsegment - 1])) == 0)
		unlinkat(j->o.dir_fd, segment_name(name, j->segment[--j->nsegment].first_seq), 0);
	return rc == -1 ? -1 : 0;
}

/* ---- keeping and reading ---- */

int64_t
journal_retain(struct journal *j, uint64_t needed_seq, int64_t now_wall_ns, uint32_t keep_s,
    uint64_t max_bytes)
{
	uint64_t size = journal_stats(j)->size;
	int64_t	 end_ns, youngest = 0;
	size_t	 gone = 0;
	char	 name[SEGMENT_NAME_SIZE];

	for (; gone + 1 < j->nsegment && j->segment[gone + 1].first_seq <= needed_seq; gone++) {
		end_ns = j->segment[gone + 1].created_ns;
		if (now_wall_ns - end_ns <= keep_s * NS_PER_S) {
			if (size <= max_bytes)
				break;
			youngest = end_ns;
		}
		size -= j->segment[gone].bytes;
		if (unlinkat(j->o.dir_fd, segment_name(name, j->segment[gone].first_seq), 0) == -1)
			log_warn("cannot delete store/journal/%s", name);
	}
	j->nsegment -= gone;
	memmove(j->segment, j->segment + gone, j->nsegment * sizeof(*j->segment));
	return youngest;
}

const struct journal_segment *
journal_segment_of(const struct journal *j, uint64_t seq)
{
	size_t i = j->nsegment;

	while (i > 1 && j->segment[i - 1].first_seq > seq)
		i--;
	return i > 0 ? &j->segment[i - 1] : NULL;
}

const struct journal_segment *
journal_segment_after(const struct journal *j, uint64_t first_seq)
{
	size_t i;

	for (i = 0; i < j->nsegment; i++)
		if (j->segment[i].first_seq > first_seq)
			return &j->segment[i];
	return NULL;
}
