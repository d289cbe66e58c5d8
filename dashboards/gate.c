/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate.c: see gate.h. RFC 9112, without what may be read in two ways. */
#include "dashboards/gate.h"

#include <strings.h>

struct head {
	bool	 may_have_body, needs_host;
	bool	 has_length;
	size_t	 length;
	uint32_t once;		/* headers of once[] that have come */
};

/* What nobody sends twice: which of the two counts would be anybody's guess. */
static const char *const once[] = {
	"Host", "Content-Length", "Content-Type", "Cookie", "Origin", "Authorization", "X-CSRF-Token",
	"Last-Event-ID", "Connection", "Expect"
};
#define ONCE_HOST   (1u << 0)
#define ONCE_LENGTH (1u << 1)

static void
refuse(struct gate *g, int status, const char *why)
{
	g->refused = status;
	g->why = why;
	g->held.len = 0;	/* its bytes stay: the caller may still be at them */
}

static bool
is_token(const uint8_t *p, size_t len)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	size_t		  i;

	for (i = 0; i < len; i++)
		if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'z') ||
		    (p[i] >= 'A' && p[i] <= 'Z') || (p[i] != 0 && strchr(others, p[i]) != NULL)))
			return false;
	return len > 0;
}

/* Printing ASCII in origin form; "//" would be read as a host. */
static bool
is_target(const uint8_t *p, size_t len)
{
	size_t i;

	if (len == 0 || p[0] != '/' || (len > 1 && p[1] == '/'))
		return false;
	for (i = 0; i < len; i++)
		if (p[i] <= 0x20 || p[i] >= 0x7f || p[i] == '#' || p[i] == '\\')
			return false;
	return true;
}

static bool
word_is(const uint8_t *p, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(p, word, len) == 0;
}

/* "GET /x HTTP/1.1" */
static void
take_request_line(struct gate *g, const uint8_t *p, size_t len, struct head *h)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
	const uint8_t		*target, *version;
	size_t			 i, n;

	target = memchr(p, ' ', len);
	n = target != NULL ? (size_t)(target - p) : 0;
	version = target != NULL ? memchr(target + 1, ' ', len - n - 1) : NULL;
	if (version == NULL || !is_token(p, n) || !is_target(target + 1, (size_t)(version - target) - 1)) {
		refuse(g, 400, "request line");
		return;
	}
	version++;
	h->needs_host = word_is(version, len - (size_t)(version - p), "HTTP/1.1");
	if (!h->needs_host && !word_is(version, len - (size_t)(version - p), "HTTP/1.0")) {
		refuse(g, 505, "version");
		return;
	}
	for (i = 0; i < nitems(methods) && !word_is(p, n, methods[i]); i++)
		;
	if (i == nitems(methods))
		refuse(g, 501, "method");
	h->may_have_body = p[0] == 'P';		/* POST, PUT, PATCH: what the library reads a body of */
}

static bool
name_is(const uint8_t *p, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp((const char *)p, name, len) == 0;
}

static void
take_length(struct gate *g, const uint8_t *p, size_t len, struct head *h)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9') {
			refuse(g, 400, "length");
			return;
		}
		h->length = h->length * 10 + (size_t)(p[i] - '0');
		if (h->length > GATE_BODY_MAX) {
			refuse(g, 413, "body too large");
			return;
		}
	}
	if (len == 0)
		refuse(g, 400, "length");
	h->has_length = true;
}

static void
take_known(struct gate *g, const uint8_t *name, size_t n, const uint8_t *value, size_t len, struct head *h)
{
	size_t i;

	for (i = 0; i < nitems(once); i++)
		if (name_is(name, n, once[i])) {
			if ((h->once & 1u << i) != 0)
				refuse(g, 400, "header twice");
			h->once |= 1u << i;
		}
	if (g->refused != 0)
		return;
	if (name_is(name, n, "Content-Length"))
		take_length(g, value, len, h);
	else if (name_is(name, n, "Transfer-Encoding"))
		refuse(g, 400, "transfer encoding");
	else if (name_is(name, n, "Expect") && !name_is(value, len, "100-continue"))
		refuse(g, 417, "expectation");
}

