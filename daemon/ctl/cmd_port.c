/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_port.c: simpulctl port, ports: which port is which, and what the operator says of it. */
#include "ctl/command.h"

#include <stdio.h>

#include "base/text.h"
#include "ctl/hint.h"
#include "ctl/table.h"

static const struct column port_columns[] = {
	{ "port", false, 12, 0 }, { "called", false, 8, 0 }, { "state", false, 0, 0 }, { "link", false, 0, 1 },
	{ "alias", false, 8, 2 }, { "neighbour", false, 8, 3 }, { "MAC", false, 0, 5 }, { "ifIndex", true, 0, 6 },
	{ "since", false, 0, 4 },
};
static const struct column question_columns[] = {
	{ "no.", true, 0, 0 }, { "port", false, 12, 0 }, { "asked", false, 0, 2 }, { "maybe", false, 8, 1 },
	{ "why", false, COLUMN_WRAPS, 0 },
};

/* All pages of a list. @param request  taken @return owned, or NULL with *rc */
static json_t *
all_items(struct cli *cli, const char *device, bool asked, enum exit_code *rc)
{
	json_t *items = json_array(), *v = NULL, *next;

	do {
		next = json_incref(json_object_get(v, "next"));
		json_decref(v);
		*rc = cli_ask(cli, json_pack("{s:s, s:s*, s:b, s:o*}", "op", "ports", "device", device, "asked", asked,
		    "cursor", next), ASK_TIMEOUT_S, &v);
		if (*rc == EXIT_DONE)
			json_array_extend(items, json_object_get(v, "items"));
	} while (*rc == EXIT_DONE && json_is_string(json_object_get(v, "next")));
	json_decref(v);
	if (*rc == EXIT_DONE)
		return items;
	json_decref(items);
	return NULL;
}

static void
say(struct cli *cli, const char *text)
{
	term_text(&cli->term, &cli->out, TINT_NONE, text);
	buf_u8(&cli->out, '\n');
}

static enum tint
state_tint(const char *state)
{
	return strcmp(state, "here") == 0 ? TINT_NONE : strcmp(state, "asked") == 0 ? TINT_WARN : TINT_DIM;
}

static void
port_row(struct cli *cli, struct table *t, const json_t *p)
{
	const char *state = member_text(p, "state");
	enum tint   tint = state_tint(state);
	char	    index[16] = "", ago[WORDS_MAX] = "";

	if (member_number(p, "if_index") > 0)
		snprintf(index, sizeof(index), "%.0f", member_number(p, "if_index"));
	if (member_time(p, "since") != 0)
		words_ago(ago, &cli->term, member_time(p, "since"));
	table_cell(t, tint, member_text(p, "id"));
	table_cell(t, tint, member_text(p, "name"));
	table_cell(t, tint, state);
	table_cell(t, TINT_NONE, member_text(p, "link"));
	table_cell(t, TINT_NONE, member_text(p, "alias"));
	table_cell(t, TINT_NONE, member_text(p, "neighbour"));
	table_cell(t, TINT_DIM, member_text(p, "mac"));
	table_cell(t, TINT_DIM, index);
	table_cell(t, TINT_DIM, ago);
}

static enum exit_code
list(struct cli *cli, const char *device)
{
	struct table  *t;
	enum exit_code rc;
	json_t	      *items = all_items(cli, device, false, &rc), *p;
	size_t	       i, asked = 0;

	if (items == NULL)
		return rc;
	if (cli->json) {
		cli_json(cli, items);
		json_decref(items);
		return EXIT_DONE;
	}
	t = table_new(port_columns, nitems(port_columns));
	json_array_foreach(items, i, p) {
		port_row(cli, t, p);
		asked += json_is_object(json_object_get(p, "question"));
	}
	if (table_rows(t) > 0)
		table_print(t, &cli->term, &cli->out, 0);
	else
		say(cli, "No port has been found yet.");
	if (asked > 0)
		cli_line(cli, TINT_WARN, "%zu asked about: simpulctl port questions", asked);
	table_free(t);
	json_decref(items);
	return EXIT_DONE;
}

static void
question_row(struct cli *cli, struct table *t, const json_t *p)
{
	const json_t *q = json_object_get(p, "question"), *name;
	char	      number[24], ago[WORDS_MAX], maybe[200] = "";
	size_t	      i, at;

	snprintf(number, sizeof(number), "%.0f", member_number(q, "id"));
	json_array_foreach(json_object_get(q, "candidates"), i, name)
		if ((at = strlen(maybe)) < sizeof(maybe) - 1)
			snprintf(maybe + at, sizeof(maybe) - at, "%s%s", i > 0 ? " " : "", json_string_value(name));
	table_cell(t, TINT_NONE, number);
	table_cell(t, TINT_BOLD, member_text(p, "id"));
	table_cell(t, TINT_DIM, words_ago(ago, &cli->term, member_time(q, "asked")));
	table_cell(t, TINT_NONE, maybe);
	table_cell(t, TINT_NONE, member_text(q, "why"));
}

