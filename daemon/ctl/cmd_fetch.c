/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_fetch.c: simpulctl fetch: values of series over time as a table, CSV (RFC 4180) or JSON.
 *
 * In the table a column has one unit, chosen by the largest value in it, so that the rows can be compared;
 * CSV and JSON have the values as they are stored: SI, unscaled. What is not known is empty, "-" or null,
 * never 0.
 */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ctl/table.h"
#include "ipc/msg.h"
#include "sample/sample.h"

#define POINTS_DEFAULT 60

struct fetch {
	const char *from, *to, *cf;
	int64_t	    points;
	bool	    csv;
	char	    ref[SERIES_READ_MAX][REF_MAX];
	size_t	    n;
};

static bool
fetch_option(void *arg, int c, const char *value)
{
	struct fetch *f = arg;

	switch (c) {
	case 'f':
		f->from = value;
		return true;
	case 't':
		f->to = value;
		return true;
	case 'c':
		f->cf = value;
		return true;
	case 'v':
		f->csv = true;
		return true;
	default:
		if (text_to_i64(value, 1, 20000, &f->points) == 0)
			return true;
		complain("--points takes a number from 1 to 20000");
		return false;
	}
}

/* "link/s013-1" stands for all its values. 0 or -1 (said). */
static int
add_refs(struct fetch *f, const char *arg)
{
	const struct series_kind *k = series_kind_find(arg);
	const char		 *slash = strchr(arg, '/');
	bool			  all = k != NULL && slash != NULL && strchr(slash + 1, '/') == NULL;
	size_t			  i, wanted = all ? k->n : 1;

	if (f->n + wanted > SERIES_READ_MAX) {
		complain("at most %d series at a time", SERIES_READ_MAX);
		return -1;
	}
	for (i = 0; i < wanted; i++, f->n++)
		if (all)
			snprintf(f->ref[f->n], REF_MAX, "%.100s/%s", arg, k->values[i]);
		else
			text_copy(f->ref[f->n], REF_MAX, arg);
	return 0;
}

/* ---- the table ---- */

struct unit {
	const char *ending;	/* of the value's name */
	double	    least;	/* for values of at least this */
	const char *name;
	double	    factor;
	int	    decimals;
};

static const struct unit units[] = {	/* the first that fits */
	{ "_bps", 1e9, "Gbit/s", 1e-9, 3 }, { "_bps", 1e6, "Mbit/s", 1e-6, 3 },
	{ "_bps", 1e3, "kbit/s", 1e-3, 1 },
	{ "_bps", 0, "bit/s", 1, 0 }, { "_ratio", 0, "%", 100, 2 }, { "_ps", 0, "1/s", 1, 2 },
	{ "uptime_s", 0, "d", 1 / 86400.0, 2 },
	{ "_s", 10, "s", 1, 1 }, { "_s", 0, "ms", 1e3, 2 }, { "_c", 0, "C", 1, 1 }, { "", 0, "", 1, 2 },
};

static const struct unit *
unit_for(const char *value, double largest)
{
	size_t i, len = strlen(value), end;

	for (i = 0; i + 1 < nitems(units); i++) {
		end = strlen(units[i].ending);
		if (len >= end && strcmp(value + len - end, units[i].ending) == 0 &&
		    largest >= units[i].least)
			break;
	}
	return &units[i];
}

struct summary {
	double	min, max, sum;
	size_t	known;
};

static struct summary
summarise(const json_t *values)
{
	struct summary s = { .min = INFINITY, .max = -INFINITY };
	const json_t  *v;
	size_t	       i;

	json_array_foreach(values, i, v) {
		if (!json_is_number(v))
			continue;
		s.min = fmin(s.min, json_number_value(v));
		s.max = fmax(s.max, json_number_value(v));
		s.sum += json_number_value(v);
		s.known++;
	}
	return s;
}

static void
cell_value(struct table *t, enum tint tint, double v, const struct unit *u)
{
	char text[64];

	if (isfinite(v))
		snprintf(text, sizeof(text), "%.*f", u->decimals, v * u->factor);
	else
		text_copy(text, sizeof(text), "-");
	table_cell(t, isfinite(v) ? tint : TINT_DIM, text);
}

