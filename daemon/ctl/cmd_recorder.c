/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_recorder.c: simpulctl recorder: what happened to a line around the moment when it began to lose
 * packets.
 */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ctl/table.h"

#define LIST_LAST 50

struct wanted {
	const char *link, *incident;
	int64_t	    last;
};

static bool
recorder_option(void *arg, int c, const char *value)
{
	struct wanted *w = arg;

	if (c == 'n' && text_to_i64(value, 1, 500, &w->last) == -1) {
		complain("--last takes a number from 1 to 500");
		return false;
	}
	if (c == 'l')
		w->link = value;
	if (c == 'i')
		w->incident = value;
	return true;
}

/* "08:02:03.4", local */
static const char *
clock_text(char out[WORDS_MAX], int64_t wall_ns)
{
	time_t	  s;
	struct tm tm;

	if (wall_ns == 0)
		return strcpy(out, "-");
	wall_ns += NS_PER_S / 20;	/* to the nearest tenth */
	s = (time_t)(wall_ns / NS_PER_S);
	localtime_r(&s, &tm);
	snprintf(out, WORDS_MAX, "%02d:%02d:%02d.%d", tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)(wall_ns % NS_PER_S / (NS_PER_S / 10)));
	return out;
}

/* "20.4 s"; "-" while it is open, or when there is none. */
static const char *
gap_text(char out[WORDS_MAX], const json_t *gap)
{
	int64_t from = member_time(gap, "from"), to = member_time(gap, "to");

	if (from == 0)
		return strcpy(out, "-");
	if (to == 0)
		return strcpy(out, "not over");
	snprintf(out, WORDS_MAX, "%.1f s", (double)(to - from) / 1e9);
	return out;
}

static const char *
name_of(const json_t *v)
{
	const char *name = member_text(v, "recording");

	return *name != '\0' ? name : member_text(v, "id");
}

/* ---- the list ---- */

