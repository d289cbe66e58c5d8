/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect_test.c: what a good answer holds, as people write it. */
#include "probes/expect.h"

#include "tests/unit/tap.h"

static const char *const keys[] = { "banner=", "starttls", "days=#", "status=,", "text=*", NULL };

static const struct {
	const char *text;
	const char *said;	/* in what is wrong; NULL: taken */
} cases[] = {
	{ "", NULL },
	{ "starttls", NULL },
	{ "banner=Postfix|starttls|days=14", NULL },
	{ "banner=a\\|b\\\\c=d", NULL },
	{ "baner=x", "did you mean \"banner\"" },
	{ "STARTTLS", "is not known" },
	{ "starttls=yes", "stands alone" },
	{ "banner", "wants a value" },
	{ "banner=", "wants a value" },
	{ "days=soon", "no number" },
	{ "days=-1", "no number" },
	{ "status=200", NULL },
	{ "status=200-299,404", NULL },
	{ "status=200,", "no list" },
	{ "status=299-200", "no list" },
	{ "status=-200", "no list" },
	{ "status=2x", "no list" },
	{ "status=200 ", "no list" },
	{ "starttls|starttls", "twice" },
	{ "text=a|days=1|text=a", NULL },
	{ "text=a|text", "wants a value" },
	{ "starttls||days=1", "is not known" },
	{ "banner=a\\b", "stands before" },
	{ "banner=a\\", "stands before" },
};

int
main(void)
{
	struct expect x;
	char	      why[200], text[EXPECT_TEXT + 1];
	size_t	      i;

	for (i = 0; i < nitems(cases); i++) {
		int rc = expect_parse(&x, cases[i].text, keys, why, sizeof(why));

		if (cases[i].said == NULL)
			ok(rc == 0, "taken: '%s'", cases[i].text);
		else
			ok(rc == -1 && strstr(why, cases[i].said) != NULL, "refused: '%s': %s", cases[i].text, why);
	}
	expect_parse(&x, "banner=a\\|b\\\\c=d|starttls|days=1.5", keys, why, sizeof(why));
	is_text(expect_text(&x, "banner"), "a|b\\c=d", "a value with what parts others");
	ok(expect_has(&x, "starttls") && expect_text(&x, "starttls") == NULL, "a key that is all");
	is_near(expect_number(&x, "days", 9), 1.5, 0, "a number");
	expect_parse(&x, "text=one|days=1|text=two", keys, why, sizeof(why));
	i = 0;
	is_text(expect_next(&x, "text", &i), "one", "one of two texts");
	is_text(expect_next(&x, "text", &i), "two", "... the other one");
	ok(expect_next(&x, "text", &i) == NULL, "... and no more");
	expect_parse(&x, "", keys, why, sizeof(why));
	ok(!expect_has(&x, "banner") && expect_text(&x, "banner") == NULL, "what is not given");
	is_near(expect_number(&x, "days", 9), 9, 0, "... and the number in its place");
	ok(expect_covers(&x, "status", 200, 200) && !expect_covers(&x, "status", 404, 200), "... of a list");
	expect_parse(&x, "status=200-299,404", keys, why, sizeof(why));
	ok(expect_covers(&x, "status", 250, 1) && expect_covers(&x, "status", 299, 1) && expect_covers(&x, "status", 404, 1),
	    "numbers of a list");
	ok(!expect_covers(&x, "status", 300, 300) && !expect_covers(&x, "status", 199, 1), "and not of it");
	memset(text, 'a', EXPECT_TEXT);
	memcpy(text, "banner=", 7);
	text[EXPECT_TEXT] = '\0';
	is_i64(expect_parse(&x, text, keys, why, sizeof(why)), -1, "a text that is too long");
	text[EXPECT_TEXT - 1] = '\0';
	is_i64(expect_parse(&x, text, keys, why, sizeof(why)), 0, "one that just fits");
	return tap_done();
}
