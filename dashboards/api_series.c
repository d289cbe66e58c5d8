/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api_series.c: values over time. One request of a browser becomes one question for the drawing and, for each
 * rate, one for its 95th percentile, which wants 5-minute averages whatever is drawn; the answer goes out
 * when all have come. Delay is asked for as means; where their step is longer than a minute, its least and
 * greatest are asked for, too, and come with the word what they are.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/js.h"
#include "dashboards/percentile.h"
#include "dashboards/web.h"
#include "rules/mos.h"

#define POINTS_MAX  4000
#define POINTS	    600
#define VALUES_MAX  20000		/* of one answer of the engine */
#define MINUTE_S    60
#define HOUR_S	    3600
#define RANGE_MAX_S (11LL * 366 * 86400)
#define P95_STEP_S  300

static const struct { const char *api, *cf; } aggregates[] = {
	{ "avg", "AVERAGE" }, { "max", "MAX" }, { "min", "MIN" }
};

struct reading {
	struct visit *v;
	int64_t	      from_s, to_s, points;
	size_t	      aggregate;
	const char   *ref[SERIES_REFS_MAX];	/* inside the query */
	size_t	      nrefs;
	unsigned      open;		/* questions on their way */
	json_t	     *rows, *p95;
	bool	      refused;		/* one of them */
	json_t	     *refusal;		/* what the engine said instead; NULL: nothing */
};

/* A question of a reading, and which ref it is about. */
struct part {
	struct reading *r;
	size_t		ref;
};

/* from, to and max_points. 0, or -1 after answering. */
static int
range_read(struct visit *v, struct reading *r)
{
	r->to_s = loop_wall_ns(v->web->loop) / NS_PER_S;
	r->points = POINTS;
	if (query_int(&v->query, "to", 0, UINT32_MAX, &r->to_s) == -1) {
		problem_param(v, "to", "It must be unix seconds.");
		return -1;
	}
	r->from_s = r->to_s - HOUR_S;
	if (query_int(&v->query, "from", 0, UINT32_MAX, &r->from_s) == -1 || r->from_s < 0 ||
	    r->from_s >= r->to_s || r->to_s - r->from_s > RANGE_MAX_S) {
		problem_param(v, "from", "It must be unix seconds, before \"to\".");
		return -1;
	}
	if (query_int(&v->query, "max_points", 1, POINTS_MAX, &r->points) == -1) {
		problem_param(v, "max_points", "It must be a whole number from 1 to 4000.");
		return -1;
	}
	return 0;
}

static json_t *
question(const struct reading *r, json_t *refs, const char *cf, int64_t points)
{
	int64_t most = VALUES_MAX / (int64_t)json_array_size(refs);

	return json_pack("{s:s, s:o, s:I, s:I, s:I, s:s}", "op", "series", "refs", refs, "from",
	    (json_int_t)r->from_s, "to", (json_int_t)r->to_s, "points",
	    (json_int_t)(points < most ? points : most), "cf", cf);
}

/* ---- series ---- */

/* From the end of its name, which says it. */
static const char *
unit_of(const char *ref)
{
	static const struct { const char *end, *unit; } units[] = {
		{ "_bps", "bit/s" }, { "_ps", "1/s" }, { "_ratio", "ratio" }, { "_c", "Cel" }, { "_s", "s" },
	};
	size_t i, len = strlen(ref), n;

	for (i = 0; i < nitems(units); i++) {
		n = strlen(units[i].end);
		if (len > n && strcmp(ref + len - n, units[i].end) == 0)
			return units[i].unit;
	}
	return "1";
}

static bool
is_rate(const char *ref)
{
	return strcmp(unit_of(ref), "bit/s") == 0;
}

static void
reading_free(struct reading *r)
{
	json_decref(r->rows);
	json_decref(r->p95);
	json_decref(r->refusal);
	free(r);
}

