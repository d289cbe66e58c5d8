/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * top_page.c: see top.h.
 *
 *	head		engine, its health, counts
 *	sections	incidents, sites in trouble, lines by loss and by use: rows of each as there is room
 *	foot		keys
 *
 * Rows are given out one by one in turn, so that a long list does not push a short one away.
 */
#include "ctl/top.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "ctl/status.h"

#define ROWS_WITHOUT_END 20	/* of each list when there is no terminal */
#define HEIGHT_FOR_BOTH	 36	/* from here on there is room for both orders of lines, and for space between */
#define LATE_NS		 (3 * NS_PER_S)

static const struct section {
	const char *title, *none;
} sections[TOP_LISTS] = {
	[TOP_INCIDENTS] = { "Incidents", "No incident is open" },
	[TOP_SITES] = { "Sites in trouble", "No site is in trouble" },
	[TOP_LOSS] = { "Lines by loss", "No line that answers loses packets" },
	[TOP_USE] = { "Lines by use of their contract", "No line with traffic and contract known" },
};

/* ---- rows of lines ---- */

#define BAR_CELLS 10

static const char *
bar_of(const struct term *t, double ratio, char *out, size_t size)
{
	int cells = ratio >= 1 ? BAR_CELLS : (int)(ratio * BAR_CELLS + 0.5), i;

	*out = '\0';
	for (i = 0; i < BAR_CELLS && isfinite(ratio); i++)
		snprintf(out + strlen(out), size - strlen(out), "%s", i < cells ?
		    t->utf8 ? "\xe2\x96\xa0" : "#" : t->utf8 ? "\xc2\xb7" : ".");
	return out;
}

/* Busy from 80 % on, full from 95 % on (docs/definitions.md, U). */
static enum tint
use_tint(double ratio)
{
	return ratio >= 0.95 ? TINT_BAD : ratio >= 0.8 ? TINT_WARN : TINT_NONE;
}

static void
row_line(struct cli *cli, struct table *t, const json_t *v)
{
	double loss = member_number(v, "loss_ratio"), use = member_number(v, "use_ratio");
	double contract_down = member_number(v, "down_bps"), contract_up = member_number(v, "up_bps");
	char   words[WORDS_MAX], down[WORDS_MAX], up[WORDS_MAX], text[2 * WORDS_MAX + 4];

	status_cell_state(cli, t, v);
	table_cell(t, TINT_NONE, member_text(v, "id"));
	table_cell(t, TINT_NONE, member_text(v, "site_name"));
	table_cell(t, loss > 0 ? TINT_WARN : TINT_NONE, words_ratio(words, loss));
	table_cell(t, TINT_NONE, words_seconds(words, member_number(v, "rtt_s")));
	table_cell(t, use_tint(use), words_ratio(words, use));
	table_cell(t, use_tint(use), bar_of(&cli->term, use, text, sizeof(text)));
	table_cell(t, TINT_NONE, words_rate(words, member_number(v, "rx_bps")));
	table_cell(t, TINT_NONE, words_rate(words, member_number(v, "tx_bps")));
	snprintf(text, sizeof(text), "%s / %s", words_rate(down, contract_down), words_rate(up, contract_up));
	table_cell(t, TINT_NONE, isfinite(contract_down) || isfinite(contract_up) ? text : "-");
	table_cell(t, TINT_NONE, member_text(v, "provider"));
	table_cell(t, TINT_NONE, member_text(v, "incident"));
}

static size_t
print_lines(struct cli *cli, const json_t *items, size_t from, size_t most)
{
	static const struct column columns[] = { { "STATE", false, 0, 8 }, { "LINE", false, 0, 0 },
		{ "SITE", false, 12, 0 }, { "LOSS", true, 0, 0 }, { "DELAY", true, 0, 2 },
		{ "USE", true, 0, 0 }, { "", false, 0, 7 }, { "DOWN", true, 0, 3 }, { "UP", true, 0, 4 },
		{ "CONTRACT", false, 0, 6 }, { "PROVIDER", false, 6, 9 }, { "INCIDENT", false, 0, 5 } };
	struct table *t = table_new(columns, nitems(columns));
	size_t	      n = json_array_size(items), i;

	n = n > from ? n - from : 0;
	if (n > most)
		n = most;
	for (i = from; i < from + n; i++)
		row_line(cli, t, json_array_get(items, i));
	if (n > 0)
		table_print(t, &cli->term, &cli->out, 2);
	table_free(t);
	return n;
}

