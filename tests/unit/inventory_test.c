/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inventory_test.c: the meaning of each column, what only the whole can tell, and where each error is. */
#include "model/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static const char *const kind_names[INPUT_KINDS] = { "", "sites", "links", "devices", "services", "segments" };

struct seen {
	struct inventory *inv;
	enum input_kind	  what;
	char		  text[4096];	/* "links:2:7 address ..." one per line */
	size_t		  len;
};

static void
on_error(void *arg, unsigned line, unsigned column, const char *text)
{
	struct seen *s = arg;

	if (s->len < sizeof(s->text))
		s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s:%u:%u %s\n", kind_names[s->what], line,
		    column, text);
}

static void
on_link_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	struct seen *s = arg;

	s->what = what;
	on_error(s, inventory_line_of(s->inv, what, id), inventory_field_of(s->inv, what, column), text);
}

/* Read the files that there are, and link. */
static void
load(struct seen *s, const char *const file[INPUT_KINDS])
{
	*s = (struct seen){ .inv = inventory_new() };
	for (s->what = INPUT_SITES; s->what < INPUT_KINDS; s->what++)
		if (file[s->what] != NULL)
			inventory_read(s->inv, s->what, file[s->what], strlen(file[s->what]), on_error, s);
	inventory_link(s->inv, on_link_error, s);
}

#define SITES	"id,name,kind\ns001,One,opd\ns002,Two,opd\nnode-1,Node,node\n"
#define DEVICES "id,site,address,credential\ns001-r1,s001,10.100.0.1,city-read\n"
#define LINK(columns, fields) .links = "id,site," columns "\ns001-1,s001," fields "\n"