static void
series_answer(struct reading *r)
{
	json_t *list = json_array(), *v = json_object_get(r->rows, "v");
	size_t	i;

	for (i = 0; i < r->nrefs; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:O}", "ref", r->ref[i], "unit",
		    unit_of(r->ref[i]), "agg", aggregates[r->aggregate].api, "v", json_array_get(v, i)));
	visit_answer(r->v, 200, json_pack("{s:O, s:O, s:o, s:O}", "step_s",
	    json_object_get(r->rows, "step_s"), "t", json_object_get(r->rows, "t"), "series", list, "p95",
	    r->p95));
}

/* The last of its questions has been answered. */
static void
reading_done(struct reading *r)
{
	if (!r->refused && json_array_size(json_object_get(r->rows, "v")) == r->nrefs)
		series_answer(r);
	else
		problem_of_engine(r->v, r->refusal);
	reading_free(r);
}

/* Did it? Else all is refused: what could not be asked must not look like what is not known. */
static bool
has_come(struct reading *r, const json_t *answer)
{
	if (json_is_true(json_object_get(answer, "ok")))
		return true;
	r->refused = true;
	if (r->refusal == NULL && answer != NULL)
		r->refusal = json_copy((json_t *)answer);
	return false;
}

static void
rows_came(void *arg, const json_t *answer)
{
	struct reading *r = arg;

	if (has_come(r, answer))
		r->rows = json_copy((json_t *)answer);
	if (--r->open == 0)
		reading_done(r);
}

/* The percentile of the one column of an answer. */
static double
percentile_of(const json_t *answer)
{
	const json_t *t = json_object_get(answer, "t"),
	    *v = json_array_get(json_object_get(answer, "v"), 0), *x;
	json_int_t step = json_integer_value(json_object_get(answer, "step_s"));
	size_t	   i, n = json_array_size(t);
	int64_t	  *at;
	double	  *value, *five, result = NAN;

	if (n == 0 || json_array_size(v) != n || step <= 0 || P95_STEP_S % step != 0)
		return NAN;		/* a coarser average would flatten the peaks that it is about */
	at = xcalloc(n, sizeof(*at));
	value = xcalloc(n, sizeof(*value));
	five = xcalloc(n, sizeof(*five));
	for (i = 0; i < n; i++) {
		x = json_array_get(v, i);
		at[i] = json_integer_value(json_array_get(t, i));
		value[i] = json_is_number(x) ? json_number_value(x) : NAN;
	}
	result = percentile_95(five, five_minutes(at, value, n, (unsigned)step, five));
	free(at);
	free(value);
	free(five);
	return result;
}

static void
percentile_came(void *arg, const json_t *answer)
{
	struct part    *p = arg;
	struct reading *r = p->r;

	if (has_come(r, answer))
		json_object_set_new(r->p95, r->ref[p->ref], js_number(percentile_of(answer)));
	free(p);
	if (--r->open == 0)
		reading_done(r);
}

/* 0, or -1 after answering. */
static int
series_read(struct visit *v, struct reading *r)
{
	const struct city *c = mirror_city(v->web->mirror);
	const char	  *agg = query_text(&v->query, "agg");
	size_t		   i;

	r->nrefs = query_count(&v->query, "ref");
	if (r->nrefs == 0 || r->nrefs > SERIES_REFS_MAX) {
		problem_param(v, "ref", "1 to 8 references such as link/s013-1/rx_bps are expected.");
		return -1;
	}
	for (r->aggregate = 0; agg != NULL && r->aggregate < nitems(aggregates) &&
	    strcmp(aggregates[r->aggregate].api, agg) != 0; r->aggregate++)
		;
	if (r->aggregate == nitems(aggregates)) {
		problem_param(v, "agg", "It must be avg, max or min.");
		return -1;
	}
	for (i = 0; i < r->nrefs; i++) {
		r->ref[i] = query_item(&v->query, "ref", i);
		if (strlen(r->ref[i]) >= REF_MAX || !sees_ref(v->session, c, r->ref[i])) {
			problem(v, 404, "not_found", NULL);
			return -1;
		}
	}
	return range_read(v, r);
}

