/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inventory_link.c: what only the whole inventory can tell: do references lead somewhere, does no site pass
 * through itself, does no address stand for two things.
 *
 * A reference to a row that was given but refused is no error of its own, nor is one into a table that could
 * not be read: one fault, one message.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/networks.h"
#include "model/private.h"

#define WAY_MAX		(32 + ADDR_TEXT_MAX + INTERFACE_NAME_MAX + 20)	/* "VIA from SOURCE through INTERFACE" */
#define SUGGESTIONS_MAX 50	/* each is a search through all ids: enough to see the pattern, and bounded */

struct linking {
	struct inventory *inv;
	const char	**ids[INPUT_KINDS];	/* of a table, ends with NULL; made when first needed */
	unsigned	  suggestions;
	bool		  failed;
	void (*error)(void *arg, enum input_kind what, const char *id, unsigned column, const char *text);
	void		 *arg;
};

static unsigned
column_number(enum input_kind what, const char *name)
{
	unsigned i;

	for (i = 0; inventory_column(what, i) != NULL; i++)
		if (strcmp(inventory_column(what, i), name) == 0)
			return i + 1;
	return 0;
}

static void linking_say(struct linking *l, enum input_kind what, const char *id, const char *column,
    const char *fmt, ...) PRINTF_LIKE(5, 6);

static void
linking_say(struct linking *l, enum input_kind what, const char *id, const char *column, const char *fmt, ...)
{
	char	text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->failed = true;
	l->error(l->arg, what, id, column_number(what, column), text);
}

static const char *
nearest_id(struct linking *l, enum input_kind what, const char *id)
{
	const struct rows *rows = &l->inv->priv->rows[what];
	size_t		   i;

	if (l->suggestions++ >= SUGGESTIONS_MAX)
		return NULL;
	if (l->ids[what] == NULL) {
		l->ids[what] = xcalloc(rows->n + 1, sizeof(*l->ids[what]));
		for (i = 0; i < rows->n; i++)
			l->ids[what][i] = rows->row[i].object;
	}
	return text_nearest(id, l->ids[what]);
}

static void
reference_check(struct linking *l, enum input_kind what, const char *row_id, const struct column *col,
    const char *id)
{
	const struct rows  *target = &l->inv->priv->rows[col->ref];
	const struct table *t = table_of(col->ref);
	const char	   *near;

	if (id[0] == '\0' || target->incomplete || map_get(target->by_id, id) != NULL)
		return;
	near = nearest_id(l, col->ref, id);
	if (near != NULL)
		linking_say(l, what, row_id, col->name, "%s \"%s\" is no %s of %s; did you mean \"%s\"?",
		    col->name, id, t->noun, t->file, near);
	else
		linking_say(l, what, row_id, col->name, "%s \"%s\" is no %s of %s; add it there", col->name,
		    id, t->noun, t->file);
}

static void
references_check(struct linking *l, enum input_kind what)
{
	const struct rows   *rows = &l->inv->priv->rows[what];
	const struct column *col;
	const char	    *row, *at;
	char		     id[ID_MAX];
	size_t		     i;

	for (i = 0; i < rows->n; i++) {
		row = rows->row[i].object;
		for (col = table_of(what)->columns; col->name != NULL; col++) {
			if (col->type == COLUMN_REF)
				reference_check(l, what, row, col, row + col->offset);
			if (col->type != COLUMN_REFS)
				continue;
			at = *(const char *const *)(row + col->offset);
			while (list_next(&at, id))
				reference_check(l, what, row, col, id);
		}
	}
}

/* Turn ids into pointers. What was reported as unknown stays NULL. */
static void
references_resolve(struct inventory *inv)
{
	size_t i;

	for (i = 0; i < inv->nlinks; i++) {
		struct link *k = inv->link[i];

		k->site = row_find(inv, INPUT_SITES, k->site_id);
		k->parent = row_find(inv, INPUT_SITES, k->parent_id);
		k->device = row_find(inv, INPUT_DEVICES, k->device_id);
	}
	for (i = 0; i < inv->ndevices; i++)
		inv->device[i]->site = row_find(inv, INPUT_SITES, inv->device[i]->site_id);
	for (i = 0; i < inv->nservices; i++)
		inv->service[i]->site = row_find(inv, INPUT_SITES, inv->service[i]->site_id);
}

static void
site_take_links(struct inventory *inv, enum link_role role)
{
	size_t i;

	for (i = 0; i < inv->nlinks; i++) {
		struct link *k = inv->link[i];

		if (k->site != NULL && k->role == role)
			k->site->links[k->site->nlinks++] = k;
	}
}

