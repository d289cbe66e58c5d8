/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port_links.c: which port carries which link.
 *
 * links.csv names the port as it was called when the row was written. Whoever had that name then is bound to
 * the link, by its number, and stays so when it is renamed; another device or another name in the row binds
 * anew, and so does an answer by which the bound port has ended.
 */
#include "core/ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "core/private.h"

struct port_bound {
	char		  link[ID_MAX], device[ID_MAX];
	char		 *name;		/* as in links.csv; owned */
	uint32_t	  series;	/* 0: no port has had that name yet */
	bool		  unsaved;
};

static struct port_bound *
bound_new(struct core *c, const char *link)
{
	struct port_bound *b = xcalloc(1, sizeof(*b));

	text_copy(b->link, sizeof(b->link), link);
	b->name = xstrdup("");
	map_add(c->priv->bound, b->link, b);
	return b;
}

static void
bound_free(struct core *c, struct port_bound *b)
{
	map_remove(c->priv->bound, b->link);
	free(b->name);
	free(b);
}

static void
recall_bound(void *arg, const char *link, const char *device, const char *name, uint32_t series)
{
	struct port_bound *b = bound_new(arg, link);

	text_copy(b->device, sizeof(b->device), device);
	free(b->name);
	b->name = xstrdup(name);
	b->series = series;
}

static struct port_live *
port_by_number(const struct device_live *d, uint32_t number)
{
	struct port_live *p;

	for (p = d->ports; p != NULL && p->number != number; p = p->next)
		;
	return p;
}

/* Who has that name; or has had it last, or is asked about: then the link is as unknown as that port. */
static struct port_live *
port_named(const struct device_live *d, const char *name)
{
	struct port_live *p = port_here(d, name);

	if (p == NULL)
		for (p = d->ports; p != NULL; p = p->next)
			if (p->state != PORT_RETIRED && strcmp(p->id.name, name) == 0)
				break;
	return p;
}

static void
bind_link(struct core *c, const struct link_live *l)
{
	const struct device	 *device = l->link->device;
	struct port_bound	 *b = map_get(c->priv->bound, l->link->id);
	const struct device_live *d = device != NULL ? c->device[device->index] : NULL;
	struct port_live	 *p = NULL;

	if (b != NULL && (d == NULL || strcmp(b->device, device->id) != 0 || strcmp(b->name, l->link->port) != 0)) {
		b->unsaved |= b->series != 0;
		b->series = 0;
	}
	if (d == NULL || l->link->port[0] == '\0')
		return;
	if (b != NULL && b->series != 0)
		p = port_by_number(d, b->series);
	if (p == NULL || p->state == PORT_RETIRED)
		p = port_named(d, l->link->port);
	if (p == NULL || p->number == 0 || p->link != 0)	/* the first that names it has it */
		return;
	p->link = l->number;
	if (b == NULL)
		b = bound_new(c, l->link->id);
	if (b->series == p->number)
		return;
	text_copy(b->device, sizeof(b->device), device->id);
	free(b->name);
	b->name = xstrdup(l->link->port);
	b->series = p->number;
	b->unsaved = true;
}

static bool
is_unsaved(const struct core *c)
{
	const struct port_bound *b;
	size_t			 at = 0;

	while ((b = map_next(c->priv->bound, &at)) != NULL)
		if (b->unsaved)
			return true;
	return false;
}

void
core_ports_bind(struct core *c)
{
	struct port_live *p;
	size_t		  k, i;

	if (c->priv->bound == NULL) {
		c->priv->bound = map_new();
		ledger_port_bound_each(c->ledger, recall_bound, c);
	}
	for (k = 0; k < c->inv->ndevices; k++)
		for (p = c->device[k]->ports; p != NULL; p = p->next)
			p->link = 0;
	for (k = 0; k < c->inv->nsites; k++)	/* lines of its own site before those of others */
		for (i = 0; i < c->site[k]->nlinks; i++)
			if (c->site[k]->link[i]->link->device != NULL &&
			    c->site[k]->link[i]->link->device->site == c->site[k]->site)
				bind_link(c, c->site[k]->link[i]);
	for (k = 0; k < c->inv->nlinks; k++)
		if (c->link[k]->link->device == NULL || c->link[k]->link->device->site != c->link[k]->link->site)
			bind_link(c, c->link[k]);
	if (is_unsaved(c))
		core_ports_changed(c, false);
}

int
port_links_save(struct core *c)
{
	struct port_bound *b;
	size_t		   at = 0;

	if (!is_unsaved(c))
		return 0;
	if (ledger_begin(c->ledger) == -1)
		return -1;
	while ((b = map_next(c->priv->bound, &at)) != NULL)
		if (b->unsaved && ledger_port_bind(c->ledger, b->link, b->device, b->name, b->series) == -1)
			return -1;	/* the caller rolls it back */
	if (ledger_commit(c->ledger) == -1)
		return -1;
	for (at = 0; (b = map_next(c->priv->bound, &at)) != NULL;)
		b->unsaved = false;
	return 0;
}

void
core_ports_unbind_all(struct core *c)
{
	struct port_bound *b;
	size_t		   at = 0;

	while (c->priv->bound != NULL && (b = map_next(c->priv->bound, &at)) != NULL)
		bound_free(c, b);
	map_free(c->priv->bound);
	c->priv->bound = NULL;
}
