/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h: the bytes of a request, encoded once by net-snmp and then sent again and again under a new
 * request-id.
 *
 * Request-ids lie in SNMP_ID_MIN..SNMP_ID_MAX, so that their encoding always has four bytes and patching them
 * moves nothing.
 */
#ifndef SIMPUL_SNMP_REQUEST_H
#define SIMPUL_SNMP_REQUEST_H

#include "base/base.h"
#include "collectors/snmp/ber.h"

#define SNMP_ID_MIN 0x01000000
#define SNMP_ID_MAX 0x7fffffff

#define SNMP_COLUMN_ARCS 24
#define SNMP_INDEX_ARCS	 24	/* an IPv6 address and what stands before it */

/** A column of a table, or a scalar without its .0; its name as in the MIB. */
struct snmp_column {
	const char *name;
	bool	    scalar;		/* its one instance is .0 */
	uint8_t	    n;
	uint32_t    arc[SNMP_COLUMN_ARCS];
};
#define SNMP_ARCS(...) .n = nitems(((const uint32_t[]){ __VA_ARGS__ })), .arc = { __VA_ARGS__ }

/** One object to ask for: column.index, or the column itself (to begin a walk). */
struct snmp_ask {
	const struct snmp_column *column;
	bool			  whole;	/* without an index */
	uint8_t			  nindex;	/* arcs of the index; 0: the instance .0 of a scalar */
	const uint32_t		 *index;
};

/** Order of two indexes, that of their OIDs: below, 0 or above zero. */
int	snmp_index_compare(const uint32_t *a, size_t na, const uint32_t *b, size_t nb);

struct snmp_credential {
	uint8_t	version;		/* enum snmp_version */
	uint8_t community_len;
	uint8_t community[SNMP_COMMUNITY_MAX];
};

struct snmp_request {			/* zeroed is empty; snmp_request_fini() when done */
	uint8_t *data;			/* a whole datagram; of v3 the PDU */
	uint16_t len;
	uint16_t id_at;			/* place of the four bytes of the request-id */
	uint16_t varbinds_at;		/* place of the varbind list's content, which runs to the end */
};

/**
 * Encode a request; replaces what r held.
 *
 * @param pdu	SNMP_PDU_GET, SNMP_PDU_GETNEXT, or SNMP_PDU_GETBULK with so many repetitions
 */
void	snmp_request_encode(struct snmp_request *r, const struct snmp_credential *cred,
	    enum snmp_pdu_type pdu, unsigned repetitions, const struct snmp_ask *ask, size_t n);
void	snmp_request_fini(struct snmp_request *r);	/* wipes: it holds the community */
/** @param data  a copy of the bytes of r */
void	snmp_request_patch(uint8_t *data, const struct snmp_request *r, int32_t request_id);

#endif
