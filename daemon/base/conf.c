/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf.c: a configuration text to checked settings.
 *
 * conf_scan.c looks at the text first and finds the places and numbers that libconfig loses; libconfig builds
 * the tree; here the tree is walked beside the schema and every difference is told. libconfig can end the
 * process, so this runs in the check child only.
 */
#include "base/conf.h"

#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_private.h"
#include "base/cursor.h"
#include "base/text.h"

struct parser {
	const struct conf_group *schema;
	config_t	 tree;
	struct conf_scan scan;
	struct conf	*conf;
	bool		 failed;
	conf_error_fn	 error;
	void		*arg;
};

static void parser_say(struct parser *p, const config_setting_t *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* @param at  the setting that is wrong; its token hangs on its hook */
static void
parser_say(struct parser *p, const config_setting_t *at, const char *fmt, ...)
{
	const struct conf_token *t = config_setting_get_hook(at);
	char			 text[700];
	va_list			 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->failed = true;
	p->error(p->arg, t->line, t->column, text);
}

/* ---- the tree and its tokens ---- */

/*
 * Hang each token on its setting: both are in the order of the text.
 * @return 0, or -1 when scan and libconfig disagree on what the settings are
 */
static int
tokens_attach(struct parser *p)
{
	struct level {
		config_setting_t *setting;
		int		  next;
	} level[CONF_DEPTH_MAX + 2];
	struct level *top = level;
	size_t	      n = 0;

	*top = (struct level){ config_root_setting(&p->tree), 0 };
	while (top >= level) {
		config_setting_t *s;

		if (!config_setting_is_aggregate(top->setting) ||
		    top->next == config_setting_length(top->setting)) {
			top--;
			continue;
		}
		s = config_setting_get_elem(top->setting, (unsigned)top->next++);
		if (n == p->scan.n || top == level + CONF_DEPTH_MAX + 1)
			return -1;
		config_setting_set_hook(s, &p->scan.token[n++]);
		*++top = (struct level){ s, 0 };
	}
	return n == p->scan.n ? 0 : -1;
}

static int
tree_read(struct parser *p, const char *text)
{
	const char *why;

	if (config_read_string(&p->tree, text) != CONFIG_TRUE) {
		why = config_error_text(&p->tree);
		if (why != NULL && strstr(why, "duplicate") != NULL)
			p->error(p->arg, (unsigned)config_error_line(&p->tree), 0,
			    "this name is there twice; remove one");
		else
			p->error(p->arg, (unsigned)config_error_line(&p->tree), 0,
			    "not understood here or just before; each setting is written as name = value; a group as name = { };");
		return -1;
	}
	if (tokens_attach(p) == 0)
		return 0;
	p->error(p->arg, 0, 0, "bug: the places of the settings are not known");
	return -1;
}

/* ---- values ---- */

/* "engine.ns", or "name of rules" for an entry of a list, which people do not number. */
static void
name_write(char *out, size_t size, const struct conf_group *g, const char *key)
{
	if (g->list)
		snprintf(out, size, "%s of %s", key, g->name);
	else
		snprintf(out, size, "%s.%s", g->name, key);
}

static bool
is_number(int type)
{
	return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64 || type == CONFIG_TYPE_FLOAT;
}

static bool
type_fits(const struct conf_opt *o, int type)
{
	switch (o->type) {
	case CONF_INT:
	case CONF_NUMBER:
		return is_number(type);
	case CONF_BOOL:
		return type == CONFIG_TYPE_BOOL;
	case CONF_TEXT:
	case CONF_WORD:
		return type == CONFIG_TYPE_STRING;
	case CONF_WORDS:
		return type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST;
	}
	return false;
}

static const char *
type_name(int type)
{
	if (is_number(type))
		return "a number";
	switch (type) {
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_STRING:
		return "text in quotes";
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ]";
	default:
		return "a list ( )";
	}
}

static const char *
string_of(const config_setting_t *s)
{
	const char *text = config_setting_get_string(s);

	return text != NULL ? text : "";	/* libconfig has no string where the text has "" */
}

