/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expect.h: what a good answer of a service holds, as the column `expect` of services.csv says it: "key=value" and "key",
 * parted by "|"; "\|" and "\\" stand for themselves.
 */
#ifndef SIMPUL_PROBES_EXPECT_H
#define SIMPUL_PROBES_EXPECT_H

#include "base/base.h"

#define EXPECT_MAX  16		/* of one service */
#define EXPECT_TEXT 1024

struct expect {
	char   text[EXPECT_TEXT];	/* holds all of them */
	size_t n;
	struct {
		const char *key, *value;	/* value NULL: the key is all */
	} item[EXPECT_MAX];
};

/**
 * Pure.
 *
 * @param keys	those that the probe knows, ends with NULL: "starttls" stands alone, "banner=" has a text, "days=#" a number
 *		that is not negative, "status=," whole numbers and ranges of them: "200-299,404", "answer=*" texts, as often as one likes, "hash=?" a text or nothing
 * @param why	out: what is wrong and what was expected, for people
 * @return 0 or -1
 */
int	expect_parse(struct expect *x, const char *text, const char *const *keys, char *why, size_t size);
bool	expect_has(const struct expect *x, const char *key);
const char *expect_text(const struct expect *x, const char *key);	/* NULL: not given */
/** Each value of a key that may stand there more than once: start with *at = 0; NULL at the end. */
const char *expect_next(const struct expect *x, const char *key, size_t *at);
/** Is it among the numbers of this key? Without the key: is it `fallback`? */
bool	expect_covers(const struct expect *x, const char *key, unsigned number, unsigned fallback);
double	expect_number(const struct expect *x, const char *key, double fallback);

#endif
