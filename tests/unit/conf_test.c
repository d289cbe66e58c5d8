/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_test.c: a text against the schema: what is taken, what is refused, where and with which words. */
#include "base/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "tap.h"

struct seen {
	char   text[8192];	/* "12:3 sentence" one per line */
	size_t len;
};

static void
on_error(void *arg, unsigned line, unsigned column, const char *text)
{
	struct seen *s = arg;

	if (s->len < sizeof(s->text))
		s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "%u:%u %s\n", line, column, text);
}

static struct conf *
parse(struct seen *s, const char *text)
{
	*s = (struct seen){ 0 };
	return conf_parse(text, strlen(text), on_error, s);
}

static const struct {
	const char *name, *text, *path, *want;	/* the value at the path, as text */
} good[] = {
	{ "an empty file is all defaults", "", "icmp.interval_s", "2" },
	{ "a number", "engine = { verify_ms = 1500; };", "engine.verify_ms", "1500" },
	{ "colons, no semicolons", "engine:\n{\n\tverify_ms: 1500\n}\n", "engine.verify_ms", "1500" },
	{ "commas", "engine={ns=\"a\",node=\"b\"},", "engine.node", "b" },
	{ "two settings in a line", "engine={ns=\"a\" node=\"b\"}", "engine.node", "b" },
	{ "a comment in the last line without an end", "store={flush_s=60;}; # one minute", "store.flush_s", "60" },
	{ "comments of three kinds", "/* { \" \n */ store={ // x\nflush_s=60; # y\n};", "store.flush_s", "60" },
	{ "a number for a ratio without a point", "engine={removal_max_ratio=1;};", "engine.removal_max_ratio", "1" },
	{ "an exponent", "engine={removal_max_ratio=1e-1;};", "engine.removal_max_ratio", "1e-1" },
	{ "text in two pieces", "engine={data_dir=\"/srv\" \n \"/simpul\";};", "engine.data_dir", "/srv/simpul" },
	{ "quotes and hashes inside text", "engine={data_dir=\"/a\\\"b#c/*d\";};", "engine.data_dir", "/a\"b#c/*d" },
	{ "an @ inside text", "engine={data_dir=\"/@include \\\"x\\\"\";};", "engine.data_dir", "/@include \"x\"" },
	{ "empty text", "mqtt={username=\"\";};", "mqtt.username", "" },
	{ "a switch", "mqtt={enabled=FALSE;};", "mqtt.enabled", "false" },
	{ "an empty list", "rules=();", "rules", "0" },
	{ "the default list", "", "measure", "2" },
	{ "a list of its own", "measure=({name=\"main\";},{name=\"a\";netns=\"/run/netns/a\";},{name=\"b\"});", "measure[1].netns", "/run/netns/a" },
	{ "... its defaults", "measure=({name=\"main\";},{name=\"a\"});", "measure[1].netns", "" },
	{ "words", "rules=({name=\"x\";value=\"loss_ratio\";raise=0.1;clear=0.05;class=[\"park\",\"office\"];});", "rules[0].class", "park|office" },
	{ "no words", "rules=({name=\"x\";value=\"loss_ratio\";raise=0.1;clear=0.05;class=[];});", "rules[0].class", "" },
	{ "words in a list", "rules=({name=\"x\";value=\"loss_ratio\";raise=0.1;clear=0.05;class=(\"park\");});", "rules[0].class", "park" },
	{ "Latin letters beyond ASCII", "engine={data_dir=\"/d\xc3\xa9p\xc3\xb4t\";};", "engine.data_dir", "/d\xc3\xa9p\xc3\xb4t" },
};

