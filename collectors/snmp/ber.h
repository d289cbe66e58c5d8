/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ber.h: the gate for SNMPv1 and v2c messages (RFC 1157, RFC 3416, BER of X.690 as SNMP restricts it).
 *
 * A message is wholly valid or it is dropped under one reason. What libsnmp lets through and this does not:
 * arcs and integers beyond their range, padded or empty OIDs, indefinite lengths, bytes after the end. The
 * decoder is a pure function of the bytes; everything it returns points into them.
 */
#ifndef SIMPUL_SNMP_BER_H
#define SIMPUL_SNMP_BER_H

#include "base/base.h"

struct cursor;

#define SNMP_VARBINDS_MAX  256
#define SNMP_ARCS_MAX	   128
#define SNMP_STRING_MAX	   1024		/* kept of a string; the rest is cut, with a mark */
#define SNMP_COMMUNITY_MAX 64

enum snmp_version { SNMP_V1 = 0, SNMP_V2C = 1, SNMP_V3 = 3 };	/* v3: around a PDU, see v3.h */

enum snmp_pdu_type {
	SNMP_PDU_GET = 0xa0, SNMP_PDU_GETNEXT = 0xa1, SNMP_PDU_RESPONSE = 0xa2, SNMP_PDU_SET = 0xa3,
	SNMP_PDU_TRAP1 = 0xa4, SNMP_PDU_GETBULK = 0xa5, SNMP_PDU_INFORM = 0xa6, SNMP_PDU_TRAP2 = 0xa7, SNMP_PDU_REPORT = 0xa8
};

enum snmp_type {
	SNMP_ABSENT = 0,		/* not in a message: nothing was read */
	SNMP_INTEGER = 0x02, SNMP_OCTETS = 0x04, SNMP_NULL = 0x05, SNMP_OID = 0x06,
	SNMP_IPADDRESS = 0x40, SNMP_COUNTER32 = 0x41, SNMP_GAUGE32 = 0x42, SNMP_TIMETICKS = 0x43,
	SNMP_OPAQUE = 0x44, SNMP_COUNTER64 = 0x46,
	SNMP_NO_SUCH_OBJECT = 0x80, SNMP_NO_SUCH_INSTANCE = 0x81, SNMP_END_OF_MIB_VIEW = 0x82
};

enum snmp_error { SNMP_NO_ERROR = 0, SNMP_TOO_BIG = 1, SNMP_NO_SUCH_NAME = 2, SNMP_ERRORS = 19 };
extern const char *const snmp_error_words[SNMP_ERRORS];	/* "noError", "tooBig" ..., as in RFC 3416 */

struct snmp_value {
	uint8_t	 type;		/* enum snmp_type */
	bool	 cut;		/* the string was longer than SNMP_STRING_MAX */
	uint16_t len;		/* of bytes */
	union {
		int32_t	 integer;	/* INTEGER */
		uint64_t number;	/* Counter32, Gauge32, TimeTicks, Counter64 */
	};
	const uint8_t *bytes;	/* OCTETS, OPAQUE, IPADDRESS (4), OID (BER content); in the message */
};

struct snmp_varbind {
	const uint8_t	 *oid;	/* BER content: no padding, so equal bytes mean equal OIDs */
	uint16_t	  oid_len;
	struct snmp_value value;
};

struct snmp_message {
	uint8_t	       version;	/* enum snmp_version */
	uint8_t	       pdu;	/* enum snmp_pdu_type */
	uint16_t       community_len;
	const uint8_t *community;
	size_t	       pdu_at;	/* where its tag stands in the datagram */
	int32_t	       request_id;
	int32_t	       error_status, error_index;	/* GETBULK: non-repeaters, max-repetitions */
	uint16_t       n;
	struct snmp_varbind varbind[SNMP_VARBINDS_MAX];
};

/** Decode a whole datagram. @return 0, or -1 with *why (a constant text) */
int	snmp_decode(struct snmp_message *m, const uint8_t *data, size_t len, const char **why);

struct snmp_trap1 {			/* what the Trap-PDU of SNMPv1 has in place of the request-id */
	const uint8_t *enterprise;	/* BER content */
	uint16_t       enterprise_len;
	uint8_t	       agent[4];	/* agent-addr: a claim */
	int32_t	       generic, specific;
	uint32_t       ticks;
};

/**
 * Decode a whole datagram that is to be a trap (v1: *t is filled in) or, of v2c, a trap or an inform.
 * @return 0, or -1 with *why (a constant text)
 */
int	snmp_decode_trap(struct snmp_message *m, struct snmp_trap1 *t, const uint8_t *data, size_t len,
	    const char **why);

/** What the answer to a request must look like. */
struct snmp_expect {
	int32_t	       request_id;
	uint8_t	       version;
	uint8_t	       community_len;
	const uint8_t *community;
	const uint8_t *varbinds;	/* of the request: content of its varbind list; NULL for a walk */
	size_t	       varbinds_len;
};

enum snmp_check {
	SNMP_MATCHES, SNMP_WRONG_VERSION, SNMP_WRONG_COMMUNITY, SNMP_WRONG_ID, SNMP_WRONG_PDU,
	SNMP_WRONG_ERROR, SNMP_WRONG_OIDS, SNMP_CHECKS
};
extern const char *const snmp_check_words[SNMP_CHECKS];

/**
 * Is this message the answer to that request? An answer with an error status (a valid refusal) need not
 * repeat the OIDs. The source address is for the caller to check.
 */
enum snmp_check snmp_response_check(const struct snmp_message *m, const struct snmp_expect *e);

/**
 * For decoders of what stands around a PDU: the next type-length-value, which must have this tag; an INTEGER; and
 * the PDU itself, tag included, into m, whose version is set already. @return 0, or -1 with *why
 */
int	snmp_take(struct cursor *c, uint8_t tag, struct cursor *content, const char **why);
int	snmp_take_integer(struct cursor *c, int32_t *out, const char **why);
int	snmp_take_pdu(struct cursor *c, struct snmp_message *m, const char **why);

/** Number of arcs of a valid OID, written to arc (SNMP_ARCS_MAX of them). */
size_t	snmp_oid_arcs(const uint8_t *oid, size_t len, uint32_t *arc);
/** Dotted text such as "1.3.6.1.2.1.1.3.0", cut to size. @return out */
char   *snmp_oid_text(char *out, size_t size, const uint8_t *oid, size_t len);

#endif
