/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.h: what core reads from a configuration, once, when it is accepted. */
#ifndef SIMPUL_LIVE_SETTINGS_H
#define SIMPUL_LIVE_SETTINGS_H

#include "base/conf.h"
#include "rules/link_rounds.h"
#include "rules/threshold.h"

#define CORE_RULES_MAX 16

struct core_settings {
	char	ns[64], node[64];
	double	removal_max_ratio;
	int64_t	verify_ns, group_window_ns, settle_ns;
	int64_t	link_interval_ns, snmp_interval_ns;
	char	link_probe[16];			/* of probe_line_names */
	uint16_t link_port;			/* 0 = this probe needs none */
	uint32_t link_timeout_ms, snmp_timeout_ms;
	uint16_t discover_rate_ps;
	bool	publish_off;			/* mqtt.enabled is false */
	struct rounds_rule rounds;
	struct threshold_rule rule[CORE_RULES_MAX];
	size_t	nrules;
};

void	core_settings_read(struct core_settings *s, const struct conf *conf);

#endif
