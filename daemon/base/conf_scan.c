/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf_scan.c: reads a configuration text before libconfig 1.5 does, because that one
 *
 * - ends the process on some forms of @include, and follows the others anywhere;
 * - reads 2147483648 as -2147483648 and 2^64 + 1 as -1, so numbers are taken from here, as text;
 * - takes an open string or comment at the end of the file for its end;
 * - calls every other fault "syntax error" and knows no columns;
 * - recurses and searches as deep and as long as the text likes.
 *
 * The tokens are those of libconfig's scanner. Settings and list elements are noted in the order in which
 * they begin, which is the order in which a walk of libconfig's tree meets them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_private.h"
#include "base/text.h"

#define SETTINGS_MAX   10000
#define LINE_MAX_BYTES 65536
#define NAME_CHARS     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_*"
#define DIGITS	       "0123456789"

struct open_bracket {
	char	 kind;		/* '{', '(' or '[' */
	unsigned line;
};

struct scanner {
	struct conf_scan   *scan;
	const char	   *p, *end, *line_start;
	unsigned	    line;
	struct open_bracket open[CONF_DEPTH_MAX];
	size_t		    depth;
	bool		    element_may_start;	/* in a list or array: behind its bracket or a comma */
	bool		    failed, stop;
	conf_error_fn	    error;
	void		   *arg;
};

static unsigned
column_of(const struct scanner *s, const char *p)
{
	const char *at;
	unsigned    column = 1;

	for (at = s->line_start; at < p; at++)
		column += ((unsigned char)*at & 0xc0) != 0x80;	/* characters, not bytes */
	return column;
}

static void scan_say(struct scanner *s, unsigned line, const char *at, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* @param at  place in the present line, or NULL when the column does not matter */
static void
scan_say(struct scanner *s, unsigned line, const char *at, const char *fmt, ...)
{
	char	text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->failed = true;
	s->error(s->arg, line, at != NULL ? column_of(s, at) : 0, text);
}

static void
token_add(struct scanner *s)
{
	struct conf_scan *c = s->scan;

	if (c->n == SETTINGS_MAX) {
		scan_say(s, s->line, s->p, "more than %u settings; remove what is not needed", SETTINGS_MAX);
		s->stop = true;
		return;
	}
	if (c->n == c->size) {
		c->size = c->size == 0 ? 64 : 2 * c->size;
		c->token = xrealloc(c->token, c->size, sizeof(*c->token));
	}
	c->token[c->n++] = (struct conf_token){ .line = s->line, .column = column_of(s, s->p) };
}

static bool
in_group(const struct scanner *s)
{
	return s->depth == 0 || s->open[s->depth - 1].kind == '{';
}

/* A value begins: in a list or array it is an element of its own. */
static void
value_begin(struct scanner *s)
{
	if (!in_group(s) && s->element_may_start)
		token_add(s);
	s->element_may_start = false;
}

static void
newline(struct scanner *s)
{
	s->line++;
	s->line_start = s->p + 1;
}

static void
skip_to_line_end(struct scanner *s)
{
	const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));

	s->p = nl != NULL ? nl : s->end;
}

/* A comment of either kind. @return false when p is at something else */
static bool
take_comment(struct scanner *s)
{
	const char *start = s->p;
	unsigned    line = s->line;

	if (*s->p == '#' || (s->end - s->p >= 2 && memcmp(s->p, "//", 2) == 0)) {
		skip_to_line_end(s);
		return true;
	}
	if (s->end - s->p < 2 || memcmp(s->p, "/*", 2) != 0)
		return false;
	for (s->p += 2; s->end - s->p >= 2; s->p++) {
		if (memcmp(s->p, "*/", 2) == 0) {
			s->p += 2;
			return true;
		}
		if (*s->p == '\n')
			newline(s);
	}
	s->p = s->end;
	scan_say(s, line, line == s->line ? start : NULL,
	    "the comment that opens here is never closed; write */ at its end");
	return true;
}

static void
take_string(struct scanner *s)
{
	const char *start = s->p;

	value_begin(s);
	for (s->p++; s->p < s->end && *s->p != '\n'; s->p++) {
		if (*s->p == '"') {
			s->p++;
			return;
		}
		if (*s->p != '\\' || s->p + 1 == s->end)
			continue;
		if (s->end - s->p >= 4 && (s->p[1] == 'x' || s->p[1] == 'X') && s->p[2] == '0' &&
		    s->p[3] == '0')
			scan_say(s, s->line, s->p, "a text cannot hold \\x00; remove it");
		if (s->p[1] == '"' || s->p[1] == '\\')
			s->p++;
	}
	scan_say(s, s->line, start, "the quote that opens here is not closed in this line; close it");
}

/* [-]digits[.digits][e[+-]digits] */
static bool
is_decimal(const char *s, size_t len)
{
	const char *p = s, *end = s + len;
	size_t	    n;

	p += p < end && *p == '-';
	n = strspn(p, DIGITS);
	p += n;
	if (n == 0)
		return false;
	if (p < end && *p == '.') {
		n = strspn(++p, DIGITS);
		p += n;
		if (n == 0)
			return false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		n = strspn(p, DIGITS);
		p += n;
		if (n == 0)
			return false;
	}
	return p == end;
}

