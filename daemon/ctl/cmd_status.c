/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_status.c: simpulctl status: what is wrong now, or all objects of a kind, trouble first. */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ctl/hint.h"
#include "ctl/status.h"
#include "ctl/table.h"

#define OVERVIEW_ROWS 20	/* of each kind */

/* ---- rows ---- */

void
status_cell_state(struct cli *cli, struct table *t, const json_t *v)
{
	char	    words[40], text[60];
	const char *code = member_text(v, "code");

	snprintf(text, sizeof(text), "%s %s", code_symbol(&cli->term, code), words_state(words, sizeof(words),
	    member_text(v, "state")));
	table_cell(t, code_tint(code), text);
}

static void
cell_ago(struct cli *cli, struct table *t, const json_t *v, const char *name)
{
	char words[WORDS_MAX];

	table_cell(t, TINT_NONE, words_ago(words, &cli->term, member_time(v, name)));
}

static void
cell(struct table *t, const json_t *v, const char *name)
{
	table_cell(t, TINT_NONE, member_text(v, name));
}

static void
row_site(struct cli *cli, struct table *t, const json_t *v)
{
	const json_t *line;
	char	      lines[200] = "", word[40];
	size_t	      i;

	json_array_foreach(json_object_get(v, "links"), i, line)
		snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s%s %s", i > 0 ? ", " : "",
		    member_text(line, "id"), words_state(word, sizeof(word), member_text(line, "state")));
	status_cell_state(cli, t, v);
	cell(t, v, "id");
	cell(t, v, "name");
	cell_ago(cli, t, v, "since");
	table_cell(t, TINT_NONE, lines);
	cell(t, v, "incident");
	cell(t, v, "class");
	cell(t, v, "district");
}

static void
row_link(struct cli *cli, struct table *t, const json_t *v)
{
	char words[WORDS_MAX];

	status_cell_state(cli, t, v);
	cell(t, v, "id");
	cell(t, v, "site_name");
	cell_ago(cli, t, v, "since");
	table_cell(t, TINT_NONE, words_seconds(words, member_number(v, "rtt_s")));
	table_cell(t, TINT_NONE, words_ratio(words, member_number(v, "loss_ratio")));
	table_cell(t, TINT_NONE, words_rate(words, member_number(v, "rx_bps")));
	table_cell(t, TINT_NONE, words_rate(words, member_number(v, "tx_bps")));
	cell(t, v, "provider");
	cell(t, v, "role");
	cell(t, v, "incident");
	cell(t, v, "address");
}

static void
row_device(struct cli *cli, struct table *t, const json_t *v)
{
	status_cell_state(cli, t, v);
	cell(t, v, "id");
	cell(t, v, "site_name");
	cell_ago(cli, t, v, "since");
	cell(t, v, "name");
	cell(t, v, "reason");
	cell(t, v, "address");
	cell(t, v, "profile");
}

static void
row_service(struct cli *cli, struct table *t, const json_t *v)
{
	char   words[WORDS_MAX], text[40] = "-";
	double days = member_number(v, "cert_days");

	status_cell_state(cli, t, v);
	cell(t, v, "id");
	cell(t, v, "kind");
	cell(t, v, "site_name");
	cell_ago(cli, t, v, "since");
	table_cell(t, TINT_NONE, words_seconds(words, member_number(v, "total_s")));
	if (isfinite(days))
		snprintf(text, sizeof(text), "%.0f", floor(days));
	table_cell(t, days < 30 ? TINT_WARN : TINT_NONE, text);
	cell(t, v, "reason");
	cell(t, v, "incident");
	cell(t, v, "owner");
	cell(t, v, "target");
}

