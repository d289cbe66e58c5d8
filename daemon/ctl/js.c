/* SPDX-License-Identifier: GPL-3.0-or-later */
/* js.c: see js.h. */
#include "ctl/js.h"

#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "base/text.h"

/* Cut before the first bad byte, again and again. Device text is short, so the square does not matter. */
static json_t *
repaired(const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	struct buf	  b = { 0 };
	size_t		  len = strlen(s), at = 0, n;
	json_t		 *v;

	while (at < len) {
		for (n = 1; n <= 4 && at + n <= len && !text_is_utf8(s + at, n); n++)
			;
		if (n <= 4 && at + n <= len) {
			buf_bytes(&b, s + at, n);
			at += n;
		} else {
			buf_bytes(&b, replacement, sizeof(replacement) - 1);
			at++;
		}
	}
	v = json_stringn((const char *)b.data, b.len);
	buf_free(&b);
	return v;
}

json_t *
js_text(const char *s)
{
	if (s == NULL)
		return json_null();
	return text_is_utf8(s, strlen(s)) ? json_string(s) : repaired(s);
}

json_t *
js_name(const char *s)
{
	return s == NULL || *s == '\0' ? json_null() : js_text(s);
}

json_t *
js_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *
js_time(int64_t wall_ns)
{
	char text[TIME_TEXT_MAX];

	return wall_ns == 0 ? json_null() : json_string(text_utc(text, sizeof(text), wall_ns));
}

json_t *
js_u64_text(uint64_t v)
{
	return json_sprintf("%" PRIu64, v);
}

void
js_line(struct buf *out, const json_t *v)
{
	buf_json(out, v);
	buf_u8(out, '\n');
}

unsigned
js_depth(const char *text, size_t len)
{
	unsigned depth = 0, deepest = 0;
	bool	 quoted = false;
	size_t	 i;

	for (i = 0; i < len; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '[' || text[i] == '{') {
			if (++depth > deepest)
				deepest = depth;
		} else if ((text[i] == ']' || text[i] == '}') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}
