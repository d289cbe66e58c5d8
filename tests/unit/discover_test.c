/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discover_test.c: simpulctl's part of a discovery: prefixes, notes that survive an end, and proposals. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/js.h"
#include "ctl/notes.h"
#include "ctl/prefix.h"
#include "ctl/propose.h"
#include "model/inventory.h"
#include "tests/unit/dir.h"
#include "tests/unit/tap.h"

/* ---- prefixes ---- */

static void
test_prefixes(void)
{
	static const struct {
		const char *text;
		uint32_t    n;			/* 0: refused */
		const char *first, *last;
	} cases[] = {
		{ "10.1.0.0/24", 254, "10.1.0.1", "10.1.0.254" },
		{ "10.1.0.0/16", 65534, "10.1.0.1", "10.1.255.254" },
		{ "10.1.0.252/30", 2, "10.1.0.253", "10.1.0.254" },
		{ "10.1.0.254/31", 2, "10.1.0.254", "10.1.0.255" },
		{ "10.1.0.13", 1, "10.1.0.13", "10.1.0.13" },
		{ "10.1.0.13/32", 1, "10.1.0.13", "10.1.0.13" },
		{ "2001:db8::/120", 256, "2001:db8::", "2001:db8::ff" },
		{ "2001:db8::ff10", 1, "2001:db8::ff10", "2001:db8::ff10" },
		{ "10.1.0.0/15", 0, "", "" }, { "2001:db8::/64", 0, "", "" }, { "10.1.0.13/24", 0, "", "" },
		{ "10.1.0.0/33", 0, "", "" }, { "10.1.0.0/", 0, "", "" }, { "/24", 0, "", "" }, { "", 0, "",
		    "" },
		{ "10.1.0.0/24x", 0, "", "" }, { "10.01.0.0/24", 0, "", "" }, { "fe80::1%eth0", 0, "", "" },
		{ "10.1.0.0/-1", 0, "", "" },
	};
	char   why[200], a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		struct prefixes p = { 0 };
		struct addr	first, last;

		if (prefixes_add(&p, cases[i].text, why, sizeof(why)) == -1 || cases[i].n == 0) {
			ok(cases[i].n == 0 && p.n == 0, "\"%s\" is refused: %s", cases[i].text, why);
			continue;
		}
		first = prefixes_at(&p, 0);
		last = prefixes_at(&p, p.addresses - 1);
		ok(p.addresses == cases[i].n && strcmp(addr_text(&first, a), cases[i].first) == 0 &&
		    strcmp(addr_text(&last, b), cases[i].last) == 0, "%s: %u from %s to %s", cases[i].text,
		    p.addresses, a, b);
	}
}

static void
test_several_prefixes(void)
{
	static struct prefixes p;
	struct addr	       a;
	char		       why[200], text[ADDR_TEXT_MAX];

	ok(prefixes_add(&p, "10.1.0.0/29", why, sizeof(why)) == 0 && prefixes_add(&p, "10.2.0.9", why,
	    sizeof(why)) == 0 &&
	    p.addresses == 7, "two prefixes");
	a = prefixes_at(&p, 6);
	is_text(addr_text(&a, text), "10.2.0.9", "the last address is of the second");
	ok(prefixes_add(&p, "10.1.0.4/30", why, sizeof(why)) == -1 && p.n == 2,
	    "one within another is refused: %s", why);
	ok(prefixes_add(&p, "10.1.0.3", why, sizeof(why)) == -1, "so is an address that is in one");
	ok(prefixes_add(&p, "10.1.0.7", why, sizeof(why)) == 0, "the last of a prefix is not in it");
	ok(prefixes_add(&p, "10.3.0.0/16", why, sizeof(why)) == -1, "more than a /16 in all: %s", why);
}

/* ---- notes ---- */

static json_t *
found_one(const char *address)
{
	return json_pack("[{s:s, s:b}]", "address", address, "snmp", 1);
}