static void
row_incident(struct cli *cli, struct table *t, const json_t *v)
{
	static const struct { const char *severity, *code; } severities[] = {
		{ "critical", "down" }, { "major", "down" }, { "minor", "backup" }, { "warning", "warn" },
		{ "info", "unknown" },
	};
	const char   *code = "unknown", *severity = member_text(v, "severity");
	const json_t *ack = json_object_get(v, "ack");
	char	      text[100];
	size_t	      i;

	for (i = 0; i < nitems(severities); i++)
		if (strcmp(severities[i].severity, severity) == 0)
			code = severities[i].code;
	snprintf(text, sizeof(text), "%s %s", code_symbol(&cli->term, code), severity);
	table_cell(t, code_tint(code), text);
	cell(t, v, "id");
	cell(t, v, "kind");
	cell_ago(cli, t, v, "opened");
	cell(t, v, "root");
	cell(t, v, "site_name");
	snprintf(text, sizeof(text), "%.0f", member_number(v, "members"));
	table_cell(t, TINT_NONE, json_is_integer(json_object_get(v, "members")) ? text : "-");
	if (json_is_object(ack))
		cell(t, ack, "user");
	else if (strcmp(member_text(v, "status"), "pending") == 0)
		table_cell(t, TINT_NONE, "(verifying)");
	else
		table_cell(t, TINT_NONE, "nobody yet");
	table_cell(t, TINT_NONE, words_state(text, sizeof(text), member_text(v, "cause")));
}

/* ---- kinds ---- */

static const struct column site_columns[] = {
	{ "STATE", false, 0, 0 }, { "SITE", false, 0, 0 }, { "NAME", false, 24, 0 }, { "FOR", true, 0, 0 },
	{ "LINES", false, 14, 2 }, { "INCIDENT", false, 0, 1 }, { "CLASS", false, 0, 3 },
	{ "DISTRICT", false, 8, 4 },
};
static const struct column link_columns[] = {
	{ "STATE", false, 0, 0 }, { "LINE", false, 0, 0 }, { "SITE", false, 16, 0 }, { "FOR", true, 0, 0 },
	{ "DELAY", true, 0, 1 }, { "LOSS", true, 0, 2 }, { "DOWN", true, 0, 3 }, { "UP", true, 0, 4 },
	{ "PROVIDER", false, 6, 5 }, { "ROLE", false, 0, 6 }, { "INCIDENT", false, 0, 7 },
	{ "ADDRESS", false, 0, 8 },
};
static const struct column device_columns[] = {
	{ "STATE", false, 0, 0 }, { "DEVICE", false, 0, 0 }, { "SITE", false, 16, 0 }, { "FOR", true, 0, 0 },
	{ "NAME", false, 8, 2 }, { "REASON", false, 12, 1 }, { "ADDRESS", false, 0, 3 },
	{ "PROFILE", false, 0, 4 },
};
static const struct column service_columns[] = {
	{ "STATE", false, 0, 0 }, { "SERVICE", false, 0, 0 }, { "KIND", false, 0, 1 }, { "SITE", false, 16, 0 },
	{ "FOR", true, 0, 0 }, { "TIME", true, 0, 2 }, { "CERT", true, 0, 4 }, { "REASON", false, 16, 3 },
	{ "INCIDENT", false, 0, 5 }, { "OWNER", false, 0, 6 }, { "TARGET", false, 12, 7 },
};
static const struct column incident_columns[] = {
	{ "SEVERITY", false, 0, 0 }, { "INCIDENT", false, 0, 0 }, { "WHAT", false, 0, 0 },
	{ "FOR", true, 0, 0 }, { "ROOT", false, 0, 2 }, { "SITE", false, 16, 0 }, { "LINES", true, 0, 3 },
	{ "ACK", false, 8, 1 }, { "CAUSE", false, 0, 4 },
};

static const struct kind {
	const char *name, *plural;
	const struct column *columns;
	size_t ncolumns;
	void (*row)(struct cli *cli, struct table *t, const json_t *v);
	bool by_trouble;	/* else as the engine gives them */
} kinds[] = {
	{ "site", "sites", site_columns, nitems(site_columns), row_site, true },
	{ "link", "links", link_columns, nitems(link_columns), row_link, true },
	{ "device", "devices", device_columns, nitems(device_columns), row_device, true },
	{ "incident", "incidents", incident_columns, nitems(incident_columns), row_incident, false },
	{ "service", "services", service_columns, nitems(service_columns), row_service, true },
};

