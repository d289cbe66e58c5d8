/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf.h: the policy file (libconfig syntax) under a typed schema.
 *
 * Each module owns a table of struct conf_opt; conf_schema() (daemon/proc/schema.c) lists the groups. From
 * these tables come the check, the commented default file and the man page section: there is no second
 * description of a setting.
 * A loaded configuration is read-only. Reading a key that the schema does not have is a bug and ends the process.
 */
#ifndef SIMPUL_CONF_H
#define SIMPUL_CONF_H

#include "base/base.h"

enum conf_type {
	CONF_INT,	/* whole number within min..max (64 bit) */
	CONF_NUMBER,	/* finite number within min..max */
	CONF_BOOL,
	CONF_TEXT,	/* one line, at most max bytes (0: CONF_TEXT_MAX) */
	CONF_WORD,	/* one of words */
	CONF_WORDS	/* list of them, or of any text when words is NULL; written without quotes as "a|b" */
};

#define CONF_BYTES_MAX (4u << 20)	/* THREATS 3 */
#define CONF_TEXT_MAX  1023

struct conf_opt {
	const char	  *key;
	enum conf_type	   type;
	const char	  *unit;	/* "s", "byte", "ratio"; NULL for none */
	double		   min, max;
	const char	  *def;		/* default as it would be written (without quotes); NULL: must be given */
	const char *const *words;	/* ends with NULL */
	const char	  *help;	/* one sentence */
};

struct conf_group {
	const char	      *name;	/* "engine" */
	const struct conf_opt *options;	/* ends with { 0 } */
	bool		       list;	/* name = ( { ... }, { ... } ) */
	const char	      *help;
	const char *const     *sample;	/* lists: the default entries, each key, value, ..., NULL; then NULL; or NULL for none */
	size_t		       max;	/* lists: entries at most */
};
/** The groups of this program's file, ending with { 0 }; always the same. */
const struct conf_group *conf_schema(void);
/** The comment at the head of its default file. */
const char *conf_head(void);
/**
 * For a program other than the engine: make these its groups and its head (borrowed for good), before it
 * calls anything else of this header. Without it they are those of simpuld.conf.
 */
void	conf_use(const struct conf_group *groups, const char *head);

struct conf;

/** An error of the text: 1-based line (0 = unknown) and a whole sentence with the remedy. */
typedef void (*conf_error_fn)(void *arg, unsigned line, unsigned column, const char *text);

/**
 * Parse and check a configuration text. To be called in the check child only: libconfig can end the process (THREATS 4).
 * All errors are reported, not only the first.
 * @return the configuration with defaults filled in, owned by the caller, or NULL after at least one call of error
 */
struct conf *conf_parse(const char *text, size_t len, conf_error_fn error, void *arg);
struct conf *conf_new_default(void);
/** The same for files of another kind than the program's own: groups (borrowed for good) in place of conf_schema(). */
struct conf *conf_parse_as(const struct conf_group *schema, const char *text, size_t len, conf_error_fn error, void *arg);
struct conf *conf_new_as(const struct conf_group *schema);
void	     conf_free(struct conf *c);

/* Path: "engine.data_dir", "rules[0].raise". */
int64_t	    conf_int(const struct conf *c, const char *path);
double	    conf_number(const struct conf *c, const char *path);
bool	    conf_bool(const struct conf *c, const char *path);
const char *conf_text(const struct conf *c, const char *path);	/* borrowed */
size_t	    conf_count(const struct conf *c, const char *list);	/* entries of a list group, or words of a CONF_WORDS */
const char *conf_word(const struct conf *c, const char *path, size_t i);
/** Where conf_parse() found a setting, for errors that only the whole can tell; 0 = it is a default. Lists: where one starts. */
void	    conf_place(const struct conf *c, const char *path, unsigned *line, unsigned *column);

/** Every setting, in schema order, as path and text: what check sends to core. A list comes first with its count: "rules", "2". */
void	conf_each(const struct conf *c, void (*cb)(void *arg, const char *path, const char *value), void *arg);
/** Rebuild from such pairs: type and range are checked again. 0, or -1 with a sentence in err. */
int	conf_set(struct conf *c, const char *path, const char *value, char *err, size_t err_size);

/** Has every key a value? What conf_set() has built may lack one that must be given; to read that is a bug. */
bool	conf_is_whole(const struct conf *c);

/** The commented default file, and the man page's section on settings (mdoc). */
struct buf;
void	conf_write_default(struct buf *out);
void	conf_write_man(struct buf *out);

#endif
