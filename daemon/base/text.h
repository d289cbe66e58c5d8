/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.h: small tools for text. */
#ifndef SIMPUL_TEXT_H
#define SIMPUL_TEXT_H

#include <time.h>
#include "base/base.h"

#define ID_MAX	64	/* a 63-byte id and its NUL */
#define REF_MAX 160	/* kind/id/value */
#define PORT_TEXT_MAX 128	/* of a port's name, its alias, its neighbour */
#define PORT_MAC_MAX  8		/* of a port's address: an EUI-64; what is longer is no identity */
#define TIME_TEXT_MAX 32

/** Copy and end with NUL. @return 0, or -1 when it had to be cut */
int	text_copy(char *dst, size_t size, const char *src);
/** [a-z0-9-]{1,63}, not all digits (DECISIONS 2). */
bool	text_is_id(const char *s);
bool	text_is_utf8(const void *s, size_t len);
/** No control characters (C0, DEL, C1): what would forge a line elsewhere. For text in UTF-8. */
bool	text_is_one_line(const char *s);
/** Control bytes, DEL, C1 and bad UTF-8 as \xNN, one line. @return out */
char   *text_visible(char *out, size_t size, const char *s, size_t len);
/**
 * The word of the list that is nearest by edit distance, or NULL when none is near (over a third of the letters differ).
 * @param words  ends with NULL
 */
const char *text_nearest(const char *word, const char *const *words);
/** Whole decimal number within [min, max]; no sign but '-', no spaces. 0 or -1. */
int	text_to_i64(const char *s, int64_t min, int64_t max, int64_t *out);
/** Finite decimal number such as 10, 0.05, -1.5e3; no hex, no inf, no nan. 0 or -1. */
int	text_to_double(const char *s, double *out);
/** RFC 3339 in UTC with milliseconds, "2026-11-21T01:02:03.004Z". @return out */
char   *text_utc(char *out, size_t size, int64_t wall_ns);

#endif
