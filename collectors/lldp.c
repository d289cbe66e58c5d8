/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lldp.c: neighbours by LLDP-MIB (IEEE 802.1AB-2005).
 *
 * lldpRemTable is indexed by lldpRemTimeMark, lldpRemLocalPortNum and lldpRemIndex, lldpRemManAddrTable by
 * the same and the address; lldpLocPortTable names the local ports. RouterOS has its rows under one number
 * that is none of these, and text where the MIB has bytes: such a row is taken without a local port.
 */
#include "collectors/neighbours.h"

#include <ctype.h>
#include <string.h>

enum lldp_column {
	LOC_PORT_ID_SUBTYPE, LOC_PORT_ID, LOC_PORT_DESC, REM_CHASSIS_ID_SUBTYPE, REM_CHASSIS_ID,
	    REM_PORT_ID_SUBTYPE,
	REM_PORT_ID, REM_PORT_DESC, REM_SYS_NAME, REM_SYS_DESC, REM_MAN_ADDR_IF_SUBTYPE, IF_NAME, LLDP_COLUMNS
};

#define LLDP 1, 0, 8802, 1, 1, 2, 1

static const struct snmp_column lldp_columns[LLDP_COLUMNS + 1] = {
	[LOC_PORT_ID_SUBTYPE]	  = { "lldpLocPortIdSubtype", false, SNMP_ARCS(LLDP, 3, 7, 1, 2) },
	[LOC_PORT_ID]		  = { "lldpLocPortId", false, SNMP_ARCS(LLDP, 3, 7, 1, 3) },
	[LOC_PORT_DESC]		  = { "lldpLocPortDesc", false, SNMP_ARCS(LLDP, 3, 7, 1, 4) },
	[REM_CHASSIS_ID_SUBTYPE]  = { "lldpRemChassisIdSubtype", false, SNMP_ARCS(LLDP, 4, 1, 1, 4) },
	[REM_CHASSIS_ID]	  = { "lldpRemChassisId", false, SNMP_ARCS(LLDP, 4, 1, 1, 5) },
	[REM_PORT_ID_SUBTYPE]	  = { "lldpRemPortIdSubtype", false, SNMP_ARCS(LLDP, 4, 1, 1, 6) },
	[REM_PORT_ID]		  = { "lldpRemPortId", false, SNMP_ARCS(LLDP, 4, 1, 1, 7) },
	[REM_PORT_DESC]		  = { "lldpRemPortDesc", false, SNMP_ARCS(LLDP, 4, 1, 1, 8) },
	[REM_SYS_NAME]		  = { "lldpRemSysName", false, SNMP_ARCS(LLDP, 4, 1, 1, 9) },
	[REM_SYS_DESC]		  = { "lldpRemSysDesc", false, SNMP_ARCS(LLDP, 4, 1, 1, 10) },
	[REM_MAN_ADDR_IF_SUBTYPE] = { "lldpRemManAddrIfSubtype", false, SNMP_ARCS(LLDP, 4, 2, 1, 3) },
	[IF_NAME]		  = NEIGHBOURS_IF_NAME,
};

/* LldpPortIdSubtype, LldpChassisIdSubtype */
enum { PORT_INTERFACE_ALIAS = 1, PORT_MAC = 3, PORT_INTERFACE_NAME = 5, CHASSIS_MAC = 4 };

#define REM_INDEX 3	/* arcs: time mark, local port, number */
#define ADDR_TYPE 3	/* place of the address's type in the index of lldpRemManAddrTable; then its length */
#define IANA_IPV4 1
#define IANA_IPV6 2

static bool
is_number(const struct row *row, unsigned column, int32_t want)
{
	return row->value[column].type == SNMP_INTEGER && row->value[column].integer == want;
}

/*
 * The local port: by its id where that is a name, by the ifName of its number (most number them alike),
 * else by what it is described as.
 */
static void
local_port(char *out, size_t size, const struct row *rows, size_t n, uint32_t port)
{
	const struct row *row = neighbour_row(rows, n, port);

	if (row != NULL && !row_has(row, LOC_PORT_ID))
		row = NULL;
	if (row != NULL && is_number(row, LOC_PORT_ID_SUBTYPE, PORT_INTERFACE_NAME) &&
	    neighbour_text(out, size, &row->value[LOC_PORT_ID]))
		return;
	neighbour_port(out, size, rows, n, IF_NAME, port);
	if (*out == '\0' && row != NULL)
		neighbour_text(out, size, &row->value[LOC_PORT_DESC]);
}

