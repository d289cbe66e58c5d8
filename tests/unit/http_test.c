/* SPDX-License-Identifier: GPL-3.0-or-later */
/* http_test.c: where a probe of the web may go, and what a page holds. Both are pure. */
#include "probes/http/body.h"
#include "probes/http/policy.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

static const char *const keys[] = { "hash=?", "ignore=*", "json=*", "no_text=*", "size=,", "text=*", NULL };

static void
test_reach(void)
{
	static const struct {
		const char     *address;
		enum addr_reach reach;
	} cases[] = {
		{ "8.8.8.8", REACH_PUBLIC }, { "10.1.0.13", REACH_PRIVATE }, { "9.255.255.255", REACH_PUBLIC },
		{ "11.0.0.0", REACH_PUBLIC }, { "172.15.255.255", REACH_PUBLIC }, { "172.16.0.1", REACH_PRIVATE },
		{ "172.31.255.255", REACH_PRIVATE }, { "172.32.0.0", REACH_PUBLIC }, { "192.168.1.1", REACH_PRIVATE },
		{ "192.169.1.1", REACH_PUBLIC }, { "100.64.0.1", REACH_PRIVATE }, { "100.128.0.1", REACH_PUBLIC },
		{ "127.0.0.1", REACH_HOST }, { "127.255.0.1", REACH_HOST }, { "0.0.0.0", REACH_HOST },
		{ "169.254.169.254", REACH_LINK }, { "224.0.0.1", REACH_NOWHERE }, { "255.255.255.255", REACH_NOWHERE },
		{ "::1", REACH_HOST }, { "::", REACH_HOST }, { "::7f00:1", REACH_HOST }, { "::ffff:127.0.0.1", REACH_HOST },
		{ "::ffff:10.0.0.1", REACH_PRIVATE }, { "64:ff9b::a9fe:a9fe", REACH_LINK }, { "2002:7f00:1::", REACH_HOST },
		{ "fe80::1", REACH_LINK }, { "febf::1", REACH_LINK }, { "fd00:ec2::254", REACH_PRIVATE }, { "fc00::1", REACH_PRIVATE },
		{ "ff02::1", REACH_NOWHERE }, { "2001:db8::1", REACH_PUBLIC }, { "2400:cb00::1", REACH_PUBLIC },
	};
	struct addr a;
	size_t	    i;

	for (i = 0; i < nitems(cases); i++)
		ok(addr_parse(&a, cases[i].address) == 0 && addr_reach(&a) == cases[i].reach, "%s is %s", cases[i].address,
		    addr_reach_name(cases[i].reach));
}

static bool
may_go(const char *home, const char *to)
{
	struct addr a, b;
	char	    why[120];

	addr_parse(&a, home);
	addr_parse(&b, to);
	return http_address_check(&a, &b, why, sizeof(why)) == 0;
}

static bool
may_live(const char *host, const char *at)
{
	struct addr a;
	char	    why[120];

	addr_parse(&a, at);
	return http_home_check(host, &a, why, sizeof(why)) == 0;
}

