/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv.c: one pass over the text of a CSV file (RFC 4180), row by row.
 *
 * read_row() cuts one record into fields, each undone of its quotes into a store as large as the longest
 * record that is allowed, so nothing here grows with the input. Two kinds of faults: in what a field holds
 * (bad UTF-8, a NUL) the row is refused and reading goes on with its next field; in the structure (text after
 * a closing quote) the rest of the line is skipped, since nobody can tell where its fields begin. So one
 * reading reports the errors of all rows.
 */
#include "model/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ERROR_TEXT_MAX 300

enum field_end { END_OF_FIELD, END_OF_ROW, END_LOST };

struct csv {
	const struct csv_reader *reader;
	const char *p, *end;
	const char *row_start;
	unsigned    line;		/* of p; 1-based */
	char	    delimiter;
	bool	    failed;		/* at least one error was reported */
	bool	    row_bad;
	bool	    row_quoted;		/* the row has a quoted field, so it is not a blank line */
	size_t	    header_fields;	/* 0 until the header was read */
	size_t	    rows;
	size_t	    nfields;
	const char *field[CSV_FIELDS_MAX];
	char	   *store;		/* text of the row's fields */
	size_t	    used;
};

static void csv_error(struct csv *c, unsigned line, size_t column, const char *fmt, ...) PRINTF_LIKE(4, 5);

static void
csv_error(struct csv *c, unsigned line, size_t column, const char *fmt, ...)
{
	char	text[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->failed = c->row_bad = true;
	c->reader->error(c->reader->arg, line, (unsigned)column, text);
}

static bool
row_is_too_long(const struct csv *c)
{
	return c->p - c->row_start > (ptrdiff_t)CSV_LINE_MAX;
}

static void
skip_line(struct csv *c)
{
	const char *nl = memchr(c->p, '\n', (size_t)(c->end - c->p));

	c->p = nl != NULL ? nl + 1 : c->end;
	c->line++;
}

/* Is p at a line end? Then step over it. */
static bool
take_line_end(struct csv *c)
{
	if (c->p == c->end)
		return true;
	if (*c->p == '\r' && (c->p + 1 == c->end || c->p[1] == '\n'))
		c->p++;
	else if (*c->p != '\n')
		return false;
	if (c->p < c->end)
		c->p++;
	c->line++;
	return true;
}

static enum field_end
read_plain(struct csv *c)
{
	for (; !take_line_end(c); c->p++) {
		if (*c->p == c->delimiter) {
			c->p++;
			return END_OF_FIELD;
		}
		if (*c->p == '"') {
			csv_error(c, c->line, c->nfields + 1,
			    "a quote inside a field; put the whole field in quotes and double the quote inside");
			return END_LOST;
		}
		if (*c->p == '\r') {
			csv_error(c, c->line, c->nfields + 1,
			    "a carriage return without a line feed; save the file with CRLF or LF line ends");
			return END_LOST;
		}
		if (row_is_too_long(c))
			return END_LOST;
		c->store[c->used++] = *c->p;
	}
	return END_OF_ROW;
}

static enum field_end
read_quoted(struct csv *c)
{
	unsigned opened = c->line;

	c->row_quoted = true;
	for (c->p++;; c->p++) {
		if (c->p == c->end) {
			csv_error(c, opened, c->nfields + 1,
			    "the quote that opens here is never closed; close it");
			return END_OF_ROW;
		}
		if (row_is_too_long(c))
			return END_LOST;
		if (*c->p == '"' && (++c->p == c->end || *c->p != '"'))
			break;
		c->line += *c->p == '\n';
		c->store[c->used++] = *c->p;
	}
	if (take_line_end(c))
		return END_OF_ROW;
	if (*c->p == c->delimiter) {
		c->p++;
		return END_OF_FIELD;
	}
	csv_error(c, c->line, c->nfields + 1,
	    "text after the closing quote of a field that opens in line %u; double a quote inside a quoted field",
	    opened);
	return END_LOST;
}

static enum field_end
read_field(struct csv *c)
{
	char	      *text = c->store + c->used;
	unsigned       line = c->line;
	enum field_end how;
	size_t	       len;

	how = c->p < c->end && *c->p == '"' ? read_quoted(c) : read_plain(c);
	len = (size_t)(c->store + c->used - text);
	if (memchr(text, '\0', len) != NULL)
		csv_error(c, line, c->nfields + 1,
		    "a NUL byte; save the file as text in UTF-8 (\"CSV UTF-8\")");
	else if (!text_is_utf8(text, len))
		csv_error(c, line, c->nfields + 1, "not UTF-8; save the file as \"CSV UTF-8\"");
	c->store[c->used++] = '\0';
	c->field[c->nfields++] = text;
	return how;
}

/* Cut the next record into c->field[]; its faults are reported and leave row_bad. */
static void
read_row(struct csv *c)
{
	unsigned       line = c->line;
	enum field_end how;

	c->row_start = c->p;
	c->row_bad = c->row_quoted = false;
	c->nfields = c->used = 0;
	do {
		if (c->nfields == CSV_FIELDS_MAX) {
			csv_error(c, line, c->nfields + 1, "more than %u columns", CSV_FIELDS_MAX);
			how = END_LOST;
			break;
		}
		how = read_field(c);
	} while (how == END_OF_FIELD);

	if (how != END_LOST)
		return;
	if (row_is_too_long(c))
		csv_error(c, line, c->nfields, "row longer than %u bytes; is a closing quote missing?",
		    CSV_LINE_MAX);
	skip_line(c);
}

static bool
row_is_blank(const struct csv *c)
{
	return c->nfields == 1 && c->field[0][0] == '\0' && !c->row_quoted && !c->row_bad;
}

/* "," or ";": whichever the header has first, outside quotes. */
static char
find_delimiter(const struct csv *c)
{
	const char *p;
	bool	    quoted = false;

	for (p = c->p; p < c->end && (*p != '\n' || quoted); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == ',' || *p == ';'))
			return *p;
	}
	return ',';
}

