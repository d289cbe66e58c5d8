/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ber.c: strict, bounded decoder of SNMPv1 and v2c messages.
 *
 *	message ::= SEQUENCE { version INTEGER, community OCTET STRING, pdu }
 *	pdu     ::= [tag] { request-id, error-status, error-index INTEGER, SEQUENCE OF varbind }
 *	varbind ::= SEQUENCE { name OBJECT IDENTIFIER, value }
 *
 * Each type-length-value gives a cursor over its content, so nothing can reach beyond what holds it, and each
 * level checks that its content was used up. No recursion: the nesting is the protocol's.
 */
#include "collectors/snmp/ber.h"

#include <stdio.h>
#include "base/cursor.h"

#define TAG_SEQUENCE 0x30
#define REJECT(reason)	do { *why = (reason); return -1; } while (0)

const char *const snmp_error_words[SNMP_ERRORS] = {
	"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType",
	"wrongLength", "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue",
	"resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable",
	"inconsistentName"
};

const char *const snmp_check_words[SNMP_CHECKS] = {
	[SNMP_MATCHES]	       = "matches",
	[SNMP_WRONG_VERSION]   = "another SNMP version",
	[SNMP_WRONG_COMMUNITY] = "another community",
	[SNMP_WRONG_ID]	       = "another request-id",
	[SNMP_WRONG_PDU]       = "not a response",
	[SNMP_WRONG_ERROR]     = "impossible error status",
	[SNMP_WRONG_OIDS]      = "other OIDs than asked",
};

/* One type-length-value: its tag, and a cursor over its content. */
static inline int
tlv_read(struct cursor *c, uint8_t *tag, struct cursor *content, const char **why)
{
	const uint8_t *head = cursor_bytes(c, 2), *more;
	size_t	       len, n;

	if (head == NULL)
		REJECT("cut short");
	*tag = head[0];
	len = head[1];
	if (len >= 0x80) {
		n = len & 0x7f;
		if (n == 0)
			REJECT("indefinite length");
		if (n > 4)
			REJECT("length of more than 4 bytes");
		if ((more = cursor_bytes(c, n)) == NULL)
			REJECT("cut short");
		for (len = 0; n > 0; n--)
			len = len << 8 | *more++;
	}
	if ((more = cursor_bytes(c, len)) == NULL)
		REJECT("longer than what holds it");
	*content = cursor_of(more, len);
	return 0;
}

static inline int
tlv_expect(struct cursor *c, uint8_t want, struct cursor *content, const char **why)
{
	uint8_t tag;

	if (tlv_read(c, &tag, content, why) == -1)
		return -1;
	if (tag != want)
		REJECT("unexpected tag");
	return 0;
}

/* INTEGER of 1-4 bytes, two's complement. */
static int
integer_read(struct cursor in, int32_t *out, const char **why)
{
	size_t	 len = cursor_left(&in);
	uint32_t v;

	if (len == 0 || len > 4)
		REJECT("integer of a wrong length");
	v = in.p[0] & 0x80 ? UINT32_MAX : 0;
	for (; in.p < in.end; in.p++)
		v = v << 8 | *in.p;
	*out = (int32_t)v;
	return 0;
}

/* Unsigned integer that fits into `bytes` bytes; one more, zero, carries the sign. */
static int
unsigned_read(struct cursor in, size_t bytes, uint64_t *out, const char **why)
{
	size_t	 len = cursor_left(&in);
	uint64_t v = 0;

	if (len == 0 || len > bytes + 1)
		REJECT("unsigned integer of a wrong length");
	if (in.p[0] & 0x80)
		REJECT("negative value of an unsigned type");
	if (len == bytes + 1 && in.p[0] != 0)
		REJECT("unsigned integer out of range");
	for (; in.p < in.end; in.p++)
		v = v << 8 | *in.p;
	*out = v;
	return 0;
}

