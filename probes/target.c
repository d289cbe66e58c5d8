/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target.c: see target.h. */
#include "probes/target.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/text.h"

#define LABEL_MAX 63

#define REJECT(...)	do { snprintf(why, size, __VA_ARGS__); return -1; } while (0)

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits, "-" and "_" between dots; the last label is no number, or it would be a mistyped address. */
static bool
is_name(const char *host)
{
	const char *label = host, *c;
	int64_t	    number;

	for (c = host; *c != '\0'; c++) {
		if (*c == '.') {
			if (c == label)
				return false;
			label = c + 1;
		} else if (c - label == LABEL_MAX || (!is_letter_or_digit(*c) && *c != '-' && *c != '_')) {
			return false;
		}
	}
	if (*label == '\0')	/* "simpul.example." is the same name */
		return c - host > 1 && is_letter_or_digit(c[-2]);
	return text_to_i64(label, 0, INT64_MAX, &number) == -1;
}

/* Cut "host:port" or "[v6]:port" in two. @return what follows the host: "", or ":port", or NULL when it is neither */
static const char *
host_cut(struct target *t, const char *text)
{
	const char *end;
	size_t	    len;

	if (*text == '[') {
		end = strchr(++text, ']');
		len = end != NULL ? (size_t)(end++ - text) : 0;
	} else {
		end = strchr(text, ':');
		if (end == NULL || strchr(end + 1, ':') != NULL)
			end = text + strlen(text);
		len = (size_t)(end - text);
	}
	if (end == NULL || len == 0 || len >= sizeof(t->host) || (*end != '\0' && *end != ':'))
		return NULL;
	memcpy(t->host, text, len);
	t->host[len] = '\0';
	return end;
}

int
target_parse(struct target *t, const char *text, uint16_t port, char *why, size_t size)
{
	const char *rest = host_cut(t, text);
	struct addr a;
	int64_t	    number = port;
	bool	    bracketed = *text == '[';

	if (rest == NULL)
		REJECT("\"%.80s\" names no host; write host, host:port, or [address]:port for IPv6", text);
	if (addr_parse(&a, t->host) == 0 ? bracketed && a.family != 6 : bracketed || !is_name(t->host))
		REJECT("\"%.80s\" is neither a name nor a plain address", t->host);
	if (*rest == ':' && text_to_i64(rest + 1, 1, UINT16_MAX, &number) == -1)
		REJECT("\"%.80s\" is no port; write a number from 1 to 65535", rest + 1);
	if (number == 0)
		REJECT("\"%.80s\" names no port; write host:port", text);
	t->port = (uint16_t)number;
	return 0;
}

const char *
target_host(const struct target *t, char *out, size_t size)
{
	bool is_v6 = strchr(t->host, ':') != NULL;

	snprintf(out, size, "%s%s%s", is_v6 ? "[" : "", t->host, is_v6 ? "]" : "");
	return out;
}
