/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entity_sensor.c: physical sensors (ENTITY-SENSOR-MIB, RFC 3433): temperature, voltage, current, power, fans,
 * humidity, contacts, and the optical power (dBm) that copies of its table by vendors add to the types.
 *
 * The value is entPhySensorValue * 10^scale / 10^precision when entPhySensorOperStatus is ok; its name, and with it
 * its unit, comes from the type. What the sensor is called, and where it sits, is ENTITY-MIB's (RFC 6933): the name
 * comes with each poll, so that a value is never booked to another sensor after a renumbering; a sensor belongs to
 * the port that entAliasMappingIdentifier names for it or for what it is contained in.
 */
#include "collectors/collector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "collectors/sensor.h"

#define SENSORS_KEPT_MAX 512
#define CONTAINED_MAX	 8	/* levels from a sensor up to its port */
#define OUT_OF_RANGE	 1000000000	/* and beyond: RFC 3433, EntitySensorValue */
#define MOVES_MAX	 3

enum es_column {
	ES_TYPE, ES_SCALE, ES_PRECISION, ES_VALUE, ES_STATUS, ENT_DESCR, ENT_CONTAINED_IN, ENT_NAME, ENT_ALIAS, ES_COLUMNS
};
#define SENSOR_ENTRY(n)	  false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 99, 1, 1, 1, n)
#define PHYSICAL_ENTRY(n) false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, n)

static const struct snmp_column es_columns[ES_COLUMNS + 1] = {
	[ES_TYPE]	   = { "entPhySensorType", SENSOR_ENTRY(1) },
	[ES_SCALE]	   = { "entPhySensorScale", SENSOR_ENTRY(2) },
	[ES_PRECISION]	   = { "entPhySensorPrecision", SENSOR_ENTRY(3) },
	[ES_VALUE]	   = { "entPhySensorValue", SENSOR_ENTRY(4) },
	[ES_STATUS]	   = { "entPhySensorOperStatus", SENSOR_ENTRY(5) },
	[ENT_DESCR]	   = { "entPhysicalDescr", PHYSICAL_ENTRY(2) },
	[ENT_CONTAINED_IN] = { "entPhysicalContainedIn", PHYSICAL_ENTRY(4) },
	[ENT_NAME]	   = { "entPhysicalName", PHYSICAL_ENTRY(7) },
	[ENT_ALIAS]	   = { "entAliasMappingIdentifier", false, SNMP_ARCS(1, 3, 6, 1, 2, 1, 47, 1, 3, 2, 1, 2) },
};

/* EntitySensorDataType; dBm(14) is of CISCO-ENTITY-SENSOR-MIB and its copies. NULL: not a value of ours. */
static const struct es_kind {
	const char *value, *help;
	double	    factor;
} es_kinds[] = {
	[1] = { "value", "A sensor of another kind", 1 },
	[2] = { "value", "A sensor of another kind", 1 },
	[3] = { "voltage_ac_v", "Voltage, AC", 1 },
	[4] = { "voltage_v", "Voltage", 1 },
	[5] = { "current_a", "Current", 1 },
	[6] = { "power_w", "Power", 1 },
	[7] = { "frequency_hz", "Frequency", 1 },
	[8] = { "temp_c", "Temperature", 1 },
	[9] = { "humidity_ratio", "Relative humidity", 0.01 },
	[10] = { "fan_rpm", "Speed of a fan", 1 },
	[11] = { "airflow", "Air flow in cubic metres per minute", 1 },
	[12] = { "contact", "A contact: 1 true, 0 false", 1 },
	[14] = { "optical_power_dbm", "Optical power", 1 },
};
enum { TYPE_CONTACT = 12 };

struct es_sensor {
	uint32_t index, number;
	uint32_t if_index;		/* of its port; 0 = none */
	uint8_t	 type;
	uint8_t	 name_column;		/* ENT_NAME or ENT_DESCR; ES_COLUMNS: it has none */
	bool	 has_status, seen, relabelled;
	uint16_t suffix;		/* the last one that a namesake has got */
	double	 factor;
	char	*label;			/* owned */
};

