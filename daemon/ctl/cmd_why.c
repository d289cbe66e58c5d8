/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_why.c: simpulctl why: the reasons for a state, as the engine gives them, put into order for a person.
 */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "ctl/table.h"

#define FACTS_BESIDE 60		/* from this width on facts stand beside their times, else below */

static void
heading(struct cli *cli, const char *title)
{
	buf_u8(&cli->out, '\n');
	term_text(&cli->term, &cli->out, TINT_BOLD, title);
	buf_u8(&cli->out, '\n');
}

/* Go to this column of a new line. @return it */
static int
line_begin(struct cli *cli, int at)
{
	buf_u8(&cli->out, '\n');
	buf_bytes(&cli->out, "    ", (size_t)at);
	return at;
}

/* "link/s013-1   x down for 3 min 12 s, since ..." */
static void
print_state(struct cli *cli, const json_t *v)
{
	const struct term *t = &cli->term;
	const char	  *code = member_text(v, "code");
	char		   word[40], state[60], text[200], ago[WORDS_MAX], time[WORDS_MAX];
	int64_t		   since = member_time(v, "since");
	int		   at;

	if (*code == '\0')	/* incidents have a status */
		code = strcmp(member_text(v, "state"), "closed") == 0 ? "ok" : "down";
	term_text(t, &cli->out, TINT_BOLD, member_text(v, "object"));
	buf_text(&cli->out, "  ");
	snprintf(state, sizeof(state), "%s %s", code_symbol(t, code),
	    words_state(word, sizeof(word), member_text(v, "state")));
	term_text(t, &cli->out, code_tint(code), state);
	*text = '\0';
	if (since != 0)
		snprintf(text, sizeof(text), "for %s, since %s", words_ago(ago, t, since),
		    words_time(time, since));
	at = term_cells(t, member_text(v, "object")) + 2 + term_cells(t, state) + 1;
	if (t->width > 0 && at + term_cells(t, text) > t->width)
		at = line_begin(cli, 2);
	else if (*text != '\0')
		buf_u8(&cli->out, ' ');
	term_wrap(t, &cli->out, TINT_NONE, at, 2, text);
}

/* What the object is: the members of it that are there, between dashes. */
static void
print_about(struct cli *cli, const json_t *v)
{
	static const char *const names[] = { "name", "site_name", "kind", "role", "provider", "product",
		"district", "class", "severity", "root", "profile", "address", "target", "owner" };
	char	    text[1024] = "";
	const char *s;
	size_t	    i;

	for (i = 0; i < nitems(names); i++)
		if (*(s = member_text(v, names[i])) != '\0')
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			    *text != '\0' ? term_dash(&cli->term) : "", s);
	if (*text != '\0')
		term_wrap(&cli->term, &cli->out, TINT_NONE, 0, 2, text);
}

static void
print_evidence(struct cli *cli, const json_t *v)
{
	const json_t *facts = json_object_get(v, "evidence"), *f;
	char	      time[WORDS_MAX];
	bool	      below = cli->term.width > 0 && cli->term.width < FACTS_BESIDE;
	int	      at = below ? 4 : 27;
	size_t	      i;

	heading(cli, "Why");
	if (json_array_size(facts) == 0)
		term_wrap(&cli->term, &cli->out, TINT_NONE, 0, 2,
		    "  nothing is known that speaks for or against it");
	json_array_foreach(facts, i, f) {
		term_printf(&cli->term, &cli->out, TINT_DIM, below ? "  %s" : "  %-23s  ",
		    member_time(f, "t") != 0 ? words_time(time, member_time(f, "t")) : "now");
		if (below)
			line_begin(cli, at);
		term_wrap(&cli->term, &cli->out, TINT_NONE, at, at, member_text(f, "fact"));
	}
}

static void
print_parents(struct cli *cli, const json_t *v)
{
	static const struct column columns[] = { { "", false, 0, 0 }, { "", false, 0, 0 }, { "", false, 8, 1 } };
	const json_t		  *list = json_object_get(v, "parents"), *p;
	struct table		  *t;
	const char		  *code;
	char			   text[60], word[40];
	size_t			   i;

	if (json_array_size(list) == 0)
		return;
	heading(cli, "Passes through");
	t = table_new(columns, nitems(columns));
	json_array_foreach(list, i, p) {
		code = member_text(p, "code");
		snprintf(text, sizeof(text), "%s %s", code_symbol(&cli->term, code),
		    words_state(word, sizeof(word), member_text(p, "state")));
		table_cell(t, code_tint(code), text);
		table_cell(t, TINT_NONE, member_text(p, "object"));
		table_cell(t, TINT_NONE, member_text(p, "name"));
	}
	table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
}

/* "down 1.2 Mbit/s of 10.0 Mbit/s (12.0 %)" */
static void
add_traffic(char *text, size_t size, const json_t *v, const char *word, const char *rate, const char *speed)
{
	double now = member_number(v, rate), contract = member_number(v, speed);
	char   a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX];

	if (!isfinite(now))
		return;
	snprintf(text + strlen(text), size - strlen(text), "%s%s %s", *text != '\0' ? "; " : "", word,
	    words_rate(a, now));
	if (contract > 0)
		snprintf(text + strlen(text), size - strlen(text), " of %s (%s)", words_rate(b, contract),
		    words_ratio(c, now / contract));
}

