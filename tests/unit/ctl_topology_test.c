/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_topology_test.c: topology and parents at the control socket, from what devices have heard. */
#include "tests/unit/ctl_rig.h"

#define DEVICES 3

static const char sites[] = "id,name,life\ns001,Satu,live\ns002,Dua,live\nnode-1,Node,live\n";
static const char links[] = "id,site,provider,parent,device,port,life\ns001-1,s001,\"a, b\",,s001-r1,ether1,live\n"
    "s002-1,s002,x,node-1,,,live\n";
static const char devices[] = "id,site,address,life\ns001-r1,s001,10.0.0.1,live\ns002-r1,s002,10.0.0.2,live\n"
    "node-1-r1,node-1,10.0.0.3,live\n";

struct city {
	struct device_live   device[DEVICES], *at[DEVICES];
	struct neighbour_live heard[4];
	struct port_live      port;
};

static void
complain_row(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)arg;
	ok(false, "inventory: %u:%u: %s", line, column, text);
}

static void
complain_whole(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	(void)arg;
	ok(false, "inventory: %d %s %u: %s", what, id, column, text);
}

static void
heard_at(struct city *city, size_t device, size_t place, const struct msg_neighbour *n)
{
	city->heard[place] = (struct neighbour_live){ .told = *n, .next = city->device[device].neighbours };
	city->device[device].neighbours = &city->heard[place];
	city->device[device].nneighbours++;
}

static struct inventory *
city_make(struct city *city)
{
	struct inventory *inv = inventory_new();
	size_t		  i;

	inventory_read(inv, INPUT_SITES, sites, strlen(sites), complain_row, NULL);
	inventory_read(inv, INPUT_LINKS, links, strlen(links), complain_row, NULL);
	inventory_read(inv, INPUT_DEVICES, devices, strlen(devices), complain_row, NULL);
	inventory_link(inv, complain_whole, NULL);
	*city = (struct city){ 0 };
	for (i = 0; i < DEVICES; i++) {
		city->device[i].device = inv->device[i];
		text_copy(city->device[i].sysname, sizeof(city->device[i].sysname), inv->device[i]->id);
		city->at[i] = &city->device[i];
	}
	heard_at(city, 0, 0, &(struct msg_neighbour){ .source = NEIGHBOUR_MTXR, .port = "ether1",
	    .name = "node-1-r1" });
	heard_at(city, 2, 1, &(struct msg_neighbour){ .source = NEIGHBOUR_LLDP, .port = "sfp1",
	    .name = "s001-r1",
	    .remote_port = "ether1" });
	heard_at(city, 2, 2, &(struct msg_neighbour){ .source = NEIGHBOUR_LLDP, .port = "sfp9",
	    .name = "a\"<b>",
	    .mac = { 2, 0, 0, 0, 0, 9 } });
	/* The offices' router is heard by its MAC alone, too. */
	city->port = (struct port_live){ .id = { .mac = { 2, 0, 0, 0, 0, 7 }, .mac_len = 6 } };
	city->device[1].ports = &city->port;
	city->device[1].nports = 1;
	heard_at(city, 2, 3, &(struct msg_neighbour){ .source = NEIGHBOUR_LLDP, .port = "sfp2", .name = "x",
	    .mac = { 2, 0, 0, 0, 0, 7 } });
	return inv;
}

static void
test_topology(struct talk *t)
{
	char	out[200];
	json_t *v = ask(t, "{\"id\":1,\"op\":\"topology\"}");

	is_i64((int64_t)json_array_size(json_object_get(v, "items")), 3, "three edges have been heard");
	is_text(at(v, "items.0.device", out), "s001-r1", "one device");
	is_text(at(v, "items.0.neighbour", out), "node-1-r1", "and its neighbour");
	is_text(at(v, "items.0.neighbour_port", out), "sfp1", "with the port of each");
	is_text(at(v, "items.0.both", out), "true", "told by both");
	is_text(at(v, "items.0.sources.1", out), "mtxr", "by what they speak");
	is_text(at(v, "items.1.by.0", out), "mac", "another one is known by its MAC");
	is_text(at(v, "items.1.neighbour", out), "s002-r1", "whatever it calls itself");
	is_text(at(v, "items.2.neighbour", out), "null", "a stranger is none of ours");
	is_text(at(v, "items.2.name", out), "a\"<b>", "but has a name");
	is_text(at(v, "items.2.mac", out), "02:00:00:00:00:09", "and a MAC");
	json_decref(v);
	expect(t, "{\"id\":1,\"op\":\"topology\",\"limit\":1}", "next", "1", "a page ends");
	expect(t, "{\"id\":1,\"op\":\"topology\",\"limit\":1,\"cursor\":2}", "items.0.port", "sfp9",
	    "and the next one begins there");
}

static void
test_parents(struct talk *t)
{
	static const struct { const char *line, *path, *want, *name; } cases[] = {
		{ "{\"id\":1,\"op\":\"parents\"}", "root", "node-1",
		    "the root is where lines pass and a device stands" },
		{ "{\"id\":1,\"op\":\"parents\"}", "items.0.inferred", "node-1", "a parent is inferred" },
		{ "{\"id\":1,\"op\":\"parents\"}", "items.0.verdict", "differs",
		    "that the inventory does not have" },
		{ "{\"id\":1,\"op\":\"parents\"}", "items.0.confidence", "high",
		    "from both ends of the line's port" },
		{ "{\"id\":1,\"op\":\"parents\"}", "items.0.evidence",
		    "s001-r1 ether1 - node-1-r1 sfp1, told by both",
		    "which is the evidence" },
		{ "{\"id\":1,\"op\":\"parents\"}", "items.1.verdict", "agrees", "the other one agrees" },
		{ "{\"id\":1,\"op\":\"parents\"}", "items.1.confidence", "low", "by its site's only way" },
		{ "{\"id\":1,\"op\":\"parents\"}", "items.1.parent", "node-1",
		    "but what the inventory says" },
		{ "{\"id\":1,\"op\":\"parents\",\"root\":\"s001\"}", "items.0.verdict", "unknown",
		    "from another root it is not" },
		{ "{\"id\":1,\"op\":\"parents\",\"link\":\"s001-1\"}", "items.0.row.5", "node-1",
		    "the row has the parent" },
		{ "{\"id\":1,\"op\":\"parents\",\"link\":\"s001-1\"}", "items.0.row.3", "a, b",
		    "and the rest as it is" },
		{ "{\"id\":1,\"op\":\"parents\",\"link\":\"s001-1\"}", "next", "null", "it is the only one" },
		{ "{\"id\":1,\"op\":\"parents\",\"link\":\"s009-1\"}", "code", "not_found",
		    "there is no such line" },
		{ "{\"id\":1,\"op\":\"parents\",\"root\":\"s009\"}", "code", "not_found", "nor such a site" },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		expect(t, cases[i].line, cases[i].path, cases[i].want, cases[i].name);
}

int
main(void)
{
	struct fake	    *f = fake_new();
	struct inventory    *inv = f->core.inv;
	struct device_live **device = f->core.device;
	struct talk	    *t = talk_new(f);
	struct city	     city;

	f->core.inv = city_make(&city);
	f->core.device = city.at;
	test_topology(t);
	test_parents(t);
	talk_free(t);
	inventory_free(f->core.inv);
	f->core.inv = inv;
	f->core.device = device;
	fake_free(f);
	return tap_done();
}
