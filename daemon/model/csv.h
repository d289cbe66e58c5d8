/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv.h: RFC 4180 with what spreadsheets do to it: UTF-8, BOM allowed, "," or ";" as found in the header, CRLF or LF.
 * Bounds: 64 MiB, line 64 KiB, 100,000 rows (THREATS 3). Lines that start with '#' before the header are comments.
 */
#ifndef SIMPUL_CSV_H
#define SIMPUL_CSV_H

#include "base/base.h"

#define CSV_BYTES_MAX  (64u << 20)
#define CSV_LINE_MAX   (64u << 10)
#define CSV_ROWS_MAX   100000u
#define CSV_FIELDS_MAX 64

struct csv_reader {
	/** One row: fields in file order (quotes undone, NUL-terminated); line is 1-based. Return -1 to stop. */
	int	(*row)(void *arg, unsigned line, const char *const *fields, size_t n);
	void	(*error)(void *arg, unsigned line, unsigned column, const char *text);
	void	*arg;
};
/** Rows include the header as the first. @return 0, or -1 after at least one error (or when row stopped it) */
int	csv_parse(const char *text, size_t len, const struct csv_reader *r);

#endif