static enum exit_code
questions(struct cli *cli)
{
	struct table  *t;
	enum exit_code rc;
	json_t	      *items = all_items(cli, NULL, true, &rc), *p;
	size_t	       i;

	if (items == NULL)
		return rc;
	if (cli->json) {
		cli_json(cli, items);
		json_decref(items);
		return EXIT_DONE;
	}
	t = table_new(question_columns, nitems(question_columns));
	json_array_foreach(items, i, p)
		question_row(cli, t, p);
	if (table_rows(t) > 0) {
		table_print(t, &cli->term, &cli->out, 0);
		say(cli, "Answer with: simpulctl port same NUMBER NAME, or simpulctl port new NUMBER");
	} else {
		say(cli, "No port is asked about.");
	}
	table_free(t);
	json_decref(items);
	return EXIT_DONE;
}

static enum exit_code
answer(struct cli *cli, const char *what, const char *port, const char *name)
{
	enum exit_code rc;
	json_t	      *v;
	char	       text[512];

	if (cli_ask_and_show(cli, json_pack("{s:s, s:s, s:s, s:s*}", "op", "port_answer", "port", port, "answer", what,
	    "name", name), ASK_TIMEOUT_S, &v, &rc)) {
		snprintf(text, sizeof(text), name != NULL ? "%s goes on as %s" : "%s has ended",
		    member_text(json_object_get(v, "port"), "ref"), name);
		say(cli, text);
	}
	json_decref(v);
	return rc;
}

/* A field as CSV has it. */
static void
csv_field(struct buf *out, const char *field)
{
	if (strpbrk(field, ",;\" ") == NULL) {
		buf_text(out, field);
		return;
	}
	buf_u8(out, '"');
	for (; *field != '\0'; field++) {
		if (*field == '"')
			buf_u8(out, '"');
		buf_u8(out, (uint8_t)*field);
	}
	buf_u8(out, '"');
}

/* The inventory is the truth, and people write it: only show what to put there. */
static enum exit_code
show_row(struct cli *cli, const char *link, const char *device, const char *port)
{
	enum exit_code rc;
	json_t	      *l = NULL, *ports = NULL, *p;
	struct buf     row = { 0 };
	size_t	       i;
	bool	       found = false;

	rc = cli_ask(cli, json_pack("{s:s, s:s+}", "op", "get", "object", strchr(link, '/') != NULL ? "" : "link/",
	    link), ASK_TIMEOUT_S, &l);
	if (rc == EXIT_DONE && strncmp(member_text(l, "object"), "link/", 5) != 0) {
		complain_hint("%s is not a line", link);
		rc = EXIT_NOT_FOUND;
	}
	if (rc == EXIT_DONE)
		ports = all_items(cli, device, false, &rc);
	json_array_foreach(ports, i, p)
		found |= strcmp(member_text(p, "name"), port) == 0 && strcmp(member_text(p, "state"), "here") == 0;
	if (ports != NULL && !found) {
		complain_hint("%s has no port \"%s\" now; simpulctl port list %s shows those it has", device, port, device);
		rc = EXIT_NOT_FOUND;
	}
	if (rc == EXIT_DONE) {
		buf_text(&row, "id,device,port\n");
		csv_field(&row, member_text(l, "object") + strlen("link/"));
		buf_u8(&row, ',');
		csv_field(&row, device);
		buf_u8(&row, ',');
		csv_field(&row, port);
		buf_u8(&row, '\n');
		buf_u8(&row, '\0');
		buf_text(&cli->out, (const char *)row.data);
		if (!cli->json)
			say(cli, "Put these into the row of the line in links.csv, then: simpulctl reload");
	}
	buf_free(&row);
	json_decref(l);
	json_decref(ports);
	return rc;
}

enum exit_code
cmd_ports(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	int	       at = command_arguments(cli, argc, argv, &rc);

	return at == -1 ? rc : list(cli, argv[at]);
}

enum exit_code
cmd_port(struct cli *cli, int argc, char *argv[])
{
	static const char *const verbs[] = { "list", "questions", "same", "new", "bind", NULL };
	char			 hint[HINT_MAX];
	enum exit_code		 rc;
	int			 at = command_arguments(cli, argc, argv, &rc), n = argc - at - 1;

	if (at == -1)
		return rc;
	if (strcmp(argv[at], "list") == 0 && n <= 1)
		return list(cli, n == 1 ? argv[at + 1] : NULL);
	if (strcmp(argv[at], "questions") == 0 && n == 0)
		return questions(cli);
	if (strcmp(argv[at], "same") == 0 && n == 2)
		return answer(cli, "same", argv[at + 1], argv[at + 2]);
	if (strcmp(argv[at], "new") == 0 && n == 1)
		return answer(cli, "new", argv[at + 1], NULL);
	if (strcmp(argv[at], "bind") == 0 && n == 3)
		return show_row(cli, argv[at + 1], argv[at + 2], argv[at + 3]);
	return command_usage(cli, "\"port %s\" is not understood with %d more%s", argv[at], n,
	    did_you_mean(hint, argv[at], verbs));
}
