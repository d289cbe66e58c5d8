/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walk.h: reads columns of tables by GETBULK (or GETNEXT), all of them side by side, and sorts the answers
 * into rows.
 *
 * Pure: it says what to ask next and takes the answer; who sends is another's business. OIDs must rise
 * strictly, by their whole index; what leaves the column ends it; at most WALK_ROWS_MAX rows and WALK_BYTES_MAX
 * bytes.
 */
#ifndef SIMPUL_SNMP_WALK_H
#define SIMPUL_SNMP_WALK_H

#include "collectors/collector.h"

#define WALK_ROWS_MAX	20000
#define WALK_BYTES_MAX	(8u << 20)	/* held by one walk: rows and their strings */
#define WALK_STRING_MAX 256	/* kept of a string value: names and addresses */

struct walk;

/** @param columns  ends with { 0 }; at most COLLECTOR_COLUMNS_MAX; must outlive the walk */
struct walk *walk_new(const struct snmp_column *columns);
void	walk_free(struct walk *w);
/**
 * What to ask next.
 *
 * @param varbinds_max	of one answer
 * @param ask		COLLECTOR_COLUMNS_MAX of them; their indexes are borrowed until the walk goes on
 * @return number of asks; 0 when the walk is complete
 */
size_t	walk_ask(struct walk *w, size_t varbinds_max, struct snmp_ask *ask, unsigned *repetitions);
/** Take the answer to what was asked last. @return 0, or -1 with *why: the walk has failed */
int	walk_answer(struct walk *w, const struct snmp_message *m, const char **why);
/**
 * SNMPv1 says noSuchName at the end of the MIB: end the column at this error-index. 0, or -1 when there is
 * none.
 */
int	walk_refused(struct walk *w, int32_t error_index);
/** Rows by rising index, arc by arc; borrowed until the walk is freed or goes on. */
const struct row *walk_rows(struct walk *w, size_t *n);

#endif
