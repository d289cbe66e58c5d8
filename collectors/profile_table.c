/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profile_table.c: one table of a profile, of one device. Which columns and what they mean is data: c->arg
 * (profile_tables.h); a device has one such collector per table.
 *
 * A walk shows the rows. Each value of a row that the device has is a sensor, known by table, value and label; core
 * numbers it, and from then on it is read in every poll. With it comes the label, so that a row that has become
 * another's is walked again and never booked to the wrong sensor. A table whose labels change all the time is
 * believed after a few polls: its labels say less than the walks would cost.
 *
 * Values that feed the host's series make no sensor: host.c takes their mean.
 */
#include "collectors/collector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "collectors/profile_describe.h"
#include "collectors/profile_tables.h"
#include "collectors/profile_value.h"
#include "collectors/sensor.h"

#define MOVES_MAX 3		/* polls in a row that find other labels */

struct table_row {
	uint32_t *index;		/* owned, as label */
	char	 *label;		/* unique in the table; "" of scalars */
	uint8_t	  nindex;
	bool	  relabelled;		/* ... for which it has a suffix that the device does not say */
	bool	  learnt;		/* what it has is known; else all is asked */
	bool	  seen;			/* in this poll */
	uint32_t  has;			/* columns, bit by bit */
	uint32_t  if_index;		/* 0: of no port, or the label is its ifName */
};

struct table_state {
	struct table_row *row;
	size_t		  nrows;
	bool		 *exists;	/* nrows x nvalues: the row has this value */
	uint32_t	 *number;	/* likewise; 0: not numbered, or no sensor */
	struct rate	 *rate;		/* nrows x nrates */
	bool		  tell;		/* at the end of the next poll */
	bool		  learning;	/* this poll has learnt what a row has */
	unsigned	  moves;	/* polls in a row with other labels */
	bool		  moved;	/* this one is */
};

static const uint8_t host_value[PROFILE_HOSTS] = {
	[PROFILE_HOST_CPU] = HOST_CPU_RATIO, [PROFILE_HOST_MEM] = HOST_MEM_USED_RATIO, [PROFILE_HOST_LOAD] = HOST_LOAD1,
	[PROFILE_HOST_TEMP] = HOST_TEMP_C
};

/* ---- discovery ---- */

static void
state_free(struct table_state *st)
{
	for (size_t i = 0; i < st->nrows; i++) {
		free(st->row[i].index);
		free(st->row[i].label);
	}
	free(st->row);
	free(st->exists);
	free(st->number);
	free(st->rate);
}

/* What stands before it, a dot, and the rest of the index. */
static void
label_append(char out[SENSOR_LABEL_MAX + 1], const uint32_t *index, size_t n)
{
	char   rest[SENSOR_LABEL_MAX + 1];
	size_t at = strlen(out);

	if (n == 0)
		return;
	sensor_index_label(rest, index, n);
	snprintf(out + at, SENSOR_LABEL_MAX + 1 - at, ".%.*s", (int)(SENSOR_LABEL_MAX - at), rest);
}

/* An index that is a text, its length first; what follows it is appended, "name.1". false: it is none */
static bool
index_text(char out[SENSOR_LABEL_MAX + 1], const struct row *row)
{
	char   text[SNMP_INDEX_ARCS];
	size_t len = row->nindex > 0 ? row->index[0] : 0, i;

	if (len == 0 || len >= row->nindex || len > sizeof(text))
		return false;
	for (i = 0; i < len; i++) {
		if (row->index[1 + i] > 0xff)
			return false;
		text[i] = (char)row->index[1 + i];
	}
	sensor_label_bytes(out, text, len);
	label_append(out, row->index + 1 + len, row->nindex - 1 - len);
	return true;
}

static uint32_t
row_if_index(const struct profile_table *t, const struct row *row)
{
	const struct snmp_value *v = t->port != NO_COLUMN ? &row->value[t->port] : NULL;

	if (t->table->port == PROFILE_PORT_INDEX)
		return row->index[0];
	if (v == NULL)
		return 0;
	if (v->type == SNMP_INTEGER)	/* RouterOS writes those above 2^31 as negative ones */
		return (uint32_t)v->integer;
	return v->type == SNMP_GAUGE32 ? (uint32_t)v->number : 0;
}

