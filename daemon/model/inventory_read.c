/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inventory_read.c: a CSV file of the inventory: its header by name, then row after row in schema order.
 *
 * Offices add, drop and move columns, so a row is brought into schema order before anything looks at it;
 * errors are told with the field as it stands in the file.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/csv.h"
#include "model/private.h"

_Static_assert(CSV_FIELDS_MAX >= ROW_FIELDS_MAX, "a file may hold every column");

struct reading {
	struct inventory   *inv;
	enum input_kind	    what;
	const struct table *table;
	struct rows	   *rows;
	unsigned	    line;
	bool		    has_header, failed;
	void		  (*error)(void *arg, unsigned line, unsigned column, const char *text);
	void		   *arg;
};

static void reading_say(struct reading *r, unsigned column, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
reading_say(struct reading *r, unsigned column, const char *fmt, ...)
{
	char	text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->failed = true;
	r->error(r->arg, r->line, column, text);
}

static void
on_csv_error(void *arg, unsigned line, unsigned column, const char *text)
{
	struct reading *r = arg;

	r->failed = r->rows->incomplete = true;
	r->error(r->arg, line, column, text);
}

static void
on_row_error(void *arg, unsigned column, const char *text)
{
	struct reading *r = arg;

	reading_say(r, column == 0 ? 0 : r->rows->field[column - 1], "%s", text);
}

static void
unknown_column_say(struct reading *r, unsigned field, const char *name)
{
	const char *names[ROW_FIELDS_MAX + 1] = { NULL }, *near;
	char	    shown[100], all[300] = "";
	size_t	    i, len = 0;

	for (i = 0; i < r->table->ncolumns; i++) {
		names[i] = r->table->columns[i].name;
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", i > 0 ? ", " : "", names[i]);
	}
	near = text_nearest(name, names);
	text_visible(shown, sizeof(shown), name, strlen(name));
	if (near != NULL)
		reading_say(r, field, "unknown column \"%s\"; did you mean \"%s\"?", shown, near);
	else
		reading_say(r, field, "unknown column \"%s\"; %s has: %s", shown, r->table->file, all);
}

static int
read_header(struct reading *r, const char *const *fields, size_t n)
{
	unsigned *place = r->rows->field;
	size_t	  f, c;

	for (f = 0; f < n; f++) {
		for (c = 0; c < r->table->ncolumns; c++)
			if (strcmp(r->table->columns[c].name, fields[f]) == 0)
				break;
		if (c == r->table->ncolumns)
			unknown_column_say(r, (unsigned)f + 1, fields[f]);
		else if (place[c] != 0)
			reading_say(r, (unsigned)f + 1, "column \"%s\" is there twice; remove one",
			    fields[f]);
		else
			place[c] = (unsigned)f + 1;
	}
	for (c = 0; c < r->table->ncolumns; c++)
		if (r->table->columns[c].required && place[c] == 0)
			reading_say(r, 0, "column \"%s\" is missing; add it to the header",
			    r->table->columns[c].name);
	r->rows->incomplete = r->failed;
	return r->failed ? -1 : 0;
}

static bool
row_is_empty(const char *const *fields, size_t n)
{
	while (n > 0)
		if (fields[--n][0] != '\0')
			return false;
	return true;
}

static int
on_row(void *arg, unsigned line, const char *const *fields, size_t n)
{
	struct reading *r = arg;
	const char     *ordered[ROW_FIELDS_MAX];
	size_t		c;

	r->line = line;
	if (!r->has_header) {
		r->has_header = true;
		return read_header(r, fields, n);
	}
	if (row_is_empty(fields, n))
		return 0;
	for (c = 0; c < r->table->ncolumns; c++)
		ordered[c] = r->rows->field[c] != 0 ? fields[r->rows->field[c] - 1] : "";
	r->inv->priv->line = line;
	inventory_add(r->inv, r->what, ordered, r->table->ncolumns, on_row_error, r);
	return 0;
}

int
inventory_read(struct inventory *inv, enum input_kind what, const char *text, size_t len,
    void (*error)(void *arg, unsigned line, unsigned column, const char *text), void *arg)
{
	struct reading	  r = { .inv = inv, .what = what, .table = table_of(what),
		.rows = &inv->priv->rows[what], .error = error, .arg = arg };
	struct csv_reader csv = { on_row, on_csv_error, &r };

	memset(r.rows->field, 0, sizeof(r.rows->field));
	csv_parse(text, len, &csv);
	inv->priv->line = 0;
	return r.failed ? -1 : 0;
}
