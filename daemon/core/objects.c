/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * objects.c: from one inventory to the next. Live objects that are in both keep all they have learnt and
 * only point into the new one; new ones get their series numbers first, all in one transaction, so that
 * nothing is half done when the ledger cannot be written. What has left is withdrawn from its incidents, its
 * topics are emptied, and it lies in a grave with its inventory until no incident points to it any more.
 */
#include "core/objects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/capacity.h"
#include "core/commit.h"
#include "core/graves.h"
#include "core/load.h"
#include "core/neighbours.h"
#include "core/ports.h"
#include "core/private.h"
#include "core/recorder.h"
#include "core/sensors.h"
#include "core/services.h"
#include "core/trial.h"
#include "core/ways.h"
#include "model/snmp_profile.h"

/* ---- series numbers ---- */

struct numbers {
	uint32_t *site, *link, *device, *service;	/* by index in the new inventory; of a site: of its traffic, or 0 */
};

static int
numbers_take(struct core *c, const struct inventory *inv, const struct buf *rows, struct numbers *n)
{
	char   ref[REF_MAX];
	size_t k;

	n->site = xcalloc(inv->nsites + 1, sizeof(*n->site));
	n->link = xcalloc(inv->nlinks, sizeof(*n->link));
	n->device = xcalloc(inv->ndevices, sizeof(*n->device));
	n->service = xcalloc(inv->nservices, sizeof(*n->service));
	if (ledger_begin(c->ledger) == -1)
		return -1;
	for (k = 0; k < inv->nlinks; k++) {
		snprintf(ref, sizeof(ref), "link/%s", inv->link[k]->id);
		n->link[k] = ledger_series(c->ledger, ref, "");
	}
	for (k = 0; k < inv->ndevices; k++) {
		snprintf(ref, sizeof(ref), "host/%s", inv->device[k]->id);
		n->device[k] = ledger_series(c->ledger, ref, "");
	}
	for (k = 0; k < inv->nservices; k++) {
		snprintf(ref, sizeof(ref), "service/%s", inv->service[k]->id);
		n->service[k] = ledger_series(c->ledger, ref, "");
	}
	for (k = 0; k < inv->nsites; k++) {
		snprintf(ref, sizeof(ref), "traffic/%s", inv->site[k]->id);
		if (inv->site[k]->networks[0] != '\0' && inv->site[k]->life != LIFE_RETIRED)
			n->site[k] = ledger_series(c->ledger, ref, "");
	}
	if (rows != NULL)
		ledger_config_put(c->ledger, loop_wall_ns(c->loop), rows);
	return ledger_commit(c->ledger);	/* fails when any of them did */
}

static void
numbers_free(struct numbers *n)
{
	free(n->site);
	free(n->link);
	free(n->device);
	free(n->service);
}

/* ---- building ---- */

static struct site_live *
site_take(struct core *c, const struct site *row, uint32_t traffic)
{
	struct site_live *s = core_site(c, row->id);

	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		snprintf(s->live.ref, sizeof(s->live.ref), "site/%s", row->id);
		s->live.since_ns = loop_wall_ns(c->loop);
		core_recall_site(c, s);
		s->site = row;
		map_add(c->site_by_id, row->id, s);
	}
	s->site = row;
	s->traffic = traffic;
	s->live.gone = false;
	s->link = xrealloc(s->link, row->nlinks, sizeof(struct link_live *));
	s->child = xrealloc(s->child, row->nchildren, sizeof(struct link_live *));
	s->nlinks = s->nchildren = 0;
	return s;
}

/* What is written of the line in its incidents stays; the line itself is in none of them any more. */
static void
members_release(struct core *c, const struct link_live *l)
{
	struct incident *i;
	size_t		 k;

	for (i = c->incidents; i != NULL; i = i->next)
		for (k = 0; k < i->nmembers; k++)
			if (i->member[k].link == l)
				i->member[k].link = NULL;
}