static const struct {
	const char *name, *text, *want;
} bad[] = {
	/* what libconfig 1.5 does not survive, or reads as something else */
	{ "@include of a folder", "\n@include \".\"\n", "2:1 @include is not supported; write the settings into this file\n" },
	{ "@include inside a group", "engine = {\n  @include \"x\"\n};", "2:3 @include is not supported; write the settings into this file\n" },
	{ "2^31", "engine = { verify_ms = 2147483648; };",
	  "1:12 engine.verify_ms: \"2147483648\" is not possible; expected a whole number from 1000 to 60000 ms\n" },
	{ "2^64 + 1 (it would be 1)", "engine = { gap_s = 18446744073709551617; };",
	  "1:12 engine.gap_s: \"18446744073709551617\" is not possible; expected a whole number from 5 to 3600 s\n" },
	{ "2^32 + 500 (it would be 500)", "engine = { verify_ms = 4294967796; };",
	  "1:12 engine.verify_ms: \"4294967796\" is not possible; expected a whole number from 1000 to 60000 ms\n" },
	{ "hexadecimal", "engine = { verify_ms = 0x200; };",
	  "1:24 \"0x200\" is not a number; write a plain decimal number without a unit, or text in quotes\n" },
	{ "a number with a unit", "engine = { verify_ms = 500ms; };",
	  "1:24 \"500ms\" is not a number; write a plain decimal number without a unit, or text in quotes\n" },
	{ "a long suffix", "store = { flush_s = 60L; };",
	  "1:21 \"60L\" is not a number; write a plain decimal number without a unit, or text in quotes\n" },
	{ "an open string at the end", "mqtt = {\n host = \"a;\n};\n", "2:9 the quote that opens here is not closed in this line; close it\n" },
	{ "an open comment at the end", "store = { };\n/* flush_s\n", "2:1 the comment that opens here is never closed; write */ at its end\n" },
	{ "a zero byte in an escape", "mqtt = { host = \"a\\x00b\"; };", "1:19 a text cannot hold \\x00; remove it\n" },
	{ "a line break in an escape", "mqtt = { host = \"a\\nb\"; };",
	  "1:10 mqtt.host: text with control characters or not in UTF-8; write one line of plain text\n" },
	{ "a C1 control character", "mqtt = { host = \"a\xc2\x9b" "b\"; };",
	  "1:10 mqtt.host: text with control characters or not in UTF-8; write one line of plain text\n" },
	{ "bad UTF-8 by escapes", "mqtt = { host = \"\\xff\"; };",
	  "1:10 mqtt.host: text with control characters or not in UTF-8; write one line of plain text\n" },
	{ "bad UTF-8", "\n# caf\xe9\n", "2:0 not UTF-8; save the file as text in UTF-8\n" },
	{ "deep nesting", "a=(((((((((1)))))))));", "1:11 more than 8 brackets inside one another\n" },

	/* form */
	{ "a bracket too many", "engine = { } };", "1:14 \"}\" closes nothing; remove it\n" },
	{ "the wrong bracket", "rules = (\n{ name = \"x\" );\n", "2:14 \")\" does not close the \"{\" of line 2; close that one first\n" },
	{ "a group that stays open", "engine = {\n ns = \"a\";\n", "1:0 the \"{\" that opens in this line is never closed; close it\n" },
	{ "text without quotes", "engine = { ns = a/b; };",
	  "1:18 unexpected \"/b\"; text goes in quotes, and each setting is written as name = value;\n" },
	{ "a word without quotes", "engine = { ns = pontianak; };",
	  "1:0 not understood here or just before; each setting is written as name = value; a group as name = { };\n" },
	{ "a value without a name", "engine = { 5 };",
	  "1:0 not understood here or just before; each setting is written as name = value; a group as name = { };\n" },
	{ "a name twice", "engine = {\n ns = \"a\";\n ns = \"b\"; };", "3:0 this name is there twice; remove one\n" },

	/* schema */
	{ "unknown key with a near one", "engine = {\n\tverrify_ms = 500;\n};",
	  "2:2 unknown setting \"verrify_ms\"; did you mean \"verify_ms\"?\n" },
	{ "unknown key with none near", "store = { dbase = 1; };",
	  "1:11 unknown setting \"dbase\"; known here: profile, flush_s, journal_keep_s, journal_max_mib\n" },
	{ "unknown key with none near, in a long group", "engine = { icmp_interval_ms = 500; };",
	  "1:12 unknown setting \"icmp_interval_ms\"; known here: ns, node, data_dir, socket, user, link_probe, gap_s, verify_ms, "
	  "group_window_ms, settle_s, removal_max_ratio\n" },
	{ "a probe that there is not", "engine = { link_probe = \"tpc\"; };",
	  "1:12 engine.link_probe: \"tpc\" is not one of its words; did you mean \"tcp\"?\n" },
	{ "a number out of the range of a probe's table", "icmp = { timeout_s = 3.5; };",
	  "1:10 icmp.timeout_s: \"3.5\" is not possible; expected a number from 0.1 to 3 s\n" },
	{ "key of another group", "engine = { journal_keep_s = 86400; };", "1:12 \"journal_keep_s\" is a setting of the group \"store\"; write it there\n" },
	{ "key outside of any group", "password_file = \"x\";", "1:1 \"password_file\" is a setting of the group \"mqtt\"; write it there\n" },
	{ "unknown group", "enigne = { };", "1:1 unknown group \"enigne\"; did you mean \"engine\"?\n" },
	{ "unknown key in a list", "measure = ( { name = \"main\"; netsn = \"\"; } );", "1:30 unknown setting \"netsn\"; did you mean \"netns\"?\n" },
	{ "text for a number", "engine = { verify_ms = \"500\"; };",
	  "1:12 engine.verify_ms is text in quotes; expected a whole number from 1000 to 60000 ms\n" },
	{ "a number for text", "engine = { ns = 5; };", "1:12 engine.ns is a number; expected text in quotes, at most 63 bytes\n" },
	{ "a fraction for a whole number", "engine = { verify_ms = 500.5; };",
	  "1:12 engine.verify_ms: \"500.5\" is not possible; expected a whole number from 1000 to 60000 ms\n" },
	{ "a number out of range", "engine = { removal_max_ratio = 1.5; };",
	  "1:12 engine.removal_max_ratio: \"1.5\" is not possible; expected a number from 0 to 1 of the lines\n" },
	{ "a number for a switch", "mqtt = { enabled = 1; };", "1:10 mqtt.enabled is a number; expected true or false\n" },
	{ "a word not of the list", "store = { profile = \"compact\"; };",
	  "1:11 store.profile: \"compact\" is not possible; expected one of \"small\", \"city\", \"national\"\n" },
	{ "... with a near one", "store = { profile = \"nasional\"; };",
	  "1:11 store.profile: \"nasional\" is not one of its words; did you mean \"national\"?\n" },
	{ "a word of a list not of the list", "rules=({name=\"x\";value=\"loss_ratio\";raise=0.1;clear=0.05;class=[\"offices\"];});",
	  "1:58 class of rules: \"offices\" is not one of its words; did you mean \"office\"?\n" },
	{ "text for words", "rules=({name=\"x\";value=\"loss_ratio\";raise=0.1;clear=0.05;class=\"park\";});",
	  "1:58 class of rules is text in quotes; expected a list [ ] of \"critical\", \"office\", \"park\"\n" },
	{ "too long text", "engine = { ns = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; };",
	  "1:12 engine.ns: text of 64 bytes is too long; at most 63\n" },
	{ "a key that must be given", "rules = (\n\t{ name = \"x\"; value = \"loss_ratio\"; clear = 0.1; }\n);",
	  "2:2 rules: \"raise\" is missing; give a number from -1000 to 1000000 as the value\n" },
	{ "a list where a group goes", "engine = ( );", "1:1 engine is a list ( ); write a group: engine = { name = value; };\n" },
	{ "a group where a list goes", "rules = { };", "1:1 rules is a group { }; write a list of groups: rules = ( { }, { } );\n" },
	{ "text in a list of groups", "measure = ( \"main\" );", "1:13 an entry of measure is text in quotes; write { name = value; }\n" },
	{ "several errors, all told, with columns in characters", "engine = { ns = \"\xc3\xa9\"; node = 5; };\nstore = {\n\tflush = 1;\n};",
	  "1:22 engine.node is a number; expected text in quotes, at most 63 bytes\n"
	  "3:2 unknown setting \"flush\"; did you mean \"flush_s\"?\n" },
};