static const struct {
	const char *name;
	const char *sites, *links, *devices, *services, *segments;	/* sites NULL: SITES */
	const char *want;	/* the errors; "" = none */
} cases[] = {
	{ "only sites", .want = "" },
	{ "every column of a line, in another order",
	  .links = "source,credential,probe,interface,life,via,port,device,segments,contract_end,rx_dbm_min,budget_code,price_idr,sla_pct,kind,up_mbps,down_mbps,address,"
		   "parent,product,provider,role,site,id\n"
		   "10.9.0.1,s001-key,tcp:443,pppoe-s1.7,live,wan,ether1,s001-r1,seg-1,2028-02-29,-24.5,5.2.1,450000,99.5,committed,2.5,10,10.1.0.1,node-1,P,indihome,backup,"
		   "s001,s001-1\n",
	  .devices = DEVICES, .segments = "id,name,a,b,length_m\nseg-1,Duct,s001,node-1,120.5\n", .want = "" },
	{ "rows of empty fields are skipped", .sites = "id;name\ns001;One\n;\n;\n", .want = "" },
	{ "the same address via another instance", .want = "",
	  .links = "id,site,address,via\ns001-1,s001,10.1.0.1,a\ns002-1,s002,10.1.0.1,b\n" },
	{ "a line and its device at one address", .want = "", LINK("address", "10.100.0.1"), .devices = DEVICES },
	{ "an address freed by a retired line", .want = "",
	  .links = "id,site,address,life\ns001-1,s001,10.1.0.1,retired\ns002-1,s002,10.1.0.1,live\n" },
	{ "a service", .want = "",
	  .services = "id,site,kind,target,interval_s,depends\nweb,s001,http,http://a/,60,dns|db\ndns,s001,dns,a,30,\ndb,s001,tcp,a,30,\n" },

	{ "unknown column with a near one", .sites = "id,nmae\ns001,One\n",
	  .want = "sites:1:2 unknown column \"nmae\"; did you mean \"name\"?\nsites:1:0 column \"name\" is missing; add it to the header\n" },
	{ "unknown column with none near", .sites = "id,name,keterangan\ns001,One,x\n",
	  .want = "sites:1:3 unknown column \"keterangan\"; sites.csv has: id, name, short, kind, district, class, owner, lat, lon, "
		  "hours, contacts, life, networks\n" },
	{ "column twice", .sites = "id,name,id\n", .want = "sites:1:3 column \"id\" is there twice; remove one\n" },
	{ "column missing", .links = "id,role\ns001-1,main\n", .want = "links:1:0 column \"site\" is missing; add it to the header\n" },
	{ "field empty that must be given", .sites = "id,name\ns001,\n", .want = "sites:2:2 name is empty; it must be given\n" },
	{ "id with a capital letter", .sites = "id,name\nS001,One\n",
	  .want = "sites:2:1 id \"S001\" is not an id; use 1 to 63 of a-z, 0-9 and \"-\", not only digits\n" },
	{ "id of digits only", .sites = "id,name\n001,One\n",
	  .want = "sites:2:1 id \"001\" is not an id; use 1 to 63 of a-z, 0-9 and \"-\", not only digits\n" },
	{ "id twice", .sites = "name,id\nOne,s001\nTwo,s002\nThree,s001\n",
	  .want = "sites:4:2 id \"s001\" is taken by line 2; give each row an id of its own\n" },
	{ "word not of the list", LINK("role", "spare"),
	  .want = "links:2:3 role \"spare\" is not one of its words; use one of: main, backup\n" },
	{ "speed with a unit", LINK("down_mbps", "10Mbps"),
	  .want = "links:2:3 down_mbps \"10Mbps\" is not a number; write digits only, without a unit\n" },
	{ "decimal comma", .links = "id;site;down_mbps\ns001-1;s001;2,5\n",
	  .want = "links:2:3 down_mbps \"2,5\" is not a number; write it with a point, as in 2.5, and without thousands marks\n" },
	{ "speed of zero", LINK("down_mbps", "0"),
	  .want = "links:2:3 down_mbps \"0\" is out of range; expected 0.001 to 1000000\n" },
	{ "more than 100 percent", LINK("sla_pct", "100.1"),
	  .want = "links:2:3 sla_pct \"100.1\" is out of range; expected 0 to 100\n" },
	{ "network with bits behind the prefix", .sites = "id,name,networks\ns001,One,10.1.0.0/16|10.2.0.1/16\n",
	  .want = "sites:2:3 networks \"10.1.0.0/16|10.2.0.1/16\" holds \"10.2.0.1/16\", no network in plain form; write it as in "
		  "10.1.0.0/16, with zeros behind the prefix\n" },
	{ "prefix that is too long", .sites = "id,name,networks\ns001,One,10.1.0.0/33\n",
	  .want = "sites:2:3 networks \"10.1.0.0/33\" holds \"10.1.0.0/33\", no network in plain form; write it as in "
		  "10.1.0.0/16, with zeros behind the prefix\n" },
	{ "network of two sites", .sites = "id,name,networks\ns001,One,10.1.0.0/16\ns002,Two,10.2.0.0/16|10.1.4.0/24\n",
	  .want = "sites:3:3 networks \"10.1.4.0/24\" lies within 10.1.0.0/16 of site \"s001\"; give each address to one site\n" },
	{ "networks within one of the same site", .sites = "id,name,networks\ns001,One,10.1.0.0/16|10.1.4.0/24|2001:db8::/32\n",
	  .want = "" },
	{ "not a date", LINK("contract_end", "2027-02-29"),
	  .want = "links:2:3 contract_end \"2027-02-29\" is not a date; write year, month and day as in 2026-12-31\n" },
	{ "date the other way round", LINK("contract_end", "31-12-2026"),
	  .want = "links:2:3 contract_end \"31-12-2026\" is not a date; write year, month and day as in 2026-12-31\n" },
	{ "address with a leading zero", LINK("address", "10.1.0.013"),
	  .want = "links:2:3 address \"10.1.0.013\" is not an IP address in plain form; write it as in 10.1.0.13 or 2001:db8::1\n" },
	{ "a probe that cannot be one", LINK("probe", "TCP 443"),
	  .want = "links:2:3 probe \"TCP 443\" is not a probe; write its name, and a port behind \":\", as in icmp or tcp:443\n" },
	{ "a probe's port out of range", LINK("probe", "tcp:65536"),
	  .want = "links:2:3 probe \"tcp:65536\" has no port from 1 to 65535 behind \":\"; write it as in tcp:443\n" },
	{ "a device name that the kernel does not take", LINK("interface", "enterprise-uplink"),
	  .want = "links:2:3 interface \"enterprise-uplink\" is no network device; give its name of at most 15 bytes, as "
		  "\"ip link\" shows it\n" },
	{ "a key outside its folder", LINK("credential", "../x"),
	  .want = "links:2:3 credential \"../x\" is not a file name; give the name of a file below secrets/probes\n" },
	{ "a source of the other kind", LINK("address,source", "10.1.0.1,2001:db8::1"),
	  .want = "links:2:4 source 2001:db8::1 cannot send to address 10.1.0.1; give one of the same kind\n" },
	{ "two lines to one address, each by its own way", .want = "",
	  .links = "id,site,address,source,interface\ns001-1,s001,10.1.0.1,10.9.0.1,\ns001-2,s001,10.1.0.1,10.9.1.1,\n"
		   "s001-3,s001,10.1.0.1,,eth1\ns001-4,s001,10.1.0.1,,\n" },
	{ "two lines to one address by one way", .links = "id,site,address,source\ns001-1,s001,10.1.0.1,10.9.0.1\n"
	  "s001-2,s001,10.1.0.1,10.9.0.1\n",
	  .want = "links:3:3 address 10.1.0.1 is s001-1's already (via main from 10.9.0.1); give each its own, or another via\n" },
	{ "multicast address", LINK("address", "224.0.0.1"),
	  .want = "links:2:3 address \"224.0.0.1\" is not the address of one host; give the one that answers\n" },
	{ "line break inside a field", .sites = "id,name\ns001,\"a\nb\"\n",
	  .want = "sites:2:2 name \"a\\x0ab\" holds a line break or control character; use one line, and \"|\" between items\n" },
	{ "port out of range", .devices = "id,site,address,port\nd1,s001,10.0.0.1,65536\n",
	  .want = "devices:2:4 port \"65536\" is not a whole number from 1 to 65535\n" },
	{ "SNMP version that is not spoken", .devices = "id,site,version\nd1,s001,4\n",
	  .want = "devices:2:3 version \"4\" is not one of its words; use one of: auto, 1, 2c, 3\n" },
	{ "intervals of devices", .want = "",
	  .devices = "id,site,interval_s\nd1,s001,\nd2,s001,10\nd3,s001,3600\n" },
	{ "interval too short", .devices = "id,site,interval_s\nd1,s001,9\n",
	  .want = "devices:2:3 interval_s \"9\" is not a whole number from 10 to 3600\n" },
	{ "credential with a path", .devices = "id,site,address,credential\nd1,s001,10.0.0.1,../x\n",
	  .want = "devices:2:4 credential \"../x\" is not a file name; give the name of a file below secrets/snmp\n" },
	{ "two errors in one row", LINK("role,address", "x,y"),
	  .want = "links:2:3 role \"x\" is not one of its words; use one of: main, backup\n"
		  "links:2:4 address \"y\" is not an IP address in plain form; write it as in 10.1.0.13 or 2001:db8::1\n" },
	{ "a broken row of CSV", .sites = "id,name\n\"s001\"x,One\ns002,Two\n", LINK("role", "main"),
	  .want = "sites:2:1 text after the closing quote of a field that opens in line 2; double a quote inside a quoted field\n" },

	{ "unknown site with a near one", .links = "id,site\ns001-1,s0001\n",
	  .want = "links:2:2 site \"s0001\" is no site of sites.csv; did you mean \"s001\"?\n" },
	{ "unknown parent with none near", LINK("parent", "kota-baru-utara"),
	  .want = "links:2:3 parent \"kota-baru-utara\" is no site of sites.csv; add it there\n" },
	{ "a reference to a refused row is no second error", .sites = "id,name\ns001,\n", LINK("role", "main"),
	  .want = "sites:2:2 name is empty; it must be given\n" },
	{ "unknown segment in a list", LINK("segments", "seg-1|seg-2"), .segments = "id,name\nseg-1,One\n",
	  .want = "links:2:3 segments \"seg-2\" is no segment of segments.csv; did you mean \"seg-1\"?\n" },
	{ "unknown device", LINK("device,port", "s001-r2,ether1"), .devices = DEVICES,
	  .want = "links:2:3 device \"s001-r2\" is no device of devices.csv; did you mean \"s001-r1\"?\n" },
	{ "a site that is its own parent", LINK("parent", "s001"),
	  .want = "links:2:3 parent \"s001\" leads back to site \"s001\"; no site may pass through itself\n" },
	{ "a service that needs itself by another",
	  .services = "id,site,kind,target,depends\nweb,s001,http,http://a/,db\ndb,s001,tcp,a:1,web\n",
	  .want = "services:3:5 depends \"web\" leads back to service \"db\"; no service may need itself\n" },
	{ "a circle of parents", .links = "id,site,parent\na,s001,s002\nb,s002,node-1\nc,node-1,s001\n",
	  .want = "links:4:3 parent \"s001\" leads back to site \"node-1\"; no site may pass through itself\n" },
	{ "two lines at one address", .links = "id,site,address\ns001-1,s001,10.1.0.1\ns002-1,s002,10.1.0.1\n",
	  .want = "links:3:3 address 10.1.0.1 is s001-1's already (via main); give each its own, or another via\n" },
	{ "two agents at one address and port", .devices = "id,site,address\nd1,s001,10.0.0.1\nd2,s001,10.0.0.1\n",
	  .want = "devices:3:3 address 10.0.0.1 is d1's already (via main); give each its own, or another via\n" },
	{ "port without a device", LINK("port", "ether1"),
	  .want = "links:2:3 port \"ether1\" stands without a device; name the device, too\n" },
	{ "device without a port", LINK("device", "s001-r1"), .devices = DEVICES,
	  .want = "links:2:3 device \"s001-r1\" stands without a port; name the port, too\n" },
	{ "credential without an address", .devices = "id,site,credential\nd1,s001,x\n",
	  .want = "devices:2:0 address is empty, but there is a credential to poll it with; give the address of its agent\n" },
};

