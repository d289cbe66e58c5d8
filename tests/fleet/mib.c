/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mib.c: finds objects by name. The table of columns is in the order of their names; a column's rows are the
 * instances of its group, so no object is stored anywhere and a renumbered device needs nothing but other row
 * numbers.
 *
 * SNMPv2-MIB (RFC 3418), IF-MIB (RFC 2863), HOST-RESOURCES-MIB (RFC 2790), SNMP-FRAMEWORK-MIB (RFC 3411).
 *
 * A device may have a recorded walk (recorded.h) beside these. The two have no subtree in common, so the next
 * object is the nearer one of each one's next.
 */
#include "tests/fleet/mib.h"

#include "tests/fleet/recorded.h"

enum mib_group { SCALAR, INTERFACE, STORAGE, PROCESSOR };

struct mib_column {
	size_t	       n;
	uint32_t       arc[12];
	enum mib_group group;
	enum mib_value value;
	bool	       is_64bit;
};

#define NAME(...) nitems(((const uint32_t[]){ __VA_ARGS__ })), { __VA_ARGS__ }
#define MIB_2	  1, 3, 6, 1, 2, 1
#define SYSTEM	  MIB_2, 1
#define IF_ENTRY  MIB_2, 2, 2, 1
#define HOST	  MIB_2, 25
#define IFX_ENTRY MIB_2, 31, 1, 1, 1
#define ENGINE	  1, 3, 6, 1, 6, 3, 10, 2, 1

static const struct mib_column columns[] = {
	{ NAME(SYSTEM, 1), SCALAR, SYS_DESCR, false },
	{ NAME(SYSTEM, 2), SCALAR, SYS_OBJECT_ID, false },
	{ NAME(SYSTEM, 3), SCALAR, SYS_UP_TIME, false },
	{ NAME(SYSTEM, 4), SCALAR, SYS_CONTACT, false },
	{ NAME(SYSTEM, 5), SCALAR, SYS_NAME, false },
	{ NAME(SYSTEM, 6), SCALAR, SYS_LOCATION, false },
	{ NAME(SYSTEM, 7), SCALAR, SYS_SERVICES, false },
	{ NAME(MIB_2, 2, 1), SCALAR, IF_NUMBER, false },
	{ NAME(IF_ENTRY, 1), INTERFACE, IF_INDEX, false },
	{ NAME(IF_ENTRY, 2), INTERFACE, IF_DESCR, false },
	{ NAME(IF_ENTRY, 3), INTERFACE, IF_TYPE, false },
	{ NAME(IF_ENTRY, 4), INTERFACE, IF_MTU, false },
	{ NAME(IF_ENTRY, 5), INTERFACE, IF_SPEED, false },
	{ NAME(IF_ENTRY, 6), INTERFACE, IF_PHYS_ADDRESS, false },
	{ NAME(IF_ENTRY, 7), INTERFACE, IF_ADMIN_STATUS, false },
	{ NAME(IF_ENTRY, 8), INTERFACE, IF_OPER_STATUS, false },
	{ NAME(IF_ENTRY, 9), INTERFACE, IF_LAST_CHANGE, false },
	{ NAME(IF_ENTRY, 10), INTERFACE, IF_IN_OCTETS, false },
	{ NAME(IF_ENTRY, 11), INTERFACE, IF_IN_UCAST, false },
	{ NAME(IF_ENTRY, 13), INTERFACE, IF_IN_DISCARDS, false },
	{ NAME(IF_ENTRY, 14), INTERFACE, IF_IN_ERRORS, false },
	{ NAME(IF_ENTRY, 15), INTERFACE, IF_IN_UNKNOWN, false },
	{ NAME(IF_ENTRY, 16), INTERFACE, IF_OUT_OCTETS, false },
	{ NAME(IF_ENTRY, 17), INTERFACE, IF_OUT_UCAST, false },
	{ NAME(IF_ENTRY, 19), INTERFACE, IF_OUT_DISCARDS, false },
	{ NAME(IF_ENTRY, 20), INTERFACE, IF_OUT_ERRORS, false },
	{ NAME(HOST, 1, 1), SCALAR, HR_UPTIME, false },
	{ NAME(HOST, 2, 2), SCALAR, HR_MEMORY, false },
	{ NAME(HOST, 2, 3, 1, 1), STORAGE, HR_STORAGE_INDEX, false },
	{ NAME(HOST, 2, 3, 1, 2), STORAGE, HR_STORAGE_TYPE, false },
	{ NAME(HOST, 2, 3, 1, 3), STORAGE, HR_STORAGE_DESCR, false },
	{ NAME(HOST, 2, 3, 1, 4), STORAGE, HR_STORAGE_UNITS, false },
	{ NAME(HOST, 2, 3, 1, 5), STORAGE, HR_STORAGE_SIZE, false },
	{ NAME(HOST, 2, 3, 1, 6), STORAGE, HR_STORAGE_USED, false },
	{ NAME(HOST, 3, 3, 1, 1), PROCESSOR, HR_PROCESSOR_FRW_ID, false },
	{ NAME(HOST, 3, 3, 1, 2), PROCESSOR, HR_PROCESSOR_LOAD, false },
	{ NAME(IFX_ENTRY, 1), INTERFACE, IF_NAME, false },
	{ NAME(IFX_ENTRY, 2), INTERFACE, IF_IN_MULTICAST, false },
	{ NAME(IFX_ENTRY, 3), INTERFACE, IF_IN_BROADCAST, false },
	{ NAME(IFX_ENTRY, 4), INTERFACE, IF_OUT_MULTICAST, false },
	{ NAME(IFX_ENTRY, 5), INTERFACE, IF_OUT_BROADCAST, false },
	{ NAME(IFX_ENTRY, 6), INTERFACE, IF_HC_IN_OCTETS, true },
	{ NAME(IFX_ENTRY, 7), INTERFACE, IF_HC_IN_UCAST, true },
	{ NAME(IFX_ENTRY, 10), INTERFACE, IF_HC_OUT_OCTETS, true },
	{ NAME(IFX_ENTRY, 11), INTERFACE, IF_HC_OUT_UCAST, true },
	{ NAME(IFX_ENTRY, 15), INTERFACE, IF_HIGH_SPEED, false },
	{ NAME(IFX_ENTRY, 16), INTERFACE, IF_PROMISCUOUS, false },
	{ NAME(IFX_ENTRY, 17), INTERFACE, IF_CONNECTOR, false },
	{ NAME(IFX_ENTRY, 18), INTERFACE, IF_ALIAS, false },
	{ NAME(IFX_ENTRY, 19), INTERFACE, IF_DISCONTINUITY, false },
	{ NAME(ENGINE, 1), SCALAR, ENGINE_ID, false },
	{ NAME(ENGINE, 2), SCALAR, ENGINE_BOOTS, false },
	{ NAME(ENGINE, 3), SCALAR, ENGINE_TIME, false },
	{ NAME(ENGINE, 4), SCALAR, ENGINE_MAX_SIZE, false },
};