static bool
at_comment_or_blank(const struct csv *c)
{
	return c->p < c->end && (*c->p == '#' || *c->p == '\n' || *c->p == '\r');
}

/* @return 0 to go on, -1 to stop */
static int
hand_over(struct csv *c, unsigned line)
{
	if (c->header_fields == 0)
		c->header_fields = c->nfields;
	else if (c->nfields != c->header_fields && !c->row_bad)
		csv_error(c, line, c->nfields < c->header_fields ? c->nfields + 1 : c->header_fields + 1,
		    "%zu fields, but the header has %zu; give each row one field per column", c->nfields,
		    c->header_fields);
	if (c->row_bad)
		return 0;
	if (c->rows++ > CSV_ROWS_MAX) {
		csv_error(c, line, 0, "more than %u rows", CSV_ROWS_MAX);
		return -1;
	}
	return c->reader->row(c->reader->arg, line, c->field, c->nfields);
}

static int
read_rows(struct csv *c)
{
	unsigned line;

	while (at_comment_or_blank(c))
		skip_line(c);
	if (c->p == c->end) {
		csv_error(c, c->line, 0, "no header; the first line names the columns");
		return -1;
	}
	c->delimiter = find_delimiter(c);
	while (c->p < c->end) {
		line = c->line;
		read_row(c);
		if (row_is_blank(c) && c->header_fields != 0)
			continue;
		if (hand_over(c, line) == -1)
			return -1;
		if (c->row_bad && c->rows == 0)
			return -1;		/* without a header no row can be understood */
	}
	return c->failed ? -1 : 0;
}

int
csv_parse(const char *text, size_t len, const struct csv_reader *r)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct csv	  c = { .reader = r, .p = text, .line = 1 };
	int		  rc;

	if (len > CSV_BYTES_MAX) {
		csv_error(&c, 1, 0, "larger than %u MiB", CSV_BYTES_MAX >> 20);
		return -1;
	}
	if (len >= 3 && memcmp(text, bom, 3) == 0)
		c.p += 3;
	c.end = text + len;
	c.store = xcalloc(1, CSV_LINE_MAX + CSV_FIELDS_MAX + 2);
	rc = read_rows(&c);
	free(c.store);
	return rc;
}