struct find {
	const char *path;
	char	    value[300];
};

static void
on_setting(void *arg, const char *path, const char *value)
{
	struct find *f = arg;

	if (strcmp(path, f->path) == 0)
		snprintf(f->value, sizeof(f->value), "%s", value);
}

/* The text that check would send for this path; valid until the next call. */
static const char *
value_find(const struct conf *c, const char *path)
{
	static struct find f;

	f = (struct find){ path, "(none)" };
	conf_each(c, on_setting, &f);
	return f.value;
}

static void
test_good(void)
{
	struct seen  s;
	struct conf *c;
	size_t	     i;

	for (i = 0; i < nitems(good); i++) {
		c = parse(&s, good[i].text);
		if (!ok(c != NULL, "%s", good[i].name)) {
			printf("# %s\n", s.text);
			continue;
		}
		is_text(value_find(c, good[i].path), good[i].want, "... its value");
		conf_free(c);
	}
}

static void
test_bad(void)
{
	struct seen  s;
	struct conf *c;
	size_t	     i;

	for (i = 0; i < nitems(bad); i++) {
		c = parse(&s, bad[i].text);
		ok(c == NULL, "%s: refused", bad[i].name);
		is_text(s.text, bad[i].want, "... with the place and the remedy");
		conf_free(c);
	}
}

