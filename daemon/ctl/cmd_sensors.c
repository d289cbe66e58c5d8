/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_sensors.c: simpulctl sensors: what the tables of a device's profile say now. */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>

#include "ctl/table.h"

static const char *
state_code(const char *state)
{
	return strcmp(state, "bad") == 0 ? "down" : state;
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

static void
print_sensors(struct cli *cli, const json_t *list)
{
	static const struct column columns[] = {
		{ "Sensor", false, 12, 0 }, { "Row", false, 10, 0 }, { "Value", true, 0, 0 }, { "Unit", false, 0, 1 },
		{ "State", false, 0, 0 }, { "Port", false, 8, 2 }
	};
	struct table *t = table_new(columns, nitems(columns));
	const json_t *s;
	char	      value[40], state[40];
	size_t	      i;

	json_array_foreach(list, i, s) {
		const char *code = state_code(member_text(s, "state"));

		snprintf(state, sizeof(state), "%s %s", code_symbol(&cli->term, code), member_text(s, "state"));
		table_cell(t, TINT_NONE, member_text(s, "name"));
		table_cell(t, TINT_NONE, member_text(s, "label"));
		table_cell(t, TINT_NONE, number_words(value, sizeof(value), member_number(s, "value")));
		table_cell(t, TINT_DIM, member_text(s, "unit"));
		table_cell(t, code_tint(code), state);
		table_cell(t, TINT_NONE, member_text(s, "port"));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

enum exit_code
cmd_sensors(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v;
	const char    *prefix;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	prefix = strncmp(argv[at], "device/", 7) == 0 ? "" : "device/";
	if (cli_ask_and_show(cli, json_pack("{s:s, s:s+}", "op", "get", "object", prefix, argv[at]), ASK_TIMEOUT_S, &v,
	    &rc)) {
		const json_t *list = json_object_get(v, "sensors");

		if (json_array_size(list) > 0)
			print_sensors(cli, list);
		else
			buf_text(&cli->out, "no sensors yet: simpulctl profile test shows what its profile yields\n");
		if (json_is_true(json_object_get(v, "sensors_cut")))
			complain("it has more than one answer holds; its series have them all");
	}
	json_decref(v);
	return rc;
}
