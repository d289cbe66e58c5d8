/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read.c: series out. What the file knows up to its last update, what memory knows after it, on one grid of
 * times.
 *
 * Rows are known by the end of their interval. Of a coarser step only intervals that ended are given. One
 * that the file cannot have finished yet is made here from its minutes, in file and memory, by the rule that
 * librrd will apply: the consolidation of the known minutes, unknown when more than half of them are (xff
 * 0.5).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

#define VALUES_MAX	(1u << 20)	/* rows x columns of one answer: 8 MiB */
#define FRAME_HEAD	64		/* more than what stands before the values of a frame */
#define POINTS_DEFAULT	1000
#define ROOM_LEFT	(1u << 20)	/* of the channel, for ends and states: an end must never be lost */

static const uint32_t steps[] = { 60, 300, 3600, 86400 };

struct grid {
	const char *cf;
	uint32_t    step_s;
	int64_t	    first_s;	/* end of the first row */
	size_t	    rows;
};

struct column {
	struct series *series;
	int	       value;	/* index in its kind */
	bool	       done;
};

/* ---- the request ---- */

static int
column_find(const struct store *st, struct column *c, const char *text, char *error, size_t size)
{
	char  ref[REF_MAX];
	char *value;

	text_copy(ref, sizeof(ref), text);
	value = strrchr(ref, '/');
	if (value != NULL && strchr(ref, '/') != value) {
		*value++ = '\0';
		c->series = series_find_ref(&st->series, ref);
		if (c->series != NULL && (c->value = series_value_index(c->series->kind, value)) != -1)
			return 0;
		if (c->series != NULL) {
			snprintf(error, size, "%.100s has no value \"%.40s\"", ref, value);
			return -1;
		}
	}
	snprintf(error, size, "%.120s: no such series; a reference looks like link/s013-1/rx_bps", text);
	return -1;
}

static const struct profile *
profile_of(const struct store *st, const struct series *s)
{
	return s->profile != NULL ? s->profile : st->profile;
}

/* Does every file keep this step? *covers: even back to from_s? */
static bool
step_is_kept(const struct store *st, const struct column *col, size_t n, const char *cf, uint32_t step_s,
    int64_t from_s, bool *covers)
{
	int64_t now_s = loop_wall_ns(st->loop) / NS_PER_S;
	size_t	i;

	*covers = true;
	for (i = 0; i < n; i++) {
		const struct rra *a = profile_rra(profile_of(st, col[i].series), cf, step_s);

		if (a == NULL)
			return false;
		*covers = *covers && from_s >= now_s - (int64_t)a->rows * step_s;
	}
	return true;
}

/*
 * The finest step that gives no more rows than wished and reaches back far enough; else the one that reaches
 * farthest.
 */
static int
grid_choose(const struct store *st, const struct msg_series_read *m, const struct column *col, struct grid *g)
{
	uint32_t points = m->points > 0 ? m->points : POINTS_DEFAULT, step, coarsest = 0;
	bool	 covers;
	size_t	 i;

	g->step_s = 0;
	for (i = 0; i < nitems(steps); i++) {
		step = steps[i];
		if (!step_is_kept(st, col, m->n, g->cf, step, m->from_s, &covers))
			continue;
		coarsest = step;
		if (m->to_s / step - m->from_s / step > points)
			continue;
		g->step_s = step;
		if (covers)
			break;
	}
	if (g->step_s == 0)
		g->step_s = coarsest;
	if (g->step_s == 0)
		return -1;
	g->first_s = m->from_s / g->step_s * g->step_s + g->step_s;
	g->rows = (size_t)(m->to_s / g->step_s - m->from_s / g->step_s);
	return 0;
}

/* ---- values ---- */

struct cell {
	double	 sum, min, max;
	uint32_t known;
};

static void
cells_add(struct cell *c, const double *value, uint8_t n)
{
	uint8_t i;

	for (i = 0; i < n; i++) {
		if (isnan(value[i]))
			continue;
		if (c[i].known == 0 || value[i] < c[i].min)
			c[i].min = value[i];
		if (c[i].known == 0 || value[i] > c[i].max)
			c[i].max = value[i];
		c[i].sum += value[i];
		c[i].known++;
	}
}

static double
cell_value(const struct cell *c, const char *cf, uint32_t minutes)
{
	if (c->known == 0 || c->known < minutes * (1 - PROFILE_XFF))
		return NAN;
	if (strcmp(cf, "MAX") == 0)
		return c->max;
	if (strcmp(cf, "MIN") == 0)
		return c->min;
	return c->sum / c->known;
}

