/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link_sensors.c: received light, bad frames, late collisions and flaps of the port that carries a link are values
 * of the link, for its rules (rules/watched.h).
 *
 * Light is judged twice: against the limit of the line (links.csv: rx_dbm_min) or of the module, and against its own
 * mean of the last weeks, which needs no limit at all. Late collisions come with half duplex only, and in a network
 * of switches half duplex is a mismatch. Changes count those that no poll has seen.
 */
#include "core/link_sensors.h"

#include <math.h>
#include <string.h>

#include "alert/alert.h"

#define FAR_DB	    1.0				/* light further from its mean is learnt slowly */
#define SAVED_EACH_NS (3600 * NS_PER_S)		/* what is normal is written this often */

static const struct {
	const char	*value;
	enum link_sense	 sense;
} senses[] = {
	{ "rx_power_dbm", SENSE_RX_POWER },
	{ "fcs_errors_ps", SENSE_FCS_ERRORS },
	{ "late_collisions_ps", SENSE_LATE_COLLISIONS },
	{ "link_downs_ps", SENSE_LINK_DOWNS },
	{ "changes_ps", SENSE_CHANGES },
};

uint8_t
link_sense_of(const char *name)
{
	const char *value = name + strcspn(name, "/");
	size_t	    n, i;

	value += *value == '/';
	n = strcspn(value, "/");
	for (i = 0; i < nitems(senses); i++)
		if (strlen(senses[i].value) == n && strncmp(senses[i].value, value, n) == 0)
			return (uint8_t)senses[i].sense;
	return SENSE_NOTHING;
}

/* The link whose traffic the port of this sensor carries, or NULL. */
static struct link_live *
link_of(const struct core *c, const struct sensor_live *s)
{
	const struct port_live *p;

	if (s->port == NULL || *s->port == '\0')
		return NULL;
	for (p = s->device->ports; p != NULL; p = p->next)
		if (p->link != 0 && p->state == PORT_HERE && strcmp(p->id.name, s->port) == 0)
			return nmap_get(c->link_by_number, p->link);
	return NULL;
}

static void
take_light(struct core *c, struct link_live *l, const struct sensor_live *s, double dbm, int64_t wall_ns,
    double seconds)
{
	struct link_port *port = l->port;
	double		  limit = l->link->rx_dbm_min;

	if (isnan(limit) && s->limits.low_warn > -PROFILE_NO_LIMIT)
		limit = s->limits.low_warn;
	quality_value(c, l, WATCHED_RX_MARGIN_DB, dbm - limit, wall_ns, seconds);
	quality_value(c, l, WATCHED_RX_DROP_DB, baseline_drop(&port->light, dbm, seconds, FAR_DB), wall_ns, seconds);
	if (wall_ns - port->saved_ns < SAVED_EACH_NS && wall_ns >= port->saved_ns)
		return;
	port->saved_ns = wall_ns;
	l->live.unsaved = true;
	core_mark(c, &l->live);
}

/* A link that went down has come up again by the next poll, or will: two changes. */
static void
take_changes(struct core *c, struct link_live *l, double downs, double changes, int64_t wall_ns, double seconds)
{
	double by_downs = recent_add(&l->port->downs, 2 * downs, wall_ns);
	double by_changes = recent_add(&l->port->changes, changes, wall_ns);

	quality_value(c, l, WATCHED_CHANGES_1H, fmax(by_downs, by_changes), wall_ns, seconds);
}

void
core_link_sensor(struct core *c, const struct sensor_live *s, const struct sample *smp)
{
	struct link_live *l = link_of(c, s);
	double		  v = smp->value[0];

	if (l == NULL)
		return;
	if (l->port == NULL)
		l->port = xcalloc(1, sizeof(*l->port));
	switch ((enum link_sense)s->sense) {
	case SENSE_RX_POWER:
		take_light(c, l, s, v, smp->wall_ns, smp->seconds);
		break;
	case SENSE_FCS_ERRORS:
		quality_value(c, l, WATCHED_FCS_ERRORS_PS, v, smp->wall_ns, smp->seconds);
		break;
	case SENSE_LATE_COLLISIONS:
		quality_value(c, l, WATCHED_LATE_COLLISIONS_PS, v, smp->wall_ns, smp->seconds);
		break;
	case SENSE_LINK_DOWNS:
		take_changes(c, l, v * smp->seconds, 0, smp->wall_ns, smp->seconds);
		break;
	case SENSE_CHANGES:
		take_changes(c, l, 0, v * smp->seconds, smp->wall_ns, smp->seconds);
		break;
	case SENSE_NOTHING:
		break;
	}
}