static void
test_notes(const char *dir)
{
	char	     out[100], state[120];
	json_t	    *what = json_pack("{s:s}", "prefix", "a"), *other = json_pack("{s:s}", "prefix", "b");
	json_t	    *found = found_one("10.0.0.1"), *again = found_one("10.0.0.70");
	struct notes n;
	uint32_t     from = 0;
	int	     fd;

	snprintf(out, sizeof(out), "%s/found.csv", dir);
	snprintf(state, sizeof(state), "%s.state", out);
	ok(notes_open(&n, out, what, 200, true) == -1, "there is nothing to go on with");
	notes_close(&n, false);
	ok(notes_open(&n, out, what, 200, false) == 0 && notes_next(&n, &from, 64) == 64 && from == 0,
	    "a new discovery");
	ok(notes_add(&n, 0, 64, found) == 0 && notes_add(&n, 128, 64, again) == 0 && n.nasked == 128,
	    "two parts are noted");
	from = 64;
	ok(notes_next(&n, &from, 100) == 64 && from == 64, "a part ends where another was asked");
	notes_close(&n, false);
	ok(notes_open(&n, out, what, 200, false) == -1, "it is not begun anew by mistake");
	notes_close(&n, false);
	ok(notes_open(&n, out, other, 200, true) == -1, "nor mixed with another one");
	notes_close(&n, false);
	fd = open(state, O_WRONLY | O_APPEND | O_CLOEXEC);
	ok(write(fd, "{\"from\":64,\"count\":64,\"fou", 26) == 26, "it was ended within a line");
	close(fd);
	ok(notes_open(&n, out, what, 200, true) == 0 && n.nasked == 128 && json_array_size(n.found) == 2,
	    "it goes on with what was noted whole");
	from = 0;
	ok(notes_next(&n, &from, 64) == 64 && from == 64, "the first part that is missing comes next");
	ok(notes_add(&n, 64, 64, found) == 0 && notes_add(&n, 192, 8, found) == 0 && n.nasked == 200,
	    "until all are asked");
	notes_close(&n, false);
	ok(notes_open(&n, out, what, 200, true) == 0 && n.nasked == 200,
	    "what was noted after the cut line counts as well");
	notes_close(&n, true);
	ok(access(state, F_OK) == -1, "when the result is written the notes go");
	fd = open(state, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ok(write(fd,
	    "{\"prefix\":\"a\"}\n{\"from\":-5,\"count\":9,\"found\":[]}\n{\"from\":190,\"count\":99,\"found\":[]}\n[]\n",
	    86) > 0, "notes that fit nothing");
	close(fd);
	ok(notes_open(&n, out, what, 200, true) == 0 && n.nasked == 0, "are none");
	notes_close(&n, true);
	json_decref(what);
	json_decref(other);
	json_decref(found);
	json_decref(again);
}

/* ---- proposals ---- */

static const char town[] = "["
    /* known, and once more at another address: a factory's MAC tells */
    "{'address':'10.0.0.1','snmp':true,'name':'a','known':'s001-r1','known_by':'address','site':'s001',"
    "'macs':['4c:5e:0c:00:00:01'],'own':['10.0.0.1'],'credential':'x','links':[]},"
    "{'address':'10.0.0.2','snmp':true,'name':'b','macs':['4c:5e:0c:00:00:01'],'own':[],'links':[]},"
    /* a virtual router's MAC, and one of software: two boxes */
    "{'address':'10.0.0.3','snmp':true,'name':'S002 RB.kota','site':'s002','site_by':'name','credential':'x',"
    "'object_id':'1.3.6.1.4.1.14988.1','macs':['00:00:5e:00:01:01','02:42:00:00:00:01'],'own':['192.168.88.1'],'links':"
    "[{'id':'s002-1','port':'ether1','row':['s002-1','s002','main','x, y','','','10.0.0.3']}]},"
    "{'address':'10.0.0.4','snmp':true,'name':'c','macs':['00:00:5e:00:01:01','02:42:00:00:00:01'],"
    "'own':['192.168.88.1'],'engine_id':'80003a8c04','links':[{'id':'s003-1','port':'=cmd()','row':['s003-1','s003']}]},"
    /* the same name and engine ID: one box; the short engine ID of a make tells nothing */
    "{'address':'10.0.0.5','snmp':true,'name':'sw','engine_id':'80001f8804aabbccdd','macs':[],'own':[],'links':[]},"
    "{'address':'10.0.0.6','snmp':true,'name':'sw','engine_id':'80001f8804aabbccdd','macs':[],'own':[],'links':[]},"
    "{'address':'10.0.0.7','snmp':true,'name':'MikroTik','engine_id':'80003a8c04','macs':[],'own':[],'links':[]},"
    "{'address':'10.0.0.8','snmp':true,'name':'MikroTik','engine_id':'80003a8c04','macs':[],'own':[],'links':[]},"
    /* names that make no id; one that is taken; who does not answer */
    "{'address':'10.0.0.9','snmp':true,'name':'42','site':'s001','macs':[],'own':[],'links':[]},"
    "{'address':'10.0.0.10','snmp':true,'name':'','macs':[],'own':[],'links':[]},"
    "{'address':'10.0.0.11','snmp':true,'name':'s001-R1','macs':[],'own':[],'links':[]},"
    "{'address':'10.0.0.12','snmp':false,'echo':true,'links':[]}]";

static json_t *
load(const char *text)
{
	char   *copy = xstrdup(text);
	json_t *v;

	for (char *p = copy; *p != '\0'; p++)
		*p = *p == '\'' ? '"' : *p;
	v = json_loads(copy, 0, NULL);
	free(copy);
	return v;
}

static const struct proposal *
proposal_at(const struct proposals *p, const char *address)
{
	static const struct proposal none = { 0 };

	for (size_t i = 0; i < p->n; i++)
		if (strcmp(json_string_value(json_object_get(p->v[i].host, "address")), address) == 0)
			return &p->v[i];
	return &none;
}

static unsigned row_errors;

static void
on_row_error(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)arg;
	printf("# %u:%u: %s\n", line, column, text);
	row_errors++;
}