/* An OID with arcs of more than one byte: each below 2^32 and in its shortest form. */
static int
oid_check_long(struct cursor in, const char **why)
{
	size_t	 arcs = 1;
	uint64_t arc = 0;

	for (; in.p < in.end; in.p++) {
		if (arc == 0 && *in.p == 0x80)
			REJECT("padded OID arc");
		arc = arc << 7 | (*in.p & 0x7f);
		if (arc > UINT32_MAX)
			REJECT("OID arc beyond 32 bits");
		if (*in.p < 0x80) {
			arc = 0;
			arcs++;
		}
	}
	if (in.end[-1] >= 0x80)
		REJECT("unfinished OID arc");
	if (arcs > SNMP_ARCS_MAX)
		REJECT("OID of too many arcs");
	return 0;
}

/*
 * 1 to 128 arcs. The first sub-identifier holds two; mostly each of them is one byte, and nothing can be
 * wrong with those.
 */
static int
oid_check(struct cursor in, const char **why)
{
	size_t	len = cursor_left(&in);
	uint8_t any = 0;

	if (len == 0)
		REJECT("empty OID");
	for (size_t i = 0; i < len; i++)
		any |= in.p[i];
	if (any >= 0x80)
		return oid_check_long(in, why);
	if (len + 1 > SNMP_ARCS_MAX)
		REJECT("OID of too many arcs");
	return 0;
}

static void
value_bytes(struct snmp_value *v, const struct cursor *in)
{
	size_t len = cursor_left(in);

	v->bytes = in->p;
	v->cut = len > SNMP_STRING_MAX;
	v->len = (uint16_t)(v->cut ? SNMP_STRING_MAX : len);
}

static int
value_read(struct snmp_value *v, uint8_t version, struct cursor in, const char **why)
{
	switch (v->type) {
	case SNMP_INTEGER:
		return integer_read(in, &v->integer, why);
	case SNMP_COUNTER32:
	case SNMP_GAUGE32:
	case SNMP_TIMETICKS:
		return unsigned_read(in, 4, &v->number, why);
	case SNMP_COUNTER64:
		if (version == SNMP_V1)
			REJECT("Counter64 in SNMPv1");
		return unsigned_read(in, 8, &v->number, why);
	case SNMP_OCTETS:
	case SNMP_OPAQUE:
		value_bytes(v, &in);
		return 0;
	case SNMP_OID:
		value_bytes(v, &in);
		return oid_check(in, why);
	case SNMP_IPADDRESS:
		value_bytes(v, &in);
		if (v->len != 4)
			REJECT("IpAddress of a wrong length");
		return 0;
	case SNMP_NO_SUCH_OBJECT:
	case SNMP_NO_SUCH_INSTANCE:
	case SNMP_END_OF_MIB_VIEW:
		if (version == SNMP_V1)
			REJECT("exception in SNMPv1");
		/* FALLTHROUGH */
	case SNMP_NULL:
		if (cursor_left(&in) != 0)
			REJECT("content where there is none");
		return 0;
	default:
		REJECT("unknown type of value");
	}
}

static int
varbind_read(struct cursor *list, uint8_t version, struct snmp_varbind *vb, const char **why)
{
	struct cursor in, name, value;

	if (tlv_expect(list, TAG_SEQUENCE, &in, why) == -1 || tlv_expect(&in, SNMP_OID, &name, why) == -1 ||
	    oid_check(name, why) == -1)
		return -1;
	vb->oid = name.p;
	vb->oid_len = (uint16_t)cursor_left(&name);
	vb->value = (struct snmp_value){ 0 };
	if (tlv_read(&in, &vb->value.type, &value, why) == -1 ||
	    value_read(&vb->value, version, value, why) == -1)
		return -1;
	if (!cursor_is_done(&in))
		REJECT("bytes after a value");
	return 0;
}

static bool
pdu_is_known(uint8_t tag)
{
	/* The trap of SNMPv1 has another shape and no request-id: snmp_decode_trap(). */
	return tag >= SNMP_PDU_GET && tag <= SNMP_PDU_REPORT && tag != SNMP_PDU_TRAP1;
}

