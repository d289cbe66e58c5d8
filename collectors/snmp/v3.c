/* SPDX-License-Identifier: GPL-3.0-or-later */
/* v3.c: SNMPv3 messages to and from bytes. Decoding follows ber.c's rules; what we encode is in shortest
 * form. */
#include "collectors/snmp/v3.h"

#include <string.h>
#include "base/cursor.h"

#define TAG_SEQUENCE	0x30
#define SECURITY_USM	3
#define MAX_SIZE_MIN	484	/* msgMaxSize, RFC 3412 */
#define REJECT(reason)	do { *why = (reason); return -1; } while (0)

const char v3_wrong_digest[] = "wrong digest";

const char *const v3_report_words[V3_REPORTS] = {
	[V3_REPORT_OTHER]      = "a report that is none of usmStats",
	[V3_UNSUPPORTED_LEVEL] = "usmStatsUnsupportedSecLevels",
	[V3_NOT_IN_TIME]       = "usmStatsNotInTimeWindows",
	[V3_UNKNOWN_USER]      = "usmStatsUnknownUserNames",
	[V3_UNKNOWN_ENGINE]    = "usmStatsUnknownEngineIDs",
	[V3_WRONG_DIGEST]      = "usmStatsWrongDigests",
	[V3_DECRYPTION_ERROR]  = "usmStatsDecryptionErrors",
};

/* ---- decoding ---- */

static int
octets_read(struct cursor *c, size_t max, const uint8_t **p, uint8_t *len, const char **why)
{
	struct cursor in;

	if (snmp_take(c, SNMP_OCTETS, &in, why) == -1)
		return -1;
	if (cursor_left(&in) > max)
		REJECT("a field of the v3 head is too long");
	*p = in.p;
	*len = (uint8_t)cursor_left(&in);
	return 0;
}

/* An INTEGER of 0 to 2^31-1. */
static int
count_read(struct cursor *c, int32_t *v, const char **why)
{
	if (snmp_take_integer(c, v, why) == -1)
		return -1;
	if (*v < 0)
		REJECT("negative number in the v3 head");
	return 0;
}

static int
engine_check(size_t len, const char **why)
{
	if (len != 0 && len < USM_ENGINE_MIN)
		REJECT("snmpEngineID too short");
	return 0;
}

static int
global_read(struct v3_message *m, struct cursor *msg, const char **why)
{
	struct cursor  in;
	const uint8_t *flags;
	uint8_t	       nflags;
	int32_t	       model;

	if (snmp_take(msg, TAG_SEQUENCE, &in, why) == -1 || count_read(&in, &m->msg_id, why) == -1 ||
	    count_read(&in, &m->max_size, why) == -1 || octets_read(&in, 1, &flags, &nflags, why) == -1 ||
	    count_read(&in, &model, why) == -1)
		return -1;
	if (!cursor_is_done(&in))
		REJECT("bytes after the v3 head");
	if (m->max_size < MAX_SIZE_MIN)
		REJECT("msgMaxSize below 484");
	if (nflags != 1)
		REJECT("msgFlags of a wrong length");
	m->flags = *flags & (V3_AUTH | V3_PRIV | V3_REPORTABLE);
	if ((m->flags & (V3_AUTH | V3_PRIV)) == V3_PRIV)
		REJECT("privacy without authentication");
	if (model != SECURITY_USM)
		REJECT("another security model than USM");
	return 0;
}

static int
security_read(struct v3_message *m, struct cursor *msg, const char **why)
{
	struct cursor octets, in;

	if (snmp_take(msg, SNMP_OCTETS, &octets, why) == -1 ||
	    snmp_take(&octets, TAG_SEQUENCE, &in, why) == -1 ||
	    octets_read(&in, USM_ENGINE_MAX, &m->engine, &m->engine_len, why) == -1 ||
	    engine_check(m->engine_len, why) == -1 || count_read(&in, &m->boots, why) == -1 ||
	    count_read(&in, &m->time, why) == -1 ||
	    octets_read(&in, USM_USER_MAX, &m->user, &m->user_len, why) == -1 ||
	    octets_read(&in, USM_MAC_MAX, &m->mac, &m->mac_len, why) == -1 ||
	    octets_read(&in, USM_SALT_LEN, &m->salt, &m->salt_len, why) == -1)
		return -1;
	if (!cursor_is_done(&in) || !cursor_is_done(&octets))
		REJECT("bytes after the security parameters");
	if ((m->flags & V3_PRIV) != 0 && m->salt_len != USM_SALT_LEN)
		REJECT("salt of a wrong length");
	return 0;
}

static int
version_read(struct cursor *msg, const uint8_t *data, size_t len, int32_t *version, const char **why)
{
	struct cursor c = cursor_of(data, len);

	if (snmp_take(&c, TAG_SEQUENCE, msg, why) == -1)
		return -1;
	if (!cursor_is_done(&c))
		REJECT("bytes after the message");
	return snmp_take_integer(msg, version, why);
}

