/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3_test.c: messages there and back under every pair of digest and cipher; each byte spoilt, and the message
 * dropped for it; and one named case per reason for which a head is refused.
 */
#include "collectors/snmp/v3.h"

#include "tests/unit/tap.h"

#define ENGINE	0x80, 0x00, 0x1f, 0x88, 0x04, 'r', '1'
#define CONTEXT "vrf-a"

/* GET of 1.3.6.1 with request-id 0x11223344 */
static const uint8_t pdu[] = {
	0xa0, 0x17, 0x02, 0x04, 0x11, 0x22, 0x33, 0x44, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x09, 0x30, 0x07, 0x06,
	0x03, 0x2b, 0x06, 0x01, 0x05, 0x00
};
static const uint8_t engine[] = { ENGINE };

static struct snmp_message msg;
static uint8_t		   plain[V3_MESSAGE_MAX];

static void
keys_make(struct usm_keys *k, enum usm_auth auth, enum usm_priv priv)
{
	struct usm_secret s;

	if (usm_secret_make(&s, auth, "correct horse", priv, "battery staple") == -1 ||
	    usm_localise(k, &s, engine, sizeof(engine)) == -1)
		ok(false, "(cannot make keys)");
}

static struct v3_head
head_of(const struct usm_keys *k)
{
	return (struct v3_head){
		.msg_id = 0x01020304, .engine = engine, .engine_len = sizeof(engine), .user = (const uint8_t *)"noc",
		.user_len = 3, .context = CONTEXT, .context_len = sizeof(CONTEXT) - 1, .boots = 200, .time = 70000,
		.keys = k, .salt = 0xfedcba9876543210,
		.flags = (uint8_t)(V3_REPORTABLE | (k->auth != USM_NO_AUTH ? V3_AUTH : 0) |
		    (k->priv != USM_NO_PRIV ? V3_PRIV : 0)),
	};
}

/* @return why it was dropped, or NULL */
static const char *
take(const struct usm_keys *k, const uint8_t *data, size_t len, struct v3_message *m, struct v3_context *ctx)
{
	const char *why = NULL;

	if (v3_decode(m, data, len, &why) == -1 || v3_open(m, k, plain, ctx, &msg, &why) == -1)
		return why != NULL ? why : "(no reason)";
	return NULL;
}

static void
test_round_trip(enum usm_auth auth, enum usm_priv priv)
{
	uint8_t		  buf[sizeof(pdu) + V3_OVERHEAD_MAX];
	struct usm_keys	  k;
	struct v3_head	  h;
	struct v3_message m;
	struct v3_context ctx;
	const char	 *why;
	size_t		  n;

	keys_make(&k, auth, priv);
	h = head_of(&k);
	n = v3_encode(buf, sizeof(buf), &h, pdu, sizeof(pdu));
	why = n == 0 ? "not encoded" : take(&k, buf + sizeof(buf) - n, n, &m, &ctx);
	if (!ok(why == NULL, "%s and %s: there and back", usm_auth_words[auth], usm_priv_words[priv])) {
		printf("# %s\n", why);
		return;
	}
	ok(m.msg_id == h.msg_id && m.boots == 200 && m.time == 70000 && m.flags == h.flags && m.user_len == 3 &&
	    memcmp(m.user, "noc", 3) == 0 && m.engine_len == sizeof(engine) &&
	    memcmp(m.engine, engine, sizeof(engine)) == 0 && m.max_size == V3_MESSAGE_MAX, "the head");
	ok(ctx.engine_len == sizeof(engine) && memcmp(ctx.engine, engine, sizeof(engine)) == 0 &&
	    ctx.name_len == sizeof(CONTEXT) - 1 && memcmp(ctx.name, CONTEXT, ctx.name_len) == 0, "the context");
	ok(msg.version == SNMP_V3 && msg.pdu == SNMP_PDU_GET && msg.request_id == 0x11223344 && msg.n == 1, "the PDU");
}

static void
test_pairs(void)
{
	test_round_trip(USM_NO_AUTH, USM_NO_PRIV);
	for (enum usm_auth a = USM_MD5; a < USM_AUTHS; a++)
		for (enum usm_priv p = USM_NO_PRIV; p < USM_PRIVS; p++)
			test_round_trip(a, p);
}

