/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profile_tables.h: the tables of all profiles as the SNMP engine reads them: columns, and where in them each value,
 * the label and the port stand. Made once per set of profiles; all devices share them.
 */
#ifndef SIMPUL_PROFILE_TABLES_H
#define SIMPUL_PROFILE_TABLES_H

#include "collectors/collector.h"
#include "model/snmp_profile.h"

#define NO_COLUMN 0xff
#define NO_RATE	  0xffff

struct profile_table_value {
	const struct msg_profile_value *value;
	uint8_t				column;		/* place among the columns */
	uint8_t				where;		/* likewise, or NO_COLUMN */
	uint8_t				per[PROFILE_PER_MAX];	/* likewise, value->nper of them */
	uint16_t			rate;		/* counters: place among the table's counters; else NO_RATE */
};

struct profile_table {
	const struct msg_profile_table *table;
	struct snmp_column		column[PROFILE_COLUMNS_MAX + 1];	/* ends with { 0 } */
	struct profile_table_value     *value;
	uint16_t			nvalues, nrates;
	uint8_t				ncolumns;
	uint8_t				label, port;	/* places among the columns, or NO_COLUMN */
	uint8_t				if_name;	/* likewise: not of the table, but shows whose row it is */
};

struct profile_tables {
	struct snmp_profiles *set;
	struct profile_table *v;
	size_t		      n;
	size_t		     *first;	/* of each profile; parallel to set->v */
	unsigned	      refs;
};

/** @param set  linked; one reference is taken over */
struct profile_tables *profile_tables_new(struct snmp_profiles *set);
struct profile_tables *profile_tables_ref(struct profile_tables *t);
void	profile_tables_unref(struct profile_tables *t);	/* NULL allowed */
/**
 * The tables of a device: those of its profile and of what that includes.
 *
 * @param profile	out: its name; NULL: it has none
 * @return their number, at most room
 */
size_t	profile_tables_of(const struct profile_tables *t, const char *named, const uint32_t *arc, size_t narcs,
	    const char **profile, const struct profile_table **out, size_t room);

/** Columns of values that this row has, bit by bit. */
uint32_t profile_table_columns(const struct profile_table *t, const struct row *row);
/** Has this row that value, as where and skip_none say? */
bool	profile_table_has(const struct profile_table_value *v, const struct row *row);
/** Of a gauge or state; NAN: unknown. */
double	profile_table_gauge(const struct profile_table_value *v, const struct row *row);

#endif
