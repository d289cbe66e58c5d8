/* SPDX-License-Identifier: GPL-3.0-or-later */
/* siphash.h: SipHash-2-4 (Aumasson, Bernstein 2012): for tables whose keys strangers choose. */
#ifndef SIMPUL_SIPHASH_H
#define SIMPUL_SIPHASH_H

#include "base/base.h"

struct siphash_key {
	uint64_t k[2];
};

/** A key that nobody can guess. */
void	 siphash_key_new(struct siphash_key *key);
/** Who does not know the key can neither foresee the number nor find two texts with the same one. */
uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