/* The id is another site's line now: what the old site has been told of it is none of the new one's faults. */
static void
link_moved(struct core *c, struct link_live *l)
{
	verdict_withdraw(c, l);
	members_release(c, l);
	if (l->rounds.say == ROUNDS_DOWN)
		incident_settle(c, l, FAULT_REACH, c->set.group_window_ns);
}

static struct link_live *
link_take(struct core *c, const struct link *row, uint32_t number)
{
	struct link_live *l = core_link(c, row->id);
	struct site_live *parent = row->parent != NULL ? core_site(c, row->parent->id) : NULL;

	if (l == NULL) {
		l = xcalloc(1, sizeof(*l));
		snprintf(l->live.ref, sizeof(l->live.ref), "link/%s", row->id);
		l->live.since_ns = loop_wall_ns(c->loop);
		l->rtt_s = l->loss_ratio = l->rtt_p50_s = l->pdv_p95_s = l->rx_bps = l->tx_bps = NAN;
		l->number = number;
		core_recall_link(c, l, row);
		l->link = row;
		core_capacity_recall(c, l);
		map_add(c->link_by_id, row->id, l);
		nmap_add(c->link_by_number, number, l);
	} else if (strcmp(l->site->site->id, row->site->id) != 0) {
		link_moved(c, l);
	} else if (parent != l->parent && l->reach.verdict == VERDICT_MEMBER) {
		/* What explained it is not above it any more. */
		incident_settle(c, l, FAULT_REACH, c->set.settle_ns);
	}
	l->link = row;
	l->live.gone = false;
	l->site = core_site(c, row->site->id);
	l->parent = parent;
	return l;
}

static struct device_live *
device_take(struct core *c, const struct device *row, uint32_t number)
{
	struct device_live *d = core_device(c, row->id);

	if (d == NULL) {
		d = xcalloc(1, sizeof(*d));
		snprintf(d->live.ref, sizeof(d->live.ref), "device/%s", row->id);
		d->live.since_ns = loop_wall_ns(c->loop);
		d->number = number;
		core_recall_device(c, d);
		map_add(c->device_by_id, row->id, d);
		nmap_add(c->device_by_number, number, d);
	}
	d->device = row;
	d->live.gone = false;
	d->site = core_site(c, row->site->id);
	return d;
}

/* Maps borrow their keys from the inventory, so they are made anew with it. */
static void
maps_rekey(struct core *c)
{
	struct map *site = map_new(), *link = map_new(), *device = map_new(), *service = map_new();
	size_t	    k;

	for (k = 0; k < c->inv->nsites; k++)
		map_add(site, c->inv->site[k]->id, c->site[k]);
	for (k = 0; k < c->inv->nlinks; k++)
		map_add(link, c->inv->link[k]->id, c->link[k]);
	for (k = 0; k < c->inv->ndevices; k++)
		map_add(device, c->inv->device[k]->id, c->device[k]);
	for (k = 0; k < c->inv->nservices; k++)
		map_add(service, c->inv->service[k]->id, c->service[k]);
	map_free(c->site_by_id);
	map_free(c->link_by_id);
	map_free(c->device_by_id);
	map_free(c->service_by_id);
	c->site_by_id = site;
	c->link_by_id = link;
	c->device_by_id = device;
	c->service_by_id = service;
}

static void
mark_all_gone(struct core *c)
{
	size_t k;

	for (k = 0; c->inv != NULL && k < c->inv->nsites; k++)
		c->site[k]->live.gone = true;
	for (k = 0; c->inv != NULL && k < c->inv->nlinks; k++)
		c->link[k]->live.gone = true;
	for (k = 0; c->inv != NULL && k < c->inv->ndevices; k++)
		c->device[k]->live.gone = true;
	for (k = 0; c->inv != NULL && k < c->inv->nservices; k++)
		c->service[k]->live.gone = true;
}

