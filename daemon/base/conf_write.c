/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_write.c: the schema as a commented default file and as a section of a man page. */
#include <stdio.h>
#include <string.h>

#include "base/conf_private.h"
#include "base/cursor.h"

#define COMMENT_WIDTH 100

/* Text as comment lines, broken at spaces. */
static void
put_comment(struct buf *out, const char *indent, const char *text)
{
	size_t len;

	while (*text != '\0') {
		len = strlen(text);
		if (len > COMMENT_WIDTH)
			for (len = COMMENT_WIDTH; len > 0 && text[len] != ' '; len--)
				;
		if (len == 0)
			len = strcspn(text, " ");
		buf_printf(out, "%s# %.*s\n", indent, (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

static void
put_quoted(struct buf *out, const char *text, size_t len)
{
	size_t i;

	buf_u8(out, '"');
	for (i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_u8(out, '\\');
		buf_u8(out, (uint8_t)text[i]);
	}
	buf_u8(out, '"');
}

/* A value as libconfig reads it. */
static void
put_value(struct buf *out, const struct conf_opt *o, const char *text)
{
	size_t len;

	if (o->type == CONF_TEXT || o->type == CONF_WORD)
		put_quoted(out, text, strlen(text));
	else if (o->type != CONF_WORDS)
		buf_text(out, text);
	else {
		buf_printf(out, "[");
		for (; *text != '\0'; text += len + (text[len] == '|')) {
			len = strcspn(text, "|");
			put_quoted(out, text, len);
			if (text[len] == '|')
				buf_printf(out, ", ");
		}
		buf_printf(out, "]");
	}
}

/* What the option takes, as a sentence. @return out */
static const char *
describe(const struct conf_opt *o, char *out, size_t size)
{
	const char *unit = o->unit != NULL ? o->unit : "", *space = o->unit != NULL ? " " : "";
	const char *const *w;
	size_t		   len;

	switch (o->type) {
	case CONF_INT:
	case CONF_NUMBER:
		snprintf(out, size, "From %.15g to %.15g%s%s.", o->min, o->max, space, unit);
		break;
	case CONF_BOOL:
		snprintf(out, size, "Either true or false.");
		break;
	case CONF_TEXT:
		snprintf(out, size, "At most %.0f bytes.", o->max > 0 ? o->max : CONF_TEXT_MAX);
		break;
	case CONF_WORD:
	case CONF_WORDS:
		len = (size_t)snprintf(out, size, o->type == CONF_WORD ? "One of" : "A list of");
		for (w = o->words; w != NULL && *w != NULL && len < size; w++)
			len += (size_t)snprintf(out + len, size - len, "%s %s", w == o->words ? "" : ",", *w);
		if (len < size)
			snprintf(out + len, size - len, "%s", o->words != NULL ? "." : " texts.");
	}
	return out;
}

static void
put_group(struct buf *out, const struct conf_group *g)
{
	const struct conf_opt *o;
	char		       text[800], what[360];

	buf_printf(out, "%s = {\n", g->name);
	for (o = g->options; o->key != NULL; o++) {
		snprintf(text, sizeof(text), "%s %s", o->help, describe(o, what, sizeof(what)));
		put_comment(out, "\t", text);
		buf_printf(out, "\t%s = ", o->key);
		put_value(out, o, o->def);
		buf_printf(out, ";\n%s", o[1].key != NULL ? "\n" : "");
	}
	buf_printf(out, "};\n");
}

static const struct conf_opt *
option_of(const struct conf_group *g, const char *key)
{
	const struct conf_opt *o;

	for (o = g->options; strcmp(o->key, key) != 0; o++)
		;
	return o;
}

static void
put_list(struct buf *out, const struct conf_group *g)
{
	const struct conf_opt *o;
	const char *const     *s;
	char		       text[800], what[360];

	for (o = g->options; o->key != NULL; o++) {
		describe(o, what, sizeof(what));
		if (o->def == NULL)
			snprintf(text, sizeof(text), "%s: %s %s Must be given.", o->key, o->help, what);
		else
			snprintf(text, sizeof(text), "%s: %s %s Default: %s.", o->key, o->help, what,
			    o->def[0] != '\0' ? o->def : "empty");
		put_comment(out, "", text);
	}
	buf_printf(out, "%s = (", g->name);
	for (s = g->sample; s != NULL && *s != NULL; s++) {
		buf_printf(out, "%s\n\t{", s == g->sample ? "" : ",");
		for (; *s != NULL; s += 2) {
			buf_printf(out, " %s = ", s[0]);
			put_value(out, option_of(g, s[0]), s[1]);
			buf_printf(out, ";");
		}
		buf_printf(out, " }");
	}
	buf_printf(out, "\n);\n");
}

void
conf_write_default(struct buf *out)
{
	const struct conf_group *g;

	buf_printf(out, "# SPDX-License-Identifier: GPL-3.0-or-later\n%s", conf_head());
	for (g = conf_schema(); g->name != NULL; g++) {
		buf_printf(out, "\n");
		put_comment(out, "", g->help);
		if (g->list)
			put_list(out, g);
		else
			put_group(out, g);
	}
}

void
conf_write_man(struct buf *out)
{
	const struct conf_group *g;
	const struct conf_opt	*o;
	char			 what[360];

	for (g = conf_schema(); g->name != NULL; g++) {
		buf_printf(out, ".Ss %s\n%s\n", g->name, g->help);
		if (g->list)
			buf_printf(out, "A list of at most %zu groups.\n", g->max);
		buf_printf(out, ".Bl -tag -width Ds\n");
		for (o = g->options; o->key != NULL; o++) {
			buf_printf(out, ".It Va %s\n%s\n%s\n", o->key, o->help, describe(o, what, sizeof(what)));
			if (o->def == NULL)
				buf_printf(out, "Must be given.\n");
			else if (o->def[0] != '\0')
				buf_printf(out, "Default: %s.\n", o->def);
		}
		buf_printf(out, ".El\n");
	}
}
