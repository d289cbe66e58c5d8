/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf_value.c: settings in memory, as text that has passed the check of its option.
 *
 * A value is kept as it was written and read when it is asked for: settings are few and asked for once per
 * load, and the same text travels from check to core, where it is checked again on the way in.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_private.h"
#include "base/cursor.h"
#include "base/log.h"
#include "base/text.h"

/* ---- one value ---- */

static int
say(char *err, size_t size, const struct conf_opt *o, const char *text)
{
	char shown[80], expected[300];

	text_visible(shown, sizeof(shown), text, strlen(text));
	snprintf(err, size, "\"%s\" is not possible; expected %s", shown,
	    conf_expected(o, expected, sizeof(expected)));
	return -1;
}

const char *
conf_expected(const struct conf_opt *o, char *out, size_t size)
{
	const char	  *unit = o->unit != NULL ? o->unit : "", *space = o->unit != NULL ? " " : "";
	const char *const *w;
	size_t		   len;

	switch (o->type) {
	case CONF_INT:
		snprintf(out, size, "a whole number from %.15g to %.15g%s%s", o->min, o->max, space, unit);
		break;
	case CONF_NUMBER:
		snprintf(out, size, "a number from %.15g to %.15g%s%s", o->min, o->max, space, unit);
		break;
	case CONF_BOOL:
		snprintf(out, size, "true or false");
		break;
	case CONF_TEXT:
		snprintf(out, size, "text in quotes, at most %.0f bytes",
		    o->max > 0 ? o->max : CONF_TEXT_MAX);
		break;
	case CONF_WORD:
	case CONF_WORDS:
		len = (size_t)snprintf(out, size, o->type == CONF_WORD ? "one of" : "a list [ ] of");
		for (w = o->words; w != NULL && *w != NULL && len < size; w++)
			len += (size_t)snprintf(out + len, size - len, "%s \"%s\"", w == o->words ? "" : ",",
			    *w);
		if (o->words == NULL)
			snprintf(out + len, size - len, " texts");
	}
	return out;
}

static bool
is_word(const struct conf_opt *o, const char *word)
{
	const char *const *w;

	for (w = o->words; w != NULL && *w != NULL; w++)
		if (strcmp(*w, word) == 0)
			return true;
	return o->words == NULL;
}

static int
check_word(const struct conf_opt *o, const char *word, char *err, size_t size)
{
	const char *near;
	char	    shown[80];

	if (is_word(o, word))
		return 0;
	near = text_nearest(word, o->words);
	if (near == NULL)
		return say(err, size, o, word);
	text_visible(shown, sizeof(shown), word, strlen(word));
	snprintf(err, size, "\"%s\" is not one of its words; did you mean \"%s\"?", shown, near);
	return -1;
}

static int
check_text(const struct conf_opt *o, const char *text, char *err, size_t size)
{
	size_t len = strlen(text);
	size_t max = o->type == CONF_TEXT && o->max > 0 ? (size_t)o->max : CONF_TEXT_MAX;

	if (len <= max && text_is_one_line(text) && text_is_utf8(text, len))
		return 0;
	if (len > max)
		snprintf(err, size, "text of %zu bytes is too long; at most %zu", len, max);
	else
		snprintf(err, size,
		    "text with control characters or not in UTF-8; write one line of plain text");
	return -1;
}

static int
check_number(const struct conf_opt *o, const char *text, char *err, size_t size)
{
	int64_t whole;
	double	v;

	if (o->type == CONF_INT && text_to_i64(text, (int64_t)o->min, (int64_t)o->max, &whole) == 0)
		return 0;
	if (o->type == CONF_NUMBER && text_to_double(text, &v) == 0 && v >= o->min && v <= o->max)
		return 0;
	return say(err, size, o, text);
}