static void
series_ask(struct reading *r)
{
	struct visit *v = r->v;
	struct part  *p;
	json_t	     *refs = json_array();
	int64_t	      fives = (r->to_s - r->from_s) / P95_STEP_S + 1;
	size_t	      i;

	for (i = 0; i < r->nrefs; i++)
		json_array_append_new(refs, json_string(r->ref[i]));
	r->open = 2;		/* one is held here until all questions are asked */
	visit_ask(v, question(r, refs, aggregates[r->aggregate].cf, r->points), rows_came, r);
	for (i = 0; i < r->nrefs; i++) {
		if (!is_rate(r->ref[i]))
			continue;
		json_object_set_new(r->p95, r->ref[i], json_null());
		if (fives > VALUES_MAX)
			continue;
		p = xcalloc(1, sizeof(*p));
		*p = (struct part){ r, i };
		r->open++;
		visit_ask(v, question(r, json_pack("[s]", r->ref[i]), "AVERAGE", fives), percentile_came, p);
	}
	if (--r->open == 0)
		reading_done(r);
}

void
api_series(struct visit *v)
{
	struct reading *r = xcalloc(1, sizeof(*r));

	r->v = v;
	r->p95 = json_object();
	if (series_read(v, r) == -1)
		reading_free(r);
	else
		series_ask(r);
}

/* ---- latency ---- */

/* Columns of the answer, and the series that they come from. */
static const struct {
	const char *name, *value;
	double	    factor;
} columns[] = {
	{ "min_ms", "rtt_min_s", 1e3 }, { "p25_ms", "rtt_p25_s", 1e3 }, { "p50_ms", "rtt_p50_s", 1e3 },
	{ "p75_ms", "rtt_p75_s", 1e3 }, { "p95_ms", "rtt_p95_s", 1e3 }, { "max_ms", "rtt_max_s", 1e3 },
	{ "loss_pct", "loss_ratio", 1e2 }, { "pdv_p95_ms", "pdv_p95_s", 1e3 },
};
enum { COLUMN_P50 = 2, COLUMN_LOSS = 6, COLUMN_PDV = 7 };

/* Those whose mean over several minutes is not what they are called. */
static const struct {
	size_t	    column;
	const char *cf, *agg, *member;
} extremes[] = { { 0, "MIN", "min", "min_agg" }, { 5, "MAX", "max", "max_agg" } };

struct latency {
	struct reading r;		/* its rows are the means */
	json_t	      *column[nitems(columns)];
	const char    *agg[nitems(extremes)];
};

/* A question for one of the extremes. */
struct extreme {
	struct latency *l;
	size_t		i;
};

static json_t *
scaled(const json_t *column, double factor)
{
	const json_t *x;
	json_t	     *list = json_array();
	size_t	      i;

	json_array_foreach(column, i, x)
		json_array_append_new(list, json_is_number(x) ? json_real(json_number_value(x) * factor) :
		    json_null());
	return list;
}

static double
number_at(const json_t *column, size_t i)
{
	const json_t *x = json_array_get(column, i);

	return json_is_number(x) ? json_number_value(x) : NAN;
}

/* How a call would have been rated, of each step, from its means. */
static json_t *
mos_of(const struct latency *l)
{
	json_t *list = json_array();
	size_t	i, n = json_array_size(json_object_get(l->r.rows, "t"));

	for (i = 0; i < n; i++)
		json_array_append_new(list, js_number(mos_of_line(number_at(l->column[COLUMN_LOSS], i),
		    number_at(l->column[COLUMN_P50], i), number_at(l->column[COLUMN_PDV], i))));
	return list;
}

static void
latency_free(struct latency *l)
{
	size_t i;

	for (i = 0; i < nitems(columns); i++)
		json_decref(l->column[i]);
	json_decref(l->r.rows);
	json_decref(l->r.refusal);
	free(l);
}