static void
test_home(void)
{
	static const char *const no[] = { "127.0.0.1", "127.0.1.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "169.254.1.1", "fe80::1",
		"169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "::ffff:168.63.129.16", "224.0.0.1" };
	size_t i;

	for (i = 0; i < nitems(no); i++)
		ok(!may_live("portal.example", no[i]), "a name does not live at %s", no[i]);
	ok(may_live("portal.example", "8.8.8.8") && may_live("portal.example", "10.1.0.1"), "but in public, or in an office");
	ok(may_live("127.0.0.1", "127.0.0.1") && may_live("::1", "::1") && may_live("169.254.1.1", "169.254.1.1"), "an address does");
	ok(may_live("localhost", "127.0.0.1") && may_live("LocalHost", "::1") && !may_live("localhost", "169.254.1.1"),
	    "and localhost is this host");
	for (i = 7; i < 13; i++)
		ok(!may_go(no[i], no[i]) && !may_go("8.8.8.8", no[i]), "no redirect leads to %s", no[i]);
}

static void
test_steps(void)
{
	struct http_place a, b;
	char		  why[120];

	ok(may_go("8.8.8.8", "9.9.9.9") && may_go("10.1.0.1", "9.9.9.9") && may_go("10.1.0.1", "192.168.0.1") &&
	    may_go("127.0.0.1", "127.0.0.2"), "to where everybody may go, or to the target's own kind");
	ok(!may_go("8.8.8.8", "10.1.0.1") && !may_go("8.8.8.8", "127.0.0.1") && !may_go("10.1.0.1", "127.0.0.1") &&
	    !may_go("10.1.0.1", "169.254.169.254") && !may_go("127.0.0.1", "10.0.0.1") && !may_go("8.8.8.8", "::1"),
	    "but nowhere else");
	ok(!may_go("224.0.0.1", "224.0.0.1"), "nor to where nobody is");

	is_i64(http_place_read(&a, "HTTPS://Portal.example:8443/a?b=c#d", why, sizeof(why)), 0, "a URL");
	ok(a.tls && a.port == 8443 && strcasecmp(a.host, "portal.example") == 0 && strchr(a.url, '#') == NULL, "... its parts: %s", a.url);
	is_i64(http_place_read(&b, "http://[2001:db8::1]/", why, sizeof(why)), 0, "of IPv6");
	ok(!b.tls && b.port == 80 && strcmp(b.host, "2001:db8::1") == 0, "... its parts");
	is_i64(http_step_check(&a, &b, false, why, sizeof(why)), -1, "from https to http");
	is_i64(http_step_check(&a, &b, true, why, sizeof(why)), 0, "... when that is allowed");
	is_i64(http_step_check(&b, &a, false, why, sizeof(why)), 0, "from http to https");
	ok(http_place_read(&a, "http://0x7f.1/", why, sizeof(why)) == -1 || strcmp(a.host, "127.0.0.1") == 0,
	    "odd forms of addresses are their plain ones");
	ok(http_place_read(&a, "javascript:alert(1)", why, sizeof(why)) == -1 && http_place_read(&a, "", why, sizeof(why)) == -1 &&
	    http_place_read(&a, "//portal/", why, sizeof(why)) == -1 && http_place_read(&a, "http://a b/", why, sizeof(why)) == -1,
	    "no URLs");
}

static void
test_body(void)
{
	static const struct {
		const char *body, *expect;
		const char *said;	/* in what is wrong; NULL: fine */
	} cases[] = {
		{ "Portal Kota", "text=Kota|text=Portal", NULL },
		{ "Portal Kota", "text=Kota|text=Desa", "does not hold \"Desa\"" },
		{ "Portal Kota", "no_text=Desa|no_text=Kota", "holds \"Kota\"" },
		{ "Portal", "size=6", NULL },
		{ "Portal", "size=7-9", "has 6 bytes" },
		{ "{\"a\":{\"b\":\"c\"}}", "json=/a/b=c", NULL },
		{ "{\"a\":{\"b\":\"c\"}}", "json=/a/b=d", "/a/b is \"c\", not d" },
		{ "{\"a\":{\"b\":\"c\"}}", "json=/a=c", "/a is {\"b\":\"c\"}, not c" },
		{ "{\"a/b\":1,\"m~n\":2,\"\":3}", "json=/a~1b=1|json=/m~0n=2.0|json=/=3", NULL },
		{ "[1,[true,null]]", "json=/1/0=true|json=/1/1=null|json=/0=1", NULL },
		{ "[1]", "json=/1=1", "no /1" },
		{ "[1]", "json=/-1=1", "no /-1" },
		{ "[1]", "json=/0/0=1", "no /0/0" },
		{ "\"x\"", "json==x", NULL },
		{ "{\"a\":1,\"a\":2}", "json=/a=2", "no JSON" },
		{ "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{\"}", "json=/a=x", "is \"[[[" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "json=/0=1", "deeper" },
		{ "", "json=/a=1", "no JSON" },
		{ "", "text=a", "does not hold" },
	};
	struct expect x;
	char	      why[256];
	size_t	      i;
	int	      rc;

	for (i = 0; i < nitems(cases); i++) {
		rc = expect_parse(&x, cases[i].expect, keys, why, sizeof(why));
		is_i64(rc, 0, cases[i].expect);
		why[0] = '\0';
		rc = http_body_check((const uint8_t *)cases[i].body, strlen(cases[i].body), false, &x, why, sizeof(why));
		ok(cases[i].said == NULL ? rc == 0 : rc == -1 && strstr(why, cases[i].said) != NULL, "%.40s: %s", cases[i].body, why);
	}
	ok(http_json_accepts("/a=b", why, sizeof(why)) == 0 && http_json_accepts("a=b", why, sizeof(why)) == -1 &&
	    http_json_accepts("/a", why, sizeof(why)) == -1 && http_json_accepts("/a~2=b", why, sizeof(why)) == -1, "pointers");
}

static void
test_cut(void)
{
	static const struct {
		const char *body, *expect, *left;
	} cases[] = {
		{ "a<t>12:00</t>b<t>12:01</t>c", "ignore=<t>...</t>", "abc" },
		{ "a<t>12:00", "ignore=<t>...</t>", "a<t>12:00" },
		{ "xabxabx", "ignore=ab", "xxx" },
		{ "xaabbx", "ignore=ab", "xabx" },
		{ "x1y2z", "ignore=1|ignore=2", "xyz" },
		{ "abc", "ignore=abc", "" },
		{ "abcabc", "ignore=a...", "bcbc" },
		{ "abc", "ignore=...c", "abc" },
		{ "abc", "", "abc" },
	};
	struct expect x;
	char	      why[256], hash[HTTP_HASH_TEXT];
	uint8_t	      body[64];
	size_t	      i, len;

	for (i = 0; i < nitems(cases); i++) {
		expect_parse(&x, cases[i].expect, keys, why, sizeof(why));
		len = strlen(cases[i].body);
		memcpy(body, cases[i].body, len);
		len = http_body_cut(body, len, &x);
		body[len] = '\0';
		is_text((const char *)body, cases[i].left, cases[i].expect);
	}
	http_body_hash((const uint8_t *)"abc", 3, hash);
	is_text(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256 of FIPS 180-2 B.1");
	http_body_hash(NULL, 0, hash);
	is_text(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "... of nothing");
}

static void
test_headers(void)
{
	static const char line[] = "Server: nginx/1.22";

	ok(http_header_is(line, sizeof(line) - 1, "server: nginx") && http_header_is(line, sizeof(line) - 1, "Server") &&
	    http_header_is(line, sizeof(line) - 1, "Server:"), "a header and its value");
	ok(!http_header_is(line, sizeof(line) - 1, "Server: apache") && !http_header_is(line, sizeof(line) - 1, "Serve: nginx") &&
	    !http_header_is(line, sizeof(line) - 1, "Servers") && !http_header_is(line, 3, "Server"), "... others are not");
}

int
main(void)
{
	test_reach();
	test_home();
	test_steps();
	test_body();
	test_cut();
	test_headers();
	return tap_done();
}
