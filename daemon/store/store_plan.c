/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_plan.c: which objects have series, under which numbers, and how they are kept. A plan comes whole:
 * BEGIN with the settings, ADD per object, END. What it no longer names keeps its file, and its samples are
 * journaled only. An ADD after the END joins the plan that holds: a port that discovery has just found. They
 * come by the hundred, so what follows from them is done once, in the next second.
 */
#include <string.h>

#include "base/log.h"
#include "store/store.h"

#define FLUSHES_IN_MEMORY 3	/* rows of so many flush times may wait when a file cannot be written */
#define ROWS_MAX_LEAST	  120

static int
plan_begin(struct store *st, const struct msg_series_plan *m)
{
	const struct profile *p = profile_find(m->profile);
	size_t		      i;

	if (p == NULL || m->flush_s > FLUSH_S_MAX)
		return -1;
	st->profile = p;
	st->flush_s_asked = m->flush_s;
	st->journal_max = m->journal_max > 0 ? m->journal_max : p->journal_max;
	st->journal_keep_s = m->journal_keep_s;
	st->plan_open = true;
	journal_set_boot(st->journal, m->boot);
	for (i = 0; i < st->series.n; i++)
		st->series.list[i]->in_new_plan = false;
	return 0;
}

static int
plan_add(struct store *st, const struct msg_series_plan *m)
{
	bool	       is_new;
	struct series *s;

	if (!st->plan_open && !st->planned)
		return -1;
	s = series_bind(&st->series, m->number, m->ref, &is_new);
	if (s == NULL) {
		log_warnx("plan: number %u, \"%s\": no number and reference of an object with series",
		    m->number, m->ref);
		return 0;
	}
	s->in_new_plan = true;
	if (is_new) {
		journal_add_name(st->journal, s->number, s->ref, loop_wall_ns(st->loop),
		    loop_mono_ns(st->loop));
		recover_look(st, s);
	}
	if (!st->plan_open && !s->planned)
		s->planned = st->plan_grown = true;
	return 0;
}

void
store_plan_second(struct store *st)
{
	if (!st->plan_grown)
		return;
	st->plan_grown = false;
	flush_replan(st);
	recover_rebuild(st);
	create_start(st);
}

static int
plan_end(struct store *st)
{
	size_t i, n = 0;

	if (!st->plan_open)
		return -1;
	st->plan_open = false;
	st->planned = true;
	for (i = 0; i < st->series.n; i++) {
		struct series *s = st->series.list[i];

		s->planned = s->in_new_plan;
		n += s->planned;
		if (s->planned || s->file == SERIES_FILE_READY)
			continue;
		if (s->file == SERIES_FILE_ABSENT)	/* no file will be made for its rows */
			series_reset(&st->series, s, 0);
		store_file_well(st, s);
	}
	flush_replan(st);
	st->series.rows_max = FLUSHES_IN_MEMORY * st->flush_s / MINUTE_S;
	if (st->series.rows_max < ROWS_MAX_LEAST)
		st->series.rows_max = ROWS_MAX_LEAST;
	log_info("%zu objects have series; profile %s, files written every %u s", n, st->profile->name,
	    st->flush_s);
	recover_rebuild(st);
	create_start(st);
	return 0;
}

int
store_plan_message(struct store *st, const struct msg_series_plan *m)
{
	switch (m->op) {
	case SERIES_PLAN_BEGIN:
		return plan_begin(st, m);
	case SERIES_PLAN_ADD:
		return plan_add(st, m);
	case SERIES_PLAN_END:
		return plan_end(st);
	default:
		return -1;
	}
}

/* For the head of a segment: what is planned, or all that is known as long as there is no plan. */
bool
store_next_name(void *arg, size_t *at, uint32_t *number, const char **ref)
{
	const struct store *st = arg;

	while (*at < st->series.n) {
		const struct series *s = st->series.list[(*at)++];

		if (s->number == 0 || !(s->planned || s->in_new_plan || !st->planned))
			continue;
		*number = s->number;
		*ref = s->ref;
		return true;
	}
	return false;
}