static void
test_cases(void)
{
	struct seen s;
	size_t	    i;

	for (i = 0; i < nitems(cases); i++) {
		const char *file[INPUT_KINDS] = {
			[INPUT_SITES] = cases[i].sites != NULL ? cases[i].sites : SITES,
			[INPUT_LINKS] = cases[i].links, [INPUT_DEVICES] = cases[i].devices,
			[INPUT_SERVICES] = cases[i].services, [INPUT_SEGMENTS] = cases[i].segments,
		};

		load(&s, file);
		is_text(s.text, cases[i].want, cases[i].name);
		inventory_free(s.inv);
	}
}

static void
test_meaning(void)
{
	const char *const file[INPUT_KINDS] = {
		[INPUT_SITES] = "id,name,short,lat,class\ns001,One,1,-0.02,critical\nnode-1,Node,,,\n",
		[INPUT_LINKS] = "id,site,role,parent,address,down_mbps,device,port,probe,source,interface\n"
				"s001-1,s001,backup,,10.1.0.1,2.5,,,tcp:443,10.9.0.1,eth1\n"
				"s001-2,s001,main,node-1,,,s001-r1,ether1,,,\n",
		[INPUT_DEVICES] = DEVICES,
	};
	struct seen	     s;
	const struct site   *one, *node;
	const struct link   *a, *b;
	const struct device *d;
	char		     text[ADDR_TEXT_MAX];

	load(&s, file);
	one = inventory_site(s.inv, "s001");
	node = inventory_site(s.inv, "node-1");
	a = inventory_link_of(s.inv, "s001-1");
	b = inventory_link_of(s.inv, "s001-2");
	d = inventory_device(s.inv, "s001-r1");
	if (!ok(one != NULL && node != NULL && a != NULL && b != NULL && d != NULL, "found by id"))
		return;
	ok(inventory_site(s.inv, "s00") == NULL && inventory_link_of(s.inv, "s001") == NULL, "others are not found");
	ok(s.inv->nsites == 2 && s.inv->nlinks == 2 && s.inv->ndevices == 1, "counted");
	ok(s.inv->site[one->index] == one && s.inv->link[b->index] == b, "known by index");
	ok(one->class == CLASS_CRITICAL && node->class == CLASS_OFFICE, "class, and its default");
	is_near(one->lat, -0.02, 0, "latitude");
	is_near(one->lon, NAN, 0, "no longitude is unknown, not 0");
	is_near(a->down_bps, 2.5e6, 0, "Mbit/s became bit/s");
	is_near(a->up_bps, NAN, 0, "no speed is unknown, not 0");
	is_text(addr_text(&a->address, text), "10.1.0.1", "address");
	ok(strcmp(a->probe.name, "tcp") == 0 && a->probe.port == 443 && strcmp(a->interface, "eth1") == 0, "probe");
	is_text(addr_text(&a->source, text), "10.9.0.1", "source");
	ok(b->probe.name[0] == '\0' && b->probe.port == 0 && b->source.family == 0 && b->interface[0] == '\0', "as all");
	ok(b->address.family == 0 && b->kind == LINK_BEST_EFFORT && b->life == LIFE_LIVE, "defaults");
	is_text(b->via, "main", "instance, if empty");
	is_text(b->provider, "", "text, if empty");
	ok(d->port == 161 && strcmp(d->version, "auto") == 0 && d->interval_s == 0 && d->site == one, "device");
	ok(one->nlinks == 2 && one->links[0] == b && one->links[1] == a, "main first");
	ok(b->parent == node && b->device == d && a->parent == NULL, "resolved");
	ok(node->nchildren == 1 && node->children[0] == b && one->nchildren == 0, "children");
	inventory_free(s.inv);
}

