/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target_test.c: hosts and ports as people write them. */
#include "probes/target.h"

#include "base/base.h"
#include "tests/unit/tap.h"

static const struct {
	const char *text;
	uint16_t    fallback;
	const char *host;	/* NULL: refused */
	uint16_t    port;
	const char *url;	/* NULL: as host */
} cases[] = {
	{ "mail.pontianak.go.id", 25, "mail.pontianak.go.id", 25, NULL },
	{ "mail.pontianak.go.id:2525", 25, "mail.pontianak.go.id", 2525, NULL },
	{ "mail.pontianak.go.id.", 25, "mail.pontianak.go.id.", 25, NULL },
	{ "dc_1", 25, "dc_1", 25, NULL },
	{ "10.1.0.13", 25, "10.1.0.13", 25, NULL },
	{ "10.1.0.13:65535", 0, "10.1.0.13", 65535, NULL },
	{ "2001:db8::1", 25, "2001:db8::1", 25, "[2001:db8::1]" },
	{ "[2001:db8::1]", 25, "2001:db8::1", 25, "[2001:db8::1]" },
	{ "[2001:db8::1]:993", 25, "2001:db8::1", 993, "[2001:db8::1]" },
	{ "host", 0, NULL, 0, NULL },
	{ "", 25, NULL, 0, NULL },
	{ ":25", 25, NULL, 0, NULL },
	{ "host:", 25, NULL, 0, NULL },
	{ "host:0", 25, NULL, 0, NULL },
	{ "host:65536", 25, NULL, 0, NULL },
	{ "host:-1", 25, NULL, 0, NULL },
	{ "host:25/x", 25, NULL, 0, NULL },
	{ "host:smtp", 25, NULL, 0, NULL },
	{ "host name", 25, NULL, 0, NULL },
	{ "host/path", 25, NULL, 0, NULL },
	{ "http://host", 25, NULL, 0, NULL },
	{ "user@host", 25, NULL, 0, NULL },
	{ "host\r\nQUIT", 25, NULL, 0, NULL },
	{ "a..b", 25, NULL, 0, NULL },
	{ ".", 25, NULL, 0, NULL },
	{ ".a", 25, NULL, 0, NULL },
	{ "10.1.0.300", 25, NULL, 0, NULL },
	{ "10.1", 25, NULL, 0, NULL },
	{ "010.1.0.13", 25, NULL, 0, NULL },
	{ "[10.1.0.13]:25", 25, NULL, 0, NULL },
	{ "[host]:25", 25, NULL, 0, NULL },
	{ "[2001:db8::1", 25, NULL, 0, NULL },
	{ "[2001:db8::1]25", 25, NULL, 0, NULL },
	{ "[]:25", 25, NULL, 0, NULL },
	{ "2001:db8::zz", 25, NULL, 0, NULL },
};

static void
test_long(void)
{
	struct target t;
	char	      name[400], why[200];

	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	ok(target_parse(&t, name, 25, why, sizeof(why)) == 0, "a label of 63 letters");
	name[63] = 'a';
	name[64] = '\0';
	ok(target_parse(&t, name, 25, why, sizeof(why)) == -1, "but not of 64");
	memset(name, 'a', sizeof(name));
	for (size_t i = 63; i < sizeof(name); i += 64)
		name[i] = '.';
	name[253] = '\0';
	ok(target_parse(&t, name, 25, why, sizeof(why)) == 0 && strlen(t.host) == 253, "a name of 253 letters");
	name[253] = 'a';
	name[254] = '\0';
	ok(target_parse(&t, name, 25, why, sizeof(why)) == -1, "but not of 254");
}

int
main(void)
{
	struct target t;
	char	      why[200], url[300];
	size_t	      i;

	for (i = 0; i < nitems(cases); i++) {
		int rc = target_parse(&t, cases[i].text, cases[i].fallback, why, sizeof(why));

		if (cases[i].host == NULL) {
			ok(rc == -1 && why[0] != '\0', "refused: \"%.*s\"", (int)strcspn(cases[i].text, "\r"), cases[i].text);
			continue;
		}
		ok(rc == 0 && t.port == cases[i].port, "taken: '%s'", cases[i].text);
		is_text(t.host, cases[i].host, "... its host");
		is_text(target_host(&t, url, sizeof(url)), cases[i].url != NULL ? cases[i].url : cases[i].host,
		    "... as it stands in a URL");
	}
	test_long();
	return tap_done();
}
