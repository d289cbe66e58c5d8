/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inventory_man.c: the tables of columns as a section of a man page (mdoc). */
#include "base/cursor.h"
#include "model/columns.h"

/* What the field takes, as a sentence; ids and addresses are explained once for all. */
static void
put_type(struct buf *out, const struct column *c)
{
	const char *const *w;

	switch (c->type) {
	case COLUMN_ENUM:
	case COLUMN_CHOICE:
		buf_printf(out, "One of");
		for (w = c->words; *w != NULL; w++)
			buf_printf(out, "%s\n.Ql %s", w == c->words ? "" : " ,", *w);
		buf_printf(out, " .\n");
		break;
	case COLUMN_REF:
		buf_printf(out, "Id of a row of\n.Pa %s .\n", table_of(c->ref)->file);
		break;
	case COLUMN_REFS:
		buf_printf(out, "Ids of rows of\n.Pa %s .\n", table_of(c->ref)->file);
		break;
	case COLUMN_NUMBER:
		buf_printf(out, "A number from %.15g to %.15g.\n", c->min, c->max);
		break;
	case COLUMN_MBPS:
		buf_printf(out, "Mbit/s, from %.15g to %.15g.\n", c->min, c->max);
		break;
	case COLUMN_U16:
	case COLUMN_U32:
		buf_printf(out, "A whole number from %.15g to %.15g.\n", c->min, c->max);
		break;
	case COLUMN_DATE:
		buf_printf(out, "A date, as in 2026-12-31.\n");
		break;
	case COLUMN_ID:
	case COLUMN_TEXT:
	case COLUMN_FILE:
	case COLUMN_ADDRESS:
	case COLUMN_PROBE:
	case COLUMN_INTERFACE:
	case COLUMN_NETWORKS:
		break;
	}
}

void
inventory_write_man(struct buf *out)
{
	const struct column *c;
	enum input_kind	     what;

	for (what = INPUT_SITES; what < INPUT_KINDS; what++) {
		buf_printf(out, ".Sh %s\n%s\n.Bl -tag -width Ds\n", table_of(what)->file, table_of(what)->help);
		for (c = table_of(what)->columns; c->name != NULL; c++) {
			buf_printf(out, ".It Va %s%s\n%s\n", c->name, c->required ? " Pq required" : "", c->help);
			put_type(out, c);
			if (c->def != NULL)
				buf_printf(out, "Default\n.Ql %s .\n", c->def);
		}
		buf_printf(out, ".El\n");
	}
}
