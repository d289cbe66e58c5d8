/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sensors.c: sensors of devices: a value of a row of a table that the device's profile names. One is known by its
 * device and its name, "optical/rx_power_dbm/sfp1" (table, value, label); the ledger keeps that beside its number,
 * as it keeps the ifName of a port (ports.c). There may be ten of them per device, so they are kept small.
 */
#include "core/sensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/link_sensors.h"
#include "core/plan.h"
#include "core/ports.h"
#include "core/private.h"
#include "live/counters.h"

#define HELPS_MAX     4096		/* different ones: a few per profile */
#define KEY_LABEL_MAX 48		/* bytes of the label in a reference */

static bool
is_key_byte(char b)
{
	return (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '-';
}

/*
 * "sensor/<device>.<value>.<label>", other bytes of the label as '_'; without a label "sensor/<device>.<value>".
 * n > 1 tells apart what then looks the same.
 */
static void
sensor_ref(char out[REF_MAX], const struct device_live *d, const char *name, unsigned n)
{
	const char *value = name + strcspn(name, "/"), *label;
	size_t	    at, end;

	value += *value == '/';
	label = value + strcspn(value, "/");
	at = (size_t)snprintf(out, REF_MAX, "sensor/%s.%.*s", d->device->id, (int)(label - value), value);
	label += *label == '/';
	if (*label != '\0')
		out[at++] = '.';
	for (end = at + KEY_LABEL_MAX; *label != '\0' && at < end; label++)
		out[at++] = is_key_byte(*label) ? *label : '_';
	out[at] = '\0';
	if (n > 1)
		snprintf(out + at, REF_MAX - at, "_%u", n);
}

static struct sensor_live *
sensor_add(struct core *c, struct device_live *d, const char *ref, const char *name, uint32_t number)
{
	struct sensor_live *s = xcalloc(1, sizeof(*s)), **last;

	s->ref = xstrdup(ref);
	s->name = xstrdup(name);
	s->hash = hash_text(name);
	s->sense = link_sense_of(name);
	s->device = d;
	s->number = number;
	s->value = NAN;
	s->help = "";
	s->limits = (struct msg_limits){ -PROFILE_NO_LIMIT, -PROFILE_NO_LIMIT, PROFILE_NO_LIMIT, PROFILE_NO_LIMIT };
	for (last = &d->sensors; *last != NULL; last = &(*last)->next)
		;
	*last = s;
	d->nsensors++;
	map_add(c->sensor_by_ref, s->ref, s);
	if (number != 0)
		nmap_add(c->sensor_by_number, number, s);
	return s;
}

static struct sensor_live *
sensor_by_name(const struct device_live *d, const char *name)
{
	struct sensor_live *s;
	uint64_t	    hash = hash_text(name);

	for (s = d->sensors; s != NULL && (s->hash != hash || strcmp(s->name, name) != 0); s = s->next)
		;
	return s;
}

/* A sensor is kept for ever and has a file of its own: labels without end must not fill the disk. */
static bool
is_full(struct core *c, struct device_live *d)
{
	if (d->nsensors < SENSORS_MAX)
		return false;
	core_counter(c, "core/sensors.refused")->value++;
	if (!d->sensors_full_told)
		log_warnx("device %s has had more than %d sensors: new ones are left out", d->device->id, SENSORS_MAX);
	d->sensors_full_told = true;
	return true;
}

/* Many sensors say the same of themselves: one copy is enough. */
static const char *
help_kept(struct core *c, const char *help)
{
	char *kept = map_get(c->sensor_helps, help);

	if (kept != NULL)
		return kept;
	if (c->nsensor_helps == HELPS_MAX)
		return "";
	kept = xstrdup(help);
	map_add(c->sensor_helps, kept, kept);
	c->nsensor_helps++;
	return kept;
}

/* "table/value/label"; what stands in the reference as it is must be a key and fit. */
static bool
is_name(const char *name)
{
	const char *value = strchr(name, '/');
	size_t	    n = 0;

	if (value++ == NULL)
		return false;
	while (is_key_byte(value[n]) || value[n] == '_')
		n++;
	return n > 0 && n < sizeof(((struct msg_profile_value *)NULL)->name) && value[n] == '/';
}

void
core_sensor_found(struct core *c, struct device_live *d, const struct msg_sensor_found *m)
{
	struct sensor_live *s = sensor_by_name(d, m->name);
	char		    ref[REF_MAX];
	unsigned	    n = 1;

	if (s == NULL && (!is_name(m->name) || is_full(c, d)))
		return;
	if (s == NULL) {
		do
			sensor_ref(ref, d, m->name, n++);
		while (map_get(c->sensor_by_ref, ref) != NULL);
		s = sensor_add(c, d, ref, m->name, 0);
	}
	s->help = help_kept(c, m->help);
	if (s->port == NULL || strcmp(s->port, m->port) != 0) {
		free(s->port);
		s->port = xstrdup(m->port);
	}
	s->type = m->type;
	s->limits = m->limits;
	if (s->number != 0)
		return;
	c->priv->sensors_unsaved = true;
	core_ports_changed(c, true);
}

void
core_sensor_sample(struct core *c, const struct sample *smp)
{
	struct sensor_live *s = nmap_get(c->sensor_by_number, smp->series);

	if (s == NULL || smp->type != SAMPLE_RATE || smp->n < 1)
		return;
	s->value = smp->value[0];
	s->value_s = smp->seconds;
	s->value_ns = smp->wall_ns;
	if (s->sense != SENSE_NOTHING)
		core_link_sensor(c, s, smp);
}

/* ---- numbers ---- */

int
core_sensors_save(struct core *c)
{
	struct sensor_live *s;
	size_t		    k;

	if (!c->priv->sensors_unsaved)
		return 0;
	if (ledger_begin(c->ledger) == -1)
		return -1;
	for (k = 0; k < c->inv->ndevices; k++)
		for (s = c->device[k]->sensors; s != NULL; s = s->next)
			if (s->number == 0)
				s->fresh = ledger_series(c->ledger, s->ref, s->name);
	if (ledger_commit(c->ledger) == -1)
		return -1;
	c->priv->sensors_unsaved = false;
	for (k = 0; k < c->inv->ndevices; k++)
		for (s = c->device[k]->sensors; s != NULL; s = s->next)
			if (s->number == 0) {
				s->number = s->fresh;
				nmap_add(c->sensor_by_number, s->number, s);
				plan_add_series(c, s->number, s->ref);
			}
	return 0;
}

static void
recall_sensor(void *arg, uint32_t number, const char *ref, const char *true_name)
{
	struct core *c = arg;
	char	     id[ID_MAX];
	size_t	     n;

	if (strncmp(ref, "sensor/", 7) != 0 || (n = strcspn(ref + 7, ".")) >= sizeof(id) || !is_name(true_name))
		return;
	memcpy(id, ref + 7, n);
	id[n] = '\0';
	if (core_device(c, id) != NULL && map_get(c->sensor_by_ref, ref) == NULL)
		sensor_add(c, core_device(c, id), ref, true_name, number);
}

void
core_sensors_recall(struct core *c)
{
	ledger_series_each(c->ledger, recall_sensor, c);
}

/* ---- making ---- */

void
core_sensors_init(struct core *c)
{
	c->sensor_by_ref = map_new();
	c->sensor_by_number = nmap_new();
	c->sensor_helps = map_new();
}

void
core_sensors_fini(struct core *c)
{
	char  *help;
	size_t at = 0;

	while ((help = map_next(c->sensor_helps, &at)) != NULL) {
		map_remove(c->sensor_helps, help);
		free(help);
	}
	map_free(c->sensor_helps);
	map_free(c->sensor_by_ref);
	nmap_free(c->sensor_by_number);
}

void
core_sensors_free(struct core *c, struct device_live *d)
{
	struct sensor_live *s;

	while ((s = d->sensors) != NULL) {
		d->sensors = s->next;
		d->nsensors--;
		map_remove(c->sensor_by_ref, s->ref);
		if (s->number != 0)
			nmap_remove(c->sensor_by_number, s->number);
		free(s->ref);
		free(s->name);
		free(s->port);
		free(s);
	}
}