bool
v3_is_version(const uint8_t *data, size_t len)
{
	struct cursor msg;
	int32_t	      version;
	const char   *why;

	return version_read(&msg, data, len, &version, &why) == 0 && version == SNMP_V3;
}

int
v3_decode(struct v3_message *m, const uint8_t *data, size_t len, const char **why)
{
	struct cursor msg, cipher;
	int32_t	      version;

	if (len > V3_MESSAGE_MAX)
		REJECT("longer than a datagram");
	if (version_read(&msg, data, len, &version, why) == -1)
		return -1;
	if (version != SNMP_V3)
		REJECT("not SNMPv3");
	m->data = data;
	m->len = (uint32_t)len;
	if (global_read(m, &msg, why) == -1 || security_read(m, &msg, why) == -1)
		return -1;
	if ((m->flags & V3_PRIV) == 0) {
		m->scoped = msg.p;
		m->scoped_len = (uint32_t)cursor_left(&msg);
		return 0;
	}
	if (snmp_take(&msg, SNMP_OCTETS, &cipher, why) == -1)
		return -1;
	if (!cursor_is_done(&msg))
		REJECT("bytes after the cipher text");
	m->scoped = cipher.p;
	m->scoped_len = (uint32_t)cursor_left(&cipher);
	return 0;
}

/* The scoped PDU; behind a block cipher up to a block of padding may follow it (RFC 3414, 8.1.1.3). */
static int
scoped_read(const uint8_t *data, size_t len, size_t padding, struct v3_context *ctx, struct snmp_message *out,
    const char **why)
{
	struct cursor c = cursor_of(data, len), in;

	if (snmp_take(&c, TAG_SEQUENCE, &in, why) == -1)
		return -1;
	if (cursor_left(&c) > padding)
		REJECT("bytes after the scoped PDU");
	if (octets_read(&in, USM_ENGINE_MAX, &ctx->engine, &ctx->engine_len, why) == -1 ||
	    octets_read(&in, V3_CONTEXT_MAX, &ctx->name, &ctx->name_len, why) == -1)
		return -1;
	out->version = SNMP_V3;
	out->community = ctx->name;
	out->community_len = 0;
	if (snmp_take_pdu(&in, out, why) == -1)
		return -1;
	if (!cursor_is_done(&in))
		REJECT("bytes after the PDU");
	return 0;
}

int
v3_open(const struct v3_message *m, const struct usm_keys *k, uint8_t *plain, struct v3_context *ctx,
    struct snmp_message *out, const char **why)
{
	size_t n;

	if ((m->flags & V3_AUTH) == 0)
		return scoped_read(m->scoped, m->scoped_len, 0, ctx, out, why);
	if (m->mac_len != usm_mac_len(k->auth) || m->mac_len == 0)
		REJECT("digest of a wrong length");
	memcpy(plain, m->data, m->len);
	memset(plain + (m->mac - m->data), 0, m->mac_len);
	if (!usm_verify(k, plain, m->len, m->mac, m->mac_len))
		REJECT(v3_wrong_digest);
	if ((m->flags & V3_PRIV) == 0)
		return scoped_read(m->scoped, m->scoped_len, 0, ctx, out, why);
	if (k->priv == USM_NO_PRIV)
		REJECT("privacy for a user without");
	n = usm_decrypt(k, (uint32_t)m->boots, (uint32_t)m->time, m->salt, m->scoped, m->scoped_len, plain);
	if (n == 0)
		REJECT("cannot be decrypted");
	return scoped_read(plain, n, k->priv == USM_DES ? USM_BLOCK - 1 : 0, ctx, out, why);
}

enum v3_report
v3_report_of(const struct snmp_message *m)
{
	static const uint8_t usm_stats[] = { 0x2b, 6, 1, 6, 3, 15, 1, 1 };	/* 1.3.6.1.6.3.15.1.1 */
	const uint8_t	    *oid = m->n > 0 ? m->varbind[0].oid : NULL;

	if (oid == NULL || m->varbind[0].oid_len != sizeof(usm_stats) + 2 ||
	    memcmp(oid, usm_stats, sizeof(usm_stats)) != 0 || oid[sizeof(usm_stats) + 1] != 0 ||
	    oid[sizeof(usm_stats)] >= V3_REPORTS)
		return V3_REPORT_OTHER;
	return (enum v3_report)oid[sizeof(usm_stats)];
}

/* ---- encoding: from the end backwards, so that each length is known when it is written ---- */

struct writer {
	uint8_t *buf;
	size_t	 at;		/* first byte in use */
	bool	 full;
};

static uint8_t *
put(struct writer *w, const void *p, size_t len)
{
	if (w->at < len) {
		w->full = true;
		return NULL;
	}
	w->at -= len;
	if (len > 0)
		memcpy(w->buf + w->at, p, len);
	return w->buf + w->at;
}