static void
no_error(void *arg, unsigned column, const char *text)
{
	(void)arg;
	printf("# %u %s\n", column, text);
}

static void
add_again(void *arg, enum input_kind what, unsigned line, const char *const *fields, size_t n)
{
	struct seen *s = arg;

	if (inventory_add(s->inv, what, fields, n, no_error, s) == 0)
		s->len += line;
}

/* What check sends to core row by row must be the same inventory there. */
static void
test_rows(void)
{
	const char *const file[INPUT_KINDS] = {
		[INPUT_SITES] = SITES, [INPUT_DEVICES] = DEVICES, [INPUT_LINKS] = "site,id\ns002,s002-1\ns001,s001-1\n",
	};
	struct seen s, again = { .inv = inventory_new() };

	load(&s, file);
	inventory_each(s.inv, add_again, &again);
	is_i64((int64_t)again.len, 2 + 3 + 4 + 2 + 2 + 3, "every row with its line");
	is_i64(inventory_link(again.inv, on_link_error, &again), 0, "no error the second time");
	ok(again.inv->nsites == 3 && again.inv->nlinks == 2 && again.inv->ndevices == 1, "the same counts");
	is_text(again.inv->link[0]->id, "s002-1", "the same order");
	inventory_free(s.inv);
	inventory_free(again.inv);
}