/* "Name: value"; nothing between name and colon, no folded line. */
static void
take_header(struct gate *g, const uint8_t *p, size_t len, struct head *h)
{
	const uint8_t *colon = memchr(p, ':', len), *value;
	size_t	       i, n = colon != NULL ? (size_t)(colon - p) : 0;

	if (!is_token(p, n)) {
		refuse(g, 400, "header name");
		return;
	}
	value = colon + 1;
	len -= n + 1;
	for (i = 0; i < len; i++)
		if ((value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f) {
			refuse(g, 400, "header value");
			return;
		}
	for (; len > 0 && (*value == ' ' || *value == '\t'); value++)
		len--;
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	take_known(g, p, n, value, len, h);
}

/* A whole head, its empty line included. */
static void
take_head(struct gate *g, struct buf *out)
{
	struct head    h = { 0 };
	const uint8_t *p = g->held.data, *end = p + g->held.len - 2, *eol;

	for (; p < end && g->refused == 0; p = eol + 2) {
		eol = memchr(p, '\r', (size_t)(end - p));	/* each line is known to end with CR LF */
		if (p == g->held.data)
			take_request_line(g, p, (size_t)(eol - p), &h);
		else
			take_header(g, p, (size_t)(eol - p), &h);
	}
	if (g->refused != 0)
		return;
	if (h.needs_host && (h.once & ONCE_HOST) == 0)
		refuse(g, 400, "no host");
	else if (!h.may_have_body && h.length > 0)
		refuse(g, 400, "body where none may be");
	else if (h.may_have_body && !h.has_length)
		refuse(g, 411, "no length");
	if (g->refused != 0)
		return;
	buf_bytes(out, g->held.data, g->held.len);
	g->held.len = 0;
	g->body_left = h.length;
}

/* A line of the head has ended at held[end], its line feed. */
static void
take_line(struct gate *g, size_t end, struct buf *out)
{
	const uint8_t *line = g->held.data + g->line;
	size_t	       len = end - g->line;

	/* One CR, just before the line feed: a bare one is an end of line to some. */
	if (len == 0 || memchr(line, '\r', len) != line + len - 1) {
		refuse(g, 400, "end of line");
	} else if (len == 1 && g->line == 0) {
		refuse(g, 400, "empty line");
	} else if (len == 1) {
		g->line = 0;
		g->headers = 0;
		take_head(g, out);
	} else {
		if (g->line == 0)
			take_request_line(g, line, len - 1, &(struct head){ 0 }); /* do not wait for more */
		g->headers += g->line > 0;
		g->line = end + 1;
		if (g->headers > GATE_COUNT_MAX)
			refuse(g, 431, "too many headers");
	}
}

/* The next byte of a head. */
static void
take_head_byte(struct gate *g, uint8_t b, struct buf *out)
{
	buf_u8(&g->held, b);
	if (g->line == 0 && g->held.len > GATE_LINE_MAX)
		refuse(g, 414, "request line too long");
	else if (g->held.len > GATE_LINE_MAX + GATE_HEADERS_MAX)
		refuse(g, 431, "headers too long");
	else if (b == '\n')
		take_line(g, g->held.len - 1, out);
}

void
gate_feed(struct gate *g, const void *data, size_t len, struct buf *out)
{
	const uint8_t *p = data;
	size_t	       n;

	while (len > 0 && g->refused == 0) {
		n = 1;
		if (g->body_left > 0) {
			n = len < g->body_left ? len : g->body_left;
			buf_bytes(out, p, n);
			g->body_left -= n;
		} else {
			take_head_byte(g, *p, out);
		}
		p += n;
		len -= n;
	}
}

void
gate_fini(struct gate *g)
{
	buf_free(&g->held);
}