/* ---- head ---- */

#define HEALTH_AT 9	/* column where the parts of the engine begin */

/* "   + ledger", on a new line when there is no room for it. @return the column where it ends */
static int
print_part(struct cli *cli, int at, bool good, const char *what)
{
	char text[80];
	int  cells;

	snprintf(text, sizeof(text), "%s %s", code_symbol(&cli->term, good ? "ok" : "down"), what);
	cells = 3 + term_cells(&cli->term, text);
	if (cli->term.width > 0 && at > HEALTH_AT && at + cells > cli->term.width) {
		buf_u8(&cli->out, '\n');
		term_printf(&cli->term, &cli->out, TINT_NONE, "%*s", HEALTH_AT, "");
		at = HEALTH_AT;
	}
	buf_text(&cli->out, "   ");
	term_text(&cli->term, &cli->out, good ? TINT_GOOD : TINT_BAD, text);
	return at + cells;
}

/* How many of its processes are there; what is wrong with the rest is told by status_problems(). */
static void
print_health(struct cli *cli, const json_t *status)
{
	const json_t *list = json_object_get(status, "processes"), *p;
	const json_t *broker = json_object_get(status, "broker");
	size_t	      all = json_array_size(list), here = 0, i;
	char	      text[80];
	int	      at = HEALTH_AT;

	json_array_foreach(list, i, p)
		here += json_is_true(json_object_get(p, "connected"));
	term_printf(&cli->term, &cli->out, TINT_NONE, "  %-*s", HEALTH_AT - 2, "engine");
	snprintf(text, sizeof(text), "%zu of %zu processes", here, all);
	at = print_part(cli, at, here == all, text);
	at = print_part(cli, at, json_is_true(json_object_get(json_object_get(status, "store"), "ok")), "series");
	at = print_part(cli, at, json_is_true(json_object_get(json_object_get(status, "ledger"), "ok")), "ledger");
	snprintf(text, sizeof(text), "broker, %.0f waiting", member_number(broker, "outbox"));
	print_part(cli, at, json_is_true(json_object_get(broker, "connected")), text);
	buf_u8(&cli->out, '\n');
}

static void
print_head(struct cli *cli, const json_t *status)
{
	status_head(cli, status);
	print_health(cli, status);
	status_problems(cli, status);
	status_counts(cli, status);
}

/* ---- what stands where ---- */

static bool
is_lines(enum top_list which)
{
	return which == TOP_LOSS || which == TOP_USE;
}

/* The sections that are shown, from the top. @return how many */
static size_t
sections_of(const struct top_view *v, enum top_list which[TOP_LISTS])
{
	size_t n = 0;

	if (v->alone) {
		which[n++] = v->focus;
		return n;
	}
	which[n++] = TOP_INCIDENTS;
	which[n++] = TOP_SITES;
	which[n++] = v->by_use ? TOP_USE : TOP_LOSS;
	if (v->height == 0 || v->height >= HEIGHT_FOR_BOTH)
		which[n++] = v->by_use ? TOP_LOSS : TOP_USE;
	return n;
}

void
top_limits(const struct top_view *v, size_t limit[TOP_LISTS])
{
	enum top_list which[TOP_LISTS];
	size_t	      n = sections_of(v, which), i;

	for (i = 0; i < TOP_LISTS; i++)
		limit[i] = 1;		/* for the total */
	for (i = 0; i < n; i++) {
		limit[which[i]] = v->height == 0 ? ROWS_WITHOUT_END :
		    v->from[which[i]] + (size_t)v->height;
		if (limit[which[i]] > TOP_ROWS_MAX)
			limit[which[i]] = TOP_ROWS_MAX;
	}
}

static size_t
rows_there(const struct top_data *d, enum top_list which)
{
	return json_array_size(d->items[which]);
}

/* ... and that can be brought up. */
static size_t
rows_in_all(const struct top_data *d, enum top_list which)
{
	return d->total[which] < TOP_ROWS_MAX ? d->total[which] : TOP_ROWS_MAX;
}

/* Share the lines out. A section with rows takes one more for its titles. @param rows  out: of each section */
static void
share(const struct top_data *d, const enum top_list *which, size_t n, int lines, size_t rows[TOP_LISTS])
{
	size_t given[TOP_LISTS] = { 0 }, wants, i;
	bool   more = true;

	while (more && lines > 0)
		for (more = false, i = 0; i < n && lines > 0; i++) {
			wants = rows_there(d, which[i]) > 0 ? rows_there(d, which[i]) + 1 : 0;
			if (given[i] < wants) {
				given[i]++;
				lines--;
				more = true;
			}
		}
	for (i = 0; i < n; i++)
		rows[i] = given[i] > 0 ? given[i] - 1 : 0;
}

