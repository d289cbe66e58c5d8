/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_web.c: what simpul-web parses itself. The first byte chooses: requests through the gate, fed in pieces
 * of two sizes, which must make no difference, and passing only what no other parser reads in another way;
 * query, cookie, Accept-Encoding and Last-Event-ID; the file of users, which must read the same when written.
 */
#include <stdlib.h>

#include "dashboards/gate.h"
#include "dashboards/query.h"
#include "dashboards/session.h"
#include "dashboards/static.h"
#include "dashboards/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
feed(const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
	struct gate g = { 0 };
	size_t	    n;
	int	    refused;

	for (; size > 0; data += n, size -= n) {
		n = size < piece ? size : piece;
		gate_feed(&g, data, n, out);
	}
	refused = g.refused;
	if (refused != 0 && (g.why == NULL || refused < 400 || refused > 599))
		abort();
	gate_fini(&g);
	return refused;
}

/* A head that has passed: no NUL, each CR before a line feed, each line feed behind a CR. */
static void
check_head(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == 0 || (p[i] == '\r' && (i + 1 == len || p[i + 1] != '\n')) ||
		    (p[i] == '\n' && (i == 0 || p[i - 1] != '\r')))
			abort();
		if (i >= 3 && memcmp(p + i - 3, "\r\n\r\n", 4) == 0)
			return;		/* a body, or the next one, follows */
	}
	abort();			/* only whole heads pass */
}

static void
fuzz_gate(const uint8_t *data, size_t size)
{
	struct buf a = { 0 }, b = { 0 };

	if (feed(data, size, size + 1, &a) != feed(data, size, 3, &b) || a.len != b.len ||
	    (a.len > 0 && memcmp(a.data, b.data, a.len) != 0) || a.len > size)
		abort();
	if (a.len > 0)
		check_head(a.data, a.len);
	buf_free(&a);
	buf_free(&b);
}

static void
fuzz_texts(const uint8_t *data, size_t size)
{
	struct static_file file = { .body = { { NULL, 0 }, { (uint8_t *)"", 0 }, { (uint8_t *)"", 0 } } };
	struct query	   q;
	char		  *text = xcalloc(size + 1, 1), token[TOKEN_SIZE];
	struct event_id	   id;
	int64_t		   n = 0;

	memcpy(text, data, size);
	if (query_parse(&q, text) == 0) {
		query_text(&q, "a");
		if (query_int(&q, "n", 1, 9, &n) == 0 && (n < 0 || n > 9))
			abort();
	}
	query_free(&q);
	if (cookie_token(text, SESSION_COOKIE, token) == 0 && strlen(token) != TOKEN_SIZE - 1)
		abort();
	event_id_parse(text, &id);
	static_choose(&file, text);
	free(text);
}

static void
fuzz_users(const uint8_t *data, size_t size)
{
	struct users u, again;
	struct buf   out = { 0 };
	char	     err[200] = "";

	if (users_parse(&u, (const char *)data, size, err, sizeof(err)) == 0) {
		users_write(&u, &out);
		if (users_parse(&again, (const char *)out.data, out.len, err, sizeof(err)) == -1 ||
		    again.n != u.n)
			abort();
		users_free(&again);
	} else if (err[0] == '\0') {
		abort();
	}
	users_free(&u);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		fuzz_gate(data + 1, size - 1);
		break;
	case 1:
		fuzz_texts(data + 1, size - 1);
		break;
	default:
		fuzz_users(data + 1, size - 1);
	}
	return 0;
}
