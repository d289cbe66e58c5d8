/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entity_sensor_test.c: ENTITY-SENSOR-MIB: scales, kinds, names, the port above a sensor, and rows that change. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "collectors/collector.h"
#include "collectors/snmp/walk.h"
#include "tests/unit/tap.h"

#define SENSORS 14
#define UNSEEN	1e9

struct entity {
	uint32_t    index, parent;
	const char *name;
	int32_t	    type, scale, precision, value, status;	/* type 0: no sensor */
};

/* 1 chassis, 2 its port with the sensors of a module, 20.. sensors. */
static struct entity entities[] = {
	{ 1, 0, "chassis", 0, 0, 0, 0, 0 },
	{ 2, 1, "port 1", 0, 0, 0, 0, 0 },
	{ 3, 2, "module in it", 0, 0, 0, 0, 0 },
	{ 20, 3, "rx power", 14, 9, 1, -74, 1 },
	{ 21, 3, "module temp", 8, 8, 0, 41500, 1 },
	{ 22, 1, "inlet", 8, 9, 0, 23, 1 },
	{ 23, 1, "inlet", 8, 9, 0, 24, 1 },
	{ 24, 1, "rail", 4, 8, 0, 12100, 1 },
	{ 25, 1, "input", 6, 10, 2, 150, 1 },
	{ 26, 1, "humidity", 9, 9, 0, 45, 1 },
	{ 27, 1, "fan", 10, 9, 0, 4200, 2 },
	{ 28, 1, "door", 12, 9, 0, 2, 1 },
	{ 29, 1, "far out", 8, 9, 0, 1000000000, 1 },
	{ 30, 1, "special", 13, 9, 0, 1, 1 },
	{ 31, 1, "", 5, 8, -1, 500, 1 },
};

struct caught {
	double			value[SENSORS + 2];	/* by number, which is 1 + the place in which it was told */
	enum quality		quality[SENSORS + 2];
	struct msg_sensor_found found[SENSORS + 2];
	size_t			n;
};

static void
on_sample(void *arg, const struct sample *s)
{
	struct caught *c = arg;

	c->value[s->series] = s->value[0];
	c->quality[s->series] = (enum quality)s->quality;
}

static void
on_found(void *arg, const struct msg_sensor_found *m)
{
	struct caught *c = arg;

	c->found[c->n++] = *m;
}

static const char *
port_name(const void *arg, uint32_t if_index)
{
	(void)arg;
	return if_index == 7 ? "ether7" : NULL;
}

/* The rows of a walk: entities, and behind port 1 its alias, which has an index of two arcs. */
#define ROWS (sizeof(entities) / sizeof(entities[0]) + 1)
static struct snmp_value value[ROWS][COLLECTOR_COLUMNS_MAX];
static uint32_t		 index_of[ROWS][2];

static size_t
column_of(const char *name)
{
	size_t i;

	for (i = 0; strcmp(collector_entity_sensor.columns[i].name, name) != 0; i++)
		;
	return i;
}

static void
integer(struct snmp_value *row, const char *column, int32_t n)
{
	row[column_of(column)] = (struct snmp_value){ .type = SNMP_INTEGER, .integer = n };
}

