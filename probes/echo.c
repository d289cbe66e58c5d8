/* SPDX-License-Identifier: GPL-3.0-or-later */
/* echo.c: see echo.h. */
#include "probes/echo.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "base/cursor.h"
#include "base/packet_io.h"

#define CHECKSUM_AT 2
#define ID_AT	    4
#define NONCE_AT    8
#define TEXT_AT	    16
#define IP6_HEAD    40

static const char text[ECHO_LEN - TEXT_AT] = "Simpul network monitor: is this line up?";

void
echo_prepare(uint8_t msg[ECHO_LEN])
{
	memset(msg, 0, ECHO_LEN);
	memcpy(msg + TEXT_AT, text, sizeof(text));
}

uint16_t
echo_base_sum(void)
{
	uint8_t msg[ECHO_LEN];

	echo_prepare(msg);
	msg[0] = ICMP_ECHO;
	return (uint16_t)~packet_checksum(msg, sizeof(msg), 0);
}

void
echo_stamp(uint8_t msg[ECHO_LEN], int family, uint16_t base_sum, uint16_t id, uint16_t seq, uint64_t nonce)
{
	uint16_t check = 0;

	msg[0] = family == 6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	put_u16be(msg + ID_AT, id);
	put_u16be(msg + ID_AT + 2, seq);
	memcpy(msg + NONCE_AT, &nonce, sizeof(nonce));
	if (family != 6)
		check = packet_checksum(msg + ID_AT, TEXT_AT - ID_AT, base_sum);
	memcpy(msg + CHECKSUM_AT, &check, sizeof(check));
}

static enum echo_kind
parse_reply(struct cursor *c, struct echo_answer *a)
{
	const uint8_t *nonce;

	a->id = cursor_u16be(c);
	a->seq = cursor_u16be(c);
	nonce = cursor_bytes(c, sizeof(a->nonce));
	if (c->bad)
		return ECHO_SHORT;
	memcpy(&a->nonce, nonce, sizeof(a->nonce));
	return ECHO_REPLY;
}

/* The IP header that an error quotes. @return destination, borrowed, when the packet was ICMP of the family; else NULL */
static const uint8_t *
quoted_destination(struct cursor *c, int family)
{
	const uint8_t *ip = cursor_bytes(c, family == 6 ? IP6_HEAD : 20);

	if (ip == NULL)
		return NULL;
	if (family == 6)
		return ip[0] >> 4 == 6 && ip[6] == IPPROTO_ICMPV6 ? ip + 24 : NULL;
	if (ip[0] >> 4 != 4 || (ip[0] & 0xf) < 5 || ip[9] != IPPROTO_ICMP)
		return NULL;
	cursor_bytes(c, (size_t)(ip[0] & 0xf) * 4 - 20);	/* options */
	return ip + 16;
}

static enum echo_error
error_of(int family, uint8_t type, uint8_t code)
{
	if (type == (family == 6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED))
		return code == 0 ? ECHO_ERROR_TIME : ECHO_ERROR_UNREACHABLE;
	if (family == 6 ? type == ICMP6_PACKET_TOO_BIG : code == ICMP_FRAG_NEEDED)
		return ECHO_ERROR_BIG;
	return ECHO_ERROR_UNREACHABLE;
}

/*
 * RFC 792: four bytes (the MTU, where there is one), the IP header, and at least eight bytes of our request: up to its
 * sequence number.
 */
static enum echo_kind
parse_error(struct cursor *c, int family, uint8_t error_type, uint8_t code, struct echo_answer *a)
{
	const uint8_t *dst, *nonce;
	uint8_t	       type;

	a->error = (uint8_t)error_of(family, error_type, code);
	a->mtu = cursor_u32be(c);
	if (family != 6)
		a->mtu &= 0xffff;
	if (a->error != ECHO_ERROR_BIG)
		a->mtu = 0;
	dst = quoted_destination(c, family);
	if (dst == NULL)
		return c->bad ? ECHO_SHORT : ECHO_OTHER;
	type = cursor_u8(c);
	cursor_bytes(c, 3);
	a->id = cursor_u16be(c);
	a->seq = cursor_u16be(c);
	if (c->bad)
		return ECHO_SHORT;
	memset(a->dst, 0, sizeof(a->dst));
	memcpy(a->dst, dst, family == 6 ? 16 : 4);
	a->has_nonce = (nonce = cursor_bytes(c, sizeof(a->nonce))) != NULL;
	a->nonce = 0;
	if (a->has_nonce)
		memcpy(&a->nonce, nonce, sizeof(a->nonce));
	return type == (family == 6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO) ? ECHO_UNREACHABLE : ECHO_OTHER;
}

enum echo_kind
echo_parse(const uint8_t *msg, size_t len, int family, struct echo_answer *a)
{
	struct cursor c = cursor_of(msg, len);
	uint8_t	      type = cursor_u8(&c), code = cursor_u8(&c);

	cursor_bytes(&c, 2);
	if (c.bad)
		return ECHO_SHORT;
	if (family == 6 ? type == ICMP6_DST_UNREACH || type == ICMP6_TIME_EXCEEDED || type == ICMP6_PACKET_TOO_BIG
			: type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED)
		return parse_error(&c, family, type, code, a);
	if (code != 0 || type != (family == 6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
		return ECHO_OTHER;
	return parse_reply(&c, a);
}
