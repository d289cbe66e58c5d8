/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guess.c: the addresses of the hosts go into one table, and the inventory passes over it once: a city has
 * tens of thousands of devices, and a request at most 64 hosts.
 */
#include "ctl/guess.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK_BYTES 3		/* of an IPv4 address: hosts of one /24 often stand at one site */

struct entry {			/* one address of a host; or its network */
	struct addr	     address;
	size_t		     host;
	const char	    *port;
	struct entry	    *next;	/* of the same hash */
};

struct guesser {
	const struct core	    *core;
	const char		    *via;
	const struct msg_discovered *host;
	struct guess		    *guess;
	struct entry		    *entry;
	size_t			     n, nentries;
	struct nmap		    *addresses, *networks;
	bool			    *torn;	/* per host: its network has several sites */
};

static struct addr
network_of(const struct addr *a)
{
	struct addr net = { .family = a->family };

	memcpy(net.byte, a->byte, NETWORK_BYTES);
	return net;
}

static void
entry_add(struct guesser *g, struct nmap *table, const struct addr *a, size_t host, const char *port)
{
	struct entry *e = &g->entry[g->nentries++];

	*e = (struct entry){ .address = *a, .host = host, .port = port, .next = nmap_remove(table,
	    addr_hash(a)) };
	nmap_add(table, addr_hash(a), e);
}

static void
host_add(struct guesser *g, size_t i)
{
	const struct msg_discovered *h = &g->host[i];
	const char		    *port = "";
	struct addr		     net = network_of(&h->address);
	unsigned		     k;

	for (k = 0; k < h->naddresses; k++)
		if (addr_equal(&h->own[k].address, &h->address))
			port = h->own[k].port;
		else
			entry_add(g, g->addresses, &h->own[k].address, i, h->own[k].port);
	entry_add(g, g->addresses, &h->address, i, port);
	if (net.family == 4)
		entry_add(g, g->networks, &net, i, "");
}

/* A site that stands in the network of a host: a guess, unless another site does as well. */
static void
take_network(struct guesser *g, const struct addr *a, const struct site *site)
{
	struct addr   net = network_of(a);
	struct entry *e;

	if (a->family != 4 || site == NULL)
		return;
	for (e = nmap_get(g->networks, addr_hash(&net)); e != NULL; e = e->next) {
		struct guess *q = &g->guess[e->host];

		if (!addr_equal(&e->address, &net) || g->torn[e->host])
			continue;
		if (q->site != NULL && q->site != site) {
			g->torn[e->host] = true;
			q->site = NULL;
		} else {
			q->site = site;
		}
	}
}

static bool
is_via(const struct guesser *g, const char *via)
{
	return strcmp(*via != '\0' ? via : "main", g->via) == 0;
}

static void
take_device(struct guesser *g, const struct device_live *d)
{
	const struct addr *a = &d->device->address;
	struct entry	  *e;

	if (a->family == 0 || !is_via(g, d->device->via))
		return;
	for (e = nmap_get(g->addresses, addr_hash(a)); e != NULL; e = e->next) {
		struct guess *q = &g->guess[e->host];

		/* That it is asked at this address weighs more than that it says to have it. */
		if (addr_equal(&e->address, a) &&
		    (q->known == NULL || addr_equal(&g->host[e->host].address, a))) {
			q->known = d;
			q->known_by = "address";
		}
	}
	take_network(g, a, d->device->site);
}

static void
take_link(struct guesser *g, const struct link *l)
{
	struct entry *e;

	if (l->address.family == 0 || !is_via(g, l->via))
		return;
	for (e = nmap_get(g->addresses, addr_hash(&l->address)); e != NULL; e = e->next) {
		struct guess *q = &g->guess[e->host];

		if (addr_equal(&e->address, &l->address) && q->nlinks < GUESS_LINKS_MAX)
			q->link[q->nlinks++] = (struct guess_link){ l, e->port };
	}
	take_network(g, &l->address, l->site);
}

/* ---- by name ---- */

/* Names that come with the box say nothing. */
static bool
is_own_name(const char *name)
{
	static const char *const common[] = { "", "mikrotik", "router", "routeros", "switch", "localhost",
	    "ubnt",
		"openwrt", "huawei", "hpe", "unknown" };
	size_t			 i;

	for (i = 0; i < nitems(common); i++)
		if (strcasecmp(name, common[i]) == 0)
			return false;
	return true;
}

static void
name_device(struct guesser *g, const struct device_live *d)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		struct guess *q = &g->guess[i];

		if (q->known == NULL && is_own_name(d->sysname) && strcmp(d->sysname, g->host[i].name) == 0) {
			q->known = d;
			q->known_by = "name";
		}
	}
}

/* "S013-RB750.kota" begins with the id of a site: the longest one that ends where a word does. */
static const struct site *
site_of_name(const struct core *c, const char *name)
{
	const struct site_live *s;
	char			id[ID_MAX];
	size_t			len = strlen(name), i;

	for (len = len < ID_MAX ? len : ID_MAX - 1; len > 0; len--) {
		if (isalnum((unsigned char)name[len]))
			continue;
		for (i = 0; i < len; i++)
			id[i] = (char)(name[i] == '_' ? '-' : tolower((unsigned char)name[i]));
		id[len] = '\0';
		if ((s = core_site(c, id)) != NULL)
			return s->site;
	}
	return NULL;
}

/* What weighs most comes first: a line's own address, then a name, then the neighbourhood. */
static void
site_choose(const struct core *c, const struct msg_discovered *h, struct guess *q)
{
	const struct site *named = site_of_name(c, h->name);

	if (q->known != NULL) {
		q->site = q->known->device->site;
		q->site_by = "device";
	} else if (q->nlinks > 0) {
		q->site = q->link[0].link->site;
		q->site_by = "line";
	} else if (named != NULL) {
		q->site = named;
		q->site_by = "name";
	} else if (q->site != NULL) {
		q->site_by = "network";
	}
}

void
guess_all(const struct core *c, const char *via, const struct msg_discovered *host, struct guess *guess,
    size_t n)
{
	struct guesser g = { .core = c, .via = via, .host = host, .guess = guess, .n = n };
	size_t	       i;

	memset(guess, 0, n * sizeof(*guess));
	if (c->inv == NULL || n == 0)
		return;
	g.addresses = nmap_new();
	g.networks = nmap_new();
	g.entry = xcalloc(n * (DISCOVERED_ADDRESSES_MAX + 2), sizeof(*g.entry));
	g.torn = xcalloc(n, sizeof(*g.torn));
	for (i = 0; i < n; i++)
		host_add(&g, i);
	for (i = 0; i < c->inv->ndevices; i++)
		take_device(&g, c->device[i]);
	for (i = 0; i < c->inv->nlinks; i++)
		take_link(&g, c->inv->link[i]);
	for (i = 0; i < c->inv->ndevices; i++)
		name_device(&g, c->device[i]);
	for (i = 0; i < n; i++)
		site_choose(c, &host[i], &guess[i]);
	nmap_free(g.addresses);
	nmap_free(g.networks);
	free(g.entry);
	free(g.torn);
}
