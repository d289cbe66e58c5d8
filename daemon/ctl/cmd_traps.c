/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_traps.c: simpulctl traps: claims, what the poll said of each, and strangers at the port. */
#include "ctl/command.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/table.h"

#define TRAPS_LAST 20

static bool
traps_option(void *arg, int c, const char *value)
{
	(void)c;
	if (text_to_i64(value, 1, 200, arg) == 0)
		return true;
	complain("--last takes a number from 1 to 200");
	return false;
}

static void
cell_time(struct table *t, const json_t *v, const char *name)
{
	char text[WORDS_MAX];

	table_cell(t, TINT_NONE, words_time(text, member_time(v, name)));
}

/* A trap without a name of its own by its OID. */
static const char *
what_of(const json_t *v)
{
	const char *what = member_text(v, "what");

	return strcmp(what, "other") == 0 ? member_text(v, "oid") : what;
}

static void
cell_port(struct table *t, const json_t *v)
{
	double index = member_number(v, "if_index");
	char   text[32] = "";

	if (index > 0)
		snprintf(text, sizeof(text), "port %.0f", index);
	table_cell(t, TINT_NONE, *member_text(v, "if_name") != '\0' ? member_text(v, "if_name") : text);
}

static void
cell_verdict(struct table *t, const json_t *v)
{
	static const char *const words[][2] = { { "waiting", "to be polled" }, { "polling", "being polled" },
		{ "port_up", "the port is up" }, { "port_down", "the port is down" },
		{ "answers", "the device answers" }, { "no_answer", "no answer" } };
	const char		*verdict = member_text(v, "verdict");
	size_t			 i;

	for (i = 0; i < nitems(words) && strcmp(words[i][0], verdict) != 0; i++)
		;
	table_cell(t, strcmp(verdict, "port_down") == 0 || strcmp(verdict, "no_answer") == 0 ? TINT_BAD : TINT_NONE,
	    i < nitems(words) ? words[i][1] : verdict);
}

static void
print_traps(struct cli *cli, json_t *traps)
{
	static const struct column columns[] = { { "LAST", false, 0, 0 }, { "DEVICE", false, 12, 0 },
		{ "CLAIMS", false, 12, 0 }, { "PORT", false, 6, 0 }, { "TIMES", true, 0, 2 },
		{ "FROM", false, 0, 3 }, { "AS", false, 0, 1 }, { "A POLL FOUND", false, 0, 0 } };
	struct table		  *t = table_new(columns, nitems(columns));
	const char		  *device;
	size_t			   i;
	json_t			  *v;

	json_array_foreach(traps, i, v) {
		device = member_text(v, "device");
		cell_time(t, v, "last");
		table_cell(t, TINT_NONE, strncmp(device, "device/", 7) == 0 ? device + 7 : device);
		table_cell(t, TINT_NONE, what_of(v));
		cell_port(t, v);
		table_cell(t, TINT_NONE, member_text(v, "count"));
		table_cell(t, TINT_NONE, member_text(v, "source"));
		table_cell(t, TINT_DIM, member_text(v, "claims"));
		cell_verdict(t, v);
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

static void
print_strangers(struct cli *cli, json_t *strangers)
{
	static const struct column columns[] = { { "LAST", false, 0, 0 }, { "FROM", false, 0, 0 },
		{ "REFUSED", false, 0, 0 }, { "TIMES", true, 0, 0 }, { "FIRST", false, 0, 2 },
		{ "AS", false, 0, 1 }, { "WHAT", false, 12, 0 } };
	struct table		  *t = table_new(columns, nitems(columns));
	char			   refused[24];
	char			  *low;
	size_t			   i;
	json_t			  *v;

	json_array_foreach(strangers, i, v) {
		text_copy(refused, sizeof(refused), member_text(v, "refusal"));
		while ((low = strchr(refused, '_')) != NULL)
			*low = ' ';
		cell_time(t, v, "last");
		table_cell(t, TINT_NONE, member_text(v, "source"));
		table_cell(t, TINT_WARN, refused);
		table_cell(t, TINT_NONE, member_text(v, "count"));
		cell_time(t, v, "first");
		table_cell(t, TINT_DIM, member_text(v, "claims"));
		table_cell(t, TINT_NONE, member_text(v, "what"));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

static void
print_all(struct cli *cli, const json_t *v)
{
	json_t		  *traps = json_object_get(v, "traps"), *strangers = json_object_get(v, "strangers");

	if (json_is_true(json_object_get(v, "listening")))
		cli_line(cli, TINT_DIM, "listening on %s", member_text(v, "listens"));
	else
		cli_line(cli, TINT_WARN, "nobody listens: traps.enabled is off, or the port was not to be had; the "
		    "engine's log says why");
	if (*member_text(v, "trouble") != '\0')
		cli_line(cli, TINT_WARN, "SNMPv1 and v2c are refused: %s", member_text(v, "trouble"));
	if (*member_text(v, "trouble_v3") != '\0')
		cli_line(cli, TINT_DIM, "SNMPv3 is refused: %s", member_text(v, "trouble_v3"));
	if (json_array_size(traps) > 0)
		print_traps(cli, traps);
	else
		cli_line(cli, TINT_NONE, "No trap of a device since the engine's start.");
	if (json_array_size(strangers) == 0)
		return;
	buf_u8(&cli->out, '\n');
	cli_line(cli, TINT_BOLD, "Not taken");
	print_strangers(cli, strangers);
}

enum exit_code
cmd_traps(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = { { "last", required_argument, NULL, 'l' }, { 0 } };
	enum exit_code		   rc;
	json_t			  *v;
	int64_t			   last = TRAPS_LAST;

	if (command_options(cli, argc, argv, longs, traps_option, &last, &rc) == -1)
		return rc;
	if (cli_ask_and_show(cli, json_pack("{s:s, s:I}", "op", "traps", "limit", (json_int_t)last), ASK_TIMEOUT_S,
		&v, &rc))
		print_all(cli, v);
	json_decref(v);
	return rc;
}
