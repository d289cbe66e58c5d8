/* SPDX-License-Identifier: GPL-3.0-or-later */
/* body.c: see body.h. JSON pointers are those of RFC 6901. */
#include "probes/http/body.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define GAP	 "..."
#define TOKEN_MAX 256
#define RULE_MAX  1024

#define REJECT(...)	do { snprintf(why, size, __VA_ARGS__); return -1; } while (0)

/* ---- cutting and hashing ---- */

/* Where this text begins and what it leads to ends. @return NULL: it is not there */
static uint8_t *
span_find(uint8_t *body, size_t len, const char *rule, size_t *span)
{
	const char *gap = strstr(rule, GAP);
	size_t	    begin = gap != NULL ? (size_t)(gap - rule) : strlen(rule), tail;
	uint8_t	   *at = begin > 0 ? memmem(body, len, rule, begin) : NULL, *end;

	if (at == NULL)
		return NULL;
	*span = begin;
	if (gap == NULL)
		return at;
	tail = strlen(gap + strlen(GAP));
	end = memmem(at + begin, len - (size_t)(at - body) - begin, gap + strlen(GAP), tail);
	if (end == NULL)
		return NULL;
	*span = (size_t)(end - at) + tail;
	return at;
}

static size_t
rule_cut(uint8_t *body, size_t len, const char *rule)
{
	uint8_t *from = body, *to = body, *at;
	size_t	 left = len, span, keep;

	while ((at = span_find(from, left, rule, &span)) != NULL) {
		keep = (size_t)(at - from);
		memmove(to, from, keep);
		to += keep;
		from = at + span;
		left -= keep + span;
	}
	memmove(to, from, left);
	return (size_t)(to - body) + left;
}

size_t
http_body_cut(uint8_t *body, size_t len, const struct expect *x)
{
	const char *rule;
	size_t	    at = 0;

	while (len > 0 && (rule = expect_next(x, "ignore", &at)) != NULL)
		len = rule_cut(body, len, rule);
	return len;
}

