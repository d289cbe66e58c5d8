/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stamp_packet_test.c: the packets of STAMP byte by byte, as the tables of RFC 8762 4.2 and 4.3 have them. The HMACs are of
 * Python's hmac module, from the same bytes and the key "stamp-test-key-0123456789abcdef".
 */
#include "probes/stamp_packet.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

static const struct stamp_key key = { .bytes = "stamp-test-key-0123456789abcdef", .len = 31 };
static const struct stamp_request request = { .number = 0x01020304, .sent = { 0xe1e2e3e4, 0x11121314 }, .error = 0x8a55,
	.session = 0x7172 };
static const struct stamp_reply reply = { .number = 0x0a0b0c0d, .sent = { 0xe1e2e3f4, 0x21222324 }, .error = 0x0b66,
	.session = 0x7172, .received = { 0xe1e2e3f3, 0x31323334 }, .ttl = 0xfe,
	.request = { .number = 0x01020304, .sent = { 0xe1e2e3e4, 0x11121314 }, .error = 0x8a55 } };

static const uint8_t request_open[STAMP_LEN] = {
	0x01, 0x02, 0x03, 0x04, 0xe1, 0xe2, 0xe3, 0xe4, 0x11, 0x12, 0x13, 0x14, 0x8a, 0x55, 0x71, 0x72,
};
static const uint8_t reply_open[STAMP_LEN] = {
	0x0a, 0x0b, 0x0c, 0x0d, 0xe1, 0xe2, 0xe3, 0xf4, 0x21, 0x22, 0x23, 0x24, 0x0b, 0x66, 0x71, 0x72,
	0xe1, 0xe2, 0xe3, 0xf3, 0x31, 0x32, 0x33, 0x34,	/* received */
	0x01, 0x02, 0x03, 0x04, 0xe1, 0xe2, 0xe3, 0xe4, 0x11, 0x12, 0x13, 0x14, 0x8a, 0x55, 0, 0,	/* of the request */
	0xfe, 0, 0, 0,		/* TTL */
};
static const uint8_t request_auth[STAMP_AUTH_LEN] = {
	0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0xe1, 0xe2, 0xe3, 0xe4, 0x11, 0x12, 0x13, 0x14, 0x8a, 0x55, 0x71, 0x72,
	[96] = 0x6c, 0x63, 0x44, 0x1c, 0x28, 0x9e, 0x2c, 0xfc, 0x20, 0x31, 0x76, 0x58, 0x8c, 0x33, 0x67, 0x02
};
static const uint8_t reply_auth[STAMP_AUTH_LEN] = {
	0x0a, 0x0b, 0x0c, 0x0d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0xe1, 0xe2, 0xe3, 0xf4, 0x21, 0x22, 0x23, 0x24, 0x0b, 0x66, 0x71, 0x72, 0, 0, 0, 0,
	0xe1, 0xe2, 0xe3, 0xf3, 0x31, 0x32, 0x33, 0x34, 0, 0, 0, 0, 0, 0, 0, 0,
	0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0xe1, 0xe2, 0xe3, 0xe4, 0x11, 0x12, 0x13, 0x14, 0x8a, 0x55, 0, 0, 0, 0, 0, 0,
	0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x82, 0xc9, 0xd5, 0xe6, 0x69, 0xe8, 0x1f, 0xf6, 0x63, 0x1e, 0x6f, 0xd1, 0xe1, 0x4f, 0xfd, 0x76
};

static bool
requests_equal(const struct stamp_request *a, const struct stamp_request *b)
{
	return a->number == b->number && a->sent.s == b->sent.s && a->sent.fraction == b->sent.fraction && a->error == b->error &&
	       a->session == b->session;
}

static void
test_request(const char *name, const uint8_t *bytes, size_t len, const struct stamp_key *k)
{
	uint8_t		     out[STAMP_AUTH_LEN], bad[STAMP_AUTH_LEN];
	struct stamp_request got;
	size_t		     n, i, taken = 0;

	ok(stamp_request_write(out, &request, k) == len && memcmp(out, bytes, len) == 0, "%s: the request's bytes", name);
	ok(stamp_request_read(bytes, len, k, &got) == STAMP_GOOD && requests_equal(&got, &request), "%s: and back", name);
	for (n = 0; n < len; n++)
		taken += stamp_request_read(bytes, n, k, &got) != STAMP_SHORT;
	is_i64((int64_t)taken, k != NULL ? 0 : STAMP_LEN - STAMP_TWAMP_LEN, "a request cut short is refused");
	for (i = 0, taken = 0; k != NULL && i < len; i++) {
		memcpy(bad, bytes, len);
		bad[i] ^= 1;
		taken += stamp_request_read(bad, len, k, &got) != STAMP_FORGED;
	}
	is_i64((int64_t)taken, 0, "with a key, each bit counts");
	memcpy(bad, bytes, len);
	bad[k != NULL ? 25 : 13] = 0;
	is_i64(stamp_request_read(bad, len, k, &got), k != NULL ? STAMP_FORGED : STAMP_NO_CLOCK, "a multiplier of 0 is refused");
}