/* The texts of an array as "a|b" in out. 0, or -1 after saying what is wrong. */
static int
words_join(struct parser *p, const config_setting_t *s, const char *name, struct buf *out)
{
	int i;

	for (i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);

		if (config_setting_type(e) != CONFIG_TYPE_STRING) {
			parser_say(p, e, "%s: an entry is %s; write text in quotes", name,
			    type_name(config_setting_type(e)));
			return -1;
		}
		if (strchr(string_of(e), '|') != NULL || string_of(e)[0] == '\0') {
			parser_say(p, e, "%s: an entry is empty or holds \"|\"; write one word per entry",
			    name);
			return -1;
		}
		if (i > 0)
			buf_u8(out, '|');
		buf_text(out, string_of(e));
	}
	return 0;
}

/* Append the value as conf_value_put() takes it, with its NUL. 0, or -1 after saying what is wrong. */
static int
value_text(struct parser *p, const config_setting_t *s, const struct conf_opt *o, const char *name,
    struct buf *out)
{
	const struct conf_token *t = config_setting_get_hook(s);

	if (o->type == CONF_WORDS) {
		if (words_join(p, s, name, out) == -1)
			return -1;
	} else if (o->type == CONF_BOOL) {
		const char *word = config_setting_get_bool(s) ? "true" : "false";

		buf_text(out, word);
	} else if (is_number(config_setting_type(s)))
		buf_bytes(out, t->number, t->number != NULL ? t->number_len : 0);
	else
		buf_text(out, string_of(s));
	buf_u8(out, '\0');
	return 0;
}

static void
value_take(struct parser *p, const config_setting_t *s, const struct conf_group *g, const struct conf_opt *o,
    struct conf_value *v)
{
	const struct conf_token *t = config_setting_get_hook(s);
	struct buf		 text = { 0 };
	char			 name[120], err[400];

	name_write(name, sizeof(name), g, o->key);
	v->line = t->line;
	v->column = t->column;
	if (!type_fits(o, config_setting_type(s)))
		parser_say(p, s, "%s is %s; expected %s", name, type_name(config_setting_type(s)),
		    conf_expected(o, err, sizeof(err)));
	else if (value_text(p, s, o, name, &text) == 0 &&
		 conf_value_put(v, o, (const char *)text.data, err, sizeof(err)) == -1)
		parser_say(p, s, "%s: %s", name, err);
	buf_free(&text);
}

/* ---- groups ---- */

static const struct conf_group *
group_with_key(const struct conf_group *schema, const char *key)
{
	const struct conf_group *g;
	const struct conf_opt	*o;

	for (g = schema; g->name != NULL; g++)
		for (o = g->options; o->key != NULL; o++)
			if (strcmp(o->key, key) == 0)
				return g;
	return NULL;
}

/* A key that is not in its group (NULL: a name at the top that is no group). */
static void
unknown_key_say(struct parser *p, const config_setting_t *s, const struct conf_group *g)
{
	const struct conf_group *owner = group_with_key(p->schema, config_setting_name(s));
	const char		*names[64] = { NULL }, *near;
	char			 all[500] = "", shown[80];
	size_t			 i, len = 0;

	for (i = 0; i + 1 < nitems(names); i++) {
		names[i] = g != NULL ? g->options[i].key : p->schema[i].name;
		if (names[i] == NULL)
			break;
		if (len < sizeof(all))
			len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", i > 0 ? ", " : "",
			    names[i]);
	}
	text_visible(shown, sizeof(shown), config_setting_name(s), strlen(config_setting_name(s)));
	near = text_nearest(config_setting_name(s), names);
	if (near != NULL)
		parser_say(p, s, "unknown %s \"%s\"; did you mean \"%s\"?", g != NULL ? "setting" : "group",
		    shown, near);
	else if (owner != NULL)
		parser_say(p, s, "\"%s\" is a setting of the group \"%s\"; write it there", shown,
		    owner->name);
	else
		parser_say(p, s, "unknown %s \"%s\"; known here: %s", g != NULL ? "setting" : "group", shown,
		    all);
}

