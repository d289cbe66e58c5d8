/* SPDX-License-Identifier: GPL-3.0-or-later */
/* js.h: JSON values as the control socket writes them (RFC 8259): every number finite, every text valid. */
#ifndef SIMPUL_CTL_JS_H
#define SIMPUL_CTL_JS_H

#include <jansson.h>
#include "base/cursor.h"

json_t *js_text(const char *s);		/* bad UTF-8 as U+FFFD; null for NULL */
json_t *js_name(const char *s);		/* the same, null for "" too */
json_t *js_number(double v);		/* null when not finite */
json_t *js_time(int64_t wall_ns);	/* RFC 3339 in UTC; null for 0 */
json_t *js_u64_text(uint64_t v);	/* a counter: text, since readers keep 53 bits of a number */

/** Append it as one line (json.h). */
void	js_line(struct buf *out, const json_t *v);

/**
 * How deep the arrays and objects of a text are nested: to be looked at before jansson parses it, which calls
 * itself for each level.
 */
unsigned js_depth(const char *text, size_t len);

#endif