/* The first management address of this row: those follow it, as their indexes begin with its own. */
static void
management_address(struct addr *a, const struct row *of, const struct row *end)
{
	const struct row *r;
	uint8_t		  bytes[16];
	size_t		  k, len;

	for (r = of + 1; r < end && r->nindex > REM_INDEX &&
	    memcmp(r->index, of->index, REM_INDEX * sizeof(*r->index)) == 0; r++) {
		if (!row_has(r, REM_MAN_ADDR_IF_SUBTYPE) || r->nindex < ADDR_TYPE + 2 ||
		    (r->index[ADDR_TYPE] != IANA_IPV4 && r->index[ADDR_TYPE] != IANA_IPV6))
			continue;
		len = r->index[ADDR_TYPE + 1];
		if (len > sizeof(bytes) || r->nindex != ADDR_TYPE + 2 + len)
			continue;
		for (k = 0; k < len && r->index[ADDR_TYPE + 2 + k] <= UINT8_MAX; k++)
			bytes[k] = (uint8_t)r->index[ADDR_TYPE + 2 + k];
		if (k == len && neighbour_address(a, bytes, len))
			return;
	}
}

/* Without a subtype six bytes may as well be letters. */
static bool
is_word(const struct snmp_value *v)
{
	size_t i;

	for (i = 0; i < v->len && isprint(v->bytes[i]); i++)
		;
	return v->type == SNMP_OCTETS && i == v->len && v->len == 6;
}

/* A chassis or port that is named by its MAC tells whose port it is. */
static void
take_ids(struct msg_neighbour *m, const struct row *row)
{
	const struct snmp_value *chassis = &row->value[REM_CHASSIS_ID], *port = &row->value[REM_PORT_ID];
	bool			 untyped = !row_has(row, REM_CHASSIS_ID_SUBTYPE);
	uint8_t			 mac[6];

	if (!(untyped ? !is_word(chassis) : is_number(row, REM_CHASSIS_ID_SUBTYPE, CHASSIS_MAC)) ||
	    !neighbour_mac(m->mac, chassis))
		neighbour_text(m->chassis, sizeof(m->chassis), chassis);
	if (is_number(row, REM_PORT_ID_SUBTYPE, PORT_MAC) && neighbour_mac(mac, port))
		neighbour_text(m->remote_port, sizeof(m->remote_port), &row->value[REM_PORT_DESC]);
	else if (!neighbour_text(m->remote_port, sizeof(m->remote_port), port))
		neighbour_text(m->remote_port, sizeof(m->remote_port), &row->value[REM_PORT_DESC]);
}

static bool
lldp_match(struct collector *c, const struct row *rows, size_t n)
{
	unsigned told = 0;
	size_t	 i;

	for (i = 0; i < n; i++) {
		const struct row    *row = &rows[i];
		struct msg_neighbour m = neighbour_new(c, NEIGHBOUR_LLDP);

		if (!row_has(row, REM_CHASSIS_ID) && !row_has(row, REM_SYS_NAME))
			continue;
		take_ids(&m, row);
		neighbour_text(m.name, sizeof(m.name), &row->value[REM_SYS_NAME]);
		neighbour_text(m.descr, sizeof(m.descr), &row->value[REM_SYS_DESC]);
		if (row->nindex == REM_INDEX) {
			local_port(m.port, sizeof(m.port), rows, n, row->index[1]);
			management_address(&m.address, row, rows + n);
		}
		neighbour_tell(c, &m, &told);
	}
	neighbours_end(c, NEIGHBOUR_LLDP);
	return told > 0;
}

const struct collector_ops collector_lldp = {
	.name		= "lldp",
	.help		= "Who is at the other end of the ports, by LLDP. Read when a device is discovered.",
	.metrics	= neighbour_metrics,
	.options	= snmp_options,
	.columns	= lldp_columns,
	.not_maker	= 14988,	/* RouterOS has a table of its own with what LLDP has found */
	.match		= lldp_match,
	.plan		= neighbours_plan,
	.row		= neighbours_row,
	.end		= neighbours_done,
};
