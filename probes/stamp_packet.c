/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stamp_packet.c: see stamp_packet.h.
 *
 * Offsets of fields in bytes; what is not named must be zero:
 *
 *			unauthenticated		authenticated
 *	request		0 number		0 number
 *			4 time			16 time
 *			12 error estimate	24 error estimate
 *			14 session		26 session
 *						96 HMAC
 *	answer		as the request, then	as the request, then
 *			16 time received	32 time received
 *			24 number of request	48 number of request
 *			28 time of request	64 time of request
 *			36 error of request	72 error of request
 *			40 TTL of request	80 TTL of request
 */
#include "probes/stamp_packet.h"

#include <math.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/cursor.h"

#define HMAC_AT	       96
#define HMAC_LEN       16
#define NTP_1970       2208988800LL	/* 1970 counted from 1900 */
#define NTP_ERA_S      (1LL << 32)
#define TLV_HEAD       4
#define TLV_UNKNOWN    0x80	/* U flag, RFC 8972 4 */
#define TLV_MALFORMED  0x40	/* M flag */
#define SCALE_MAX      63
#define TWO_32	       4294967296.0

struct layout {
	uint8_t time, error, session, received, q_number, q_time, q_error, ttl;
	size_t	len;
};
static const struct layout open_layout = { 4, 12, 14, 16, 24, 28, 36, 40, STAMP_LEN };
static const struct layout auth_layout = { 16, 24, 26, 32, 48, 64, 72, 80, STAMP_AUTH_LEN };

static const struct layout *
layout_of(const struct stamp_key *key)
{
	return key != NULL ? &auth_layout : &open_layout;
}

static void
put_u32be(uint8_t *at, uint32_t v)
{
	put_u16be(at, (uint16_t)(v >> 16));
	put_u16be(at + 2, (uint16_t)v);
}

static void
put_time(uint8_t *at, struct stamp_time t)
{
	put_u32be(at, t.s);
	put_u32be(at + 4, t.fraction);
}

static uint16_t
get_u16(const uint8_t *in, size_t at)
{
	struct cursor c = cursor_of(in + at, 2);

	return cursor_u16be(&c);
}

static uint32_t
get_u32(const uint8_t *in, size_t at)
{
	struct cursor c = cursor_of(in + at, 4);

	return cursor_u32be(&c);
}

static struct stamp_time
get_time(const uint8_t *in, size_t at)
{
	return (struct stamp_time){ .s = get_u32(in, at), .fraction = get_u32(in, at + 4) };
}

/* ---- the proof ---- */

static void
hmac_make(const uint8_t *packet, const struct stamp_key *key, uint8_t out[EVP_MAX_MD_SIZE])
{
	unsigned len;

	HMAC(EVP_sha256(), key->bytes, (int)key->len, packet, HMAC_AT, out, &len);
}

static void
hmac_put(uint8_t *packet, const struct stamp_key *key)
{
	uint8_t mac[EVP_MAX_MD_SIZE];

	if (key == NULL)
		return;
	hmac_make(packet, key, mac);
	memcpy(packet + HMAC_AT, mac, HMAC_LEN);
}

static bool
hmac_is_good(const uint8_t *packet, const struct stamp_key *key)
{
	uint8_t mac[EVP_MAX_MD_SIZE];

	if (key == NULL)
		return true;
	hmac_make(packet, key, mac);
	return CRYPTO_memcmp(mac, packet + HMAC_AT, HMAC_LEN) == 0;
}

/* ---- packets ---- */

static bool
has_clock(uint16_t error)
{
	return (error & 0xff) != 0;	/* RFC 4656 4.1.2: a multiplier of 0 is not allowed */
}

size_t
stamp_request_write(uint8_t out[STAMP_AUTH_LEN], const struct stamp_request *q, const struct stamp_key *key)
{
	const struct layout *l = layout_of(key);

	memset(out, 0, l->len);
	put_u32be(out, q->number);
	put_time(out + l->time, q->sent);
	put_u16be(out + l->error, q->error);
	put_u16be(out + l->session, q->session);
	hmac_put(out, key);
	return l->len;
}

enum stamp_verdict
stamp_request_read(const uint8_t *in, size_t len, const struct stamp_key *key, struct stamp_request *q)
{
	const struct layout *l = layout_of(key);

	if (len < (key != NULL ? STAMP_AUTH_LEN : STAMP_TWAMP_LEN) || len > STAMP_MAX)
		return STAMP_SHORT;
	if (!hmac_is_good(in, key))
		return STAMP_FORGED;
	*q = (struct stamp_request){ .number = get_u32(in, 0), .sent = get_time(in, l->time), .error = get_u16(in, l->error),
		.session = get_u16(in, l->session) };
	return has_clock(q->error) ? STAMP_GOOD : STAMP_NO_CLOCK;
}

