/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.h: JSON (RFC 8259) as everything of ours is written that others read. */
#ifndef SIMPUL_JSON_H
#define SIMPUL_JSON_H

#include "base/cursor.h"

struct json_t;

/**
 * Append it compactly, without an end of line. ASCII only; `<`, `>` and `&` as \u, so that it is safe inside
 * HTML too. Numbers have 12 digits: 17 would show 0.1 as 0.10000000000000001.
 *
 * @return 0, or -1 when it is no JSON text (NULL, or neither object nor array)
 */
int	buf_json(struct buf *out, const struct json_t *v);

#endif
