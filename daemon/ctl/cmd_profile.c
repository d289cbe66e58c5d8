/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_profile.c: simpulctl profile list, show, test: what is read of which kind of device. */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl/table.h"

#define TEST_TIMEOUT_S 90

static void
join(char *out, size_t size, const json_t *list)
{
	const json_t *s;
	size_t	      i;

	*out = '\0';
	json_array_foreach(list, i, s)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", i > 0 ? " " : "", json_string_value(s));
}

static const char *
number_words(char *out, size_t size, double v)
{
	if (isnan(v))
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%.6g", v);
	return out;
}

/* ---- list ---- */

static void
print_list(struct cli *cli, const json_t *v)
{
	static const struct column columns[] = {
		{ "Profile", false, 0, 0 }, { "Values", true, 0, 0 }, { "Named by", true, 0, 2 }, { "Includes", false, 12, 1 },
		{ "", false, COLUMN_WRAPS, 0 }
	};
	struct table *t = table_new(columns, nitems(columns));
	const json_t *p;
	char	      text[1024];
	size_t	      i;

	json_array_foreach(json_object_get(v, "items"), i, p) {
		table_cell(t, TINT_BOLD, member_text(p, "name"));
		table_cell(t, TINT_NONE, number_words(text, sizeof(text), member_number(p, "values")));
		table_cell(t, TINT_NONE, number_words(text, sizeof(text), member_number(p, "devices")));
		join(text, sizeof(text), json_object_get(p, "include"));
		table_cell(t, TINT_NONE, text);
		table_cell(t, TINT_DIM, member_text(p, "help"));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

static enum exit_code
profile_list(struct cli *cli)
{
	enum exit_code rc;
	json_t	      *v;

	if (cli_ask_and_show(cli, json_pack("{s:s}", "op", "profiles"), ASK_TIMEOUT_S, &v, &rc)) {
		if (json_array_size(json_object_get(v, "items")) > 0)
			print_list(cli, v);
		else
			buf_text(&cli->out, "there are none: the folder profiles beside the configuration is empty or not there\n");
	}
	json_decref(v);
	return rc;
}

/* ---- show ---- */

static void
print_values(struct cli *cli, const json_t *v, const char *table)
{
	static const struct column columns[] = {
		{ "", false, 0, 0 }, { "", true, 0, 0 }, { "", false, 0, 0 }, { "", false, 0, 0 }, { "", false, COLUMN_WRAPS, 0 }
	};
	struct table *t = table_new(columns, nitems(columns));
	const json_t *m;
	char	      text[40];
	size_t	      i;

	json_array_foreach(json_object_get(v, "values"), i, m) {
		if (strcmp(member_text(m, "table"), table) != 0)
			continue;
		table_cell(t, TINT_NONE, member_text(m, "name"));
		snprintf(text, sizeof(text), "column %.0f", member_number(m, "column"));
		table_cell(t, TINT_NONE, text);
		table_cell(t, TINT_NONE, member_text(m, "type"));
		table_cell(t, TINT_NONE, member_text(m, "unit"));
		table_cell(t, TINT_DIM, member_text(m, "help"));
	}
	table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
}

static enum exit_code
profile_show(struct cli *cli, const char *name)
{
	enum exit_code rc;
	json_t	      *v;
	const json_t  *t;
	char	       text[1024];
	size_t	       i;

	if (cli_ask_and_show(cli, json_pack("{s:s, s:s}", "op", "profiles", "profile", name), ASK_TIMEOUT_S, &v, &rc)) {
		term_text(&cli->term, &cli->out, TINT_BOLD, member_text(v, "name"));
		cli_line(cli, TINT_NONE, "  %s", member_text(v, "help"));
		join(text, sizeof(text), json_object_get(v, "match"));
		if (*text != '\0')
			cli_line(cli, TINT_NONE, "matches   %s", text);
		join(text, sizeof(text), json_object_get(v, "include"));
		if (*text != '\0')
			cli_line(cli, TINT_NONE, "includes  %s", text);
		json_array_foreach(json_object_get(v, "tables"), i, t) {
			buf_u8(&cli->out, '\n');
			term_text(&cli->term, &cli->out, TINT_BOLD, member_text(t, "name"));
			cli_line(cli, TINT_DIM, "  %s  %s", member_text(t, "entry"),
			    member_text(t, "help"));
			print_values(cli, v, member_text(t, "name"));
		}
	}
	json_decref(v);
	return rc;
}

/* ---- test ---- */

static void
print_tables(struct cli *cli, const json_t *v)
{
	const json_t *t;
	size_t	      i;

	json_array_foreach(json_object_get(v, "tables"), i, t)
		cli_line(cli, TINT_NONE, "  %-20s %s", member_text(t, "table"), member_text(t, "text"));
}

static void
print_tested(struct cli *cli, const json_t *v)
{
	static const struct column columns[] = {
		{ "Sensor", false, 12, 0 }, { "Row", false, 10, 0 }, { "Raw", true, 10, 2 }, { "Value", true, 0, 0 },
		{ "Unit", false, 0, 3 }, { "State", false, 0, 0 }, { "Port", false, 8, 4 }, { "", false, COLUMN_WRAPS, 0 }
	};
	struct table *t = table_new(columns, nitems(columns));
	const json_t *s;
	char	      value[40];
	size_t	      i;

	json_array_foreach(json_object_get(v, "values"), i, s) {
		const char *state = member_text(s, "state"), *code = strcmp(state, "bad") == 0 ? "down" : state;

		table_cell(t, TINT_NONE, member_text(s, "name"));
		table_cell(t, TINT_NONE, member_text(s, "label"));
		table_cell(t, TINT_DIM, member_text(s, "raw"));
		table_cell(t, TINT_NONE, number_words(value, sizeof(value), member_number(s, "value")));
		table_cell(t, TINT_DIM, member_text(s, "unit"));
		table_cell(t, code_tint(code), state);
		table_cell(t, TINT_NONE, member_text(s, "port"));
		table_cell(t, TINT_DIM, member_text(s, "why"));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

static enum exit_code
profile_test(struct cli *cli, const char *device, const char *profile)
{
	enum exit_code rc;
	json_t	      *v;

	if (isatty(STDERR_FILENO))	/* what is waited for, where it does not mix with the answer */
		fprintf(stderr, "reading the tables of %s; this takes up to a minute\n", device);
	if (cli_ask_and_show(cli, json_pack("{s:s, s:s, s:s*}", "op", "profile_test", "object", device, "profile", profile),
	    TEST_TIMEOUT_S, &v, &rc)) {
		cli_line(cli, TINT_BOLD, "profile %s", member_text(v, "profile"));
		print_tables(cli, v);
		if (json_array_size(json_object_get(v, "values")) > 0) {
			buf_u8(&cli->out, '\n');
			print_tested(cli, v);
		}
		if (json_is_true(json_object_get(v, "cut")))
			complain("there are more values than one answer holds");
		if (*member_text(v, "error") != '\0')
			complain("%s", member_text(v, "error"));
	}
	json_decref(v);
	return rc;
}

static bool
take_profile(void *arg, int c, const char *value)
{
	(void)c;
	*(const char **)arg = value;
	return true;
}

enum exit_code
cmd_profile(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = { { "profile", required_argument, NULL, 256 }, { 0 } };
	const char		  *profile = NULL;
	enum exit_code		   rc;
	int			   at = command_options(cli, argc, argv, longs, take_profile, &profile, &rc);

	if (at == -1)
		return rc;
	if (strcmp(argv[at], "list") == 0 && at + 1 == argc)
		return profile_list(cli);
	if (strcmp(argv[at], "show") == 0 && at + 2 == argc)
		return profile_show(cli, argv[at + 1]);
	if (strcmp(argv[at], "test") == 0 && at + 2 == argc)
		return profile_test(cli, argv[at + 1], profile);
	return command_usage(cli, "say list, show and a profile, or test and a device");
}