struct es_state {
	struct es_sensor *sensor;	/* by rising index */
	size_t		  n;
	bool		  tell, moved;
	unsigned	  moves;	/* polls in a row with other names */
};

static void
sensors_free(struct es_sensor *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(s[i].label);
	free(s);
}

/* ---- discovery ---- */

/* Number of an INTEGER column within its range, or what it is without one. */
static int32_t
integer_of(const struct row *row, unsigned column, int32_t min, int32_t max, int32_t otherwise)
{
	const struct snmp_value *v = &row->value[column];

	return v->type == SNMP_INTEGER && v->integer >= min && v->integer <= max ? v->integer : otherwise;
}

/* units(9) is 10^0, each step a thousand; a precision below zero says how exact it is, not where the point stands. */
static double
factor_of(const struct row *row, double kind_factor)
{
	int32_t scale = integer_of(row, ES_SCALE, 1, 17, 9), precision = integer_of(row, ES_PRECISION, 0, 9, 0);

	return kind_factor * pow(10, 3 * (scale - 9) - precision);
}

/* Where things sit, and which of them are ports; both by entPhysicalIndex. */
struct places {
	struct nmap *parent, *if_index;
};

static void
alias_add(struct places *p, const struct row *row)
{
	static const uint32_t	 if_index[] = { 1, 3, 6, 1, 2, 1, 2, 2, 1, 1 };
	const struct snmp_value *v = &row->value[ENT_ALIAS];
	uint32_t		 arc[SNMP_ARCS_MAX];
	size_t			 n;

	if (row->nindex != 2 || v->type != SNMP_OID)
		return;
	n = snmp_oid_arcs(v->bytes, v->len, arc);
	if (n == nitems(if_index) + 1 && memcmp(arc, if_index, sizeof(if_index)) == 0 && arc[n - 1] != 0)
		nmap_add(p->if_index, row->index[0], (void *)(uintptr_t)arc[n - 1]);
}

static void
places_find(struct places *p, const struct row *rows, size_t n)
{
	p->parent = nmap_new();
	p->if_index = nmap_new();
	for (size_t i = 0; i < n; i++) {
		int32_t parent = integer_of(&rows[i], ENT_CONTAINED_IN, 1, INT32_MAX, 0);

		alias_add(p, &rows[i]);
		if (rows[i].nindex == 1 && parent != 0)
			nmap_add(p->parent, rows[i].index[0], (void *)(uintptr_t)parent);
	}
}

static uint32_t
port_of(const struct places *p, uint32_t index)
{
	uint32_t if_index = 0;

	for (unsigned i = 0; i < CONTAINED_MAX && index != 0 && if_index == 0; i++) {
		if_index = (uint32_t)(uintptr_t)nmap_get(p->if_index, index);
		index = (uint32_t)(uintptr_t)nmap_get(p->parent, index);
	}
	return if_index;
}

static const struct es_kind *
kind_of(const struct row *row)
{
	int32_t type = integer_of(row, ES_TYPE, 1, nitems(es_kinds) - 1, 0);

	return type != 0 && es_kinds[type].value != NULL ? &es_kinds[type] : NULL;
}

/* Those of different kinds may be called alike: the values' names tell them apart. */
static struct es_sensor *
namesake(const struct es_state *st, const struct es_sensor *s)
{
	for (size_t i = 0; i < st->n; i++)
		if (strcmp(st->sensor[i].label, s->label) == 0 &&
		    strcmp(es_kinds[st->sensor[i].type].value, es_kinds[s->type].value) == 0)
			return &st->sensor[i];
	return NULL;
}

/* An agent may call all of them alike: who has the name goes on counting, nobody counts from the first again. */
static void
label_number(const struct es_state *st, struct es_sensor *s, const char *label, size_t size)
{
	struct es_sensor *first = namesake(st, s);

	if (first == NULL)
		return;
	s->relabelled = true;
	if (first->suffix == 0)
		first->suffix = 1;
	do
		snprintf(s->label, size, "%s_%u", label, ++first->suffix);
	while (namesake(st, s) != NULL);
}

