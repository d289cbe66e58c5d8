/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tables_test.c: what the rest of the program relies on in the tables of the probes and collectors. */
#include "collectors/collector.h"
#include "probes/probe.h"
#include "live/settings.h"

#include <string.h>

#include "tests/unit/tap.h"

static const struct conf_group *
group_find(const char *name)
{
	const struct conf_group *g;

	for (g = conf_schema(); g->name != NULL; g++)
		if (strcmp(g->name, name) == 0)
			return g;
	return NULL;
}

static const struct conf_opt *
option_find(const struct conf_opt *o, const char *key)
{
	for (; o->key != NULL; o++)
		if (strcmp(o->key, key) == 0)
			return o;
	return NULL;
}

/* Only what a target carries reaches a probe. */
static void
test_probe_options(const struct probe_ops *p)
{
	const struct conf_group *g = group_find(p->name);
	const struct conf_opt	*o, *interval = option_find(p->options, "interval_s");
	const struct conf_opt	*timeout = option_find(p->options, "timeout_s");

	ok(g != NULL && g->options == p->options && !g->list, "%s: its settings are a group of its name", p->name);
	ok(interval != NULL && interval->type == CONF_NUMBER && interval->min >= PROBE_INTERVAL_MIN_S,
	    "%s: interval_s, not below what the engine keeps", p->name);
	ok(timeout != NULL && timeout->type == CONF_NUMBER && timeout->max <= PROBE_TIMEOUT_MAX_S,
	    "%s: timeout_s, not above what the engine keeps", p->name);
	for (o = p->options; o->key != NULL; o++)
		ok(o == interval || o == timeout || (strcmp(o->key, "port") == 0 && o->type == CONF_INT && o->max <= UINT16_MAX),
		    "%s: somebody reads %s", p->name, o->key);
}

static void
test_probes(void)
{
	const struct probe_ops *p;
	size_t			i;

	for (i = 0; (p = probe_registry[i]) != NULL; i++) {
		is_text(p->name, probe_names[i], "a probe is registered under its own name");
		ok(i == 0 || strcmp(probe_names[i - 1], p->name) < 0, "%s: in alphabetical order", p->name);
		ok(probe_find(p->name) == p && p->help != NULL && p->starts > 0 && p->start != NULL && p->cancel != NULL,
		    "%s: is found, and has what every probe has", p->name);
		test_probe_options(p);
	}
	ok(probe_names[i] == NULL && probe_find("") == NULL, "there are no more");
	ok(option_find(group_find("engine")->options, "link_probe")->words == probe_names, "each may be chosen for the lines");
}

static void
test_collectors(void)
{
	const struct collector_ops *c;
	size_t			    i;

	for (i = 0; (c = collector_registry[i]) != NULL; i++) {
		ok(i == 0 || strcmp(collector_registry[i - 1]->name, c->name) < 0, "%s: in alphabetical order", c->name);
		ok(c->help != NULL && c->options == group_find("snmp")->options,
		    "%s: its settings are those of the engine that reads for it", c->name);
	}
	is_i64((int64_t)i, COLLECTORS, "there are as many as a device has room for");
}

/* What core makes of a probe's settings. */
static void
test_settings(void)
{
	static const struct {
		const char *name, *probe, *path, *value;
		int64_t	    interval_ns, timeout_ms, port, round_ns;
	} cases[] = {
		{ "icmp", "icmp", "tcp.port", "80", 2 * NS_PER_S, 1000, 0, 10 * NS_PER_S },
		{ "icmp, faster", "icmp", "icmp.interval_s", "1.5", 1500 * NS_PER_MS, 1000, 0, 7500 * NS_PER_MS },
		{ "icmp, of another timeout", "icmp", "icmp.timeout_s", "0.7", 2 * NS_PER_S, 700, 0, 10 * NS_PER_S },
		{ "tcp", "tcp", "tcp.port", "80", 30 * NS_PER_S, 1000, 80, 30 * NS_PER_S },
		{ "tcp, slower", "tcp", "tcp.interval_s", "60", 60 * NS_PER_S, 1000, 7, 60 * NS_PER_S },
	};
	struct core_settings s;
	char		     err[300];
	size_t		     i;

	for (i = 0; i < nitems(cases); i++) {
		struct conf *conf = conf_new_default();

		ok(conf_set(conf, "engine.link_probe", cases[i].probe, err, sizeof(err)) == 0 &&
		    conf_set(conf, cases[i].path, cases[i].value, err, sizeof(err)) == 0, "%s: settings", cases[i].name);
		core_settings_read(&s, conf);
		is_text(s.link_probe, cases[i].probe, "... the probe");
		is_i64(s.link_interval_ns, cases[i].interval_ns, "... its interval");
		is_i64(s.link_timeout_ms, cases[i].timeout_ms, "... its timeout");
		is_i64(s.link_port, cases[i].port, "... its port");
		is_i64(s.rounds.interval_ns, cases[i].round_ns, "... and how long a result takes");
		conf_free(conf);
	}
}

int
main(void)
{
	test_probes();
	test_collectors();
	test_settings();
	return tap_done();
}