/* Copy what lies behind the packet: we do nothing of what TLVs ask for, and say so in each. */
static void
tlvs_return(uint8_t *out, const uint8_t *in, size_t len)
{
	size_t at = 0, value;

	memcpy(out, in, len);
	while (len - at >= TLV_HEAD) {
		value = get_u16(in, at + 2);
		out[at] = value > len - at - TLV_HEAD ? TLV_MALFORMED : TLV_UNKNOWN;
		if (value > len - at - TLV_HEAD)
			return;
		at += TLV_HEAD + value;
	}
}

void
stamp_reply_write(uint8_t *out, const uint8_t *request, size_t len, const struct stamp_reply *r, const struct stamp_key *key)
{
	const struct layout *l = layout_of(key);
	uint8_t		     packet[STAMP_AUTH_LEN] = { 0 };
	size_t		     head = len < l->len ? len : l->len;

	put_u32be(packet, r->number);
	put_time(packet + l->time, r->sent);
	put_u16be(packet + l->error, r->error);
	put_u16be(packet + l->session, r->session);
	put_time(packet + l->received, r->received);
	put_u32be(packet + l->q_number, r->request.number);
	put_time(packet + l->q_time, r->request.sent);
	put_u16be(packet + l->q_error, r->request.error);
	packet[l->ttl] = r->ttl;
	hmac_put(packet, key);
	tlvs_return(out + head, request + head, len - head);
	memcpy(out, packet, head);
}

enum stamp_verdict
stamp_reply_read(const uint8_t *in, size_t len, const struct stamp_key *key, struct stamp_reply *r)
{
	const struct layout *l = layout_of(key);

	if (len < (key != NULL ? STAMP_AUTH_LEN : STAMP_TWAMP_LEN))
		return STAMP_SHORT;
	if (!hmac_is_good(in, key))
		return STAMP_FORGED;
	*r = (struct stamp_reply){ .number = get_u32(in, 0), .sent = get_time(in, l->time), .error = get_u16(in, l->error),
		.session = get_u16(in, l->session), .received = get_time(in, l->received), .ttl = in[l->ttl],
		.request = { .number = get_u32(in, l->q_number), .sent = get_time(in, l->q_time),
		    .error = get_u16(in, l->q_error) } };
	return has_clock(r->error) ? STAMP_GOOD : STAMP_NO_CLOCK;
}

/* ---- times and their errors ---- */

struct stamp_time
stamp_time_of(int64_t wall_ns)
{
	uint64_t fraction = ((uint64_t)(wall_ns % NS_PER_S) << 32) / (uint64_t)NS_PER_S;

	return (struct stamp_time){ .s = (uint32_t)(wall_ns / NS_PER_S + NTP_1970), .fraction = (uint32_t)fraction };
}

/* NTP's seconds begin anew in 2036: those with the first bit unset are of then (RFC 4330 3). */
int64_t
stamp_time_ns(struct stamp_time t, uint16_t error)
{
	int64_t s = t.s;

	if (stamp_error_is_ptp(error))
		return s * NS_PER_S + (t.fraction < (uint64_t)NS_PER_S ? t.fraction : NS_PER_S - 1);
	if (t.s >> 31 == 0)
		s += NTP_ERA_S;
	return (s - NTP_1970) * NS_PER_S + (int64_t)((uint64_t)t.fraction * (uint64_t)NS_PER_S >> 32);
}

uint16_t
stamp_error_of(double error_s, bool synchronized)
{
	double	 units = ceil(error_s * TWO_32);
	unsigned scale = 0;

	for (; units > 255 && scale < SCALE_MAX; scale++)
		units = ceil(units / 2);
	return (uint16_t)((synchronized ? 0x8000u : 0) | scale << 8 | (unsigned)(units > 255 ? 255 : units < 1 ? 1 : units));
}

double
stamp_error_s(uint16_t error)
{
	return ldexp(error & 0xff, (int)(error >> 8 & SCALE_MAX) - 32);
}

bool
stamp_error_is_ptp(uint16_t error)
{
	return (error & 0x4000) != 0;
}

bool
stamp_error_is_synchronized(uint16_t error)
{
	return (error & 0x8000) != 0;
}