static void
label_take(const struct es_state *st, struct es_sensor *s, const struct row *row)
{
	char   label[SENSOR_LABEL_MAX + 1];
	size_t size;

	s->name_column = ENT_NAME;
	if (sensor_label(label, &row->value[ENT_NAME]) == 0) {
		s->name_column = ENT_DESCR;
		if (sensor_label(label, &row->value[ENT_DESCR]) == 0) {
			s->name_column = ES_COLUMNS;
			sensor_index_label(label, row->index, row->nindex);
		}
	}
	size = strlen(label) + 12;
	s->label = xcalloc(1, size);
	memcpy(s->label, label, strlen(label));
	label_number(st, s, label, size);
}

static bool
sensor_take(struct es_state *st, const struct places *places, const struct row *row)
{
	struct es_sensor     *s = &st->sensor[st->n];
	const struct es_kind *kind = row->nindex == 1 ? kind_of(row) : NULL;

	if (kind == NULL || row->value[ES_VALUE].type != SNMP_INTEGER)
		return false;
	s->index = row->index[0];
	s->type = (uint8_t)row->value[ES_TYPE].integer;
	s->factor = factor_of(row, kind->factor);
	s->has_status = row_has(row, ES_STATUS);
	s->if_index = port_of(places, s->index);
	label_take(st, s, row);
	return true;
}

static bool
numbers_find(struct collector *c)
{
	struct es_state *st = c->state;
	char		 name[SENSOR_NAME_MAX];
	bool		 changed = false;

	for (size_t i = 0; i < st->n; i++) {
		struct es_sensor *s = &st->sensor[i];
		uint32_t	  number = sensor_number(c, sensor_name(name, "entity", es_kinds[s->type].value, s->label));

		changed = changed || number != s->number;
		s->number = number;
	}
	return changed;
}

/* What this poll has read already stands. */
static void
seen_keep(struct es_state *st, const struct es_sensor *old, size_t nold)
{
	for (size_t i = 0; i < st->n; i++)
		for (size_t k = 0; k < nold && st->sensor[i].number != 0; k++)
			if (old[k].number == st->sensor[i].number)
				st->sensor[i].seen = old[k].seen;
}

static bool
es_match(struct collector *c, const struct row *rows, size_t n)
{
	struct es_state	 *st = c->state;
	struct es_sensor *old = st->sensor;
	size_t		  nold = st->n;
	struct places	  places;

	places_find(&places, rows, n);
	st->sensor = xcalloc((n < SENSORS_KEPT_MAX ? n : SENSORS_KEPT_MAX) + 1, sizeof(*st->sensor));
	st->n = 0;
	for (size_t i = 0; i < n && st->n < SENSORS_KEPT_MAX; i++)
		st->n += sensor_take(st, &places, &rows[i]);
	nmap_free(places.parent);
	nmap_free(places.if_index);
	numbers_find(c);
	seen_keep(st, old, nold);
	sensors_free(old, nold);
	st->tell = true;
	return st->n > 0;
}

static void
again(struct collector *c)
{
	struct es_state *st = c->state;

	st->tell = true;
}

static void
sensors_tell(struct collector *c)
{
	struct es_state	      *st = c->state;
	const struct siblings *sib = c->siblings;

	st->tell = false;
	for (size_t i = 0; i < st->n; i++) {
		const struct es_sensor *s = &st->sensor[i];
		struct msg_sensor_found m = { .device = c->device, .if_index = s->if_index, .type = PROFILE_GAUGE, .limits = {
			-PROFILE_NO_LIMIT, -PROFILE_NO_LIMIT, PROFILE_NO_LIMIT, PROFILE_NO_LIMIT } };
		const char	       *port = NULL;

		if (s->if_index != 0 && sib->port_name != NULL)
			port = sib->port_name(sib->port_arg, s->if_index);
		sensor_name(m.name, "entity", es_kinds[s->type].value, s->label);
		text_copy(m.help, sizeof(m.help), es_kinds[s->type].help);
		text_copy(m.port, sizeof(m.port), port != NULL ? port : "");
		c->sink->sensor_found(c->sink->arg, &m);
	}
}