/* A row of a port is called as the port: that survives when ports are numbered anew. */
static bool
port_label(char out[SENSOR_LABEL_MAX + 1], const struct collector *c, const struct row *row)
{
	const struct profile_table *t = c->arg;
	uint32_t		    if_index = row_if_index(t, row);
	const char		   *name;

	*out = '\0';
	if (t->if_name == NO_COLUMN || sensor_label(out, &row->value[t->if_name]) == 0) {
		if (if_index == 0 || c->siblings->port_name == NULL ||
		    (name = c->siblings->port_name(c->siblings->port_arg, if_index)) == NULL)
			return false;
		sensor_label_bytes(out, name, strlen(name));
	}
	if (t->table->port == PROFILE_PORT_INDEX)
		label_append(out, row->index + 1, row->nindex - 1u);
	return true;
}

static void
row_label(char out[SENSOR_LABEL_MAX + 1], const struct collector *c, const struct row *row)
{
	const struct profile_table *t = c->arg;

	*out = '\0';
	if (t->table->scalar)
		return;
	if (t->label != NO_COLUMN) {
		if (sensor_label(out, &row->value[t->label]) > 0)
			return;
	} else if ((t->table->index_text && index_text(out, row)) || port_label(out, c, row)) {
		return;
	}
	sensor_index_label(out, row->index, row->nindex);
}

/* Rows with the same label are told apart by number, in the order of their indexes. */
static void
label_take(struct table_row *r, struct map *labels, const char *label)
{
	size_t	 size = strlen(label) + 12;
	unsigned n = 1;

	r->label = xcalloc(1, size);
	memcpy(r->label, label, strlen(label));
	while (map_add(labels, r->label, r) == -1)
		snprintf(r->label, size, "%s_%u", label, ++n);
	r->relabelled = n > 1;
}

/* What a row has, now that its columns have been read. */
static void
row_learn(const struct profile_table *t, struct table_state *st, size_t i, const struct row *row)
{
	struct table_row *r = &st->row[i];

	r->learnt = true;
	r->has = row_columns(row, t->ncolumns);
	for (uint16_t k = 0; k < t->nvalues; k++)
		st->exists[i * t->nvalues + k] = profile_table_has(&t->value[k], row);
}

static void
row_take(struct collector *c, struct map *labels, const struct row *row)
{
	struct table_state *st = c->state;
	struct table_row   *r = &st->row[st->nrows++];
	char		    label[SENSOR_LABEL_MAX + 1];

	r->nindex = row->nindex;
	r->index = xcalloc(row->nindex, sizeof(*r->index));
	memcpy(r->index, row->index, row->nindex * sizeof(*r->index));
	r->if_index = row_if_index(c->arg, row);
	row_label(label, c, row);
	label_take(r, labels, label);
}

/* The row that had this label before; mostly in the same place. */
static size_t
row_before(const struct table_row *row, size_t n, const char *label, size_t hint)
{
	if (hint < n && strcmp(row[hint].label, label) == 0)
		return hint;
	for (hint = 0; hint < n && strcmp(row[hint].label, label) != 0; hint++)
		;
	return hint;
}

/* Rows that are still there: their counters go on from their bases, and what this poll has read of them stands. */
static void
rows_keep(const struct profile_table *t, struct table_state *st, const struct table_row *old, size_t nold,
    const struct rate *rate)
{
	for (size_t i = 0; i < st->nrows; i++) {
		size_t k = row_before(old, nold, st->row[i].label, i);

		if (k == nold)
			continue;
		st->row[i].seen = old[k].seen;
		if (t->nrates > 0)
			memcpy(&st->rate[i * t->nrates], &rate[k * t->nrates], t->nrates * sizeof(*rate));
	}
}