static void
test_schema(void)
{
	static const char *const want[INPUT_KINDS] = {
		[INPUT_SITES] = "id,name,short,kind,district,class,owner,lat,lon,hours,contacts,life,networks,",
		[INPUT_LINKS] = "id,site,role,provider,product,parent,address,down_mbps,up_mbps,kind,sla_pct,price_idr,budget_code,"
				"contract_end,segments,device,port,via,life,rx_dbm_min,probe,source,interface,credential,",
		[INPUT_DEVICES] = "id,site,kind,profile,address,port,version,credential,interval_s,owner,via,life,",
		[INPUT_SERVICES] = "id,site,kind,target,expect,interval_s,class,owner,depends,via,life,credential,",
		[INPUT_SEGMENTS] = "id,name,kind,a,b,length_m,",
	};
	enum input_kind what;
	char		got[300];
	size_t		i, len;

	for (what = INPUT_SITES; what < INPUT_KINDS; what++) {
		for (i = len = 0; inventory_column(what, i) != NULL; i++)
			len += (size_t)snprintf(got + len, sizeof(got) - len, "%s,", inventory_column(what, i));
		is_text(got, want[what], kind_names[what]);
	}
	ok(inventory_column(INPUT_CONF, 0) == NULL, "a configuration has no columns");
}

static char *
lines_make(size_t n)
{
	size_t size = n * 80 + 100, len = 0, i;
	char  *text = malloc(size);

	len += (size_t)snprintf(text, size, "id,site,role,provider,parent,address,down_mbps,life\n");
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "l%zu-1,l%zu,main,indihome,%s,10.%zu.%zu.%zu,10,live\n", i, i,
		    i > 0 ? "l0" : "", 1 + i / 65536, i / 256 % 256, i % 256);
	return text;
}

static void
test_many(void)
{
	size_t	    i, n = 30000, size = n * 40 + 20, len;
	char	   *sites = malloc(size), *links = lines_make(n);
	const char *file[INPUT_KINDS] = { [INPUT_SITES] = sites, [INPUT_LINKS] = links };
	struct seen s;

	len = (size_t)snprintf(sites, size, "id,name\n");
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(sites + len, size - len, "l%zu,Site %zu\n", i, i);
	load(&s, file);
	is_text(s.text, "", "30,000 sites with a line each");
	is_i64((int64_t)inventory_site(s.inv, "l0")->nchildren, (int64_t)n - 1, "all behind one node");
	inventory_free(s.inv);
	free(sites);
	free(links);
}

int
main(void)
{
	test_schema();
	test_cases();
	test_meaning();
	test_rows();
	test_many();
	return tap_done();
}
