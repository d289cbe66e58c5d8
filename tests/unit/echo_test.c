/* SPDX-License-Identifier: GPL-3.0-or-later */
/* echo_test.c: the bytes of an echo and of the errors about it; percentiles against a naive computation on random data. */
#include "probes/echo.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/packet_io.h"
#include "probes/delay.h"
#include "tests/unit/tap.h"

#define WALL_NS (1795222800 * NS_PER_S)
#define NONCE	0x0102030405060708ULL

/* ---- bytes ---- */

static void
test_request(void)
{
	uint8_t	 msg[ECHO_LEN];
	uint64_t i, wrong = 0, nonce;
	uint16_t id, seq;

	echo_prepare(msg);
	for (i = 0; i < 100000; i++) {
		nonce = i < 2 ? i * UINT64_MAX : hash_u64(i);
		id = (uint16_t)hash_u64(~i);
		seq = (uint16_t)(hash_u64(~i) >> 16);
		echo_stamp(msg, 4, echo_base_sum(), id, seq, nonce);
		wrong += packet_checksum(msg, sizeof(msg), 0) != 0 || msg[0] != 8 || msg[1] != 0;
	}
	is_i64((int64_t)wrong, 0, "request: the checksum is right for 100,000 requests from one buffer");
	echo_stamp(msg, 6, echo_base_sum(), 0x1234, 0x5678, NONCE);
	ok(msg[0] == 128 && msg[2] == 0 && msg[3] == 0, "request: ICMPv6 leaves the checksum to the kernel");
	ok(msg[4] == 0x12 && msg[5] == 0x34 && msg[6] == 0x56 && msg[7] == 0x78,
	    "request: id and sequence number in network order");
}

static void
test_reply(void)
{
	struct echo_answer a = { 0 };
	uint8_t		   msg[ECHO_LEN];
	size_t		   len, shorter = 0;

	echo_prepare(msg);
	echo_stamp(msg, 4, echo_base_sum(), 0x1234, 0x5678, NONCE);
	is_i64(echo_parse(msg, sizeof(msg), 4, &a), ECHO_OTHER, "reply: a request is none");
	msg[0] = 0;
	is_i64(echo_parse(msg, sizeof(msg), 4, &a), ECHO_REPLY, "reply: understood");
	ok(a.id == 0x1234 && a.seq == 0x5678 && a.nonce == NONCE, "reply: id, sequence number and nonce come back");
	for (len = 0; len < ECHO_ANSWER_MIN; len++)
		shorter += echo_parse(msg, len, 4, &a) == ECHO_SHORT;
	is_i64((int64_t)shorter, ECHO_ANSWER_MIN, "reply: short without its whole nonce");
	is_i64(echo_parse(msg, ECHO_ANSWER_MIN, 4, &a), ECHO_REPLY,
	    "reply: the text behind the nonce does not matter");
	is_i64(echo_parse(msg, sizeof(msg), 6, &a), ECHO_OTHER, "reply: type 0 is none in ICMPv6");
	msg[0] = 129;
	is_i64(echo_parse(msg, sizeof(msg), 6, &a), ECHO_REPLY, "reply: ICMPv6");
	msg[1] = 1;
	is_i64(echo_parse(msg, sizeof(msg), 6, &a), ECHO_OTHER, "reply: with a code");
}

/* Destination unreachable about our request. @return its length */
static size_t
error_make(uint8_t *out, int family, size_t options)
{
	size_t head = family == 6 ? 40 : 20 + options;

	memset(out, 0, 128);
	out[0] = family == 6 ? 1 : 3;
	out[1] = 1;
	if (family == 6) {
		out[8] = 0x60;
		out[8 + 6] = 58;
		memset(out + 8 + 24, 0x26, 16);
	} else {
		out[8] = (uint8_t)(0x40 | head / 4);
		out[8 + 9] = 1;
		memcpy(out + 8 + 16, "\x0a\x01\x00\x0d", 4);
	}
	out[8 + head] = family == 6 ? 128 : 8;
	memcpy(out + 8 + head + 4, "\x12\x34\x56\x78", 4);
	return 8 + head + 8;
}

