/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recover.c: walks over the journal.
 *
 * At start one walk from the checkpoint rebuilds the open minutes and the rows that were in memory; rows at
 * or before a file's last update are passed over, so it may be repeated at will. Files that are damaged or
 * missing are rebuilt by a second walk from the oldest segment on, as "<name>.rrd.new", renamed when whole.
 *
 * While a series is left to a walk, its new samples go to the journal only. When the walk has caught up with
 * the journal, memory included, the series takes them itself: each is taken exactly once and in order. A few
 * files are made in a turn, and one takes its place: many of them must not keep the store from its other work.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store.h"

#define STEP_BYTES (1u << 20)	/* of journal per turn */
#define MADE_MAX   8		/* new files per turn: librrd takes 30 ms for one of 12 MB */

/* Whatever becomes of it, this walk is no longer for it; when it is for none, the rest is not read. */
static void
rebuild_leave(struct store *st, struct series *s)
{
	if (!s->in_rebuild)
		return;
	s->in_rebuild = false;
	if (--st->rebuilds == 0)
		replay_pause(st->replay);
}

bool
recover_takes(const struct store *st, const struct series *s)
{
	return s->file == SERIES_FILE_REBUILD || (st->replay != NULL && !st->rebuilding);
}

void
recover_leave(struct store *st, struct series *s)
{
	series_reset(&st->series, s, 0);
	s->file = SERIES_FILE_REBUILD;
	rebuild_leave(st, s);
	s->new_file = false;
	s->written_s = 0;
}

/* ---- files ---- */

static void
set_aside(struct store *st, struct series *s, const char *why)
{
	char name[SERIES_FILE_SIZE], bad[SERIES_FILE_SIZE], suffix[24];

	snprintf(suffix, sizeof(suffix), ".bad-%lld", loop_wall_ns(st->loop) / NS_PER_S);
	st->counters.quarantined++;
	series_file_name(s, "", name);
	series_file_name(s, suffix, bad);
	if (renameat(st->rrd_fd, name, st->rrd_fd, bad) == -1)
		log_warn("%s is damaged (%s) and cannot be renamed", name, why);
	else
		log_warnx("%s is damaged (%s): renamed to %s, rebuilding it from the journal",
		    name, why, bad);
	store_trouble(st, TROUBLE_DAMAGE,
	    "store/rrd/%s is damaged (%s) and is being rebuilt from the journal", name, why);
}

void
recover_file(struct store *st, struct series *s, enum rrd_result result, const char *why)
{
	if (result == RRD_DAMAGED)
		set_aside(st, s, why);
	else
		log_warnx("store/rrd/%s.rrd is gone: rebuilding it from the journal", s->ref);
	recover_leave(st, s);
	recover_rebuild(st);
}

