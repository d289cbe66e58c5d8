/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_topology.c: simpulctl topology, parents: who is connected to whom, and the sites through which lines
 * pass, as far as that can be heard. The inventory's word is what counts; --pin prints the row with which
 * it says so.
 */
#include "ctl/command.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/propose.h"
#include "ctl/table.h"
#include "model/inventory.h"

enum { OPT_ROOT = 256, OPT_PIN, OPT_ALL };

/* All pages. @param request  taken @param answer  the last page with the items of all, owned */
static enum exit_code
ask_pages(struct cli *cli, json_t *request, json_t **answer)
{
	json_t	      *items = json_array();
	enum exit_code rc;

	for (;;) {
		rc = cli_ask(cli, json_copy(request), ASK_TIMEOUT_S, answer);
		json_array_extend(items, json_object_get(*answer, "items"));
		if (rc != EXIT_DONE || !json_is_integer(json_object_get(*answer, "next")))
			break;
		json_object_set(request, "cursor", json_object_get(*answer, "next"));
		json_decref(*answer);
	}
	json_decref(request);
	if (rc == EXIT_DONE) {
		json_object_set(*answer, "items", items);
		json_object_del(*answer, "next");
	}
	json_decref(items);
	return rc;
}

/* "lldp, mtxr" */
static void
join(char *out, size_t size, const json_t *list)
{
	const json_t *v;
	size_t	      i;

	*out = '\0';
	json_array_foreach(list, i, v)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", i > 0 ? ", " : "",
		    json_string_value(v));
}

/* ---- topology ---- */

static void
print_edge(struct table *t, const json_t *v)
{
	bool	    known = json_is_string(json_object_get(v, "neighbour"));
	const char *name = known ? member_text(v, "neighbour") : member_text(v, "name");
	char	    text[80];

	if (*name == '\0')
		name = *member_text(v, "mac") != '\0' ? member_text(v, "mac") : member_text(v, "address");
	table_cell(t, TINT_NONE, member_text(v, "device"));
	table_cell(t, TINT_NONE, member_text(v, "port"));
	table_cell(t, known ? TINT_NONE : TINT_DIM, name);
	table_cell(t, TINT_NONE, member_text(v, "neighbour_port"));
	table_cell(t, TINT_DIM, !known ? "unknown" : json_is_true(json_object_get(v,
	    "both")) ? "both ends" : "one end");
	join(text, sizeof(text), json_object_get(v, "by"));
	table_cell(t, TINT_DIM, text);
	join(text, sizeof(text), json_object_get(v, "sources"));
	table_cell(t, TINT_DIM, text);
}

enum exit_code
cmd_topology(struct cli *cli, int argc, char *argv[])
{
	static const struct column columns[] = { { "DEVICE", false, 12, 0 }, { "PORT", false, 8, 0 },
		{ "NEIGHBOUR", false, 12, 0 }, { "ITS PORT", false, 8, 1 }, { "TOLD BY", false, 0, 0 },
		{ "KNOWN BY", false, 0, 2 }, { "HEARD BY", false, 0, 3 } };
	enum exit_code		   rc;
	struct table		  *t;
	json_t			  *answer, *v;
	size_t			   i;
	int			   at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	rc = ask_pages(cli, json_pack("{s:s}", "op", "topology"), &answer);
	if (rc == EXIT_DONE && cli->json) {
		json_object_del(answer, "root");
		cli_json(cli, answer);
	} else if (rc == EXIT_DONE) {
		t = table_new(columns, nitems(columns));
		json_array_foreach(json_object_get(answer, "items"), i, v)
			print_edge(t, v);
		if (table_rows(t) == 0)
			buf_text(&cli->out,
			    "No device has heard a neighbour; they are asked once an hour.\n");
		else
			table_print(t, &cli->term, &cli->out, 0);
		table_free(t);
	}
	json_decref(answer);
	return rc;
}

/* ---- parents ---- */

struct parents {
	const char *root, *pin;
	bool	    all;
};

static bool
parents_option(void *arg, int c, const char *value)
{
	struct parents *p = arg;

	if (c == OPT_ROOT)
		p->root = value;
	else if (c == OPT_PIN)
		p->pin = strncmp(value, "link/", 5) == 0 ? value + 5 : value;
	else
		p->all = true;
	return true;
}