/* ---- sections ---- */

static void
print_heading(struct cli *cli, const struct top_view *v, const struct top_data *d, enum top_list which,
    size_t from)
{
	const struct section *s = &sections[which];
	const char	     *mark = v->height == 0 ? "" : which != v->focus ? "  " :
		 v->term.utf8 ? "\xe2\x96\xb8 " : "> ";

	buf_text(&cli->out, mark);
	if (d->total[which] == 0) {
		term_text(&cli->term, &cli->out, TINT_DIM, s->none);
	} else {
		term_text(&cli->term, &cli->out, TINT_BOLD, s->title);
		if (v->shown[which] == 0 || v->shown[which] == d->total[which])
			term_printf(&cli->term, &cli->out, TINT_DIM, "  %zu", d->total[which]);
		else
			term_printf(&cli->term, &cli->out, TINT_DIM, "  %zu to %zu of %zu", from + 1,
			    from + v->shown[which], d->total[which]);
	}
	buf_u8(&cli->out, '\n');
}

/* The first row, when there are so many and so many are shown. */
static size_t
clamp(size_t from, size_t there, size_t rows)
{
	return from + rows <= there ? from : there > rows ? there - rows : 0;
}

static void
print_section(struct cli *cli, struct top_view *v, const struct top_data *d, enum top_list which, size_t rows)
{
	const json_t *items = d->items[which];
	size_t	      there = rows_there(d, which), from;

	v->from[which] = clamp(v->from[which], rows_in_all(d, which), rows);
	from = clamp(v->from[which], there, rows);	/* the rest has been asked for, and comes */
	v->shown[which] = rows < there ? rows : there;
	print_heading(cli, v, d, which, from);
	if (rows == 0)
		return;
	if (is_lines(which))
		print_lines(cli, items, from, rows);
	else if (which == TOP_SITES)
		status_sites(cli, items, from, rows);
	else
		status_incidents(cli, items, from, rows);
}

/* ---- the page ---- */

