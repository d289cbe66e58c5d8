/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flush.c: rows from memory to files.
 *
 * Every series has a phase, a second within flush_s given by the hash of its reference; when its second
 * comes, its rows are written in one go. So no row waits longer than flush_s, a file gets flush_s / 60 rows
 * per call, and the work is spread evenly. The files of a second wait in a queue and are written a few per
 * turn, so that samples and requests are served in between. What core asks to be written goes first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/store.h"

#define FILES_PER_TURN	8
#define FEW_FILES	1000
#define FLUSH_FEW_S	60
#define CHECKPOINT_NS	(60 * NS_PER_S)

static void flush_turn(void *arg);

static void
turn_arrange(struct store *st)
{
	if (!loop_timer_is_set(&st->flush_timer))
		loop_timer_set(st->loop, &st->flush_timer, loop_mono_ns(st->loop), flush_turn, st);
}

struct batch {
	struct series *s[FILES_PER_TURN];
	size_t	       n;
};

/* ---- one file ---- */

static enum rrd_result
write_rows(struct store *st, struct series *s, const char *name, char *why)
{
	struct rrd_row	row[RRD_ROWS_MAX];
	enum rrd_result result;
	uint32_t	done, i, n;

	for (done = 0; done < s->nrows; done += n) {
		n = s->nrows - done < RRD_ROWS_MAX ? s->nrows - done : RRD_ROWS_MAX;
		for (i = 0; i < n; i++)
			row[i] = (struct rrd_row){ .end_s = series_row(s, done + i)->end_s,
				.value = series_row(s, done + i)->value };
		result = rrd_file_update(st->rrd, name, s->kind, row, n, &s->written_s, why);
		if (result != RRD_OK)
			return result;
		st->counters.updates++;
		st->counters.rows += n;
		st->counters.bytes_written += rrd_update_cost(s->kind, s->profile, n);
	}
	if (rrd_file_sync(st->rrd, name) == -1) {
		text_copy(why, RRD_WHY_MAX, strerror(errno));
		return RRD_FAILED;
	}
	return RRD_OK;
}

static void
series_failed(struct store *st, struct series *s, enum rrd_result result, const char *why)
{
	if (result == RRD_FAILED)	/* the rows stay */
		store_file_trouble(st, s, "write", why);
	else
		recover_file(st, s, result, why);
}

/* ---- a batch of files ---- */

static void
batch_add(struct store *st, struct batch *b, struct series *s)
{
	uint8_t		 live[RRD_HEAD_MAX];
	char		 name[SERIES_FILE_SIZE], why[RRD_WHY_MAX];
	struct rrd_facts facts;
	enum rrd_result	 result;

	if (b->n == 0)
		undo_begin(&st->undo);
	if (s->file == SERIES_FILE_UNSEEN)
		recover_look(st, s);
	if (s->file != SERIES_FILE_READY || s->nrows == 0)
		return;
	series_file_name(s, "", name);
	result = rrd_file_live(st->rrd, name, s->kind, &facts, live, why);
	if (result != RRD_OK) {
		series_failed(st, s, result, why);
		return;
	}
	undo_add(&st->undo, name, facts.live_at, live, facts.live_len);
	st->counters.bytes_written += facts.live_len;
	b->s[b->n++] = s;
}

/* @return number of files written */
static uint32_t
batch_write(struct store *st, struct batch *b)
{
	char		name[SERIES_FILE_SIZE], why[RRD_WHY_MAX] = "";
	enum rrd_result result;
	uint32_t	written = 0;
	size_t		i;

	if (b->n == 0)
		return 0;
	if (undo_commit(&st->undo) == -1) {
		int error = errno;

		undo_void(&st->undo);
		store_trouble(st, TROUBLE_UNDO,
		    "cannot write store/undo, without which no file is written: %s", strerror(error));
		return 0;
	}
	store_trouble_over(st, TROUBLE_UNDO);
	for (i = 0; i < b->n; i++) {
		struct series *s = b->s[i];

		result = write_rows(st, s, series_file_name(s, "", name), why);
		if (result != RRD_OK) {
			series_failed(st, s, result, why);
			continue;
		}
		series_rows_drop(&st->series, s, s->nrows);
		store_file_well(st, s);
		written++;
	}
	undo_void(&st->undo);
	return written;
}

/* ---- what core asked for ---- */

static void
answer(struct store *st, uint32_t token, uint32_t count, const char *error, bool busy)
{
	struct msg_end m = { .ok = error[0] == '\0', .busy = busy, .count = count };

	text_copy(m.error, sizeof(m.error), error);
	msg_end_send(st->core.ch, IPC_SERIES_END, token, &m, -1);
}

void
flush_request(struct store *st, uint32_t token, const char *ref)
{
	struct flush_job j = { .token = token, .end = st->series.n };
	char		 error[200];

	if (st->no_disk) {
		answer(st, token, 0, "", false);
		return;
	}
	if (ref[0] != '\0') {
		const struct series *s = series_find_ref(&st->series, ref);

		if (s == NULL) {
			snprintf(error, sizeof(error),
			    "%.120s has no series; a reference looks like link/s013-1", ref);
			answer(st, token, 0, error, false);
			return;
		}
		for (j.at = 0; st->series.list[j.at] != s; j.at++)
			;
		j.end = j.at + 1;
		j.only = s;
	}
	if (st->njobs == FLUSH_JOBS) {
		answer(st, token, 0, "too many flushes wait already; try again", true);
		return;
	}
	st->job[st->njobs++] = j;
	turn_arrange(st);
}

