/* SPDX-License-Identifier: GPL-3.0-or-later */
/* password.c: the only <crypt.h> (users.h). */
#include "dashboards/users.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"

/* What no user has: a log-in costs time even when there are none. */
static const char nobody[] = "nobody's password";

/* @param out  USER_HASH_MAX bytes @return 0 or -1 */
static int
hash_with(const char *password, const char *setting, char *out)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char	  *hash = crypt_rn(password, setting, data, (int)sizeof(*data));
	int		   rc = hash != NULL && hash[0] != '*' ? text_copy(out, USER_HASH_MAX, hash) : -1;

	OPENSSL_cleanse(data, sizeof(*data));
	free(data);
	return rc;
}

int
password_hash(const char *password, unsigned cost, char *out)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (crypt_gensalt_rn("$y$", cost, NULL, 0, setting, sizeof(setting)) == NULL)
		return -1;
	return hash_with(password, setting, out);
}

bool
password_fits(const char *password, const char *hash, unsigned cost)
{
	char got[USER_HASH_MAX] = "", made[USER_HASH_MAX] = "";
	bool known = hash[0] != '\0';

	if (!known) {
		password_hash(nobody, cost, got);
		return false;
	}
	if (hash_with(password, hash, got) == -1)
		return false;
	text_copy(made, sizeof(made), hash);
	return CRYPTO_memcmp(got, made, sizeof(got)) == 0;
}

void
password_one_time(char *out)
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";	/* none looks like another */
	unsigned char	  r;
	size_t		  i;

	for (i = 0; i + 1 < ONE_TIME_SIZE; i++) {
		if (i % 6 == 5) {
			out[i] = '-';
			continue;
		}
		do {
			if (getrandom(&r, 1, 0) != 1)
				fatal("getrandom");
		} while (r >= 256 / (sizeof(letters) - 1) * (sizeof(letters) - 1));
		out[i] = letters[r % (sizeof(letters) - 1)];
	}
	out[i] = '\0';
}
