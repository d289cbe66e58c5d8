/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ops_topology.c: topology and parents: what rules/topology.h makes of what the devices have heard. It is
 * made anew for each page: what was heard may have changed meanwhile.
 */
#include "ctl/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/find.h"
#include "ctl/js.h"
#include "rules/topology.h"

#define PAGE_MAX 500
#define ROOT_USUAL "dc-1"	/* where the monitor stands, when nobody says otherwise */

struct map_of_city {
	const struct core  *core;
	struct topo_device *device;	/* in the order of core->device[] */
	struct topo_heard  *heard;
	size_t		    nheard, nmacs;
	uint8_t		  (*mac)[6];	/* of all devices */
	struct topology	    topo;
};

static const char *const source_names[NEIGHBOUR_SOURCES] = { "", "lldp", "cdp", "mtxr" };

/* ---- from the live objects ---- */

static void
heard_add(struct map_of_city *m, size_t device, const struct msg_neighbour *n)
{
	m->heard[m->nheard++] = (struct topo_heard){ .device = device, .source = n->source, .port = n->port,
		.name = n->name, .remote_port = n->remote_port, .mac = n->mac, .address = &n->address };
}

/* The MACs of its ports that are there, one after the other. */
static void
macs_add(struct map_of_city *m, size_t device)
{
	struct topo_device     *d = &m->device[device];
	const struct port_live *p;

	d->mac = (const uint8_t (*)[6])&m->mac[m->nmacs];
	for (p = m->core->device[device]->ports; p != NULL; p = p->next)
		if (p->state == PORT_HERE && p->id.mac_len == sizeof(m->mac[0])) {
			memcpy(m->mac[m->nmacs++], p->id.mac, sizeof(m->mac[0]));
			d->nmacs++;
		}
}

static void
map_make(struct map_of_city *m, const struct core *c)
{
	const struct neighbour_live *n;
	size_t			     all = 0, ports = 0, i;

	*m = (struct map_of_city){ .core = c };
	for (i = 0; i < c->inv->ndevices; i++) {
		all += c->device[i]->nneighbours;
		ports += c->device[i]->nports;
	}
	m->device = xcalloc(c->inv->ndevices + 1, sizeof(*m->device));
	m->heard = xcalloc(all + 1, sizeof(*m->heard));
	m->mac = xcalloc(ports + 1, sizeof(*m->mac));
	for (i = 0; i < c->inv->ndevices; i++) {
		const struct device_live *d = c->device[i];

		m->device[i] = (struct topo_device){ .name = d->sysname, .address = d->device->address,
			.site = d->device->site->index };
		macs_add(m, i);
		for (n = d->neighbours; n != NULL; n = n->next)
			heard_add(m, i, &n->told);
	}
	m->topo = topology_build(m->device, c->inv->ndevices, m->heard, m->nheard, c->inv->nsites);
}

static void
map_end(struct map_of_city *m)
{
	topology_free(&m->topo);
	free(m->device);
	free(m->heard);
	free(m->mac);
}

/* ---- topology ---- */

static json_t *
js_sources(uint8_t bits)
{
	json_t *list = json_array();
	size_t	i;

	for (i = 1; i < NEIGHBOUR_SOURCES; i++)
		if ((bits & 1u << i) != 0)
			json_array_append_new(list, json_string(source_names[i]));
	return list;
}

static json_t *
js_by(uint8_t by)
{
	json_t *list = json_array();

	if ((by & TOPO_BY_MAC) != 0)
		json_array_append_new(list, json_string("mac"));
	if ((by & TOPO_BY_ADDRESS) != 0)
		json_array_append_new(list, json_string("address"));
	if ((by & TOPO_BY_NAME) != 0)
		json_array_append_new(list, json_string("name"));
	return list;
}