static size_t
group_rows(const struct mib_view *v, enum mib_group group)
{
	switch (group) {
	case INTERFACE:
		return v->d->nrows;
	case STORAGE:
		return STORAGE_ROWS;
	case PROCESSOR:
		return PROCESSOR_ROWS;
	case SCALAR:
		break;
	}
	return 1;
}

/* The arc behind the column's name; it rises with the row. */
static uint32_t
instance_of(const struct mib_view *v, enum mib_group group, size_t row)
{
	switch (group) {
	case INTERFACE:
		return v->d->row[row]->if_index;
	case STORAGE:
		return mib_storage_index(row);
	case PROCESSOR:
		return (uint32_t)row + 1;
	case SCALAR:
		break;
	}
	return 0;
}

static bool
column_is_seen(const struct mib_view *v, const struct mib_column *c)
{
	return !(c->is_64bit && v->no64) && group_rows(v, c->group) > 0;
}

/* Is the column's name at or before this one? Then *within tells whether this one lies below it. */
static bool
column_is_before(const struct mib_column *c, const struct oid *name, bool *within)
{
	size_t i;

	*within = false;
	for (i = 0; i < c->n && i < name->n; i++)
		if (c->arc[i] != name->arc[i])
			return c->arc[i] < name->arc[i];
	*within = i == c->n;
	return *within;
}

/* The last column at or before the name, or NULL when all are behind it. */
static const struct mib_column *
column_before(const struct oid *name, bool *within)
{
	size_t lo = 0, hi = nitems(columns), mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (column_is_before(&columns[mid], name, within))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && column_is_before(&columns[lo - 1], name, within) ? &columns[lo - 1] : NULL;
}

/* First row whose instance is at least this arc; the number of rows when there is none. */
static size_t
row_from(const struct mib_view *v, enum mib_group group, uint64_t arc)
{
	size_t rows = group_rows(v, group), row = 0;

	while (row < rows && instance_of(v, group, row) < arc)
		row++;
	return row;
}

static bool
recorded_is_seen(const struct mib_view *v, size_t place)
{
	return !(v->no64 && v->d->recorded->object[place].tag == BER_COUNTER64);
}

static enum mib_found
recorded_find(const struct mib_view *v, const struct oid *name, struct mib_object *out)
{
	const struct recorded	     *r = v->d->recorded;
	size_t			      place = recorded_from(r, name->arc, name->n, false);
	const struct recorded_object *o = &r->object[place];

	if (place == r->n || o->n != name->n || memcmp(o->arc, name->arc, o->n * sizeof(o->arc[0])) != 0 ||
	    !recorded_is_seen(v, place))
		return MIB_NO_SUCH_OBJECT;
	*out = (struct mib_object){ .column = NULL, .row = place };
	return MIB_FOUND;
}

