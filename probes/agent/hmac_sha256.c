/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hmac_sha256.c: see hmac_sha256.h. */
#include "probes/agent/hmac_sha256.h"

#include <string.h>

#define BLOCK 64

static const uint32_t round_constant[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
	0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
	0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotated(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* FIPS 180-4 section 6.2.2; the names are those of the standard. */
static void
block_take(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], last = h[7], t1, t2;
	unsigned t;

	for (t = 0; t < 16; t++)
		w[t] = (uint32_t)p[4 * t] << 24 | (uint32_t)p[4 * t + 1] << 16 | (uint32_t)p[4 * t + 2] << 8 | p[4 * t + 3];
	for (; t < 64; t++)
		w[t] = (rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10) + w[t - 7] +
		    (rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3) + w[t - 16];
	for (t = 0; t < 64; t++) {
		t1 = last + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + round_constant[t] + w[t];
		t2 = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		last = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
	h[5] += f;
	h[6] += g;
	h[7] += last;
}

void
sha256_init(struct sha256 *s)
{
	static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
		0x5be0cd19 };

	memcpy(s->h, first, sizeof(first));
	s->len = 0;
}

void
sha256_add(struct sha256 *s, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t	       at = s->len % BLOCK, room = BLOCK - at;

	s->len += len;
	if (at > 0 && len >= room) {
		memcpy(s->block + at, p, room);
		block_take(s->h, s->block);
		p += room;
		len -= room;
		at = 0;
	}
	for (; at == 0 && len >= BLOCK; p += BLOCK, len -= BLOCK)
		block_take(s->h, p);
	if (len > 0)
		memcpy(s->block + at, p, len);
}

void
sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN])
{
	size_t	 at = s->len % BLOCK, i;
	uint64_t bits = s->len * 8;

	s->block[at++] = 0x80;
	if (at > BLOCK - 8) {
		memset(s->block + at, 0, BLOCK - at);
		block_take(s->h, s->block);
		at = 0;
	}
	memset(s->block + at, 0, BLOCK - 8 - at);
	for (i = 0; i < 8; i++)
		s->block[BLOCK - 1 - i] = (uint8_t)(bits >> 8 * i);
	block_take(s->h, s->block);
	for (i = 0; i < SHA256_LEN; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void
hmac_wipe(void *secret, size_t len)
{
	memset(secret, 0, len);
	__asm__ volatile("" : : "r"(secret) : "memory");
}

void
hmac_key_init(struct hmac_key *k, const void *key, size_t len)
{
	uint8_t	      pad[BLOCK] = { 0 };
	struct sha256 s;
	size_t	      i;

	if (len > BLOCK) {
		sha256_init(&s);
		sha256_add(&s, key, len);
		sha256_end(&s, pad);
		hmac_wipe(&s, sizeof(s));
	} else if (len > 0) {
		memcpy(pad, key, len);
	}
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36;
	sha256_init(&k->inner);
	sha256_add(&k->inner, pad, BLOCK);
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha256_init(&k->outer);
	sha256_add(&k->outer, pad, BLOCK);
	hmac_wipe(pad, sizeof(pad));
}

void
hmac_sha256(const struct hmac_key *k, const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	struct sha256 s = k->inner;
	uint8_t	      inner[SHA256_LEN];

	sha256_add(&s, data, len);
	sha256_end(&s, inner);
	s = k->outer;
	sha256_add(&s, inner, sizeof(inner));
	sha256_end(&s, out);
}

bool
hmac_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	volatile uint8_t differ = 0;
	size_t		 i;

	for (i = 0; i < n; i++)
		differ |= (uint8_t)(a[i] ^ b[i]);
	return differ == 0;
}