/* ---- polls ---- */

static void
es_plan(struct collector *c, struct poll_plan *plan)
{
	const struct es_state *st = c->state;

	for (size_t i = 0; i < st->n; i++) {
		const struct es_sensor *s = &st->sensor[i];
		uint32_t		columns = COLUMN(ES_VALUE);

		if (s->number == 0)
			continue;
		columns |= s->has_status ? COLUMN(ES_STATUS) : 0;
		columns |= s->name_column != ES_COLUMNS ? COLUMN(s->name_column) : 0;
		poll_plan_row(plan, &(struct wanted_row){ .tag = (uint32_t)i, .columns = columns, .index = &s->index,
			.nindex = 1 });
	}
}

static bool
is_same(struct es_state *st, const struct es_sensor *s, const struct row *row)
{
	char   label[SENSOR_LABEL_MAX + 1];
	size_t len;

	if (!row_has(row, ES_VALUE))
		return false;
	if (s->name_column == ES_COLUMNS || st->moves > MOVES_MAX)
		return true;
	len = sensor_label(label, &row->value[s->name_column]);
	if (strncmp(label, s->label, len) == 0 && (s->label[len] == '\0' || (s->relabelled && s->label[len] == '_')))
		return true;
	st->moved = true;
	return false;
}

static double
value_of(const struct es_sensor *s, const struct row *row)
{
	const struct snmp_value *v = &row->value[ES_VALUE];

	if (v->type != SNMP_INTEGER || v->integer <= -OUT_OF_RANGE || v->integer >= OUT_OF_RANGE)
		return NAN;
	if (s->has_status && integer_of(row, ES_STATUS, 1, 3, 3) != 1)	/* ok(1), unavailable(2), nonoperational(3) */
		return NAN;
	if (s->type == TYPE_CONTACT)	/* TruthValue: true(1), false(2) */
		return v->integer == 1 ? 1 : v->integer == 2 ? 0 : NAN;
	return v->integer * s->factor;
}

static bool
es_row(struct collector *c, const struct row *row, const struct poll *poll)
{
	struct es_state	 *st = c->state;
	struct es_sensor *s = &st->sensor[row->tag];

	if (!is_same(st, s, row))
		return false;
	if (!s->seen)
		sensor_emit(c, s->number, value_of(s, row), poll->step_s, QUALITY_UNKNOWN, poll->wall_ns);
	s->seen = true;
	return true;
}

static void
es_end(struct collector *c, const struct poll *poll)
{
	struct es_state *st = c->state;
	enum quality	 why = poll->refused || poll->answered ? QUALITY_UNKNOWN : QUALITY_LOST;

	for (size_t i = 0; i < st->n; i++) {
		if (!st->sensor[i].seen && st->sensor[i].number != 0)
			sensor_emit(c, st->sensor[i].number, NAN, poll->step_s, why, poll->wall_ns);
		st->sensor[i].seen = false;
	}
	if (poll->answered)
		st->moves = st->moved ? st->moves + 1 : st->moves > MOVES_MAX ? st->moves : 0;
	st->moved = false;
	if (st->tell && poll->answered)
		sensors_tell(c);
}

static void
es_fini(struct collector *c)
{
	struct es_state *st = c->state;

	sensors_free(st->sensor, st->n);
}

static const struct metric es_metrics[] = {
	{ "value", UNIT_NONE, METRIC_GAUGE, "", "entPhySensorValue with its scale: the value of a sensor, as of profile_table" },
	{ 0 }
};

const struct collector_ops collector_entity_sensor = {
	.name	    = "entity_sensor",
	.help	    = "Temperature, power, fans and other sensors (ENTITY-SENSOR-MIB, ENTITY-MIB).",
	.metrics    = es_metrics,
	.options    = snmp_options,
	.state_size = sizeof(struct es_state),
	.columns    = es_columns,
	.sensors    = numbers_find,
	.again	    = again,
	.match	    = es_match,
	.plan	    = es_plan,
	.row	    = es_row,
	.end	    = es_end,
	.fini	    = es_fini,
};
