/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usm.h: the keys and the cryptography of SNMPv3's user-based security model (RFC 3414, 3826, 7860), on
 * net-snmp's scapi and keytools functions.
 *
 * Pure: nothing here knows of targets, time or messages, and net-snmp's own table of users and engine times
 * is never touched. A pass phrase becomes a secret (one hash over a MiB, milliseconds), the secret becomes
 * the keys for one engine (microseconds). Whoever holds either wipes it.
 */
#ifndef SIMPUL_SNMP_USM_H
#define SIMPUL_SNMP_USM_H

#include "base/base.h"

#define USM_ENGINE_MIN 5	/* SnmpEngineID, RFC 3411 */
#define USM_ENGINE_MAX 32
#define USM_USER_MAX   32
#define USM_PASS_MIN   8	/* RFC 3414, 11.2 */
#define USM_PASS_MAX   256
#define USM_KEY_MAX    64
#define USM_MAC_MAX    48
#define USM_SALT_LEN   8
#define USM_BLOCK      8	/* of DES: it takes whole blocks only */

enum usm_auth { USM_NO_AUTH, USM_MD5, USM_SHA1, USM_SHA224, USM_SHA256, USM_SHA384, USM_SHA512, USM_AUTHS };
/* AES-192 and -256 stretch short keys by draft-blumenthal-aes-usm-04; those with C by Reeder's, as Cisco. */
enum usm_priv {
	USM_NO_PRIV, USM_DES, USM_AES128, USM_AES192, USM_AES256, USM_AES192C, USM_AES256C, USM_PRIVS
};
extern const char *const usm_auth_words[USM_AUTHS + 1];	/* "none", "md5", "sha1" ..., NULL */
extern const char *const usm_priv_words[USM_PRIVS + 1];	/* "none", "des", "aes128" ..., NULL */

struct usm_secret {			/* of a user, the same at every engine */
	uint8_t auth, priv;		/* enum usm_auth, enum usm_priv */
	uint8_t auth_ku[USM_KEY_MAX], priv_ku[USM_KEY_MAX];
};

struct usm_keys {			/* of a user at one engine */
	uint8_t auth, priv;
	uint8_t auth_key[USM_KEY_MAX], priv_key[USM_KEY_MAX];
};

/** Make a secret of pass phrases of at least USM_PASS_MIN bytes; priv needs auth. @return 0 or -1 */
int usm_secret_make(struct usm_secret *s, enum usm_auth auth, const char *auth_pass, enum usm_priv priv,
    const char *priv_pass);
/** @return 0 or -1 */
int	usm_localise(struct usm_keys *k, const struct usm_secret *s, const uint8_t *engine, size_t len);

/** Bytes of the digest in a message; 0 without authentication. */
size_t	usm_mac_len(uint8_t auth);
/** The digest over a message whose own field for it is zeroed. @return 0 or -1 */
int	usm_sign(const struct usm_keys *k, const uint8_t *msg, size_t len, uint8_t mac[USM_MAC_MAX]);
/** Compares all of the digest, in constant time. */
bool usm_verify(const struct usm_keys *k, const uint8_t *msg, size_t len, const uint8_t *mac, size_t mac_len);

/** The salt of a message, from a counter that never repeats under these keys. */
void	usm_salt(const struct usm_keys *k, uint32_t boots, uint64_t counter, uint8_t salt[USM_SALT_LEN]);
/**
 * @param out	room for len bytes; may be in itself
 * @return len, or 0: it cannot be done
 */
size_t usm_encrypt(const struct usm_keys *k, uint32_t boots, uint32_t time, const uint8_t salt[USM_SALT_LEN],
    const uint8_t *in, size_t len, uint8_t *out);
size_t usm_decrypt(const struct usm_keys *k, uint32_t boots, uint32_t time, const uint8_t salt[USM_SALT_LEN],
    const uint8_t *in, size_t len, uint8_t *out);

#endif