/* A name in a directory is on the disk only when the directory is synced, whatever was done to the file. */
static int
directory_sync(const struct store *st, const struct series_kind *kind)
{
	int fd = openat(st->rrd_fd, kind->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd != -1 ? fsync(fd) : -1, error = errno;

	if (fd != -1)
		close(fd);
	errno = error;
	return rc;
}

int
recover_place(struct store *st, const struct series *s)
{
	char from[SERIES_FILE_SIZE], to[SERIES_FILE_SIZE];

	/* A header of the file that was there before must not be put back into this one. */
	if (undo_sync(&st->undo) == -1 ||
	    renameat(st->rrd_fd, series_file_name(s, ".new", from), st->rrd_fd,
		series_file_name(s, "", to)) == -1)
		return -1;
	return directory_sync(st, s->kind);
}

void
recover_look(struct store *st, struct series *s)
{
	struct rrd_facts facts;
	char		 name[SERIES_FILE_SIZE], why[RRD_WHY_MAX];

	if (s->file != SERIES_FILE_UNSEEN)
		return;
	switch (rrd_file_check(st->rrd, series_file_name(s, "", name), s->kind, &facts, why)) {
	case RRD_OK:
		s->file = SERIES_FILE_READY;
		s->profile = facts.profile;
		s->written_s = facts.last_s;
		minutes_raise_last(s->minutes, facts.last_s);
		store_file_well(st, s);
		break;
	case RRD_ABSENT:
		s->file = SERIES_FILE_ABSENT;
		break;
	case RRD_DAMAGED:
		recover_file(st, s, RRD_DAMAGED, why);
		break;
	case RRD_FAILED:
		store_file_trouble(st, s, "read", why);
		break;
	}
}

/* ---- what the walk finds ---- */

/* A name that no plan has told us yet, or tells us no longer. */
static struct series *
walk_series_new(struct store *st, uint32_t number, const char *ref)
{
	const struct journal_segment *oldest = journal_segment_of(st->journal, 1);
	struct series		     *s;
	bool			      is_new;

	if (series_find(&st->series, number) != NULL && (st->planned || st->plan_open))
		return NULL;		/* today that number means another object */
	s = series_bind(&st->series, number, ref, &is_new);
	if (s == NULL)
		return NULL;
	recover_look(st, s);
	/* An object without a file, and a journal older than the checkpoint: the file once was there. */
	if (s->file == SERIES_FILE_ABSENT && oldest != NULL && oldest->first_seq < st->checkpoint)
		s->file = SERIES_FILE_REBUILD;
	return s;
}

static void
walk_name(void *arg, uint32_t number, const char *ref)
{
	struct store  *st = arg;
	struct series *s = series_find_ref(&st->series, ref);

	if (s == NULL)
		s = walk_series_new(st, number, ref);
	nmap_remove(st->walk_names, number);
	if (s != NULL)
		nmap_add(st->walk_names, number, s);
}

/* Rows of a rebuilt file go out as they come. */
static void
rebuild_write(struct store *st, struct series *s)
{
	struct rrd_row	row[RRD_ROWS_MAX];
	char		name[SERIES_FILE_SIZE], why[RRD_WHY_MAX];
	enum rrd_result result = RRD_OK;
	uint32_t	i, n = s->nrows < RRD_ROWS_MAX ? s->nrows : RRD_ROWS_MAX;

	series_file_name(s, ".new", name);
	for (i = 0; i < n; i++)
		row[i] = (struct rrd_row){ .end_s = series_row(s, i)->end_s,
		    .value = series_row(s, i)->value };
	if (!s->new_file)
		result = rrd_file_create(st->rrd, name, s->kind, st->profile, row[0].end_s - MINUTE_S, why);
	if (!s->new_file && ++st->rebuilt_made >= MADE_MAX)
		replay_pause(st->replay);
	if (result == RRD_OK) {
		s->new_file = true;
		s->profile = st->profile;
		result = rrd_file_update(st->rrd, name, s->kind, row, n, &s->written_s, why);
	}
	if (result != RRD_OK) {
		store_file_trouble(st, s, "rebuild", why);
		rebuild_leave(st, s);		/* the next walk tries again */
		series_reset(&st->series, s, 0);
		return;
	}
	st->counters.updates++;
	st->counters.rows += n;
	series_rows_drop(&st->series, s, n);
}

static void
walk_sample(void *arg, const struct sample *smp, const struct journal_place *place)
{
	struct store  *st = arg;
	struct series *s = nmap_get(st->walk_names, smp->series);

	if (s == NULL || (s->file == SERIES_FILE_REBUILD) != st->rebuilding ||
	    (st->rebuilding && !s->in_rebuild))
		return;
	store_take(st, s, smp, place);
	if (st->rebuilding && s->nrows >= RRD_ROWS_MAX && (s->new_file || st->rebuilt_made < MADE_MAX))
		rebuild_write(st, s);
}

static const struct replay_ops walk_ops = { walk_name, walk_sample };

/* ---- the walks ---- */

/* The new file is whole as far as closed minutes go: it takes its place. */
static void
rebuild_finish(struct store *st, struct series *s)
{
	char name[SERIES_FILE_SIZE];

	while (s->in_rebuild && s->nrows > 0 && (s->new_file || s->nrows >= RRD_ROWS_MAX))
		rebuild_write(st, s);
	if (!s->in_rebuild)
		return;
	rebuild_leave(st, s);
	if (!s->new_file) {
		/* Too few rows for one: they wait in memory for a file made as usual. */
		s->file = SERIES_FILE_ABSENT;
		if (!s->planned)
			series_reset(&st->series, s, 0);
		return;
	}
	s->new_file = false;
	if (rrd_file_sync(st->rrd, series_file_name(s, ".new", name)) == -1 || recover_place(st, s) == -1) {
		store_file_trouble(st, s, "rebuild", strerror(errno));
		series_reset(&st->series, s, 0);
		return;
	}
	s->file = SERIES_FILE_READY;
	store_file_well(st, s);
	log_info("store/rrd/%s.rrd is rebuilt from the journal", s->ref);
}

static void
walk_finish(struct store *st)
{
	bool   wait = false;
	size_t i;

	nmap_free(st->walk_names);
	st->walk_names = NULL;
	st->swept_minute = 0;
	for (i = 0; i < st->series.n; i++)
		wait |= st->series.list[i]->file == SERIES_FILE_REBUILD;
	if (!wait)
		store_trouble_over(st, TROUBLE_DAMAGE);
	else if (!st->rebuilding)
		recover_rebuild(st);
	if (st->undone)		/* until then old rows are overwritten by what their header does not know */
		flush_soon(st);
	st->undone = false;
	if (st->planned)
		flush_replan(st);	/* the walk may have found series that the plan does not name */
	create_start(st);
}

/* All that was written by now is seen: take what came in the meantime, in one go. */
static void
walk_catch_up(struct store *st, struct replay *r)
{
	store_commit(st);
	while (replay_step(r, STEP_BYTES))
		;
	replay_waiting(r);
}

static void
walk_end(struct store *st)
{
	struct replay *r = st->replay;

	st->replay = NULL;	/* all names are known: commit */
	if (!st->rebuilding)
		walk_catch_up(st, r);
	log_debug("store", "%" PRIu64 " samples taken again from the journal", replay_samples(r));
	replay_free(r);
	walk_finish(st);
}

/*
 * The next file that the walk has rebuilt takes its place, and its series the samples from here on.
 * @return false when there is none left
 */
static bool
rebuilt_place(struct store *st)
{
	while (st->rebuilt_next < st->series.n) {
		struct series *s = st->series.list[st->rebuilt_next++];

		if (!s->in_rebuild)
			continue;
		walk_catch_up(st, st->replay);
		rebuild_finish(st, s);
		return true;
	}
	return false;
}

/* @return false when the walk has nothing more to do */
static bool
walk_goes_on(struct store *st)
{
	if (!st->rebuilding)
		return replay_step(st->replay, STEP_BYTES);
	return st->rebuilds > 0 && (replay_step(st->replay, STEP_BYTES) || rebuilt_place(st));
}

static void
replay_turn(void *arg)
{
	struct store *st = arg;

	st->rebuilt_made = 0;
	if (walk_goes_on(st))
		loop_timer_set(st->loop, &st->replay_timer, loop_mono_ns(st->loop), replay_turn, st);
	else
		walk_end(st);
}

static void
walk_start(struct store *st, uint64_t from_seq)
{
	st->replay = replay_new(st->journal, from_seq, &walk_ops, st);
	st->rebuilt_next = 0;
	st->walk_names = nmap_new();
	loop_timer_set(st->loop, &st->replay_timer, loop_mono_ns(st->loop), replay_turn, st);
}

void
recover_start(struct store *st)
{
	st->rebuilding = false;
	walk_start(st, st->checkpoint);
}

void
recover_stop(struct store *st)
{
	if (st->replay == NULL || st->rebuilding)
		return;
	while (replay_step(st->replay, STEP_BYTES))
		;
	walk_end(st);
}

void
recover_rebuild(struct store *st)
{
	size_t i;

	if (st->replay != NULL || !st->planned)
		return;
	for (i = 0; i < st->series.n; i++) {
		struct series *s = st->series.list[i];

		if (s->file != SERIES_FILE_REBUILD || store_file_rests(st, s))
			continue;
		series_reset(&st->series, s, 0);
		s->in_rebuild = true;
		s->new_file = false;
		st->rebuilds++;
	}
	if (st->rebuilds == 0)
		return;
	st->rebuilding = true;
	walk_start(st, 1);
}
