/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ber_random.c: see ber_random.h. */
#include "tests/unit/ber_random.h"

#include <string.h>
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

uint64_t
random_u64(struct writer *w)	/* splitmix64 */
{
	uint64_t z = w->rnd += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t
below(struct writer *w, uint64_t n)
{
	return random_u64(w) % n;
}

void
put_u8(struct writer *w, uint8_t b)
{
	w->byte[--w->at] = b;
}

/*
 * Tag and length of the content that starts at w->at and ends before `end`; sometimes in a longer form than
 * needed.
 */
void
put_head(struct writer *w, uint8_t tag, size_t end)
{
	size_t len = end - w->at, bytes = len < 0x80 ? 0 : len < 0x100 ? 1 : 2;

	if (below(w, 8) == 0)
		bytes += below(w, 5 - bytes);
	for (size_t i = 0; i < bytes; i++)
		put_u8(w, (uint8_t)(i < sizeof(len) ? len >> (8 * i) : 0));
	put_u8(w, (uint8_t)(bytes == 0 ? len : 0x80 | bytes));
	put_u8(w, tag);
}

void
put_integer(struct writer *w, uint8_t tag, int32_t v)
{
	size_t end = w->at, n = v >= -128 && v < 128 ? 1 : v >= -32768 && v < 32768 ? 2 : v >= -8388608 && v < 8388608 ? 3 : 4;

	for (size_t i = 0; i < n; i++)
		put_u8(w, (uint8_t)((uint32_t)v >> (8 * i)));
	put_head(w, tag, end);
}

static void
put_unsigned(struct writer *w, uint8_t tag, uint64_t v)
{
	size_t end = w->at;

	do {
		put_u8(w, (uint8_t)v);
		v >>= 8;
	} while (v != 0);
	if (w->byte[w->at] & 0x80)
		put_u8(w, 0);
	put_head(w, tag, end);
}

static void
put_oid(struct writer *w)
{
	static const uint32_t edges[] = { 0, 127, 128, 16383, 16384, INT32_MAX, 0x80000000, UINT32_MAX };
	size_t end = w->at, arcs = below(w, 20) == 0 ? 1 + below(w, 127) : 1 + below(w, 14);

	for (size_t i = 0; i < arcs; i++) {
		uint32_t arc = (uint32_t)(random_u64(w) >> (32 + below(w, 32)));

		if (below(w, 8) == 0 && i + 1 < arcs)
			arc = edges[below(w, nitems(edges))];

		for (bool last = true; last || arc != 0; last = false, arc >>= 7)
			put_u8(w, (uint8_t)((arc & 0x7f) | (last ? 0 : 0x80)));
	}
	put_head(w, SNMP_OID, end);
}

void
put_string(struct writer *w, uint8_t tag, size_t len)
{
	size_t end = w->at;

	for (size_t i = 0; i < len; i++)
		put_u8(w, (uint8_t)random_u64(w));
	put_head(w, tag, end);
}

static int32_t
any_integer(struct writer *w)
{
	static const int32_t edges[] = { 0, -1, 127, 128, -128, -129, 32767, 32768, -32769, 8388608, INT32_MAX, INT32_MIN };

	if (below(w, 4) == 0)
		return edges[below(w, nitems(edges))];
	return (int32_t)((int64_t)random_u64(w) >> (32 + below(w, 32)));
}

static uint64_t
any_unsigned(struct writer *w, unsigned bits)
{
	const uint64_t max = UINT64_MAX >> (64 - bits), edges[] = { 0, 127, 128, max / 2, max / 2 + 1, max };

	return below(w, 4) == 0 ? edges[below(w, nitems(edges))] : (random_u64(w) & max) >> below(w, bits);
}

static size_t
any_length(struct writer *w)
{
	static const size_t edges[] = { 0, 1, 127, 128, 255, 256, 1023, SNMP_STRING_MAX, SNMP_STRING_MAX + 1, 3000 };

	return below(w, 30) == 0 ? edges[below(w, nitems(edges))] : below(w, 40);
}

static void
put_value(struct writer *w, uint8_t version)
{
	static const uint8_t empty[] = { SNMP_NULL, SNMP_NO_SUCH_OBJECT, SNMP_NO_SUCH_INSTANCE, SNMP_END_OF_MIB_VIEW };

	switch (below(w, version == SNMP_V1 ? 8 : 10)) {
	case 0:
		put_integer(w, SNMP_INTEGER, any_integer(w));
		break;
	case 1:
	case 2:
		put_unsigned(w, (uint8_t)(SNMP_COUNTER32 + below(w, 3)), any_unsigned(w, 32));
		break;
	case 3:
		put_string(w, SNMP_OCTETS, any_length(w));
		break;
	case 4:
		put_string(w, SNMP_OPAQUE, below(w, 12));
		break;
	case 5:
		put_string(w, SNMP_IPADDRESS, 4);
		break;
	case 6:
		put_oid(w);
		break;
	case 7:
		put_head(w, SNMP_NULL, w->at);
		break;
	case 8:
		put_unsigned(w, SNMP_COUNTER64, any_unsigned(w, 64));
		break;
	case 9:
		put_head(w, empty[below(w, nitems(empty))], w->at);
		break;
	}
}

/* Up to `limit` varbinds, once in a while that many. */
static void
put_varbinds(struct writer *w, uint8_t version, size_t end, size_t limit)
{
	size_t n = below(w, 200) == 0 ? limit : below(w, 20) == 0 ? below(w, 120) : below(w, 12);

	for (size_t i = 0; i < n && end - w->at < 60000; i++) {
		size_t varbind = w->at;

		put_value(w, version);
		put_oid(w);
		put_head(w, 0x30, varbind);
	}
	put_head(w, 0x30, end);
}

static void
put_envelope(struct writer *w, uint8_t version, size_t end)
{
	put_string(w, SNMP_OCTETS, below(w, SNMP_COMMUNITY_MAX + 1));
	put_integer(w, SNMP_INTEGER, version);
	put_head(w, 0x30, end);
}

void
put_message(struct writer *w)
{
	static const uint8_t pdus[] = { SNMP_PDU_RESPONSE, SNMP_PDU_RESPONSE, SNMP_PDU_GET, SNMP_PDU_GETNEXT, SNMP_PDU_SET,
		SNMP_PDU_GETBULK, SNMP_PDU_INFORM, SNMP_PDU_TRAP2, SNMP_PDU_REPORT };
	size_t	end = w->at = sizeof(w->byte);
	uint8_t version = (uint8_t)below(w, 2);

	put_varbinds(w, version, end, SNMP_VARBINDS_MAX);
	put_integer(w, SNMP_INTEGER, (int32_t)below(w, 30));
	put_integer(w, SNMP_INTEGER, (int32_t)below(w, 19));
	put_integer(w, SNMP_INTEGER, any_integer(w));
	put_head(w, pdus[below(w, nitems(pdus))], end);
	put_envelope(w, version, end);
}

void
put_trap1(struct writer *w)
{
	size_t end = w->at = sizeof(w->byte);

	put_varbinds(w, SNMP_V1, end, 20);
	put_unsigned(w, SNMP_TIMETICKS, any_unsigned(w, 32));
	put_integer(w, SNMP_INTEGER, any_integer(w));
	put_integer(w, SNMP_INTEGER, (int32_t)below(w, 7));
	put_string(w, SNMP_IPADDRESS, 4);
	put_oid(w);
	put_head(w, SNMP_PDU_TRAP1, end);
	put_envelope(w, SNMP_V1, end);
}

static bool
oid_equals(const uint8_t *mine, size_t len, const oid *theirs, size_t n)
{
	uint32_t arc[SNMP_ARCS_MAX];

	if (snmp_oid_arcs(mine, len, arc) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (arc[i] != theirs[i])
			return false;
	return true;
}

static bool
value_equals(const struct snmp_value *v, const netsnmp_variable_list *theirs)
{
	if (v->type != theirs->type)
		return false;
	switch (v->type) {
	case SNMP_INTEGER:
		return *theirs->val.integer == v->integer;
	case SNMP_COUNTER32:
	case SNMP_GAUGE32:
	case SNMP_TIMETICKS:
		return (uint64_t)*theirs->val.integer == v->number;
	case SNMP_COUNTER64:
		return ((uint64_t)theirs->val.counter64->high << 32 | theirs->val.counter64->low) == v->number;
	case SNMP_OID:
		return oid_equals(v->bytes, v->len, theirs->val.objid, theirs->val_len / sizeof(oid));
	case SNMP_OCTETS:
	case SNMP_OPAQUE:
	case SNMP_IPADDRESS:
		return v->cut == (theirs->val_len > SNMP_STRING_MAX) && v->len == (v->cut ? SNMP_STRING_MAX : theirs->val_len) &&
		    memcmp(v->bytes, theirs->val.string, v->len) == 0;
	default:
		return true;
	}
}

/* net-snmp's reading of the same bytes. */
static netsnmp_pdu *
netsnmp_read(const uint8_t *data, size_t len, uint8_t *community, size_t *community_len)
{
	static u_char  copy[70000];
	size_t	       left = len;
	long	       version;
	u_char	      *body;
	netsnmp_pdu   *pdu = snmp_pdu_create(SNMP_MSG_RESPONSE);

	memcpy(copy, data, len);
	body = snmp_comstr_parse(copy, &left, community, community_len, &version);
	pdu->version = version;
	if (body == NULL || snmp_pdu_parse(pdu, body, &left) != 0) {
		snmp_free_pdu(pdu);
		return NULL;
	}
	return pdu;
}

bool
has_opaque_special(const struct snmp_message *m)
{
	for (uint16_t i = 0; i < m->n; i++)
		if (m->varbind[i].value.type == SNMP_OPAQUE && m->varbind[i].value.len > 0 && m->varbind[i].value.bytes[0] == 0x9f)
			return true;
	return false;
}

static bool
head_equals(const struct snmp_message *m, const netsnmp_pdu *pdu)
{
	return pdu->reqid == m->request_id && pdu->errstat == m->error_status && pdu->errindex == m->error_index;
}

static bool
trap1_equals(const struct snmp_trap1 *t, const netsnmp_pdu *pdu)
{
	return oid_equals(t->enterprise, t->enterprise_len, pdu->enterprise, pdu->enterprise_length) &&
	    memcmp(t->agent, pdu->agent_addr, sizeof(t->agent)) == 0 && pdu->trap_type == t->generic &&
	    pdu->specific_type == t->specific && pdu->time == t->ticks;
}

bool
netsnmp_agrees(const struct snmp_message *m, const struct snmp_trap1 *t, const uint8_t *data, size_t len)
{
	uint8_t		       community[256];
	size_t		       community_len = sizeof(community);
	netsnmp_pdu	      *pdu = netsnmp_read(data, len, community, &community_len);
	netsnmp_variable_list *v;
	uint16_t	       i = 0;
	bool		       same;

	if (pdu == NULL)
		return false;
	same = pdu->version == m->version && pdu->command == m->pdu && community_len == m->community_len &&
	    memcmp(community, m->community, community_len) == 0 &&
	    (m->pdu == SNMP_PDU_TRAP1 ? trap1_equals(t, pdu) : head_equals(m, pdu));
	for (v = pdu->variables; same && v != NULL && i < m->n; v = v->next_variable, i++)
		same = oid_equals(m->varbind[i].oid, m->varbind[i].oid_len, v->name, v->name_length) &&
		    value_equals(&m->varbind[i].value, v);
	same = same && v == NULL && i == m->n;
	snmp_free_pdu(pdu);
	return same;
}
