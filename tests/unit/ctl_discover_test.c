/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ctl_discover_test.c: discover at the control socket, and what the inventory is taken to say of who is found. */
#include "tests/unit/ctl_rig.h"

#include <stdlib.h>

#include "ctl/guess.h"

#define ASK "{\"id\":7,\"op\":\"discover\",\"addresses\":[\"10.1.0.1\",\"10.1.0.99\"],\"credentials\":[\"a\",\"b\"]"

/* ---- guesses ---- */

#define DEVICES 5

static const char sites[] = "id,name,life\ns001,Satu,live\ns002,Dua,live\ns002-b,Dua B,live\ndc-1,DC,live\n";
static const char links[] = "id,site,address,via,life\ns001-1,s001,10.1.0.1,,live\ns002-1,s002,10.2.0.2,,live\n"
    "s002-2,s002,10.1.0.1,other,live\n";
static const char devices[] =
    "id,site,address,credential,via,life\ns001-r1,s001,10.7.0.1,c,,live\ns001-r2,s001,10.7.0.2,c,,live\n"
    "dc-1-a,dc-1,10.8.0.1,c,,live\ndc-1-b,s002,10.8.0.2,c,,live\ns002-r1,s002,10.9.0.9,c,other,live\n";

struct place {
	struct core	   core;
	struct device_live device[DEVICES], *at[DEVICES];
	struct site_live   site[4];
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
place_init(struct place *p)
{
	struct inventory *inv = inventory_new();
	size_t		  i;

	inventory_read(inv, INPUT_SITES, sites, strlen(sites), complain_row, NULL);
	inventory_read(inv, INPUT_LINKS, links, strlen(links), complain_row, NULL);
	inventory_read(inv, INPUT_DEVICES, devices, strlen(devices), complain_row, NULL);
	inventory_link(inv, complain_whole, NULL);
	*p = (struct place){ .core = { .inv = inv, .device = p->at, .site_by_id = map_new() } };
	for (i = 0; i < DEVICES; i++) {
		p->device[i].device = inv->device[i];
		p->at[i] = &p->device[i];
	}
	for (i = 0; i < inv->nsites; i++) {
		p->site[i].site = inv->site[i];
		map_add(p->core.site_by_id, inv->site[i]->id, &p->site[i]);
	}
	strcpy(p->device[1].sysname, "akcaya-router");
	strcpy(p->device[2].sysname, "MikroTik");
}

static void
test_guesses(void)
{
	static const struct {
		const char *address, *own, *name, *known, *known_by, *site, *site_by, *link, *test;
	} cases[] = {
		{ "10.7.0.1", "", "x", "s001-r1", "address", "s001", "device", "",
		    "asked at a device's address" },
		{ "10.30.0.1", "10.7.0.2", "x", "s001-r2", "address", "s001", "device", "",
		    "it says to have a device's address" },
		{ "10.30.0.2", "", "akcaya-router", "s001-r2", "name", "s001", "device", "",
		    "a device's name" },
		{ "10.30.0.3", "", "MikroTik", "", "", "", "", "", "a name out of the box says nothing" },
		{ "10.9.0.9", "", "x", "", "", "", "", "", "another instance's device is another one" },
		{ "10.1.0.1", "", "x", "", "", "s001", "line", "s001-1",
		    "a line's address, of this instance" },
		{ "10.30.0.4", "10.2.0.2", "s001", "", "", "s002", "line", "s002-1",
		    "a line weighs more than a name" },
		{ "10.30.0.5", "", "S002-RB750.kota", "", "", "s002", "name", "",
		    "a name that begins with a site" },
		{ "10.30.0.6", "", "s002_b sw1", "", "", "s002-b", "name", "", "the longest such" },
		{ "10.30.0.7", "", "s0021", "", "", "", "", "", "which ends where a word does" },
		{ "10.7.0.77", "", "x", "", "", "s001", "network", "", "neighbours of one site" },
		{ "10.8.0.77", "", "x", "", "", "", "", "", "neighbours of two sites say nothing" },
		{ "2001:db8::1", "", "", "", "", "", "", "", "of IPv6 nothing is guessed" },
	};
	struct place	      p;
	struct msg_discovered host[nitems(cases)] = { { { 0 } } };
	struct guess	      guess[nitems(cases)];
	size_t		      i;

	place_init(&p);
	for (i = 0; i < nitems(cases); i++) {
		addr_parse(&host[i].address, cases[i].address);
		if (cases[i].own[0] != '\0') {
			addr_parse(&host[i].own[host[i].naddresses].address, cases[i].own);
			strcpy(host[i].own[host[i].naddresses++].port, "ether5");
		}
		strcpy(host[i].name, cases[i].name);
	}
	guess_all(&p.core, "main", host, guess, nitems(cases));
	for (i = 0; i < nitems(cases); i++) {
		const struct guess *g = &guess[i];
		const char	   *known = g->known != NULL ? g->known->device->id : "";
		const char	   *known_by = g->known != NULL ? g->known_by : "";
		const char	   *site = g->site != NULL ? g->site->id : "",
		    *site_by = g->site != NULL ? g->site_by : "";
		const char	   *link = g->nlinks > 0 ? g->link[0].link->id : "";

		if (!ok(strcmp(known, cases[i].known) == 0 && strcmp(known_by, cases[i].known_by) == 0 &&
		    strcmp(site, cases[i].site) == 0 && strcmp(site_by, cases[i].site_by) == 0 &&
		    strcmp(link, cases[i].link) == 0 && g->nlinks <= 1, "%s", cases[i].test))
			printf("#   known %s by %s, site %s by %s, line %s\n", known, known_by, site,
			    site_by, link);
	}
	is_text(guess[6].link[0].port, "ether5", "the port that has the line's address is told");
	map_free(p.core.site_by_id);
	inventory_free(p.core.inv);
}

/* ---- the operation ---- */

static void
test_refused(struct talk *t)
{
	static const struct { const char *line, *path, *want, *name; } cases[] = {
		{ ASK ",\"as\":{\"user\":\"x\",\"role\":\"noc\"}}", "code", "forbidden",
		    "it is for administrators" },
		{ ASK ",\"via\":\"wan\"}", "code", "busy", "an instance that is not there" },
		{ ASK ",\"rate\":501}", "code", "bad_request", "a rate of more than 500" },
		{ "{\"id\":7,\"op\":\"discover\",\"addresses\":[\"10.1.0.0/24\"],\"credentials\":[\"a\"]}",
		    "error",
		    "\"addresses\" must be IP addresses in plain form", "addresses alone" },
		{ "{\"id\":7,\"op\":\"discover\",\"addresses\":[\"10.1.0.1\"],\"credentials\":[\"a\\nb\"]}",
		    "error",
		    "\"credentials\" must be names of files of secrets/snmp", "plain names alone" },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		expect(t, cases[i].line, cases[i].path, cases[i].want, cases[i].name);
}

static void
tell_two(struct fake *f)
{
	struct msg_discovered d = { .snmp = 1, .credential = 1, .name = "x\"y", .rtt_s = NAN, .nmacs = 1,
		.mac = { { 2, 0, 0, 0, 0, 0xab } } };
	struct msg_discover_end end = { .asked = 2 };

	d.address = f->discover.address[0];
	f->discover_cb(f->discover_arg, &d, NULL);
	d.address = f->discover.address[1];
	f->discover_cb(f->discover_arg, &d, NULL);
	f->discover_cb(f->discover_arg, &d, NULL);	/* one more than it was asked for */
	f->discover_cb(f->discover_arg, NULL, &end);
}

static void
test_operation(struct fake *f)
{
	struct talk *t = talk_new(f);
	char	     out[200];
	json_t	    *v;

	f->core.set.discover_rate_ps = 33;
	test_refused(t);
	say(t, ASK "}");
	expect(t, STATUS("8"), "id", "8", "an answer takes its time");
	ok(f->discover.n == 2 && f->discover.ncredentials == 2 && f->discover.port == 161 &&
	    f->discover.rate_ps == 33 &&
	    strcmp(f->discover.version, "2c") == 0,
	    "what is not said has its default, the rate that of the settings");
	tell_two(f);
	v = hear(t);
	is_text(at(v, "asked", out), "2", "the answer says how many were asked");
	is_i64((int64_t)json_array_size(json_object_get(v, "found")), 2, "and who answers");
	is_text(at(v, "found.0.credential", out), "b", "to which credential");
	is_text(at(v, "found.0.name", out), "x\"y", "by which name");
	is_text(at(v, "found.0.macs.0", out), "02:00:00:00:00:ab", "with which MACs");
	is_text(at(v, "found.0.rtt_s", out), "null", "what is not known is null");
	is_text(at(v, "found.0.site", out), "s001", "where it may stand");
	is_text(at(v, "found.0.links.0.row.0", out), "s001-1",
	    "whose line's address it has, with the row of that");
	is_text(at(v, "found.1.site", out), "null", "or nothing");
	json_decref(v);

	say(t, ASK "}");
	expect(t, STATUS("8"), "id", "8", "another one");
	f->discover_cb(f->discover_arg, NULL, &(struct msg_discover_end){ .error = "no such file" });
	v = hear(t);
	is_text(at(v, "error", out), "no such file", "what measure cannot do is told in its words");
	json_decref(v);
	say(t, ASK "}");
	expect(t, STATUS("8"), "id", "8", "another one");
	f->discover_cb(f->discover_arg, NULL, NULL);
	v = hear(t);
	is_text(at(v, "code", out), "busy", "so is that it has ended");
	json_decref(v);

	say(t, ASK "}");
	expect(t, STATUS("8"), "id", "8", "another one");
	talk_free(t);
	t = talk_new(f);
	expect(t, STATUS("1"), "ok", "true", "another client is served");
	is_i64(f->discoveries_forgotten, 1, "and what the one asked for that hung up is forgotten");
	talk_free(t);
}

int
main(void)
{
	struct fake *f = fake_new();

	test_guesses();
	test_operation(f);
	fake_free(f);
	return tap_done();
}