void
flush_forget_requests(struct store *st)
{
	st->njobs = 0;
}

/* What keeps rows of this job from their files, or "". */
static const char *
job_trouble(const struct store *st, const struct flush_job *j)
{
	if (st->trouble[TROUBLE_UNDO][0] != '\0')
		return st->trouble[TROUBLE_UNDO];
	return j->only != NULL && j->only->failures == 0 ? "" : st->trouble[TROUBLE_FILES];
}

/* A part of the first job. Rows are complete only when the journal has been walked, so jobs wait for that. */
static void
job_turn(struct store *st)
{
	struct flush_job *j = &st->job[0];
	struct batch	  b = { .n = 0 };
	const char	 *error;

	for (; j->at < j->end && b.n < FILES_PER_TURN; j->at++)
		if (st->series.list[j->at]->nrows > 0)
			batch_add(st, &b, st->series.list[j->at]);
	j->written += batch_write(st, &b);
	if (j->at < j->end)
		return;
	error = job_trouble(st, j);
	answer(st, j->token, j->written, error, false);
	memmove(st->job, st->job + 1, --st->njobs * sizeof(st->job[0]));
}

/* ---- the queue ---- */

static void
queue_turn(struct store *st)
{
	struct batch b = { .n = 0 };

	while (st->queue != NULL && b.n < FILES_PER_TURN) {
		struct series *s = st->queue;

		st->queue = s->queue_next;
		if (st->queue == NULL)
			st->queue_last = &st->queue;
		st->queued--;
		s->queued = false;
		batch_add(st, &b, s);
	}
	batch_write(st, &b);
}

static void
flush_turn(void *arg)
{
	struct store *st = arg;

	if (st->replay != NULL && !st->rebuilding)
		return;		/* the second comes back to it */
	if (st->njobs > 0)
		job_turn(st);
	else
		queue_turn(st);
	if (st->njobs > 0 || st->queue != NULL)
		turn_arrange(st);
}

static void
queue_add(struct store *st, struct series *s)
{
	if (s->queued || s->nrows == 0 || store_file_rests(st, s))
		return;
	if (st->queue == NULL)
		st->queue_since_ns = loop_mono_ns(st->loop);
	s->queued = true;
	s->queue_next = NULL;
	*st->queue_last = s;
	st->queue_last = &s->queue_next;
	st->queued++;
}

void
flush_soon(struct store *st)
{
	size_t i;

	for (i = 0; i < st->series.n; i++)
		queue_add(st, st->series.list[i]);
	if (st->queue != NULL)
		turn_arrange(st);
}

/* ---- time ---- */

static uint32_t
flush_interval(const struct store *st)
{
	size_t i, n = 0;

	if (st->flush_s_asked != 0)
		return st->flush_s_asked;
	for (i = 0; i < st->series.n; i++)
		n += st->series.list[i]->planned;
	return n <= FEW_FILES ? FLUSH_FEW_S : st->profile->flush_s;
}

void
flush_replan(struct store *st)
{
	size_t i;

	st->flush_s = flush_interval(st);
	/* Seconds that are due stay so: discovery may have us plan anew each second. */
	if (st->phase == NULL)
		st->phase_second = loop_mono_ns(st->loop) / NS_PER_S;
	free(st->phase);
	st->phase = xcalloc(st->flush_s, sizeof(struct series *));
	for (i = 0; i < st->series.n; i++) {
		struct series *s = st->series.list[i];
		uint32_t       at = (uint32_t)(hash_u64(hash_text(s->ref)) % st->flush_s);

		s->phase_next = st->phase[at];
		st->phase[at] = s;
	}
}

void
flush_second(struct store *st)
{
	int64_t	       now_ns = loop_mono_ns(st->loop), now = now_ns / NS_PER_S;
	struct series *s;

	if (st->phase == NULL)
		return;
	if (now - st->phase_second > st->flush_s)
		st->phase_second = now - st->flush_s;
	while (st->phase_second < now)
		for (s = st->phase[++st->phase_second % st->flush_s]; s != NULL; s = s->phase_next)
			queue_add(st, s);
	if (st->njobs > 0 || st->queue != NULL)
		turn_arrange(st);
	if (now_ns < st->checkpoint_due_ns)
		return;
	st->checkpoint_due_ns = now_ns + CHECKPOINT_NS;
	checkpoint_write(st);
	recover_rebuild(st);
	create_start(st);
}

void
flush_all(struct store *st, int64_t until_mono_ns)
{
	size_t i = 0;

	while (i < st->series.n && loop_mono_ns(st->loop) <= until_mono_ns) {
		struct batch b = { .n = 0 };

		for (; i < st->series.n && b.n < FILES_PER_TURN; i++)
			if (st->series.list[i]->nrows > 0)
				batch_add(st, &b, st->series.list[i]);
		batch_write(st, &b);
	}
}

void
flush_free(struct store *st)
{
	loop_timer_cancel(st->loop, &st->flush_timer);
	free(st->phase);
	st->phase = NULL;
}
