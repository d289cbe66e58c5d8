/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * headers.h: an answer in the form of RTSP (RFC 2326) and SIP (RFC 3261): a status line, header fields, an empty line, a
 * body as long as Content-Length says. Pure; everything points into the bytes that were given.
 */
#ifndef SIMPUL_PROBES_HEADERS_H
#define SIMPUL_PROBES_HEADERS_H

#include "base/base.h"

struct headers {
	unsigned    status;	/* 100..999 */
	const char *fields;	/* behind the status line */
	size_t	    len;	/* of them, without the empty line */
	const char *body;
	size_t	    body_len;
};

enum headers_form { HEADERS_BAD = -1, HEADERS_MORE, HEADERS_WHOLE };

/** @param protocol  "RTSP/1." or "SIP/2." */
enum headers_form headers_read(struct headers *h, const char *protocol, const void *bytes, size_t len);
/**
 * The first field of this name, without blanks around it.
 * @param brief	its short name (RFC 3261 7.3.3), or 0
 */
bool	headers_find(const struct headers *h, const char *name, char brief, const char **value, size_t *len);
/** Is it there, and just this text? */
bool	headers_say(const struct headers *h, const char *name, char brief, const char *value);

#endif
