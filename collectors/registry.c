/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry.c: all collectors, one line each. */
#include "collectors/collector.h"

const struct collector_ops *const collector_registry[COLLECTORS + 1] = {
	&collector_cdp,
	&collector_entity_sensor,
	&collector_host,
	&collector_if_mib,
	&collector_lldp,
	&collector_mtxr_neighbour,
	&collector_profile_table,
	NULL
};
