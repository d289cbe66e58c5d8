/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_test.c: configuration and inventory together: what only both can tell, the shipped files, and what core gets. */
#include "proc/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/loop.h"
#include "ipc/ipc.h"
#include "tap.h"

#define SITES "id,name\ns001,One\n"
#define LINKS "id,site,address\ns001-1,s001,10.1.0.1\n"

struct seen {
	char	 text[8192];	/* "file:line:column: sentence" one per line */
	size_t	 len, errors;
};

static void
on_error(void *arg, const struct msg_conf_error *e)
{
	struct seen *s = arg;

	s->errors++;
	if (s->len < sizeof(s->text))
		s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s:%u:%u: %s\n", e->file, e->line, e->column,
		    e->text);
}

static const struct {
	const char *name;
	const char *conf, *sites, *links, *devices;	/* NULL: the file is absent */
	const char *want;	/* all errors, in order; "" = none */
	const char *services;
} cases[] = {
	{ "the least there can be", "", SITES, LINKS, NULL, "" },
	{ "no file at all", NULL, NULL, NULL, NULL,
	  "simpuld.conf:0:0: the file is missing; it must be there\n"
	  "inventory/sites.csv:0:0: the file is missing; it must be there\n"
	  "inventory/links.csv:0:0: the file is missing; it must be there\n" },
	{ "errors of all files, each in the order of its lines", "mqtt = { prot = 1; };\nengine = { ns = \"Kota\" };\n",
	  "id,name\ns001,\n", "id,site,address,role\ns001-1,s001,10.1.0.1,x\ns002-1,s002,10.1.0.1,\n", NULL,
	  "simpuld.conf:1:10: unknown setting \"prot\"; did you mean \"port\"?\n"
	  "inventory/sites.csv:2:2: name is empty; it must be given\n"
	  "inventory/links.csv:2:4: role \"x\" is not one of its words; use one of: main, backup\n"
	  "inventory/links.csv:3:2: site \"s002\" is no site of sites.csv; add it there\n" },
	{ "an instance that is not listed", "measure = ( { name = \"main\"; } );", SITES,
	  "via,id,site\nwan,s001-1,s001\n", NULL,
	  "inventory/links.csv:2:1: via \"wan\" is no instance of simpuld.conf; add { name = \"wan\"; } to its measure list\n" },
	{ "no instance main, where via is empty", "measure = ( { name = \"wan\"; } );", SITES, LINKS, NULL,
	  "inventory/links.csv:2:0: via \"main\" is no instance of simpuld.conf; add { name = \"main\"; } to its measure list\n" },
	{ "names that are no ids", "engine = { ns = \"Kota\"; node = \"1\"; };", SITES, LINKS, NULL,
	  "simpuld.conf:1:12: engine.ns: \"Kota\" is not an id; use 1 to 63 of a-z, 0-9 and \"-\", not only digits\n"
	  "simpuld.conf:1:25: engine.node: \"1\" is not an id; use 1 to 63 of a-z, 0-9 and \"-\", not only digits\n" },
	{ "an instance twice", "measure = ( { name = \"main\"; },\n { name = \"main\"; } );", SITES, LINKS, NULL,
	  "simpuld.conf:2:4: measure[1].name: \"main\" is there twice; give each its own name\n" },
	{ "instances whose twins would have no name", "measure = ( { name = \"main\"; },\n{ name = \"main-apps\"; },\n"
	  "{ name = \"a-name-that-is-27-long-here\"; } );", SITES, LINKS, NULL,
	  "simpuld.conf:2:3: measure[1].name: \"main-apps\" ends as the names of the processes that ask services do; give it "
	  "another name\n"
	  "simpuld.conf:3:3: measure[2].name: \"a-name-that-is-27-long-here\" is too long; use at most 26 characters\n" },
	{ "a rule without a direction", "rules = ( { name = \"x\"; value = \"loss_ratio\"; raise = 0.1; clear = 0.1; } );",
	  SITES, LINKS, NULL,
	  "simpuld.conf:1:47: rules[0].raise: equals clear; above it the rule watches for high values, below it for low ones\n" },
	{ "timeouts longer than their intervals", "icmp = { interval_s = 1; timeout_s = 1.5; };\ntcp = { interval_s = 3; timeout_s = 3; };\n"
	  "snmp = { timeout_s = 30;\ninterval_s = 20; };", SITES, LINKS, NULL,
	  "simpuld.conf:1:26: icmp.timeout_s: longer than icmp.interval_s; give at most 1 s\n"
	  "simpuld.conf:3:10: snmp.timeout_s: longer than snmp.interval_s; give at most 20 s\n" },
	{ "a path that depends on where it starts", "engine = { data_dir = \"data\"; };", SITES, LINKS, NULL,
	  "simpuld.conf:1:12: engine.data_dir: \"data\" does not start with \"/\"; give the whole path\n" },
	{ "a secret with a path", "mqtt = { password_file = \"/etc/passwd\"; };", SITES, LINKS, NULL,
	  "simpuld.conf:1:10: mqtt.password_file: \"/etc/passwd\" is not a file name; give the name of a file below secrets/publish\n" },
	{ "a Unix socket with a port", "mqtt = { host = \"/run/mqtt.sock\"; };", SITES, LINKS, NULL,
	  "simpuld.conf:0:0: mqtt.port: 0 goes with the path of a Unix socket as host, and only with that\n" },
	{ "lines and their probes", "", SITES,
	  "id,site,address,probe,source\ns001-1,s001,10.1.0.1,tcp:443,10.9.0.1\ns001-2,s001,10.1.0.1,icmp,\n"
	  "s001-3,s001,10.1.0.2,tpc,\ns001-4,s001,10.1.0.3,icmp:7,\ns001-5,s001,,icmp,\ns001-6,s001,10.1.0.4,gopher,\ns001-7,s001,,home,\n", NULL,
	  "inventory/links.csv:4:4: probe \"tpc\" is no probe of lines; did you mean \"tcp\"?\n"
	  "inventory/links.csv:5:4: probe \"icmp:7\" has a port, but icmp knows none; write \"icmp\"\n"
	  "inventory/links.csv:6:3: address is empty, but there is a probe, icmp, which needs it; give the address of the far end\n"
	  "inventory/links.csv:7:4: probe \"gopher\" is no probe of lines; use one of: home, icmp, tcp\n"
	  "inventory/links.csv:8:0: credential is empty, but whoever calls (probe home) proves by its key who it is; "
	  "give the name of a file below secrets/probes\n" },
	{ "a Unix socket", "mqtt = { host = \"/run/mqtt.sock\"; port = 0; };", SITES, LINKS, NULL, "" },
	{ "services as they should be", "", SITES, LINKS, NULL, "",
	  "id,site,kind,target,expect\nweb,s001,tcp,10.1.0.1:443,max_s=2\njob,s001,push,job,every=24h\n" },
	{ "services of no kind, and with words that their probe does not take", "", SITES, LINKS, NULL,
	  "inventory/services.csv:2:3: kind \"tpc\" is no kind of service; did you mean \"tcp\"?\n"
	  "inventory/services.csv:3:4: target \"10.1.0.1:x\": \"x\" is no port; write a number from 1 to 65535\n"
	  "inventory/services.csv:4:5: expect \"baner=SSH\": expect: \"baner\" is not known; did you mean \"banner\"?\n",
	  "id,site,kind,target,expect\nweb,s001,tpc,10.1.0.1:443,\nssh,s001,tcp,10.1.0.1:x,\n"
	  "ssh-2,s001,tcp,10.1.0.1:22,baner=SSH\n" },
};

