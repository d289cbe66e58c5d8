/* SPDX-License-Identifier: GPL-3.0-or-later */
/* graves.c: see graves.h. */
#include "core/graves.h"

#include <stdlib.h>

#include "core/private.h"

struct grave {
	struct inventory    *inv;	/* what the buried still point into */
	struct site_live   **site;
	struct link_live   **link;
	struct device_live **device;
	struct service_live **service;
	size_t		     nsites, nlinks, ndevices, nservices;
	struct grave	    *next;
};

void
core_bury(struct core *c, struct inventory *old, struct site_live **site, struct link_live **link,
    struct device_live **device, struct service_live **service)
{
	struct grave *g = xcalloc(1, sizeof(*g));
	size_t	      k;

	g->inv = old;
	g->site = site;
	g->link = link;
	g->device = device;
	g->service = service;
	for (k = 0; k < old->nlinks; k++)
		if (link[k]->live.gone)
			g->link[g->nlinks++] = link[k];
	for (k = 0; k < old->ndevices; k++)
		if (device[k]->live.gone)
			g->device[g->ndevices++] = device[k];
	for (k = 0; k < old->nservices; k++)
		if (service[k]->live.gone)
			g->service[g->nservices++] = service[k];
	for (k = 0; k < old->nsites; k++)
		if (site[k]->live.gone)
			g->site[g->nsites++] = site[k];
	g->next = c->priv->graves;
	c->priv->graves = g;
}

static void
grave_free(struct grave *g)
{
	size_t k;

	for (k = 0; k < g->nsites; k++)
		site_live_free(g->site[k]);
	for (k = 0; k < g->nlinks; k++)
		link_live_free(g->link[k]);
	for (k = 0; k < g->ndevices; k++)
		free(g->device[k]);
	for (k = 0; k < g->nservices; k++)
		service_live_free(g->service[k]);
	free(g->site);
	free(g->link);
	free(g->device);
	free(g->service);
	inventory_free(g->inv);
	free(g);
}

void
core_graves_free(struct core *c)
{
	const struct incident *i;
	struct grave	      *g;

	for (i = c->incidents; i != NULL; i = i->next)
		if (i->site->live.gone)
			return;
	while ((g = c->priv->graves) != NULL) {
		c->priv->graves = g->next;
		grave_free(g);
	}
}