/* Each site's lines (main first, then in file order) and the lines of others that pass through it. */
static void
sites_join(struct inventory *inv)
{
	size_t i;

	for (i = 0; i < inv->nlinks; i++) {
		if (inv->link[i]->site != NULL)
			inv->link[i]->site->nlinks++;
		if (inv->link[i]->parent != NULL)
			inv->link[i]->parent->nchildren++;
	}
	for (i = 0; i < inv->nsites; i++) {
		struct site *s = inv->site[i];

		s->links = arena_take(inv->priv, s->nlinks * sizeof(struct link *));
		s->children = arena_take(inv->priv, s->nchildren * sizeof(struct link *));
		s->nlinks = s->nchildren = 0;
	}
	site_take_links(inv, ROLE_MAIN);
	site_take_links(inv, ROLE_BACKUP);
	for (i = 0; i < inv->nlinks; i++) {
		struct site *parent = inv->link[i]->parent;

		if (parent != NULL)
			parent->children[parent->nchildren++] = inv->link[i];
	}
}

/*
 * Walk up from every site along the parents of its lines, without recursion: a parent that is still on the
 * path to here closes a circle. Each line is looked at once.
 */
static void
circles_check(struct linking *l)
{
	enum mark { FRESH, ON_PATH, DONE };
	struct inventory *inv = l->inv;
	unsigned char	 *mark = xcalloc(inv->nsites + 1, 1);
	size_t *next = xcalloc(inv->nsites + 1, sizeof(*next)); /* per site: its line to follow next */
	struct site	**path = xcalloc(inv->nsites + 1, sizeof(*path));
	size_t		  i, depth;

	for (i = 0; i < inv->nsites; i++) {
		if (mark[i] != FRESH)
			continue;
		path[0] = inv->site[i];
		mark[i] = ON_PATH;
		for (depth = 1; depth > 0;) {
			struct site *s = path[depth - 1];
			struct link *k;

			if (next[s->index] == s->nlinks) {
				mark[s->index] = DONE;
				depth--;
				continue;
			}
			k = s->links[next[s->index]++];
			if (k->parent == NULL)
				continue;
			if (mark[k->parent->index] == ON_PATH)
				linking_say(l, INPUT_LINKS, k->id, "parent",
				    "parent \"%s\" leads back to site \"%s\"; no site may pass through itself",
				    k->parent->id, s->id);
			else if (mark[k->parent->index] == FRESH) {
				mark[k->parent->index] = ON_PATH;
				path[depth++] = k->parent;
			}
		}
	}
	free(mark);
	free(next);
	free(path);
}

/* The same for services and what they depend on: one that needs itself would explain its own fault. */
static void
needs_check(struct linking *l)
{
	enum mark { FRESH, ON_PATH, DONE };
	struct inventory *inv = l->inv;
	unsigned char	 *mark = xcalloc(inv->nservices + 1, 1);
	const char	**next = xcalloc(inv->nservices + 1, sizeof(*next));	/* per service: its needs to follow next */
	struct service	**path = xcalloc(inv->nservices + 1, sizeof(*path));
	char		  id[ID_MAX];
	size_t		  i, depth;

	for (i = 0; i < inv->nservices; i++)
		next[i] = inv->service[i]->depends;
	for (i = 0; i < inv->nservices; i++) {
		if (mark[i] != FRESH)
			continue;
		path[0] = inv->service[i];
		mark[i] = ON_PATH;
		for (depth = 1; depth > 0;) {
			struct service *s = path[depth - 1], *need;

			if (!list_next(&next[s->index], id)) {
				mark[s->index] = DONE;
				depth--;
				continue;
			}
			need = row_find(inv, INPUT_SERVICES, id);
			if (need == NULL)
				continue;
			if (mark[need->index] == ON_PATH)
				linking_say(l, INPUT_SERVICES, s->id, "depends",
				    "depends \"%s\" leads back to service \"%s\"; no service may need itself", id, s->id);
			else if (mark[need->index] == FRESH) {
				mark[need->index] = ON_PATH;
				path[depth++] = need;
			}
		}
	}
	free(mark);
	free(next);
	free(path);
}

/* What makes an address unique, as a key in the arena: address, port (0: a line), instance and the way there. */
static const char *
address_key(struct inventory *inv, const char *way, const struct addr *a, unsigned port)
{
	char text[ADDR_TEXT_MAX], key[ADDR_TEXT_MAX + WAY_MAX + 10];

	snprintf(key, sizeof(key), "%s %u %s", addr_text(a, text), port, way);
	return strcpy(arena_take(inv->priv, strlen(key) + 1), key);
}

/* By which way a line is probed: two lines to one address differ by it. */
static const char *
way_of(const struct link *k, char way[WAY_MAX])
{
	char source[ADDR_TEXT_MAX] = "";

	if (k->source.family == 0 && k->interface[0] == '\0')
		return k->via;
	snprintf(way, WAY_MAX, "%s%s%s%s%s", k->via, k->source.family != 0 ? " from " : "",
	    k->source.family != 0 ? addr_text(&k->source, source) : "", k->interface[0] != '\0' ? " through " : "",
	    k->interface);
	return way;
}

static void
address_claim(struct linking *l, struct map *taken, enum input_kind what, char *id, const char *way,
    const struct addr *a, unsigned port)
{
	const char *key;
	char	    text[ADDR_TEXT_MAX];

	if (a->family == 0)
		return;
	key = address_key(l->inv, way, a, port);
	if (map_add(taken, key, id) == 0)
		return;
	linking_say(l, what, id, "address",
	    "address %s is %s's already (via %s); give each its own, or another via", addr_text(a, text),
	    (const char *)map_get(taken, key), way);
}

