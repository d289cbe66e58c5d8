/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.c: see text.h. */
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
text_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (len < size) {
		memcpy(dst, src, len + 1);
		return 0;
	}
	memcpy(dst, src, size - 1);
	dst[size - 1] = '\0';
	return -1;
}

bool
text_is_id(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len < ID_MAX && s[len] == '\0' && strspn(s, "0123456789") != len;
}

/* Length of the UTF-8 sequence at s (RFC 3629: shortest form, no surrogates, at most U+10FFFF), or 0. */
static size_t
utf8_length(const uint8_t *s, size_t left)
{
	static const struct {
		uint8_t low, high, second_low, second_high, length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i, k;

	for (i = 0; i < nitems(forms); i++) {
		if (s[0] < forms[i].low || s[0] > forms[i].high)
			continue;
		if (left < forms[i].length)
			return 0;
		if (forms[i].length > 1 && (s[1] < forms[i].second_low || s[1] > forms[i].second_high))
			return 0;
		for (k = 2; k < forms[i].length; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return forms[i].length;
	}
	return 0;
}

bool
text_is_utf8(const void *s, size_t len)
{
	const uint8_t *p = s;
	size_t	       n;

	for (; len > 0; p += n, len -= n)
		if ((n = utf8_length(p, len)) == 0)
			return false;
	return true;
}

bool
text_is_one_line(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;

	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			return false;
	return true;
}

/* Control and direction-changing characters must be seen, not obeyed (THREATS 5). */
static bool
is_hidden(const uint8_t *s, size_t n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return (s[0] == 0xc2 && s[1] < 0xa0) ||		/* C1 */
		    (s[0] == 0xd8 && s[1] == 0x9c);		/* U+061C */
	if (n == 3 && s[0] == 0xe2 && s[1] == 0x80)
		return (s[2] >= 0x8b && s[2] <= 0x8f) || (s[2] >= 0xa8 && s[2] <= 0xae);	/* U+200B..200F, U+2028..202E */
	if (n == 3 && s[0] == 0xe2 && s[1] == 0x81)
		return s[2] >= 0xa6 && s[2] <= 0xa9;		/* U+2066..2069 */
	return false;
}

char *
text_visible(char *out, size_t size, const char *s, size_t len)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t	       at = 0, n, k;

	for (; len > 0; p += n, len -= n) {
		bool plain = (n = utf8_length(p, len)) != 0 && !is_hidden(p, n);

		if (n == 0)
			n = 1;
		if (at + (plain ? n : 4 * n) >= size)
			break;
		for (k = 0; k < n; k++)
			if (plain)
				out[at++] = (char)p[k];
			else
				at += (size_t)snprintf(out + at, 5, "\\x%02x", p[k]);
	}
	out[at] = '\0';
	return out;
}

#define WORD_MAX 64

/* Optimal string alignment: insert, delete, replace, and swap of neighbours cost one each. */
static unsigned
edit_distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1], *before = row[0], *last = row[1], *now = row[2], *swap, best;
	size_t	 la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX), i, j;

	memset(row, 0, sizeof(row));
	for (j = 0; j <= lb; j++)
		last[j] = (unsigned)j;
	for (i = 1; i <= la; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			best = last[j - 1] + (a[i - 1] != b[j - 1]);
			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		swap = before;
		before = last;
		last = now;
		now = swap;
	}
	return last[lb];
}

const char *
text_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned    d, least = (unsigned)strnlen(word, WORD_MAX) / 3 + 2;

	for (; *words != NULL; words++)
		if ((d = edit_distance(word, *words)) < least) {
			least = d;
			best = *words;
		}
	return best;
}

int
text_to_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	char	 *end;
	long long v;

	if (strspn(s[0] == '-' ? s + 1 : s, "0123456789") != strlen(s[0] == '-' ? s + 1 : s) || s[0] == '\0')
		return -1;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

int
text_to_double(const char *s, double *out)
{
	char  *end;
	double v;

	if (s[0] == '\0' || s[strspn(s, "0123456789.eE+-")] != '\0')
		return -1;
	v = strtod(s, &end);
	if (end == s || *end != '\0' || !isfinite(v))
		return -1;
	*out = v;
	return 0;
}

char *
text_utc(char *out, size_t size, int64_t wall_ns)
{
	int64_t	  ms = (wall_ns - (wall_ns % NS_PER_MS + NS_PER_MS) % NS_PER_MS) / NS_PER_MS;
	time_t	  s = (time_t)(ms / 1000 - (ms % 1000 < 0));
	struct tm tm;

	gmtime_r(&s, &tm);
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(ms - (int64_t)s * 1000));
	return out;
}
