/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frames.h: Ethernet frames made by hand, for the tests of what is captured. */
#ifndef SIMPUL_TESTS_FRAMES_H
#define SIMPUL_TESTS_FRAMES_H

#include <netinet/in.h>
#include <string.h>

#include "base/addr.h"

struct frame {
	uint8_t data[512];
	size_t	len;
};

static inline void
f_be(struct frame *f, uint64_t v, size_t bytes)
{
	while (bytes-- > 0)
		f->data[f->len++] = (uint8_t)(v >> 8 * bytes);
}

static inline void
f_ethernet(struct frame *f, unsigned tags, unsigned type)
{
	f->len = 0;
	f_be(f, 0x020000000001, 6);
	f_be(f, 0x020000000002, 6);
	while (tags-- > 0)
		f_be(f, 0x81000064, 4);
	f_be(f, type, 2);
}

static inline void
f_address(struct frame *f, const char *text)
{
	struct addr a;

	addr_parse(&a, text);
	memcpy(f->data + f->len, a.byte, a.family == 4 ? 4 : 16);
	f->len += a.family == 4 ? 4 : 16;
}

/* @param payload  bytes behind this header, by its own length */
static inline void
f_ipv4(struct frame *f, const char *src, const char *dst, unsigned protocol, unsigned payload)
{
	f_be(f, 0x4500, 2);
	f_be(f, 20 + payload, 2);
	f_be(f, 0, 4);
	f_be(f, 64, 1);
	f_be(f, protocol, 1);
	f_be(f, 0, 2);
	f_address(f, src);
	f_address(f, dst);
}

static inline void
f_ipv6(struct frame *f, const char *src, const char *dst, unsigned next, unsigned payload)
{
	f_be(f, 0x60000000, 4);
	f_be(f, payload, 2);
	f_be(f, next, 1);
	f_be(f, 64, 1);
	f_address(f, src);
	f_address(f, dst);
}

static inline void
f_tcp(struct frame *f, unsigned src, unsigned dst, uint32_t seq, uint32_t ack, unsigned flags)
{
	f_be(f, src, 2);
	f_be(f, dst, 2);
	f_be(f, seq, 4);
	f_be(f, ack, 4);
	f_be(f, 0x50, 1);
	f_be(f, flags, 1);
	f_be(f, 0, 6);
}

static inline void
f_udp(struct frame *f, unsigned src, unsigned dst, unsigned payload)
{
	f_be(f, src, 2);
	f_be(f, dst, 2);
	f_be(f, 8 + payload, 2);
	f_be(f, 0, 2);
}

#endif