static void
print_last(struct cli *cli, const json_t *v)
{
	int64_t last = member_time(v, "last"), proven = member_time(v, "proven");
	double	rtt = member_number(v, "rtt_s"), loss = member_number(v, "loss_ratio"), mos = member_number(v, "mos");
	char	text[600], ago[WORDS_MAX], words[WORDS_MAX];

	if (last == 0 || json_object_get(v, "rtt_s") == NULL)	/* of a service the reasons say it */
		return;
	heading(cli, "Last results");
	snprintf(text, sizeof(text), "%s ago: %s%s", words_ago(ago, &cli->term, last),
	    isfinite(rtt) ? "round trip " : "no answer", isfinite(rtt) ? words_seconds(words, rtt) : "");
	if (isfinite(loss))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "; loss of the last minute %s",
		    words_ratio(words, loss));
	if (isfinite(mos))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "; speech (MOS) %.1f", mos);
	if (proven != 0 && strcmp(member_text(v, "role"), "backup") == 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "; last proven %s ago", words_ago(ago,
		    &cli->term, proven));
	add_traffic(text, sizeof(text), v, "down", "rx_bps", "down_bps");
	add_traffic(text, sizeof(text), v, "up", "tx_bps", "up_bps");
	buf_text(&cli->out, "  ");
	term_wrap(&cli->term, &cli->out, TINT_NONE, 2, 2, text);
}

static void
print_capacity(struct cli *cli, const json_t *v)
{
	static const char *const names[] = { "down", "up" };
	const json_t		*capacity = json_object_get(v, "capacity"), *way;
	char			 text[300];
	size_t			 i;

	if (!json_is_object(capacity))
		return;
	heading(cli, "Delivers, when it is full");
	for (i = 0; i < nitems(names); i++) {
		if (!json_is_object(way = json_object_get(capacity, names[i])))
			continue;
		term_printf(&cli->term, &cli->out, TINT_DIM, "  %-5s", names[i]);
		term_wrap(&cli->term, &cli->out, TINT_NONE, 7, 7, capacity_words(text, sizeof(text), way));
	}
}

/* What the probe of a line says beside its results: where a site calls from, what it has measured itself. */
static void
print_facts(struct cli *cli, const json_t *v)
{
	const char   *name;
	const json_t *fact;
	char	      text[100];

	if (!json_is_object(json_object_get(v, "facts")))
		return;
	heading(cli, "Its probe says");
	json_object_foreach(json_object_get(v, "facts"), name, fact) {
		snprintf(text, sizeof(text), "%.6g", json_number_value(fact));
		term_printf(&cli->term, &cli->out, TINT_DIM, "  %-16s", name);
		term_wrap(&cli->term, &cli->out, TINT_NONE, 18, 18, json_is_string(fact) ? json_string_value(fact) : text);
	}
}

static void
print_incident(struct cli *cli, const json_t *v)
{
	const char *name = member_text(v, "incident");
	char	    text[200];

	if (*name == '\0')
		return;
	heading(cli, "Part of");
	snprintf(text, sizeof(text), "  %s  (simpulctl why %s)", name, name);
	term_wrap(&cli->term, &cli->out, TINT_NONE, 0, 2, text);
}

static void
print_members(struct cli *cli, const json_t *v)
{
	static const struct column columns[] = { { "STATE", false, 0, 0 }, { "OBJECT", false, 0, 0 },
		{ "SINCE", false, 0, 1 }, { "UNTIL", false, 0, 2 } };
	const json_t *list = json_object_get(v, "members"), *m;
	struct table *t;
	char	      words[WORDS_MAX];
	size_t	      i;

	if (!json_is_array(list) || json_array_size(list) == 0)
		return;
	heading(cli, "Members");
	t = table_new(columns, nitems(columns));
	json_array_foreach(list, i, m) {
		table_cell(t, TINT_NONE, words_state(words, sizeof(words), member_text(m, "state")));
		table_cell(t, TINT_NONE, member_text(m, "object"));
		table_cell(t, TINT_NONE, words_time(words, member_time(m, "since")));
		table_cell(t, TINT_NONE, member_time(m, "until") != 0 ? words_time(words,
		    member_time(m, "until")) : "still");
	}
	table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
}

static void
print_ack(struct cli *cli, const json_t *v)
{
	const json_t *ack = json_object_get(v, "ack");
	char	      text[600] = "  nobody yet", time[WORDS_MAX];

	if (json_object_get(v, "status") == NULL)
		return;
	heading(cli, "Looked after by");
	if (json_is_object(ack))
		snprintf(text, sizeof(text), "  %s since %s%s%s", member_text(ack, "user"),
		    words_time(time, member_time(ack, "t")), *member_text(ack, "note") != '\0' ? ": " : "",
		    member_text(ack, "note"));
	term_wrap(&cli->term, &cli->out, TINT_NONE, 0, 2, text);
}

static void
print_ports(struct cli *cli, const json_t *v)
{
	static const struct column columns[] = { { "SERIES", false, 30, 0 }, { "NAME", false, 8, 1 } };
	const json_t		  *list = json_object_get(v, "ports"), *p;
	struct table		  *t;
	size_t			   i;

	if (json_array_size(list) == 0)
		return;
	heading(cli, "Ports");
	t = table_new(columns, nitems(columns));
	json_array_foreach(list, i, p) {
		table_cell(t, TINT_NONE, member_text(p, "ref"));
		table_cell(t, TINT_NONE, member_text(p, "name"));
	}
	table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
}

enum exit_code
cmd_why(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	if (cli_ask_and_show(cli, json_pack("{s:s, s:s}", "op", "why", "object", argv[at]), ASK_TIMEOUT_S, &v,
	    &rc)) {
		print_state(cli, v);
		print_about(cli, v);
		print_evidence(cli, v);
		print_parents(cli, v);
		print_last(cli, v);
		print_capacity(cli, v);
	print_facts(cli, v);
		print_incident(cli, v);
		print_members(cli, v);
		print_ack(cli, v);
		print_ports(cli, v);
	}
	json_decref(v);
	return rc;
}
