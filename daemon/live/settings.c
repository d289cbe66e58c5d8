/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.c: see settings.h. */
#include "live/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "probes/probe.h"
#include "rules/watched.h"

#define GAP_INTERVALS 2.5	/* a gap is never shorter than this many results */

static void
rule_read(struct threshold_rule *r, const struct conf *conf, size_t i)
{
	char   path[64];
	size_t k, n;

#define KEY(key) (snprintf(path, sizeof(path), "rules[%zu]." key, i), path)
	text_copy(r->name, sizeof(r->name), conf_text(conf, KEY("name")));
	r->value = (uint8_t)watched_find(conf_text(conf, KEY("value")));
	r->raise = conf_number(conf, KEY("raise"));
	r->clear = conf_number(conf, KEY("clear"));
	r->raise_ns = conf_int(conf, KEY("raise_s")) * NS_PER_S;
	r->clear_ns = conf_int(conf, KEY("clear_s")) * NS_PER_S;
	text_copy(r->severity, sizeof(r->severity), conf_text(conf, KEY("severity")));
	n = conf_count(conf, KEY("class"));
	for (k = 0; k < nitems(r->on_class); k++)
		r->on_class[k] = n == 0;
	for (k = 0; k < n; k++) {
		const char *word = conf_word(conf, KEY("class"), k);
		size_t	    class;

		for (class = 0; class < nitems(r->on_class); class++)
			r->on_class[class] |= strcmp(word, site_class_names[class]) == 0;
	}
#undef KEY
}

/* Of a probe's group, or of "snmp". Targets are told in milliseconds. */
static uint32_t
milliseconds(const struct conf *conf, const char *group, const char *key)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.%s", group, key);
	return (uint32_t)(conf_number(conf, path) * 1000 + 0.5);
}

/* How lines are probed: by the settings of the probe that was chosen for them. */
static void
probe_read(struct core_settings *s, const struct conf *conf)
{
	const char *probe = conf_text(conf, "engine.link_probe");
	char	    path[64];

	text_copy(s->link_probe, sizeof(s->link_probe), probe);
	s->link_interval_ns = milliseconds(conf, probe, "interval_s") * NS_PER_MS;
	s->link_timeout_ms = milliseconds(conf, probe, "timeout_s");
	snprintf(path, sizeof(path), "%s.port", probe);
	if (probe_has_option(probe_find(probe), "port"))
		s->link_port = (uint16_t)conf_int(conf, path);
}

static void
rounds_read(struct core_settings *s, const struct conf *conf)
{
	int64_t gap_ns = conf_int(conf, "engine.gap_s") * NS_PER_S;

	s->rounds = rounds_rule_default;
	s->rounds.interval_ns = s->link_interval_ns * probe_find(s->link_probe)->starts;
	s->rounds.gap_ns = (int64_t)(GAP_INTERVALS * (double)s->rounds.interval_ns);
	if (gap_ns > s->rounds.gap_ns)
		s->rounds.gap_ns = gap_ns;
}

void
core_settings_read(struct core_settings *s, const struct conf *conf)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	text_copy(s->ns, sizeof(s->ns), conf_text(conf, "engine.ns"));
	text_copy(s->node, sizeof(s->node), conf_text(conf, "engine.node"));
	s->snmp_interval_ns = milliseconds(conf, "snmp", "interval_s") * NS_PER_MS;
	s->snmp_timeout_ms = milliseconds(conf, "snmp", "timeout_s");
	s->discover_rate_ps = (uint16_t)conf_int(conf, "snmp.discover_rate");
	s->publish_off = !conf_bool(conf, "mqtt.enabled");
	s->removal_max_ratio = conf_number(conf, "engine.removal_max_ratio");
	s->verify_ns = conf_int(conf, "engine.verify_ms") * NS_PER_MS;
	s->group_window_ns = conf_int(conf, "engine.group_window_ms") * NS_PER_MS;
	s->settle_ns = conf_int(conf, "engine.settle_s") * NS_PER_S;
	probe_read(s, conf);
	rounds_read(s, conf);
	s->nrules = conf_count(conf, "rules");
	if (s->nrules > CORE_RULES_MAX) {
		log_warnx("only the first %d rules are used", CORE_RULES_MAX);
		s->nrules = CORE_RULES_MAX;
	}
	for (i = 0; i < s->nrules; i++)
		rule_read(&s->rule[i], conf, i);
}
