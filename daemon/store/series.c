/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.c: see series.h. */
#include "store/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define TIME_MIN_NS    (631152000 * NS_PER_S)	/* 1990: librrd refuses 1980, 1970 is no set clock */
#define AHEAD_NS       (5 * NS_PER_S)	/* of its block: that took its time from the first payload in it */
#define SECONDS_MAX    3600
#define ROWS_MAX_FIRST 360	/* before the plan: three times the longest flush time */

/* ---- the table ---- */

void
series_table_init(struct series_table *t)
{
	*t = (struct series_table){ .by_ref = map_new(), .by_number = nmap_new(),
	    .rows_max = ROWS_MAX_FIRST };
}

static void
series_free(struct series *s)
{
	minutes_free(s->minutes);
	free(s->rows);
	free(s);
}

void
series_table_fini(struct series_table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		series_free(t->list[i]);
	free(t->list);
	map_free(t->by_ref);
	nmap_free(t->by_number);
}

struct series *
series_find(const struct series_table *t, uint32_t number)
{
	return nmap_get(t->by_number, number);
}

struct series *
series_find_ref(const struct series_table *t, const char *ref)
{
	return map_get(t->by_ref, ref);
}

/* It becomes a file name: only what ids and port keys are made of. */
static bool
ref_is_valid(const char *ref)
{
	const char *id = strchr(ref, '/');

	if (id == NULL || series_kind_find(ref) == NULL || strlen(ref) >= REF_MAX)
		return false;
	id++;
	return id[0] != '\0' && id[0] != '.' &&
	    strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(id);
}

static struct series *
series_new(struct series_table *t, const char *ref)
{
	struct series *s = xcalloc(1, sizeof(*s));

	text_copy(s->ref, sizeof(s->ref), ref);
	s->kind = series_kind_find(ref);
	s->minutes = minutes_new(s->kind->n);
	if (t->n == t->size) {
		t->size = t->size * 2 + 64;
		t->list = xrealloc(t->list, t->size, sizeof(struct series *));
	}
	t->list[t->n++] = s;
	map_add(t->by_ref, s->ref, s);
	return s;
}

struct series *
series_bind(struct series_table *t, uint32_t number, const char *ref, bool *is_new)
{
	struct series *s, *other;

	*is_new = false;
	if (number == 0 || !ref_is_valid(ref))
		return NULL;
	s = series_find_ref(t, ref);
	if (s != NULL && s->number == number)
		return s;
	*is_new = true;
	if (s == NULL)
		s = series_new(t, ref);
	else if (s->number != 0)
		nmap_remove(t->by_number, s->number);
	other = nmap_remove(t->by_number, number);
	if (other != NULL) {
		log_warnx("number %u was %s and now is %s", number, other->ref, ref);
		other->number = 0;
		other->planned = other->in_new_plan = false;
	}
	s->number = number;
	nmap_add(t->by_number, number, s);
	return s;
}

char *
series_file_name(const struct series *s, const char *suffix, char *out)
{
	snprintf(out, SERIES_FILE_SIZE, "%s.rrd%s", s->ref, suffix);
	return out;
}

/* ---- rows ---- */

static size_t
row_size(const struct series *s)
{
	return sizeof(struct series_row) + s->kind->n * sizeof(double);
}

const struct series_row *
series_row(const struct series *s, uint32_t i)
{
	return (const struct series_row *)(const void *)(s->rows + i * row_size(s));
}

struct row_target {
	struct series_table *t;
	struct series	    *s;
};