/* Tag and length of the content that was written since the end was at `end`. */
static void
put_head(struct writer *w, uint8_t tag, size_t end)
{
	size_t	len = end - w->at;
	uint8_t head[4] = { tag, (uint8_t)len };

	if (len >= 0x100) {
		head[1] = 0x82;
		head[2] = (uint8_t)(len >> 8);
		head[3] = (uint8_t)len;
		put(w, head, 4);
	} else if (len >= 0x80) {
		head[1] = 0x81;
		head[2] = (uint8_t)len;
		put(w, head, 3);
	} else {
		put(w, head, 2);
	}
}

static void
put_octets(struct writer *w, const void *p, size_t len)
{
	size_t end = w->at;

	put(w, p, len);
	put_head(w, SNMP_OCTETS, end);
}

/* Of 0 to 2^31-1. */
static void
put_count(struct writer *w, uint32_t v)
{
	size_t	end = w->at;
	uint8_t b;

	do {
		b = (uint8_t)v;
		put(w, &b, 1);
		v >>= 8;
	} while (v != 0 || b >= 0x80);
	put_head(w, SNMP_INTEGER, end);
}

static void
put_scoped(struct writer *w, const struct v3_head *h, const uint8_t *pdu, size_t pdu_len)
{
	size_t end = w->at;

	put(w, pdu, pdu_len);
	put_octets(w, h->context, h->context_len);
	if (h->context_engine != NULL)
		put_octets(w, h->context_engine, h->context_engine_len);
	else
		put_octets(w, h->engine, h->engine_len);
	put_head(w, TAG_SEQUENCE, end);
}

/* Encrypt in place what was written since the end was at `end`; a block cipher wants it in whole blocks. */
static void
put_cipher(struct writer *w, const struct v3_head *h, const uint8_t salt[USM_SALT_LEN], size_t end)
{
	size_t len = end - w->at, padding = h->keys->priv == USM_DES ? -len % USM_BLOCK : 0;

	if (w->full || w->at < padding) {
		w->full = true;
		return;
	}
	w->at -= padding;
	memmove(w->buf + w->at, w->buf + w->at + padding, len);
	memset(w->buf + end - padding, 0, padding);
	len += padding;
	if (usm_encrypt(h->keys, h->boots, h->time, salt, w->buf + w->at, len, w->buf + w->at) != len)
		w->full = true;
	put_head(w, SNMP_OCTETS, end);
}

static void
put_global(struct writer *w, const struct v3_head *h)
{
	size_t end = w->at;

	put_count(w, SECURITY_USM);
	put_octets(w, &h->flags, 1);
	put_count(w, V3_MESSAGE_MAX);
	put_count(w, (uint32_t)h->msg_id);
	put_head(w, TAG_SEQUENCE, end);
}

/* @return place of the digest, zeroed */
static uint8_t *
put_security(struct writer *w, const struct v3_head *h, const uint8_t salt[USM_SALT_LEN])
{
	static const uint8_t zero[USM_MAC_MAX];
	size_t		     end = w->at, mac_end, mac_len = 0;
	uint8_t		    *mac;

	put_octets(w, salt, (h->flags & V3_PRIV) != 0 ? USM_SALT_LEN : 0);
	if ((h->flags & V3_AUTH) != 0)
		mac_len = usm_mac_len(h->keys->auth);
	mac_end = w->at;
	mac = put(w, zero, mac_len);
	put_head(w, SNMP_OCTETS, mac_end);
	put_octets(w, h->user, h->user_len);
	put_count(w, h->time);
	put_count(w, h->boots);
	put_octets(w, h->engine, h->engine_len);
	put_head(w, TAG_SEQUENCE, end);
	put_head(w, SNMP_OCTETS, end);
	return mac;
}

size_t
v3_encode(uint8_t *buf, size_t size, const struct v3_head *h, const uint8_t *pdu, size_t pdu_len)
{
	struct writer w = { .buf = buf, .at = size };
	uint8_t	      salt[USM_SALT_LEN], mac[USM_MAC_MAX], *mac_at;

	put_scoped(&w, h, pdu, pdu_len);
	if ((h->flags & V3_PRIV) != 0) {
		usm_salt(h->keys, h->boots, h->salt, salt);
		put_cipher(&w, h, salt, size);
	}
	mac_at = put_security(&w, h, salt);
	put_global(&w, h);
	put_count(&w, SNMP_V3);
	put_head(&w, TAG_SEQUENCE, size);
	if (w.full || size - w.at > V3_MESSAGE_MAX)
		return 0;
	if ((h->flags & V3_AUTH) != 0) {
		if (usm_sign(h->keys, buf + w.at, size - w.at, mac) == -1)
			return 0;
		memcpy(mac_at, mac, usm_mac_len(h->keys->auth));
	}
	return size - w.at;
}
