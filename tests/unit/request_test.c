/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request_test.c: lines of the control socket: what is a request, what is refused, what ends the
 * conversation.
 */
#include <stdlib.h>

#include "ctl/js.h"
#include "ctl/peer.h"
#include "ctl/request.h"
#include "tests/unit/tap.h"

static const struct param params[] = {
	{ "kind", PARAM_TEXT, true, 1, 5 },
	{ "limit", PARAM_INT, false, 1, 500 },
	{ "all", PARAM_BOOL, false, 0, 0 },
	{ "topics", PARAM_TEXTS, false, 1, 2 },
	{ 0 }
};

static void
test_lines(void)
{
	static const struct {
		const char *name, *line;
		enum request_result result;
		int64_t id;
	} cases[] = {
		{ "a request", "{\"id\":3,\"op\":\"list\"}", REQUEST_OK, 3 },
		{ "spaces and order do not matter", " { \"op\" : \"list\" , \"id\" : 0 } ", REQUEST_OK, 0 },
		{ "an empty line", "", REQUEST_NOT_JSON, -1 },
		{ "not JSON", "GET / HTTP/1.1", REQUEST_NOT_JSON, -1 },
		{ "half an object", "{\"id\":3,", REQUEST_NOT_JSON, -1 },
		{ "two objects", "{\"id\":3,\"op\":\"a\"}{}", REQUEST_NOT_JSON, -1 },
		{ "a bare number", "7", REQUEST_NOT_JSON, -1 },
		{ "bad UTF-8", "{\"id\":3,\"op\":\"\xff\"}", REQUEST_NOT_JSON, -1 },
		{ "a NUL in text", "{\"id\":3,\"op\":\"a\\u0000b\"}", REQUEST_NOT_JSON, -1 },
		{ "an array", "[1,2]", REQUEST_BAD, -1 },
		{ "no id", "{\"op\":\"list\"}", REQUEST_BAD, -1 },
		{ "an id that is text", "{\"id\":\"3\",\"op\":\"list\"}", REQUEST_BAD, -1 },
		{ "a negative id", "{\"id\":-3,\"op\":\"list\"}", REQUEST_BAD, -1 },
		{ "an id with a fraction", "{\"id\":3.5,\"op\":\"list\"}", REQUEST_BAD, -1 },
		{ "no op, but an id to answer to", "{\"id\":3}", REQUEST_BAD, 3 },
		{ "an op that is a number", "{\"id\":3,\"op\":4}", REQUEST_BAD, 3 },
		{ "a member twice", "{\"id\":3,\"op\":\"list\",\"id\":4}", REQUEST_BAD, -1 },
		{ "nested 16 deep", "{\"id\":3,\"op\":\"a\",\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}",
		    REQUEST_OK, 3 },
		{ "nested 17 deep", "{\"id\":3,\"op\":\"a\",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
		    REQUEST_BAD, -1 },
		{ "brackets in text are no depth",
		    "{\"id\":3,\"op\":\"a\",\"x\":\"\\\"[[[[[[[[[[[[[[[[[[[[\"}", REQUEST_OK, 3 },
	};
	struct request r;
	char	       why[REQUEST_WHY_MAX];
	size_t	       i;

	for (i = 0; i < nitems(cases); i++) {
		*why = '\0';
		ok(request_parse(&r, cases[i].line, strlen(cases[i].line), why) == cases[i].result &&
		    r.id == cases[i].id && (cases[i].result == REQUEST_OK) == (*why == '\0'), "%s",
		    cases[i].name);
		request_fini(&r);
	}
}

static void
test_members(void)
{
	static const struct { const char *name, *line, *why; } cases[] = {
		{ "all members",
		    "{\"kind\":\"site\",\"limit\":500,\"all\":true,\"topics\":[\"a\",\"b\"],\"as\":{}}", "" },
		{ "null is absent", "{\"kind\":\"site\",\"limit\":null}", "" },
		{ "one is missing", "{\"limit\":5}", "\"list\" needs \"kind\"" },
		{ "null is missing", "{\"kind\":null}", "\"list\" needs \"kind\"" },
		{ "misspelt", "{\"kind\":\"site\",\"limt\":5}",
		    "\"list\" does not take \"limt\"; did you mean \"limit\"?" },
		{ "unknown", "{\"kind\":\"site\",\"zzzzzz\":5}", "\"list\" does not take \"zzzzzz\"" },
		{ "too small", "{\"kind\":\"site\",\"limit\":0}",
		    "\"limit\" must be a whole number from 1 to 500" },
		{ "a fraction", "{\"kind\":\"site\",\"limit\":1.0}",
		    "\"limit\" must be a whole number from 1 to 500" },
		{ "too long", "{\"kind\":\"sites+\"}", "\"kind\" must be text of 1 to 5 bytes" },
		{ "not a truth", "{\"kind\":\"site\",\"all\":1}", "\"all\" must be true or false" },
		{ "not all texts", "{\"kind\":\"site\",\"topics\":[\"a\",2]}",
		    "\"topics\" must be a list of 1 to 2 texts" },
		{ "an empty list", "{\"kind\":\"site\",\"topics\":[]}",
		    "\"topics\" must be a list of 1 to 2 texts" },
	};
	struct request r;
	char	       line[200], why[REQUEST_WHY_MAX];
	size_t	       i;

	for (i = 0; i < nitems(cases); i++) {
		snprintf(line, sizeof(line), "{\"id\":1,\"op\":\"list\",%s", cases[i].line + 1);
		*why = '\0';
		request_parse(&r, line, strlen(line), why);
		request_check(&r, params, why);
		is_text(why, cases[i].why, cases[i].name);
		request_fini(&r);
	}
}