static void
print_list(struct cli *cli, json_t *items)
{
	static const struct column columns[] = {{"RECORDING", false, 0, 0}, {"BEGAN", false, 0, 0},
	    {"LINE", false, 0, 0}, {"INCIDENT", false, 0, 0}, {"LOST", true, 0, 0}, {"OF", true, 0, 2},
	    {"LONGEST GAP", true, 0, 0}, {"FROM", false, 0, 1}, {"TO", false, 0, 1}};
	struct table		  *t = table_new(columns, nitems(columns));
	char			   text[WORDS_MAX];
	size_t			   i;
	json_t			  *v, *gap;

	json_array_foreach(items, i, v) {
		gap = json_object_get(v, "gap");
		table_cell(t, TINT_NONE, name_of(v));
		table_cell(t, TINT_NONE, words_time(text, member_time(v, "started")));
		table_cell(t, TINT_NONE, member_text(v, "link"));
		table_cell(t, TINT_NONE, member_text(v, "incident"));
		snprintf(text, sizeof(text), "%.0f", member_number(v, "lost"));
		table_cell(t, TINT_NONE, text);
		snprintf(text, sizeof(text), "%.0f", member_number(v, "sent"));
		table_cell(t, TINT_NONE, text);
		table_cell(t, TINT_BAD, gap_text(text, gap));
		table_cell(t, TINT_NONE, clock_text(text, member_time(gap, "from")));
		table_cell(t, TINT_NONE, clock_text(text, member_time(gap, "to")));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

static enum exit_code
show_list(struct cli *cli, const struct wanted *w)
{
	json_t *request = json_pack("{s:s, s:I, s:s?, s:s?}", "op", "recordings", "limit",
		   (json_int_t)w->last, "link", w->link, "incident", w->incident),
	       *v;
	enum exit_code rc;

	if (cli_ask_and_show(cli, request, ASK_TIMEOUT_S, &v, &rc)) {
		if (json_array_size(json_object_get(v, "items")) > 0)
			print_list(cli, json_object_get(v, "items"));
		else
			cli_line(cli, TINT_NONE, "Nothing has been recorded.");
	}
	json_decref(v);
	return rc;
}

/* ---- one ---- */

struct second {
	unsigned answered, lost, unmeasured;
	double	 rtt_us;	/* the largest */
};

static void
print_second(struct cli *cli, int64_t began_ns, int64_t at_s, const struct second *s, unsigned same)
{
	char	  clock[WORDS_MAX], rtt[WORDS_MAX];
	enum tint tint = s->lost > 0 ? TINT_BAD : TINT_NONE;

	clock_text(clock, began_ns + at_s * NS_PER_S);
	term_printf(&cli->term, &cli->out, TINT_DIM, "  %+5d s  %s  ", (int)at_s, clock);
	if (s->answered > 0)
		term_printf(&cli->term, &cli->out, TINT_NONE, "%u answered, up to %s", s->answered,
		    words_seconds(rtt, s->rtt_us / 1e6));
	if (s->lost > 0)
		term_printf(&cli->term, &cli->out, tint, "%s%u lost", s->answered > 0 ? ", " : "", s->lost);
	if (s->unmeasured > 0)
		term_printf(&cli->term, &cli->out, TINT_WARN, "%s%u not measured",
		    s->answered + s->lost > 0 ? ", " : "", s->unmeasured);
	if (same > 0)
		term_printf(&cli->term, &cli->out, TINT_DIM, "   (and %u s likewise)", same);
	buf_u8(&cli->out, '\n');
}

static bool
is_alike(const struct second *a, const struct second *b)
{
	return (a->lost > 0) == (b->lost > 0) && (a->answered > 0) == (b->answered > 0) &&
	       a->unmeasured + b->unmeasured == 0;
}

static void
second_add(struct second *s, char fate, double rtt_us)
{
	s->answered += fate == 'a' || fate == 'A';
	s->lost += fate == 'l' || fate == 'L';
	s->unmeasured += fate == 'u' || fate == 'U';
	if (rtt_us > s->rtt_us)
		s->rtt_us = rtt_us;
}

/* Second by second; seconds of the same kind are one line. */
static void
print_timeline(struct cli *cli, const json_t *v)
{
	const json_t *at_ms = json_object_get(v, "at_ms"), *rtt_us = json_object_get(v, "rtt_us");
	const char   *fate = member_text(v, "fate");
	int64_t	      began_ns = member_time(v, "started"), at_s, shown_s = 0;
	struct second shown = { 0 }, s;
	size_t	      i = 0, n = strlen(fate);
	unsigned      same = 0;
	bool	      any = false;

	while (i < n) {
		s = (struct second){ 0 };
		at_s = (int64_t)floor((double)json_integer_value(json_array_get(at_ms, i)) / 1000);
		for (; i < n && json_integer_value(json_array_get(at_ms, i)) < (at_s + 1) * 1000; i++)
			second_add(&s, fate[i], json_number_value(json_array_get(rtt_us, i)));
		if (any && is_alike(&shown, &s)) {
			same++;
			shown.rtt_us = fmax(shown.rtt_us, s.rtt_us);
			continue;
		}
		if (any)
			print_second(cli, began_ns, shown_s, &shown, same);
		shown = s;
		shown_s = at_s;
		same = 0;
		any = true;
	}
	if (any)
		print_second(cli, began_ns, shown_s, &shown, same);
}

/* "10.9.0.1/10.9.0.2", "*" for a silent hop */
static void
hop_text(char *out, size_t size, const json_t *addresses)
{
	size_t	i, at = 0;
	json_t *a;

	text_copy(out, size, "*");
	json_array_foreach(addresses, i, a) if (at < size) at +=
	    (size_t)snprintf(out + at, size - at, "%s%s", i > 0 ? "/" : "", json_string_value(a));
}

static void
print_before(struct cli *cli, const json_t *before)
{
	char	text[200];
	size_t	i;
	json_t *hop;

	if (!json_is_array(before))
		return;
	cli_line(cli, TINT_BOLD, "Way before");
	json_array_foreach(before, i, hop) {
		hop_text(text, sizeof(text), hop);
		cli_line(cli, TINT_NONE, "  %2zu  %s", i + 1, text);
	}
}

static void
print_trace(struct cli *cli, const json_t *trace, const char *line, int changed)
{
	const json_t *hop;
	char	      text[200], rtt[WORDS_MAX], clock[WORDS_MAX];
	size_t	      i;
	bool	      mine = strcmp(member_text(trace, "link"), line) == 0;

	cli_line(cli, TINT_BOLD, "Way %s %s, %s%s",
	    mine && strcmp(member_text(trace, "role"), "after") == 0 ? "after," : "at",
	    clock_text(clock, member_time(trace, "t")), member_text(trace, "link"),
	    json_is_true(json_object_get(trace, "reached")) ? "" : ": not reached");
	json_array_foreach(json_object_get(trace, "hops"), i, hop) {
		hop_text(text, sizeof(text), json_object_get(hop, "addresses"));
		cli_line(cli, mine && (int)i + 1 == changed ? TINT_BAD : TINT_NONE,
		    "  %2zu  %s  %s%s", i + 1, text,
		    member_number(hop, "answered") > 0 ? words_seconds(rtt, member_number(hop, "rtt_s"))
						       : "-",
		    mine && (int)i + 1 == changed ? "  <- another one than before" : "");
	}
}

static void
print_mtu(struct cli *cli, const json_t *mtu)
{
	const char *verdict = member_text(mtu, "verdict");
	double	    bytes = member_number(mtu, "mtu");

	if (strcmp(verdict, "whole") == 0)
		cli_line(cli, TINT_NONE, "Path MTU: 1500 bytes pass");
	else if (strcmp(verdict, "told") == 0)
		cli_line(cli, TINT_WARN, "Path MTU: %.0f bytes, as %s says", bytes,
		    member_text(mtu, "by"));
	else if (strcmp(verdict, "black_hole") == 0)
		cli_line(cli, TINT_BAD,
		    "Path MTU: a black hole: %.0f bytes pass, more is lost in silence", bytes);
	else if (strcmp(verdict, "own") == 0)
		cli_line(cli, TINT_NONE,
		    "Path MTU: %.0f bytes, by the engine's own interface", bytes);
	else if (*verdict != '\0')
		cli_line(cli, TINT_DIM, "Path MTU: not known, nothing was answered");
}

static void
print_head(struct cli *cli, const json_t *v)
{
	const json_t *gap = json_object_get(v, "gap");
	const char   *incident = member_text(v, "incident"), *end = member_text(v, "end");
	char	      text[WORDS_MAX], from[WORDS_MAX], to[WORDS_MAX];

	term_printf(&cli->term, &cli->out, TINT_BOLD, "%s of %s", name_of(v), member_text(v, "link"));
	cli_line(cli, TINT_NONE, ", from %s%s%s",
	    words_time(text, member_time(v, "started")), *incident != '\0' ? ", " : ", of no incident",
	    incident);
	cli_line(cli, TINT_NONE, "%.0f of %.0f packets lost%s",
	    member_number(v, "lost"), member_number(v, "sent"),
	    *end == '\0'                     ? "; it goes on"
	    : strcmp(end, "still_down") == 0 ? "; down still when it ended"
	    : strcmp(end, "cut") == 0        ? "; it was cut off"
					     : "");
	if (json_is_object(gap))
		cli_line(cli, TINT_BAD, "Longest gap: %s, %.0f packets, from %s to %s",
		    gap_text(text, gap), member_number(gap, "lost"),
		    clock_text(from, member_time(gap, "from")), clock_text(to, member_time(gap, "to")));
}

static void
print_whole(struct cli *cli, const json_t *v)
{
	const json_t *changed = json_object_get(v, "changed"), *trace;
	int	      hop = json_is_object(changed) ? (int)member_number(changed, "hop") : 0;
	size_t	      i;

	print_head(cli, v);
	print_mtu(cli, json_object_get(v, "mtu"));
	buf_u8(&cli->out, '\n');
	print_timeline(cli, v);
	buf_u8(&cli->out, '\n');
	print_before(cli, json_object_get(v, "before"));
	json_array_foreach(json_object_get(v, "traces"), i, trace)
		print_trace(cli, trace, member_text(v, "link"), hop);
}

enum exit_code
cmd_recorder(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = {{"link", required_argument, NULL, 'l'},
	    {"incident", required_argument, NULL, 'i'}, {"last", required_argument, NULL, 'n'}, {0}};
	struct wanted		   w = { .last = LIST_LAST };
	enum exit_code		   rc;
	json_t			  *v;
	int			   first = command_options(cli, argc, argv, longs, recorder_option, &w, &rc);

	if (first == -1)
		return rc;
	if (first == argc)
		return show_list(cli, &w);
	if (cli_ask_and_show(cli, json_pack("{s:s, s:s}", "op", "recording", "recording", argv[first]),
		ASK_TIMEOUT_S, &v, &rc))
		print_whole(cli, v);
	json_decref(v);
	return rc;
}
