/* SPDX-License-Identifier: GPL-3.0-or-later */
/* body.h: what a page of the web holds, against what is expected. Pure. */
#ifndef SIMPUL_HTTP_BODY_H
#define SIMPUL_HTTP_BODY_H

#include "base/cursor.h"
#include "probes/expect.h"

#define HTTP_HASH_TEXT 65	/* SHA-256 in hex, and NUL */
#define HTTP_JSON_DEPTH 32

/**
 * Cut out what changes with every answer, in place: "ignore=BEGIN...END" all from one text to the other, "ignore=TEXT" this text.
 * @return bytes that are left
 */
size_t	http_body_cut(uint8_t *body, size_t len, const struct expect *x);
void	http_body_hash(const uint8_t *body, size_t len, char out[HTTP_HASH_TEXT]);

/** Against text=, no_text=, json= and size=. @param cut  there is more of it @return 0, or -1 with what is wrong in why */
int	http_body_check(const uint8_t *body, size_t len, bool cut, const struct expect *x, char *why, size_t size);
/** Is a json= of what is expected well formed? 0 or -1 */
int	http_json_accepts(const char *rule, char *why, size_t size);
/** Does this line, "Name: value", fulfil "Name: text" or "Name"? Its value must hold the text. */
bool	http_header_is(const char *line, size_t len, const char *rule);

#endif