static int
compare_trouble(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int	      rank = code_rank(member_text(x, "code")), d = rank - code_rank(member_text(y, "code"));
	int64_t	      since_x = member_time(x, "since"), since_y = member_time(y, "since");

	if (d == 0 && rank < code_rank("ok"))
		d = (since_x < since_y) - (since_x > since_y);
	return d != 0 ? d : strcmp(member_text(x, "id"), member_text(y, "id"));
}

/* The items in order, trouble first and the newest of it before. @return malloc'd array of borrowed items */
static json_t **
in_order(const struct kind *k, const json_t *items)
{
	size_t	 n = json_array_size(items), i;
	json_t **v = xcalloc(n + 1, sizeof(*v));

	for (i = 0; i < n; i++)
		v[i] = json_array_get(items, i);
	if (k->by_trouble)
		qsort(v, n, sizeof(*v), compare_trouble);
	return v;
}

/* @param from  rows to leave out @param most  rows at most @return how many rows were printed */
static size_t
print_items(struct cli *cli, const struct kind *k, const json_t *items, size_t from, size_t most)
{
	struct table *t = table_new(k->columns, k->ncolumns);
	json_t	    **v = in_order(k, items);
	size_t	      n = json_array_size(items), i;

	n = n > from ? n - from : 0;
	if (n > most)
		n = most;
	for (i = from; i < from + n; i++)
		k->row(cli, t, v[i]);
	if (n > 0)
		table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
	free(v);
	return n;
}

size_t
status_sites(struct cli *cli, const json_t *items, size_t from, size_t most)
{
	return print_items(cli, &kinds[0], items, from, most);
}

size_t
status_incidents(struct cli *cli, const json_t *items, size_t from, size_t most)
{
	return print_items(cli, &kinds[3], items, from, most);
}

static enum exit_code
list_items(struct cli *cli, const struct kind *k, bool trouble, json_t **items)
{
	*items = NULL;
	return remote_list(cli->remote, json_pack("{s:s, s:s, s:b}", "op", "list", "kind", k->name, "trouble",
	    trouble), items);
}

static enum exit_code
show_kind(struct cli *cli, const struct kind *k)
{
	enum exit_code rc = cli_connect(cli);
	json_t	      *items = NULL;

	if (rc == EXIT_DONE)
		rc = list_items(cli, k, false, &items);
	if (rc == EXIT_DONE && cli->json) {
		json_t *v = json_pack("{s:O}", "items", items);

		cli_json(cli, v);
		json_decref(v);
	} else if (rc == EXIT_DONE && print_items(cli, k, items, 0, SIZE_MAX) == 0) {
		term_printf(&cli->term, &cli->out, TINT_NONE, strcmp(k->name, "incident") == 0 ?
		    "no incident is open" : "there are no %s", k->plural);
		buf_u8(&cli->out, '\n');
	}
	json_decref(items);
	return rc;
}

/* ---- the overview ---- */