/* What kind of error it is, the MTU that it tells, and the nonce of a quote that is long enough. */
static void
test_error_kinds(void)
{
	static const struct {
		int	    family;
		uint8_t	    type, code, error;
		uint32_t    mtu;
		const char *name;
	} cases[] = {
		{ 4, 3, 1, ECHO_ERROR_UNREACHABLE, 0, "error: host unreachable" },
		{ 4, 3, 4, ECHO_ERROR_BIG, 1492, "error: fragmentation needed" },
		{ 4, 11, 0, ECHO_ERROR_TIME, 0, "error: time exceeded" },
		{ 4, 11, 1, ECHO_ERROR_UNREACHABLE, 0, "error: fragments that did not come in time are no hop" },
		{ 6, 1, 3, ECHO_ERROR_UNREACHABLE, 0, "error: IPv6 address unreachable" },
		{ 6, 2, 0, ECHO_ERROR_BIG, 0x10005d4, "error: IPv6 packet too big, an MTU of 32 bits" },
		{ 6, 3, 0, ECHO_ERROR_TIME, 0, "error: IPv6 hop limit exceeded" },
	};
	static const uint64_t nonce = NONCE;
	struct echo_answer    a = { 0 };
	uint8_t		      msg[128];
	size_t		      i, len;

	for (i = 0; i < nitems(cases); i++) {
		len = error_make(msg, cases[i].family, 0);
		msg[0] = cases[i].type;
		msg[1] = cases[i].code;
		memcpy(msg + 4, "\x01\x00\x05\xd4", 4);
		ok(echo_parse(msg, len, cases[i].family, &a) == ECHO_UNREACHABLE && a.error == cases[i].error &&
			a.mtu == cases[i].mtu && !a.has_nonce, "%s", cases[i].name);
	}
	len = error_make(msg, 4, 0);
	memcpy(msg + len, &nonce, sizeof(nonce));
	ok(echo_parse(msg, len + 7, 4, &a) == ECHO_UNREACHABLE && !a.has_nonce, "error: seven bytes of a nonce are none");
	ok(echo_parse(msg, len + 8, 4, &a) == ECHO_UNREACHABLE && a.has_nonce && a.nonce == NONCE, "error: a quoted nonce");
}

static void
test_error(void)
{
	static const struct {
		int	    family;
		size_t	    options;
		const char *name;
	} cases[] = { { 4, 0, "IPv4" }, { 4, 12, "IPv4 with options" }, { 6, 0, "IPv6" } };
	struct echo_answer a = { 0 };
	uint8_t		   msg[128];
	size_t		   i, len, cut, shorter;

	for (i = 0; i < nitems(cases); i++) {
		len = error_make(msg, cases[i].family, cases[i].options);
		is_i64(echo_parse(msg, len, cases[i].family, &a), ECHO_UNREACHABLE, cases[i].name);
		ok(a.id == 0x1234 && a.seq == 0x5678 && a.dst[0] == (cases[i].family == 6 ? 0x26 : 10),
		    "error: quotes id, number, address");
		for (cut = shorter = 0; cut < len; cut++)
			shorter += echo_parse(msg, cut, cases[i].family, &a) == ECHO_SHORT;
		is_i64((int64_t)shorter, (int64_t)len, "error: short at every length below");
	}
	test_error_kinds();
	error_make(msg, 4, 0);
	msg[8 + 9] = 17;
	is_i64(echo_parse(msg, 36, 4, &a), ECHO_OTHER, "error: about UDP");
	error_make(msg, 4, 0);
	msg[8] = 0x44;
	is_i64(echo_parse(msg, 36, 4, &a), ECHO_OTHER, "error: an impossible header length");
	error_make(msg, 4, 0);
	msg[28] = 0;
	is_i64(echo_parse(msg, 36, 4, &a), ECHO_OTHER, "error: about an echo reply");
}

/* ---- a minute ---- */

static int
by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The smallest value that at least p % of all are not above: the definition of the nearest rank, word by word. */
static float
naive_rank(const float *sorted, unsigned n, unsigned p)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if ((i + 1) * 100 >= n * p)
			return sorted[i];
	return sorted[n - 1];
}

