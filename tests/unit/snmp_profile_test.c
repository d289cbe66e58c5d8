/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_profile_test.c: profile files through the whole check, what they mean, and whose a device is. */
#include "model/snmp_profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "proc/check.h"
#include "tap.h"

#define SITES	"id,name\ns001,One\n"
#define LINKS	"id,site,address\ns001-1,s001,10.1.0.1\n"
#define FILES_MAX 8

struct seen {
	char   text[8192];
	size_t len;
};

static void
on_error(void *arg, const struct msg_conf_error *e)
{
	struct seen *s = arg;

	if (s->len < sizeof(s->text))
		s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s:%u:%u: %s\n", e->file, e->line,
		    e->column, e->text);
}

static const struct {
	const char *name;
	const char *devices;		/* NULL: none */
	const char *file[2 * FILES_MAX];	/* name, text, ... */
	const char *want;
} cases[] = {
	{ "the least there can be", NULL, { "generic", "" }, "" },
	{ "an unknown key", NULL, { "a", "tables = (\n { name = \"x\"; entry = \"1.3\"; lable = 2; } );" },
	  "a.conf:2:31: unknown setting \"lable\"; did you mean \"label\"?\n" },
	{ "an unknown group", NULL, { "a", "table = ();" }, "a.conf:1:1: unknown group \"table\"; did you mean \"tables\"?\n" },
	{ "a key that is missing", NULL, { "a", "tables = ( { name = \"x\"; } );" },
	  "a.conf:1:12: tables: \"entry\" is missing; give text in quotes, at most 1023 bytes\n" },
	{ "OIDs that are none", NULL,
	  { "a", "tables = (\n{ name = \"a\"; entry = \"1.3.x\"; },\n{ name = \"b\"; entry = \"1.3.4294967296\"; },\n"
		 "{ name = \"c\"; entry = \"1\"; },\n{ name = \"d\"; entry = \"1.3.\"; },\n{ name = \"e\"; entry = \".1.3\"; } );" },
	  "a.conf:2:15: tables[0].entry: \"1.3.x\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.2.1.2.2.1\n"
	  "a.conf:3:15: tables[1].entry: \"1.3.4294967296\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.2.1.2.2.1\n"
	  "a.conf:4:15: tables[2].entry: \"1\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.2.1.2.2.1\n"
	  "a.conf:5:15: tables[3].entry: \"1.3.\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.2.1.2.2.1\n"
	  "a.conf:6:15: tables[4].entry: \".1.3\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.2.1.2.2.1\n" },
	{ "a match that is no OID", NULL, { "a", "profile = { match = \"1.3|x\"; };" },
	  "a.conf:1:13: profile.match: \"x\" is not an OID; expected 2 to 128 numbers below 2^32, such as 1.3.6.1.4.1.14988.1\n" },
	{ "the table that runs scripts", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6.1.4.1.14988.1.1.18.1.1\"; } );\n"
		 "values = ( { table = \"x\"; name = \"v\"; column = 3; } );" },
	  "a.conf:2:39: values[0].column: column 3 of x reads below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script for "
	  "each object that is read; leave it out\n" },
	{ "... reached by entry and column", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6.1.4.1.14988.1.1\"; label = 18; } );\n"
		 "values = ( { table = \"x\"; name = \"v\"; column = 18; } );" },
	  "a.conf:1:59: tables[0].label: column 18 of x reads below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script for "
	  "each object that is read; leave it out\n"
	  "a.conf:2:39: values[0].column: column 18 of x reads below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script for "
	  "each object that is read; leave it out\n" },
	{ "... from above", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6.1.4.1.14988\"; } );\n"
		 "values = ( { table = \"x\"; name = \"v\"; column = 1; } );" },
	  "a.conf:2:39: values[0].column: column 1 of x reads below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script for "
	  "each object that is read; leave it out\n" },
	{ "its neighbour is allowed", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6.1.4.1.14988.1.1.19.1.1\"; label = 2; } );\n"
		 "values = ( { table = \"x\"; name = \"v\"; column = 18; } );" }, "" },
	{ "a walk that runs into it", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6.1.4.1.14988.1.1.16.1.1\"; } );\n" },
	  "a.conf:1:26: tables[0].entry: a walk of this table would go on below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a "
	  "script for each object that is read; give rows = \"ports\" if its rows are ports, or leave it out\n" },
	{ "the same without a walk", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6.1.4.1.14988.1.1.16.1.1\"; port = \"index\"; rows = \"ports\"; } );\n" },
	  "" },
	{ "rows of ports that are not told by their index", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6\"; label = 2; rows = \"ports\"; } );\n" },
	  "a.conf:1:54: tables[0].rows: \"ports\" goes with port = \"index\", and without a label\n" },
	{ "the forbidden table by its other columns", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3.6.1.4.1.14988.1.1\"; } );\n"
		 "values = ( { table = \"x\"; name = \"v\"; column = 3;\nwhere_column = 18; where = \"1\";\nper = \"2|18\"; } );" },
	  "a.conf:3:1: values[0].where_column: column 18 of x reads below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script "
	  "for each object that is read; leave it out\n"
	  "a.conf:4:1: values[0].per: column 18 of x reads below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script for each "
	  "object that is read; leave it out\n" },
	{ "parts and places that make no sense", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3\"; } );\nvalues = (\n"
		 "{ table = \"x\"; name = \"a\"; column = 1; where = \"1\"; },\n"
		 "{ table = \"x\"; name = \"b\"; column = 1; per = \"1|x\"; },\n"
		 "{ table = \"x\"; name = \"c\"; column = 1; per = \"2\"; type = \"counter\"; } );" },
	  "a.conf:3:40: values[0].where: goes with where_column, and where_column with it\n"
	  "a.conf:4:40: values[1].per: \"x\" is not a column; write numbers with \"|\" between them, \"5|6\"\n"
	  "a.conf:5:40: values[2].per: only a gauge can be divided by others\n" },
	{ "a circle", NULL,
	  { "a", "profile = { include = \"b\"; };", "b", "profile = { include = \"c\"; };", "c", "profile = { include = \"a\"; };" },
	  "a.conf:1:13: profile.include: includes itself, by way of others or not; break the circle\n" },
	{ "includes within includes", NULL,
	  { "a", "profile = { include = \"b\"; };", "b", "profile = { include = \"c\"; };", "c", "profile = { include = \"d\"; };",
	    "d", "profile = { include = \"e\"; };", "e", "" }, "" },
	{ "... five deep", NULL,
	  { "a", "profile = { include = \"b\"; };", "b", "profile = { include = \"c\"; };", "c", "profile = { include = \"d\"; };",
	    "d", "profile = { include = \"e\"; };", "e", "profile = { include = \"f\"; };", "f", "" },
	  "a.conf:1:13: profile.include: includes profiles more than 4 deep; include them directly\n" },
	{ "... five deep, the other way round", NULL,
	  { "f", "profile = { include = \"e\"; };", "e", "profile = { include = \"d\"; };", "d", "profile = { include = \"c\"; };",
	    "c", "profile = { include = \"b\"; };", "b", "profile = { include = \"a\"; };", "a", "" },
	  "f.conf:1:13: profile.include: includes profiles more than 4 deep; include them directly\n" },
	{ "an include that is not there", NULL, { "entity", "", "b", "profile = { include = \"entty\"; };" },
	  "b.conf:1:13: profile.include: there is no profile \"entty\"; did you mean \"entity\"?\n" },
	{ "two of one match", NULL, { "a", "profile = { match = \"1.3.6\"; };", "b", "profile = { match = \"1.4|1.3.6\"; };" },
	  "b.conf:1:13: profile.match: 1.3.6 is matched by the profile \"a\", too; only one can have it\n" },
	{ "a name that is none", NULL, { "A b", "" },
	  "A b.conf:0:0: the name of a profile file is 1 to 31 of a-z, 0-9 and \"-\", and \".conf\"; rename it\n" },
	{ "duplicate names", NULL,
	  { "a", "tables = (\n{ name = \"x\"; entry = \"1.3\"; },\n{ name = \"x\"; entry = \"1.4\"; } );\n"
		 "values = (\n{ table = \"x\"; name = \"v\"; column = 1; },\n{ table = \"x\"; name = \"v\"; column = 2; } );" },
	  "a.conf:3:3: tables[1].name: \"x\" is there twice; give each its own name\n"
	  "a.conf:6:16: values[1].name: \"v\" is in this table twice; give each its own name\n" },
	{ "a table that is not there", NULL,
	  { "a", "tables = ( { name = \"optical\"; entry = \"1.3\"; } );\n"
		 "values = ( { table = \"optcal\"; name = \"v\"; column = 1; } );" },
	  "a.conf:2:14: values[0].table: there is no table \"optcal\"; did you mean \"optical\"?\n" },
	{ "values that make no sense", NULL,
	  { "a", "tables = ( { name = \"x\"; entry = \"1.3\"; } );\nvalues = (\n"
		 "{ table = \"x\"; name = \"Rx\"; column = 1; },\n"
		 "{ table = \"x\"; name = \"b\"; column = 1; type = \"state\"; },\n"
		 "{ table = \"x\"; name = \"c\"; column = 1; ok = \"1\"; },\n"
		 "{ table = \"x\"; name = \"d\"; column = 1; none = \"1|x\"; },\n"
		 "{ table = \"x\"; name = \"e\"; column = 1; min = 2; max = 1; },\n"
		 "{ table = \"x\"; name = \"f\"; column = 1; type = \"counter\"; host = \"load1\"; },\n"
		 "{ table = \"x\"; name = \"g\"; column = 1; low_warn = 2; high_warn = 1; } );" },
	  "a.conf:3:16: values[0].name: \"Rx\" is not a name; use 1 to 19 of a-z, 0-9 and \"_\", a letter first\n"
	  "a.conf:4:40: values[1].type: a state needs raw numbers; give ok, warn or bad\n"
	  "a.conf:5:16: values[2].type: ok, warn and bad are of states; give type = \"state\"\n"
	  "a.conf:6:40: values[3].none: \"x\" is not a number; write numbers with \"|\" between them, \"1|2\"\n"
	  "a.conf:7:40: values[4].min: is above max: no value would be plausible\n"
	  "a.conf:8:58: values[5].host: only a gauge can be a value of the host\n"
	  "a.conf:9:40: values[6].low_warn: the low limits lie above the high ones: nothing would be well\n" },
	{ "tables that make no sense", NULL,
	  { "a", "tables = (\n{ name = \"a b\"; entry = \"1.3\"; },\n{ name = \"b\"; entry = \"1.3\"; every_s = 5; },\n"
		 "{ name = \"c\"; entry = \"1.3\"; scalar = true; label = 2; },\n{ name = \"d\"; entry = \"1.3\"; port = \"label\"; },\n"
		 "{ name = \"e\"; entry = \"1.3\"; port = \"column\"; } );" },
	  "a.conf:2:3: tables[0].name: \"a b\" is not a name; use 1 to 31 of a-z, 0-9, \"-\" and \"_\"\n"
	  "a.conf:3:30: tables[1].every_s: 5 s is too often; expected 0 or 10 to 3600 s\n"
	  "a.conf:4:30: tables[2].scalar: scalars have no label and no port; leave them out\n"
	  "a.conf:5:30: tables[3].port: \"label\" needs a column as label; give label = ...\n"
	  "a.conf:6:3: tables[4].port_column: goes with port = \"column\", and only with that\n" },
	{ "a device of a profile that is there", "r1,s001,a,10.1.0.9\n", { "a", "" }, "" },
	{ "a device of one that is not", "r1,s001,routros,10.1.0.9\n", { "routeros", "" },
	  "devices.csv:2:3: there is no profile \"routros\"; did you mean \"routeros\"?\n" },
	{ "without any profile none is missed", "r1,s001,routros,10.1.0.9\n", { NULL }, "" },
	{ "no include of a file by libconfig", NULL, { "a", "@include \"b.conf\"" },
	  "a.conf:1:1: @include is not supported; write the settings into this file\n" },
};

