/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topology.c: see topology.h. */
#include "rules/topology.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/map.h"

const char *const topo_confidence_names[TOPO_HIGH + 2] = { "unknown", "low", "medium", "high", NULL };

/* ---- who is it? ---- */

struct key {			/* a MAC or an address of a device */
	const void *bytes;
	size_t	    len, device;
	struct key *next;	/* of the same hash */
};

struct finder {
	const struct topo_device *device;
	struct key		 *key;
	size_t			  nkeys;
	struct nmap		 *macs, *addresses;
	struct map		 *names;	/* to the place of a device, plus one; plus two of all: ambiguous */
	size_t			  ndevices;
};

static uint32_t
hash_bytes(const void *bytes, size_t len)
{
	uint64_t h = len;

	for (size_t i = 0; i < len; i++)
		h = hash_u64(h ^ ((const uint8_t *)bytes)[i]);
	return (uint32_t)h;
}

static void
key_add(struct finder *f, struct nmap *table, const void *bytes, size_t len, size_t device)
{
	struct key *k = &f->key[f->nkeys++];
	uint32_t    hash = hash_bytes(bytes, len);

	*k = (struct key){ .bytes = bytes, .len = len, .device = device, .next = nmap_remove(table, hash) };
	nmap_add(table, hash, k);
}

/* @return the device that alone has it, or TOPO_NOBODY */
static size_t
key_find(const struct nmap *table, const void *bytes, size_t len)
{
	const struct key *k;
	size_t		  found = TOPO_NOBODY;

	for (k = nmap_get(table, hash_bytes(bytes, len)); k != NULL; k = k->next) {
		if (k->len != len || memcmp(k->bytes, bytes, len) != 0)
			continue;
		if (found != TOPO_NOBODY && found != k->device)
			return TOPO_NOBODY;
		found = k->device;
	}
	return found;
}

/* Names that come with the box say nothing. */
static bool
is_own_name(const char *name)
{
	static const char *const common[] = { "", "mikrotik", "router", "routeros", "switch", "localhost",
	    "unknown" };
	size_t			 i;

	for (i = 0; i < nitems(common) && strcasecmp(name, common[i]) != 0; i++)
		;
	return i == nitems(common);
}

static void
name_add(struct finder *f, const char *name, size_t device)
{
	if (is_own_name(name) && map_add(f->names, name, (void *)(uintptr_t)(device + 1)) == -1) {
		map_remove(f->names, name);
		map_add(f->names, name, (void *)(uintptr_t)(f->ndevices + 1));
	}
}

static size_t
name_find(const struct finder *f, const char *name)
{
	size_t place = (size_t)(uintptr_t)map_get(f->names, name);

	return place == 0 || place > f->ndevices ? TOPO_NOBODY : place - 1;
}

static struct finder
finder_make(const struct topo_device *device, size_t n)
{
	struct finder f = { .device = device, .ndevices = n, .macs = nmap_new(), .addresses = nmap_new(),
		.names = map_new() };
	size_t	      keys = 0, i, k;

	for (i = 0; i < n; i++)
		keys += device[i].nmacs + 1;
	f.key = xcalloc(keys + 1, sizeof(*f.key));
	for (i = 0; i < n; i++) {
		for (k = 0; k < device[i].nmacs; k++)
			key_add(&f, f.macs, device[i].mac[k], 6, i);
		if (device[i].address.family != 0)
			key_add(&f, f.addresses, &device[i].address, sizeof(device[i].address), i);
		name_add(&f, device[i].name, i);
	}
	return f;
}

static void
finder_free(struct finder *f)
{
	free(f->key);
	nmap_free(f->macs);
	nmap_free(f->addresses);
	map_free(f->names);
}

/* @param by  what of it says so */
static size_t
who_is(const struct finder *f, const struct topo_heard *h, uint8_t *by)
{
	static const uint8_t none[6];
	const struct { uint8_t by; size_t device; } found[] = {
		{ TOPO_BY_MAC, memcmp(h->mac, none, sizeof(none)) != 0 ? key_find(f->macs, h->mac,
		    6) : TOPO_NOBODY },
		{ TOPO_BY_ADDRESS, h->address->family != 0 ?
		    key_find(f->addresses, h->address, sizeof(*h->address)) : TOPO_NOBODY },
		{ TOPO_BY_NAME, name_find(f, h->name) },
	};
	size_t device = TOPO_NOBODY, i;

	*by = 0;
	for (i = 0; i < nitems(found); i++) {
		if (found[i].device == TOPO_NOBODY)
			continue;
		if (device == TOPO_NOBODY)
			device = found[i].device;
		if (device == found[i].device)
			*by |= found[i].by;
	}
	return device;
}

/* ---- edges ---- */

static uint32_t
pair_hash(size_t a, size_t b)
{
	return (uint32_t)hash_u64((uint64_t)(a < b ? a : b) << 32 ^ (uint64_t)(a < b ? b : a));
}

