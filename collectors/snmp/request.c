/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.c: requests by net-snmp's encoder. Besides this file only usm.c calls that library.
 *
 * Only its PDU and ASN.1 functions are called: no session, no init_snmp(), hence no MIB or configuration file
 * is read and nothing is written below /var/lib/snmp. net-snmp encodes from the end backwards (the "rbuild"
 * functions).
 */
#include "collectors/snmp/request.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include "base/cursor.h"
#include "base/log.h"

static void
ask_oid(const struct snmp_ask *ask, oid *name, size_t *n)
{
	for (*n = 0; *n < ask->column->n; ++*n)
		name[*n] = ask->column->arc[*n];
	if (ask->whole)
		return;
	if (ask->nindex == 0)
		name[(*n)++] = 0;
	for (uint8_t i = 0; i < ask->nindex; i++)
		name[(*n)++] = ask->index[i];
}

int
snmp_index_compare(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
	for (size_t i = 0; i < na && i < nb; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return (na > nb) - (na < nb);
}

/* net-snmp fails only for want of memory. */
static netsnmp_pdu *
pdu_new(enum snmp_pdu_type type, unsigned repetitions, const struct snmp_ask *ask, size_t nasks)
{
	netsnmp_pdu *pdu = snmp_pdu_create(type);
	oid	     name[SNMP_COLUMN_ARCS + SNMP_INDEX_ARCS];
	size_t	     n;

	if (pdu == NULL)
		fatalx("out of memory");
	pdu->reqid = SNMP_ID_MIN;
	pdu->errstat = pdu->errindex = 0;
	if (type == SNMP_PDU_GETBULK) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = repetitions;
	}
	for (size_t i = 0; i < nasks; i++) {
		ask_oid(&ask[i], name, &n);
		if (snmp_add_null_var(pdu, name, n) == NULL)
			fatalx("out of memory");
	}
	return pdu;
}

/*
 * The message around the PDU: community, version, sequence; v3 has its own (v3_target.h). *data is grown by
 * net-snmp; *offset counts from its end.
 */
static bool
message_build(u_char **data, size_t *size, size_t *offset, const struct snmp_credential *cred,
    netsnmp_pdu *pdu)
{
	long version = cred->version;

	if (snmp_pdu_realloc_rbuild(data, size, offset, pdu) != 1)
		return false;
	return cred->version == SNMP_V3 ||
	    (asn_realloc_rbuild_string(data, size, offset, 1, ASN_OCTET_STR, cred->community,
	    cred->community_len) == 1 &&
	    asn_realloc_rbuild_int(data, size, offset, 1, ASN_INTEGER, &version, sizeof(version)) == 1 &&
	    asn_realloc_rbuild_sequence(data, size, offset, 1, ASN_SEQUENCE | ASN_CONSTRUCTOR, *offset) == 1);
}

/*
 * Find the request-id and the varbinds in what net-snmp has built: it is ours, so only its layout is
 * followed.
 */
static void
places_find(struct snmp_request *r, bool whole)
{
	struct cursor c = cursor_of(r->data, r->len);
	uint8_t	      head;
	size_t	      n;

	/*
	 * Of a whole message: sequence, version, community; then PDU, request-id, error-status, error-index,
	 * sequence.
	 */
	for (unsigned field = whole ? 0 : 3; field < 8; field++) {
		cursor_bytes(&c, 1);
		head = *cursor_bytes(&c, 1);
		n = head < 0x80 ? head : 0;
		if (head > 0x80)
			for (const uint8_t *p = cursor_bytes(&c, head & 0x7f), *end = c.p; p < end; p++)
				n = n << 8 | *p;
		if (field == 4)
			r->id_at = (uint16_t)(c.p - r->data);
		if (field != 0 && field != 3 && field != 7)
			cursor_bytes(&c, n);
	}
	r->varbinds_at = (uint16_t)(c.p - r->data);
}

void
snmp_request_encode(struct snmp_request *r, const struct snmp_credential *cred, enum snmp_pdu_type type,
    unsigned repetitions, const struct snmp_ask *ask, size_t n)
{
	size_t	     size = 256, offset = 0;
	u_char	    *data = malloc(size);	/* net-snmp reallocs it */
	netsnmp_pdu *pdu = pdu_new(type, repetitions, ask, n);

	snmp_request_fini(r);
	if (data == NULL || !message_build(&data, &size, &offset, cred, pdu) || offset > UINT16_MAX)
		fatalx("cannot encode an SNMP request of %zu objects", n);
	r->data = xcalloc(1, offset);
	memcpy(r->data, data + size - offset, offset);
	r->len = (uint16_t)offset;
	places_find(r, cred->version != SNMP_V3);
	explicit_bzero(data, size);
	free(data);
	snmp_free_pdu(pdu);
}

void
snmp_request_fini(struct snmp_request *r)
{
	if (r->data != NULL)
		explicit_bzero(r->data, r->len);
	free(r->data);
	*r = (struct snmp_request){ 0 };
}

void
snmp_request_patch(uint8_t *data, const struct snmp_request *r, int32_t request_id)
{
	uint8_t *at = data + r->id_at;

	at[0] = (uint8_t)((uint32_t)request_id >> 24);
	at[1] = (uint8_t)((uint32_t)request_id >> 16);
	at[2] = (uint8_t)((uint32_t)request_id >> 8);
	at[3] = (uint8_t)request_id;
}