static bool
is_bool(const char *text)
{
	return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

static void
value_fini(struct conf_value *v)
{
	free(v->text);
	free(v->words);
	*v = (struct conf_value){ 0 };
}

/* Cut "a|b" into its words, each ending with NUL; "" has none. */
static void
words_cut(struct conf_value *v)
{
	char *p;

	v->words = xstrdup(v->text);
	v->nwords = v->text[0] != '\0';
	for (p = v->words; *p != '\0'; p++)
		if (*p == '|') {
			*p = '\0';
			v->nwords++;
		}
}

static const char *
word_at(const struct conf_value *v, size_t i)
{
	const char *p = v->words;

	while (i-- > 0)
		p += strlen(p) + 1;
	return p;
}

int
conf_value_put(struct conf_value *v, const struct conf_opt *o, const char *text, char *err, size_t err_size)
{
	struct conf_value new = { .line = v->line, .column = v->column };
	size_t		  i;
	int		  rc = check_text(o, text, err, err_size);

	if (rc == -1)
		return -1;
	if (o->type == CONF_INT || o->type == CONF_NUMBER)
		rc = check_number(o, text, err, err_size);
	else if (o->type == CONF_BOOL)
		rc = is_bool(text) ? 0 : say(err, err_size, o, text);
	else if (o->type == CONF_WORD)
		rc = check_word(o, text, err, err_size);
	if (rc == -1)
		return -1;
	new.text = xstrdup(text);
	if (o->type == CONF_WORDS)
		words_cut(&new);
	for (i = 0; i < new.nwords && rc == 0; i++)
		rc = check_word(o, word_at(&new, i), err, err_size);
	if (rc == -1) {
		value_fini(&new);
		return -1;
	}
	value_fini(v);
	*v = new;
	return 0;
}

/* ---- all of them ---- */

size_t
conf_options(const struct conf_group *g)
{
	size_t n = 0;

	while (g->options[n].key != NULL)
		n++;
	return n;
}

static size_t
groups_count(const struct conf_group *schema)
{
	size_t n = 0;

	while (schema[n].name != NULL)
		n++;
	return n;
}

static void
default_put(const struct conf_group *g, const struct conf_opt *o, struct conf_value *v)
{
	char err[400];

	if (o->def != NULL && conf_value_put(v, o, o->def, err, sizeof(err)) == -1)
		fatalx("bug: default of %s.%s: %s", g->name, o->key, err);
}

void
conf_resize(struct conf *c, size_t group, size_t n)
{
	const struct conf_group *g = &c->schema[group];
	struct conf_section	*s = &c->section[group];
	size_t			 nopts = conf_options(g), e, k;

	for (e = 0; e < s->n; e++) {
		for (k = 0; k < nopts; k++)
			value_fini(&s->entry[e].value[k]);
		free(s->entry[e].value);
	}
	free(s->entry);
	s->entry = xcalloc(n + 1, sizeof(*s->entry));
	s->n = n;
	for (e = 0; e < n; e++) {
		s->entry[e].value = xcalloc(nopts + 1, sizeof(struct conf_value));
		for (k = 0; k < nopts; k++)
			default_put(g, &g->options[k], &s->entry[e].value[k]);
	}
}

/* Path of a key: "engine.ns", "rules[1].raise". */
static void
path_write(char *out, size_t size, const struct conf_group *g, size_t entry, const char *key)
{
	if (g->list)
		snprintf(out, size, "%s[%zu].%s", g->name, entry, key);
	else
		snprintf(out, size, "%s.%s", g->name, key);
}

void
conf_sample(struct conf *c, size_t group)
{
	const struct conf_group *g = &c->schema[group];
	const char *const	*s;
	char			 path[120], err[400];
	size_t			 n = 0;

	for (s = g->sample; s != NULL && *s != NULL; s++, n++)
		while (*s != NULL)
			s += 2;
	conf_resize(c, group, n);
	for (s = g->sample, n = 0; s != NULL && *s != NULL; s++, n++)
		for (; *s != NULL; s += 2) {
			path_write(path, sizeof(path), g, n, s[0]);
			if (conf_set(c, path, s[1], err, sizeof(err)) == -1)
				fatalx("bug: sample of %s: %s", path, err);
		}
}

struct conf *
conf_new_empty(const struct conf_group *schema)
{
	struct conf *c = xcalloc(1, sizeof(*c));
	size_t	     g, n = groups_count(schema);

	c->schema = schema;
	c->section = xcalloc(n + 1, sizeof(*c->section));
	for (g = 0; g < n; g++)
		conf_resize(c, g, c->schema[g].list ? 0 : 1);
	return c;
}

struct conf *
conf_new_as(const struct conf_group *schema)
{
	struct conf *c = conf_new_empty(schema);
	size_t	     g;

	for (g = 0; schema[g].name != NULL; g++)
		if (schema[g].list)
			conf_sample(c, g);
	return c;
}

struct conf *
conf_new_default(void)
{
	return conf_new_as(conf_schema());
}

void
conf_free(struct conf *c)
{
	size_t g;

	if (c == NULL)
		return;
	for (g = 0; c->schema[g].name != NULL; g++) {
		conf_resize(c, g, 0);
		free(c->section[g].entry);
	}
	free(c->section);
	free(c);
}

/* ---- paths ---- */

struct place {
	size_t		       group;
	struct conf_section   *section;
	const struct conf_opt *opt;	/* NULL: the path names a whole list */
	struct conf_value     *value;
};

/* @return 0, or -1 when the schema or the lists have no such place */
static int
path_find(const struct conf *c, const char *path, struct place *at)
{
	size_t		   len = strcspn(path, "[.");
	const char	  *key = path + len;
	unsigned long long entry = 0;
	size_t		   k;
	int		   used = 0;

	for (at->group = 0; c->schema[at->group].name != NULL; at->group++)
		if (strncmp(c->schema[at->group].name, path, len) == 0 &&
		    c->schema[at->group].name[len] == '\0')
			break;
	if (c->schema[at->group].name == NULL)
		return -1;
	at->section = &c->section[at->group];
	at->opt = NULL;
	at->value = NULL;
	if (*key == '\0')
		return c->schema[at->group].list ? 0 : -1;
	if (c->schema[at->group].list) {
		if (sscanf(key, "[%4llu]%n", &entry, &used) != 1 || used == 0)
			return -1;
		key += used;
	}
	if (*key++ != '.' || entry >= at->section->n)
		return -1;
	for (k = 0; c->schema[at->group].options[k].key != NULL; k++)
		if (strcmp(c->schema[at->group].options[k].key, key) == 0) {
			at->opt = &c->schema[at->group].options[k];
			at->value = &at->section->entry[entry].value[k];
			return 0;
		}
	return -1;
}

static const struct conf_value *
value_of(const struct conf *c, const char *path, enum conf_type type, enum conf_type or_type)
{
	struct place at;

	if (path_find(c, path, &at) == -1 || at.opt == NULL ||
	    (at.opt->type != type && at.opt->type != or_type))
		fatalx("bug: no setting %s of this type", path);
	if (at.value->text == NULL)
		fatalx("bug: setting %s has no value", path);
	return at.value;
}

int64_t
conf_int(const struct conf *c, const char *path)
{
	int64_t v = 0;

	text_to_i64(value_of(c, path, CONF_INT, CONF_INT)->text, INT64_MIN, INT64_MAX, &v);
	return v;
}

double
conf_number(const struct conf *c, const char *path)
{
	double v = 0;

	text_to_double(value_of(c, path, CONF_NUMBER, CONF_INT)->text, &v);
	return v;
}

bool
conf_bool(const struct conf *c, const char *path)
{
	return value_of(c, path, CONF_BOOL, CONF_BOOL)->text[0] == 't';
}

const char *
conf_text(const struct conf *c, const char *path)
{
	return value_of(c, path, CONF_TEXT, CONF_WORD)->text;
}

size_t
conf_count(const struct conf *c, const char *list)
{
	struct place at;

	if (path_find(c, list, &at) == 0 && at.opt == NULL)
		return at.section->n;
	return value_of(c, list, CONF_WORDS, CONF_WORDS)->nwords;
}

const char *
conf_word(const struct conf *c, const char *path, size_t i)
{
	const struct conf_value *v = value_of(c, path, CONF_WORDS, CONF_WORDS);

	if (i >= v->nwords)
		fatalx("bug: %s has %zu words", path, v->nwords);
	return word_at(v, i);
}

void
conf_place(const struct conf *c, const char *path, unsigned *line, unsigned *column)
{
	struct place at;

	if (path_find(c, path, &at) == -1)
		fatalx("bug: no setting %s", path);
	*line = at.value != NULL ? at.value->line : at.section->line;
	*column = at.value != NULL ? at.value->column : at.section->column;
}

void
conf_each(const struct conf *c, void (*cb)(void *arg, const char *path, const char *value), void *arg)
{
	const struct conf_section *s;
	char			   path[120], count[24];
	size_t			   g, e, k;

	for (g = 0; c->schema[g].name != NULL; g++) {
		s = &c->section[g];
		if (c->schema[g].list) {
			snprintf(count, sizeof(count), "%zu", s->n);
			cb(arg, c->schema[g].name, count);
		}
		for (e = 0; e < s->n; e++)
			for (k = 0; c->schema[g].options[k].key != NULL; k++) {
				path_write(path, sizeof(path), &c->schema[g], e,
				    c->schema[g].options[k].key);
				if (s->entry[e].value[k].text != NULL)
					cb(arg, path, s->entry[e].value[k].text);
			}
	}
}

int
conf_set(struct conf *c, const char *path, const char *value, char *err, size_t err_size)
{
	struct place at;
	int64_t	     n;

	if (path_find(c, path, &at) == -1) {
		snprintf(err, err_size, "there is no setting of this name");
		return -1;
	}
	if (at.opt != NULL)
		return conf_value_put(at.value, at.opt, value, err, err_size);
	if (text_to_i64(value, 0, (int64_t)c->schema[at.group].max, &n) == -1) {
		snprintf(err, err_size, "a list of 0 to %zu entries", c->schema[at.group].max);
		return -1;
	}
	conf_resize(c, at.group, (size_t)n);
	return 0;
}

bool
conf_is_whole(const struct conf *c)
{
	size_t g, e, k;

	for (g = 0; c->schema[g].name != NULL; g++)
		for (e = 0; e < c->section[g].n; e++)
			for (k = 0; c->schema[g].options[k].key != NULL; k++)
				if (c->section[g].entry[e].value[k].text == NULL)
					return false;
	return true;
}
