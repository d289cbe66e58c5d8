/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * columns.h: the columns of the inventory's tables, inside daemon/model/ only.
 *
 * One table of columns per kind serves the parser of a field, the check of a file's header and the man page.
 */
#ifndef SIMPUL_COLUMNS_H
#define SIMPUL_COLUMNS_H

#include "model/inventory.h"

enum column_type {
	COLUMN_ID,	/* char[ID_MAX]: the row's own id */
	COLUMN_REF,	/* char[ID_MAX]: id of a row of the table `ref` */
	COLUMN_REFS,	/* const char *: such ids joined by "|" */
	COLUMN_TEXT,	/* const char *: one line, at most max bytes (0: TEXT_COLUMN_MAX) */
	COLUMN_FILE,	/* const char *: a file name without a path; `where` it lies */
	COLUMN_CHOICE,	/* const char *: one of words */
	COLUMN_ENUM,	/* an enum: place among words */
	COLUMN_NUMBER,	/* double within min..max; NAN when empty */
	COLUMN_MBPS,	/* double in bit/s, written in Mbit/s within min..max */
	COLUMN_U16, COLUMN_U32,	/* whole number within min..max; 0 when empty */
	COLUMN_ADDRESS,	/* struct addr that one host can have */
	COLUMN_PROBE,	/* struct link_probe: "icmp", "tcp:443" */
	COLUMN_INTERFACE,	/* const char *: name of a network device of this host */
	COLUMN_DATE,	/* const char *: YYYY-MM-DD */
	COLUMN_NETWORKS	/* const char *: networks joined by "|" (networks.h) */
};

#define TEXT_COLUMN_MAX 255

struct column {
	const char	  *name;
	enum column_type   type;
	bool		   required;
	enum input_kind	   ref;
	double		   min, max;
	const char	  *def;		/* what an empty field means, or NULL: unknown */
	const char *const *words;
	size_t		   offset;	/* in the struct of its row */
	const char	  *where;	/* "secrets/snmp" */
	const char	  *help;	/* what it says, for the man page */
};

struct table {
	const char	    *noun;	/* "site" */
	const char	    *file;	/* "sites.csv" */
	const char	    *help;
	const struct column *columns;	/* ends with { 0 } */
	size_t		     ncolumns;
	size_t		     row_size;	/* of the struct of a row; it begins with char id[ID_MAX] */
};

/** @return the table of a kind; NULL for INPUT_CONF */
const struct table *table_of(enum input_kind what);

/**
 * Check one field and store what it means at its place in the row.
 * @param field	its text; borrowed for as long as the row lives
 * @return 0, or -1 with a sentence in err
 */
int	column_parse(const struct column *col, const char *field, void *row, char *err, size_t err_size);

/** Take the next id of a "|" list, copied into id (cut when too long). @return false at the end */
bool	list_next(const char **at, char id[ID_MAX]);

#endif