/*
 * The minutes of one interval (end_s - step, end_s]: from the file up to its last update, then from memory.
 */
static enum rrd_result
interval_make(const struct store *st, const struct series *s, const struct grid *g, int64_t end_s,
    double *out, char *why)
{
	struct cell	cell[SAMPLE_VALUES_MAX] = { 0 };
	int64_t		start_s = end_s - g->step_s;
	enum rrd_result result = RRD_OK;
	char		name[SERIES_FILE_SIZE];
	uint32_t	i;

	if (s->file == SERIES_FILE_READY && s->written_s > start_s) {
		size_t	n = (size_t)(s->written_s - start_s) / MINUTE_S, row;
		double *minute = xcalloc(n * s->kind->n, sizeof(*minute));

		result = rrd_file_fetch(st->rrd, series_file_name(s, "", name), s->kind, "AVERAGE", MINUTE_S,
		    start_s + MINUTE_S, n, minute, why);
		for (row = 0; row < n; row++)
			cells_add(cell, minute + row * s->kind->n, s->kind->n);
		free(minute);
	}
	for (i = 0; i < s->nrows; i++)
		if (series_row(s, i)->end_s > start_s && series_row(s, i)->end_s <= end_s)
			cells_add(cell, series_row(s, i)->value, s->kind->n);
	for (i = 0; i < s->kind->n; i++)
		out[i] = cell_value(&cell[i], g->cf, g->step_s / MINUTE_S);
	return result;
}

/* All values of a series on the grid. */
static enum rrd_result
series_values(const struct store *st, const struct series *s, const struct grid *g, double *out, char *why)
{
	int64_t		written_s = s->file == SERIES_FILE_READY ? s->written_s : 0;
	int64_t		last_s = g->first_s + (int64_t)(g->rows - 1) * g->step_s, end_s;
	int64_t		newest_s = s->nrows > 0 ? series_row(s, s->nrows - 1)->end_s : written_s;
	enum rrd_result result = RRD_OK;
	char		name[SERIES_FILE_SIZE];
	size_t		i;

	for (i = 0; i < g->rows * s->kind->n; i++)
		out[i] = NAN;
	if (s->file == SERIES_FILE_READY)
		result = rrd_file_fetch(st->rrd, series_file_name(s, "", name), s->kind, g->cf, g->step_s,
		    g->first_s, g->rows, out, why);
	/* From the first interval that is not finished in the file. */
	end_s = written_s / g->step_s * g->step_s + g->step_s;
	if (written_s == 0 && s->nrows > 0)
		end_s = (series_row(s, 0)->end_s - 1) / g->step_s * g->step_s + g->step_s;
	if (end_s < g->first_s)
		end_s = g->first_s;
	for (; result == RRD_OK && end_s <= last_s && end_s - g->step_s < newest_s; end_s += g->step_s) {
		i = (size_t)((end_s - g->first_s) / g->step_s);
		result = interval_make(st, s, g, end_s, out + i * s->kind->n, why);
	}
	return result;
}

/* ---- the answer ---- */

static void
answer_end(struct store *st, uint32_t token, uint32_t rows, const char *error, bool busy)
{
	struct msg_end m = { .ok = error == NULL, .busy = busy, .count = rows };

	if (error != NULL)
		text_copy(m.error, sizeof(m.error), error);
	msg_end_send(st->core.ch, IPC_SERIES_END, token, &m, -1);
}

static size_t
rows_per_frame(uint8_t columns)
{
	return (IPC_PAYLOAD_MAX - FRAME_HEAD) / (8u * columns);
}

/* Does all of the answer find room on its way to core, however slowly core takes it? */
static bool
answer_fits(const struct store *st, const struct grid *g, uint8_t columns)
{
	size_t frames = g->rows / rows_per_frame(columns) + 1;

	return g->rows * columns * 8 + frames * (IPC_HEAD + FRAME_HEAD) + ROOM_LEFT <= ipc_room(st->core.ch);
}

static void
answer_rows(struct store *st, uint32_t token, const struct grid *g, const double *values, uint8_t columns)
{
	struct msg_series_rows m = { .step_s = g->step_s, .columns = columns };
	struct buf	       b = { 0 };
	size_t		       per_frame = rows_per_frame(columns), row, n, i;

	for (row = 0; row < g->rows; row += n) {
		n = g->rows - row < per_frame ? g->rows - row : per_frame;
		b.len = 0;
		for (i = 0; i < n * columns; i++)
			buf_f64le(&b, values[row * columns + i]);
		m.first_s = g->first_s + (int64_t)row * g->step_s;
		m.rows = (uint32_t)n;
		m.values = b.data;
		msg_series_rows_send(st->core.ch, IPC_SERIES_ROWS, token, &m, -1);
	}
	buf_free(&b);
}

