/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trap.c: traps and informs (RFC 1157 4.1.6, RFC 3416 4.2.6 and 4.2.7) to one form by RFC 3584 section 3.1:
 *
 *	generic-trap 0 to 5	snmpTraps.1 to .6
 *	enterpriseSpecific	enterprise, 0, specific-trap
 */
#include "collectors/snmp/trap.h"

#include <string.h>

#define REJECT(reason)	do { *why = (reason); return -1; } while (0)
#define OID_IS(oid, len, name) ((len) == sizeof(name) && memcmp(oid, name, sizeof(name)) == 0)
#define GENERIC_ENTERPRISE 6

const char *const trap_kind_words[TRAP_KINDS] = {
	"other", "coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss"
};

static const uint8_t sys_up_time[] = { 0x2b, 6, 1, 2, 1, 1, 3, 0 };
static const uint8_t trap_oid[] = { 0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0 };		/* snmpTrapOID.0 */
static const uint8_t trap_address[] = { 0x2b, 6, 1, 6, 3, 18, 1, 3, 0 };	/* snmpTrapAddress.0 */
static const uint8_t snmp_traps[] = { 0x2b, 6, 1, 6, 3, 1, 1, 5 };		/* and 1 to 6 */
static const uint8_t if_entry[] = { 0x2b, 6, 1, 2, 1, 2, 2, 1 };		/* and column, ifIndex */
static const uint8_t if_x_entry[] = { 0x2b, 6, 1, 2, 1, 31, 1, 1, 1 };
#define IF_INDEX 1
#define IF_DESCR 2	/* ifEntry */
#define IF_NAME	 1	/* ifXEntry */

