/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile_tables.c: see profile_tables.h. */
#include "collectors/profile_tables.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/profile_value.h"

_Static_assert(PROFILE_COLUMNS_MAX <= COLLECTOR_COLUMNS_MAX, "a table of a profile is one collector");
_Static_assert(PROFILE_ENTRY_ARCS + 1 <= SNMP_COLUMN_ARCS, "an entry and its column fit");

static const struct snmp_column if_name = { "ifName", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1) };

/* @return its place among the columns; NO_COLUMN when there are too many, which the check has refused */
static uint8_t
column_add(struct profile_table *t, uint32_t column, const char *name)
{
	const struct msg_oid *entry = &t->table->entry;
	struct snmp_column   *c;

	for (uint8_t i = 0; i < t->ncolumns; i++)
		if (t->column[i].arc[entry->n] == column && i != t->if_name)
			return i;
	if (t->ncolumns == PROFILE_COLUMNS_MAX)
		return NO_COLUMN;
	c = &t->column[t->ncolumns];
	c->name = name;
	c->scalar = t->table->scalar;
	memcpy(c->arc, entry->arc, entry->n * sizeof(c->arc[0]));
	c->arc[entry->n] = column;
	c->n = (uint8_t)(entry->n + 1);
	return t->ncolumns++;
}

/* @return false when there are too many columns */
static bool
value_build(struct profile_table *t, struct profile_table_value *to, const struct msg_profile_value *v)
{
	to->value = v;
	to->column = column_add(t, v->column, v->name);
	to->where = v->where_column != 0 ? column_add(t, v->where_column, "where") : NO_COLUMN;
	to->rate = NO_RATE;
	for (uint8_t i = 0; i < v->nper; i++)
		if ((to->per[i] = column_add(t, v->per[i], "per")) == NO_COLUMN)
			return false;
	return to->column != NO_COLUMN && (v->where_column == 0 || to->where != NO_COLUMN);
}

static void
table_build(struct profile_table *t, const struct snmp_profile *p, size_t table)
{
	t->table = &p->table[table];
	t->label = t->port = t->if_name = NO_COLUMN;
	t->value = xcalloc(p->nvalues + 1, sizeof(*t->value));
	if (t->table->port == PROFILE_PORT_INDEX && t->table->label == 0) {
		t->if_name = t->ncolumns++;
		t->column[t->if_name] = if_name;
	}
	if (t->table->label != 0)
		t->label = column_add(t, t->table->label, "label");
	if (t->table->port == PROFILE_PORT_COLUMN)
		t->port = column_add(t, t->table->port_column, "port");
	for (size_t i = 0; i < p->nvalues; i++)
		if (p->value[i].table == table && value_build(t, &t->value[t->nvalues], &p->value[i])) {
			if (profile_is_rate(&p->value[i]))
				t->value[t->nvalues].rate = t->nrates++;
			t->nvalues++;
		}
	t->value = xrealloc(t->value, t->nvalues + 1u, sizeof(*t->value));
}

struct profile_tables *
profile_tables_new(struct snmp_profiles *set)
{
	struct profile_tables *t = xcalloc(1, sizeof(*t));
	size_t		       n = 0;

	t->set = set;
	t->refs = 1;
	t->first = xcalloc(set->n + 1, sizeof(*t->first));
	for (size_t i = 0; i < set->n; i++)
		n += set->v[i]->ntables;
	t->v = xcalloc(n + 1, sizeof(*t->v));
	for (size_t i = 0; i < set->n; i++) {
		t->first[i] = t->n;
		for (size_t k = 0; k < set->v[i]->ntables; k++)
			table_build(&t->v[t->n++], set->v[i], k);
	}
	return t;
}

struct profile_tables *
profile_tables_ref(struct profile_tables *t)
{
	t->refs++;
	return t;
}

void
profile_tables_unref(struct profile_tables *t)
{
	if (t == NULL || --t->refs > 0)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].value);
	free(t->v);
	free(t->first);
	snmp_profiles_unref(t->set);
	free(t);
}

size_t
profile_tables_of(const struct profile_tables *t, const char *named, const uint32_t *arc, size_t narcs,
    const char **profile, const struct profile_table **out, size_t room)
{
	const struct snmp_profile *part[PROFILES_MAX], *p = snmp_profile_match(t->set, named, arc, narcs);
	size_t			   nparts, n = 0;

	*profile = p != NULL ? p->head.name : NULL;
	if (p == NULL)
		return 0;
	nparts = snmp_profile_parts(t->set, p, part, PROFILES_MAX);
	for (size_t i = 0; i < nparts; i++)
		for (size_t k = 0; k < t->set->n; k++) {
			if (t->set->v[k] != part[i])
				continue;
			for (size_t m = 0; m < part[i]->ntables && n < room; m++)
				if (t->v[t->first[k] + m].nvalues > 0)
					out[n++] = &t->v[t->first[k] + m];
		}
	return n;
}

uint32_t
profile_table_columns(const struct profile_table *t, const struct row *row)
{
	uint32_t has = 0;

	for (uint16_t k = 0; k < t->nvalues; k++)
		if (row_has(row, t->value[k].column))
			has |= COLUMN(t->value[k].column);
	return has;
}

bool
profile_table_has(const struct profile_table_value *v, const struct row *row)
{
	const struct snmp_value *value = &row->value[v->column];

	if (!row_has(row, v->column))
		return false;
	if (v->where != NO_COLUMN && !profile_is_listed(&v->value->where, profile_raw(&row->value[v->where])))
		return false;
	return !v->value->skip_none || !profile_is_none(v->value, profile_raw_of(v->value, value));
}

double
profile_table_gauge(const struct profile_table_value *v, const struct row *row)
{
	double raw = profile_raw_of(v->value, &row->value[v->column]), sum = v->value->nper == 0 ? 1 : 0;

	for (uint8_t i = 0; i < v->value->nper; i++)
		sum += profile_raw_of(v->value, &row->value[v->per[i]]);
	return profile_value_per(v->value, raw, sum);
}
