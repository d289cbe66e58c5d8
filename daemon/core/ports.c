/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ports.c: which ports a device has had, and which of them it has now.
 *
 * A port's reference, and with it its series, is made from the name it had first, and outlives that name: the
 * ledger keeps what else it is known by. The ports of a walk wait until all have been told, since only together
 * they show which is which.
 */
#include "core/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "core/plan.h"
#include "core/private.h"
#include "core/sensors.h"
#include "live/counters.h"

#define REPLAN_NS	NS_PER_S	/* ports and sensors found within this go into one plan ... */
#define REPLAN_OBJECTS	2000		/* ... and as much longer for each so many that a plan tells of */
#define SAVE_SEEN_NS	(86400 * NS_PER_S)	/* that a port is still there is written so often */

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
port_add(struct core *c, struct device_live *d, const char *ref, const struct port_identity *id)
{
	struct port_live *p = xcalloc(1, sizeof(*p)), **last;

	text_copy(p->ref, sizeof(p->ref), ref);
	p->device = d;
	port_identity_copy(&p->id, id);
	for (last = &d->ports; *last != NULL; last = &(*last)->next)
		;
	*last = p;
	d->nports++;
	map_add(c->port_by_ref, p->ref, p);
	return p;
}

struct port_live *
port_here(const struct device_live *d, const char *name)
{
	struct port_live *p;

	for (p = d->ports; p != NULL; p = p->next)
		if (p->state == PORT_HERE && strcmp(p->id.name, name) == 0)
			return p;
	return NULL;
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

/* ---- what a walk tells ---- */

static void
found_forget(struct device_live *d)
{
	while (d->nfound > 0)
		port_identity_fini(&d->found[--d->nfound]);
	free(d->found);
	d->found = NULL;
}

void
core_port_found(struct device_live *d, const struct msg_port_found *m)
{
	struct port_identity *id;

	if (m->name[0] == '\0' || d->nfound == PORTS_MAX)
		return;
	if ((d->nfound & (d->nfound - 1)) == 0)		/* full at each power of two */
		d->found = xrealloc(d->found, d->nfound > 0 ? d->nfound * 2 : 1, sizeof(*d->found));
	id = &d->found[d->nfound++];
	*id = (struct port_identity){ .name = xstrdup(m->name), .alias = xstrdup(m->alias),
		.neighbour = xstrdup(m->neighbour), .mac_len = m->mac_len, .if_type = m->if_type,
		.if_index = m->if_index };
	memcpy(id->mac, m->mac, sizeof(id->mac));
}

/* One host is told by several protocols, with its domain or without. An address, of digits, stays whole. */
static char *
host_name(const char *told)
{
	bool  is_address = *told >= '0' && *told <= '9';
	char *name = xstrdup(told), *p;

	for (p = name; *p != '\0' && (is_address || *p != '.'); p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	*p = '\0';
	return name;
}

void
core_port_neighbour(struct device_live *d, const char *name, const char *neighbour)
{
	struct port_live *p = port_here(d, name);
	char		 *host;

	if (p == NULL)
		return;
	host = host_name(neighbour);
	if (p->neighbour_now == NULL) {
		p->neighbour_now = host;
		return;
	}
	if (strcmp(p->neighbour_now, host) != 0)
		*p->neighbour_now = '\0';	/* a segment with several: who is told last says nothing of the port */
	free(host);
}

/* Neighbours that were told since the last walk belong to the names that were told then. */
static void
neighbours_add(struct device_live *d)
{
	struct map	 *names = map_new();
	struct port_live *p;

	for (p = d->ports; p != NULL; p = p->next)
		if (p->neighbour_now != NULL)
			map_add(names, p->id.name, p);
	for (size_t j = 0; j < d->nfound; j++) {
		struct port_identity *id = &d->found[j];

		if ((p = map_get(names, id->name)) == NULL || *id->neighbour != '\0')
			continue;
		free(id->neighbour);
		id->neighbour = p->neighbour_now;
		p->neighbour_now = NULL;
	}
	map_free(names);
}

/* ---- what follows from it ---- */

static bool
is_other(const struct port_identity *a, const struct port_identity *b)
{
	return strcmp(a->name, b->name) != 0 || strcmp(a->alias, b->alias) != 0 ||
	    strcmp(a->neighbour, b->neighbour) != 0 || a->mac_len != b->mac_len ||
	    memcmp(a->mac, b->mac, a->mac_len) != 0 || a->if_type != b->if_type || a->if_index != b->if_index;
}

/* Measure does not read a port that has another alias or MAC until it is told that it is the same. */
static bool
is_held(const struct port_identity *was, const struct port_identity *now)
{
	return strcmp(was->alias, now->alias) != 0 || was->mac_len != now->mac_len ||
	    memcmp(was->mac, now->mac, now->mac_len) != 0;
}

/* It is here, and this is what it is known by now. @return true when the plan must say so */
static bool
port_goes_on(struct core *c, struct port_live *p, struct port_identity *now)
{
	bool	renamed = strcmp(p->id.name, now->name) != 0;
	bool	changed = renamed || p->state != PORT_HERE || is_held(&p->id, now);
	int64_t wall_ns = loop_wall_ns(c->loop);

	if (*now->neighbour == '\0') {		/* nothing new about it */
		free(now->neighbour);
		now->neighbour = xstrdup(p->id.neighbour);
	}
	if (renamed) {
		log_info("%s: \"%s\" is called \"%s\" now", p->ref, p->id.name, now->name);
		p->since_ns = wall_ns;
	}
	if (changed || is_other(&p->id, now) || wall_ns - p->saved_ns > SAVE_SEEN_NS)
		p->unsaved = true;
	port_identity_copy(&p->id, now);
	p->state = PORT_HERE;
	p->last_ns = wall_ns;
	port_question_withdraw(p);
	return changed;
}

static bool
port_judged(struct core *c, struct port_live *p, const struct port_known *k, const struct port_seen *found)
{
	bool changed;

	if (k->fate < PORT_FATE_GONE)
		return port_goes_on(c, p, &p->device->found[k->found]);
	changed = p->state == PORT_HERE;
	if (p->state == PORT_ASKED)		/* until it is answered */
		return false;
	if (k->fate == PORT_FATE_AMBIGUOUS) {
		port_ask(c, p, k, found);
		return true;
	}
	if (changed)
		log_info("%s: \"%s\" is gone", p->ref, p->id.name);
	p->state = PORT_GONE;
	p->unsaved |= changed;
	return changed;
}

static bool
port_new(struct core *c, struct device_live *d, const struct port_identity *id)
{
	char		  ref[REF_MAX];
	unsigned	  n = 1;
	struct port_live *p;

	if (is_full(c, d))
		return false;
	do
		port_ref(ref, d, id->name, n++);
	while (map_get(c->port_by_ref, ref) != NULL);
	p = port_add(c, d, ref, id);
	p->first_ns = p->last_ns = p->since_ns = loop_wall_ns(c->loop);
	p->unsaved = true;
	return true;
}

/* The known ports of a device as the rule takes them; index by index in port[]. @return how many */
static size_t
known_list(struct device_live *d, struct port_known *known, struct port_live **port)
{
	size_t n = 0;

	for (struct port_live *p = d->ports; p != NULL; p = p->next) {
		if (p->state == PORT_RETIRED)
			continue;
		known[n] = (struct port_known){ .id = &p->id, .here = p->state == PORT_HERE,
			.asked = p->state == PORT_ASKED, .carries_link = p->link != 0 };
		port[n++] = p;
	}
	return n;
}

static void
ports_judge(struct core *c, struct device_live *d)
{
	struct port_known *known = xcalloc(d->nports + 1, sizeof(*known));
	struct port_live **port = xcalloc(d->nports + 1, sizeof(*port));
	struct port_seen  *found = xcalloc(d->nfound + 1, sizeof(*found));
	size_t		   n = known_list(d, known, port), k;
	bool		   changed = false, unsaved = false;

	for (k = 0; k < d->nfound; k++)
		found[k].id = &d->found[k];
	port_match(known, n, found, d->nfound);
	for (k = 0; k < n; k++)
		changed |= port_judged(c, port[k], &known[k], found);
	for (k = 0; k < d->nfound; k++)
		if (found[k].known == PORT_NONE)
			changed |= port_new(c, d, &d->found[k]);
	for (k = 0; k < n; k++)
		unsaved |= port[k]->unsaved;
	if (changed || unsaved)
		core_ports_changed(c, changed);
	free(known);
	free(port);
	free(found);
}

void
core_ports_end(struct core *c, struct device_live *d, const struct msg_ports_end *m)
{
	if (d->nfound == m->ports && d->nfound > 0) {
		if (d->hardware != 0 && m->hardware != 0 && d->hardware != m->hardware)
			log_debug("core", "device %s has other MACs", d->device->id);
		d->hardware = m->hardware;
		neighbours_add(d);
		ports_judge(c, d);
	} else
		core_counter(c, "core/ports.walks_incomplete")->value++;
	found_forget(d);
}

void
core_ports_peer_gone(struct core *c, const struct measure_peer *m)
{
	for (size_t k = 0; c->inv != NULL && k < c->inv->ndevices; k++)
		if (core_measure_of(c, c->inv->device[k]->via) == m)
			found_forget(c->device[k]);
}

/* ---- writing ---- */

struct ledger_port
port_row(const struct port_live *p)
{
	struct ledger_port row = { .number = p->number, .id = p->id, .state = p->state, .first_ns = p->first_ns,
		.last_ns = p->last_ns, .since_ns = p->since_ns };

	text_copy(row.device, sizeof(row.device), p->device->device->id);
	return row;
}

static int
port_save(struct core *c, struct port_live *p)
{
	struct ledger_port row;

	if (!p->unsaved)
		return 0;
	row = port_row(p);
	p->fresh = ledger_series(c->ledger, p->ref, p->id.name);
	row.number = p->fresh;
	return p->fresh == 0 || ledger_port_put(c->ledger, &row) == -1 ? -1 : port_question_save(c, p);
}

static void
port_saved(struct core *c, struct port_live *p)
{
	if (!p->unsaved)
		return;
	p->unsaved = false;
	p->saved_ns = p->last_ns;
	port_question_saved(p);
	if (p->number != 0)
		return;
	p->number = p->fresh;
	plan_add_series(c, p->number, p->ref);
}

/* What is new of all ports, and numbers for those that have none yet, in one transaction. 0 or -1. */
static int
ports_save(struct core *c)
{
	struct port_live *p;
	size_t		  k;
	int		  rc = ledger_begin(c->ledger);

	for (k = 0; rc == 0 && k < c->inv->ndevices; k++)
		for (p = c->device[k]->ports; rc == 0 && p != NULL; p = p->next)
			rc = port_save(c, p);
	if (rc == -1 || ledger_commit(c->ledger) == -1)
		return -1;
	for (k = 0; k < c->inv->ndevices; k++)
		for (p = c->device[k]->ports; p != NULL; p = p->next)
			port_saved(c, p);
	core_ports_bind(c);	/* they have numbers now */
	return port_links_save(c);
}

static void
replan(void *arg)
{
	struct core *c = arg;
	size_t	     k;

	if (ports_save(c) == -1 || core_sensors_save(c) == -1) {
		ledger_rollback(c->ledger);
		core_ports_changed(c, false);
		return;
	}
	loop_timer_cancel(c->loop, &c->priv->replan);	/* the links are written, too */
	if (!c->priv->plan_wanted)
		return;
	c->priv->plan_wanted = false;
	for (k = 0; k < c->nmeasure; k++)
		plan_send_measure(c, &c->measure[k]);
}

void
core_ports_changed(struct core *c, bool plan)
{
	int64_t objects = (int64_t)(c->inv->ndevices + c->inv->nlinks);

	c->priv->plan_wanted |= plan;
	if (!loop_timer_is_set(&c->priv->replan))
		loop_timer_set(c->loop, &c->priv->replan,
		    loop_mono_ns(c->loop) + REPLAN_NS * (1 + objects / REPLAN_OBJECTS), replan, c);
}

/* ---- remembering ---- */

struct recall {
	struct core *core;
	struct nmap *ref;		/* of each series of a port, by its number; owned texts */
	struct nmap *port;		/* those that were not known before */
};

static void
recall_ref(void *arg, uint32_t number, const char *ref, const char *true_name)
{
	struct recall *r = arg;

	(void)true_name;
	if (strncmp(ref, "port/", 5) == 0)
		nmap_add(r->ref, number, xstrdup(ref));
}

static void
recall_port(void *arg, const struct ledger_port *row)
{
	struct recall	   *r = arg;
	struct device_live *d = core_device(r->core, row->device);
	const char	   *ref = nmap_get(r->ref, row->number);
	struct port_live   *p;

	if (d == NULL || ref == NULL || map_get(r->core->port_by_ref, ref) != NULL)
		return;
	p = port_add(r->core, d, ref, &row->id);
	p->number = row->number;
	p->state = row->state;
	p->first_ns = row->first_ns;
	p->last_ns = p->saved_ns = row->last_ns;
	p->since_ns = row->since_ns;
	nmap_add(r->port, p->number, p);
}

static void
recall_question(void *arg, const struct ledger_question *q)
{
	struct recall	 *r = arg;
	struct port_live *p = nmap_get(r->port, q->series);

	if (p != NULL && p->state == PORT_ASKED)
		port_question_recall(p, q);
}

void
core_ports_recall(struct core *c)
{
	struct recall r = { .core = c, .ref = nmap_new(), .port = nmap_new() };
	size_t	      at = 0;
	char	     *ref;

	ledger_series_each(c->ledger, recall_ref, &r);
	ledger_port_each(c->ledger, recall_port, &r);
	ledger_question_each(c->ledger, true, recall_question, &r);
	while ((ref = nmap_next(r.ref, &at)) != NULL)
		free(ref);
	nmap_free(r.ref);
	nmap_free(r.port);
}

void
core_ports_free(struct core *c, struct device_live *d)
{
	struct port_live *p;

	while ((p = d->ports) != NULL) {
		d->ports = p->next;
		d->nports--;
		map_remove(c->port_by_ref, p->ref);
		port_identity_fini(&p->id);
		port_question_free(p);
		free(p->neighbour_now);
		free(p);
	}
	found_forget(d);
}