static void
build(struct core *c, const struct inventory *inv, const struct numbers *n)
{
	size_t k, m;

	c->site = xcalloc(inv->nsites, sizeof(struct site_live *));
	c->link = xcalloc(inv->nlinks, sizeof(struct link_live *));
	c->device = xcalloc(inv->ndevices, sizeof(struct device_live *));
	c->service = xcalloc(inv->nservices, sizeof(struct service_live *));
	for (k = 0; k < inv->nsites; k++)
		c->site[k] = site_take(c, inv->site[k], n->site[k]);
	for (k = 0; k < inv->nlinks; k++)
		c->link[k] = link_take(c, inv->link[k], n->link[k]);
	for (k = 0; k < inv->ndevices; k++)
		c->device[k] = device_take(c, inv->device[k], n->device[k]);
	for (k = 0; k < inv->nservices; k++)
		c->service[k] = core_service_take(c, inv->service[k], n->service[k]);
	for (k = 0; k < inv->nsites; k++) {
		struct site_live *s = c->site[k];

		for (m = 0; m < inv->site[k]->nlinks; m++)
			s->link[s->nlinks++] = c->link[inv->site[k]->links[m]->index];
		for (m = 0; m < inv->site[k]->nchildren; m++)
			s->child[s->nchildren++] = c->link[inv->site[k]->children[m]->index];
	}
}

/* ---- leaving ---- */

static void
list_purge(struct link_list *a)
{
	size_t k, n = 0;

	for (k = 0; k < a->n; k++)
		if (!a->v[k]->live.gone)
			a->v[n++] = a->v[k];
	a->n = n;
}

static void
dirty_purge(struct core *c)
{
	struct site_live **at = &c->marks.dirty;

	while (*at != NULL)
		if ((*at)->live.gone)
			*at = (*at)->next_dirty;
		else
			at = &(*at)->next_dirty;
}

static void
link_leave(struct core *c, struct link_live *l)
{
	verdict_withdraw(c, l);
	members_release(c, l);
	nmap_remove(c->link_by_number, l->number);
	core_gone(c, l->live.ref);
}

static void
device_leave(struct core *c, struct device_live *d)
{
	if (d->tell_ns != 0)
		c->marks.devices_waiting--;
	core_ports_free(c, d);
	core_sensors_free(c, d);
	core_neighbours_free(d);
	nmap_remove(c->device_by_number, d->number);
	core_gone(c, d->live.ref);
}

/* What the new inventory no longer has. */
static void
leave(struct core *c, const struct inventory *old, struct site_live **site, struct link_live **link,
    struct device_live **device, struct service_live **service)
{
	size_t k;

	for (k = 0; k < old->nservices; k++)	/* before their sites: what they were told of goes with them */
		if (service[k]->live.gone)
			core_service_leave(c, service[k]);

	for (k = 0; k < old->nlinks; k++)
		if (link[k]->live.gone)
			link_leave(c, link[k]);
	for (k = 0; k < old->ndevices; k++)
		if (device[k]->live.gone)
			device_leave(c, device[k]);
	for (k = 0; k < old->nsites; k++)
		if (site[k]->live.gone)
			core_gone(c, site[k]->live.ref);
	list_purge(&c->marks.settling);
	list_purge(&c->marks.burst);
	core_capacity_purge(c);
	dirty_purge(c);
}

/* ---- the swap ---- */

static bool
rules_are_the_same(const struct core_settings *a, const struct core_settings *b)
{
	size_t k;

	for (k = 0; k < a->nrules && k < b->nrules; k++)
		if (strcmp(a->rule[k].name, b->rule[k].name) != 0 || a->rule[k].value != b->rule[k].value)
			return false;
	return a->nrules == b->nrules;
}

/* What is raised belongs to a rule by its place: when the rules are others, judging them starts anew. */
static void
settings_swap(struct core *c, const struct conf *conf)
{
	struct core_settings was = c->set;
	size_t		     k;

	core_settings_read(&c->set, conf);
	if (c->inv == NULL || rules_are_the_same(&was, &c->set))
		return;
	for (k = 0; k < c->inv->nlinks; k++)
		quality_reset(c, c->link[k]);
}

