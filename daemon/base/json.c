/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.c: see json.h. */
#include "base/json.h"

#include <jansson.h>

#define REAL_DIGITS 12	/* 10 Gbit/s to the bit */

/* `<`, `>` and `&` stand only inside the strings of a JSON text. */
static int
append_escaped(const char *text, size_t len, void *arg)
{
	struct buf *out = arg;
	size_t	    n;

	while (len > 0) {
		for (n = 0; n < len && text[n] != '<' && text[n] != '>' && text[n] != '&'; n++)
			;
		buf_bytes(out, text, n);
		if (n < len)
			buf_printf(out, "\\u%04x", text[n++]);
		text += n;
		len -= n;
	}
	return 0;
}

int
buf_json(struct buf *out, const struct json_t *v)
{
	return json_dump_callback(v, append_escaped, out,
	    JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS));
}
