/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cdp.c: neighbours by CISCO-CDP-MIB: cdpCacheTable, indexed by ifIndex and a number of the neighbour. */
#include "collectors/neighbours.h"

enum cdp_column { ADDRESS_TYPE, ADDRESS, DEVICE_ID, DEVICE_PORT, PLATFORM, IF_NAME, CDP_COLUMNS };

#define CDP_CACHE 1, 3, 6, 1, 4, 1, 9, 9, 23, 1, 2, 1, 1

static const struct snmp_column cdp_columns[CDP_COLUMNS + 1] = {
	[ADDRESS_TYPE]	= { "cdpCacheAddressType", false, SNMP_ARCS(CDP_CACHE, 3) },
	[ADDRESS]	= { "cdpCacheAddress", false, SNMP_ARCS(CDP_CACHE, 4) },
	[DEVICE_ID]	= { "cdpCacheDeviceId", false, SNMP_ARCS(CDP_CACHE, 6) },
	[DEVICE_PORT]	= { "cdpCacheDevicePort", false, SNMP_ARCS(CDP_CACHE, 7) },
	[PLATFORM]	= { "cdpCachePlatform", false, SNMP_ARCS(CDP_CACHE, 8) },
	[IF_NAME]	= NEIGHBOURS_IF_NAME,
};

static bool
cdp_match(struct collector *c, const struct row *rows, size_t n)
{
	unsigned told = 0;
	size_t	 i;

	for (i = 0; i < n; i++) {
		const struct row	*row = &rows[i];
		const struct snmp_value *address = &row->value[ADDRESS];
		struct msg_neighbour	 m = neighbour_new(c, NEIGHBOUR_CDP);

		if (!row_has(row, DEVICE_ID) || row->nindex != 2)
			continue;
		neighbour_port(m.port, sizeof(m.port), rows, n, IF_NAME, row->index[0]);
		neighbour_text(m.name, sizeof(m.name), &row->value[DEVICE_ID]);
		neighbour_text(m.remote_port, sizeof(m.remote_port), &row->value[DEVICE_PORT]);
		neighbour_text(m.descr, sizeof(m.descr), &row->value[PLATFORM]);
		if (address->type == SNMP_OCTETS)
			neighbour_address(&m.address, address->bytes, address->len);
		neighbour_tell(c, &m, &told);
	}
	neighbours_end(c, NEIGHBOUR_CDP);
	return told > 0;
}

const struct collector_ops collector_cdp = {
	.name		= "cdp",
	.help		= "Who is at the other end of the ports, by CDP. Read when a device is discovered.",
	.metrics	= neighbour_metrics,
	.options	= snmp_options,
	.columns	= cdp_columns,
	.maker		= 9,		/* Cisco */
	.match		= cdp_match,
	.plan		= neighbours_plan,
	.row		= neighbours_row,
	.end		= neighbours_done,
};
