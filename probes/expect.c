/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect.c: see expect.h. */
#include "probes/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define KEYS_MAX 32
#define KEY_MAX	 32

#define REJECT(...)	do { snprintf(why, size, __VA_ARGS__); return -1; } while (0)

/* Take one item out of the text, its escapes undone in place. @return its end in the text, NULL: a bad escape */
static const char *
item_cut(const char *from, char **to)
{
	for (; *from != '\0' && *from != '|'; from++) {
		if (*from == '\\' && *++from != '|' && *from != '\\')
			return NULL;
		*(*to)++ = *from;
	}
	*(*to)++ = '\0';
	return from;
}

/* One number or range at the head of a list. @return what follows it, or NULL: it is none */
static const char *
range_read(const char *list, unsigned long *low, unsigned long *high)
{
	char *end;

	if (*list < '0' || *list > '9')
		return NULL;
	*low = *high = strtoul(list, &end, 10);
	if (*end == '-') {
		list = end + 1;
		if (*list < '0' || *list > '9')
			return NULL;
		*high = strtoul(list, &end, 10);
	}
	return *low <= *high && (*end == '\0' || (*end == ',' && end[1] != '\0')) ? end + (*end == ',') : NULL;
}

static bool
is_list(const char *list)
{
	unsigned long low, high;

	do
		list = range_read(list, &low, &high);
	while (list != NULL && *list != '\0');
	return list != NULL;
}

/* "days" of "days=#". */
static bool
is_key(const char *spec, const char *key)
{
	size_t len = strcspn(spec, "=");

	return strncmp(spec, key, len) == 0 && key[len] == '\0';
}

static int
reject_key(const char *key, const char *const *keys, char *why, size_t size)
{
	char	    name[KEYS_MAX][KEY_MAX];
	const char *names[KEYS_MAX + 1] = { NULL }, *near;
	size_t	    i;

	for (i = 0; keys[i] != NULL && i < KEYS_MAX; i++) {
		snprintf(name[i], KEY_MAX, "%.*s", (int)strcspn(keys[i], "="), keys[i]);
		names[i] = name[i];
	}
	if (names[0] == NULL)
		REJECT("expect: \"%.40s\" is not known; this kind expects nothing", key);
	near = text_nearest(key, names);
	if (near != NULL)
		REJECT("expect: \"%.40s\" is not known; did you mean \"%s\"?", key, near);
	REJECT("expect: \"%.40s\" is not known; there is \"%s\", for one", key, names[0]);
}

static int
item_check(const struct expect *x, size_t i, const char *const *keys, char *why, size_t size)
{
	const char *key = x->item[i].key, *value = x->item[i].value, *form;
	double	    number;
	size_t	    k;

	for (k = 0; keys[k] != NULL && !is_key(keys[k], key); k++)
		;
	if (keys[k] == NULL)
		return reject_key(key, keys, why, size);
	form = strchr(keys[k], '=');
	if (form == NULL && value != NULL)
		REJECT("expect: \"%s\" stands alone, without \"=\"", key);
	if (form != NULL && (value == NULL ? form[1] != '?' : *value == '\0'))
		REJECT("expect: \"%s\" wants a value; write %s=...", key, key);
	if (form != NULL && form[1] == '#' && (text_to_double(value, &number) == -1 || number < 0))
		REJECT("expect: \"%s=%.40s\" is no number of 0 or more", key, value);
	if (form != NULL && form[1] == ',' && !is_list(value))
		REJECT("expect: \"%s=%.40s\" is no list of numbers; write it as 200-299,404", key, value);
	for (k = 0; k < i && !(form != NULL && form[1] == '*'); k++)
		if (strcmp(x->item[k].key, key) == 0)
			REJECT("expect: \"%s\" stands there twice", key);
	return 0;
}

int
expect_parse(struct expect *x, const char *text, const char *const *keys, char *why, size_t size)
{
	char *to = x->text, *item, *value;

	x->n = 0;
	if (strlen(text) >= sizeof(x->text))
		REJECT("expect: longer than %d bytes", EXPECT_TEXT - 1);
	while (*text != '\0') {
		if (x->n == EXPECT_MAX)
			REJECT("expect: more than %d things", EXPECT_MAX);
		item = to;
		text = item_cut(text, &to);
		if (text == NULL)
			REJECT("expect: \"\\\" stands before \"|\" or \"\\\" only");
		value = strchr(item, '=');
		if (value != NULL)
			*value++ = '\0';
		x->item[x->n].key = item;
		x->item[x->n].value = value;
		if (item_check(x, x->n, keys, why, size) == -1)
			return -1;
		x->n++;
		text += *text == '|';
	}
	return 0;
}

static size_t
item_find(const struct expect *x, const char *key)
{
	size_t i;

	for (i = 0; i < x->n && strcmp(x->item[i].key, key) != 0; i++)
		;
	return i;
}

bool
expect_has(const struct expect *x, const char *key)
{
	return item_find(x, key) < x->n;
}

const char *
expect_text(const struct expect *x, const char *key)
{
	size_t i = item_find(x, key);

	return i < x->n ? x->item[i].value : NULL;
}

const char *
expect_next(const struct expect *x, const char *key, size_t *at)
{
	while (*at < x->n && strcmp(x->item[*at].key, key) != 0)
		(*at)++;
	return *at < x->n ? x->item[(*at)++].value : NULL;
}

bool
expect_covers(const struct expect *x, const char *key, unsigned number, unsigned fallback)
{
	const char   *list = expect_text(x, key);
	unsigned long low, high;

	if (list == NULL)
		return number == fallback;
	while (list != NULL && *list != '\0') {
		list = range_read(list, &low, &high);
		if (list != NULL && low <= number && number <= high)
			return true;
	}
	return false;
}

double
expect_number(const struct expect *x, const char *key, double fallback)
{
	const char *text = expect_text(x, key);
	double	    number;

	return text != NULL && text_to_double(text, &number) == 0 ? number : fallback;
}