/* A line and the device at its end may share an address; two lines, or two agents on one port, may not. */
static void
addresses_check(struct linking *l)
{
	struct inventory *inv = l->inv;
	struct map	 *taken = map_new();
	char		  way[WAY_MAX];
	size_t		  i;

	for (i = 0; i < inv->nlinks; i++) {
		struct link *k = inv->link[i];

		if (k->life != LIFE_RETIRED)
			address_claim(l, taken, INPUT_LINKS, k->id, way_of(k, way), &k->address, 0);
	}
	for (i = 0; i < inv->ndevices; i++) {
		struct device *d = inv->device[i];

		if (d->life != LIFE_RETIRED)
			address_claim(l, taken, INPUT_DEVICES, d->id, d->via, &d->address, d->port);
	}
	map_free(taken);
}

static void
source_check(struct linking *l, const struct link *k)
{
	char text[ADDR_TEXT_MAX], other[ADDR_TEXT_MAX];

	if (k->source.family == 0 || k->address.family == 0 || k->source.family == k->address.family)
		return;
	linking_say(l, INPUT_LINKS, k->id, "source", "source %s cannot send to address %s; give one of the same "
	    "kind", addr_text(&k->source, text), addr_text(&k->address, other));
}

static void
halves_check(struct linking *l)
{
	size_t i;

	for (i = 0; i < l->inv->nlinks; i++) {
		const struct link *k = l->inv->link[i];

		source_check(l, k);
		if (k->port[0] != '\0' && k->device_id[0] == '\0')
			linking_say(l, INPUT_LINKS, k->id, "port",
			    "port \"%.60s\" stands without a device; name the device, too", k->port);
		if (k->device_id[0] != '\0' && k->port[0] == '\0')
			linking_say(l, INPUT_LINKS, k->id, "device",
			    "device \"%s\" stands without a port; name the port, too", k->device_id);
	}
	for (i = 0; i < l->inv->ndevices; i++) {
		const struct device *d = l->inv->device[i];

		if (d->credential[0] != '\0' && d->address.family == 0)
			linking_say(l, INPUT_DEVICES, d->id, "address",
			    "address is empty, but there is a credential to poll it with; give the address of its agent");
	}
}

struct claim {				/* of a network by a site */
	struct network	   network;
	const struct site *site;
	char		   text[NETWORK_TEXT_MAX];
};

/* An outer network before those within it. */
static int
claim_compare(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;
	int		    order = memcmp(&a->network.first, &b->network.first, sizeof(a->network.first));

	if (order != 0)
		return order;
	if (a->network.bits != b->network.bits)
		return a->network.bits < b->network.bits ? -1 : 1;
	return a->site->index < b->site->index ? -1 : a->site->index > b->site->index;
}

static struct claim *
claims_make(const struct inventory *inv, size_t *n)
{
	struct claim *claim = NULL;
	size_t	      i, size = 0;
	const char   *at;

	*n = 0;
	for (i = 0; i < inv->nsites; i++) {
		at = inv->site[i]->networks;
		while (inv->site[i]->life != LIFE_RETIRED && *at != '\0') {
			if (*n == size) {
				size = size == 0 ? 64 : 2 * size;
				claim = xrealloc(claim, size, sizeof(*claim));
			}
			claim[*n].site = inv->site[i];
			*n += network_next(&at, &claim[*n].network, claim[*n].text) == 1;
		}
	}
	return claim;
}

/* An address is of one site: a network within one of another site's would be two's. */
static void
networks_check(struct linking *l)
{
	size_t	      n, i, outer = 0;
	struct claim *claim = claims_make(l->inv, &n);

	if (n > 0)
		qsort(claim, n, sizeof(*claim), claim_compare);
	for (i = 1; i < n; i++) {
		if (!network_holds(&claim[outer].network, &claim[i].network))
			outer = i;
		else if (claim[i].site != claim[outer].site)
			linking_say(l, INPUT_SITES, claim[i].site->id, "networks",
			    "networks \"%s\" lies within %s of site \"%s\"; give each address to one site",
			    claim[i].text, claim[outer].text, claim[outer].site->id);
	}
	free(claim);
}

int
inventory_link(struct inventory *inv,
    void (*error)(void *arg, enum input_kind what, const char *id, unsigned column, const char *text),
    void *arg)
{
	struct linking	l = { .inv = inv, .error = error, .arg = arg };
	enum input_kind what;

	for (what = INPUT_SITES; what < INPUT_KINDS; what++)
		references_check(&l, what);
	references_resolve(inv);
	sites_join(inv);
	circles_check(&l);
	needs_check(&l);
	addresses_check(&l);
	halves_check(&l);
	networks_check(&l);
	for (what = INPUT_SITES; what < INPUT_KINDS; what++)
		free(l.ids[what]);
	return l.failed ? -1 : 0;
}
