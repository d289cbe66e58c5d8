/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_events.c: simpulctl events and metrics: what has happened, and what is counted. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ctl/js.h"
#include "ctl/table.h"

#define EVENTS_LAST 20

struct events_opts {
	int64_t after;		/* -1: not given */
	bool	follow;
};

static bool
events_option(void *arg, int c, const char *value)
{
	struct events_opts *o = arg;

	if (c == 'f') {
		o->follow = true;
		return true;
	}
	if (text_to_i64(value, 0, INT64_MAX, &o->after) == 0)
		return true;
	complain("--after takes the number of an event, such as 9120");
	return false;
}

static enum tint
severity_tint(const char *severity)
{
	if (strcmp(severity, "critical") == 0 || strcmp(severity, "major") == 0)
		return TINT_BAD;
	return strcmp(severity, "info") == 0 ? TINT_NONE : TINT_WARN;
}

static void
print_event(struct cli *cli, const json_t *v)
{
	const struct term *t = &cli->term;
	const char	  *incident = member_text(v, "incident"), *subject = member_text(v, "subject");
	char		   time[WORDS_MAX], what[200];
	int		   at;

	if (cli->json) {
		js_line(&cli->out, v);
		return;
	}
	snprintf(what, sizeof(what), "%-20s  %s", member_text(v, "kind"), subject);
	term_printf(t, &cli->out, TINT_DIM, "%5.0f  ", member_number(v, "seq"));
	term_printf(t, &cli->out, TINT_NONE, "%-23s  ", words_time(time, member_time(v, "time")));
	term_printf(t, &cli->out, severity_tint(member_text(v, "severity")), "%-8s  ",
	    member_text(v, "severity"));
	term_text(t, &cli->out, TINT_NONE, what);
	at = 42 + term_cells(t, what) + 2 + term_cells(t, incident);
	if (*incident != '\0' && strstr(subject, incident) == NULL && (t->width == 0 || at <= t->width))
		term_printf(t, &cli->out, TINT_DIM, "  %s", incident);
	buf_u8(&cli->out, '\n');
}

/* The events up to `last`, or without end. */
static enum exit_code
read_events(struct cli *cli, int64_t seen, int64_t last, bool follow)
{
	enum exit_code rc = EXIT_DONE;
	json_t	      *v;

	while (rc == EXIT_DONE && (follow || seen < last)) {
		rc = remote_next(cli->remote, follow ? 0 : ASK_TIMEOUT_S, &v);
		if (rc == EXIT_DONE) {
			print_event(cli, v);
			seen = json_integer_value(json_object_get(v, "seq"));
			cli_flush(cli);
		}
		json_decref(v);
	}
	return rc;
}

static enum exit_code
last_event(struct cli *cli, int64_t *seq)
{
	json_t	      *v;
	enum exit_code rc = cli_ask(cli, json_pack("{s:s}", "op", "status"), ASK_TIMEOUT_S, &v);

	*seq = json_integer_value(json_object_get(v, "seq"));
	json_decref(v);
	return rc;
}

enum exit_code
cmd_events(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = { { "after", required_argument, NULL, 'a' },
		{ "follow", no_argument, NULL, 'f' }, { 0 } };
	struct events_opts	   o = { .after = -1 };
	enum exit_code		   rc;
	json_t			  *v;
	int64_t			   last, missed;
	int			   at = command_options(cli, argc, argv, longs, events_option, &o, &rc);

	if (at == -1)
		return rc;
	if ((rc = last_event(cli, &last)) != EXIT_DONE)
		return rc;
	if (o.after == -1)
		o.after = last > EVENTS_LAST ? last - EVENTS_LAST : 0;
	rc = cli_ask(cli, json_pack("{s:s, s:I}", "op", "subscribe", "after", (json_int_t)o.after),
	    ASK_TIMEOUT_S, &v);
	last = json_integer_value(json_object_get(v, "seq"));
	missed = json_integer_value(json_object_get(v, "missed"));
	json_decref(v);
	if (rc != EXIT_DONE)
		return rc;
	if (missed > 0)
		complain("%lld older events are no longer kept", (long long)missed);
	return read_events(cli, o.after + missed, last, o.follow);
}

/* ---- metrics ---- */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
print_counters(struct cli *cli, json_t *counters)
{
	static const struct column columns[] = { { "COUNTER", false, 20, 0 }, { "VALUE", true, 0, 0 } };
	struct table		  *t = table_new(columns, nitems(columns));
	const char		 **names = xcalloc(json_object_size(counters) + 1, sizeof(*names)), *name;
	size_t			   n = 0, i;
	json_t			  *v;

	json_object_foreach(counters, name, v)
		names[n++] = name;
	qsort(names, n, sizeof(*names), compare_names);
	for (i = 0; i < n; i++) {
		table_cell(t, TINT_NONE, names[i]);
		table_cell(t, TINT_NONE, member_text(counters, names[i]));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
	free(names);
}

enum exit_code
cmd_metrics(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	if (cli_ask_and_show(cli, json_pack("{s:s}", "op", "metrics"), ASK_TIMEOUT_S, &v, &rc))
		print_counters(cli, json_object_get(v, "counters"));
	json_decref(v);
	return rc;
}
