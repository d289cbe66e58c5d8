/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usm_test.c: keys against the vectors of RFC 3414 A.3 and of draft-reeder-snmpv3-usm-3desede B, the digests of
 * RFC 7860 against OpenSSL itself, ciphers there and back.
 */
#include "collectors/snmp/usm.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "tests/unit/tap.h"

static const uint8_t engine[12] = { [11] = 2 };		/* of the RFC */

static const char *
hex(const uint8_t *p, size_t n)
{
	static char text[3 * USM_KEY_MAX];

	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	return text;
}

static void
make(struct usm_secret *s, struct usm_keys *k, enum usm_auth auth, enum usm_priv priv)
{
	ok(usm_secret_make(s, auth, "maplesyrup", priv, "maplesyrup") == 0 &&
	    usm_localise(k, s, engine, sizeof(engine)) == 0, "(keys of %s and %s)", usm_auth_words[auth],
	    usm_priv_words[priv]);
}

static void
test_vectors(void)
{
	struct usm_secret s;
	struct usm_keys	  k;

	make(&s, &k, USM_MD5, USM_DES);
	is_text(hex(s.auth_ku, 16), "9faf3283884e92834ebc9847d8edd963", "MD5: password to key");
	is_text(hex(k.auth_key, 16), "526f5eed9fcce26f8964c2930787d82b", "MD5: localised");
	make(&s, &k, USM_SHA1, USM_AES128);
	is_text(hex(s.auth_ku, 20), "9fb5cc0381497b3793528939ff788d5d79145211", "SHA-1: password to key");
	is_text(hex(k.auth_key, 20), "6695febc9288e36282235fc7151f128497b38f3f", "SHA-1: localised");
	is_text(hex(k.priv_key, 16), "6695febc9288e36282235fc7151f1284", "AES-128 takes its first 16 bytes");
	make(&s, &k, USM_SHA1, USM_AES256C);
	is_text(hex(k.priv_key, 32), "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c",
	    "AES-256 after Reeder: the key of the key behind it");
	make(&s, &k, USM_MD5, USM_AES256C);
	is_text(hex(k.priv_key, 32), "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12",
	    "likewise from MD5");
}

static const EVP_MD *
digest_of(enum usm_auth auth)
{
	return auth == USM_SHA1 ? EVP_sha1() : auth == USM_SHA224 ? EVP_sha224() : auth == USM_SHA256 ?
	    EVP_sha256() : auth == USM_SHA384 ? EVP_sha384() : EVP_sha512();
}

/* RFC 3414 A.2 in a few lines: a MiB of the repeated pass phrase, then Ku, engine, Ku. */
static size_t
localised_by_openssl(enum usm_auth auth, const char *pass, uint8_t kul[USM_KEY_MAX])
{
	static uint8_t mib[1 << 20];
	uint8_t	       ku[USM_KEY_MAX], sum[2 * USM_KEY_MAX + sizeof(engine)];
	unsigned       n = 0;

	for (size_t i = 0; i < sizeof(mib); i++)
		mib[i] = (uint8_t)pass[i % strlen(pass)];
	EVP_Digest(mib, sizeof(mib), ku, &n, digest_of(auth), NULL);
	memcpy(sum, ku, n);
	memcpy(sum + n, engine, sizeof(engine));
	memcpy(sum + n + sizeof(engine), ku, n);
	EVP_Digest(sum, 2 * n + sizeof(engine), kul, &n, digest_of(auth), NULL);
	return n;
}

/* Blumenthal: what is missing is the hash of what is there. */
static void
test_sha2(void)
{
	static const size_t macs[USM_AUTHS] = {
		[USM_SHA1] = 12, [USM_SHA224] = 16, [USM_SHA256] = 24, [USM_SHA384] = 32, [USM_SHA512] = 48
	};
	uint8_t		  want[2 * USM_KEY_MAX], mac[EVP_MAX_MD_SIZE], own[USM_MAC_MAX];
	struct usm_secret s;
	struct usm_keys	  k;

	for (enum usm_auth a = USM_SHA1; a < USM_AUTHS; a++) {
		size_t	 n = localised_by_openssl(a, "maplesyrup", want);
		unsigned len = 0;

		make(&s, &k, a, USM_AES256);
		ok(memcmp(k.auth_key, want, n) == 0, "%s: localised key", usm_auth_words[a]);
		EVP_Digest(want, n, want + n, &len, digest_of(a), NULL);
		ok(memcmp(k.priv_key, want, 32) == 0, "%s: AES-256 key", usm_auth_words[a]);
		HMAC(digest_of(a), k.auth_key, (int)n, (const uint8_t *)"message", 7, mac, &len);
		ok(usm_sign(&k, (const uint8_t *)"message", 7, own) == 0 && usm_mac_len((uint8_t)a) == macs[a] &&
		    memcmp(own, mac, macs[a]) == 0, "%s: digest of %zu bytes", usm_auth_words[a], macs[a]);
		ok(usm_verify(&k, (const uint8_t *)"message", 7, mac, macs[a]), "%s: verified", usm_auth_words[a]);
		ok(!usm_verify(&k, (const uint8_t *)"message", 7, mac, macs[a] - 1) &&
		    !usm_verify(&k, (const uint8_t *)"Message", 7, mac, macs[a]), "%s: a shorter or another one is not",
		    usm_auth_words[a]);
		mac[macs[a] - 1] ^= 1;
		ok(!usm_verify(&k, (const uint8_t *)"message", 7, mac, macs[a]), "%s: its last bit counts",
		    usm_auth_words[a]);
	}
}

static void
test_ciphers(void)
{
	static const uint8_t text[40] = "a text of five blocks of eight bytes...";
	uint8_t		     salt[USM_SALT_LEN], out[40], back[40];
	struct usm_secret    s;
	struct usm_keys	     k;

	for (enum usm_priv p = USM_DES; p < USM_PRIVS; p++) {
		make(&s, &k, USM_SHA1, p);
		usm_salt(&k, 7, 0x1122334455667788, salt);
		ok(usm_encrypt(&k, 7, 1000, salt, text, 40, out) == 40 && memcmp(out, text, 40) != 0, "%s: encrypted",
		    usm_priv_words[p]);
		ok(usm_decrypt(&k, 7, 1000, salt, out, 40, back) == 40 && memcmp(back, text, 40) == 0,
		    "%s: and back", usm_priv_words[p]);
		ok(usm_decrypt(&k, 7, 1000, salt, out, 40, out) == 40 && memcmp(out, text, 40) == 0,
		    "%s: and in place", usm_priv_words[p]);
		is_i64((int64_t)usm_encrypt(&k, 7, 1000, salt, text, 39, out), p == USM_DES ? 0 : 39,
		    "DES takes whole blocks only");
		is_i64((int64_t)usm_encrypt(&k, 7, 1000, salt, text, 0, out), 0, "nothing is not encrypted");
	}
}

static void
test_refused(void)
{
	struct usm_secret s;

	ok(usm_secret_make(&s, USM_SHA1, "seven77", USM_NO_PRIV, NULL) == -1, "a pass phrase of 7 bytes");
	ok(usm_secret_make(&s, USM_NO_AUTH, NULL, USM_AES128, "maplesyrup") == -1, "privacy without authentication");
	ok(usm_secret_make(&s, USM_NO_AUTH, NULL, USM_NO_PRIV, NULL) == 0, "neither of both");
}

int
main(void)
{
	test_vectors();
	test_sha2();
	test_ciphers();
	test_refused();
	return tap_done();
}