static double
value_at(const json_t *columns, size_t column, size_t row)
{
	const json_t *v = json_array_get(json_array_get(columns, column), row);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

/* "link/s013-1" of "link/s013-1/rx_bps". */
static const char *
object_of(const char *ref, char out[REF_MAX])
{
	snprintf(out, REF_MAX, "%.*s", (int)(strrchr(ref, '/') - ref), ref);
	return out;
}

/* Under the name of its object: the name of the value, and its unit. */
static void
print_titles(const struct fetch *f, struct table *t, const struct unit *const *unit)
{
	size_t k;

	table_cell(t, TINT_DIM, "TIME");
	for (k = 0; k < f->n; k++)
		table_cell(t, TINT_DIM, strrchr(f->ref[k], '/') + 1);
	table_cell(t, TINT_DIM, "");
	for (k = 0; k < f->n; k++)
		table_cell(t, TINT_DIM, unit[k]->name);
}

static void
print_rows(const struct fetch *f, const json_t *answer, struct table *t, const struct unit *const *unit)
{
	const json_t *times = json_object_get(answer, "t"), *columns = json_object_get(answer, "v");
	char	      time[WORDS_MAX];
	size_t	      row, k;

	for (row = 0; row < json_array_size(times); row++) {
		table_cell(t, TINT_NONE,
		    words_time(time, json_integer_value(json_array_get(times, row)) * NS_PER_S));
		for (k = 0; k < f->n; k++)
			cell_value(t, TINT_NONE, value_at(columns, k, row), unit[k]);
	}
}

/* The i-th of least, mean and largest value. */
static double
which(const struct summary *s, size_t i)
{
	if (s->known == 0)
		return NAN;
	return i == 0 ? s->min : i == 1 ? s->sum / (double)s->known : s->max;
}

static void
print_summaries(const struct fetch *f, struct table *t, const struct summary *s,
    const struct unit *const *unit, size_t rows)
{
	static const char *const names[] = { "min", "avg", "max" };
	char			 text[64];
	size_t			 i, k;

	for (i = 0; i < nitems(names); i++) {
		table_cell(t, TINT_BOLD, names[i]);
		for (k = 0; k < f->n; k++)
			cell_value(t, TINT_BOLD, which(&s[k], i), unit[k]);
	}
	table_cell(t, TINT_DIM, "known");
	for (k = 0; k < f->n; k++) {
		snprintf(text, sizeof(text), "%zu/%zu", s[k].known, rows);
		table_cell(t, TINT_DIM, text);
	}
}

static void
print_table(struct cli *cli, const struct fetch *f, const json_t *answer)
{
	const json_t	  *columns = json_object_get(answer, "v");
	struct column	   column[SERIES_READ_MAX + 1] = { { "", false, 0, 0 } };
	struct summary	   sum[SERIES_READ_MAX];
	const struct unit *unit[SERIES_READ_MAX];
	char		   object[SERIES_READ_MAX][REF_MAX], step[WORDS_MAX], text[200];
	struct table	  *t;
	double		   largest;
	unsigned	   left_out;
	size_t		   k;

	for (k = 0; k < f->n; k++) {
		sum[k] = summarise(json_array_get(columns, k));
		largest = sum[k].known > 0 ? fmax(fabs(sum[k].min), fabs(sum[k].max)) : 0;
		unit[k] = unit_for(f->ref[k], largest);
		column[k + 1] = (struct column){ object_of(f->ref[k], object[k]), true, 0, (int)k };
		if (k > 0 && strcmp(object[k], object[k - 1]) == 0)
			column[k + 1].title = "";	/* named once is enough */
	}
	t = table_new(column, f->n + 1);
	print_titles(f, t, unit);
	print_rows(f, answer, t, unit);
	print_summaries(f, t, sum, unit, json_array_size(json_object_get(answer, "t")));
	left_out = table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
	snprintf(text, sizeof(text), "each value: %s over the %s up to its time", f->cf,
	    words_duration(step, (int64_t)member_number(answer, "step_s")));
	term_wrap(&cli->term, &cli->out, TINT_DIM, 0, 2, text);
	if (left_out > 0)
		complain_hint("%u columns found no room: name fewer values, or use --csv", left_out);
}

/* ---- CSV, JSON ---- */

static void
print_csv(struct cli *cli, const struct fetch *f, const json_t *answer)
{
	const json_t *times = json_object_get(answer, "t"), *columns = json_object_get(answer, "v");
	char	      text[TIME_TEXT_MAX + 8];
	double	      v;
	size_t	      row, k;

	buf_text(&cli->out, "\"time\"");
	for (k = 0; k < f->n; k++)
		term_printf(&cli->term, &cli->out, TINT_NONE, ",\"%s\"", f->ref[k]);
	for (row = 0; row < json_array_size(times); row++) {
		text_utc(text, sizeof(text), json_integer_value(json_array_get(times, row)) * NS_PER_S);
		buf_text(&cli->out, "\r\n\"");
		buf_text(&cli->out, text);
		buf_u8(&cli->out, '"');
		for (k = 0; k < f->n; k++) {
			v = value_at(columns, k, row);
			snprintf(text, sizeof(text), isfinite(v) ? ",%.12g" : ",", v);
			buf_text(&cli->out, text);
		}
	}
	buf_text(&cli->out, "\r\n");
}

static void
print_json(struct cli *cli, const struct fetch *f, json_t *answer)
{
	json_t *refs = json_array();
	size_t	k;

	for (k = 0; k < f->n; k++)
		json_array_append_new(refs, json_string(f->ref[k]));
	json_object_set_new(answer, "refs", refs);
	cli_json(cli, answer);
}

/* ---- the command ---- */

static enum exit_code
ask_series(struct cli *cli, const struct fetch *f, json_t **answer)
{
	json_t	      *refs = json_array();
	int64_t	       from, to;
	enum exit_code rc = cli_connect(cli);
	size_t	       k;

	*answer = NULL;
	for (k = 0; k < f->n; k++)
		json_array_append_new(refs, json_string(f->ref[k]));
	if (rc != EXIT_DONE || time_parse_human(f->from, cli->term.now_ns / NS_PER_S, &from) == -1 ||
	    time_parse_human(f->to, cli->term.now_ns / NS_PER_S, &to) == -1) {
		json_decref(refs);
		return rc != EXIT_DONE ? rc : command_usage(cli,
		    "a time is now, -90m, 2026-11-21, '2026-11-21 08:00' or unix seconds");
	}
	return cli_ask(cli, json_pack("{s:s, s:o, s:I, s:I, s:I, s:s}", "op", "series", "refs", refs, "from",
	    (json_int_t)from, "to", (json_int_t)to, "points", (json_int_t)f->points, "cf", f->cf),
	    ASK_TIMEOUT_S, answer);
}

enum exit_code
cmd_fetch(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "from", required_argument, NULL, 'f' }, { "to", required_argument, NULL, 't' },
		{ "points", required_argument, NULL, 'p' },
		{ "cf", required_argument, NULL, 'c' }, { "csv", no_argument, NULL, 'v' }, { 0 }
	};
	struct fetch   f = { .from = "-1h", .to = "now", .cf = "AVERAGE", .points = POINTS_DEFAULT };
	enum exit_code rc;
	json_t	      *answer;
	int	       at = command_options(cli, argc, argv, longs, fetch_option, &f, &rc);

	if (at == -1)
		return rc;
	for (; at < argc; at++)
		if (add_refs(&f, argv[at]) == -1)
			return EXIT_USAGE;
	rc = ask_series(cli, &f, &answer);
	if (rc == EXIT_DONE && cli->json)
		print_json(cli, &f, answer);
	else if (rc == EXIT_DONE && f.csv)
		print_csv(cli, &f, answer);
	else if (rc == EXIT_DONE)
		print_table(cli, &f, answer);
	json_decref(answer);
	return rc;
}