static void
input_set(struct check_input *in, const char *name, const char *suffix, const char *text)
{
	snprintf(in->name, sizeof(in->name), "%s%s", name, suffix);
	in->text = text != NULL ? xstrdup(text) : NULL;
	in->len = text != NULL ? strlen(text) : 0;
}

static void
check_case(struct check_result *r, struct seen *s, const char *devices, const char *const *file)
{
	struct check_input in[INPUT_KINDS] = { 0 }, profile[FILES_MAX] = { 0 };
	char		   rows[200];
	size_t		   n;

	snprintf(rows, sizeof(rows), "id,site,profile,address\n%s", devices != NULL ? devices : "");
	input_set(&in[INPUT_CONF], "simpuld", ".conf", "");
	input_set(&in[INPUT_SITES], "sites", ".csv", SITES);
	input_set(&in[INPUT_LINKS], "links", ".csv", LINKS);
	input_set(&in[INPUT_DEVICES], "devices", ".csv", rows);
	for (n = 0; file[2 * n] != NULL; n++)
		input_set(&profile[n], file[2 * n], ".conf", file[2 * n + 1]);
	check_all(r, in, profile, n, on_error, s);
	for (size_t i = 0; i < INPUT_KINDS; i++)
		free(in[i].text);
	for (size_t i = 0; i < n; i++)
		free(profile[i].text);
}