static json_t *
js_mac(const uint8_t *b)
{
	static const uint8_t none[6];

	if (memcmp(b, none, sizeof(none)) == 0)
		return json_null();
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static json_t *
js_edge(const struct map_of_city *m, const struct topo_edge *e)
{
	const struct core *c = m->core;
	json_t		  *v = json_object();
	char		   address[ADDR_TEXT_MAX];

	json_object_set_new(v, "device", json_string(c->device[e->a]->device->id));
	json_object_set_new(v, "port", js_name(e->a_port));
	json_object_set_new(v, "neighbour",
	    e->b != TOPO_NOBODY ? json_string(c->device[e->b]->device->id) : json_null());
	json_object_set_new(v, "neighbour_port", js_name(e->b_port));
	json_object_set_new(v, "name", js_name(e->heard->name));
	json_object_set_new(v, "mac", js_mac(e->heard->mac));
	json_object_set_new(v, "address", e->heard->address->family != 0 ?
	    json_string(addr_text(e->heard->address, address)) : json_null());
	json_object_set_new(v, "both", json_boolean(e->a_told && e->b_told));
	json_object_set_new(v, "by", js_by(e->by));
	json_object_set_new(v, "sources", js_sources(e->sources));
	return v;
}

static bool
no_inventory(struct client *cl, const struct request *r)
{
	if (cl->ctl->core->inv != NULL)
		return false;
	client_refuse(cl, r->id, "busy", "no configuration has been accepted yet");
	return true;
}

/* @param total  of all pages @param at  behind this page */
static void
answer_page(struct client *cl, const struct request *r, json_t *items, size_t at, size_t total,
    const char *root)
{
	client_answer(cl, r->id, json_pack("{s:o, s:o, s:o}", "items", items, "next",
	    at < total ? json_integer((json_int_t)at) : json_null(), "root", js_name(root)));
}

void
op_topology(struct client *cl, const struct request *r, const struct actor *who)
{
	struct map_of_city m;
	json_t		  *items = json_array();
	size_t		   at = (size_t)request_int(r, "cursor", 0), end = at + (size_t)request_int(r,
	    "limit", PAGE_MAX);

	(void)who;
	if (no_inventory(cl, r)) {
		json_decref(items);
		return;
	}
	map_make(&m, cl->ctl->core);
	for (; at < end && at < m.topo.nedges; at++)
		json_array_append_new(items, js_edge(&m, &m.topo.edge[at]));
	answer_page(cl, r, items, at, m.topo.nedges, "");
	map_end(&m);
}

/* ---- parents ---- */

/* In words: what is heard where. */
static void
evidence(const struct map_of_city *m, const struct topo_edge *e, char *out, size_t size)
{
	const struct core *c = m->core;
	const char	  *port = *e->a_port != '\0' ? e->a_port : "?",
	    *far = *e->b_port != '\0' ? e->b_port : "?";

	snprintf(out, size, "%.63s %.63s - %.63s %.63s, told by %s", c->device[e->a]->device->id, port,
	    c->device[e->b]->device->id, far,
	    e->a_told && e->b_told ? "both" : c->device[e->a_told ? e->a : e->b]->device->id);
}

static struct topo_line
line_of(const struct link *l)
{
	return (struct topo_line){ .site = l->site->index,
	    .device = l->device != NULL ? l->device->index : TOPO_NOBODY,
		.port = l->port, .alone = l->site->nlinks == 1 };
}

static const char *
verdict_of(const struct link *l, const struct site *inferred)
{
	if (inferred == NULL)
		return "unknown";
	return l->parent == inferred ? "agrees" : "differs";
}

/* The row of links.csv with this parent. */
static json_t *
js_row(const struct core *c, const struct link *l, const struct site *parent)
{
	const char *fields[ROW_FIELDS_MAX];
	json_t	   *row = json_array();
	size_t	    i, n = inventory_row(c->inv, INPUT_LINKS, l->index, fields);

	for (i = 0; i < n; i++)
		json_array_append_new(row,
		    js_text(strcmp(inventory_column(INPUT_LINKS, i),
		    "parent") == 0 ? parent->id : fields[i]));
	return row;
}

static json_t *
js_parent(const struct map_of_city *m, const struct link *l, bool with_row)
{
	const struct topo_line	 line = line_of(l);
	const struct topo_parent p = topology_parent(&m->topo, &line);
	const struct site	*inferred = p.site != TOPO_NOBODY ? m->core->inv->site[p.site] : NULL;
	json_t			*v = json_object();
	char			 text[400] = "";

	if (inferred != NULL)
		evidence(m, &m->topo.edge[p.edge], text, sizeof(text));
	json_object_set_new(v, "id", json_string(l->id));
	json_object_set_new(v, "site", json_string(l->site->id));
	json_object_set_new(v, "parent", l->parent != NULL ? json_string(l->parent->id) : json_null());
	json_object_set_new(v, "inferred", inferred != NULL ? json_string(inferred->id) : json_null());
	json_object_set_new(v, "confidence", json_string(topo_confidence_names[p.confidence]));
	json_object_set_new(v, "evidence", js_name(text));
	json_object_set_new(v, "verdict", json_string(verdict_of(l, inferred)));
	if (with_row && inferred != NULL)
		json_object_set_new(v, "row", js_row(m->core, l, inferred));
	return v;
}

/* The usual root if it is connected, else the connected site through which the most lines pass. */
static size_t
root_choose(const struct map_of_city *m)
{
	const struct inventory *inv = m->core->inv;
	const struct site      *usual = inventory_site(inv, ROOT_USUAL), *best = NULL, *s;
	size_t			i;

	for (i = 0; i < inv->ndevices; i++) {
		s = inv->device[i]->site;
		if (!topology_is_connected(&m->topo, i))
			continue;
		if (s == usual)
			return s->index;
		if (best == NULL || s->nchildren > best->nchildren)
			best = s;
	}
	return best != NULL ? best->index : TOPO_NOBODY;
}

void
op_parents(struct client *cl, const struct request *r, const struct actor *who)
{
	const struct core *c = cl->ctl->core;
	const char	  *id = request_text(r, "link"), *root_id = request_text(r, "root");
	const struct link *l = NULL;
	const struct site *root = NULL;
	struct map_of_city m;
	json_t		  *items;
	size_t		   at = (size_t)request_int(r, "cursor", 0);
	size_t		   end = at + (size_t)request_int(r, "limit", PAGE_MAX), from;

	(void)who;
	if (no_inventory(cl, r))
		return;
	if ((root_id != NULL && (root = inventory_site(c->inv, root_id)) == NULL) ||
	    (id != NULL && (l = inventory_link_of(c->inv, id)) == NULL)) {
		op_not_found(cl, r, root_id != NULL && root == NULL ? root_id : id);
		return;
	}
	items = json_array();
	map_make(&m, c);
	from = root != NULL ? root->index : root_choose(&m);
	topology_root(&m.topo, from);
	if (l != NULL)
		json_array_append_new(items, js_parent(&m, l, true));
	for (; l == NULL && at < end && at < c->inv->nlinks; at++)
		json_array_append_new(items, js_parent(&m, c->inv->link[at], false));
	answer_page(cl, r, items, at, l == NULL ? c->inv->nlinks : 0,
	    from != TOPO_NOBODY ? c->inv->site[from]->id : "");
	map_end(&m);
}