/* Long enough for lengths of two bytes, and of all remainders by a block. */
static void
test_lengths(void)
{
	static uint8_t	  long_pdu[2000], buf[sizeof(long_pdu) + V3_OVERHEAD_MAX];
	struct usm_keys	  k[2];
	struct v3_message m;
	struct v3_context ctx;
	unsigned	  bad = 0;

	keys_make(&k[0], USM_SHA256, USM_AES256);
	keys_make(&k[1], USM_MD5, USM_DES);
	for (size_t strings = 0; strings < 700; strings++) {
		const struct usm_keys *key = &k[strings % 2];
		struct v3_head	       h = head_of(key);
		size_t		       len = 29 + strings, n;
		uint8_t		       head[] = { 0xa2, 0x82, (uint8_t)((len - 4) >> 8), (uint8_t)(len - 4), 2, 1, 1, 2, 1, 0, 2, 1,
				0, 0x30, 0x82, (uint8_t)((len - 17) >> 8), (uint8_t)(len - 17), 0x30, 0x82,
				(uint8_t)((len - 21) >> 8), (uint8_t)(len - 21), 6, 2, 0x2b, 6, 4, 0x82, (uint8_t)(strings >> 8),
				(uint8_t)strings };

		memcpy(long_pdu, head, sizeof(head));
		n = v3_encode(buf, sizeof(buf), &h, long_pdu, len);
		bad += n == 0 || n > len + V3_OVERHEAD_MAX || take(key, buf + sizeof(buf) - n, n, &m, &ctx) != NULL ||
		    msg.n != 1 || msg.varbind[0].value.len != strings;
	}
	is_i64(bad, 0, "PDUs of 29 to 728 bytes");
	{
		struct v3_head h = head_of(&k[0]);

		is_i64((int64_t)v3_encode(buf, 40, &h, pdu, sizeof(pdu)), 0, "no room: not encoded");
	}
}

static void
test_tampered(enum usm_auth auth, enum usm_priv priv)
{
	uint8_t		  buf[sizeof(pdu) + V3_OVERHEAD_MAX], bad[sizeof(buf)];
	struct usm_keys	  k, other;
	struct v3_head	  h;
	struct v3_message m;
	struct v3_context ctx;
	unsigned	  taken = 0;
	size_t		  n;

	keys_make(&k, auth, priv);
	h = head_of(&k);
	n = v3_encode(buf, sizeof(buf), &h, pdu, sizeof(pdu));
	for (size_t i = 0; i < n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(bad, buf + sizeof(buf) - n, n);
			bad[i] ^= (uint8_t)(1u << bit);
			/* Without its flag the digest is not looked at: the level is for the caller to compare. */
			taken += take(&k, bad, n, &m, &ctx) == NULL && (m.flags & V3_AUTH) != 0;
		}
	is_i64(taken, 0, "each bit of a message spoilt: each time dropped");
	for (size_t len = 0; len < n; len++)
		taken += take(&k, buf + sizeof(buf) - n, len, &m, &ctx) == NULL;
	is_i64(taken, 0, "cut anywhere: dropped");
	other = k;
	other.auth_key[0] ^= 1;
	ok(take(&other, buf + sizeof(buf) - n, n, &m, &ctx) == v3_wrong_digest, "another key: wrong digest");
	other = k;
	other.priv_key[0] ^= 2;		/* the last bit of a byte is nothing to DES */
	if (priv != USM_NO_PRIV)
		ok(take(&other, buf + sizeof(buf) - n, n, &m, &ctx) != NULL, "another privacy key: dropped");
}

#define GLOBAL	0x30, 13, 2, 1, 7, 2, 2, 0x20, 0x00, 4, 1, 0, 2, 1, 3
#define NO_USM	4, 16, 0x30, 14, 4, 0, 2, 1, 0, 2, 1, 0, 4, 0, 4, 0, 4, 0
#define SCOPED	0x30, 29, 4, 0, 4, 0, 0xa0, 23, 2, 4, 0x11, 0x22, 0x33, 0x44, 2, 1, 0, 2, 1, 0, 0x30, 9, 0x30, 7, 6, 3, 0x2b, \
	6, 1, 5, 0
#define MESSAGE(...) (const uint8_t[]){ 0x30, sizeof((const uint8_t[]){ 2, 1, 3, __VA_ARGS__ }), 2, 1, 3, __VA_ARGS__ }, \
	2 + sizeof((const uint8_t[]){ 2, 1, 3, __VA_ARGS__ })