/* What ends each PDU: the list of varbinds, and nothing after it. */
static int
varbinds_read(struct snmp_message *m, struct cursor *pdu, const char **why)
{
	struct cursor list;

	if (tlv_expect(pdu, TAG_SEQUENCE, &list, why) == -1)
		return -1;
	if (!cursor_is_done(pdu))
		REJECT("bytes after the varbinds");
	for (m->n = 0; cursor_left(&list) > 0; m->n++) {
		if (m->n == SNMP_VARBINDS_MAX)
			REJECT("too many varbinds");
		if (varbind_read(&list, m->version, &m->varbind[m->n], why) == -1)
			return -1;
	}
	return 0;
}

static int
pdu_read(struct snmp_message *m, struct cursor pdu, const char **why)
{
	struct cursor in;

	if (tlv_expect(&pdu, SNMP_INTEGER, &in, why) == -1 || integer_read(in, &m->request_id, why) == -1 ||
	    tlv_expect(&pdu, SNMP_INTEGER, &in, why) == -1 || integer_read(in, &m->error_status, why) == -1 ||
	    tlv_expect(&pdu, SNMP_INTEGER, &in, why) == -1 || integer_read(in, &m->error_index, why) == -1)
		return -1;
	return varbinds_read(m, &pdu, why);
}

/* RFC 1157, 4.1.6 */
static int
trap1_read(struct snmp_message *m, struct snmp_trap1 *t, struct cursor pdu, const char **why)
{
	struct cursor in;
	uint64_t      ticks;

	if (tlv_expect(&pdu, SNMP_OID, &in, why) == -1 || oid_check(in, why) == -1)
		return -1;
	t->enterprise = in.p;
	t->enterprise_len = (uint16_t)cursor_left(&in);
	if (tlv_expect(&pdu, SNMP_IPADDRESS, &in, why) == -1)
		return -1;
	if (cursor_left(&in) != sizeof(t->agent))
		REJECT("IpAddress of a wrong length");
	memcpy(t->agent, in.p, sizeof(t->agent));
	if (tlv_expect(&pdu, SNMP_INTEGER, &in, why) == -1 || integer_read(in, &t->generic, why) == -1 ||
	    tlv_expect(&pdu, SNMP_INTEGER, &in, why) == -1 || integer_read(in, &t->specific, why) == -1 ||
	    tlv_expect(&pdu, SNMP_TIMETICKS, &in, why) == -1 || unsigned_read(in, 4, &ticks, why) == -1)
		return -1;
	t->ticks = (uint32_t)ticks;
	m->request_id = m->error_status = m->error_index = 0;
	return varbinds_read(m, &pdu, why);
}

/* All that stands before the content of the PDU. */
static int
message_read(struct snmp_message *m, const uint8_t *data, size_t len, struct cursor *pdu, const char **why)
{
	struct cursor c = cursor_of(data, len), msg, in;
	int32_t	      version;

	if (tlv_expect(&c, TAG_SEQUENCE, &msg, why) == -1)
		return -1;
	if (!cursor_is_done(&c))
		REJECT("bytes after the message");
	if (tlv_expect(&msg, SNMP_INTEGER, &in, why) == -1 || integer_read(in, &version, why) == -1)
		return -1;
	if (version != SNMP_V1 && version != SNMP_V2C)
		REJECT("neither SNMPv1 nor v2c");
	m->version = (uint8_t)version;
	if (tlv_expect(&msg, SNMP_OCTETS, &in, why) == -1)
		return -1;
	if (cursor_left(&in) > SNMP_COMMUNITY_MAX)
		REJECT("community too long");
	m->community = in.p;
	m->community_len = (uint16_t)cursor_left(&in);
	m->pdu_at = (size_t)(msg.p - data);
	if (tlv_read(&msg, &m->pdu, pdu, why) == -1)
		return -1;
	return 0;
}

int
snmp_decode(struct snmp_message *m, const uint8_t *data, size_t len, const char **why)
{
	struct cursor pdu;

	if (message_read(m, data, len, &pdu, why) == -1)
		return -1;
	if (!pdu_is_known(m->pdu))
		REJECT("unknown PDU type");
	if (pdu.end != data + len)
		REJECT("bytes after the PDU");
	return pdu_read(m, pdu, why);
}

