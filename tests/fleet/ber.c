/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ber.c: see ber.h. */
#include "tests/fleet/ber.h"

/* ---- writing ---- */

void
ber_raw(struct ber_writer *w, const void *data, size_t len)
{
	if (w->full || (size_t)(w->end - w->p) < len) {
		w->full = true;
		return;
	}
	if (len > 0)
		memcpy(w->p, data, len);
	w->p += len;
}

static void
put_byte(struct ber_writer *w, uint8_t v)
{
	if (w->full || w->p == w->end) {
		w->full = true;
		return;
	}
	*w->p++ = v;
}

/* The shortest form; our messages stay below 64 KiB. @return bytes written to at */
static size_t
length_write(uint8_t at[3], size_t len)
{
	size_t more = len < 0x80 ? 0 : len < 0x100 ? 1 : 2;

	at[0] = (uint8_t)(more == 0 ? len : 0x80 | more);
	if (more == 2)
		at[1] = (uint8_t)(len >> 8);
	if (more > 0)
		at[more] = (uint8_t)len;
	return 1 + more;
}

uint8_t *
ber_open(struct ber_writer *w, uint8_t tag)
{
	put_byte(w, tag);
	put_byte(w, 0);
	return w->p;
}

void
ber_close(struct ber_writer *w, uint8_t *opened)
{
	size_t	len, head;
	uint8_t form[3];

	if (w->full)
		return;
	len = (size_t)(w->p - opened);
	head = length_write(form, len);
	if ((size_t)(w->end - w->p) < head - 1) {
		w->full = true;
		return;
	}
	if (head > 1)
		memmove(opened - 1 + head, opened, len);
	memcpy(opened - 1, form, head);
	w->p += head - 1;
}

void
ber_bytes(struct ber_writer *w, uint8_t tag, const void *data, size_t len)
{
	uint8_t form[3];

	put_byte(w, tag);
	ber_raw(w, form, length_write(form, len));
	ber_raw(w, data, len);
}

void
ber_text(struct ber_writer *w, const char *s)
{
	ber_bytes(w, BER_STRING, s, strlen(s));
}

void
ber_integer(struct ber_writer *w, int64_t v)
{
	uint8_t data[8];
	size_t	n = 8, i;

	for (i = 0; i < 8; i++)
		data[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	/* Nine equal bits in front say nothing that eight do not. */
	while (n > 1 &&
	    ((data[8 - n] == 0 && data[9 - n] < 0x80) || (data[8 - n] == 0xff && data[9 - n] >= 0x80)))
		n--;
	ber_bytes(w, BER_INTEGER, data + 8 - n, n);
}

void
ber_unsigned(struct ber_writer *w, uint8_t tag, uint64_t v)
{
	uint8_t data[9] = { 0 };
	size_t	n = 9, i;

	for (i = 1; i < 9; i++)
		data[i] = (uint8_t)(v >> (64 - 8 * i));
	while (n > 1 && data[9 - n] == 0 && data[10 - n] < 0x80)
		n--;
	ber_bytes(w, tag, data + 9 - n, n);
}

/* An arc in groups of seven bits, the highest first. @return bytes written */
static size_t
arc_write(uint8_t *at, uint32_t v)
{
	size_t n = v < 1u << 7 ? 1 : v < 1u << 14 ? 2 : v < 1u << 21 ? 3 : v < 1u << 28 ? 4 : 5, i;

	for (i = 0; i < n; i++)
		at[i] = (uint8_t)((v >> (7 * (n - 1 - i)) & 0x7f) | (i + 1 < n ? 0x80 : 0));
	return n;
}

void
ber_oid(struct ber_writer *w, const uint32_t *arc, size_t n, const uint32_t *extra)
{
	uint8_t data[5 * OID_ARCS_MAX + 5];
	size_t	len = arc_write(data, arc[0] * 40 + arc[1]), i;

	for (i = 2; i < n; i++)
		len += arc_write(data + len, arc[i]);
	if (extra != NULL)
		len += arc_write(data + len, *extra);
	ber_bytes(w, BER_OID, data, len);
}

/* ---- reading ---- */

int
ber_read(struct cursor *c, uint8_t *tag, struct cursor *content)
{
	size_t	       len, more;
	const uint8_t *p;

	*tag = cursor_u8(c);
	len = cursor_u8(c);
	if (len & 0x80) {
		more = len & 0x7f;
		if (more == 0 || more > 4)
			return -1;
		for (len = 0; more > 0; more--)
			len = len << 8 | cursor_u8(c);
	}
	if ((p = cursor_bytes(c, len)) == NULL)
		return -1;
	*content = cursor_of(p, len);
	return 0;
}

int
ber_read_tag(struct cursor *c, uint8_t tag, struct cursor *content)
{
	uint8_t got;

	return ber_read(c, &got, content) == 0 && got == tag ? 0 : -1;
}

int
ber_read_integer(struct cursor *c, int64_t *v)
{
	struct cursor content;
	uint64_t      bits;
	size_t	      n;

	if (ber_read_tag(c, BER_INTEGER, &content) == -1)
		return -1;
	n = cursor_left(&content);
	if (n < 1 || n > 8)
		return -1;
	bits = content.p[0] >= 0x80 ? UINT64_MAX : 0;
	while (n-- > 0)
		bits = bits << 8 | cursor_u8(&content);
	*v = (int64_t)bits;
	return 0;
}

static int
arc_read(struct cursor *c, uint32_t *arc)
{
	uint64_t v = 0;
	uint8_t	 byte;

	do {
		byte = cursor_u8(c);
		v = v << 7 | (byte & 0x7f);
		if (c->bad || v > UINT32_MAX)
			return -1;
	} while (byte & 0x80);
	*arc = (uint32_t)v;
	return 0;
}

int
ber_read_oid(struct cursor content, struct oid *oid)
{
	uint32_t first;

	if (cursor_left(&content) == 0 || arc_read(&content, &first) == -1)
		return -1;
	oid->arc[0] = first < 80 ? first / 40 : 2;
	oid->arc[1] = first - oid->arc[0] * 40;
	for (oid->n = 2; cursor_left(&content) > 0; oid->n++)
		if (oid->n == OID_ARCS_MAX || arc_read(&content, &oid->arc[oid->n]) == -1)
			return -1;
	return 0;
}