/* Lines that are not judged any more (planned again, without an address) leave their incidents, too. */
static void
withdraw_uncounted(struct core *c)
{
	size_t k;

	for (k = 0; k < c->inv->nlinks; k++)
		if (!link_is_counted(c->link[k]) &&
		    (c->link[k]->reach.verdict != VERDICT_NONE ||
		    c->link[k]->quality.verdict != VERDICT_NONE))
			verdict_withdraw(c, c->link[k]);
}

int
core_objects_swap(struct core *c, struct conf *conf, struct inventory *inv, const struct buf *rows)
{
	struct inventory    *old = c->inv;
	struct site_live   **site = c->site;
	struct link_live   **link = c->link;
	struct device_live **device = c->device;
	struct service_live **service = c->service;
	struct numbers	     n;
	size_t		     k;

	if (numbers_take(c, inv, rows, &n) == -1) {
		ledger_rollback(c->ledger);
		numbers_free(&n);
		return -1;
	}
	mark_all_gone(c);
	conf_free(c->conf);
	c->conf = conf;
	settings_swap(c, conf);
	build(c, inv, &n);
	numbers_free(&n);
	c->inv = inv;
	maps_rekey(c);
	core_services_join(c);
	core_ports_recall(c);
	core_sensors_recall(c);
	if (old != NULL) {
		leave(c, old, site, link, device, service);
		core_bury(c, old, site, link, device, service);
		withdraw_uncounted(c);
		core_services_rejudge(c);
	} else {
		core_recall_incidents(c);
		core_ways_recall(c);
		core_recorder_recall(c);
		withdraw_uncounted(c);
		core_services_rejudge(c);
		c->priv->loaded = true;
		core_forget_rest(c);
	}
	for (k = 0; k < inv->nsites; k++)
		core_dirty(c, c->site[k]);
	return 0;
}

void
core_objects_init(struct core *c)
{
	c->site_by_id = map_new();
	c->link_by_id = map_new();
	c->device_by_id = map_new();
	c->service_by_id = map_new();
	c->port_by_ref = map_new();
	core_sensors_init(c);
	c->link_by_number = nmap_new();
	c->device_by_number = nmap_new();
	c->service_by_number = nmap_new();
}

void
core_objects_free(struct core *c)
{
	size_t k;

	while (c->incidents != NULL)
		incident_free(c, c->incidents);
	core_graves_free(c);
	free(c->priv->capacity.v);
	for (k = 0; c->inv != NULL && k < c->inv->nsites; k++)
		site_live_free(c->site[k]);
	for (k = 0; c->inv != NULL && k < c->inv->nlinks; k++)
		link_live_free(c->link[k]);
	for (k = 0; c->inv != NULL && k < c->inv->ndevices; k++)
		core_ports_free(c, c->device[k]);
	core_ports_unbind_all(c);
	for (k = 0; c->inv != NULL && k < c->inv->ndevices; k++) {
		core_sensors_free(c, c->device[k]);
		core_neighbours_free(c->device[k]);
	}
	core_sensors_fini(c);
	core_trials_free(c);
	for (k = 0; c->inv != NULL && k < c->inv->ndevices; k++)
		free(c->device[k]);
	for (k = 0; c->inv != NULL && k < c->inv->nservices; k++)
		service_live_free(c->service[k]);
	free(c->service);
	free(c->site);
	free(c->link);
	free(c->device);
	map_free(c->site_by_id);
	map_free(c->link_by_id);
	map_free(c->device_by_id);
	map_free(c->service_by_id);
	nmap_free(c->link_by_number);
	nmap_free(c->device_by_number);
	nmap_free(c->service_by_number);
	map_free(c->port_by_ref);
	inventory_free(c->inv);
	snmp_profiles_unref(c->profiles);
	conf_free(c->conf);
}
