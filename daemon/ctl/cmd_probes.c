/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_probes.c: simpulctl probes: what is measured and how it is set, from the tables that are compiled in. The
 * engine need not run.
 */
#include "ctl/command.h"

#include <stdio.h>

#include "base/text.h"
#include "collectors/collector.h"
#include "ctl/table.h"
#include "probes/probe.h"

struct module {			/* what the tables of probes and collectors have in common */
	const char	      *name, *help;
	const struct conf_opt *options;
	const struct metric   *metrics;
};

struct family {
	const char    *name, *title, *help;
	struct module  module[PROBES_MAX + COLLECTORS];
	size_t	       n;
};

static void
family_add(struct family *f, const char *name, const char *help, const struct conf_opt *options,
    const struct metric *metrics)
{
	f->module[f->n++] = (struct module){ name, help, options, metrics };
}

static void
families_fill(struct family *probes, struct family *collectors)
{
	const struct probe_ops	   *p;
	const struct collector_ops *c;
	size_t			    i;

	*probes = (struct family){ .name = "probes", .title = "Probes",
		.help = "send test traffic; engine.link_probe chooses the one for lines." };
	*collectors = (struct family){ .name = "collectors", .title = "Collectors",
		.help = "understand what devices tell over SNMP." };
	for (i = 0; (p = probe_registry[i]) != NULL; i++)
		family_add(probes, p->name, p->help, p->options, p->metrics);
	for (i = 0; (c = collector_registry[i]) != NULL; i++)
		family_add(collectors, c->name, c->help, c->options, c->metrics);
}

/* "icmp.interval_s" */
static const char *
setting_name(char *out, size_t size, const struct conf_opt *options, const struct conf_opt *o)
{
	const struct conf_group *g;

	for (g = conf_schema(); g->options != options; g++)
		;
	snprintf(out, size, "%s.%s", g->name, o->key);
	return out;
}

static bool
is_number(const struct conf_opt *o)
{
	return o->type == CONF_INT || o->type == CONF_NUMBER;
}

/* ---- for people ---- */

static void
cell_bound(struct table *t, const struct conf_opt *o, double bound)
{
	char text[40] = "";

	if (is_number(o))
		snprintf(text, sizeof(text), "%.15g", bound);
	table_cell(t, TINT_NONE, text);
}

static void
print_settings(struct cli *cli, const struct module *m)
{
	static const struct column columns[] = { { "SETTING", false, 0, 0 }, { "UNIT", false, 0, 0 },
		{ "FROM", true, 0, 0 }, { "TO", true, 0, 0 }, { "DEFAULT", true, 0, 0 },
		{ "MEANING", false, COLUMN_WRAPS, 0 } };
	struct table		  *t = table_new(columns, nitems(columns));
	const struct conf_opt	  *o;
	char			   text[80];

	for (o = m->options; o->key != NULL; o++) {
		table_cell(t, TINT_NONE, setting_name(text, sizeof(text), m->options, o));
		table_cell(t, TINT_NONE, o->unit != NULL ? o->unit : "");
		cell_bound(t, o, o->min);
		cell_bound(t, o, o->max);
		table_cell(t, TINT_NONE, o->def);
		table_cell(t, TINT_NONE, o->help);
	}
	table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
}

static void
print_metrics(struct cli *cli, const struct module *m)
{
	static const struct column columns[] = { { "METRIC", false, 0, 0 }, { "UNIT", false, 0, 0 },
		{ "SERIES OF", false, 0, 0 }, { "MEANING", false, COLUMN_WRAPS, 0 } };
	struct table		  *t = table_new(columns, nitems(columns));
	const struct metric	  *k;
	char			   text[80], *p;

	for (k = m->metrics; k->name != NULL; k++) {
		table_cell(t, TINT_NONE, k->name);
		table_cell(t, TINT_NONE, unit_names[k->unit]);
		text_copy(text, sizeof(text), k->series[0] != '\0' ? k->series : "-");
		for (p = text; (p = strchr(p, '|')) != NULL; p++)
			*p = ' ';
		table_cell(t, TINT_NONE, text);
		table_cell(t, TINT_NONE, k->help);
	}
	table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
}

static void
print_family(struct cli *cli, const struct family *f)
{
	const struct module *m;

	term_text(&cli->term, &cli->out, TINT_BOLD, f->title);
	buf_u8(&cli->out, ' ');
	term_wrap(&cli->term, &cli->out, TINT_NONE, (int)strlen(f->title) + 1, 2, f->help);
	for (m = f->module; m < f->module + f->n; m++) {
		buf_u8(&cli->out, '\n');
		term_text(&cli->term, &cli->out, TINT_BOLD, m->name);
		buf_text(&cli->out, ": ");
		term_wrap(&cli->term, &cli->out, TINT_NONE, (int)strlen(m->name) + 2, 2, m->help);
		print_settings(cli, m);
		if (m->metrics[0].name != NULL)
			print_metrics(cli, m);
	}
}

/* ---- for programs ---- */

static json_t *
settings_json(const struct module *m)
{
	static const char *const types[] = {
		[CONF_INT] = "int", [CONF_NUMBER] = "number", [CONF_BOOL] = "bool", [CONF_TEXT] = "text",
		[CONF_WORD] = "word", [CONF_WORDS] = "words",
	};
	json_t		      *list = json_array(), *v;
	const struct conf_opt *o;
	char		       name[80];

	for (o = m->options; o->key != NULL; o++) {
		v = json_pack("{s:s, s:s, s:s?, s:s, s:s}", "name",
		    setting_name(name, sizeof(name), m->options, o), "type", types[o->type], "unit", o->unit,
		    "default", o->def, "help", o->help);
		if (is_number(o)) {
			json_object_set_new(v, "default", json_loads(o->def, JSON_DECODE_ANY, NULL));
			json_object_set_new(v, "min", json_real(o->min));
			json_object_set_new(v, "max", json_real(o->max));
		}
		json_array_append_new(list, v);
	}
	return list;
}

static json_t *
metrics_json(const struct module *m)
{
	json_t		    *list = json_array(), *series;
	const struct metric *k;
	const char	    *s;
	size_t		     len;

	for (k = m->metrics; k->name != NULL; k++) {
		series = json_array();
		for (s = k->series; *s != '\0'; s += len + (s[len] == '|')) {
			len = strcspn(s, "|");
			json_array_append_new(series, json_stringn(s, len));
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:s}", "name", k->name, "unit",
		    unit_names[k->unit], "kind", metric_kind_names[k->kind], "series", series, "help",
		    k->help));
	}
	return list;
}

static json_t *
family_json(const struct family *f)
{
	json_t	*list = json_array();
	size_t	 i;

	for (i = 0; i < f->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "name", f->module[i].name, "help",
		    f->module[i].help, "settings", settings_json(&f->module[i]), "metrics",
		    metrics_json(&f->module[i])));
	return list;
}

enum exit_code
cmd_probes(struct cli *cli, int argc, char *argv[])
{
	struct family  probes, collectors;
	enum exit_code rc;
	json_t	      *v;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	families_fill(&probes, &collectors);
	if (cli->json) {
		v = json_pack("{s:o, s:o}", probes.name, family_json(&probes), collectors.name,
		    family_json(&collectors));
		cli_json(cli, v);
		json_decref(v);
		return EXIT_DONE;
	}
	print_family(cli, &probes);
	buf_u8(&cli->out, '\n');
	print_family(cli, &collectors);
	return EXIT_DONE;
}