static void
latency_answer(struct latency *l)
{
	json_t *doc = json_pack("{s:O, s:O}", "step_s", json_object_get(l->r.rows, "step_s"), "t",
	    json_object_get(l->r.rows, "t"));
	size_t	i;

	for (i = 0; i < nitems(columns); i++)
		json_object_set_new(doc, columns[i].name, scaled(l->column[i], columns[i].factor));
	json_object_set_new(doc, "mos", mos_of(l));
	for (i = 0; i < nitems(extremes); i++)
		json_object_set_new(doc, extremes[i].member, json_string(l->agg[i]));
	visit_answer(l->r.v, 200, doc);
	latency_free(l);
}

/* All that it asked has been answered. */
static void
latency_done(struct latency *l)
{
	if (!l->r.refused) {
		latency_answer(l);
		return;
	}
	problem_of_engine(l->r.v, l->r.refusal);
	latency_free(l);
}

/* Does the store keep no values of this kind in a step that would do? */
static bool
is_not_kept(const json_t *answer)
{
	const char *code = json_string_value(json_object_get(answer, "code"));

	return code != NULL && strcmp(code, "too_large") == 0;
}

/*
 * Not every step is kept of every kind of value: on another one than that of the means, it does not fit, and
 * the means stay. What could not be asked must not look like that.
 */
static void
extreme_came(void *arg, const json_t *answer)
{
	struct extreme *e = arg;
	struct latency *l = e->l;
	json_t	       *v = json_array_get(json_object_get(answer, "v"), 0), **column;

	if (!is_not_kept(answer) && has_come(&l->r, answer) &&
	    json_equal(json_object_get(answer, "step_s"), json_object_get(l->r.rows, "step_s")) &&
	    json_equal(json_object_get(answer, "t"), json_object_get(l->r.rows, "t")) && json_is_array(v)) {
		column = &l->column[extremes[e->i].column];
		json_decref(*column);
		*column = json_incref(v);
		l->agg[e->i] = extremes[e->i].agg;
	}
	free(e);
	if (--l->r.open == 0)
		latency_done(l);
}

/* The same grid of points as of all columns together. */
static void
extremes_ask(struct latency *l)
{
	struct extreme *e;
	json_t	       *ref;
	size_t		i;

	l->r.open = 1;			/* held here until both are asked */
	for (i = 0; i < nitems(extremes); i++) {
		l->agg[i] = "avg";
		l->r.open++;
		e = xcalloc(1, sizeof(*e));
		*e = (struct extreme){ l, i };
		ref = json_sprintf("link/%s/%s", l->r.v->id, columns[extremes[i].column].value);
		visit_ask(l->r.v, question(&l->r, json_pack("[o]", ref), extremes[i].cf, l->r.points),
		    extreme_came, e);
	}
	if (--l->r.open == 0)
		latency_done(l);
}

static void
latency_came(void *arg, const json_t *answer)
{
	struct latency *l = arg;
	json_t	       *rows = json_object_get(answer, "v");
	size_t		i;

	if (!json_is_true(json_object_get(answer, "ok")) || json_array_size(rows) != nitems(columns)) {
		problem_of_engine(l->r.v, answer);
		latency_free(l);
		return;
	}
	l->r.rows = json_copy((json_t *)answer);
	for (i = 0; i < nitems(columns); i++)
		l->column[i] = json_incref(json_array_get(rows, i));
	for (i = 0; i < nitems(extremes); i++)
		l->agg[i] = extremes[i].agg;
	if (json_integer_value(json_object_get(answer, "step_s")) > MINUTE_S)
		extremes_ask(l);
	else
		latency_answer(l);	/* those of the minute itself */
}

void
api_latency(struct visit *v)
{
	struct latency *l = xcalloc(1, sizeof(*l));
	json_t	       *refs;
	size_t		i;

	l->r.v = v;
	if (range_read(v, &l->r) == -1) {
		latency_free(l);
		return;
	}
	if (l->r.points > VALUES_MAX / (int64_t)nitems(columns))
		l->r.points = VALUES_MAX / (int64_t)nitems(columns);
	refs = json_array();
	for (i = 0; i < nitems(columns); i++)
		json_array_append_new(refs, json_sprintf("link/%s/%s", v->id, columns[i].value));
	visit_ask(v, question(&l->r, refs, "AVERAGE", l->r.points), latency_came, l);
}