static void
test_getters(void)
{
	struct seen  s;
	struct conf *c = parse(&s, "engine = { removal_max_ratio = 0.25; };\n"
				   "rules = ( { name = \"x\"; value = \"rtt_p50_s\"; raise = 1; clear = 0.5; class = [ \"park\", \"office\" ]; } );");
	unsigned     line, column;

	is_i64(conf_int(c, "engine.gap_s"), 25, "whole number");
	is_near(conf_number(c, "engine.removal_max_ratio"), 0.25, 0, "number");
	is_near(conf_number(c, "rules[0].raise"), 1, 0, "number of an entry");
	ok(conf_bool(c, "mqtt.enabled"), "switch");
	is_text(conf_text(c, "rules[0].value"), "rtt_p50_s", "word");
	is_i64((int64_t)conf_count(c, "rules"), 1, "entries");
	is_i64((int64_t)conf_count(c, "rules[0].class"), 2, "words");
	is_text(conf_word(c, "rules[0].class", 1), "office", "a word of them");
	conf_place(c, "rules[0].clear", &line, &column);
	ok(line == 2 && column == 57, "place of a setting");
	conf_place(c, "rules", &line, &column);
	ok(line == 2 && column == 1, "place of a list");
	conf_place(c, "engine.ns", &line, &column);
	ok(line == 0 && column == 0, "a default has none");
	conf_free(c);
}

static void
set_again(void *arg, const char *path, const char *value)
{
	char err[300];

	if (conf_set(arg, path, value, err, sizeof(err)) == -1)
		printf("# %s = %s: %s\n", path, value, err);
}

struct listing {
	struct buf text;
};

static void
list_setting(void *arg, const char *path, const char *value)
{
	struct listing *l = arg;

	buf_text(&l->text, path);
	buf_u8(&l->text, '=');
	buf_text(&l->text, value);
	buf_u8(&l->text, '\n');
}