int
snmp_decode_trap(struct snmp_message *m, struct snmp_trap1 *t, const uint8_t *data, size_t len,
    const char **why)
{
	struct cursor pdu;

	if (message_read(m, data, len, &pdu, why) == -1)
		return -1;
	if (m->pdu != (m->version == SNMP_V1 ? SNMP_PDU_TRAP1 : SNMP_PDU_TRAP2) &&
	    (m->version == SNMP_V1 || m->pdu != SNMP_PDU_INFORM))
		REJECT("neither a trap nor an inform");
	if (pdu.end != data + len)
		REJECT("bytes after the PDU");
	return m->pdu == SNMP_PDU_TRAP1 ? trap1_read(m, t, pdu, why) : pdu_read(m, pdu, why);
}

/* Does the answer name the OIDs of the request, all of them and in their order? Both are in shortest form. */
static bool
varbinds_match(const struct snmp_message *m, const struct snmp_expect *e)
{
	struct cursor list = cursor_of(e->varbinds, e->varbinds_len), in, name;
	const char   *why;

	for (uint16_t i = 0; i < m->n; i++) {
		const struct snmp_varbind *vb = &m->varbind[i];

		if (tlv_expect(&list, TAG_SEQUENCE, &in, &why) == -1 ||
		    tlv_expect(&in, SNMP_OID, &name, &why) == -1)
			return false;
		if (cursor_left(&name) != vb->oid_len || memcmp(name.p, vb->oid, vb->oid_len) != 0)
			return false;
	}
	return cursor_left(&list) == 0;
}

enum snmp_check
snmp_response_check(const struct snmp_message *m, const struct snmp_expect *e)
{
	if (m->version != e->version)
		return SNMP_WRONG_VERSION;
	if (m->community_len != e->community_len || memcmp(m->community, e->community, e->community_len) != 0)
		return SNMP_WRONG_COMMUNITY;
	if (m->request_id != e->request_id)
		return SNMP_WRONG_ID;
	if (m->pdu != SNMP_PDU_RESPONSE)
		return SNMP_WRONG_PDU;
	if (m->error_status < 0 || m->error_status >= SNMP_ERRORS)
		return SNMP_WRONG_ERROR;
	if (m->error_status == SNMP_NO_ERROR && e->varbinds != NULL && !varbinds_match(m, e))
		return SNMP_WRONG_OIDS;
	return SNMP_MATCHES;
}

int
snmp_take(struct cursor *c, uint8_t tag, struct cursor *content, const char **why)
{
	return tlv_expect(c, tag, content, why);
}

int
snmp_take_integer(struct cursor *c, int32_t *out, const char **why)
{
	struct cursor in;

	return tlv_expect(c, SNMP_INTEGER, &in, why) == -1 ? -1 : integer_read(in, out, why);
}

int
snmp_take_pdu(struct cursor *c, struct snmp_message *m, const char **why)
{
	struct cursor pdu;

	if (tlv_read(c, &m->pdu, &pdu, why) == -1)
		return -1;
	if (!pdu_is_known(m->pdu))
		REJECT("unknown PDU type");
	return pdu_read(m, pdu, why);
}

size_t
snmp_oid_arcs(const uint8_t *oid, size_t len, uint32_t *arc)
{
	uint32_t sub = 0, first;
	size_t	 n = 1;

	for (size_t i = 0; i < len && n < SNMP_ARCS_MAX; i++) {
		sub = sub << 7 | (oid[i] & 0x7f);
		if (oid[i] < 0x80) {
			arc[n++] = sub;
			sub = 0;
		}
	}
	first = n > 1 ? arc[1] / 40 : 0;
	arc[0] = first < 2 ? first : 2;
	if (n > 1)
		arc[1] -= 40 * arc[0];
	return n;
}

char *
snmp_oid_text(char *out, size_t size, const uint8_t *oid, size_t len)
{
	uint32_t arc[SNMP_ARCS_MAX];
	size_t	 n = snmp_oid_arcs(oid, len, arc), at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, i == 0 ? "%u" : ".%u", arc[i]);
	return out;
}