static void
test_cases(void)
{
	struct check_result r;

	for (size_t i = 0; i < nitems(cases); i++) {
		struct seen s = { 0 };

		check_case(&r, &s, cases[i].devices, cases[i].file);
		is_text(s.text, cases[i].want, cases[i].name);
		ok((r.errors == 0) == (s.len == 0) && (r.conf != NULL) == (s.len == 0), "... and the result goes with it");
		check_result_free(&r);
	}
}

/* ---- what a profile means ---- */

static void
on_profile_error(void *arg, const char *profile, const char *path, const char *text)
{
	(void)arg;
	printf("# %s: %s: %s\n", profile, path, text);
	tap_failed++;
}

static struct snmp_profile *
profile_made(const char *name, const char *text)
{
	struct seen	     s = { 0 };
	const char	    *file[] = { name, text, NULL };
	struct check_result  r;
	struct snmp_profile *p;

	check_case(&r, &s, NULL, file);
	is_text(s.text, "", name);
	p = snmp_profile_of(r.profile[0].conf, name, on_profile_error, NULL);
	check_result_free(&r);
	return p;
}

static void
test_meaning(void)
{
	struct snmp_profile *p = profile_made("optical",
	    "profile = { help = \"x\"; match = \"1.3.6.1|2.999\"; };\n"
	    "tables = ( { name = \"o\"; entry = \"1.3.6.1.4.1.14988.1.1.19.1.1\"; label = 2; port = \"label\"; every_s = 60; } );\n"
	    "values = ( { table = \"o\"; name = \"rx_power_dbm\"; column = 10; factor = 0.001; none = \"0|-32768\"; low_warn = -27; },"
	    " { table = \"o\"; name = \"s\"; column = 4294967295; type = \"state\"; ok = \"1\"; bad = \"2|3\"; } );");
	const struct msg_profile_value *v = p->value;
	char				oid[80];

	ok(p->ntables == 1 && p->nvalues == 2 && p->head.nmatches == 2, "tables, values and matches are counted");
	is_text(snmp_profile_oid_text(oid, sizeof(oid), &p->table[0].entry), "1.3.6.1.4.1.14988.1.1.19.1.1", "an OID is read");
	ok(p->table[0].label == 2 && p->table[0].port == PROFILE_PORT_LABEL && p->table[0].every_s == 60 &&
	    p->table[0].rows_max == 256 && !p->table[0].scalar, "a table is read, with its defaults");
	ok(v[0].column == 10 && v[0].factor == 0.001 && v[0].offset == 0 && v[0].wrap == 0 && v[0].none.n == 2 &&
	    v[0].none.v[1] == -32768 && v[0].type == PROFILE_GAUGE, "a value is read, with its defaults");
	ok(v[0].min == -PROFILE_NO_LIMIT && v[0].max == PROFILE_NO_LIMIT && v[0].limits.low_warn == -27 &&
	    v[0].limits.high_crit == PROFILE_NO_LIMIT, "limits that are not given are none");
	ok(v[1].column == UINT32_MAX && v[1].type == PROFILE_STATE && v[1].ok.n == 1 && v[1].bad.n == 2 && v[1].warn.n == 0,
	    "a state is read");
	is_text(snmp_profile_unit("rx_power_dbm"), "dBm", "the ending is the unit");
	is_text(snmp_profile_unit("temp_c"), "C", "... so is another");
	is_text(snmp_profile_unit("clients"), "", "... a plain number has none");
	snmp_profile_free(p);
}