static int
lines_of(const struct buf *b)
{
	size_t i;
	int    n = 0;

	for (i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

/* Append the first lines of a text, as many as are wanted: some may be empty. @param dim  all of it is old */
static void
append_lines(struct buf *out, const struct buf *text, int lines, bool dim)
{
	const char *p = (const char *)text->data, *end = p + text->len, *eol;

	for (; lines > 0; lines--) {
		eol = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		if (eol != NULL && dim)
			buf_text(out, "\x1b[2m");
		if (eol != NULL)
			buf_bytes(out, p, (size_t)(eol - p));
		if (eol != NULL && dim)
			buf_text(out, "\x1b[0m");
		buf_u8(out, '\n');
		p = eol != NULL ? eol + 1 : end;
	}
}

static bool
is_old(const struct top_view *v)
{
	return *v->trouble != '\0' || v->age_ns > v->every_s * NS_PER_S + LATE_NS;
}

static void
print_trouble(struct cli *cli, const struct top_view *v)
{
	char age[WORDS_MAX], text[400];

	snprintf(text, sizeof(text), "! No news from the engine for %s%s%s", words_duration(age,
	    v->age_ns / NS_PER_S), *v->trouble != '\0' ? ": " : "", v->trouble);
	term_wrap(&cli->term, &cli->out, TINT_BAD, 0, 2, text);
}

/* As many of the keys as there is room for. */
static void
append_foot(struct buf *out, const struct top_view *v)
{
	const char *const keys[] = { "q quit", v->term.utf8 ? "\xe2\x86\x91\xe2\x86\x93 scroll" : "j k scroll",
		v->by_use ? "s by loss" : "s by use", v->alone ? "Enter all" : "Enter alone", "Tab next",
		"i incidents", "t sites", "l lines" };
	int    at = 0, cells;
	size_t i;

	for (i = 0; i < nitems(keys); i++) {
		cells = term_cells(&v->term, keys[i]) + (i > 0 ? 3 : 0);
		if ((at += cells) > v->term.width)
			break;
		term_printf(&v->term, out, TINT_DIM, "%s%s", i > 0 ? "   " : "", keys[i]);
	}
}

static void
print_sections(struct cli *cli, struct top_view *v, const struct top_data *d, int lines)
{
	enum top_list which[TOP_LISTS];
	size_t	      n = sections_of(v, which), rows[TOP_LISTS], i;
	bool	      space = v->height == 0 || v->height >= HEIGHT_FOR_BOTH;

	memset(v->shown, 0, sizeof(v->shown));
	share(d, which, n, lines - (int)n * (space ? 2 : 1), rows);
	for (i = 0; i < n; i++) {
		if (space)
			buf_u8(&cli->out, '\n');
		print_section(cli, v, d, which[i], v->height == 0 ? rows_there(d, which[i]) : rows[i]);
	}
}

void
top_page(struct top_view *v, const struct top_data *d, struct buf *out)
{
	bool	   old = is_old(v), dim = old && v->term.colour;
	struct cli head = { .term = v->term }, page = { .term = v->term }, note = { .term = v->term };
	int	   body = v->height - 1, room, top, whole;

	head.term.colour = page.term.colour = v->term.colour && !old;
	print_head(&head, d->status);
	if (old)
		print_trouble(&note, v);
	room = body - lines_of(&note.out);
	whole = lines_of(&head.out);
	/* Half is for the lists, however small the terminal is; what they leave is the head's. */
	top = whole < room / 2 ? whole : room / 2;
	print_sections(&page, v, d, room - top);
	while (top < whole && top + lines_of(&page.out) < room)
		top++;
	if (v->height == 0) {
		buf_bytes(out, head.out.data, head.out.len);
		buf_bytes(out, page.out.data, page.out.len);
	} else {
		append_lines(out, &note.out, room > 0 ? body - room : body, false);
		append_lines(out, &head.out, top, dim);
		append_lines(out, &page.out, room - top, dim);
		append_foot(out, v);
	}
	buf_free(&head.out);
	buf_free(&page.out);
	buf_free(&note.out);
}

/* ---- keys ---- */

static void
focus_on(struct top_view *v, enum top_list which, bool alone)
{
	v->focus = which;
	v->alone = alone;
}

/* The next section that is shown, or the one before. */
static void
focus_move(struct top_view *v, bool forward)
{
	enum top_list which[TOP_LISTS];
	struct top_view all = *v;
	size_t		n, i;

	all.alone = false;
	n = sections_of(&all, which);
	for (i = 0; i + 1 < n && which[i] != v->focus; i++)
		;
	v->focus = which[(i + (forward ? 1 : n - 1)) % n];
}

static void
order_switch(struct top_view *v)
{
	v->by_use = !v->by_use;
	if (is_lines(v->focus))
		v->focus = v->by_use ? TOP_USE : TOP_LOSS;
}

/* @param rows  forward, or back */
static void
scroll(struct top_view *v, const struct top_data *d, int64_t rows)
{
	int64_t from = (int64_t)v->from[v->focus] + rows;

	v->from[v->focus] = clamp(from > 0 ? (size_t)from : 0, rows_in_all(d, v->focus), v->shown[v->focus]);
}

bool
top_key(struct top_view *v, const struct top_data *d, enum key k)
{
	int64_t page = v->shown[v->focus] > 1 ? (int64_t)v->shown[v->focus] - 1 : 1;

	switch (k) {
	case KEY_QUIT:
		return false;
	case KEY_UP:
	case KEY_DOWN:
		scroll(v, d, k == KEY_UP ? -1 : 1);
		break;
	case KEY_PAGE_UP:
	case KEY_PAGE_DOWN:
		scroll(v, d, k == KEY_PAGE_UP ? -page : page);
		break;
	case KEY_HOME:
	case KEY_END:
		scroll(v, d, k == KEY_HOME ? -TOP_ROWS_MAX : TOP_ROWS_MAX);
		break;
	case KEY_NEXT:
	case KEY_PREVIOUS:
		focus_move(v, k == KEY_NEXT);
		break;
	case KEY_ENTER:
		v->alone = !v->alone;
		break;
	case KEY_BACK:
	case KEY_ALL:
		v->alone = false;
		break;
	case KEY_ORDER:
		order_switch(v);
		break;
	case KEY_INCIDENTS:
		focus_on(v, TOP_INCIDENTS, true);
		break;
	case KEY_SITES:
		focus_on(v, TOP_SITES, true);
		break;
	case KEY_LINES:
		focus_on(v, v->by_use ? TOP_USE : TOP_LOSS, true);
		break;
	case KEY_NONE:
		break;
	}
	return true;
}