static bool
is_pair(const struct topo_edge *e, size_t a, size_t b)
{
	return (e->a == a && e->b == b) || (e->a == b && e->b == a);
}

static bool
agrees(const char *a, const char *b)
{
	return *a == '\0' || *b == '\0' || strcmp(a, b) == 0;
}

/* To the same unknown end: what was heard of it before has the same MAC, or the same name. */
static bool
is_same_stranger(const struct topo_edge *e, const struct topo_heard *h)
{
	static const uint8_t none[6];
	bool		     mac = memcmp(h->mac, none, sizeof(none)) != 0 &&
	    memcmp(h->mac, e->heard->mac, sizeof(none)) == 0;

	return agrees(e->a_port, h->port) && (mac || (*h->name != '\0' && strcmp(h->name,
	    e->heard->name) == 0));
}

/* The edge that this tells once more, or from its other end. */
static struct topo_edge *
edge_find(struct topology *t, size_t first, const struct topo_heard *h, size_t other)
{
	struct topo_edge *untold = NULL;
	unsigned	  nuntold = 0;

	for (size_t i = first; i != TOPO_NOBODY; i = t->edge[i].next) {
		struct topo_edge *e = &t->edge[i];
		bool		  is_a = e->a == h->device, told = is_a ? e->a_told : e->b_told;
		const char	 *mine = is_a ? e->a_port : e->b_port, *its = is_a ? e->b_port : e->a_port;

		if (!is_pair(e, h->device, other) || (other == TOPO_NOBODY && !is_same_stranger(e, h)))
			continue;
		if (agrees(mine, h->port) && (other == TOPO_NOBODY || agrees(its, h->remote_port)))
			return e;
		if (!told) {
			untold = e;
			nuntold++;
		}
	}
	return nuntold == 1 ? untold : NULL;	/* ports have several names: then it is the only one left */
}

static void
edge_tell(struct topo_edge *e, const struct topo_heard *h)
{
	const char **mine = e->a == h->device ? &e->a_port : &e->b_port;
	const char **its = e->a == h->device ? &e->b_port : &e->a_port;

	if (*h->port != '\0')
		*mine = h->port;	/* its own word for its own port */
	if (**its == '\0')
		*its = h->remote_port;
	if (e->a == h->device)
		e->a_told = true;
	else
		e->b_told = true;
	e->sources |= (uint8_t)(1u << h->source);
}

static void
edges_build(struct topology *t, const struct topo_heard *heard, size_t nheard)
{
	struct finder f = finder_make(t->device, t->ndevices);
	struct nmap  *pairs = nmap_new();	/* to the first edge of this hash, plus one */
	uint8_t	      by;

	for (size_t i = 0; i < nheard; i++) {
		const struct topo_heard *h = &heard[i];
		size_t			 other = who_is(&f, h, &by);
		uint32_t		 hash = pair_hash(h->device, other);
		size_t			 first = (size_t)(uintptr_t)nmap_get(pairs, hash) - 1;
		struct topo_edge	*e;

		if (other == h->device)
			continue;
		if ((e = edge_find(t, first, h, other)) == NULL) {
			e = &t->edge[t->nedges];
			*e = (struct topo_edge){ .a = h->device, .b = other, .a_port = "", .b_port = "",
			    .heard = h,
				.next = first };
			nmap_remove(pairs, hash);
			nmap_add(pairs, hash, (void *)(uintptr_t)(++t->nedges));
		}
		e->by |= by;
		edge_tell(e, h);
	}
	nmap_free(pairs);
	finder_free(&f);
}

/* ---- the way to the root ---- */

/* The known edges of each device: t->at[t->first[d]] up to that of the next one. */
static void
adjacency_make(struct topology *t)
{
	size_t *next = xcalloc(t->ndevices + 1, sizeof(*next)), i;

	for (i = 0; i < t->nedges; i++)
		if (t->edge[i].b != TOPO_NOBODY) {
			t->first[t->edge[i].a + 1]++;
			t->first[t->edge[i].b + 1]++;
		}
	for (i = 0; i < t->ndevices; i++)
		t->first[i + 1] += t->first[i];
	memcpy(next, t->first, t->ndevices * sizeof(*next));
	for (i = 0; i < t->nedges; i++)
		if (t->edge[i].b != TOPO_NOBODY) {
			t->at[next[t->edge[i].a]++] = i;
			t->at[next[t->edge[i].b]++] = i;
		}
	free(next);
}

static size_t
other_end(const struct topo_edge *e, size_t device)
{
	return e->a == device ? e->b : e->a;
}