static void
line(struct cli *cli, enum tint tint, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Broken where it is too long; what follows stands four columns in. */
static void
line(struct cli *cli, enum tint tint, const char *fmt, ...)
{
	char	text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	term_wrap(&cli->term, &cli->out, tint, 0, 4, text);
}

void
status_head(struct cli *cli, const json_t *status)
{
	const char *dash = term_dash(&cli->term);
	char	    up[WORDS_MAX], now[WORDS_MAX];

	line(cli, TINT_BOLD, "%s%sengine %s%sup %s%s%s", member_text(status, "ns"), dash,
	    member_text(status, "engine"), dash, words_ago(up, &cli->term, member_time(status, "started")),
	    dash, words_time(now, cli->term.now_ns));
}

/* What the files say is not what is watched. */
static void
print_refused(struct cli *cli, const json_t *status)
{
	const json_t *config = json_object_get(status, "config");
	int64_t	      loaded_ns = member_time(status, "loaded");
	char	      refused[WORDS_MAX], loaded[WORDS_MAX];

	if (!json_is_false(json_object_get(config, "ok")))
		return;
	words_time(refused, member_time(config, "refused"));
	if (loaded_ns == 0)
		line(cli, TINT_BAD, "  ! the configuration was refused at %s, and there is no other: %s",
		    refused, member_text(config, "error"));
	else
		line(cli, TINT_BAD, "  ! the configuration was refused at %s, the one of %s stays in force: %s",
		    refused, words_time(loaded, loaded_ns), member_text(config, "error"));
	line(cli, TINT_BAD, "    simpulctl check names what is wrong in a file, simpulctl reload has them read again");
}

/* What of the engine itself needs somebody. */
void
status_problems(struct cli *cli, const json_t *status)
{
	const json_t *store = json_object_get(status, "store"), *broker = json_object_get(status, "broker"),
	    *p;
	double	      waiting = member_number(broker, "outbox");
	size_t	      i;

	print_refused(cli, status);
	json_array_foreach(json_object_get(status, "processes"), i, p)
		if (!json_is_true(json_object_get(p, "connected")))
			line(cli, TINT_BAD, "  ! %s is away; it is started again within a second",
			    member_text(p, "name"));
	if (!json_is_true(json_object_get(store, "ok")))
		line(cli, TINT_BAD, "  ! series are not written: %s", member_text(store, "text"));
	if (!json_is_true(json_object_get(json_object_get(status, "ledger"), "ok")))
		line(cli, TINT_BAD, "  ! the ledger cannot be written, so nothing is told to anyone; "
		    "the engine's log says why");
	if (!json_is_true(json_object_get(broker, "connected")) ||
	    json_is_true(json_object_get(broker, "refuses")))
		line(cli, TINT_WARN, "  ! %s; %.0f message%s for it", *member_text(broker, "text") != '\0' ?
		    member_text(broker, "text") : "no connection to the broker", waiting,
		    waiting == 1 ? " waits" : "s wait");
}

#define COUNTS_AT 17	/* column where the counts of a row begin */

/* "   x 2 isolated", on a new line when there is no room for it. @return the column where it ends */
static int
print_count(struct cli *cli, int at, const char *const state[2], double n)
{
	char text[80], word[40];
	int  cells;

	snprintf(text, sizeof(text), "%s %.0f %s", code_symbol(&cli->term, state[1]), n,
	    words_state(word, sizeof(word), state[0]));
	cells = 3 + term_cells(&cli->term, text);
	if (cli->term.width > 0 && at > COUNTS_AT && at + cells > cli->term.width) {
		buf_u8(&cli->out, '\n');
		term_printf(&cli->term, &cli->out, TINT_NONE, "%*s", COUNTS_AT, "");
		at = COUNTS_AT;
	}
	buf_text(&cli->out, "   ");
	term_text(&cli->term, &cli->out, code_tint(state[1]), text);
	return at + cells;
}

/* One row of counts: "sites   61   x 2 isolated   + 55 ok ...", trouble first, only what there is. */
static void
print_counts(struct cli *cli, const char *title, const json_t *counts, const char *const (*states)[2])
{
	size_t i, total = 0;
	int    at = COUNTS_AT;
	double n;

	for (i = 0; states[i][0] != NULL; i++)
		total += (n = member_number(counts, states[i][0])) > 0 ? (size_t)n : 0;
	term_printf(&cli->term, &cli->out, TINT_NONE, "  %-8s %6zu", title, total);
	for (i = 0; states[i][0] != NULL; i++)
		if ((n = member_number(counts, states[i][0])) > 0)
			at = print_count(cli, at, states[i], n);
	buf_u8(&cli->out, '\n');
}

void
status_counts(struct cli *cli, const json_t *status)
{
	/* state and page code, trouble first */
	static const char *const sites[][2] = { { "isolated", "down" }, { "unreachable", "impacted" },
		{ "on_backup", "backup" }, { "backup_lost", "warn" }, { "degraded", "warn" },
		{ "unknown", "unknown" }, { "ok", "ok" }, { "planned", "planned" }, { NULL, NULL } };
	static const char *const links[][2] = { { "down", "down" }, { "unreachable", "impacted" },
		{ "degraded", "warn" }, { "unknown", "unknown" }, { "up", "ok" }, { "never_up", "planned" },
		{ NULL, NULL } };
	static const char *const devices[][2] = { { "silent", "warn" }, { "unknown", "unknown" },
		{ "answering", "ok" }, { NULL, NULL } };
	static const char *const services[][2] = { { "down", "down" }, { "unreachable", "impacted" },
		{ "degraded", "warn" }, { "unknown", "unknown" }, { "ok", "ok" }, { "never_up", "planned" },
		{ "planned", "planned" }, { NULL, NULL } };

	print_counts(cli, "sites", json_object_get(status, "sites"), sites);
	print_counts(cli, "lines", json_object_get(status, "links"), links);
	print_counts(cli, "devices", json_object_get(status, "devices"), devices);
	print_counts(cli, "services", json_object_get(status, "services"), services);
}

/* A heading, the items, and what was left out. */
static void
print_section(struct cli *cli, const struct kind *k, const char *title, const json_t *items)
{
	size_t n = json_array_size(items);

	if (n == 0)
		return;
	buf_u8(&cli->out, '\n');
	line(cli, TINT_BOLD, "%s", title);
	if (print_items(cli, k, items, 0, OVERVIEW_ROWS) < n)
		line(cli, TINT_DIM, "  ... and %zu more in trouble (simpulctl status %s)", n - OVERVIEW_ROWS,
		    k->plural);
}

static void
print_overview(struct cli *cli, const json_t *status, const json_t *incidents, const json_t *sites)
{
	const struct json_t *counts = json_object_get(status, "sites");
	double	     rest = member_number(counts, "ok"), planned = member_number(counts, "planned");

	status_head(cli, status);
	status_problems(cli, status);
	status_counts(cli, status);
	print_section(cli, &kinds[3], "Incidents", incidents);
	print_section(cli, &kinds[0], "Sites in trouble", sites);
	if (json_array_size(sites) == 0 && json_array_size(incidents) == 0) {
		buf_u8(&cli->out, '\n');
		line(cli, rest > 0 ? TINT_GOOD : TINT_DIM, rest == 1 ? "The one live site is ok." :
		    rest > 0 ? "All %.0f live sites are ok." : "No live site is measured yet.", rest);
	} else if (rest > 0) {
		line(cli, TINT_DIM, "  ... and %.0f more that %s ok (simpulctl status sites)", rest,
		    rest == 1 ? "is" : "are");
	}
	if (planned > 0)
		line(cli, TINT_DIM, "  %.0f %s planned only, or %s never answered.", planned,
		    planned == 1 ? "site is" : "sites are", planned == 1 ? "has" : "have");
}

static enum exit_code
show_overview(struct cli *cli)
{
	json_t	      *status = NULL, *incidents = NULL, *sites = NULL;
	enum exit_code rc = cli_ask(cli, json_pack("{s:s}", "op", "status"), ASK_TIMEOUT_S, &status);

	if (rc == EXIT_DONE)
		rc = list_items(cli, &kinds[3], false, &incidents);
	if (rc == EXIT_DONE)
		rc = list_items(cli, &kinds[0], true, &sites);
	if (rc == EXIT_DONE && cli->json) {
		json_object_set(status, "open", incidents);
		json_object_set(status, "trouble", sites);
		cli_json(cli, status);
	} else if (rc == EXIT_DONE) {
		print_overview(cli, status, incidents, sites);
	}
	json_decref(status);
	json_decref(incidents);
	json_decref(sites);
	return rc;
}

enum exit_code
cmd_status(struct cli *cli, int argc, char *argv[])
{
	const char    *names[nitems(kinds) + 1] = { NULL };
	char	       hint[HINT_MAX];
	enum exit_code rc;
	size_t	       i;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	if (at == argc)
		return show_overview(cli);
	for (i = 0; i < nitems(kinds); i++) {
		names[i] = kinds[i].plural;
		if (strcmp(kinds[i].plural, argv[at]) == 0 || strcmp(kinds[i].name, argv[at]) == 0)
			return show_kind(cli, &kinds[i]);
	}
	if (*did_you_mean(hint, argv[at], names) == '\0')
		text_copy(hint, sizeof(hint), "; an object is shown by simpulctl why");
	return command_usage(cli, "there are no \"%s\"%s", argv[at], hint);
}