static const char *
dash(const char *text)
{
	return *text != '\0' ? text : "-";
}

static void
print_parent(struct table *t, const json_t *v)
{
	const char *verdict = member_text(v, "verdict");

	table_cell(t, TINT_NONE, member_text(v, "id"));
	table_cell(t, TINT_NONE, dash(member_text(v, "parent")));
	table_cell(t, TINT_NONE, dash(member_text(v, "inferred")));
	table_cell(t, strcmp(verdict, "differs") == 0 ? TINT_WARN : TINT_NONE, verdict);
	table_cell(t, TINT_DIM, *member_text(v, "inferred") != '\0' ? member_text(v, "confidence") : "");
	table_cell(t, TINT_DIM, member_text(v, "evidence"));
}

/* Differences; with --all every line. */
static void
print_parents(struct cli *cli, const struct parents *p, const json_t *answer)
{
	static const struct column columns[] = { { "LINE", false, 0, 0 }, { "PARENT", false, 0, 0 },
		{ "INFERRED", false, 0, 0 }, { "", false, 0, 0 }, { "SURE", false, 0, 1 },
		{ "BECAUSE", false, COLUMN_WRAPS, 2 } };
	struct table *t = table_new(columns, nitems(columns));
	const json_t *v;
	unsigned      agree = 0, differ = 0, unknown = 0;
	char	      text[200];
	size_t	      i;

	json_array_foreach(json_object_get(answer, "items"), i, v) {
		const char *verdict = member_text(v, "verdict");

		agree += strcmp(verdict, "agrees") == 0;
		differ += strcmp(verdict, "differs") == 0;
		unknown += strcmp(verdict, "unknown") == 0;
		if (p->all || strcmp(verdict, "differs") == 0)
			print_parent(t, v);
	}
	if (table_rows(t) > 0)
		table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
	snprintf(text, sizeof(text), "seen from %.63s: %u agree, %u differ, of %u nothing is known",
	    dash(member_text(answer, "root")), agree, differ, unknown);
	term_wrap(&cli->term, &cli->out, TINT_BOLD, 0, 2, text);
}

/* The row that makes it the inventory's word. */
static enum exit_code
print_row(struct cli *cli, const struct parents *p, const json_t *answer)
{
	const json_t *v = json_array_get(json_object_get(answer, "items"), 0), *row = json_object_get(v,
	    "row");
	size_t	      i, n;

	if (row == NULL) {
		complain("nothing tells through which site %s passes; type its parent into links.csv",
		    p->pin);
		return EXIT_FAILED;
	}
	complain_hint("%s: %s, %s; in links.csv the row with this parent is", p->pin, member_text(v,
	    "evidence"),
	    member_text(v, "confidence"));
	/* Columns that came later stand behind `life`, and a file may do without them. */
	for (n = json_array_size(row); n > 0 && *json_string_value(json_array_get(row, n - 1)) == '\0';)
		n--;
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_u8(&cli->out, ',');
		csv_field(&cli->out, json_string_value(json_array_get(row, i)));
	}
	buf_u8(&cli->out, '\n');
	return EXIT_DONE;
}

enum exit_code
cmd_parents(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = { { "root", required_argument, NULL, OPT_ROOT },
		{ "pin", required_argument, NULL, OPT_PIN }, { "all", no_argument, NULL, OPT_ALL }, { 0 } };
	struct parents p = { NULL };
	enum exit_code rc;
	json_t	      *answer, *request;
	int	       at = command_options(cli, argc, argv, longs, parents_option, &p, &rc);

	if (at == -1)
		return rc;
	request = json_pack("{s:s, s:s?, s:s?}", "op", "parents", "root", p.root, "link", p.pin);
	rc = ask_pages(cli, request, &answer);
	if (rc == EXIT_DONE && cli->json)
		cli_json(cli, answer);
	else if (rc == EXIT_DONE && p.pin != NULL)
		rc = print_row(cli, &p, answer);
	else if (rc == EXIT_DONE)
		print_parents(cli, &p, answer);
	json_decref(answer);
	return rc;
}