/* Fill the columns, each file read once however many of its values are asked for. 0, or -1 with why. */
static int
columns_fill(struct store *st, struct column *col, uint8_t n, const struct grid *g, double *values, char *why)
{
	uint8_t i, k;
	size_t	row;

	for (i = 0; i < n; i++) {
		struct series  *s = col[i].series;
		double	       *own;
		enum rrd_result result;

		if (col[i].done)
			continue;
		if (s->file == SERIES_FILE_UNSEEN && !store_file_rests(st, s))
			recover_look(st, s);
		if (s->file == SERIES_FILE_UNSEEN) {	/* what it holds is not unknown */
			snprintf(why, RRD_WHY_MAX, "store/rrd/%.100s.rrd", s->ref);
			return -1;
		}
		own = xcalloc(g->rows * s->kind->n, sizeof(*own));
		result = series_values(st, s, g, own, why);
		for (k = i; k < n; k++) {
			if (col[k].series != s)
				continue;
			for (row = 0; row < g->rows; row++)
				values[row * n + k] = own[row * s->kind->n + (size_t)col[k].value];
			col[k].done = true;
		}
		free(own);
		if (result == RRD_FAILED)
			return -1;
		if (result != RRD_OK)	/* unknown for now; it will come back from the journal */
			recover_file(st, s, result, why);
	}
	return 0;
}

static bool
is_cf(const char *cf)
{
	return strcmp(cf, "AVERAGE") == 0 || strcmp(cf, "MAX") == 0 || strcmp(cf, "MIN") == 0;
}

/* Everything that can be wrong with a request. @return a sentence (in error when it was made), or NULL */
static const char *
request_check(const struct store *st, const struct msg_series_read *m, struct column *col, struct grid *g,
    char *error, size_t size)
{
	uint8_t i;

	if (st->no_disk)
		return "no series are kept here";
	if (m->n == 0 || m->n > SERIES_READ_MAX)
		return "no reference given";
	if (m->from_s < 0 || m->to_s <= m->from_s)
		return "the end of the time asked for is not after its start";
	if (!is_cf(m->cf))
		return "the consolidation is one of AVERAGE, MAX, MIN";
	for (i = 0; i < m->n; i++)
		if (column_find(st, &col[i], m->ref[i], error, size) == -1)
			return error;
	g->cf = m->cf;
	if (grid_choose(st, m, col, g) == -1) {
		snprintf(error, size, "these series keep no %s", m->cf);
		return error;
	}
	if (g->rows > VALUES_MAX / m->n)
		return "too many rows: ask for a shorter time";
	return NULL;
}

/* Why an answer would not be complete at present, or NULL. */
static const char *
not_ready(const struct store *st)
{
	if (st->no_disk)
		return NULL;
	if (st->profile == NULL)
		return "the store has not got its plan yet; try again in a second";
	if (st->replay != NULL && !st->rebuilding)
		return "the store still reads its journal after the start; try again";
	return NULL;
}

void
read_request(struct store *st, uint32_t token, const struct msg_series_read *m)
{
	struct column col[SERIES_READ_MAX] = { 0 };
	struct grid   g;
	char	      error[200], why[RRD_WHY_MAX] = "";
	const char   *wrong = not_ready(st);
	double	     *values;

	if (wrong != NULL) {
		answer_end(st, token, 0, wrong, true);
		return;
	}
	wrong = request_check(st, m, col, &g, error, sizeof(error));
	if (wrong != NULL || g.rows == 0) {
		answer_end(st, token, 0, wrong, false);
		return;
	}
	if (!answer_fits(st, &g, m->n)) {
		answer_end(st, token, 0, "too many answers of store wait to be fetched; try again", true);
		return;
	}
	values = xcalloc(g.rows * m->n, sizeof(*values));
	if (columns_fill(st, col, m->n, &g, values, why) == 0) {
		answer_rows(st, token, &g, values, m->n);
		answer_end(st, token, (uint32_t)g.rows, NULL, false);
	} else {
		snprintf(error, sizeof(error), "cannot read: %s", why);
		answer_end(st, token, 0, error, false);
	}
	free(values);
}