static const struct head_case {
	const char    *name, *why;
	const uint8_t *bytes;
	size_t	       len;
} heads[] = {
	{ "neither digest nor cipher", NULL, MESSAGE(GLOBAL, NO_USM, SCOPED) },
	{ "SNMPv2c", "not SNMPv3", (const uint8_t[]){ 0x30, 3, 2, 1, 1 }, 5 },
	{ "msgID below zero", "negative number in the v3 head",
	    MESSAGE(0x30, 13, 2, 1, 0xff, 2, 2, 0x20, 0, 4, 1, 0, 2, 1, 3, NO_USM, SCOPED) },
	{ "msgMaxSize of 483", "msgMaxSize below 484",
	    MESSAGE(0x30, 13, 2, 1, 7, 2, 2, 0x01, 0xe3, 4, 1, 0, 2, 1, 3, NO_USM, SCOPED) },
	{ "no flags", "msgFlags of a wrong length",
	    MESSAGE(0x30, 12, 2, 1, 7, 2, 2, 0x20, 0, 4, 0, 2, 1, 3, NO_USM, SCOPED) },
	{ "two bytes of flags", "a field of the v3 head is too long",
	    MESSAGE(0x30, 14, 2, 1, 7, 2, 2, 0x20, 0, 4, 2, 0, 0, 2, 1, 3, NO_USM, SCOPED) },
	{ "privacy alone", "privacy without authentication",
	    MESSAGE(0x30, 13, 2, 1, 7, 2, 2, 0x20, 0, 4, 1, 2, 2, 1, 3, NO_USM, SCOPED) },
	{ "the community model", "another security model than USM",
	    MESSAGE(0x30, 13, 2, 1, 7, 2, 2, 0x20, 0, 4, 1, 0, 2, 1, 2, NO_USM, SCOPED) },
	{ "more in the head", "bytes after the v3 head",
	    MESSAGE(0x30, 15, 2, 1, 7, 2, 2, 0x20, 0, 4, 1, 0, 2, 1, 3, 5, 0, NO_USM, SCOPED) },
	{ "engine of four bytes", "snmpEngineID too short",
	    MESSAGE(GLOBAL, 4, 20, 0x30, 18, 4, 4, 1, 2, 3, 4, 2, 1, 0, 2, 1, 0, 4, 0, 4, 0, 4, 0, SCOPED) },
	{ "boots below zero", "negative number in the v3 head",
	    MESSAGE(GLOBAL, 4, 16, 0x30, 14, 4, 0, 2, 1, 0x80, 2, 1, 0, 4, 0, 4, 0, 4, 0, SCOPED) },
	{ "more behind the salt", "bytes after the security parameters",
	    MESSAGE(GLOBAL, 4, 18, 0x30, 16, 4, 0, 2, 1, 0, 2, 1, 0, 4, 0, 4, 0, 4, 0, 5, 0, SCOPED) },
	{ "no scoped PDU", "cut short", MESSAGE(GLOBAL, NO_USM) },
	{ "more behind the scoped PDU", "bytes after the scoped PDU", MESSAGE(GLOBAL, NO_USM, SCOPED, 5, 0) },
	{ "a digest that is too short", "digest of a wrong length",
	    MESSAGE(0x30, 13, 2, 1, 7, 2, 2, 0x20, 0, 4, 1, 1, 2, 1, 3, NO_USM, SCOPED) },
	{ "a cipher without salt", "salt of a wrong length",
	    MESSAGE(0x30, 13, 2, 1, 7, 2, 2, 0x20, 0, 4, 1, 3, 2, 1, 3, NO_USM, SCOPED) },
};

static void
test_heads(void)
{
	struct usm_keys	  k;
	struct v3_message m;
	struct v3_context ctx;

	keys_make(&k, USM_SHA1, USM_AES128);
	for (size_t i = 0; i < nitems(heads); i++) {
		const char *why = take(&k, heads[i].bytes, heads[i].len, &m, &ctx);

		is_text(why != NULL ? why : "taken", heads[i].why != NULL ? heads[i].why : "taken", heads[i].name);
	}
}

static void
test_reports(void)
{
	static uint8_t oid[] = { 0x2b, 6, 1, 6, 3, 15, 1, 1, 5, 0 };

	msg.n = 1;
	msg.varbind[0].oid = oid;
	msg.varbind[0].oid_len = sizeof(oid);
	ok(v3_report_of(&msg) == V3_WRONG_DIGEST, "usmStatsWrongDigests.0");
	oid[8] = 7;
	ok(v3_report_of(&msg) == V3_REPORT_OTHER, "beyond the last of usmStats");
	oid[8] = 4;
	oid[9] = 1;
	ok(v3_report_of(&msg) == V3_REPORT_OTHER, "another instance");
	msg.n = 0;
	ok(v3_report_of(&msg) == V3_REPORT_OTHER, "no varbind");
}

int
main(void)
{
	test_pairs();
	test_lengths();
	test_tampered(USM_SHA1, USM_AES128);
	test_tampered(USM_SHA512, USM_AES256);
	test_tampered(USM_MD5, USM_DES);
	test_tampered(USM_SHA224, USM_NO_PRIV);
	test_heads();
	test_reports();
	return tap_done();
}
