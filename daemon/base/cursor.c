/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cursor.c: bounded reading, growing writing. */
#include "base/cursor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t
read_le(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_bytes(c, n);
	uint64_t       v = 0;

	if (p == NULL)
		return 0;
	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)read_le(c, 1);
}

uint16_t
cursor_u16le(struct cursor *c)
{
	return (uint16_t)read_le(c, 2);
}

uint32_t
cursor_u32le(struct cursor *c)
{
	return (uint32_t)read_le(c, 4);
}

uint64_t
cursor_u64le(struct cursor *c)
{
	return read_le(c, 8);
}

uint16_t
cursor_u16be(struct cursor *c)
{
	return __builtin_bswap16((uint16_t)read_le(c, 2));
}

uint32_t
cursor_u32be(struct cursor *c)
{
	return __builtin_bswap32((uint32_t)read_le(c, 4));
}

float
cursor_f32le(struct cursor *c)
{
	uint32_t bits = cursor_u32le(c);
	float	 v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

double
cursor_f64le(struct cursor *c)
{
	uint64_t bits = cursor_u64le(c);
	double	 v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

void
cursor_str(struct cursor *c, char *dst, size_t size)
{
	size_t	       len = cursor_u16le(c);
	const uint8_t *p = cursor_bytes(c, len);

	dst[0] = '\0';
	if (p == NULL)
		return;
	if (len >= size || memchr(p, '\0', len) != NULL) {
		c->bad = true;
		return;
	}
	memcpy(dst, p, len);
	dst[len] = '\0';
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

uint8_t *
buf_grow(struct buf *b, size_t n)
{
	uint8_t *at;

	if (b->len + n > b->size) {
		b->size = (b->len + n) * 2;
		b->data = xrealloc(b->data, b->size, 1);
	}
	at = b->data + b->len;
	b->len += n;
	return at;
}

void
buf_bytes(struct buf *b, const void *p, size_t n)
{
	if (n > 0)
		memcpy(buf_grow(b, n), p, n);
}

static void
write_le(struct buf *b, uint64_t v, size_t n)
{
	uint8_t *p = buf_grow(b, n);

	for (; n-- > 0; v >>= 8)
		*p++ = (uint8_t)v;
}

void
buf_u8(struct buf *b, uint8_t v)
{
	write_le(b, v, 1);
}

void
buf_u16le(struct buf *b, uint16_t v)
{
	write_le(b, v, 2);
}

void
buf_u32le(struct buf *b, uint32_t v)
{
	write_le(b, v, 4);
}

void
buf_u64le(struct buf *b, uint64_t v)
{
	write_le(b, v, 8);
}

void
buf_f32le(struct buf *b, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	buf_u32le(b, bits);
}

void
buf_f64le(struct buf *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	buf_u64le(b, bits);
}

void
buf_str(struct buf *b, const char *s)
{
	size_t len = strlen(s);

	if (len > UINT16_MAX)
		len = UINT16_MAX;
	buf_u16le(b, (uint16_t)len);
	buf_bytes(b, s, len);
}

void
buf_text(struct buf *b, const char *s)
{
	buf_bytes(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)buf_grow(b, (size_t)n + 1), (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len--;	/* the NUL */
}