static void
test_roles(void)
{
	static const struct peer_ids ids = { .self = 900, .web = 901, .group = 77, .publish = { 4321 } },
		none = { .self = 900, .web = (uid_t)-1, .group = (gid_t)-1 },
		engine = { .self = 900, .web = (uid_t)-1, .group = 77, .self_is_engine = true },
		root = { .self = 0, .web = (uid_t)-1, .group = 77, .publish = { 7, 4321 } };
	static const struct {
		const char *name;
		const struct peer_ids *ids;
		uid_t uid;
		gid_t groups[3];
		enum ctl_role role;
		bool speaks;
		pid_t pid;
	} cases[] = {
		{ "root", &ids, 0, { 0 }, CTL_ADMIN, true },
		{ "the user who started the engine", &ids, 900, { 5 }, CTL_ADMIN, true },
		{ "the engine's own user, though in the group", &engine, 900, { 5, 77 }, CTL_NONE, false },
		{ "root, when the engine has a user of its own", &engine, 0, { 0 }, CTL_ADMIN, true },
		{ "publish of a user's engine", &ids, 900, { 5 }, CTL_NONE, false, 4321 },
		{ "publish of root's engine", &root, 0, { 77 }, CTL_NONE, false, 4321 },
		{ "another process of root's", &root, 0, { 77 }, CTL_ADMIN, true, 4322 },
		{ "a process of another namespace", &root, 0, { 0 }, CTL_ADMIN, true, 0 },
		{ "a member of group simpul", &ids, 1000, { 1000, 4, 77 }, CTL_ADMIN, false },
		{ "somebody else", &ids, 1000, { 1000, 4, 5 }, CTL_NONE, false },
		{ "the web server, though in the group", &ids, 901, { 901, 77 }, CTL_VIEWER, true },
		{ "nobody, where no such group exists", &none, 1000, { (gid_t)-1 }, CTL_NONE, false },
		{ "nobody, where no web user exists", &none, (uid_t)-1, { 5 }, CTL_NONE, false },
	};
	struct peer p = { .ngroups = 3 };
	size_t	    i;

	for (i = 0; i < nitems(cases); i++) {
		p.uid = cases[i].uid;
		p.pid = cases[i].pid;
		memcpy(p.group, cases[i].groups, sizeof(cases[i].groups));
		ok(peer_role(&p, cases[i].ids) == cases[i].role &&
		    peer_may_speak_as(&p, cases[i].ids) == cases[i].speaks, "role of %s", cases[i].name);
	}
	ok(ctl_role_of("noc") == CTL_NOC && ctl_role_of("root") == CTL_NONE, "an unknown role is none");
}

static void
test_json(void)
{
	static const struct { const char *name, *text, *line; } cases[] = {
		{ "plain", "abc", "[\"abc\"]\n" },
		{ "markup", "<b>&", "[\"\\u003cb\\u003e\\u0026\"]\n" },
		{ "letters beyond ASCII, line separator", "\xc3\xa9\xe2\x80\xa8", "[\"\\u00E9\\u2028\"]\n" },
		{ "bad bytes", "a\xff\xc3z", "[\"a\\uFFFD\\uFFFDz\"]\n" },
		{ "a cut sequence at the end", "a\xe2\x80", "[\"a\\uFFFD\\uFFFD\"]\n" },
		{ "control bytes", "a\x1b[0m\n", "[\"a\\u001B[0m\\n\"]\n" },
	};
	struct buf b = { 0 };
	json_t	  *v;
	size_t	   i;

	for (i = 0; i < nitems(cases); i++) {
		b.len = 0;
		v = json_pack("[o]", js_text(cases[i].text));
		js_line(&b, v);
		buf_u8(&b, 0);
		is_text((char *)b.data, cases[i].line, cases[i].name);
		json_decref(v);
	}
	b.len = 0;
	v = json_pack("[o, o, o, o, o]", js_number(NAN), js_number(INFINITY), js_number(0.1), js_time(0),
	    js_time(1795222923004000000));
	js_line(&b, v);
	buf_u8(&b, 0);
	is_text((char *)b.data, "[null,null,0.1,null,\"2026-11-21T01:02:03.004Z\"]\n",
	    "what is not finite or not known is null");
	json_decref(v);
	buf_free(&b);
}

int
main(void)
{
	test_lines();
	test_members();
	test_roles();
	test_json();
	return tap_done();
}