/* Numbers of the sensors of one row. @return are they others than before? */
static bool
row_numbers(struct collector *c, size_t i)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state;
	char			    name[SENSOR_NAME_MAX];
	bool			    changed = false;

	for (uint16_t k = 0; k < t->nvalues; k++) {
		const struct msg_profile_value *v = t->value[k].value;
		uint32_t		       *number = &st->number[i * t->nvalues + k], now = 0;

		if (v->host == PROFILE_HOST_NONE && st->exists[i * t->nvalues + k])
			now = sensor_number(c, sensor_name(name, t->table->name, v->name, st->row[i].label));
		changed = changed || now != *number;
		*number = now;
	}
	return changed;
}

static bool
numbers_find(struct collector *c)
{
	const struct table_state *st = c->state;
	bool			  changed = false;

	for (size_t i = 0; i < st->nrows; i++)
		changed = row_numbers(c, i) || changed;
	return changed;
}

static void
rows_walked(struct collector *c, struct map *labels, const struct row *rows, size_t n)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state;

	for (size_t i = 0; i < n; i++) {
		if (profile_table_columns(t, &rows[i]) == 0)
			continue;
		if (st->nrows == t->table->rows_max) {
			log_debug("snmp", "device %u: %s has more than %u rows", c->device, t->table->name,
			    t->table->rows_max);
			break;
		}
		row_take(c, labels, &rows[i]);
		row_learn(t, st, st->nrows - 1, &rows[i]);
	}
}

/* The rows are those of the ports; what each has, the next poll will show. */
static void
rows_of_ports(struct collector *c, struct map *labels)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state;
	struct snmp_value	    nothing[COLLECTOR_COLUMNS_MAX] = { 0 };
	uint32_t		    if_index;

	while (st->nrows < t->table->rows_max &&
	    c->siblings->port_at(c->siblings->port_arg, st->nrows, &if_index) != NULL)
		row_take(c, labels, &(struct row){ .index = &if_index, .nindex = 1, .value = nothing });
}

static size_t
rows_room(const struct collector *c, size_t n)
{
	const struct profile_table *t = c->arg;

	if (c->no_walk)
		n = c->siblings->port_at != NULL ? t->table->rows_max : 0;
	return n < t->table->rows_max ? n : t->table->rows_max;
}

static bool
table_match(struct collector *c, const struct row *rows, size_t n)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state, old = *st;
	size_t			    room = rows_room(c, n);
	struct map		   *labels = map_new();

	st->row = xcalloc(room + 1, sizeof(*st->row));
	st->nrows = 0;
	st->exists = xcalloc(room * t->nvalues + 1, sizeof(*st->exists));
	st->number = xcalloc(room * t->nvalues + 1, sizeof(*st->number));
	st->rate = t->nrates > 0 ? xcalloc(room * t->nrates + 1, sizeof(*st->rate)) : NULL;
	if (!c->no_walk)
		rows_walked(c, labels, rows, n);
	else if (room > 0)
		rows_of_ports(c, labels);
	map_free(labels);
	rows_keep(t, st, old.row, old.nrows, old.rate);
	state_free(&old);
	numbers_find(c);
	st->tell = true;
	return st->nrows > 0;
}

static void
again(struct collector *c)
{
	struct table_state *st = c->state;

	st->tell = true;
}

/* ---- telling ---- */

static const char *
row_port(const struct collector *c, const struct profile_table *t, const struct table_row *r)
{
	const struct siblings *s = c->siblings;
	const char	      *name = NULL;

	if (t->table->port == PROFILE_PORT_LABEL)
		return r->label;
	if (r->if_index != 0 && s->port_name != NULL)
		name = s->port_name(s->port_arg, r->if_index);
	return name != NULL ? name : "";
}

