/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile_describe.h: rows of a table in words, for who writes a profile. */
#ifndef SIMPUL_PROFILE_DESCRIBE_H
#define SIMPUL_PROFILE_DESCRIBE_H

#include "collectors/profile_tables.h"

/**
 * What each value of rows that the device has becomes, or why not.
 *
 * @param c	of this table, after its match() with these rows
 */
void	profile_table_describe(const struct collector *c, const struct row *rows, size_t n,
	    void (*each)(void *arg, const struct msg_profile_tested *m), void *arg);
/** One of them. */
void	profile_value_describe(const struct profile_table *t, const struct profile_table_value *v, const struct row *row,
	    const char *label, const char *port, void (*each)(void *arg, const struct msg_profile_tested *m), void *arg);

#endif
