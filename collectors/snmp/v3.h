/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3.h: the SNMPv3 message (RFC 3412) under the user-based security model (RFC 3414), strict and bounded:
 *
 *	message  ::= SEQUENCE { version INTEGER, head, OCTET STRING of security, scoped or its cipher text }
 *	head     ::= SEQUENCE { msgID, msgMaxSize INTEGER, msgFlags OCTET STRING, msgSecurityModel INTEGER }
 *	security ::= SEQUENCE { engine OCTET STRING, boots, time INTEGER, user, digest, salt OCTET STRING }
 *	scoped   ::= SEQUENCE { contextEngineID, contextName OCTET STRING, pdu }
 *
 * In two steps, both pure: v3_decode() reads the head of any datagram; who knows the user's keys at that
 * engine (the poller for its target, the trap receiver for its senders) then calls v3_open(), which checks
 * the digest over the whole message before a byte of the rest is read. Nothing of a message that failed is
 * handed out.
 */
#ifndef SIMPUL_SNMP_V3_H
#define SIMPUL_SNMP_V3_H

#include "collectors/snmp/ber.h"
#include "collectors/snmp/usm.h"

#define V3_MESSAGE_MAX	65507		/* of a UDP datagram; also the msgMaxSize that we tell */
#define V3_CONTEXT_MAX	32		/* of a contextName, RFC 3411 */
#define V3_OVERHEAD_MAX 320		/* v3_encode() adds at most this to a PDU */

enum v3_flag { V3_AUTH = 1, V3_PRIV = 2, V3_REPORTABLE = 4 };

struct v3_message {			/* the head; everything points into the datagram */
	const uint8_t *data;		/* the datagram itself */
	uint32_t       len;
	int32_t	       msg_id, max_size;
	int32_t	       boots, time;
	uint8_t	       flags;		/* enum v3_flag */
	uint8_t	       engine_len, user_len, mac_len, salt_len;
	const uint8_t *engine, *user, *mac, *salt;
	const uint8_t *scoped;		/* the scoped PDU, tag included; with V3_PRIV its cipher text */
	uint32_t       scoped_len;
};

struct v3_context {			/* of a scoped PDU */
	const uint8_t *engine, *name;
	uint8_t	       engine_len, name_len;
};

/** Is this datagram SNMPv3, as far as its version tells? Another decoder's then, if not. */
bool	v3_is_version(const uint8_t *data, size_t len);
/** Decode the head of a whole datagram. @return 0, or -1 with *why (a constant text) */
int	v3_decode(struct v3_message *m, const uint8_t *data, size_t len, const char **why);
/**
 * Check and open what v3_decode() gave, as the message's own flags say: digest, cipher, scoped PDU.
 *
 * @param k	keys of the message's user at its engine; unused (may be NULL) without V3_AUTH
 * @param plain	V3_MESSAGE_MAX bytes of work space; ctx and out may point into it
 * @param out	version SNMP_V3, no community
 * @return 0, or -1 with *why (a constant text)
 */
int v3_open(const struct v3_message *m, const struct usm_keys *k, uint8_t *plain, struct v3_context *ctx,
    struct snmp_message *out, const char **why);
extern const char v3_wrong_digest[];		/* *why when the digest is not that of these keys */

struct v3_head {			/* what stands around a PDU to be sent */
	int32_t	       msg_id;
	uint8_t	       flags;		/* enum v3_flag */
	uint8_t	       engine_len, user_len, context_len;
	const uint8_t *engine, *user; /* of the authoritative engine: the agent's, or ours for traps to us */
	const char    *context;		/* contextName */
	const uint8_t *context_engine;	/* NULL: the authoritative engine is the context's too */
	uint8_t	       context_engine_len;
	uint32_t       boots, time;
	const struct usm_keys *keys;	/* with V3_AUTH */
	uint64_t       salt;		/* with V3_PRIV: never the same twice under these keys */
};

/**
 * Encode a message around a PDU.
 *
 * @param buf	of size bytes, at least pdu_len + V3_OVERHEAD_MAX; the message stands at its end
 * @return its length, or 0 when it cannot be (too long, or the cryptography fails)
 */
size_t v3_encode(uint8_t *buf, size_t size, const struct v3_head *h, const uint8_t *pdu, size_t pdu_len);

/** What a Report-PDU tells (RFC 3414, 5): the last arc below usmStats, or 0 for another one. */
enum v3_report {
	V3_REPORT_OTHER, V3_UNSUPPORTED_LEVEL, V3_NOT_IN_TIME, V3_UNKNOWN_USER, V3_UNKNOWN_ENGINE,
	V3_WRONG_DIGEST, V3_DECRYPTION_ERROR, V3_REPORTS
};
extern const char *const v3_report_words[V3_REPORTS];	/* "usmStatsUnsupportedSecLevels" ... */
enum v3_report v3_report_of(const struct snmp_message *m);

#endif
