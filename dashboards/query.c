/* SPDX-License-Identifier: GPL-3.0-or-later */
/* query.c: see query.h. */
#include "dashboards/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place. 0 or -1. */
static int
decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s == '+' ? ' ' : *s;
			continue;
		}
		if (digit(s[1]) == -1 || digit(s[2]) == -1)
			return -1;
		*to++ = (char)(digit(s[1]) << 4 | digit(s[2]));
		s += 2;
	}
	*to = '\0';
	return 0;
}

/* "%00" would cut the value short: it is refused before it is decoded. */
static int
take(struct query *q, char *pair)
{
	char *value = strchr(pair, '=');

	if (q->n == QUERY_MAX || strstr(pair, "%00") != NULL)
		return -1;
	if (value != NULL)
		*value++ = '\0';
	else
		value = pair + strlen(pair);
	if (decode(pair) == -1 || decode(value) == -1 || !text_is_utf8(pair, strlen(pair)) ||
	    !text_is_utf8(value, strlen(value)) || !text_is_one_line(pair) || !text_is_one_line(value))
		return -1;
	q->param[q->n].name = pair;
	q->param[q->n++].value = value;
	return 0;
}

int
query_parse(struct query *q, const char *raw)
{
	char *p, *end;

	q->n = 0;
	q->text = xstrdup(raw);
	for (p = q->text; p != NULL; p = end) {
		if ((end = strchr(p, '&')) != NULL)
			*end++ = '\0';
		if (*p != '\0' && take(q, p) == -1)
			return -1;
	}
	return 0;
}

void
query_free(struct query *q)
{
	free(q->text);
	*q = (struct query){ 0 };
}

const char *
query_item(const struct query *q, const char *name, size_t i)
{
	size_t k;

	for (k = 0; k < q->n; k++)
		if (strcmp(q->param[k].name, name) == 0 && i-- == 0)
			return q->param[k].value;
	return NULL;
}

const char *
query_text(const struct query *q, const char *name)
{
	return query_item(q, name, 0);
}

size_t
query_count(const struct query *q, const char *name)
{
	size_t n = 0;

	while (query_item(q, name, n) != NULL)
		n++;
	return n;
}

int
query_int(const struct query *q, const char *name, int64_t min, int64_t max, int64_t *out)
{
	const char *text = query_text(q, name);

	return text == NULL ? 0 : text_to_i64(text, min, max, out);
}