static void
test_rows(const struct proposals *p)
{
	static const struct proposal_place place = { "161", "2c", "main" };
	struct inventory		  *inv = inventory_new();
	struct buf			   b = { 0 };
	const struct device		  *d;
	const struct link		  *l;

	is_i64((int64_t)proposals_write_devices(p, &place, &b), 8,
	    "each new host is a row, a known one is none");
	inventory_read(inv, INPUT_DEVICES, (const char *)b.data, b.len, on_row_error, NULL);
	/* Those whose site is not known are refused until somebody has filled it in. */
	is_i64(row_errors, 6, "rows that have a site are accepted as they are");
	d = inventory_device(inv, "s002-rb-kota");
	ok(d != NULL && strcmp(d->profile, "routeros") == 0 && strcmp(d->kind, "router") == 0 &&
	    strcmp(d->credential, "x") == 0 && strcmp(d->site_id, "s002") == 0, "with what was found out");
	b.len = 0;
	is_i64((int64_t)proposals_write_links(p, &b), 1,
	    "a line whose address a host has gets its port; no formula does");
	row_errors = 0;
	inventory_read(inv, INPUT_LINKS, (const char *)b.data, b.len, on_row_error, NULL);
	l = inventory_link_of(inv, "s002-1");
	ok(row_errors == 0 && l != NULL && strcmp(l->provider, "x, y") == 0 && strcmp(l->device_id,
	    "s002-rb-kota") == 0 &&
	    strcmp(l->port, "ether1") == 0, "and keeps the rest of its row");
	buf_free(&b);
	inventory_free(inv);
}

static void
test_proposals(void)
{
	json_t		      *found = load(town);
	struct map	      *taken = map_new();
	struct proposals       p;
	const struct proposal *q;

	map_add(taken, "s001-r1", taken);
	proposals_make(&p, found, taken);
	is_i64((int64_t)p.n, 9, "eleven answers are nine boxes");
	q = proposal_at(&p, "10.0.0.1");
	ok(q->known != NULL && strcmp(q->known, "s001-r1") == 0 && json_array_size(q->also) == 1,
	    "a known one is known at its other address, too");
	is_text(proposal_at(&p, "10.0.0.3")->id, "s002-rb-kota", "an id follows from the name");
	is_text(proposal_at(&p, "10.0.0.4")->id, "c", "a shared MAC of software does not make two boxes one");
	is_i64((int64_t)json_array_size(proposal_at(&p, "10.0.0.5")->also), 1,
	    "the same name and engine ID do");
	is_text(proposal_at(&p, "10.0.0.7")->id, "mikrotik", "two of a make are two,");
	is_text(proposal_at(&p, "10.0.0.8")->id, "mikrotik-2", "and get two ids");
	is_text(proposal_at(&p, "10.0.0.9")->id, "s001-r2",
	    "a name of digits makes no id, the site does, the next that is free");
	is_text(proposal_at(&p, "10.0.0.10")->id, "host-10-0-0-10",
	    "the address, when nothing else is known");
	is_text(proposal_at(&p, "10.0.0.11")->id, "s001-r1-2", "an id that is taken is not proposed");
	test_rows(&p);
	proposals_free(&p);
	map_free(taken);
	json_decref(found);
}

static void
test_csv(void)
{
	static const struct { const char *text, *field; } cases[] = {
		{ "plain", "plain" }, { "a,b", "\"a,b\"" }, { "a;b", "\"a;b\"" }, { "say \"a\"",
		    "\"say \"\"a\"\"\"" }, { "", "" },
		{ " a", "\" a\"" },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		struct buf b = { 0 };

		csv_field(&b, cases[i].text);
		buf_u8(&b, '\0');
		is_text((char *)b.data, cases[i].field, "a field of a CSV file");
		buf_free(&b);
	}
}

int
main(void)
{
	char dir[] = "/tmp/simpul-discover-XXXXXX";

	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	test_prefixes();
	test_several_prefixes();
	test_notes(dir);
	test_proposals();
	test_csv();
	dir_remove(dir);
	return tap_done();
}