static void
take_number(struct scanner *s)
{
	size_t		   len = strspn(s->p, NAME_CHARS "+.");
	struct conf_token *t;
	char		   shown[60];

	value_begin(s);
	if (!is_decimal(s->p, len)) {
		text_visible(shown, sizeof(shown), s->p, len);
		scan_say(s, s->line, s->p,
		    "\"%s\" is not a number; write a plain decimal number without a unit, or text in quotes",
		    shown);
	} else if (s->scan->n > 0) {
		t = &s->scan->token[s->scan->n - 1];
		t->number = s->p;
		t->number_len = len;
	}
	s->p += len;
}

static void
take_name(struct scanner *s)
{
	size_t len = strspn(s->p, NAME_CHARS);
	bool   is_bool = (len == 4 && strncasecmp(s->p, "true", 4) == 0) ||
	    (len == 5 && strncasecmp(s->p, "false", 5) == 0);

	if (is_bool)
		value_begin(s);
	else if (in_group(s))
		token_add(s);
	s->p += len;
}

static void
take_open(struct scanner *s)
{
	value_begin(s);
	if (s->depth == CONF_DEPTH_MAX) {
		scan_say(s, s->line, s->p, "more than %u brackets inside one another", CONF_DEPTH_MAX);
		s->stop = true;
		return;
	}
	s->open[s->depth++] = (struct open_bracket){ *s->p++, s->line };
	s->element_may_start = true;
}

static void
take_close(struct scanner *s)
{
	char opener = *s->p == '}' ? '{' : *s->p == ')' ? '(' : '[';

	if (s->depth == 0) {
		scan_say(s, s->line, s->p, "\"%c\" closes nothing; remove it", *s->p);
		s->stop = true;
	} else if (s->open[s->depth - 1].kind != opener) {
		scan_say(s, s->line, s->p,
		    "\"%c\" does not close the \"%c\" of line %u; close that one first", *s->p,
		    s->open[s->depth - 1].kind, s->open[s->depth - 1].line);
		s->stop = true;
	} else {
		s->depth--;
		s->element_may_start = false;
	}
	s->p++;
}

static void
take_at(struct scanner *s)
{
	scan_say(s, s->line, s->p, "@include is not supported; write the settings into this file");
	skip_to_line_end(s);
}

static void
take_odd(struct scanner *s)
{
	size_t len = strcspn(s->p, " \t\r\n;,})]");
	char   shown[40];

	text_visible(shown, sizeof(shown), s->p, len);
	scan_say(s, s->line, s->p,
	    "unexpected \"%s\"; text goes in quotes, and each setting is written as name = value;", shown);
	s->p += len;
}

static void
take_token(struct scanner *s)
{
	switch (*s->p) {
	case '\n':
		newline(s);
		s->p++;
		break;
	case ' ': case '\t': case '\r': case '\f': case ';': case '=': case ':':
		s->p++;
		break;
	case ',':
		s->element_may_start = true;
		s->p++;
		break;
	case '"':
		take_string(s);
		break;
	case '{': case '(': case '[':
		take_open(s);
		break;
	case '}': case ')': case ']':
		take_close(s);
		break;
	case '@':
		take_at(s);
		break;
	default:
		if (strchr(DIGITS "+-.", *s->p) != NULL)
			take_number(s);
		else if (strchr(NAME_CHARS, *s->p) != NULL && *s->p != '_')
			take_name(s);
		else
			take_odd(s);
	}
}

/* Is the text what all else relies on: bounded, UTF-8, without NUL? */
static int
text_check(struct scanner *s, const char *text, size_t len)
{
	const char *nul = memchr(text, '\0', len);
	const char *nl;

	if (len > CONF_BYTES_MAX) {
		scan_say(s, 0, NULL, "larger than %u MiB", CONF_BYTES_MAX >> 20);
		return -1;
	}
	for (; s->p < s->end; s->p = s->line_start = nl + 1, s->line++) {
		nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
		if (nl == NULL)
			nl = s->end - 1;
		if (nul != NULL && nul <= nl) {
			scan_say(s, s->line, nul, "a NUL byte; save the file as text in UTF-8");
			return -1;
		}
		if (nl - s->p >= LINE_MAX_BYTES) {
			scan_say(s, s->line, NULL, "line longer than %u bytes; break it", LINE_MAX_BYTES);
			return -1;
		}
		if (!text_is_utf8(s->p, (size_t)(nl + 1 - s->p))) {
			scan_say(s, s->line, NULL, "not UTF-8; save the file as text in UTF-8");
			return -1;
		}
	}
	return 0;
}

int
conf_scan(struct conf_scan *scan, const char *text, size_t len, conf_error_fn error, void *arg)
{
	struct scanner s = { .scan = scan, .p = text, .end = text + len, .line_start = text, .line = 1,
		.error = error, .arg = arg };

	*scan = (struct conf_scan){ 0 };
	if (text_check(&s, text, len) == -1)
		return -1;
	s.p = s.line_start = text;
	s.line = 1;
	while (s.p < s.end && !s.stop)
		if (!take_comment(&s))
			take_token(&s);
	if (!s.stop && s.depth > 0)
		scan_say(&s, s.open[s.depth - 1].line, NULL,
		    "the \"%c\" that opens in this line is never closed; close it", s.open[s.depth - 1].kind);
	return s.failed ? -1 : 0;
}

void
conf_scan_free(struct conf_scan *scan)
{
	free(scan->token);
}