static size_t
rows_make(struct row *row)
{
	static const uint8_t if_index_7[] = { 0x2b, 6, 1, 2, 1, 2, 2, 1, 1, 7 };
	size_t		     n = 0;

	memset(value, 0, sizeof(value));
	for (size_t i = 0; i < nitems(entities); i++, n++) {
		const struct entity *e = &entities[i];

		index_of[n][0] = e->index;
		row[n] = (struct row){ .index = index_of[n], .nindex = 1, .value = value[n] };
		integer(value[n], "entPhysicalContainedIn", (int32_t)e->parent);
		value[n][column_of("entPhysicalName")] = (struct snmp_value){ .type = SNMP_OCTETS, .len = (uint16_t)strlen(e->name),
			.bytes = (const uint8_t *)e->name };
		if (e->type == 0)
			continue;
		integer(value[n], "entPhySensorType", e->type);
		integer(value[n], "entPhySensorScale", e->scale);
		integer(value[n], "entPhySensorPrecision", e->precision);
		integer(value[n], "entPhySensorValue", e->value);
		integer(value[n], "entPhySensorOperStatus", e->status);
	}
	index_of[n][0] = 2;
	index_of[n][1] = 0;
	row[n] = (struct row){ .index = index_of[n], .nindex = 2, .value = value[n] };
	value[n][column_of("entAliasMappingIdentifier")] = (struct snmp_value){ .type = SNMP_OID, .len = sizeof(if_index_7),
		.bytes = if_index_7 };
	return n + 1;
}

static const char *
sensor_of(const struct caught *c, const char *name, double *v)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->found[i].name, name) == 0) {
			*v = c->value[i + 1];
			return c->found[i].port;
		}
	*v = UNSEEN;
	return NULL;
}

static void
is_sensor(const struct caught *c, const char *name, double want, const char *port)
{
	double	    v;
	const char *at = sensor_of(c, name, &v);

	if (!ok(at != NULL && strcmp(at, port) == 0 && (isnan(want) ? isnan(v) : fabs(v - want) < 1e-9), "%s", name))
		printf("#   got %.12g at %s, want %.12g at %s\n", v, at != NULL ? at : "no sensor", want, port);
}

/* Give what was told numbers in its order. */
static void
numbers_give(struct collector *c, const struct caught *got)
{
	struct sensor_numbers *s = &c->siblings->sensors;

	s->v = xcalloc(got->n, sizeof(*s->v));
	s->n = got->n;
	for (size_t i = 0; i < got->n; i++)
		s->v[i] = (struct sensor_number){ (uint32_t)i + 1, xstrdup(got->found[i].name) };
	for (size_t i = 1; i < s->n; i++)	/* by name */
		for (size_t k = i; k > 0 && strcmp(s->v[k - 1].name, s->v[k].name) > 0; k--) {
			struct sensor_number t = s->v[k];

			s->v[k] = s->v[k - 1];
			s->v[k - 1] = t;
		}
	ok(c->ops->sensors(c) && !c->ops->sensors(c), "numbers change the plan, the same again do not");
}

/* Every sensor's row once, in the order of the walk. @return rows that were not what they had been */
static unsigned
poll_rows(struct collector *c, const struct row *rows, size_t n, const struct poll *poll)
{
	unsigned moved = 0;
	uint32_t tag = 0;

	for (size_t i = 0; i < n; i++) {
		struct row row = rows[i];

		if (row.value[0].type != SNMP_INTEGER || row.value[0].integer == 13)
			continue;
		row.tag = tag++;
		moved += !c->ops->row(c, &row, poll);
	}
	c->ops->end(c, poll);
	return moved;
}

struct alike {
	size_t told;
	char   last[sizeof(((struct msg_sensor_found *)NULL)->name)];
};

static void
on_alike(void *arg, const struct msg_sensor_found *m)
{
	struct alike *a = arg;

	a->told++;
	memcpy(a->last, m->name, sizeof(a->last));
}

