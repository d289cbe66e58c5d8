/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.h: what core reads from a configuration, once, when it is accepted. */
#ifndef SIMPUL_LIVE_SETTINGS_H
#define SIMPUL_LIVE_SETTINGS_H

#include "base/conf.h"
#include "model/inventory.h"
#include "probes/probe.h"
#include "rules/link_rounds.h"
#include "rules/threshold.h"

#define CORE_RULES_MAX 16

struct line_probe {			/* how one of the probes measures lines */
	int64_t		   interval_ns;
	uint32_t	   timeout_ms;
	uint16_t	   port;	/* 0: this probe needs none */
	struct rounds_rule rounds;
};

struct core_settings {
	char	ns[64], node[64];
	double	removal_max_ratio;
	int64_t	verify_ns, group_window_ns, settle_ns;
	int64_t	snmp_interval_ns, gap_ns;	/* gap_ns: engine.gap_s, without regard to any probe */
	int64_t	trace_interval_ns;		/* 0: ways are traced at the onset of a fault alone */
	char	link_probe[PROBE_NAME_MAX];	/* of probe_line_names: of lines that name none */
	struct line_probe line[PROBES_MAX];	/* parallel to probe_registry[] */
	uint32_t snmp_timeout_ms;
	uint16_t discover_rate_ps;
	bool	publish_off;			/* mqtt.enabled is false */
	struct threshold_rule rule[CORE_RULES_MAX];
	size_t	nrules;
};

void	core_settings_init(struct core_settings *s);	/* before there is a configuration */
void	core_settings_read(struct core_settings *s, const struct conf *conf);

/** The probe of a line: its own, or engine.link_probe. */
const struct probe_ops *link_probe_of(const struct core_settings *s, const struct link *l);
const struct line_probe *link_settings_of(const struct core_settings *s, const struct link *l);
/** Has it an address, or does it call us? */
bool	link_is_probed(const struct link *l);

#endif
