/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device_collectors.c: which collectors a device has.
 *
 * Those whose table of functions names its columns are in every device from the start, so that a device that
 * never answers has its samples too. The list is chosen anew in each discovery, when sysObjectID is known and
 * nothing has been walked yet: a collector that is still wanted, with the same columns, keeps its state.
 */
#include "collectors/snmp/device.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"

struct choice {
	struct device	 *device;
	struct collector *collector;	/* chosen so far */
	unsigned	  n, size;
};

static struct collector *
collector_kept(struct device *d, const struct collector_ops *ops, const struct snmp_column *columns,
    const void *arg)
{
	for (unsigned i = 0; i < d->ncollectors; i++) {
		struct collector *c = &d->collector[i];

		if (c->ops == ops && c->columns == columns && c->arg == arg && c->state != NULL)
			return c;
	}
	return NULL;
}

/*
 * Have a collector with these columns in the list; columns and arg outlive the device, or are given again
 * with other addresses.
 */
static void
want(struct choice *to, const struct collector_ops *ops, const struct snmp_column *columns, const void *arg)
{
	struct device	 *d = to->device;
	struct collector *old = collector_kept(d, ops, columns, arg), *c;

	if (to->n == COLLECTORS_MAX)
		return;
	if (to->n == to->size) {
		to->size += COLLECTORS;
		to->collector = xrealloc(to->collector, to->size, sizeof(*to->collector));
	}
	c = &to->collector[to->n++];
	if (old != NULL) {
		*c = *old;
		old->state = NULL;	/* it has moved */
		return;
	}
	*c = (struct collector){ .ops = ops, .columns = columns, .arg = arg,
		.state = xcalloc(1, ops->state_size), .sink = d->env->sink, .siblings = &d->siblings,
		.device = d->target.number };
}

void
device_collectors_free(struct device *d)
{
	for (unsigned i = 0; i < d->ncollectors; i++) {
		struct collector *c = &d->collector[i];

		if (c->state != NULL && c->ops->fini != NULL)
			c->ops->fini(c);
		free(c->state);
	}
	free(d->collector);
	d->collector = NULL;
	d->ncollectors = 0;
}

/* The number of the device's maker below enterprises (RFC 2578); 0: not known. */
static uint32_t
maker_of(const struct found *who)
{
	static const uint32_t enterprises[] = { 1, 3, 6, 1, 4, 1 };
	uint32_t	      arc[SNMP_ARCS_MAX];

	if (who == NULL || who->object_id_len == 0 ||
	    snmp_oid_arcs(who->object_id, who->object_id_len, arc) <= nitems(enterprises) ||
	    memcmp(arc, enterprises, sizeof(enterprises)) != 0)
		return 0;
	return arc[nitems(enterprises)];
}

static bool
is_for(const struct collector_ops *ops, uint32_t maker)
{
	if (ops->columns == NULL || (ops->maker != 0 && ops->maker != maker))
		return false;
	return ops->not_maker == 0 || (maker != 0 && ops->not_maker != maker);
}

/* Once it is known what the device is: the tables of its profile. */
static void
want_tables(struct choice *to, const struct found *who)
{
	struct device		   *d = to->device;
	const struct profile_table *table[COLLECTORS_MAX];
	uint32_t		    arc[SNMP_ARCS_MAX];
	const char		   *profile;
	size_t			    n, narcs;

	if (d->env->tables == NULL || who == NULL)
		return;
	narcs = who->object_id_len > 0 ? snmp_oid_arcs(who->object_id, who->object_id_len, arc) : 0;
	n = profile_tables_of(d->env->tables, d->target.profile, arc, narcs, &profile, table,
	    COLLECTORS_MAX - COLLECTORS);
	for (size_t i = 0; i < n; i++) {
		/* Of SNMPv1 one object that is missing refuses the whole PDU: only what was walked can be read. */
		if (table[i]->table->of_ports && d->peer.credential.version == SNMP_V1)
			continue;
		want(to, &collector_profile_table, table[i]->column, table[i]);
		to->collector[to->n - 1].no_walk = table[i]->table->of_ports;
	}
	if (n == COLLECTORS_MAX - COLLECTORS)
		log_warnx("%s: its profile %s has more tables than %d; the others are not read",
		    d->target.ref, profile,
		    COLLECTORS_MAX - COLLECTORS);
}

void
device_collectors(struct device *d, const struct found *who)
{
	struct choice	       to = { .device = d };
	struct profile_tables *tables = d->tables;

	for (unsigned i = 0; collector_registry[i] != NULL; i++)
		if (is_for(collector_registry[i], maker_of(who)))
			want(&to, collector_registry[i], collector_registry[i]->columns, NULL);
	want_tables(&to, who);
	device_collectors_free(d);
	to.collector = xrealloc(to.collector, to.n, sizeof(*to.collector));	/* there are many devices */
	d->collector = to.collector;
	d->ncollectors = to.n;
	d->tables = d->env->tables != NULL ? profile_tables_ref(d->env->tables) : NULL;
	profile_tables_unref(tables);		/* only now: collectors that have gone had theirs */
}
