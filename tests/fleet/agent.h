/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent.h: the SNMP agent of a simulated device: one request in, one response out. */
#ifndef SIMPUL_FLEET_AGENT_H
#define SIMPUL_FLEET_AGENT_H

#include "tests/fleet/parts.h"

/**
 * Answer a request of SNMPv1 or v2c (any community is right).
 * @param out  FLEET_DATA_MAX bytes
 * @return length of the response, or 0 when there is none
 */
size_t	agent_answer(const struct fleet_model *m, struct fleet_device *d, int64_t now_ns, const uint8_t *in,
	    size_t len, uint8_t *out);

#endif
