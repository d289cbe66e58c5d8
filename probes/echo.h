/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * echo.h: the bytes of ICMP echo (RFC 792) and ICMPv6 echo (RFC 4443 4.1, 4.2), and of the errors about them. Pure.
 *
 * Our request: type, code, checksum, identifier, sequence number, a 64-bit random nonce, and a text that tells an
 * administrator who looks at the packet what it is: 64 bytes, like that of ping. The nonce is what proves an answer
 * (an identifier can be guessed); it travels as is, without byte order.
 */
#ifndef SIMPUL_ECHO_H
#define SIMPUL_ECHO_H

#include "base/base.h"

#define ECHO_LEN	64
#define ECHO_ANSWER_MIN 16	/* up to the end of the nonce */

/** Fill in what is the same in every request: once per buffer. */
void	echo_prepare(uint8_t msg[ECHO_LEN]);
/** For echo_stamp(): the one's complement sum of what echo_prepare() wrote and an IPv4 request's type. */
uint16_t echo_base_sum(void);
/** Make it a certain request of a family (4 or 6). The checksum is filled in for IPv4; for IPv6 the kernel does it. */
void	echo_stamp(uint8_t msg[ECHO_LEN], int family, uint16_t base_sum, uint16_t id, uint16_t seq,
    uint64_t nonce);

enum echo_kind {
	ECHO_REPLY,
	ECHO_UNREACHABLE,	/* an error (see enum echo_error), quoting an echo request */
	ECHO_SHORT,		/* the message ends before what it must hold */
	ECHO_OTHER		/* something else */
};

enum echo_error {
	ECHO_ERROR_UNREACHABLE,	/* destination unreachable */
	ECHO_ERROR_TIME,	/* time exceeded in transit */
	ECHO_ERROR_BIG		/* fragmentation needed (RFC 1191), packet too big (RFC 4443 3.2) */
};

struct echo_answer {
	uint16_t id, seq;
	uint64_t nonce;		/* REPLY; UNREACHABLE with has_nonce */
	/* UNREACHABLE */
	uint8_t	 dst[16];	/* where the quoted request went, 4 or 16 bytes */
	uint8_t	 error;		/* enum echo_error */
	bool	 has_nonce;	/* the quote is long enough to hold it: at least 8 bytes are sure (RFC 792), most send more */
	uint32_t mtu;		/* BIG: what would pass; 0 = not said */
};

/**
 * What is this message (from its ICMP type byte on)? Only for REPLY and UNREACHABLE is *a filled in.
 * The checksum is not looked at: the nonce vouches for more.
 */
enum echo_kind echo_parse(const uint8_t *msg, size_t len, int family, struct echo_answer *a);

#endif