static void
row_push(void *arg, int64_t end_s, uint64_t seq, const double *value)
{
	struct row_target *to = arg;
	struct series	  *s = to->s;
	struct series_row *row;

	if (s->nrows >= to->t->rows_max && s->file != SERIES_FILE_REBUILD) {
		series_rows_drop(to->t, s, 1);
		to->t->rows_dropped++;
	}
	if (s->nrows == s->rows_size) {
		s->rows_size = s->rows_size * 2 + 4;
		s->rows = xrealloc(s->rows, s->rows_size, row_size(s));
	}
	row = (struct series_row *)(void *)(s->rows + s->nrows * row_size(s));
	row->end_s = end_s;
	row->seq = seq;
	memcpy(row->value, value, s->kind->n * sizeof(double));
	s->nrows++;
	to->t->rows++;
}

void
series_rows_drop(struct series_table *t, struct series *s, uint32_t n)
{
	s->nrows -= n;
	t->rows -= n;
	if (s->nrows > 0)
		memmove(s->rows, s->rows + n * row_size(s), s->nrows * row_size(s));
}

void
series_reset(struct series_table *t, struct series *s, int64_t last_s)
{
	series_rows_drop(t, s, s->nrows);
	minutes_reset(s->minutes, last_s);
}

uint64_t
series_needed_seq(const struct series *s)
{
	uint64_t seq = minutes_oldest_seq(s->minutes);
	uint32_t i;

	for (i = 0; i < s->nrows; i++)
		if (series_row(s, i)->seq < seq)
			seq = series_row(s, i)->seq;
	return seq;
}

int64_t
series_oldest_end(const struct series *s)
{
	return s->nrows > 0 ? series_row(s, 0)->end_s : minutes_oldest_end(s->minutes);
}

/* ---- samples ---- */

void
series_close_minutes(struct series_table *t, struct series *s, int64_t wall_ns)
{
	struct row_target to = { t, s };

	minutes_close(s->minutes, wall_ns, row_push, &to);
}

/* The part of time that a sample speaks of, and its values; false when it has nothing for a file. */
static bool
sample_span(const struct series *s, const struct sample *smp, int64_t *from_ns, int64_t *to_ns, uint8_t *at,
    uint8_t *n)
{
	int64_t length_ns;

	if (smp->quality == QUALITY_UNKNOWN || smp->seconds <= 0 || smp->seconds > SECONDS_MAX)
		return false;
	length_ns = (int64_t)(smp->seconds * 1e9);
	switch (smp->type) {
	case SAMPLE_RATE:
		*at = 0;
		*n = smp->n < s->kind->rates ? smp->n : s->kind->rates;
		*to_ns = smp->wall_ns;
		break;
	case SAMPLE_DELAY:	/* of one minute as a whole, whatever the microseconds of its stamp */
		if (s->kind->delay_at + DELAY_VALUES > s->kind->n)
			return false;
		*at = s->kind->delay_at;
		*n = DELAY_VALUES;
		*to_ns = minute_end_of(smp->wall_ns - length_ns / 2) * NS_PER_S;
		if (length_ns > MINUTE_S * NS_PER_S)
			length_ns = MINUTE_S * NS_PER_S;
		break;
	default:
		return false;
	}
	*from_ns = *to_ns - length_ns;
	return true;
}

enum series_taken
series_take(struct series_table *t, struct series *s, const struct sample *smp,
    const struct journal_place *place)
{
	int64_t	 from_ns, to_ns;
	uint8_t	 at, n;
	unsigned late;

	if (smp->wall_ns < TIME_MIN_NS || smp->wall_ns > place->wall_ns + AHEAD_NS)
		return SERIES_STRAY;
	series_close_minutes(t, s, place->wall_ns);
	if (!sample_span(s, smp, &from_ns, &to_ns, &at, &n))
		return SERIES_TAKEN;
	late = minutes_add(s->minutes, from_ns, to_ns, at, smp->value, n, place->seq, place->wall_ns);
	if (late == 0)
		return SERIES_TAKEN;
	/*
	 * No minute is stored before it is over for 75 s: a stored row in our future means that the clock has
	 * gone back.
	 */
	return place->wall_ns < minutes_last(s->minutes) * NS_PER_S ? SERIES_CLOCK_BACK : SERIES_LATE;
}
