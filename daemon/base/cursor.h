/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.h: the one bounded way to read bytes, and a growing buffer to write them (THREATS 3.1).
 * Reading past the end sets `bad`, returns zero and stays bad, so a parser checks once at its end.
 * le = little-endian (our own formats), be = network order.
 */
#ifndef SIMPUL_CURSOR_H
#define SIMPUL_CURSOR_H

#include <string.h>
#include "base/base.h"

struct cursor {
	const uint8_t *p, *end;
	bool	       bad;
};

static inline struct cursor
cursor_of(const void *data, size_t len)
{
	return (struct cursor){ .p = data, .end = (const uint8_t *)data + len };
}

static inline size_t
cursor_left(const struct cursor *c)
{
	return c->bad ? 0 : (size_t)(c->end - c->p);
}

/** @return n bytes inside the input, borrowed, or NULL (and bad) when fewer are left */
static inline const uint8_t *
cursor_bytes(struct cursor *c, size_t n)
{
	const uint8_t *at = c->p;

	if (c->bad || (size_t)(c->end - c->p) < n) {
		c->bad = true;
		return NULL;
	}
	c->p += n;
	return at;
}

uint8_t	 cursor_u8(struct cursor *c);
uint16_t cursor_u16le(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);
uint16_t cursor_u16be(struct cursor *c);
uint32_t cursor_u32be(struct cursor *c);
float	 cursor_f32le(struct cursor *c);
double	 cursor_f64le(struct cursor *c);
/** A u16 length and that many bytes, copied into dst with a NUL; too long for dst, or holding a NUL, is bad. */
void	 cursor_str(struct cursor *c, char *dst, size_t size);
/** True when everything was read and nothing was bad. */
static inline bool
cursor_is_done(const struct cursor *c)
{
	return !c->bad && c->p == c->end;
}

struct buf {			/* zeroed is empty; buf_free() when done */
	uint8_t *data;
	size_t	 len, size;
};

void	 buf_free(struct buf *b);
uint8_t *buf_grow(struct buf *b, size_t n);	/* n more bytes, uninitialised; valid until the next call */
void	 buf_bytes(struct buf *b, const void *p, size_t n);
void	 buf_u8(struct buf *b, uint8_t v);
void	 buf_u16le(struct buf *b, uint16_t v);
void	 buf_u32le(struct buf *b, uint32_t v);
void	 buf_u64le(struct buf *b, uint64_t v);
void	 buf_f32le(struct buf *b, float v);
void	 buf_f64le(struct buf *b, double v);
void	 buf_str(struct buf *b, const char *s);	/* u16 length and bytes, no NUL; cut at 65,535 */
void	 buf_text(struct buf *b, const char *s);	/* its bytes alone, no NUL */
void	 buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);	/* likewise, of any length */

static inline void
put_u32le(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void
put_u16be(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

#endif