void
http_body_hash(const uint8_t *body, size_t len, char out[HTTP_HASH_TEXT])
{
	uint8_t	 digest[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;

	out[0] = '\0';
	if (EVP_Digest(len > 0 ? body : (const uint8_t *)"", len, digest, &n, EVP_sha256(), NULL) != 1)
		return;
	for (i = 0; i < n && 2 * i + 2 < HTTP_HASH_TEXT; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ---- JSON ---- */

/* Jansson goes deeper by recursion; what is not JSON it finds itself. */
static bool
is_shallow(const uint8_t *body, size_t len)
{
	bool   in_text = false;
	size_t depth = 0, i;

	for (i = 0; i < len; i++)
		if (in_text) {
			if (body[i] == '\\')
				i++;
			else if (body[i] == '"')
				in_text = false;
		} else if (body[i] == '"') {
			in_text = true;
		} else if (body[i] == '{' || body[i] == '[') {
			if (++depth > HTTP_JSON_DEPTH)
				return false;
		} else if ((body[i] == '}' || body[i] == ']') && depth > 0) {
			depth--;
		}
	return true;
}

/* One token of a pointer, its escapes undone. @return what follows it, NULL: it is none */
static const char *
token_read(const char *pointer, char *out)
{
	size_t n = 0;

	if (*pointer++ != '/')
		return NULL;
	for (; *pointer != '\0' && *pointer != '/'; pointer++) {
		if (n == TOKEN_MAX - 1)
			return NULL;
		if (*pointer == '~' && (pointer[1] == '0' || pointer[1] == '1'))
			out[n++] = *++pointer == '0' ? '~' : '/';
		else if (*pointer == '~')
			return NULL;
		else
			out[n++] = *pointer;
	}
	out[n] = '\0';
	return pointer;
}

static const json_t *
pointed(const json_t *v, const char *pointer)
{
	char	token[TOKEN_MAX];
	int64_t index;

	while (v != NULL && *pointer != '\0') {
		pointer = token_read(pointer, token);
		if (pointer == NULL)
			return NULL;
		if (json_is_array(v))
			v = text_to_i64(token, 0, INT32_MAX, &index) == 0 ? json_array_get(v, (size_t)index) : NULL;
		else
			v = json_object_get(v, token);
	}
	return v;
}

static bool
value_is(const json_t *v, const char *want)
{
	double number;

	if (json_is_string(v))
		return json_string_length(v) == strlen(want) && strcmp(json_string_value(v), want) == 0;
	if (json_is_number(v))
		return text_to_double(want, &number) == 0 && json_number_value(v) == number;
	return strcmp(want, json_is_true(v) ? "true" : json_is_false(v) ? "false" : json_is_null(v) ? "null" : "") == 0 &&
	       want[0] != '\0';
}

/* "/data/status=ok" in two. @return 0 or -1 */
static int
rule_split(const char *rule, char pointer[RULE_MAX], const char **want)
{
	size_t len = strcspn(rule, "=");

	if (rule[len] == '\0' || len >= RULE_MAX)
		return -1;
	memcpy(pointer, rule, len);
	pointer[len] = '\0';
	*want = rule + len + 1;
	return 0;
}

int
http_json_accepts(const char *rule, char *why, size_t size)
{
	char	    pointer[RULE_MAX], token[TOKEN_MAX];
	const char *want, *at = pointer;

	if (rule_split(rule, pointer, &want) == 0)
		while (at != NULL && *at != '\0')
			at = token_read(at, token);
	else
		at = NULL;
	if (at == NULL)
		REJECT("expect: \"json=%.60s\" is no pointer and value; write it as json=/data/status=ok", rule);
	return 0;
}

static int
json_check(const uint8_t *body, size_t len, const struct expect *x, char *why, size_t size)
{
	char	    pointer[RULE_MAX], *shown;
	const char *rule, *want;
	json_t	   *root;
	size_t	    at = 0;
	int	    rc = 0;

	if (!is_shallow(body, len))
		REJECT("its JSON is nested deeper than %d", HTTP_JSON_DEPTH);
	root = json_loadb((const char *)body, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	if (root == NULL)
		REJECT("its body is no JSON");
	while (rc == 0 && (rule = expect_next(x, "json", &at)) != NULL) {
		const json_t *v = rule_split(rule, pointer, &want) == 0 ? pointed(root, pointer) : NULL;

		if (v == NULL) {
			snprintf(why, size, "its JSON has no %.80s", pointer);
			rc = -1;
		} else if (!value_is(v, want)) {
			char text[80];

			shown = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
			text_visible(text, sizeof(text), shown != NULL ? shown : "", shown != NULL ? strlen(shown) : 0);
			snprintf(why, size, "in its JSON %.60s is %s, not %.60s", pointer, text, want);
			free(shown);
			rc = -1;
		}
	}
	json_decref(root);
	return rc;
}

/* ---- all of it ---- */

static bool
holds(const uint8_t *body, size_t len, const char *text)
{
	return memmem(body, len, text, strlen(text)) != NULL;
}

int
http_body_check(const uint8_t *body, size_t len, bool cut, const struct expect *x, char *why, size_t size)
{
	const char *whole = expect_has(x, "json") ? "json" : expect_has(x, "size") ? "size" : expect_has(x, "hash") ? "hash" :
	    expect_has(x, "no_text") ? "no_text" : NULL, *text;
	size_t	    at = 0;

	if (body == NULL)
		body = (const uint8_t *)"";
	while ((text = expect_next(x, "text", &at)) != NULL)
		if (!holds(body, len, text))
			REJECT("its body does not hold \"%.100s\"%s", text, cut ? " in its first MiB" : "");
	for (at = 0; (text = expect_next(x, "no_text", &at)) != NULL;)
		if (holds(body, len, text))
			REJECT("its body holds \"%.100s\"", text);
	if (cut && whole != NULL)
		REJECT("its body is longer than 1 MiB, too long to judge \"%s\"", whole);
	if (expect_has(x, "size") && !expect_covers(x, "size", (unsigned)len, 0))
		REJECT("its body has %zu bytes, %.40s are wanted", len, expect_text(x, "size"));
	return expect_has(x, "json") ? json_check(body, len, x, why, size) : 0;
}

bool
http_header_is(const char *line, size_t len, const char *rule)
{
	size_t	    name = strcspn(rule, ":");
	const char *text = rule + name + (rule[name] == ':');

	if (len < name + 1 || strncasecmp(line, rule, name) != 0 || line[name] != ':')
		return false;
	while (*text == ' ')
		text++;
	return memmem(line + name + 1, len - name - 1, text, strlen(text)) != NULL;
}
