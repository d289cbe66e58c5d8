/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_trap.c: any datagram at the trap port, of v1, v2c or v3. What is accepted lies within the datagram and its limits, and the
 * answer to an inform is a response that the other gate takes.
 */
#include "collectors/snmp/trap.h"

#include <stdlib.h>
#include <string.h>

#include "trap/usm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(const uint8_t *data, size_t size, const uint8_t *p, size_t len)
{
	if (p < data || p > data + size || len > (size_t)(data + size - p))
		abort();
}

static void
check_answer(const struct snmp_trap *t, const uint8_t *data, size_t size)
{
	static struct snmp_message answer;
	const char		  *why = NULL;
	uint8_t			  *out = malloc(size);

	trap_answer(t, data, size, out);
	if (snmp_decode(&answer, out, size, &why) == -1 || answer.pdu != SNMP_PDU_RESPONSE ||
	    answer.request_id != t->message->request_id || answer.n != t->message->n)
		abort();
	free(out);
}

/* Whatever comes as SNMPv3: an answer goes back only to an inform and to who asks. */
static void
check_v3(const uint8_t *data, size_t size)
{
	static struct trap_usm	  *u;
	static struct snmp_message m;
	static int64_t		   now;
	struct trap_user	  *user;
	struct snmp_trap	   t;
	enum usm_outcome	   outcome;
	const char		  *why = NULL;
	const uint8_t		  *out;

	if (u == NULL) {
		u = trap_usm_new(0);
		user = &trap_usm_users(u)->each[trap_usm_users(u)->n++];
		user->name_len = 6;
		memcpy(user->name, "fuzzer", 6);
		usm_secret_make(&user->secret, USM_SHA256, "a long enough one", USM_AES128, "a long enough one");
	}
	outcome = trap_usm_take(u, data, size, now += NS_PER_MS, &t, &m, &why);
	if ((outcome != USM_TAKEN && why == NULL) || (trap_usm_answer(u, &out) > 0) != (outcome == USM_ASKS ||
	    (outcome == USM_TAKEN && t.inform)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct snmp_message m;
	struct snmp_trap	   t;
	uint32_t		   arc[SNMP_ARCS_MAX];
	char			   text[256];
	const char		  *why = NULL;

	check_v3(data, size);
	if (trap_decode(&t, &m, data, size, &why) == -1) {
		if (why == NULL)
			abort();
		return 0;
	}
	if (m.n > SNMP_VARBINDS_MAX || t.kind >= TRAP_KINDS || t.oid_len > TRAP_OID_MAX || t.oid_len == 0 ||
	    strlen(t.if_name) >= sizeof(t.if_name))
		abort();
	inside(data, size, m.community, m.community_len);
	for (uint16_t i = 0; i < m.n; i++)
		inside(data, size, m.varbind[i].oid, m.varbind[i].oid_len);
	if (snmp_oid_arcs(t.oid, t.oid_len, arc) > SNMP_ARCS_MAX)
		abort();
	snmp_oid_text(text, sizeof(text), t.oid, t.oid_len);
	if (t.inform)
		check_answer(&t, data, size);
	return 0;
}
