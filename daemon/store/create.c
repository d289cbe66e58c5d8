/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * create.c: new files in the background. librrd makes one empty file per kind; every other is a copy of it, a
 * slice per turn, synced, looked at and renamed into place. A file of 12 MB would hold up the loop for 30 ms
 * if librrd made it; a slice takes one, and the disk gets at most 50 MiB/s.
 *
 * A file that cannot be made is put aside and the next one has its turn. When it is the disk that refuses,
 * the round ends: the next file would only find the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store.h"

#define TURN_NS	     (20 * NS_PER_MS)
#define SLICE	     (1u << 20)
#define TEMPLATE_AGE 3600	/* s that a file may claim to know nothing of before its first row */
#define AHEAD_S	     (2 * MINUTE_S)	/* an empty file begins this long ago: the open minutes must fit */

enum made {
	MADE_ALL,	/* nothing is left to do */
	MADE_PART,	/* go on */
	MADE_NOT,	/* this file cannot be made */
	MADE_NONE	/* no file can be made now */
};

static void create_turn(void *arg);

/* A file may say "unknown up to here"; it must lie before the first row that waits. */
static int64_t
last_wanted(const struct store *st, const struct series *s)
{
	int64_t now_s = minute_end_of(loop_wall_ns(st->loop)) - AHEAD_S, first = series_oldest_end(s);

	return first - MINUTE_S < now_s ? first - MINUTE_S : now_s;
}

/* The system refused, as errno says. */
static enum made
refused(char *why)
{
	int error = errno;

	text_copy(why, RRD_WHY_MAX, strerror(error));
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EIO:
	case EMFILE:
	case ENFILE:
		return MADE_NONE;
	default:
		return MADE_NOT;
	}
}

/* ---- templates ---- */

static struct template *
template_find(struct store *st, const struct series_kind *kind)
{
	size_t i;

	for (i = 0; i < TEMPLATES_MAX; i++)
		if (st->template[i].kind == kind || st->template[i].kind == NULL)
			return &st->template[i];
	return NULL;
}

static void
template_close(struct template *t)
{
	if (t->kind != NULL && t->fd != -1)
		close(t->fd);
	*t = (struct template){ .fd = -1 };
}

/* Is there no hope for files of this kind until the next round? */
static bool
template_failed(struct store *st, const struct series_kind *kind)
{
	const struct template *t = template_find(st, kind);

	return t->kind == kind && t->failed;
}

