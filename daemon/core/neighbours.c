/* SPDX-License-Identifier: GPL-3.0-or-later */
/* neighbours.c: see neighbours.h. */
#include "core/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "core/ports.h"
#include "live/counters.h"

/* The same port and the same neighbour; what else is told of it may change. */
static bool
is_same(const struct msg_neighbour *a, const struct msg_neighbour *b)
{
	return a->source == b->source && strcmp(a->port, b->port) == 0 &&
	    memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 && strcmp(a->name, b->name) == 0 &&
	    strcmp(a->chassis, b->chassis) == 0 && strcmp(a->remote_port, b->remote_port) == 0;
}

static struct neighbour_live *
find(const struct device_live *d, const struct msg_neighbour *n)
{
	struct neighbour_live *k;

	for (k = d->neighbours; k != NULL && !is_same(&k->told, n); k = k->next)
		;
	return k;
}

static void
forget_unheard(struct device_live *d, uint8_t source)
{
	struct neighbour_live **at = &d->neighbours, *k;

	while ((k = *at) != NULL) {
		if (k->told.source == source && !k->heard) {
			*at = k->next;
			d->nneighbours--;
			free(k);
			continue;
		}
		if (k->told.source == source)
			k->heard = false;	/* until the next walk */
		at = &k->next;
	}
}

static struct neighbour_live *
add(struct core *c, struct device_live *d)
{
	struct neighbour_live *k, **last;

	if (d->nneighbours == DEVICE_NEIGHBOURS_MAX) {
		core_counter(c, "core/neighbours.refused")->value++;
		return NULL;
	}
	k = xcalloc(1, sizeof(*k));
	for (last = &d->neighbours; *last != NULL; last = &(*last)->next)
		;
	*last = k;
	d->nneighbours++;
	return k;
}

/* As it calls itself. */
static const char *
who_is(const struct msg_neighbour *n)
{
	return n->name[0] != '\0' ? n->name : n->chassis;
}

void
core_neighbour(struct core *c, struct device_live *d, const struct msg_neighbour *n)
{
	struct neighbour_live *k;

	if (n->end) {
		forget_unheard(d, n->source);
		return;
	}
	if ((k = find(d, n)) == NULL && (k = add(c, d)) == NULL)
		return;
	k->told = *n;
	k->heard = true;
	if (*n->port != '\0' && *who_is(n) != '\0')
		core_port_neighbour(d, n->port, who_is(n));
}

void
core_neighbours_free(struct device_live *d)
{
	struct neighbour_live *k;

	while ((k = d->neighbours) != NULL) {
		d->neighbours = k->next;
		free(k);
	}
	d->nneighbours = 0;
}