/* Breadth first, so each device is reached by a shortest way; of equal ones by that which was heard first. */
static void
ways_find(struct topology *t, size_t root)
{
	size_t *queue = xcalloc(t->ndevices + 1, sizeof(*queue)), n = 0, at, i, d, o;

	for (i = 0; i < t->ndevices; i++) {
		t->hops[i] = UINT32_MAX;
		t->towards[i] = TOPO_NOBODY;
		if (root != TOPO_NOBODY && t->device[i].site == root) {
			t->hops[i] = 0;
			queue[n++] = i;
		}
	}
	for (at = 0; at < n; at++)
		for (d = queue[at], i = t->first[d]; i < t->first[d + 1]; i++) {
			o = other_end(&t->edge[t->at[i]], d);
			if (t->hops[o] != UINT32_MAX)
				continue;
			t->hops[o] = t->hops[d] + 1;
			t->towards[o] = t->at[i];
			queue[n++] = o;
		}
	free(queue);
}

/* Of each site the device that is nearest to the root. */
static void
nearest_find(struct topology *t)
{
	size_t i, site;

	for (i = 0; i < t->nsites; i++)
		t->nearest[i] = TOPO_NOBODY;
	for (i = 0; i < t->ndevices; i++) {
		site = t->device[i].site;
		if (t->hops[i] != UINT32_MAX && (t->nearest[site] == TOPO_NOBODY ||
		    t->hops[i] < t->hops[t->nearest[site]]))
			t->nearest[site] = i;
	}
}

struct topology
topology_build(const struct topo_device *device, size_t ndevices, const struct topo_heard *heard,
    size_t nheard,
    size_t nsites)
{
	struct topology t = { .device = device, .ndevices = ndevices, .nsites = nsites };

	t.edge = xcalloc(nheard + 1, sizeof(*t.edge));
	t.hops = xcalloc(ndevices + 1, sizeof(*t.hops));
	t.towards = xcalloc(ndevices + 1, sizeof(*t.towards));
	t.first = xcalloc(ndevices + 1, sizeof(*t.first));
	t.at = xcalloc(2 * nheard + 1, sizeof(*t.at));
	t.nearest = xcalloc(nsites + 1, sizeof(*t.nearest));
	edges_build(&t, heard, nheard);
	adjacency_make(&t);
	topology_root(&t, TOPO_NOBODY);
	return t;
}

void
topology_root(struct topology *t, size_t site)
{
	ways_find(t, site);
	nearest_find(t);
}

bool
topology_is_connected(const struct topology *t, size_t device)
{
	return t->first[device + 1] > t->first[device];
}

void
topology_free(struct topology *t)
{
	free(t->edge);
	free(t->hops);
	free(t->towards);
	free(t->first);
	free(t->at);
	free(t->nearest);
}

/* ---- parents ---- */

static const struct topo_parent unknown = { TOPO_NOBODY, TOPO_UNKNOWN, TOPO_NOBODY };

/* The edge at this port, or TOPO_NOBODY. */
static size_t
edge_at(const struct topology *t, size_t device, const char *port)
{
	for (size_t i = t->first[device]; i < t->first[device + 1]; i++) {
		const struct topo_edge *e = &t->edge[t->at[i]];

		if (strcmp(e->a == device ? e->a_port : e->b_port, port) == 0)
			return t->at[i];
	}
	return TOPO_NOBODY;
}

/* The line's own port: it stands at the line's site and looks up, or at its parent and looks down. */
static struct topo_parent
parent_at_port(const struct topology *t, const struct topo_line *l)
{
	size_t		   i = edge_at(t, l->device, l->port), far;
	struct topo_parent p = unknown;

	if (i == TOPO_NOBODY)
		return unknown;
	far = other_end(&t->edge[i], l->device);
	if (t->device[l->device].site == l->site && t->device[far].site != l->site &&
	    t->hops[far] < t->hops[l->device])
		p.site = t->device[far].site;
	else if (t->device[l->device].site != l->site && t->device[far].site == l->site)
		p.site = t->device[l->device].site;
	else
		return unknown;
	p.edge = i;
	p.confidence = t->edge[i].a_told && t->edge[i].b_told ? TOPO_HIGH : TOPO_MEDIUM;
	return p;
}

/* The first step from the device of the site that is nearest to the root: it leads elsewhere. */
static struct topo_parent
parent_of_site(const struct topology *t, size_t site)
{
	size_t nearest = t->nearest[site], i;

	if (nearest == TOPO_NOBODY || t->hops[nearest] == 0)
		return unknown;
	i = t->towards[nearest];
	return (struct topo_parent){ t->device[other_end(&t->edge[i], nearest)].site, TOPO_LOW, i };
}

struct topo_parent
topology_parent(const struct topology *t, const struct topo_line *l)
{
	struct topo_parent p = unknown;

	if (l->device != TOPO_NOBODY && *l->port != '\0')
		p = parent_at_port(t, l);
	if (p.confidence == TOPO_UNKNOWN && l->alone)
		p = parent_of_site(t, l->site);
	return p;
}