static void
oid_append(struct snmp_trap *t, uint32_t arc)
{
	int shift;

	for (shift = 28; shift > 0 && arc >> shift == 0; shift -= 7)
		;
	for (; shift >= 0; shift -= 7)
		t->oid[t->oid_len++] = (uint8_t)((arc >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
}

static void
oid_set(struct snmp_trap *t, const uint8_t *oid, size_t len)
{
	memcpy(t->oid, oid, len);
	t->oid_len = (uint16_t)len;
}

/* Of SNMPv1: the OID that the same notification has in v2. */
static int
from_v1(struct snmp_trap *t, const struct snmp_trap1 *v1, const char **why)
{
	uint32_t arc[SNMP_ARCS_MAX];

	if (v1->generic < 0 || v1->generic > GENERIC_ENTERPRISE)
		REJECT("generic-trap out of range");
	if (v1->generic < GENERIC_ENTERPRISE) {
		oid_set(t, snmp_traps, sizeof(snmp_traps));
		oid_append(t, (uint32_t)v1->generic + 1);
	} else {
		if (v1->specific < 0)
			REJECT("specific-trap below zero");
		if (snmp_oid_arcs(v1->enterprise, v1->enterprise_len, arc) > SNMP_ARCS_MAX - 2)
			REJECT("OID of too many arcs");
		oid_set(t, v1->enterprise, v1->enterprise_len);
		oid_append(t, 0);
		oid_append(t, (uint32_t)v1->specific);
	}
	t->ticks = v1->ticks;
	if (memcmp(v1->agent, "\0\0\0", sizeof(v1->agent)) != 0) {
		t->agent.family = 4;
		memcpy(t->agent.byte, v1->agent, sizeof(v1->agent));
	}
	return 0;
}

/* Of v2c: sysUpTime.0 and snmpTrapOID.0 come first, in this order. */
static int
from_v2(struct snmp_trap *t, const struct snmp_message *m, const char **why)
{
	const struct snmp_varbind *vb = m->varbind;

	if (m->error_status != 0 || m->error_index != 0)
		REJECT("error in a notification");
	if (m->n < 1 || !OID_IS(vb[0].oid, vb[0].oid_len, sys_up_time) || vb[0].value.type != SNMP_TIMETICKS)
		REJECT("no sysUpTime at its place");
	if (m->n < 2 || !OID_IS(vb[1].oid, vb[1].oid_len, trap_oid) || vb[1].value.type != SNMP_OID)
		REJECT("no snmpTrapOID at its place");
	t->inform = m->pdu == SNMP_PDU_INFORM;
	t->ticks = (uint32_t)vb[0].value.number;
	oid_set(t, vb[1].value.bytes, vb[1].value.len);
	return 0;
}

static enum trap_kind
kind_of(const struct snmp_trap *t)
{
	uint8_t last;

	if (t->oid_len != sizeof(snmp_traps) + 1 || memcmp(t->oid, snmp_traps, sizeof(snmp_traps)) != 0)
		return TRAP_OTHER;
	last = t->oid[t->oid_len - 1];
	return last >= 1 && last < TRAP_KINDS ? (enum trap_kind)last : TRAP_OTHER;
}

/* @return the column of a row of this table with a one-arc index, and the index; 0: another OID */
static uint32_t
column_of(const struct snmp_varbind *vb, const uint8_t *entry, size_t len, uint32_t *index)
{
	uint32_t arc[SNMP_ARCS_MAX];

	if (vb->oid_len < len + 2 || memcmp(vb->oid, entry, len) != 0 ||
	    snmp_oid_arcs(vb->oid, vb->oid_len, arc) != len + 3)	/* 0x2b is two arcs */
		return 0;
	*index = arc[len + 2];
	return arc[len + 1];
}

static void
name_set(struct snmp_trap *t, const struct snmp_value *v)
{
	size_t len = v->len < sizeof(t->if_name) ? v->len : sizeof(t->if_name) - 1;

	if (v->type != SNMP_OCTETS || memchr(v->bytes, '\0', len) != NULL)
		return;
	memcpy(t->if_name, v->bytes, len);
	t->if_name[len] = '\0';
}

/* Which port it speaks of, as far as it says so: RFC 2863 has ifIndex, many agents add a name. */
static void
claims_read(struct snmp_trap *t, const struct snmp_message *m)
{
	uint32_t column, index = 0;
	uint16_t i;

	for (i = 0; i < m->n; i++) {
		const struct snmp_varbind *vb = &m->varbind[i];

		if (OID_IS(vb->oid, vb->oid_len, trap_address) && vb->value.type == SNMP_IPADDRESS) {
			t->agent = (struct addr){ .family = 4 };
			memcpy(t->agent.byte, vb->value.bytes, 4);
		} else if ((column = column_of(vb, if_entry, sizeof(if_entry), &index)) != 0) {
			if (column == IF_INDEX && vb->value.type == SNMP_INTEGER && vb->value.integer > 0)
				t->if_index = (uint32_t)vb->value.integer;
			else if (t->if_index == 0)
				t->if_index = index;
			if (column == IF_DESCR && t->if_name[0] == '\0')
				name_set(t, &vb->value);
		} else if (column_of(vb, if_x_entry, sizeof(if_x_entry), &index) == IF_NAME) {
			name_set(t, &vb->value);
		}
	}
}

static void
trap_init(struct snmp_trap *t, const struct snmp_message *m)
{
	t->message = m;
	t->inform = false;
	t->oid_len = 0;
	t->agent = (struct addr){ 0 };
	t->if_index = 0;
	t->if_name[0] = '\0';
}

int
trap_of_message(struct snmp_trap *t, struct snmp_message *m, const char **why)
{
	trap_init(t, m);
	if (from_v2(t, m, why) == -1)
		return -1;
	t->kind = kind_of(t);
	claims_read(t, m);
	return 0;
}

int
trap_decode(struct snmp_trap *t, struct snmp_message *m, const uint8_t *data, size_t len, const char **why)
{
	struct snmp_trap1 v1;

	if (snmp_decode_trap(m, &v1, data, len, why) == -1)
		return -1;
	if (m->pdu != SNMP_PDU_TRAP1)
		return trap_of_message(t, m, why);
	trap_init(t, m);
	if (from_v1(t, &v1, why) == -1)
		return -1;
	t->kind = kind_of(t);
	claims_read(t, m);
	return 0;
}

void
trap_answer(const struct snmp_trap *t, const uint8_t *data, size_t len, uint8_t *out)
{
	memcpy(out, data, len);
	out[t->message->pdu_at] = SNMP_PDU_RESPONSE;
}
