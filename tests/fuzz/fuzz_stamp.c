/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_stamp.c: packets of STAMP. First byte of the input: bit 0 = with a key, bit 1 = an answer, bit 2 = with the right HMAC; the
 * rest is the packet. A request that is taken is answered, with exactly its length, and the answer can be read.
 */
#include <math.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "probes/stamp_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct stamp_key secret = { .bytes = "fuzz", .len = 4 };

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
answer(const uint8_t *in, size_t len, const struct stamp_key *key, const struct stamp_request *q)
{
	struct stamp_reply r = { .number = 7, .sent = stamp_time_of(1795222800 * NS_PER_S), .error = 0x8001, .request = *q }, got;
	uint8_t		  *out = malloc(len);	/* of just this size: whatever is written beyond is seen */

	stamp_reply_write(out, in, len, &r, key);
	demand(stamp_reply_read(out, len, key, &got) == STAMP_GOOD);
	demand(got.request.number == q->number && got.request.sent.fraction == q->sent.fraction);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stamp_key *key;
	struct stamp_request	q;
	struct stamp_reply	r;
	uint8_t			in[2048], mac[EVP_MAX_MD_SIZE];
	unsigned		mac_len;
	size_t			len;

	if (size < 1 || size > sizeof(in))
		return 0;
	key = (data[0] & 1) != 0 ? &secret : NULL;
	len = size - 1;
	memcpy(in, data + 1, len);
	if ((data[0] & 4) != 0 && len >= STAMP_AUTH_LEN) {
		HMAC(EVP_sha256(), secret.bytes, (int)secret.len, in, 96, mac, &mac_len);
		memcpy(in + 96, mac, 16);
	}
	if ((data[0] & 2) != 0) {
		if (stamp_reply_read(in, len, key, &r) == STAMP_GOOD)
			demand(isfinite(stamp_error_s(r.error)) && stamp_time_ns(r.received, r.error) != INT64_MIN);
	} else if (stamp_request_read(in, len, key, &q) == STAMP_GOOD)
		answer(in, len, key, &q);
	return 0;
}