/* The settings of one { } into one entry. */
static void
entry_take(struct parser *p, const config_setting_t *group, const struct conf_group *g,
    struct conf_entry *entry)
{
	size_t k;
	int    i;

	for (i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);

		for (k = 0; g->options[k].key != NULL; k++)
			if (strcmp(g->options[k].key, config_setting_name(s)) == 0)
				break;
		if (g->options[k].key == NULL)
			unknown_key_say(p, s, g);
		else
			value_take(p, s, g, &g->options[k], &entry->value[k]);
	}
	for (k = 0; g->options[k].key != NULL; k++)
		if (entry->value[k].text == NULL && entry->value[k].line == 0)
			parser_say(p, group, "%s: \"%s\" is missing; give %s", g->name, g->options[k].key,
			    conf_expected(&g->options[k], (char[300]){ 0 }, 300));
}

static void
list_take(struct parser *p, const config_setting_t *s, size_t group)
{
	const struct conf_group *g = &p->schema[group];
	size_t			 n = (size_t)config_setting_length(s), e;

	if (config_setting_type(s) != CONFIG_TYPE_LIST) {
		parser_say(p, s, "%s is %s; write a list of groups: %s = ( { }, { } );", g->name,
		    type_name(config_setting_type(s)), g->name);
		return;
	}
	if (n > g->max) {
		parser_say(p, s, "%s has %zu entries; at most %zu", g->name, n, g->max);
		return;
	}
	conf_resize(p->conf, group, n);
	for (e = 0; e < n; e++) {
		const config_setting_t *entry = config_setting_get_elem(s, (unsigned)e);

		if (config_setting_type(entry) == CONFIG_TYPE_GROUP)
			entry_take(p, entry, g, &p->conf->section[group].entry[e]);
		else
			parser_say(p, entry, "an entry of %s is %s; write { name = value; }", g->name,
			    type_name(config_setting_type(entry)));
	}
}

static void
group_take(struct parser *p, const config_setting_t *s)
{
	const struct conf_token *t = config_setting_get_hook(s);
	size_t			 g;

	for (g = 0; p->schema[g].name != NULL; g++)
		if (strcmp(p->schema[g].name, config_setting_name(s)) == 0)
			break;
	if (p->schema[g].name == NULL) {
		unknown_key_say(p, s, NULL);
		return;
	}
	p->conf->section[g].line = t->line;
	p->conf->section[g].column = t->column;
	if (p->schema[g].list)
		list_take(p, s, g);
	else if (config_setting_type(s) == CONFIG_TYPE_GROUP)
		entry_take(p, s, &p->schema[g], &p->conf->section[g].entry[0]);
	else
		parser_say(p, s, "%s is %s; write a group: %s = { name = value; };", p->schema[g].name,
		    type_name(config_setting_type(s)), p->schema[g].name);
}

struct conf *
conf_parse_as(const struct conf_group *schema, const char *text, size_t len, conf_error_fn error, void *arg)
{
	struct parser p = { .schema = schema, .error = error, .arg = arg };
	char	     *copy = xcalloc(len + 2, 1);
	int	      i;

	memcpy(copy, text, len);
	config_init(&p.tree);
	copy[len] = '\n';	/* libconfig sees no comment in a last line without an end */
	p.failed = conf_scan(&p.scan, copy, len, error, arg) == -1 || tree_read(&p, copy) == -1;
	if (!p.failed) {
		p.conf = conf_new_as(schema);
		for (i = 0; i < config_setting_length(config_root_setting(&p.tree)); i++)
			group_take(&p, config_setting_get_elem(config_root_setting(&p.tree), (unsigned)i));
	}
	config_destroy(&p.tree);
	conf_scan_free(&p.scan);
	free(copy);
	if (p.failed) {
		conf_free(p.conf);
		p.conf = NULL;
	}
	return p.conf;
}

struct conf *
conf_parse(const char *text, size_t len, conf_error_fn error, void *arg)
{
	return conf_parse_as(conf_schema(), text, len, error, arg);
}