static void
sensors_tell(struct collector *c)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state;

	st->tell = false;
	for (size_t i = 0; i < st->nrows; i++)
		for (uint16_t k = 0; k < t->nvalues; k++) {
			const struct msg_profile_value *v = t->value[k].value;
			struct msg_sensor_found		m = { .device = c->device, .if_index = st->row[i].if_index,
				.type = v->type, .limits = v->limits };

			if (v->host != PROFILE_HOST_NONE || !st->exists[i * t->nvalues + k])
				continue;
			sensor_name(m.name, t->table->name, v->name, st->row[i].label);
			text_copy(m.help, sizeof(m.help), v->help);
			text_copy(m.port, sizeof(m.port), row_port(c, t, &st->row[i]));
			c->sink->sensor_found(c->sink->arg, &m);
		}
}

/* ---- polls ---- */

static uint32_t
value_wants(const struct profile_table_value *v)
{
	uint32_t want = COLUMN(v->column);

	for (uint8_t i = 0; i < v->value->nper; i++)
		want |= COLUMN(v->per[i]);
	return want;
}

/* The columns of sensors that have a number and of values of the host, and what shows whose row it is. */
static uint32_t
row_wants(const struct profile_table *t, const struct table_state *st, size_t i)
{
	uint32_t want = 0, all = t->ncolumns < 32 ? COLUMN(t->ncolumns) - 1 : UINT32_MAX;

	if (!st->row[i].learnt)
		return all;
	for (uint16_t k = 0; k < t->nvalues; k++)
		if (st->exists[i * t->nvalues + k] &&
		    (st->number[i * t->nvalues + k] != 0 || t->value[k].value->host != PROFILE_HOST_NONE))
			want |= value_wants(&t->value[k]);
	if (want != 0)
		want |= (t->label != NO_COLUMN ? COLUMN(t->label) : 0) | (t->if_name != NO_COLUMN ? COLUMN(t->if_name) : 0);
	return want & st->row[i].has;
}

static void
table_plan(struct collector *c, struct poll_plan *plan)
{
	const struct profile_table *t = c->arg;
	const struct table_state   *st = c->state;

	for (size_t i = 0; i < st->nrows; i++)
		poll_plan_row(plan, &(struct wanted_row){ .tag = (uint32_t)i, .columns = row_wants(t, st, i),
			.index = st->row[i].index, .nindex = st->row[i].nindex, .every_s = t->table->every_s });
}

/* Is it still the row that discovery saw? */
static bool
row_is_same(const struct collector *c, struct table_state *st, const struct table_row *r, const struct row *row)
{
	const struct profile_table *t = c->arg;
	uint8_t			    column = t->label != NO_COLUMN ? t->label : t->if_name;
	char			    label[SENSOR_LABEL_MAX + 1];
	size_t			    len;

	if (r->learnt && profile_table_columns(t, row) == 0)
		return false;
	if (column == NO_COLUMN || !row_has(row, column) || st->moves > MOVES_MAX)
		return true;
	row_label(label, c, row);
	len = strlen(label);
	if (strncmp(label, r->label, len) == 0 && (r->label[len] == '\0' || (r->relabelled && r->label[len] == '_')))
		return true;
	st->moved = true;
	return false;
}

static enum quality
rate_quality(enum rate_reason reason)
{
	switch (reason) {
	case RATE_TYPE: case RATE_RESTART: case RATE_DISCONTINUITY: case RATE_DECREASE:
		return QUALITY_RESET;
	default:
		return QUALITY_UNKNOWN;
	}
}

static void
counter_take(struct collector *c, const struct profile_table_value *v, struct rate *rate, uint32_t number,
    const struct snmp_value *value, const struct poll *poll)
{
	struct rate_reading now = { .mono_ns = poll->mono_ns, .uptime_ticks = poll->uptime_ticks, .boots = poll->boots,
		.has_boots = poll->has_boots };
	struct rate_result  r;

	rate_next_count(rate, profile_counter_read(value, &now) ? &now : NULL, poll->step_s, &r);
	if (r.reason == RATE_IGNORED)
		return;
	sensor_emit(c, number, profile_counter_value(v->value, &r), r.seconds > 0 ? r.seconds : poll->step_s,
	    rate_quality(r.reason), poll->wall_ns);
}