static void
input_set(struct check_input *in, const char *text)
{
	*in = (struct check_input){ .text = text != NULL ? strdup(text) : NULL, .len = text != NULL ? strlen(text) : 0 };
}

static void
inputs_free(struct check_input in[INPUT_KINDS])
{
	int k;

	for (k = 0; k < INPUT_KINDS; k++)
		free(in[k].text);
}

static void
test_cases(void)
{
	struct check_input  in[INPUT_KINDS] = { 0 };
	struct check_result r;
	struct seen	    s;
	size_t		    i;

	for (i = 0; i < nitems(cases); i++) {
		s = (struct seen){ 0 };
		input_set(&in[INPUT_CONF], cases[i].conf);
		input_set(&in[INPUT_SITES], cases[i].sites);
		input_set(&in[INPUT_LINKS], cases[i].links);
		input_set(&in[INPUT_DEVICES], cases[i].devices);
		input_set(&in[INPUT_SERVICES], cases[i].services);
		check_inputs(&r, in, on_error, &s);
		is_text(s.text, cases[i].want, cases[i].name);
		ok(r.errors == s.errors && (r.conf != NULL) == (s.errors == 0) && (r.inv != NULL) == (s.errors == 0),
		    "... and the result goes with it");
		check_result_free(&r);
		inputs_free(in);
	}
}

