/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.c: see settings.h. */
#include "live/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
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

/* A gap is what is longer than engine.gap_s, and than a few results of this probe take. */
static void
rounds_read(struct line_probe *l, const struct probe_ops *ops, int64_t gap_ns)
{
	l->rounds = rounds_rule_default;
	l->rounds.interval_ns = l->interval_ns * ops->starts;
	l->rounds.gap_ns = (int64_t)(GAP_INTERVALS * (double)l->rounds.interval_ns);
	if (gap_ns > l->rounds.gap_ns)
		l->rounds.gap_ns = gap_ns;
}

static void
probes_read(struct core_settings *s, const struct conf *conf)
{
	char   path[64];
	size_t i;

	text_copy(s->link_probe, sizeof(s->link_probe), conf_text(conf, "engine.link_probe"));
	for (i = 0; probe_registry[i] != NULL; i++) {
		const struct probe_ops *ops = probe_registry[i];
		struct line_probe      *l = &s->line[i];

		if (!ops->line)
			continue;
		l->interval_ns = milliseconds(conf, ops->name, "interval_s") * NS_PER_MS;
		l->timeout_ms = milliseconds(conf, ops->name, "timeout_s");
		snprintf(path, sizeof(path), "%s.port", ops->name);
		if (probe_has_option(ops, "port"))
			l->port = (uint16_t)conf_int(conf, path);
		rounds_read(l, ops, s->gap_ns);
	}
}

const struct probe_ops *
link_probe_of(const struct core_settings *s, const struct link *l)
{
	const struct probe_ops *own = probe_find(l->probe.name);

	return own != NULL ? own : probe_find(s->link_probe);
}

const struct line_probe *
link_settings_of(const struct core_settings *s, const struct link *l)
{
	const struct probe_ops *ops = link_probe_of(s, l);
	size_t			i;

	for (i = 0; probe_registry[i] != ops && probe_registry[i + 1] != NULL; i++)
		;
	return &s->line[i];
}

bool
link_is_probed(const struct link *l)
{
	const struct probe_ops *own = probe_find(l->probe.name);

	return l->address.family != 0 || (own != NULL && own->calls);
}

void
core_settings_init(struct core_settings *s)
{
	size_t i;

	for (i = 0; i < PROBES_MAX; i++)
		s->line[i].rounds = rounds_rule_default;
}

void
core_settings_read(struct core_settings *s, const struct conf *conf)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	core_settings_init(s);
	text_copy(s->ns, sizeof(s->ns), conf_text(conf, "engine.ns"));
	text_copy(s->node, sizeof(s->node), conf_text(conf, "engine.node"));
	s->snmp_interval_ns = milliseconds(conf, "snmp", "interval_s") * NS_PER_MS;
	s->snmp_timeout_ms = milliseconds(conf, "snmp", "timeout_s");
	s->trace_interval_ns = conf_int(conf, "trace.interval_s") * NS_PER_S;
	s->discover_rate_ps = (uint16_t)conf_int(conf, "snmp.discover_rate");
	s->publish_off = !conf_bool(conf, "mqtt.enabled");
	s->removal_max_ratio = conf_number(conf, "engine.removal_max_ratio");
	s->verify_ns = conf_int(conf, "engine.verify_ms") * NS_PER_MS;
	s->group_window_ns = conf_int(conf, "engine.group_window_ms") * NS_PER_MS;
	s->settle_ns = conf_int(conf, "engine.settle_s") * NS_PER_S;
	s->gap_ns = conf_int(conf, "engine.gap_s") * NS_PER_S;
	probes_read(s, conf);
	s->nrules = conf_count(conf, "rules");
	if (s->nrules > CORE_RULES_MAX) {
		log_warnx("only the first %d rules are used", CORE_RULES_MAX);
		s->nrules = CORE_RULES_MAX;
	}
	for (i = 0; i < s->nrules; i++)
		rule_read(&s->rule[i], conf, i);
}
