/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inventory_man.c: the tables of columns as a section of a man page (mdoc). */
#include <stdarg.h>
#include <stdio.h>

#include "base/cursor.h"
#include "model/columns.h"

static void put(struct buf *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
put(struct buf *out, const char *fmt, ...)
{
	char	text[1024];
	va_list ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_bytes(out, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* What the field takes, as a sentence; ids and addresses are explained once for all. */
static void
put_type(struct buf *out, const struct column *c)
{
	const char *const *w;

	switch (c->type) {
	case COLUMN_ENUM:
	case COLUMN_CHOICE:
		put(out, "One of");
		for (w = c->words; *w != NULL; w++)
			put(out, "%s\n.Ql %s", w == c->words ? "" : " ,", *w);
		put(out, " .\n");
		break;
	case COLUMN_REF:
		put(out, "Id of a row of\n.Pa %s .\n", table_of(c->ref)->file);
		break;
	case COLUMN_REFS:
		put(out, "Ids of rows of\n.Pa %s .\n", table_of(c->ref)->file);
		break;
	case COLUMN_NUMBER:
		put(out, "A number from %.15g to %.15g.\n", c->min, c->max);
		break;
	case COLUMN_MBPS:
		put(out, "Mbit/s, from %.15g to %.15g.\n", c->min, c->max);
		break;
	case COLUMN_U16:
	case COLUMN_U32:
		put(out, "A whole number from %.15g to %.15g.\n", c->min, c->max);
		break;
	case COLUMN_DATE:
		put(out, "A date, as in 2026-12-31.\n");
		break;
	case COLUMN_ID:
	case COLUMN_TEXT:
	case COLUMN_FILE:
	case COLUMN_ADDRESS:
		break;
	}
}

void
inventory_write_man(struct buf *out)
{
	const struct column *c;
	enum input_kind	     what;

	for (what = INPUT_SITES; what < INPUT_KINDS; what++) {
		put(out, ".Sh %s\n%s\n.Bl -tag -width Ds\n", table_of(what)->file, table_of(what)->help);
		for (c = table_of(what)->columns; c->name != NULL; c++) {
			put(out, ".It Va %s%s\n%s\n", c->name, c->required ? " Pq required" : "", c->help);
			put_type(out, c);
			if (c->def != NULL)
				put(out, "Default\n.Ql %s .\n", c->def);
		}
		put(out, ".El\n");
	}
}
