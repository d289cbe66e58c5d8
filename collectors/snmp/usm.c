/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usm.c: the one place that calls net-snmp's scapi and keytools. They need neither init_snmp() nor
 * init_usm(): each call is complete in itself and stands on OpenSSL, so no file is read and no table grows.
 */
#include "collectors/snmp/usm.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/keytools.h>
#include <net-snmp/library/scapi.h>
#include <net-snmp/library/snmpusm.h>
#include <net-snmp/library/transform_oids.h>
#include <openssl/crypto.h>
#include <string.h>

const char *const usm_auth_words[USM_AUTHS + 1] = {
	"none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", NULL
};
const char *const usm_priv_words[USM_PRIVS + 1] = {
	"none", "des", "aes128", "aes192", "aes256", "aes192c", "aes256c", NULL
};

static const int auth_types[USM_AUTHS] = {
	[USM_NO_AUTH] = NETSNMP_USMAUTH_NOAUTH,
	[USM_MD5]     = NETSNMP_USMAUTH_HMACMD5,
	[USM_SHA1]    = NETSNMP_USMAUTH_HMACSHA1,
	[USM_SHA224]  = NETSNMP_USMAUTH_HMAC128SHA224,
	[USM_SHA256]  = NETSNMP_USMAUTH_HMAC192SHA256,
	[USM_SHA384]  = NETSNMP_USMAUTH_HMAC256SHA384,
	[USM_SHA512]  = NETSNMP_USMAUTH_HMAC384SHA512,
};

static const int priv_types[USM_PRIVS] = {
	[USM_NO_PRIV] = USM_CREATE_USER_PRIV_NONE,
	[USM_DES]     = USM_CREATE_USER_PRIV_DES,
	[USM_AES128]  = USM_CREATE_USER_PRIV_AES,
	[USM_AES192]  = USM_CREATE_USER_PRIV_AES192,
	[USM_AES256]  = USM_CREATE_USER_PRIV_AES256,
	[USM_AES192C] = USM_CREATE_USER_PRIV_AES192_CISCO,
	[USM_AES256C] = USM_CREATE_USER_PRIV_AES256_CISCO,
};

/* The length of Ku and Kul is that of the hash. */
static size_t
key_len(uint8_t auth)
{
	int n = sc_get_proper_auth_length_bytype(auth_types[auth]);

	return n > 0 ? (size_t)n : 0;
}

static int
ku_make(uint8_t auth, const char *pass, uint8_t ku[USM_KEY_MAX])
{
	size_t oid_len, n = USM_KEY_MAX, len = strlen(pass);	/* it wants room for the longest */
	oid   *name = sc_get_auth_oid(auth_types[auth], &oid_len);

	if (name == NULL || len < USM_PASS_MIN)
		return -1;
	return generate_Ku(name, (u_int)oid_len, (const u_char *)pass, len, ku, &n) == SNMPERR_SUCCESS ? 0
												       : -1;
}

int
usm_secret_make(struct usm_secret *s, enum usm_auth auth, const char *auth_pass, enum usm_priv priv,
    const char *priv_pass)
{
	*s = (struct usm_secret){ .auth = (uint8_t)auth, .priv = (uint8_t)priv };
	if (auth == USM_NO_AUTH)
		return priv == USM_NO_PRIV ? 0 : -1;
	if (ku_make(s->auth, auth_pass, s->auth_ku) == -1)
		return -1;
	return priv == USM_NO_PRIV ? 0 : ku_make(s->auth, priv_pass, s->priv_ku);
}

/* @return length of the localised key, or 0 */
static size_t
kul_make(uint8_t auth, const uint8_t *ku, const uint8_t *engine, size_t len, uint8_t kul[USM_KEY_MAX])
{
	size_t oid_len, n = USM_KEY_MAX;
	oid   *name = sc_get_auth_oid(auth_types[auth], &oid_len);

	if (name == NULL ||
	    generate_kul(name, (u_int)oid_len, engine, len, ku, key_len(auth), kul, &n) != SNMPERR_SUCCESS)
		return 0;
	return n;
}

/* Stretch a key that is shorter than the cipher's. */
static int
kul_extend(uint8_t auth, uint8_t priv, const uint8_t *engine, size_t len, uint8_t kul[USM_KEY_MAX], size_t n)
{
	const netsnmp_priv_alg_info *info = sc_get_priv_alg_bytype((u_int)priv_types[priv]);
	size_t			     oid_len;
	oid			    *name = sc_get_auth_oid(auth_types[auth], &oid_len);
	u_char			    *buf = kul;
	u_char			     id[USM_ENGINE_MAX];

	if (info == NULL || name == NULL)
		return -1;
	memcpy(id, engine, len);
	if (netsnmp_extend_kul((u_int)info->proper_length, name, (u_int)oid_len, info->type, id, (u_int)len,
		&buf, &n, USM_KEY_MAX) != SNMPERR_SUCCESS)
		return -1;
	return buf == kul && n >= (size_t)info->proper_length ? 0 : -1;
}