static bool
is_same(const struct conf *a, const struct conf *b)
{
	struct listing la = { 0 }, lb = { 0 };
	bool	       same;

	conf_each(a, list_setting, &la);
	conf_each(b, list_setting, &lb);
	same = la.text.len == lb.text.len && memcmp(la.text.data, lb.text.data, la.text.len) == 0;
	buf_free(&la.text);
	buf_free(&lb.text);
	return same;
}

/* What check sends to core must make the same configuration there, with shorter and longer lists than the default. */
static void
test_round_trip(void)
{
	static const char *const texts[] = {
		"", "rules = ( );", "engine = { node = \"b\"; }; mqtt = { enabled = false; };",
		"measure = ( { name = \"main\"; }, { name = \"a\"; }, { name = \"b\"; netns = \"/x\"; } );",
	};
	struct seen  s;
	struct conf *c, *again;
	size_t	     i;

	for (i = 0; i < nitems(texts); i++) {
		c = parse(&s, texts[i]);
		again = conf_new_default();
		conf_each(c, set_again, again);
		ok(is_same(c, again), "round trip %zu", i);
		conf_free(c);
		conf_free(again);
	}
}

static void
test_set_refuses(void)
{
	static const struct {
		const char *path, *value;
	} refused[] = {
		{ "icmp.interval_s", "0.9" }, { "engine.verify_ms", "999" }, { "engine.verify_ms", "x" }, { "engine.nothing", "1" }, { "engine", "1" },
		{ "nothing.ns", "x" }, { "rules", "17" }, { "rules", "-1" }, { "rules[9].name", "x" }, { "rules[0]", "x" },
		{ "rules.name", "x" }, { "rules[0x", "x" }, { "", "x" }, { "mqtt.enabled", "yes" }, { "store.profile", "tiny" },
	};
	struct conf *c = conf_new_default(), *same = conf_new_default();
	char	     err[300];
	size_t	     i;

	for (i = 0; i < nitems(refused); i++)
		ok(conf_set(c, refused[i].path, refused[i].value, err, sizeof(err)) == -1, "%s = %s is refused", refused[i].path,
		    refused[i].value);
	ok(is_same(c, same), "nothing has changed");
	conf_free(c);
	conf_free(same);
}

/* The default file says what the defaults are, and is the one in the tree. */
static void
test_default_file(void)
{
	const char  *srcdir = getenv("srcdir");
	struct buf   out = { 0 };
	struct seen  s = { 0 };
	struct conf *c, *def = conf_new_default();
	char	     path[512];
	char	    *text = calloc(1, 65536);
	size_t	     len = 0;
	FILE	    *f;

	conf_write_default(&out);
	c = conf_parse((const char *)out.data, out.len, on_error, &s);
	is_text(s.text, "", "the generated file has no error");
	ok(c != NULL && is_same(c, def), "it says the defaults");

	snprintf(path, sizeof(path), "%s/etc/simpuld.conf", srcdir != NULL ? srcdir : ".");
	f = fopen(path, "r");
	if (f != NULL) {
		len = fread(text, 1, 65535, f);
		fclose(f);
	}
	ok(len == out.len && memcmp(text, out.data, len) == 0, "etc/simpuld.conf is what confgen writes");
	free(text);
	buf_free(&out);
	conf_free(c);
	conf_free(def);
}

/* What the code relies on in every table. */
static void
test_schema(void)
{
	const struct conf_group *g;
	const struct conf_opt	*o;

	for (g = conf_schema(); g->name != NULL; g++) {
		ok(g->help != NULL && g->list == (g->max > 0), "%s: help, and a bound if it is a list", g->name);
		for (o = g->options; o->key != NULL; o++)
			if (o->help == NULL || (!g->list && o->def == NULL) || (o->type == CONF_WORD && o->words == NULL))
				ok(false, "%s.%s: help, default and words", g->name, o->key);
	}
}

int
main(void)
{
	test_schema();
	test_good();
	test_bad();
	test_getters();
	test_round_trip();
	test_set_refuses();
	test_default_file();
	return tap_done();
}
