/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What passes the gate before the HTTP library, and with which status the rest is refused. */
#include "dashboards/gate.h"

#include <stdio.h>
#include <stdlib.h>

#include "dashboards/query.h"
#include "tests/unit/tap.h"

#define REST "\r\nHost: localhost\r\n\r\n"

/* Bytes with their length, since some hold a NUL. */
#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *name, *bytes;
	size_t	    len;
	int	    status;	/* 0: passes */
} cases[] = {
    {"a plain request", BYTES("GET / HTTP/1.1" REST), 0},
    {"HTTP/1.0 needs no host", BYTES("GET / HTTP/1.0\r\n\r\n"), 0},
    {"a query", BYTES("GET /a?b=%20c&d HTTP/1.1" REST), 0},
    {"a body", BYTES("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0},
    {"a body of nothing", BYTES("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 0},
    {"a length of nothing where no body may be", BYTES("GET / HTTP/1.1\r\nContent-Length: 0" REST), 0},
    {"two requests", BYTES("GET /a HTTP/1.1" REST "GET /b HTTP/1.1" REST), 0},
    {"bytes beyond ASCII in a value", BYTES("GET / HTTP/1.1\r\nX: \xc3\xa9\ta" REST), 0},
    {"expecting to go on",
	BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
	      "Expect: 100-continue\r\n\r\nx"),
	0},

    {"a bare line feed", BYTES("GET / HTTP/1.1\nHost: a\n\n"), 400},
    {"a bare line feed among good ends", BYTES("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"), 400},
    {"a bare CR in a header", BYTES("GET / HTTP/1.1\r\nX: a\rContent-Length: 5" REST), 400},
    {"a bare CR before the end", BYTES("GET / HTTP/1.1\r\nX: a\r\r\nHost: a\r\n\r\n"), 400},
    {"a NUL in a header", BYTES("GET / HTTP/1.1\r\nX: a\0b" REST), 400},
    {"a NUL in the target", BYTES("GET /a\0b HTTP/1.1" REST), 400},
    {"a NUL in a name", BYTES("GET / HTTP/1.1\r\nX\0Y: a" REST), 400},
    {"a space before the colon", BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc"), 400},
    {"a folded header", BYTES("GET / HTTP/1.1\r\nX: a\r\n b: c" REST), 400},
    {"a header without a colon", BYTES("GET / HTTP/1.1\r\nHello" REST), 400},
    {"a header without a name", BYTES("GET / HTTP/1.1\r\n: a" REST), 400},
    {"an empty line at first", BYTES("\r\nGET / HTTP/1.1" REST), 400},
    {"two lengths", BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
	400},
    {"the same length twice",
	BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400},
    {"a list of lengths", BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc"), 400},
    {"a length with a sign", BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc"), 400},
    {"a length in hex", BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc"), 400},
    {"an empty length", BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"), 400},
    {"length and encoding",
	BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
	      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	400},
    {"an encoding", BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
    {"an odd encoding", BYTES("POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\tchunked, identity\r\n\r\n"),
	400},
    {"no length where a body may be", BYTES("POST / HTTP/1.1" REST), 411},
    {"a body where none may be", BYTES("GET / HTTP/1.1\r\nContent-Length: 3" REST "abc"), 400},
    {"a body that is too large", BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 262145\r\n\r\n"), 413},
    {"a length beyond all numbers",
	BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413},
    {"two hosts", BYTES("GET / HTTP/1.1\r\nHost: b" REST), 400},
    {"no host", BYTES("GET / HTTP/1.1\r\n\r\n"), 400},
    {"two cookies", BYTES("GET / HTTP/1.1\r\nCookie: a=1\r\nCookie: b=2" REST), 400},
    {"an absolute target", BYTES("GET http://evil/ HTTP/1.1" REST), 400},
    {"a target that reads as a host", BYTES("GET //evil/ HTTP/1.1" REST), 400},
    {"a fragment", BYTES("GET /#a HTTP/1.1" REST), 400},
    {"two spaces", BYTES("GET  / HTTP/1.1" REST), 400},
    {"no version", BYTES("GET /" REST), 400},
    {"an unknown version", BYTES("GET / HTTP/2.0" REST), 505},
    {"a version in small letters", BYTES("GET / http/1.1" REST), 505},
    {"an unknown method", BYTES("BREW / HTTP/1.1" REST), 501},
    {"a method in small letters", BYTES("get / HTTP/1.1" REST), 501},
    {"CONNECT", BYTES("CONNECT a:1 HTTP/1.1" REST), 400},
    {"another expectation", BYTES("GET / HTTP/1.1\r\nExpect: 200-ok" REST), 417},
};

/* In pieces of this size. @return the status */
static int
feed(const char *bytes, size_t len, size_t piece, struct buf *out, bool *between)
{
	struct gate g = { 0 };
	size_t	    n;
	int	    status;

	out->len = 0;
	for (; len > 0; bytes += n, len -= n) {
		n = len < piece ? len : piece;
		gate_feed(&g, bytes, n, out);
	}
	status = g.refused;
	*between = gate_is_between(&g);
	gate_fini(&g);
	return status;
}

static void
test_cases(void)
{
	struct buf out = { 0 };
	size_t	   i, piece;
	bool	   between, good;

	for (i = 0; i < nitems(cases); i++) {
		good = true;
		for (piece = 1; piece <= cases[i].len; piece++) {
			good = good && feed(cases[i].bytes, cases[i].len, piece, &out, &between) ==
			    cases[i].status;
			if (cases[i].status == 0)
				good = good && between && out.len == cases[i].len &&
				    memcmp(out.data, cases[i].bytes, out.len) == 0;
			else
				good = good && out.len == 0;
		}
		ok(good, "%s: %d", cases[i].name, cases[i].status);
	}
	buf_free(&out);
}

/* What comes behind a bad request is not looked at, what came before it has passed. */
static void
test_after_refusal(void)
{
	static const char bytes[] = "GET /a HTTP/1.1" REST "GET /b HTTP/1.1\n\nGET /c HTTP/1.1" REST;
	struct buf	  out = { 0 };
	bool		  between;

	is_i64(feed(bytes, sizeof(bytes) - 1, 7, &out, &between), 400, "a bad one behind a good one");
	ok(out.len == sizeof("GET /a HTTP/1.1" REST) - 1, "only the good one has passed");
	buf_free(&out);
}

static void
test_limits(void)
{
	struct buf  out = { 0 };
	struct gate g = { 0 };
	char	    line[64];
	unsigned    i;

	gate_feed(&g, "GET /", 5, &out);
	for (i = 0; i < 8200 && g.refused == 0; i++)
		gate_feed(&g, "a", 1, &out);
	is_i64(g.refused, 414, "a request line without end");
	gate_fini(&g);

	g = (struct gate){ 0 };
	gate_feed(&g, BYTES("GET / HTTP/1.1\r\nHost: a\r\n"), &out);
	for (i = 0; i < 200 && g.refused == 0; i++) {
		snprintf(line, sizeof(line), "X-%u: a\r\n", i);
		gate_feed(&g, line, strlen(line), &out);
	}
	ok(g.refused == 431 && i == 100, "more than 100 headers");
	gate_fini(&g);

	g = (struct gate){ 0 };
	gate_feed(&g, BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: "), &out);
	for (i = 0; i < 30000 && g.refused == 0; i++)
		gate_feed(&g, "a", 1, &out);
	is_i64(g.refused, 431, "a header without end");
	ok(out.len == 0, "none of these has passed");
	gate_fini(&g);
	buf_free(&out);
}

static void
test_query(void)
{
	static const struct { const char *raw; int rc; const char *a; } queries[] = {
		{ "", 0, NULL }, { "a=1", 0, "1" }, { "b=2&a=1", 0, "1" }, { "a", 0, "" }, { "a=", 0, "" },
		{ "a=%41%2f+x", 0, "A/ x" }, { "a=1&a=2", 0, "1" }, { "&&a=1&", 0, "1" },
		{ "a=%", -1, NULL }, { "a=%4", -1, NULL }, { "a=%zz", -1, NULL }, { "a=%00b", -1, NULL },
		{ "a=%0a", -1, NULL }, { "a=%ff", -1, NULL }, { "%61=x", 0, "x" },
	};
	struct query q;
	char	     many[400] = "";
	int64_t	     n = 7;
	size_t	     i;

	for (i = 0; i < nitems(queries); i++) {
		const char *got;
		int	    rc = query_parse(&q, queries[i].raw);

		got = rc == 0 ? query_text(&q, "a") : NULL;
		ok(rc == queries[i].rc && (got == NULL ? queries[i].a == NULL : queries[i].a != NULL &&
		    strcmp(got, queries[i].a) == 0), "query \"%s\"", queries[i].raw);
		query_free(&q);
	}
	for (i = 0; i < QUERY_MAX + 1; i++)
		strcat(many, "a=1&");
	is_i64(query_parse(&q, many), -1, "too many parameters");
	query_free(&q);
	query_parse(&q, "a=12&b=x&r=1&r=2");
	ok(query_int(&q, "c", 0, 99, &n) == 0 && n == 7, "a number that is absent stays");
	ok(query_int(&q, "a", 0, 99, &n) == 0 && n == 12, "a number");
	ok(query_int(&q, "a", 0, 9, &n) == -1 && query_int(&q, "b", 0, 9, &n) == -1,
	    "no number, or too large");
	ok(query_count(&q, "r") == 2 && strcmp(query_item(&q, "r", 1), "2") == 0, "one that is there twice");
	query_free(&q);
}

int
main(void)
{
	test_cases();
	test_after_refusal();
	test_limits();
	test_query();
	return tap_done();
}