static void
host_take(struct collector *c, enum profile_host host, double value)
{
	if (isnan(value))
		return;
	c->siblings->host_sum[host_value[host]] += value;
	c->siblings->host_n[host_value[host]]++;
}

static void
value_take(struct collector *c, const struct profile_table_value *v, const struct row *row, uint32_t number,
    const struct poll *poll)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state;

	if (v->value->host != PROFILE_HOST_NONE)
		host_take(c, v->value->host, profile_table_gauge(v, row));
	else if (number != 0 && v->rate != NO_RATE)
		counter_take(c, v, &st->rate[row->tag * t->nrates + v->rate], number, &row->value[v->column], poll);
	else if (number != 0)
		sensor_emit(c, number, profile_table_gauge(v, row), poll->step_s, QUALITY_UNKNOWN, poll->wall_ns);
}

static bool
table_row(struct collector *c, const struct row *row, const struct poll *poll)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state;
	struct table_row	   *r = &st->row[row->tag];

	if (!row_is_same(c, st, r, row))
		return false;
	if (r->seen)
		return true;
	r->seen = true;
	if (!r->learnt) {
		row_learn(t, st, row->tag, row);
		row_numbers(c, row->tag);
		st->learning = true;
	}
	for (uint16_t k = 0; k < t->nvalues; k++)
		if (st->exists[row->tag * t->nvalues + k])
			value_take(c, &t->value[k], row, st->number[row->tag * t->nvalues + k], poll);
	return true;
}

static void
table_end(struct collector *c, const struct poll *poll)
{
	const struct profile_table *t = c->arg;
	struct table_state	   *st = c->state;
	enum quality		    why = poll->refused || poll->answered ? QUALITY_UNKNOWN : QUALITY_LOST;
	bool			    asked = !poll->answered || poll_reads(poll, t->table->every_s);

	for (size_t i = 0; i < st->nrows; i++) {
		for (uint16_t k = 0; asked && !st->row[i].seen && k < t->nvalues; k++)
			if (st->number[i * t->nvalues + k] != 0)
				sensor_emit(c, st->number[i * t->nvalues + k], NAN, poll->step_s, why, poll->wall_ns);
		st->row[i].seen = false;
	}
	if (poll->answered)
		st->moves = st->moved ? st->moves + 1 : st->moves > MOVES_MAX ? st->moves : 0;
	c->replan = st->learning;
	st->tell = st->tell || st->learning;
	st->moved = st->learning = false;
	if (st->tell && poll->answered)
		sensors_tell(c);
}

void
profile_table_describe(const struct collector *c, const struct row *rows, size_t n,
    void (*each)(void *arg, const struct msg_profile_tested *m), void *arg)
{
	const struct profile_table *t = c->arg;
	const struct table_state   *st = c->state;
	const struct row	   *row = rows, *end = rows + n;

	for (size_t i = 0; i < st->nrows; i++) {
		const struct table_row *r = &st->row[i];

		while (row < end && snmp_index_compare(row->index, row->nindex, r->index, r->nindex) != 0)
			row++;
		for (uint16_t k = 0; row < end && k < t->nvalues; k++)
			if (row_has(row, t->value[k].column))
				profile_value_describe(t, &t->value[k], row, r->label, row_port(c, t, r), each, arg);
	}
}

static void
table_fini(struct collector *c)
{
	state_free(c->state);
}

static const struct metric table_metrics[] = {
	{ "value", UNIT_NONE, METRIC_GAUGE, "sensor", "What a profile, or ENTITY-SENSOR-MIB, says of a row; the sensor's name has the unit" },
	{ 0 }
};

const struct collector_ops collector_profile_table = {
	.name	    = "profile_table",
	.help	    = "Tables that the profile of a device describes (docs/profiles.md).",
	.metrics    = table_metrics,
	.options    = snmp_options,
	.state_size = sizeof(struct table_state),
	.sensors    = numbers_find,
	.again	    = again,
	.match	    = table_match,
	.plan	    = table_plan,
	.row	    = table_row,
	.end	    = table_end,
	.fini	    = table_fini,
};
