/* SPDX-License-Identifier: GPL-3.0-or-later */
/* headers.c: see headers.h. A folded line, which both RFCs let nobody write, belongs to no field that we look for. */
#include "probes/headers.h"

#include <string.h>
#include <strings.h>

#define BODY_MAX 16384

/* The line at `at`, without its end. @return where the next one is, or NULL: its end is not there */
static const char *
line_cut(const char *at, const char *end, size_t *len)
{
	const char *nl = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

	if (nl == NULL)
		return NULL;
	*len = (size_t)(nl - at) - (nl > at && nl[-1] == '\r');
	return nl + 1;
}

/* "RTSP/1.0 200 OK" */
static unsigned
status_read(const char *line, size_t len, const char *protocol)
{
	size_t	    n = strlen(protocol);
	const char *p = line + n + 2;	/* the minor version, a blank */

	if (len < n + 5 || strncasecmp(line, protocol, n) != 0 || p[-1] != ' ' || (len > n + 5 && p[3] != ' '))
		return 0;
	if (p[0] < '1' || p[0] > '9' || p[1] < '0' || p[1] > '9' || p[2] < '0' || p[2] > '9')
		return 0;
	return (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
}

/* @return false: it makes no sense, or is longer than anything we read */
static bool
body_size(const struct headers *h, size_t *size)
{
	const char *value;
	size_t	    len, i;

	*size = 0;
	if (!headers_find(h, "Content-Length", 'l', &value, &len))
		return true;
	if (len == 0 || len > 6)
		return false;
	for (i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return false;
		*size = *size * 10 + (size_t)(value[i] - '0');
	}
	return *size <= BODY_MAX;
}

enum headers_form
headers_read(struct headers *h, const char *protocol, const void *bytes, size_t size)
{
	const char *end = (const char *)bytes + size, *at, *next;
	size_t	    len, body;

	at = line_cut(bytes, end, &len);
	if (at == NULL)
		return size < strlen(protocol) || strncasecmp(bytes, protocol, strlen(protocol)) == 0 ? HEADERS_MORE : HEADERS_BAD;
	h->status = status_read(bytes, len, protocol);
	if (h->status == 0)
		return HEADERS_BAD;
	h->fields = at;
	while ((next = line_cut(at, end, &len)) != NULL && len > 0)
		at = next;
	if (next == NULL)
		return HEADERS_MORE;
	h->len = (size_t)(at - h->fields);
	h->body = next;
	if (!body_size(h, &body))
		return HEADERS_BAD;
	h->body_len = body;
	return (size_t)(end - next) >= body ? HEADERS_WHOLE : HEADERS_MORE;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
headers_find(const struct headers *h, const char *name, char brief, const char **value, size_t *len)
{
	const char *at = h->fields, *end = h->fields + h->len, *next, *colon, *last;
	size_t	    size;

	for (; (next = line_cut(at, end, &size)) != NULL; at = next) {
		colon = memchr(at, ':', size);
		if (colon == NULL || is_blank(*at))
			continue;
		for (last = colon; last > at && is_blank(last[-1]); last--)
			;
		if (((size_t)(last - at) != strlen(name) || strncasecmp(at, name, strlen(name)) != 0) &&
		    (brief == 0 || last - at != 1 || (*at | 0x20) != brief))
			continue;
		*value = colon + 1;
		last = at + size;
		while (*value < last && is_blank(**value))
			(*value)++;
		while (last > *value && is_blank(last[-1]))
			last--;
		*len = (size_t)(last - *value);
		return true;
	}
	return false;
}

bool
headers_say(const struct headers *h, const char *name, char brief, const char *value)
{
	const char *found;
	size_t	    len;

	return headers_find(h, name, brief, &found, &len) && len == strlen(value) && memcmp(found, value, len) == 0;
}