enum mib_found
mib_find(const struct mib_view *v, const struct oid *name, struct mib_object *out)
{
	bool			 within;
	const struct mib_column *c = column_before(name, &within);

	if (c == NULL || !within || !column_is_seen(v, c))
		return v->d->recorded != NULL ? recorded_find(v, name, out) : MIB_NO_SUCH_OBJECT;
	if (name->n != c->n + 1)
		return MIB_NO_SUCH_INSTANCE;
	*out = (struct mib_object){ .column = c, .row = row_from(v, c->group, name->arc[c->n]) };
	if (out->row == group_rows(v, c->group) || instance_of(v, c->group, out->row) != name->arc[c->n])
		return MIB_NO_SUCH_INSTANCE;
	return MIB_FOUND;
}

/* The first object at or behind this column. */
static bool
object_from(const struct mib_view *v, const struct mib_column *c, struct mib_object *out)
{
	while (c < columns + nitems(columns) && !column_is_seen(v, c))
		c++;
	if (c == columns + nitems(columns))
		return false;
	*out = (struct mib_object){ .column = c, .row = 0 };
	return true;
}

static bool
live_next(const struct mib_view *v, const struct oid *name, struct mib_object *out)
{
	bool			 within;
	const struct mib_column *c = column_before(name, &within);

	if (c == NULL)
		return object_from(v, columns, out);
	if (within && column_is_seen(v, c)) {
		out->column = c;
		out->row = name->n > c->n ? row_from(v, c->group, (uint64_t)name->arc[c->n] + 1) : 0;
		if (out->row < group_rows(v, c->group))
			return true;
	}
	return object_from(v, c + 1, out);
}

/* Does the column lie behind this object of the walk? */
static bool
column_is_behind(const struct mib_column *c, const struct recorded_object *o)
{
	size_t i = 0;

	while (i < c->n && i < o->n && c->arc[i] == o->arc[i])
		i++;
	return i < c->n && i < o->n && c->arc[i] > o->arc[i];
}

bool
mib_next(const struct mib_view *v, const struct oid *name, struct mib_object *out)
{
	const struct recorded *r = v->d->recorded;
	bool		       is_live = live_next(v, name, out);
	size_t		       place;

	if (r == NULL)
		return is_live;
	place = recorded_from(r, name->arc, name->n, true);
	while (place < r->n && !recorded_is_seen(v, place))
		place++;
	if (place == r->n)
		return is_live;
	if (!is_live || column_is_behind(out->column, &r->object[place]))
		*out = (struct mib_object){ .column = NULL, .row = place };
	return true;
}

static void
object_name(const struct mib_view *v, const struct mib_object *o, struct oid *name)
{
	const uint32_t *arc = o->column != NULL ? o->column->arc : v->d->recorded->object[o->row].arc;

	name->n = o->column != NULL ? o->column->n : v->d->recorded->object[o->row].n;
	memcpy(name->arc, arc, name->n * sizeof(arc[0]));
	if (o->column != NULL)
		name->arc[name->n++] = instance_of(v, o->column->group, o->row);
}

/* The same where two sources are merged. */
static bool
merged_step(const struct mib_view *v, struct mib_object *o)
{
	struct mib_object next;
	struct oid	  name;

	object_name(v, o, &name);
	if (!mib_next(v, &name, &next))
		return false;
	*o = next;
	return true;
}

bool
mib_step(const struct mib_view *v, struct mib_object *o)
{
	if (v->d->recorded != NULL)
		return merged_step(v, o);
	if (o->row + 1 < group_rows(v, o->column->group)) {
		o->row++;
		return true;
	}
	return object_from(v, o->column + 1, o);
}

void
mib_write_name(const struct mib_view *v, const struct mib_object *o, struct ber_writer *w)
{
	uint32_t instance;

	if (o->column == NULL) {
		ber_oid(w, v->d->recorded->object[o->row].arc, v->d->recorded->object[o->row].n, NULL);
		return;
	}
	instance = instance_of(v, o->column->group, o->row);
	ber_oid(w, o->column->arc, o->column->n, &instance);
}

/* What the device shows of an object of its walk: its own value, or the one that was set since. */
static void
recorded_value_write(struct fleet_device *d, size_t place, struct ber_writer *w)
{
	const struct recorded_value *other = NULL;

	for (size_t i = 0; i < d->nset; i++)
		if (d->set[i].place == place)
			other = &d->set[i];
	d->forbidden += d->recorded->object[place].forbidden;
	recorded_write(&d->recorded->object[place], other, w);
}

void
mib_write_value(const struct mib_view *v, const struct mib_object *o, struct ber_writer *w)
{
	if (o->column == NULL)
		recorded_value_write(v->d, o->row, w);
	else
		mib_value_write(v, o->column->value, o->row, w);
}
