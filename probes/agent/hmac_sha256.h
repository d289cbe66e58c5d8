/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hmac_sha256.h: SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104, RFC 4231), for the agent, which has no library, and for
 * whoever it talks to.
 */
#ifndef SIMPUL_HMAC_SHA256_H
#define SIMPUL_HMAC_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct sha256 {
	uint32_t h[8];
	uint64_t len;		/* bytes taken so far */
	uint8_t	 block[64];
};

void	sha256_init(struct sha256 *s);
void	sha256_add(struct sha256 *s, const void *data, size_t len);
void	sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN]);	/* s is used up */

struct hmac_key {		/* a secret: the two states after the padded key, so that each message costs two blocks less */
	struct sha256 inner, outer;
};

/** @param key  of any length */
void	hmac_key_init(struct hmac_key *k, const void *key, size_t len);
void	hmac_sha256(const struct hmac_key *k, const void *data, size_t len, uint8_t out[SHA256_LEN]);
/** Are n bytes the same? In a time that does not tell where they differ. */
bool	hmac_equal(const uint8_t *a, const uint8_t *b, size_t n);
/** Forget a secret, also where the compiler sees that nobody reads it again. */
void	hmac_wipe(void *secret, size_t len);

#endif
