/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.h: the strict check of HTTP/1 requests before the HTTP library sees a byte of them (THREATS 4). Pure.
 *
 * libevent 2.1.12 takes bare line feeds, folded headers, "Content-Length :" as some other header, several
 * lengths (the first counts), any Transfer-Encoding but "chunked" as none, and cuts at a NUL. Each of these
 * lets two programs disagree on where a request ends. So a head is held here until it is whole, and passes
 * only in the one form on whose framing everybody agrees; its body is counted through.
 */
#ifndef SIMPUL_GATE_H
#define SIMPUL_GATE_H

#include "base/cursor.h"

#define GATE_LINE_MAX	 8192			/* THREATS 3 */
#define GATE_HEADERS_MAX 16384
#define GATE_COUNT_MAX	 100
#define GATE_BODY_MAX	 (256 * 1024)

struct gate {
	struct buf  held;	/* the head that is not whole yet */
	size_t	    line;	/* where its last line starts */
	unsigned    headers;
	size_t	    body_left;
	int	    refused;	/* the status to answer with, and no more bytes pass; 0 */
	const char *why;
};

/** Take bytes as they came; what the library may see is appended to out. */
void	gate_feed(struct gate *g, const void *data, size_t len, struct buf *out);
void	gate_fini(struct gate *g);

static inline bool
gate_is_between(const struct gate *g)	/* no part of a request is outstanding */
{
	return g->held.len == 0 && g->body_left == 0;
}

static inline bool
gate_is_in_head(const struct gate *g)
{
	return g->held.len > 0;
}

#endif