/* An agent that calls all its sensors alike: each has a name of its own, and nobody waits long for it. */
static void
test_alike(void)
{
	enum { MANY = 600 };
	static struct snmp_value cell[MANY][COLLECTOR_COLUMNS_MAX];
	static uint32_t		 index[MANY];
	struct alike	 a = { 0 };
	struct sink	 sink = { .sensor_found = on_alike, .arg = &a };
	struct siblings	 siblings = { 0 };
	struct collector c = { .ops = &collector_entity_sensor, .columns = collector_entity_sensor.columns,
		.state = xcalloc(1, collector_entity_sensor.state_size), .sink = &sink, .siblings = &siblings };
	struct row	 row[MANY];

	for (uint32_t i = 0; i < MANY; i++) {
		index[i] = i + 1;
		row[i] = (struct row){ .index = &index[i], .nindex = 1, .value = cell[i] };
		integer(cell[i], "entPhySensorType", i == 1 ? 9 : 8);
		integer(cell[i], "entPhySensorValue", 20);
		cell[i][column_of("entPhysicalName")] =
		    (struct snmp_value){ .type = SNMP_OCTETS, .len = 1, .bytes = (const uint8_t *)"x" };
	}
	cell[2][column_of("entPhysicalName")] = (struct snmp_value){ .type = SNMP_OCTETS, .len = 3, .bytes = (const uint8_t *)"x_3" };
	c.ops->match(&c, row, MANY);
	c.ops->end(&c, &(struct poll){ .answered = true, .step_s = 60 });
	is_i64((int64_t)a.told, 512, "of 600 sensors called alike 512 are kept");
	is_text(a.last, "entity/temp_c/x_511", "numbered behind each other, past one that is called so");
	c.ops->fini(&c);
	free(c.state);
}

int
main(void)
{
	struct caught	 got = { 0 };
	struct sink	 sink = { .sample = on_sample, .sensor_found = on_found, .arg = &got };
	struct siblings	 siblings = { .port_name = port_name };
	struct collector c = { .ops = &collector_entity_sensor, .columns = collector_entity_sensor.columns,
		.state = xcalloc(1, collector_entity_sensor.state_size), .sink = &sink, .siblings = &siblings, .device = 5 };
	struct poll	 poll = { .answered = true, .step_s = 60, .wall_ns = NS_PER_S }, lost = { .step_s = 60 };
	struct row	 row[ROWS];
	size_t		 n = rows_make(row);
	double		 v;

	ok(c.ops->match(&c, row, n), "the device has sensors");
	c.ops->end(&c, &lost);
	is_i64((int64_t)got.n, 0, "they are told once the device has answered a poll");
	c.ops->end(&c, &poll);
	is_i64((int64_t)got.n, 11, "each once; not what is special, nor what is no sensor");
	numbers_give(&c, &got);
	is_i64(poll_rows(&c, row, n, &poll), 0, "no row has moved");
	is_sensor(&got, "entity/optical_power_dbm/rx power", -7.4, "ether7");
	is_sensor(&got, "entity/temp_c/module temp", 41.5, "ether7");
	is_sensor(&got, "entity/temp_c/inlet", 23, "");
	is_sensor(&got, "entity/temp_c/inlet_2", 24, "");
	is_sensor(&got, "entity/voltage_v/rail", 12.1, "");
	is_sensor(&got, "entity/power_w/input", 1500, "");
	is_sensor(&got, "entity/humidity_ratio/humidity", 0.45, "");
	is_sensor(&got, "entity/fan_rpm/fan", NAN, "");
	is_sensor(&got, "entity/contact/door", 0, "");
	is_sensor(&got, "entity/temp_c/far out", NAN, "");
	is_sensor(&got, "entity/current_a/31", 0.5, "");

	entities[5].name = "outlet";		/* was "inlet", and comes under its index */
	entities[5].value = 99;
	rows_make(row);
	is_i64(poll_rows(&c, row, n, &poll), 1, "another sensor under an index: walk again");
	sensor_of(&got, "entity/temp_c/inlet", &v);
	ok(isnan(v), "... and its value is booked to nobody");
	c.ops->end(&c, &lost);
	sensor_of(&got, "entity/voltage_v/rail", &v);
	ok(isnan(v) && got.quality[5] == QUALITY_LOST, "no answer: lost");
	c.ops->fini(&c);
	free(c.state);
	for (size_t i = 0; i < siblings.sensors.n; i++)
		free(siblings.sensors.v[i].name);
	free(siblings.sensors.v);
	test_alike();
	return tap_done();
}
