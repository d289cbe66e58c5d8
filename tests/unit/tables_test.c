/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tables_test.c: what the rest of the program relies on in the tables of the probes and collectors. */
#include "collectors/collector.h"
#include "ctl/command.h"
#include "probes/probe.h"
#include "live/settings.h"

#include <stdlib.h>
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
	ok(timeout != NULL && timeout->type == CONF_NUMBER && timeout->max <= (p->line ? PROBE_TIMEOUT_MAX_S : PROBE_ASKED_TIMEOUT_MAX_S),
	    "%s: timeout_s, not above what the engine keeps", p->name);
	for (o = p->options; o->key != NULL; o++)
		ok(o == interval || o == timeout || (strcmp(o->key, "port") == 0 && o->type == CONF_INT && o->max <= UINT16_MAX),
		    "%s: somebody reads %s", p->name, o->key);
}

static bool
is_among(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void
test_probes(void)
{
	const struct probe_ops *p;
	size_t			i;

	for (i = 0; (p = probe_registry[i]) != NULL; i++) {
		ok(is_among(probe_line_names, p->name) == p->line && is_among(probe_service_names, p->name) == p->asked &&
		    (p->line || p->asked), "%s: is among the probes of lines or of services", p->name);
		ok(i == 0 || strcmp(probe_registry[i - 1]->name, p->name) < 0, "%s: in alphabetical order", p->name);
		ok(probe_find(p->name) == p && p->help != NULL && p->starts > 0 && p->start != NULL && p->cancel != NULL,
		    "%s: is found, and has what every probe has", p->name);
		test_probe_options(p);
	}
	ok(probe_find("") == NULL, "there are no more");
	ok(option_find(group_find("engine")->options, "link_probe")->words == probe_line_names,
	    "those of lines may be chosen for the lines");
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

/* ---- metrics ---- */

/* Does "port|link" name this kind? */
static bool
series_has(const char *series, const char *kind)
{
	size_t len;

	for (; *series != '\0'; series += len + (series[len] == '|')) {
		len = strcspn(series, "|");
		if (len == strlen(kind) && strncmp(series, kind, len) == 0)
			return true;
	}
	return false;
}

static enum unit
unit_of_name(const char *name)
{
	static const struct { const char *ending; enum unit unit; } endings[] = {
		{ "_s", UNIT_SECOND }, { "_ratio", UNIT_RATIO }, { "_bps", UNIT_BIT_PER_SECOND }, { "_ps", UNIT_PER_SECOND },
		{ "_c", UNIT_CELSIUS },
	};
	size_t i, len = strlen(name), end;

	for (i = 0; i < nitems(endings); i++) {
		end = strlen(endings[i].ending);
		if (len > end && strcmp(name + len - end, endings[i].ending) == 0)
			return endings[i].unit;
	}
	return UNIT_NONE;
}

static void
test_metric(const char *module, const struct metric *m)
{
	const struct series_kind *k;
	const char		 *s;
	char			  kind[32];
	size_t			  len;

	ok(m->unit == unit_of_name(m->name), "%s: %s has the unit that its name says", module, m->name);
	ok(m->kind == METRIC_GAUGE && m->help != NULL, "... is a gauge, as all series are, and explained");
	for (s = m->series; *s != '\0'; s += len + (s[len] == '|')) {
		len = strcspn(s, "|");
		snprintf(kind, sizeof(kind), "%.*s", (int)len, s);
		k = series_kind_find(kind);
		ok(k != NULL && series_value_index(k, m->name) >= 0, "... and a data source of %s", kind);
	}
}

struct maker {
	const char *name;	/* of the probe or collector that declares it last */
	size_t	    n;		/* how many do */
};

static void
makers_count(struct maker *maker, const char *module, const struct metric *m, const char *kind, const char *value)
{
	for (; m->name != NULL; m++)
		if (strcmp(m->name, value) == 0 && series_has(m->series, kind)) {
			maker->name = module;
			maker->n++;
		}
}

/* Each data source is declared once, by who makes it; what nobody makes yet, by nobody. */
static void
test_series(const char *kind, const char *of_rates, const char *of_delays)
{
	const struct series_kind *k = series_kind_find(kind);
	struct maker		  maker;
	const char		 *want;
	size_t			  i, j;

	for (i = 0; i < k->n; i++) {
		maker = (struct maker){ "nobody", 0 };
		want = i < k->delay_at ? of_rates : of_delays;
		for (j = 0; probe_registry[j] != NULL; j++)
			makers_count(&maker, probe_registry[j]->name, probe_registry[j]->metrics, kind, k->values[i]);
		for (j = 0; collector_registry[j] != NULL; j++)
			makers_count(&maker, collector_registry[j]->name, collector_registry[j]->metrics, kind, k->values[i]);
		is_text(maker.name, want, k->values[i]);
		ok(maker.n == (strcmp(want, "nobody") != 0), "... and by no other: %s/%s", kind, k->values[i]);
	}
}

/* Of a service: by each probe that asks services, whatever it asks. */
static void
test_series_service(void)
{
	const struct series_kind *k = series_kind_find("service");
	const struct probe_ops	 *p;
	struct maker		  maker;
	size_t			  i, j;

	for (i = 0; i < k->n; i++)
		for (j = 0; (p = probe_registry[j]) != NULL; j++) {
			maker = (struct maker){ "nobody", 0 };
			makers_count(&maker, p->name, p->metrics, "service", k->values[i]);
			ok(maker.n == (p->asked ? 1 : 0), "%s: %s of a service", p->name, k->values[i]);
		}
}

static void
test_metrics(void)
{
	const struct metric *m;
	size_t		     i;

	for (i = 0; probe_registry[i] != NULL; i++)
		for (m = probe_registry[i]->metrics; m->name != NULL; m++)
			test_metric(probe_registry[i]->name, m);
	for (i = 0; collector_registry[i] != NULL; i++)
		for (m = collector_registry[i]->metrics; m->name != NULL; m++)
			test_metric(collector_registry[i]->name, m);
	test_series("link", "if_mib", "icmp");
	test_series("port", "if_mib", "nobody");
	test_series("host", "host", "nobody");
	test_series_service();
	test_series("sensor", "profile_table", "nobody");
}

/* ---- simpulctl probes ---- */

/* What the command writes, to be freed. */
static char *
probes_output(struct cli *cli)
{
	static const struct command command = { .name = "probes" };
	char			    name[] = "probes", *argv[] = { name, NULL };

	cli->command = &command;
	is_i64(cmd_probes(cli, 1, argv), EXIT_DONE, "simpulctl probes");
	buf_u8(&cli->out, '\0');
	return (char *)cli->out.data;
}

static void
test_shown(const char *text, const char *group, const struct conf_opt *o, const struct metric *m)
{
	char setting[80];

	for (; o->key != NULL; o++) {
		snprintf(setting, sizeof(setting), "  %s.%s ", group, o->key);
		ok(strstr(text, setting) != NULL, "%s.%s is shown", group, o->key);
	}
	for (; m->name != NULL; m++) {
		snprintf(setting, sizeof(setting), "  %s ", m->name);
		ok(strstr(text, setting) != NULL, "%s is shown", m->name);
	}
}

static void
test_text(void)
{
	struct cli cli = { .term = { .width = 80 } };
	char	  *text = probes_output(&cli), *line, *end;
	int	   longest = 0;
	size_t	   i;

	for (i = 0; probe_registry[i] != NULL; i++)
		test_shown(text, probe_registry[i]->name, probe_registry[i]->options, probe_registry[i]->metrics);
	for (i = 0; collector_registry[i] != NULL; i++)
		test_shown(text, "snmp", collector_registry[i]->options, collector_registry[i]->metrics);
	for (line = text; (end = strchr(line, '\n')) != NULL; line = end + 1)
		longest = end - line > longest ? (int)(end - line) : longest;
	ok(longest > 70 && longest <= 80, "the lines fit a terminal of 80 columns: %d", longest);
	buf_free(&cli.out);
}

static void
test_module_json(const json_t *v, const char *name, const char *group, const struct conf_opt *o, const struct metric *m)
{
	const json_t *settings = json_object_get(v, "settings"), *metrics = json_object_get(v, "metrics"), *e;
	char	      setting[80];
	size_t	      i;

	is_text(member_text(v, "name"), name, "json: a module");
	for (i = 0; o[i].key != NULL; i++) {
		e = json_array_get(settings, i);
		snprintf(setting, sizeof(setting), "%s.%s", group, o[i].key);
		is_text(member_text(e, "name"), setting, "... its setting");
		ok(member_number(e, "min") == o[i].min && member_number(e, "max") == o[i].max &&
		    member_number(e, "default") == strtod(o[i].def, NULL), "... with range and default");
	}
	is_i64((int64_t)json_array_size(settings), (int64_t)i, "... no more of them");
	for (i = 0; m[i].name != NULL; i++) {
		e = json_array_get(metrics, i);
		is_text(member_text(e, "name"), m[i].name, "... its metric");
		is_text(member_text(e, "unit"), unit_names[m[i].unit], "... with its unit");
	}
	is_i64((int64_t)json_array_size(metrics), (int64_t)i, "... no more of them");
}

static void
test_json(void)
{
	struct cli    cli = { .json = true };
	json_t	     *v = json_loads(probes_output(&cli), 0, NULL);
	const json_t *probes = json_object_get(v, "probes"), *collectors = json_object_get(v, "collectors");
	size_t	      i;

	for (i = 0; probe_registry[i] != NULL; i++)
		test_module_json(json_array_get(probes, i), probe_registry[i]->name, probe_registry[i]->name,
		    probe_registry[i]->options, probe_registry[i]->metrics);
	is_i64((int64_t)json_array_size(probes), (int64_t)i, "json: every probe");
	for (i = 0; collector_registry[i] != NULL; i++)
		test_module_json(json_array_get(collectors, i), collector_registry[i]->name, "snmp",
		    collector_registry[i]->options, collector_registry[i]->metrics);
	is_i64((int64_t)json_array_size(collectors), (int64_t)i, "json: every collector");
	json_decref(v);
	buf_free(&cli.out);
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
	struct core_settings	 s;
	const struct line_probe *set;
	struct link		 line = { 0 };
	char			 err[300];
	size_t			 i;

	for (i = 0; i < nitems(cases); i++) {
		struct conf *conf = conf_new_default();

		ok(conf_set(conf, "engine.link_probe", cases[i].probe, err, sizeof(err)) == 0 &&
		    conf_set(conf, cases[i].path, cases[i].value, err, sizeof(err)) == 0, "%s: settings", cases[i].name);
		core_settings_read(&s, conf);
		is_text(link_probe_of(&s, &line)->name, cases[i].probe, "... the probe");
		set = link_settings_of(&s, &line);
		is_i64(set->interval_ns, cases[i].interval_ns, "... its interval");
		is_i64(set->timeout_ms, cases[i].timeout_ms, "... its timeout");
		is_i64(set->port, cases[i].port, "... its port");
		is_i64(set->rounds.interval_ns, cases[i].round_ns, "... and how long a result takes");
		conf_free(conf);
	}
}

int
main(void)
{
	test_probes();
	test_collectors();
	test_metrics();
	test_text();
	test_json();
	test_settings();
	return tap_done();
}