int
usm_localise(struct usm_keys *k, const struct usm_secret *s, const uint8_t *engine, size_t len)
{
	size_t n;

	*k = (struct usm_keys){ .auth = s->auth, .priv = s->priv };
	if (len > USM_ENGINE_MAX)
		return -1;
	if (s->auth == USM_NO_AUTH)
		return 0;
	if (kul_make(s->auth, s->auth_ku, engine, len, k->auth_key) == 0)
		return -1;
	if (s->priv == USM_NO_PRIV)
		return 0;
	n = kul_make(s->auth, s->priv_ku, engine, len, k->priv_key);
	return n == 0 ? -1 : kul_extend(s->auth, s->priv, engine, len, k->priv_key, n);
}

size_t
usm_mac_len(uint8_t auth)
{
	int n = auth == USM_NO_AUTH ? 0 : sc_get_auth_maclen(auth_types[auth]);

	return n > 0 ? (size_t)n : 0;
}

int
usm_sign(const struct usm_keys *k, const uint8_t *msg, size_t len, uint8_t mac[USM_MAC_MAX])
{
	size_t oid_len, n = usm_mac_len(k->auth);
	oid   *name = sc_get_auth_oid(auth_types[k->auth], &oid_len);

	if (name == NULL || n == 0 ||
	    sc_generate_keyed_hash(name, oid_len, k->auth_key, (u_int)key_len(k->auth), msg, (u_int)len, mac,
		&n) != SNMPERR_SUCCESS)
		return -1;
	return n == usm_mac_len(k->auth) ? 0 : -1;
}

bool
usm_verify(const struct usm_keys *k, const uint8_t *msg, size_t len, const uint8_t *mac, size_t mac_len)
{
	uint8_t own[USM_MAC_MAX];

	return mac_len == usm_mac_len(k->auth) && usm_sign(k, msg, len, own) == 0 &&
	    CRYPTO_memcmp(own, mac, mac_len) == 0;
}

static void
put_u32be(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* DES: engine boots and 32 bits of a counter (RFC 3414, 8.1.1.1); AES: 64 bits of it (RFC 3826, 3.1.2.1). */
void
usm_salt(const struct usm_keys *k, uint32_t boots, uint64_t counter, uint8_t salt[USM_SALT_LEN])
{
	put_u32be(salt, k->priv == USM_DES ? boots : (uint32_t)(counter >> 32));
	put_u32be(salt + 4, (uint32_t)counter);
}

/* @return its length */
static size_t
iv_make(const struct usm_keys *k, uint32_t boots, uint32_t time, const uint8_t *salt, uint8_t iv[16])
{
	if (k->priv == USM_DES) {
		for (unsigned i = 0; i < USM_SALT_LEN; i++)
			iv[i] = k->priv_key[8 + i] ^ salt[i];
		return 8;
	}
	put_u32be(iv, boots);
	put_u32be(iv + 4, time);
	memcpy(iv + 8, salt, USM_SALT_LEN);
	return 16;
}

static bool
is_whole(const struct usm_keys *k, size_t len)
{
	return len != 0 && (k->priv != USM_DES || len % USM_BLOCK == 0);
}

/* What scapi only reads, but does not promise so. */
static u_char *
writable(const uint8_t *p)
{
	return (u_char *)(uintptr_t)p;
}

size_t
usm_encrypt(const struct usm_keys *k, uint32_t boots, uint32_t time, const uint8_t salt[USM_SALT_LEN],
    const uint8_t *in, size_t len, uint8_t *out)
{
	const netsnmp_priv_alg_info *info = sc_get_priv_alg_bytype((u_int)priv_types[k->priv]);
	uint8_t			     iv[16];
	size_t			     n = len;
	u_int			     ivlen = (u_int)iv_make(k, boots, time, salt, iv);
	bool			     good;

	if (!is_whole(k, len))
		return 0;
	good = info != NULL && k->priv != USM_NO_PRIV &&
	       sc_encrypt(info->alg_oid, (size_t)info->oid_len, writable(k->priv_key),
		   (u_int)info->proper_length, iv, ivlen, in, (u_int)len, out, &n) == SNMPERR_SUCCESS;
	return good && n == len ? len : 0;
}

size_t
usm_decrypt(const struct usm_keys *k, uint32_t boots, uint32_t time, const uint8_t salt[USM_SALT_LEN],
    const uint8_t *in, size_t len, uint8_t *out)
{
	const netsnmp_priv_alg_info *info = sc_get_priv_alg_bytype((u_int)priv_types[k->priv]);
	uint8_t			     iv[16];
	size_t			     n = len;
	u_int			     ivlen = (u_int)iv_make(k, boots, time, salt, iv);
	bool			     good;

	if (!is_whole(k, len))
		return 0;
	good =
	    info != NULL && k->priv != USM_NO_PRIV &&
	    sc_decrypt(info->alg_oid, (size_t)info->oid_len, writable(k->priv_key),
		(u_int)info->proper_length, iv, ivlen, writable(in), (u_int)len, out, &n) == SNMPERR_SUCCESS;
	return good && n == len ? len : 0;
}