static int
template_make(struct store *st, struct template *t, const struct series_kind *kind, int64_t last_s, char *why)
{
	struct rrd_facts facts;
	char		 name[40];

	template_close(t);
	t->kind = kind;
	t->failed = true;
	snprintf(name, sizeof(name), "template-%s.rrd", kind->name);
	if (rrd_file_create(st->rrd, name, kind, st->profile, last_s, why) != RRD_OK ||
	    rrd_file_check(st->rrd, name, kind, &facts, why) != RRD_OK)
		return -1;
	t->fd = openat(st->rrd_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unlinkat(st->rrd_fd, name, 0);		/* lives as long as it is open */
	if (t->fd == -1) {
		text_copy(why, RRD_WHY_MAX, strerror(errno));
		return -1;
	}
	t->failed = false;
	t->profile = st->profile;
	t->last_s = last_s;
	t->size = facts.size;
	return 0;
}

/* ---- one file ---- */

static enum made
create_begin(struct store *st, struct series *s, char *why)
{
	int64_t		 want = last_wanted(st, s);
	struct template *t = template_find(st, s->kind);
	char		 name[SERIES_FILE_SIZE];

	if (mkdirat(st->rrd_fd, s->kind->name, 0700) == -1 ? errno != EEXIST : fsync(st->rrd_fd) == -1)
		return refused(why);
	if ((t->kind == NULL || t->profile != st->profile || t->last_s > want ||
	    t->last_s < want - TEMPLATE_AGE) &&
	    template_make(st, t, s->kind, want, why) == -1)
		return MADE_NOT;
	st->create_fd = openat(st->rrd_fd, series_file_name(s, ".new", name),
	    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (st->create_fd == -1)
		return refused(why);
	st->creating = s;
	st->create_at = 0;
	return MADE_PART;
}

/* MADE_ALL: the copy is whole. */
static enum made
create_slice(struct store *st, const struct template *t, char *why)
{
	struct buf b = { 0 };
	uint8_t	  *bytes = buf_grow(&b, SLICE);
	ssize_t	   n = pread(t->fd, bytes, SLICE, (off_t)st->create_at);

	if (n > 0)
		n = pwrite(st->create_fd, bytes, (size_t)n, (off_t)st->create_at);
	buf_free(&b);
	if (n == -1)
		return refused(why);
	if (n == 0) {
		text_copy(why, RRD_WHY_MAX, "the template has shrunk");
		return MADE_NOT;
	}
	st->create_at += (uint64_t)n;
	return st->create_at >= t->size ? MADE_ALL : MADE_PART;
}

static enum made
create_finish(struct store *st, struct series *s, char *why)
{
	char		 name[SERIES_FILE_SIZE];
	struct rrd_facts facts;

	if (fdatasync(st->create_fd) == -1)
		return refused(why);
	/* Else it stays cached in large pieces, and the kernel writes 25 KiB for every row of 100 bytes. */
	posix_fadvise(st->create_fd, 0, 0, POSIX_FADV_DONTNEED);
	if (rrd_file_check(st->rrd, series_file_name(s, ".new", name), s->kind, &facts, why) != RRD_OK)
		return MADE_NOT;
	if (recover_place(st, s) == -1)
		return refused(why);
	close(st->create_fd);
	st->create_fd = -1;
	st->creating = NULL;
	s->file = SERIES_FILE_READY;
	s->profile = facts.profile;
	s->written_s = facts.last_s;
	minutes_raise_last(s->minutes, facts.last_s);
	st->counters.created++;
	store_file_well(st, s);
	return MADE_PART;
}

static void
create_abandon(struct store *st)
{
	char name[SERIES_FILE_SIZE];

	if (st->create_fd == -1)
		return;
	close(st->create_fd);
	st->create_fd = -1;
	unlinkat(st->rrd_fd, series_file_name(st->creating, ".new", name), 0);
	st->creating = NULL;
}

/* ---- turns ---- */

static struct series *
create_choose(struct store *st)
{
	while (st->create_next < st->series.n) {
		struct series *s = st->series.list[st->create_next++];

		if (s->planned && s->file == SERIES_FILE_ABSENT && !store_file_rests(st, s) &&
		    !template_failed(st, s->kind))
			return s;
	}
	return NULL;
}

static enum made
create_some(struct store *st, struct series **of, char *why)
{
	struct series *s = st->creating;
	enum made      made;

	if (s == NULL) {
		*of = create_choose(st);
		return *of != NULL ? create_begin(st, *of, why) : MADE_ALL;
	}
	*of = s;
	/* Its first row may have come to lie before what the template says since the copy was begun. */
	if (s->file != SERIES_FILE_ABSENT ||
	    template_find(st, s->kind)->last_s > series_oldest_end(s) - MINUTE_S) {
		create_abandon(st);
		st->create_next = 0;
		return MADE_PART;
	}
	made = create_slice(st, template_find(st, s->kind), why);
	return made == MADE_ALL ? create_finish(st, s, why) : made;
}

static void
create_turn(void *arg)
{
	struct store  *st = arg;
	struct series *s;
	char	       why[RRD_WHY_MAX];
	size_t	       i;
	enum made      made = create_some(st, &s, why);

	if (made == MADE_NOT || made == MADE_NONE) {
		create_abandon(st);
		store_file_trouble(st, s, "make", why);
	}
	if (made == MADE_PART || made == MADE_NOT) {
		loop_timer_set(st->loop, &st->create_timer,
		    loop_mono_ns(st->loop) + TURN_NS, create_turn, st);
		return;
	}
	/* The next round begins with the next checkpoint. */
	for (i = 0; i < TEMPLATES_MAX; i++)
		template_close(&st->template[i]);
}

void
create_start(struct store *st)
{
	if (!st->planned || loop_timer_is_set(&st->create_timer))
		return;
	/* Until memory is complete we do not know which rows a file must be able to take. */
	if (st->replay != NULL && !st->rebuilding)
		return;
	st->create_next = 0;
	loop_timer_set(st->loop, &st->create_timer, loop_mono_ns(st->loop) + TURN_NS, create_turn, st);
}

void
create_stop(struct store *st)
{
	size_t i;

	loop_timer_cancel(st->loop, &st->create_timer);
	create_abandon(st);
	for (i = 0; i < TEMPLATES_MAX; i++)
		template_close(&st->template[i]);
}
