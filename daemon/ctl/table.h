/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.h: rows and columns that fit the terminal. Columns that can be spared and hold nothing are not shown;
 * then elastic columns are cut (with a mark), then columns that can be spared are left out. Without a
 * terminal all are written in full.
 */
#ifndef SIMPUL_CTL_TABLE_H
#define SIMPUL_CTL_TABLE_H

#include "ctl/term.h"

struct column {
	const char *title;
	bool	    right;	/* numbers */
	/*
	 * elastic: may be cut down to this width (on a terminal it has at most 40); 0: never cut; or
	 * COLUMN_WRAPS
	 */
	int	    least;
	/* 0: always shown; else left out in the order of falling numbers when there is no room */
	int	    spare;
};

#define COLUMN_WRAPS (-1)	/* the last one, of sentences: broken between words, and goes on below */

struct table;

/** @param columns  borrowed for the life of the table */
struct table *table_new(const struct column *columns, size_t n);
void	table_free(struct table *t);
/** The next cell of the present row; a row ends with its last column. @param text  copied */
void	table_cell(struct table *t, enum tint tint, const char *text);
size_t	table_rows(const struct table *t);
/**
 * Print the title line (unless there is no title at all) and all rows, each line indented.
 * @return how many columns that hold something were left out for lack of room
 */
unsigned table_print(const struct table *t, const struct term *term, struct buf *out, int indent);

#endif
