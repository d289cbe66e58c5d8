/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_snmp.c: any datagram through the SNMP gate; what it accepts must lie within the datagram and within
 * its limits.
 */
#include "collectors/snmp/ber.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(const uint8_t *data, size_t size, const uint8_t *p, size_t len)
{
	if (p < data || p > data + size || len > (size_t)(data + size - p))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct snmp_message m;
	struct snmp_expect	   e;
	uint32_t		   arc[SNMP_ARCS_MAX];
	char			   text[256];
	const char		  *why = NULL;

	if (snmp_decode(&m, data, size, &why) == -1) {
		if (why == NULL)
			abort();
		return 0;
	}
	if (m.n > SNMP_VARBINDS_MAX || m.community_len > SNMP_COMMUNITY_MAX)
		abort();
	inside(data, size, m.community, m.community_len);
	for (uint16_t i = 0; i < m.n; i++) {
		const struct snmp_varbind *vb = &m.varbind[i];

		inside(data, size, vb->oid, vb->oid_len);
		if (vb->value.bytes != NULL)
			inside(data, size, vb->value.bytes, vb->value.len);
		if (snmp_oid_arcs(vb->oid, vb->oid_len, arc) > SNMP_ARCS_MAX)
			abort();
		snmp_oid_text(text, sizeof(text), vb->oid, vb->oid_len);
	}
	e = (struct snmp_expect){ .request_id = m.request_id, .version = m.version, .community = m.community,
	    .community_len = (uint8_t)m.community_len, .varbinds = data, .varbinds_len = size };
	if (snmp_response_check(&m, &e) >= SNMP_CHECKS)
		abort();
	return 0;
}
