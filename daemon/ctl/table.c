/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: see table.h. */
#include "ctl/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define COLUMNS_MAX 32
#define GAP	    2	/* between columns */
#define CELL_MAX    1024
#define ELASTIC_MAX 40	/* so that one long name does not tear the others apart */
#define WRAP_LEAST  24	/* the others make room for this much of a column that wraps */

struct cell {
	char	 *text;		/* visible */
	enum tint tint;
};

struct table {
	const struct column *column;
	size_t		     ncolumns;
	struct cell	    *cell;	/* row by row; the first row is the titles */
	size_t		     ncells, room;
};

struct table *
table_new(const struct column *columns, size_t n)
{
	struct table *t = xcalloc(1, sizeof(*t));
	size_t	      i;

	t->column = columns;
	t->ncolumns = n < COLUMNS_MAX ? n : COLUMNS_MAX;
	for (i = 0; i < t->ncolumns; i++)
		table_cell(t, TINT_DIM, columns[i].title);
	return t;
}

void
table_free(struct table *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->ncells; i++)
		free(t->cell[i].text);
	free(t->cell);
	free(t);
}

void
table_cell(struct table *t, enum tint tint, const char *text)
{
	char visible[CELL_MAX];

	if (t->ncells == t->room) {
		t->room = t->room * 2 + 64;
		t->cell = xrealloc(t->cell, t->room, sizeof(*t->cell));
	}
	t->cell[t->ncells].text = xstrdup(text_visible(visible, sizeof(visible), text, strlen(text)));
	t->cell[t->ncells++].tint = tint;
}

size_t
table_rows(const struct table *t)
{
	return t->ncells / t->ncolumns - 1;
}

static bool
has_titles(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->ncolumns; i++)
		if (t->column[i].title[0] != '\0')
			return true;
	return false;
}

/* What each column would like to have. */
static void
natural_widths(const struct table *t, const struct term *term, int width[])
{
	size_t i;
	int    cells;

	memset(width, 0, t->ncolumns * sizeof(width[0]));
	for (i = 0; i < t->ncells; i++) {
		cells = term_cells(term, t->cell[i].text);
		if (cells > width[i % t->ncolumns])
			width[i % t->ncolumns] = cells;
	}
}

/* Columns of the whole line; a width of 0 is a column that is not shown. */
static int
line_width(const struct table *t, const int width[], int indent)
{
	int    sum = indent;
	size_t i;

	for (i = 0; i < t->ncolumns; i++)
		if (width[i] > 0)
			sum += width[i] + (sum > indent ? GAP : 0);
	return sum;
}

/* Take from the widest elastic columns until `excess` is gone. @return what could not be taken */
static int
cut_elastic(const struct table *t, int width[], int excess)
{
	size_t i, widest;

	for (; excess > 0; excess--) {
		widest = t->ncolumns;
		for (i = 0; i < t->ncolumns; i++)
			if (t->column[i].least > 0 && width[i] > t->column[i].least &&
			    (widest == t->ncolumns || width[i] > width[widest]))
				widest = i;
		if (widest == t->ncolumns)
			break;
		width[widest]--;
	}
	return excess;
}

/* Leave out the column that can be done without most easily. @return false when there is none */
static bool
drop_spare(const struct table *t, int width[])
{
	size_t i, most = t->ncolumns;

	for (i = 0; i < t->ncolumns; i++)
		if (width[i] > 0 && t->column[i].spare > 0 &&
		    (most == t->ncolumns || t->column[i].spare > t->column[most].spare))
			most = i;
	if (most == t->ncolumns)
		return false;
	width[most] = 0;
	return true;
}

/* Columns that can be spared and in which nothing is known need no room on a terminal. */
static void
drop_empty(const struct table *t, int width[])
{
	size_t i, k;

	for (k = 0; k < t->ncolumns; k++) {
		for (i = t->ncolumns + k; i < t->ncells; i += t->ncolumns)
			if (t->cell[i].text[0] != '\0' && strcmp(t->cell[i].text, "-") != 0)
				break;
		if (i >= t->ncells && t->column[k].spare > 0)
			width[k] = 0;
	}
}

