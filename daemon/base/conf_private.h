/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_private.h: what the files of the configuration share: conf.c, conf_scan.c, conf_value.c, conf_write.c. */
#ifndef SIMPUL_CONF_PRIVATE_H
#define SIMPUL_CONF_PRIVATE_H

#include "base/conf.h"

/* ---- conf_value.c: settings in memory ---- */

struct conf_value {
	char	*text;			/* as written, without quotes; NULL: must be given and was not */
	char	*words;			/* CONF_WORDS: the words, each with its NUL */
	size_t	 nwords;
	unsigned line, column;		/* 0 = default */
};

struct conf_entry {
	struct conf_value *value;	/* parallel to the group's options */
};

struct conf_section {
	struct conf_entry *entry;	/* one, or as many as the list has */
	size_t		   n;
	unsigned	   line, column;	/* of the group or list */
};

struct conf {
	const struct conf_group *schema;
	struct conf_section *section;	/* parallel to schema */
};

/** A configuration in which lists are empty. */
struct conf *conf_new_empty(const struct conf_group *schema);
/** Give a list this many entries, all at the defaults of their keys. */
void	conf_resize(struct conf *c, size_t group, size_t n);
/** Give a list its default entries. */
void	conf_sample(struct conf *c, size_t group);
/** Check a text against its option and keep a copy. 0, or -1 with a sentence without the key in err. */
int	conf_value_put(struct conf_value *v, const struct conf_opt *o, const char *text, char *err, size_t err_size);
/** "a whole number from 1000 to 60000 ms": what the option takes. @return out */
const char *conf_expected(const struct conf_opt *o, char *out, size_t size);
size_t	conf_options(const struct conf_group *g);	/* their number */

/* ---- conf_scan.c: what must be known of the text before libconfig sees it ---- */

struct conf_token {		/* one per setting or element, in the order of the text */
	unsigned    line, column;
	const char *number;	/* its number as written, in the text; NULL: it is none */
	size_t	    number_len;
};

struct conf_scan {
	struct conf_token *token;	/* owned */
	size_t		   n, size;
};

/**
 * @param text	borrowed for as long as the scan lives; a NUL stands behind its len bytes
 * @return 0, or -1 after at least one call of error; scan is to be freed by conf_scan_free() in both cases
 */
int	conf_scan(struct conf_scan *scan, const char *text, size_t len, conf_error_fn error, void *arg);
void	conf_scan_free(struct conf_scan *scan);

#define CONF_DEPTH_MAX 8	/* groups, lists and arrays inside one another */

#endif