static void
test_match(void)
{
	static const char *const files[][2] = {
		{ "generic", "" }, { "vendor", "profile = { match = \"1.3.6.1.4.1.9\"; include = \"part|other\"; };" },
		{ "model", "profile = { match = \"1.3.6.1.4.1.9.1.5|1.3.6.1.4.1.10\"; };" },
		{ "part", "profile = { include = \"other\"; };" }, { "other", "" },
	};
	static const struct { const char *oid, *named, *want; } devices[] = {
		{ "1.3.6.1.4.1.9.1.4", "", "vendor" }, { "1.3.6.1.4.1.9", "", "vendor" }, { "1.3.6.1.4.1.9.1.5", "", "model" },
		{ "1.3.6.1.4.1.9.1.5.7", "", "model" }, { "1.3.6.1.4.1.9.1.55", "", "vendor" }, { "1.3.6.1.4.1", "", "generic" },
		{ "1.3.6.1.4.1.99", "", "generic" }, { "1.3.6.1.4.1.10.3", "", "model" }, { "1.3.6.1.4.1.9.1.5", "part", "part" },
	};
	struct snmp_profiles	  *set = snmp_profiles_new();
	const struct snmp_profile *part[8];

	for (size_t i = 0; i < nitems(files); i++) {
		const char	   *file[] = { files[i][0], files[i][1], NULL };
		struct conf	   *conf = conf_parse_as(snmp_profile_schema, file[1], strlen(file[1]), NULL, NULL);

		snmp_profiles_add(set, snmp_profile_of(conf, file[0], on_profile_error, NULL));
		conf_free(conf);
	}
	ok(snmp_profiles_link(set, on_profile_error, NULL) == 0, "they fit together");
	for (size_t i = 0; i < nitems(devices); i++) {
		struct msg_oid oid;

		snmp_profile_oid_read(devices[i].oid, strlen(devices[i].oid), &oid);
		is_text(snmp_profile_match(set, devices[i].named, oid.arc, oid.n)->head.name, devices[i].want, devices[i].oid);
	}
	ok(snmp_profile_parts(set, snmp_profile_find(set, "vendor"), part, nitems(part)) == 3 &&
	    strcmp(part[0]->head.name, "vendor") == 0 && strcmp(part[1]->head.name, "part") == 0 &&
	    strcmp(part[2]->head.name, "other") == 0, "what is included twice is read once");
	is_i64((int64_t)snmp_profile_parts(set, snmp_profile_find(set, "vendor"), part, 2), 2, "... and no more than there is room for");
	snmp_profiles_unref(set);
}

int
main(void)
{
	test_cases();
	test_meaning();
	test_match();
	return tap_done();
}