/* @return columns left out for lack of room */
static unsigned
fit(const struct table *t, const struct term *term, int indent, int width[])
{
	int	 natural[COLUMNS_MAX];
	unsigned left_out = 0;
	size_t	 i;

	natural_widths(t, term, natural);
	if (term->width > 0)
		drop_empty(t, natural);
	for (i = 0; i < t->ncolumns; i++) {
		if (term->width > 0 && t->column[i].least > 0 && natural[i] > ELASTIC_MAX)
			natural[i] = ELASTIC_MAX;
		if (term->width > 0 && t->column[i].least == COLUMN_WRAPS && natural[i] > WRAP_LEAST)
			natural[i] = WRAP_LEAST;
		width[i] = natural[i];
	}
	if (term->width == 0)
		return 0;
	while (cut_elastic(t, width, line_width(t, width, indent) - term->width) > 0 &&
	    drop_spare(t, width)) {
		left_out++;
		for (i = 0; i < t->ncolumns; i++)	/* what is left may have its room back */
			if (width[i] > 0)
				width[i] = natural[i];
	}
	return left_out;
}

/* Bytes of the text that fill at most `cells` columns. */
static size_t
bytes_of(const struct term *term, const char *text, int cells)
{
	char   part[CELL_MAX];
	size_t len = strlen(text);

	for (; len > 0; len--) {
		if (((uint8_t)text[len] & 0xc0) == 0x80)	/* inside a character */
			continue;
		memcpy(part, text, len);
		part[len] = '\0';
		if (term_cells(term, part) <= cells)
			break;
	}
	return len;
}

static void
pad(struct buf *out, int n)
{
	for (; n > 0; n--)
		buf_u8(out, ' ');
}

static void
print_cell(const struct term *term, struct buf *out, const struct cell *c, bool right, int width, bool last)
{
	char text[CELL_MAX + 4];
	int  cells = term_cells(term, c->text);

	if (cells > width)
		snprintf(text, sizeof(text), "%.*s%s", (int)bytes_of(term, c->text, width - 1), c->text,
		    term->utf8 ? "\xe2\x80\xa6" : ">");
	else
		text_copy(text, sizeof(text), c->text);
	cells = term_cells(term, text);
	if (right)
		pad(out, width - cells);
	term_text(term, out, c->tint, text);
	if (!right && !last)
		pad(out, width - cells);
}

static void
print_row(const struct table *t, const struct term *term, struct buf *out, int indent, const int width[],
    const struct cell *row)
{
	size_t i, last = 0, shown = 0;
	int    at = indent;

	for (i = 0; i < t->ncolumns; i++)
		if (width[i] > 0 && row[i].text[0] != '\0')
			last = i;
	pad(out, indent);
	for (i = 0; i <= last; i++) {
		if (width[i] == 0)
			continue;
		at += shown > 0 ? GAP : 0;
		pad(out, shown++ > 0 ? GAP : 0);
		if (t->column[i].least == COLUMN_WRAPS) {
			term_wrap(term, out, row[i].tint, at, at, row[i].text);
			return;
		}
		at += width[i];
		print_cell(term, out, &row[i], t->column[i].right, width[i], i == last);
	}
	buf_u8(out, '\n');
}

unsigned
table_print(const struct table *t, const struct term *term, struct buf *out, int indent)
{
	int	 width[COLUMNS_MAX];
	unsigned left_out = fit(t, term, indent, width);
	size_t	 i;

	for (i = has_titles(t) ? 0 : t->ncolumns; i + t->ncolumns <= t->ncells; i += t->ncolumns)
		print_row(t, term, out, indent, width, &t->cell[i]);
	return left_out;
}