static void
test_random_minutes(uint64_t seed)
{
	struct delay_minute m;
	struct sample	    s;
	float		    v[DELAY_PACKETS_MAX];
	unsigned	    round, n, lost, i, wrong = 0;

	printf("# seed %" PRIu64 "\n", seed);
	for (round = 0; round < 5000; round++) {
		n = 1 + (unsigned)(hash_u64(seed++) % DELAY_PACKETS_MAX);
		lost = (unsigned)(hash_u64(seed++) % 5);
		m = (struct delay_minute){ 0 };
		delay_begin(&m, WALL_NS);
		for (i = 0; i < n; i++) {
			/* few different values now and then, so that ranks fall on equal ones */
			v[i] = (float)(hash_u64(seed++) % (round % 3 == 0 ? 5 : 1000000)) / 1e6f;
			delay_add(&m, v[i]);
		}
		for (i = 0; i < lost; i++)
			delay_add(&m, NAN);
		qsort(v, n, sizeof(*v), by_value);
		delay_sample(&m, 2 * NS_PER_S, &s);
		wrong += s.value[DELAY_RTT_MIN_S] != v[0] || s.value[DELAY_RTT_MAX_S] != v[n - 1] ||
			 s.value[DELAY_RTT_P25_S] != naive_rank(v, n, 25) ||
			 s.value[DELAY_RTT_P50_S] != naive_rank(v, n, 50) ||
			 s.value[DELAY_RTT_P75_S] != naive_rank(v, n, 75) ||
			 s.value[DELAY_RTT_P95_S] != naive_rank(v, n, 95) ||
			 fabs(s.value[DELAY_PDV_P95_S] - ((double)naive_rank(v, n, 95) - v[0])) > 1e-9 ||
			 fabs(s.value[DELAY_LOSS_RATIO] - (double)lost / (n + lost)) > 1e-9;
	}
	is_i64(wrong, 0, "minute: 5,000 random ones as computed naively");
}

static void
test_minute(void)
{
	struct delay_minute m = { 0 };
	struct sample	    s = { 0 };
	int		    i;

	ok(!delay_sample(&m, NS_PER_S, &s), "minute: nothing in it, no sample");
	delay_begin(&m, WALL_NS + 59 * NS_PER_S + 999999999);
	ok(delay_covers(&m, WALL_NS) && !delay_covers(&m, WALL_NS + 60 * NS_PER_S) &&
		!delay_covers(&m, WALL_NS - 1),
	    "minute: its bounds");
	for (i = 0; i < 40; i++)
		delay_add(&m, 0.5f);
	delay_sample(&m, 2 * NS_PER_S, &s);
	is_near(s.seconds, 60, 0, "minute: no more than 60 s");
	is_i64(s.wall_ns, WALL_NS + 60 * NS_PER_S, "minute: stamped with its end");
	delay_begin(&m, WALL_NS);
	for (i = 0; i < 7; i++)
		delay_add(&m, 0.5f);
	delay_sample(&m, 2 * NS_PER_S, &s);
	is_near(s.seconds, 14, 0, "minute: started inside it, fewer seconds");
	delay_begin(&m, WALL_NS);
	for (i = 0; i < 200; i++)
		delay_add(&m, 0.5f);
	delay_add(&m, NAN);
	delay_sample(&m, NS_PER_S, &s);
	is_near(s.value[DELAY_LOSS_RATIO], 1.0 / 201, 1e-12,
	    "minute: more packets than are kept still count for the loss");
	delay_begin(&m, WALL_NS);
	for (i = 0; i < 10; i++)
		delay_add_unmeasured(&m);
	delay_sample(&m, 2 * NS_PER_S, &s);
	ok(s.quality == QUALITY_UNKNOWN && isnan(s.value[DELAY_LOSS_RATIO]) && s.seconds == 20,
	    "minute: nothing could be sent: unknown");
}

int
main(void)
{
	test_request();
	test_reply();
	test_error();
	test_minute();
	test_random_minutes(20261121);
	return tap_done();
}
