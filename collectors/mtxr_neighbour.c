/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mtxr_neighbour.c: neighbours of a RouterOS by MIKROTIK-MIB: mtxrNeighborTable, which holds what MNDP,
 * CDP and LLDP have found, and names the local port by its ifIndex.
 */
#include "collectors/neighbours.h"

#include <string.h>

enum mtxr_column { IP_ADDRESS, MAC_ADDRESS, PLATFORM, IDENTITY, INTERFACE_ID, IF_NAME, MTXR_COLUMNS };

#define MTXR_NEIGHBOR 1, 3, 6, 1, 4, 1, 14988, 1, 1, 11, 1, 1

static const struct snmp_column mtxr_columns[MTXR_COLUMNS + 1] = {
	[IP_ADDRESS]   = { "mtxrNeighborIpAddress", false, SNMP_ARCS(MTXR_NEIGHBOR, 2) },
	[MAC_ADDRESS]  = { "mtxrNeighborMacAddress", false, SNMP_ARCS(MTXR_NEIGHBOR, 3) },
	[PLATFORM]     = { "mtxrNeighborPlatform", false, SNMP_ARCS(MTXR_NEIGHBOR, 5) },
	[IDENTITY]     = { "mtxrNeighborIdentity", false, SNMP_ARCS(MTXR_NEIGHBOR, 6) },
	[INTERFACE_ID] = { "mtxrNeighborInterfaceID", false, SNMP_ARCS(MTXR_NEIGHBOR, 8) },
	[IF_NAME]      = NEIGHBOURS_IF_NAME,
};

/* ifIndexes of RouterOS may be negative, or above 2^31: the same 32 bits. */
static void
local_port(struct msg_neighbour *m, const struct row *row, const struct row *rows, size_t n)
{
	const struct snmp_value *v = &row->value[INTERFACE_ID];

	if (v->type == SNMP_INTEGER)
		neighbour_port(m->port, sizeof(m->port), rows, n, IF_NAME, (uint32_t)v->integer);
	else if (v->type == SNMP_GAUGE32)
		neighbour_port(m->port, sizeof(m->port), rows, n, IF_NAME, (uint32_t)v->number);
}

static bool
mtxr_match(struct collector *c, const struct row *rows, size_t n)
{
	unsigned told = 0;
	size_t	 i;

	for (i = 0; i < n; i++) {
		const struct row	*row = &rows[i];
		const struct snmp_value *address = &row->value[IP_ADDRESS];
		struct msg_neighbour	 m = neighbour_new(c, NEIGHBOUR_MTXR);
		static const uint8_t	 none[4];

		if (!row_has(row, MAC_ADDRESS) && !row_has(row, IDENTITY))
			continue;
		neighbour_mac(m.mac, &row->value[MAC_ADDRESS]);
		neighbour_text(m.name, sizeof(m.name), &row->value[IDENTITY]);
		neighbour_text(m.descr, sizeof(m.descr), &row->value[PLATFORM]);
		if (address->type == SNMP_IPADDRESS && memcmp(address->bytes, none, sizeof(none)) != 0)
			neighbour_address(&m.address, address->bytes, address->len);
		local_port(&m, row, rows, n);
		neighbour_tell(c, &m, &told);
	}
	neighbours_end(c, NEIGHBOUR_MTXR);
	return told > 0;
}

const struct collector_ops collector_mtxr_neighbour = {
	.name		= "mtxr_neighbour",
	.help		= "Who is at the other end of a RouterOS's ports. Read when a device is discovered.",
	.metrics	= neighbour_metrics,
	.options	= snmp_options,
	.columns	= mtxr_columns,
	.maker		= 14988,	/* MikroTik */
	.match		= mtxr_match,
	.plan		= neighbours_plan,
	.row		= neighbours_row,
	.end		= neighbours_done,
};
