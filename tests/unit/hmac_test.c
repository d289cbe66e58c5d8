/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hmac_test.c: the examples of FIPS 180-4 (as NIST publishes them) and those of RFC 4231. */
#include "probes/agent/hmac_sha256.h"

#include <string.h>

#include "tests/unit/tap.h"

static void
is_hex(const uint8_t *got, size_t len, const char *want, const char *name)
{
	char   text[2 * SHA256_LEN + 1] = "";
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", got[i]);
	is_text(text, want, name);
}

static void
test_sha256(void)
{
	static const struct { const char *text, *hash; } cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	uint8_t	      out[SHA256_LEN], text[1000];
	struct sha256 s;
	size_t	      i, k, wrong = 0;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sha256_init(&s);
		sha256_add(&s, cases[i].text, strlen(cases[i].text));
		sha256_end(&s, out);
		is_hex(out, sizeof(out), cases[i].hash, "SHA-256 of an example");
	}
	memset(text, 'a', sizeof(text));
	sha256_init(&s);
	for (i = 0; i < 1000; i++)
		sha256_add(&s, text, sizeof(text));
	sha256_end(&s, out);
	is_hex(out, sizeof(out), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "SHA-256 of a million times a");
	for (k = 0; k < 200; k++) {	/* in two parts it is the same as in one */
		uint8_t whole[SHA256_LEN];

		sha256_init(&s);
		sha256_add(&s, text, 200);
		sha256_end(&s, whole);
		sha256_init(&s);
		sha256_add(&s, text, k);
		sha256_add(&s, text + k, 200 - k);
		sha256_end(&s, out);
		wrong += memcmp(out, whole, sizeof(out)) != 0;
	}
	is_i64((int64_t)wrong, 0, "wherever it is cut in two");
}

struct vector {
	const char *name;
	size_t	    key_len;
	uint8_t	    key_byte;		/* repeated; 0: the key is text */
	const char *key;
	size_t	    data_len;		/* 0: the data is text */
	uint8_t	    data_byte;
	const char *data, *mac;
	size_t	    mac_len;
};

static const struct vector vectors[] = {
	{ "RFC 4231 case 1", 20, 0x0b, NULL, 0, 0, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 32 },
	{ "RFC 4231 case 2", 4, 0, "Jefe", 0, 0, "what do ya want for nothing?",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 32 },
	{ "RFC 4231 case 3", 20, 0xaa, NULL, 50, 0xdd, NULL, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", 32 },
	{ "RFC 4231 case 5, cut to 16 bytes", 20, 0x0c, NULL, 0, 0, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b", 16 },
	{ "RFC 4231 case 6, a key longer than a block", 131, 0xaa, NULL, 0, 0, "Test Using Larger Than Block-Size Key - Hash Key First",
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", 32 },
	{ "RFC 4231 case 7, and longer data", 131, 0xaa, NULL, 0, 0,
	  "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before "
	  "being used by the HMAC algorithm.", "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2", 32 },
};

static void
test_vector(const struct vector *v)
{
	uint8_t		key[256], data[256], mac[SHA256_LEN];
	size_t		len = v->data != NULL ? strlen(v->data) : v->data_len;
	struct hmac_key k;

	memset(key, v->key_byte, sizeof(key));
	memset(data, v->data_byte, sizeof(data));
	if (v->key != NULL)
		memcpy(key, v->key, v->key_len);
	if (v->data != NULL)
		memcpy(data, v->data, len);
	hmac_key_init(&k, key, v->key_len);
	hmac_sha256(&k, data, len, mac);
	is_hex(mac, v->mac_len, v->mac, v->name);
	hmac_sha256(&k, data, len, mac);
	is_hex(mac, v->mac_len, v->mac, "... and again with the same key");
}

static void
test_counting_key(void)
{
	uint8_t		key[25], data[50], mac[SHA256_LEN];
	struct hmac_key k;
	size_t		i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i + 1);
	memset(data, 0xcd, sizeof(data));
	hmac_key_init(&k, key, sizeof(key));
	hmac_sha256(&k, data, sizeof(data), mac);
	is_hex(mac, sizeof(mac), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b", "RFC 4231 case 4");
}

int
main(void)
{
	uint8_t a[4] = { 1, 2, 3, 4 }, b[4] = { 1, 2, 3, 5 };
	size_t	i;

	test_sha256();
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		test_vector(&vectors[i]);
	test_counting_key();
	ok(hmac_equal(a, a, 4) && !hmac_equal(a, b, 4) && hmac_equal(a, b, 3), "bytes are compared");
	hmac_wipe(a, sizeof(a));
	ok(a[0] == 0 && a[3] == 0, "a secret is wiped");
	return tap_done();
}