static void
test_reply(const char *name, const uint8_t *q, const uint8_t *bytes, size_t len, const struct stamp_key *k)
{
	uint8_t		   out[STAMP_AUTH_LEN], bad[STAMP_AUTH_LEN];
	struct stamp_reply got;
	size_t		   i, taken = 0;

	memset(out, 0xff, sizeof(out));
	stamp_reply_write(out, q, len, &reply, k);
	ok(memcmp(out, bytes, len) == 0, "%s: the answer's bytes", name);
	ok(stamp_reply_read(bytes, len, k, &got) == STAMP_GOOD && got.number == reply.number && got.ttl == 0xfe &&
		got.received.s == reply.received.s && got.received.fraction == reply.received.fraction &&
		got.sent.s == reply.sent.s && got.error == reply.error && got.session == reply.session &&
		requests_equal(&got.request, &reply.request), "%s: and back", name);
	for (i = 0; k != NULL && i < len; i++) {
		memcpy(bad, bytes, len);
		bad[i] ^= 0x80;
		taken += stamp_reply_read(bad, len, k, &got) != STAMP_FORGED;
	}
	is_i64((int64_t)taken, 0, "with a key, each bit counts");
	is_i64(stamp_reply_read(bytes, k != NULL ? len - 1 : STAMP_TWAMP_LEN - 1, k, &got), STAMP_SHORT, "cut short");
}

static void
test_twamp(void)
{
	uint8_t		   q[STAMP_LEN] = { 0 }, out[STAMP_LEN + 1];
	struct stamp_reply got;

	memcpy(q, request_open, 14);
	memset(out, 0xee, sizeof(out));
	stamp_reply_write(out, q, STAMP_TWAMP_LEN, &reply, NULL);
	ok(memcmp(out, reply_open, STAMP_TWAMP_LEN) == 0 && out[STAMP_TWAMP_LEN] == 0xee, "TWAMP Light: as long as the request");
	ok(stamp_reply_read(out, STAMP_TWAMP_LEN, NULL, &got) == STAMP_GOOD && got.ttl == 0xfe, "TWAMP Light: such an answer is taken");
}

static void
test_tlvs(void)
{
	/* behind the packet: extra padding of 4 bytes, location of 2, and one that says it is longer than what is left */
	static const uint8_t tlv[] = { 0, 1, 0, 4, 9, 9, 9, 9, 0, 2, 0, 2, 8, 8, 0, 3, 0, 9, 7 },
			     back[] = { 0x80, 1, 0, 4, 9, 9, 9, 9, 0x80, 2, 0, 2, 8, 8, 0x40, 3, 0, 9, 7 };
	uint8_t		     q[STAMP_LEN + sizeof(tlv)], out[sizeof(q)];

	memcpy(q, request_open, STAMP_LEN);
	memcpy(q + STAMP_LEN, tlv, sizeof(tlv));
	stamp_reply_write(out, q, sizeof(q), &reply, NULL);
	ok(memcmp(out, reply_open, STAMP_LEN) == 0 && memcmp(out + STAMP_LEN, back, sizeof(back)) == 0,
	    "TLVs come back, marked as unrecognized or malformed");
}

static void
test_times(void)
{
	static const struct {
		double	 s;
		bool	 utc;
		uint16_t error;
	} errors[] = { { 0x1p-32, true, 0x8001 }, { 255 * 0x1p-32, false, 0x00ff }, { 256 * 0x1p-32, true, 0x8180 }, { 1, true, 0x9980 },
		{ 0.001, false, 0x0f84 }, { 0, true, 0x8001 } };
	int64_t wall = 1795222800123456789LL;
	size_t	i;

	ok(stamp_time_of(0).s == 0x83aa7e80 && stamp_time_of(500 * NS_PER_MS).fraction == 0x80000000, "times: 1970 in NTP's form");
	ok(llabs(stamp_time_ns(stamp_time_of(wall), 0x8001) - wall) <= 1, "times: there and back");
	ok(stamp_time_ns((struct stamp_time){ 0, 0 }, 0x8001) == 2085978496 * NS_PER_S, "times: NTP's next era begins in 2036");
	ok(stamp_time_ns((struct stamp_time){ 5, 7 }, 0xc001) == 5 * NS_PER_S + 7, "times: PTP's form");
	for (i = 0; i < nitems(errors); i++) {
		uint16_t e = stamp_error_of(errors[i].s, errors[i].utc);

		ok(e == errors[i].error && stamp_error_s(e) >= errors[i].s && stamp_error_is_synchronized(e) == errors[i].utc &&
			!stamp_error_is_ptp(e), "errors: %g s is %04x", errors[i].s, e);
	}
}

int
main(void)
{
	test_request("unauthenticated", request_open, STAMP_LEN, NULL);
	test_request("authenticated", request_auth, STAMP_AUTH_LEN, &key);
	test_reply("unauthenticated", request_open, reply_open, STAMP_LEN, NULL);
	test_reply("authenticated", request_auth, reply_auth, STAMP_AUTH_LEN, &key);
	test_twamp();
	test_tlvs();
	test_times();
	return tap_done();
}