/* 2,000 bad rows: a thousand are told, the rest is counted. */
static void
test_many_errors(void)
{
	struct check_input  in[INPUT_KINDS] = { 0 };
	struct check_result r;
	struct seen	    s = { 0 };
	char		   *sites = calloc(1, 64000);
	size_t		    len = (size_t)sprintf(sites, "id,name\n"), i;

	for (i = 0; i < 2000; i++)
		len += (size_t)sprintf(sites + len, "S%zu,x\n", i);
	input_set(&in[INPUT_CONF], "");
	input_set(&in[INPUT_SITES], sites);
	input_set(&in[INPUT_LINKS], "id,site\n");
	check_inputs(&r, in, on_error, &s);
	ok(r.errors == 2000 && s.errors == 1001, "a flood of errors is cut");
	check_result_free(&r);
	inputs_free(in);
	free(sites);
}

/* ---- the shipped files ---- */

static const char *const shipped[INPUT_KINDS] = {
	[INPUT_CONF] = "simpuld.conf", [INPUT_SITES] = "inventory/sites.csv", [INPUT_LINKS] = "inventory/links.csv",
	[INPUT_DEVICES] = "inventory/devices.csv", [INPUT_SERVICES] = "inventory/services.csv",
};

static void
shipped_load(struct check_input in[INPUT_KINDS])
{
	const char *srcdir = getenv("srcdir");
	char	    path[512], err[200];
	int	    k, fd;

	for (k = 0; k < INPUT_KINDS; k++) {
		if (shipped[k] == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/etc/%s", srcdir != NULL ? srcdir : ".", shipped[k]);
		snprintf(in[k].name, sizeof(in[k].name), "%s", shipped[k]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (!ok(fd != -1 && check_read(fd, 1 << 20, &in[k].text, &in[k].len, err, sizeof(err)) == 0, "%s is read", shipped[k]))
			printf("# %s: %s\n", path, err);
		if (fd != -1)
			close(fd);
	}
}

static size_t
count_links(const struct inventory *inv, const char *provider, const char *product, int role)
{
	size_t i, n = 0;

	for (i = 0; i < inv->nlinks; i++) {
		const struct link *k = inv->link[i];

		n += k->site->id[0] == 's' && (provider == NULL || strcmp(k->provider, provider) == 0) &&
		    (product == NULL || strcmp(k->product, product) == 0) && (role == -1 || (int)k->role == role);
	}
	return n;
}

/* The counts of the survey, and what the example adds to it. */
static void
shipped_count(const struct inventory *inv)
{
	size_t i, mains, one_main = 0;

	is_i64((int64_t)inv->nsites, 61 + 9, "61 surveyed sites, 9 more places");
	is_i64((int64_t)inv->nlinks, 85 + 5, "85 surveyed lines, 5 more");
	is_i64((int64_t)inv->ndevices, 7 + 1, "7 routers, and this host");
	is_i64((int64_t)count_links(inv, NULL, NULL, -1), 85, "lines of offices");
	is_i64((int64_t)count_links(inv, "indihome", "", -1), 52, "Indihome");
	is_i64((int64_t)count_links(inv, "indihome", "speedy", -1), 2, "Speedy");
	is_i64((int64_t)count_links(inv, "astinet", NULL, -1), 20, "Astinet");
	is_i64((int64_t)count_links(inv, "icon+", NULL, -1), 3, "ICON+");
	is_i64((int64_t)count_links(inv, "lintasarta", NULL, -1), 1, "Lintasarta");
	is_i64((int64_t)count_links(inv, "own", NULL, -1), 3, "own fibre and radio");
	is_i64((int64_t)count_links(inv, "other", NULL, -1), 4, "others");
	is_i64((int64_t)count_links(inv, NULL, NULL, ROLE_MAIN), 61, "main lines");
	for (i = 0; i < inv->nsites; i++) {
		const struct site *s = inv->site[i];

		for (mains = 0; mains < s->nlinks && s->links[mains]->role == ROLE_MAIN; mains++)
			;
		one_main += mains == 1;
	}
	is_i64((int64_t)one_main, 61 + 5, "one main line each; cmd-1, s062, s063 and cctv-1 have none");
	is_i64((int64_t)inventory_site(inv, "node-1")->nchildren, 40, "lines through node 1");
	is_i64((int64_t)inventory_site(inv, "node-2")->nchildren, 13, "... node 2");
	is_i64((int64_t)inventory_site(inv, "node-3")->nchildren, 11, "... node 3");
	is_text(inventory_link_of(inv, "s006-1")->provider, "indihome", "s006: Indihome is main, its Astinet never worked");
	ok(inventory_link_of(inv, "s006-1")->role == ROLE_MAIN && inventory_link_of(inv, "s006-2")->role == ROLE_BACKUP, "... in role");
	ok(inventory_site(inv, "s036")->links[0]->device == inventory_device(inv, "s036-r1"), "a router carries its site's main line");
}

/* ---- what core gets ---- */

struct core_end {
	struct conf	 *conf;
	struct inventory *inv;
	struct msg_conf_end end;
	size_t		  rows, instances, refused;
};

static void
on_row_error(void *arg, unsigned column, const char *text)
{
	(void)arg;
	printf("# column %u: %s\n", column, text);
}

static void
take_row(struct core_end *c, const struct ipc_msg *msg)
{
	static struct msg_row m;
	char		      err[300];

	c->rows++;
	if (msg_row_decode(&m, msg->data, msg->len) == -1)
		c->refused++;
	else if (m.what == INPUT_CONF)
		c->refused += conf_set(c->conf, m.field[0], m.field[1], err, sizeof(err)) == -1;
	else
		c->refused += inventory_add(c->inv, m.what, m.field, m.nfields, on_row_error, c) == -1;
}

static void
on_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct core_end *c = arg;

	(void)ch;
	if (msg->type == IPC_ROW)
		take_row(c, msg);
	else if (msg->type == IPC_INSTANCE)
		c->instances++;
	else if (msg->type == IPC_CONF_END)
		c->refused += msg_conf_end_decode(&c->end, msg->data, msg->len) == -1;
}

static void
on_link_error(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	(void)arg, (void)what, (void)column;
	printf("# %s: %s\n", id, text);
}

static void
test_shipped(void)
{
	struct check_input   in[INPUT_KINDS] = { 0 };
	struct check_result  r;
	struct seen	     s = { 0 };
	struct loop	    *l = loop_new_virtual(1, 0);
	struct core_end	     core = { .conf = conf_new_default(), .inv = inventory_new() };
	struct ipc_channel  *ours, *theirs;

	shipped_load(in);
	check_inputs(&r, in, on_error, &s);
	is_text(s.text, "", "the shipped files have no error");
	if (r.inv == NULL)
		return;
	shipped_count(r.inv);

	ipc_pair(l, &ours, "check", &theirs, "core");
	ipc_handlers(ours, on_message, NULL, &core);
	check_send(theirs, &r);
	loop_run_until(l, NS_PER_S);
	is_i64((int64_t)core.refused, 0, "core takes every row");
	is_i64((int64_t)core.instances, 2, "and every instance");
	ok(core.end.errors == 0 && core.end.rows == 70 + 90 + 8 + 12 && core.end.count[INPUT_LINKS] == 90, "the end says how many");
	is_i64(inventory_link(core.inv, on_link_error, NULL), 0, "core's inventory links");
	ok(core.inv->nsites == r.inv->nsites && core.inv->nlinks == r.inv->nlinks && core.inv->ndevices == r.inv->ndevices,
	    "... and is the same");
	ipc_free(ours);
	ipc_free(theirs);
	loop_free(l);
	conf_free(core.conf);
	inventory_free(core.inv);
	check_result_free(&r);
	inputs_free(in);
}

static void
test_read(void)
{
	char	path[] = "/tmp/simpul-check-XXXXXX", err[200], *text;
	int	fd = mkstemp(path), fds[2];
	size_t	len;

	ok(fd != -1 && write(fd, "abc", 3) == 3 && lseek(fd, 0, SEEK_SET) == 0, "a file");
	ok(check_read(fd, 3, &text, &len, err, sizeof(err)) == 0 && len == 3 && memcmp(text, "abc", 4) == 0, "is read");
	free(text);
	ok(check_read(fd, 2, &text, &len, err, sizeof(err)) == -1 && text == NULL, "a larger one than allowed is not");
	close(fd);
	unlink(path);
	ok(pipe(fds) == 0 && check_read(fds[0], 100, &text, &len, err, sizeof(err)) == -1, "a pipe is refused, not waited for");
	is_text(err, "is not a regular file; give a plain file", "... and the reason given");
	close(fds[0]);
	close(fds[1]);
	fd = open("/", O_RDONLY | O_DIRECTORY);
	ok(check_read(fd, 100, &text, &len, err, sizeof(err)) == -1, "a directory is refused");
	close(fd);
}

int
main(void)
{
	test_cases();
	test_many_errors();
	test_shipped();
	test_read();
	return tap_done();
}
