/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ports.c: ports of devices, as discovery finds them. A port is known by its device and its ifName; its
 * key, and with it its series, outlives a new ifIndex. The ledger keeps the name as the device spells it.
 */
#include "core/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/plan.h"
#include "core/private.h"
#include "live/counters.h"

#define REPLAN_NS NS_PER_S	/* ports found within this go into one plan */

static void plan_changed(struct core *c);

static bool
is_key_byte(char b)
{
	return (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '-';
}

/* "port/<device>.<ifName>", other bytes as '_'; n > 1 tells apart what then looks the same. */
static void
port_ref(char out[REF_MAX], const struct device_live *d, const char *name, unsigned n)
{
	size_t at = (size_t)snprintf(out, REF_MAX, "port/%s.", d->device->id);

	for (; *name != '\0' && at < REF_MAX - 8; name++)
		out[at++] = is_key_byte(*name) ? *name : '_';
	out[at] = '\0';
	if (n > 1)
		snprintf(out + at, REF_MAX - at, "_%u", n);
}

static struct port_live *
port_add(struct core *c, struct device_live *d, const char *ref, const char *name, uint32_t number)
{
	struct port_live *p = xcalloc(1, sizeof(*p)), **last;

	text_copy(p->ref, sizeof(p->ref), ref);
	text_copy(p->name, sizeof(p->name), name);
	p->number = number;
	for (last = &d->ports; *last != NULL; last = &(*last)->next)
		;
	*last = p;
	d->nports++;
	map_add(c->port_by_ref, p->ref, p);
	return p;
}

static struct port_live *
port_by_name(const struct device_live *d, const char *name)
{
	struct port_live *p;

	for (p = d->ports; p != NULL && strcmp(p->name, name) != 0; p = p->next)
		;
	return p;
}

/* A port is kept for ever and has a file of its own: names without end must not fill the disk. */
static bool
is_full(struct core *c, struct device_live *d)
{
	if (d->nports < PORTS_MAX)
		return false;
	core_counter(c, "core/ports.refused")->value++;
	if (!d->full_told)
		log_warnx("device %s has had more than %d ports: new ones are left out", d->device->id, PORTS_MAX);
	d->full_told = true;
	return true;
}

void
core_port_found(struct core *c, struct device_live *d, const char *name)
{
	char	 ref[REF_MAX];
	unsigned n = 1;

	if (*name == '\0' || port_by_name(d, name) != NULL || is_full(c, d))
		return;
	do
		port_ref(ref, d, name, n++);
	while (map_get(c->port_by_ref, ref) != NULL);
	port_add(c, d, ref, name, 0);
	plan_changed(c);
}

/* Numbers for the ports that have none yet, in one transaction. 0 or -1. */
static int
ports_number(struct core *c)
{
	struct port_live *p;
	size_t		  k;

	if (ledger_begin(c->ledger) == -1)
		return -1;
	for (k = 0; k < c->inv->ndevices; k++)
		for (p = c->device[k]->ports; p != NULL; p = p->next)
			if (p->number == 0)
				p->fresh = ledger_series(c->ledger, p->ref, p->name);
	if (ledger_commit(c->ledger) == -1)
		return -1;
	for (k = 0; k < c->inv->ndevices; k++)
		for (p = c->device[k]->ports; p != NULL; p = p->next)
			if (p->number == 0) {
				p->number = p->fresh;
				plan_add_series(c, p->number, p->ref);
			}
	return 0;
}

static void
replan(void *arg)
{
	struct core *c = arg;
	size_t	     k;

	if (ports_number(c) == -1) {
		ledger_rollback(c->ledger);
		plan_changed(c);
		return;
	}
	for (k = 0; k < c->nmeasure; k++)
		plan_send_measure(c, &c->measure[k]);
}

/* There are new ports: number them and send the plans again soon. */
static void
plan_changed(struct core *c)
{
	if (!loop_timer_is_set(&c->priv->replan))
		loop_timer_set(c->loop, &c->priv->replan, loop_mono_ns(c->loop) + REPLAN_NS, replan, c);
}

static void
recall_port(void *arg, uint32_t number, const char *ref, const char *true_name)
{
	struct core *c = arg;
	char	     id[ID_MAX];
	size_t	     n;

	if (strncmp(ref, "port/", 5) != 0 || (n = strcspn(ref + 5, ".")) >= sizeof(id))
		return;
	memcpy(id, ref + 5, n);
	id[n] = '\0';
	if (core_device(c, id) != NULL && map_get(c->port_by_ref, ref) == NULL)
		port_add(c, core_device(c, id), ref, true_name, number);
}

void
core_ports_recall(struct core *c)
{
	ledger_series_each(c->ledger, recall_port, c);
}

void
core_ports_free(struct core *c, struct device_live *d)
{
	struct port_live *p;

	while ((p = d->ports) != NULL) {
		d->ports = p->next;
		d->nports--;
		map_remove(c->port_by_ref, p->ref);
		free(p);
	}
}
