/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_test.c: what simpulctl writes: tables that fit, words for times and amounts, times as people give
 * them.
 */
#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/table.h"
#include "tests/unit/tap.h"

static const struct column columns[] = {
	{ "STATE", false, 0, 0 }, { "NAME", false, 6, 0 }, { "FOR", true, 0, 0 }, { "CLASS", false, 0, 1 },
	{ "NOTE", false, 4, 2 },
};

static void
test_tables(void)
{
	static const struct { const char *name; int width; const char *want; } cases[] = {
		{ "a pipe has no width", 0,
		    "  STATE  NAME               FOR  CLASS   NOTE\n"
		    "  down   Kantor Lurah Satu  3 s  office  a long note\n"
		    "  ok     Dua                  -  park\n" },
		{ "just wide enough", 52,
		    "  STATE  NAME               FOR  CLASS   NOTE\n"
		    "  down   Kantor Lurah Satu  3 s  office  a long note\n"
		    "  ok     Dua                  -  park\n" },
		{ "the widest elastic column is cut first", 48,
		    "  STATE  NAME           FOR  CLASS   NOTE\n"
		    "  down   Kantor Lurah>  3 s  office  a long note\n"
		    "  ok     Dua              -  park\n" },
		{ "then all elastic ones", 40,
		    "  STATE  NAME      FOR  CLASS   NOTE\n"
		    "  down   Kantor >  3 s  office  a long >\n"
		    "  ok     Dua         -  park\n" },
		{ "then what can best be spared is left out", 32,
		    "  STATE  NAME        FOR  CLASS\n"
		    "  down   Kantor Lu>  3 s  office\n"
		    "  ok     Dua           -  park\n" },
		{ "and the next", 24,
		    "  STATE  NAME        FOR\n"
		    "  down   Kantor Lu>  3 s\n"
		    "  ok     Dua           -\n" },
		{ "what cannot be spared stays", 5,
		    "  STATE  NAME    FOR\n"
		    "  down   Kanto>  3 s\n"
		    "  ok     Dua       -\n" },
	};
	struct term   term = { 0 };
	struct table *t = table_new(columns, nitems(columns));
	struct buf    b = { 0 };
	size_t	      i;

	table_cell(t, TINT_BAD, "down");
	table_cell(t, TINT_NONE, "Kantor Lurah Satu");
	table_cell(t, TINT_NONE, "3 s");
	table_cell(t, TINT_NONE, "office");
	table_cell(t, TINT_NONE, "a long note");
	table_cell(t, TINT_GOOD, "ok");
	table_cell(t, TINT_NONE, "Dua");
	table_cell(t, TINT_NONE, "-");
	table_cell(t, TINT_NONE, "park");
	table_cell(t, TINT_NONE, "");
	is_i64((int64_t)table_rows(t), 2, "two rows");
	for (i = 0; i < nitems(cases); i++) {
		term.width = cases[i].width;
		b.len = 0;
		table_print(t, &term, &b, 2);
		buf_u8(&b, 0);
		is_text((char *)b.data, cases[i].want, cases[i].name);
	}
	table_free(t);
	buf_free(&b);
}

static void
test_wrapping(void)
{
	static const struct column two[] = { { "NAME", false, 0, 0 }, { "KIND", false, 0, 1 }, { "MEANING", false, COLUMN_WRAPS, 0 } };
	static const struct { const char *name; int width; const char *want; } cases[] = {
		{ "sentences in a pipe stay whole", 0,
		    "  NAME  KIND   MEANING\n"
		    "  a     gauge  the first of all the values that there are\n"
		    "  bb    gauge\n" },
		{ "sentences go on below", 42,
		    "  NAME  KIND   MEANING\n"
		    "  a     gauge  the first of all the values\n"
		    "               that there are\n"
		    "  bb    gauge\n" },
		{ "and have their room before what can be spared", 36,
		    "  NAME  MEANING\n"
		    "  a     the first of all the values\n"
		    "        that there are\n"
		    "  bb\n" },
	};
	struct term   term = { 0 };
	struct table *t = table_new(two, nitems(two));
	struct buf    b = { 0 };
	size_t	      i;

	table_cell(t, TINT_NONE, "a");
	table_cell(t, TINT_NONE, "gauge");
	table_cell(t, TINT_NONE, "the first of all the values that there are");
	table_cell(t, TINT_NONE, "bb");
	table_cell(t, TINT_NONE, "gauge");
	table_cell(t, TINT_NONE, "");
	for (i = 0; i < nitems(cases); i++) {
		term.width = cases[i].width;
		b.len = 0;
		table_print(t, &term, &b, 2);
		buf_u8(&b, 0);
		is_text((char *)b.data, cases[i].want, cases[i].name);
	}
	table_free(t);
	buf_free(&b);
}

static void
test_arguments(void)
{
	static const struct command none = { .name = "none", .args = "", .wrong = "none takes no arguments" };
	static const struct command one = { .name = "one", .args = "A [B]", .least = 1, .most = 2, .wrong = "name one" };
	static const struct { const char *name; const struct command *command; const char *argv[6]; int at; } cases[] = {
		{ "none of none", &none, { "none" }, 1 },
		{ "none, an option", &none, { "none", "--json" }, 2 },
		{ "one too many", &none, { "none", "a" }, -1 },
		{ "too few", &one, { "one", "--json" }, -1 },
		{ "as many as there must be", &one, { "one", "a", "--json" }, 2 },
		{ "as many as there may be", &one, { "one", "a", "b" }, 1 },
		{ "more than there may be", &one, { "one", "a", "b", "c" }, -1 },
		{ "an option that there is not", &one, { "one", "a", "--jason" }, -1 },
	};
	char	       text[6][16], *argv[7];
	enum exit_code rc;
	size_t	       i;
	int	       argc, at;

	for (i = 0; i < nitems(cases); i++) {
		struct cli cli = { .command = cases[i].command };

		for (argc = 0; cases[i].argv[argc] != NULL; argc++) {
			snprintf(text[argc], sizeof(text[argc]), "%s", cases[i].argv[argc]);
			argv[argc] = text[argc];
		}
		argv[argc] = NULL;
		optind = 0;
		at = command_arguments(&cli, argc, argv, &rc);
		is_i64(at, cases[i].at, cases[i].name);
		ok(at != -1 || rc == EXIT_USAGE, "... and its exit code");
	}
}

static void
test_cells(void)
{
	static const struct column one[] = { { "", false, 4, 0 }, { "", false, 0, 0 } };
	struct term   term = { .utf8 = true, .width = 9, .colour = true };
	struct table *t;
	struct buf    b = { 0 };

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		ok(true, "wide characters # SKIP there is no locale C.UTF-8");
		return;
	}
	is_i64(term_cells(&term, "a\xc3\xa9\xe6\xbc\xa2"), 4, "a wide character takes two columns");
	is_i64(term_cells(&term, "e\xcc\x81"), 1, "a combining one none");
	t = table_new(one, 2);
	table_cell(t, TINT_BAD, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
	table_cell(t, TINT_NONE, "\x1b[5m");
	table_print(t, &term, &b, 0);
	buf_u8(&b, 0);
	is_text((char *)b.data, "\x1b[31m\xc3\xa9\xc3\xa9\xc3\xa9\xe2\x80\xa6\x1b[0m  \\x1b[5m\n",
	    "text is cut between characters, and its control bytes are shown");
	table_free(t);
	term.colour = false;
	term.width = 20;
	b.len = 0;
	term_wrap(&term, &b, TINT_NONE, 0, 2, "one two three four five six");
	buf_u8(&b, 0);
	is_text((char *)b.data, "one two three four\n  five six\n", "a paragraph breaks between words");
	buf_free(&b);
}

static void
test_words(void)
{
	static const struct { int64_t seconds; const char *want; } durations[] = {
		{ -5, "0 s" }, { 0, "0 s" }, { 59, "59 s" }, { 60, "1 min" }, { 192, "3 min 12 s" },
		{ 3600, "1 h" },
		{ 7500, "2 h 5 min" }, { 3659, "1 h" }, { 86400, "1 d" }, { 273600, "3 d 4 h" },
		{ 34560000, "400 d" },
	};
	static const struct { double bps; const char *want; } rates[] = {
		{ 0, "0 bit/s" }, { 999, "999 bit/s" }, { 1500, "1.5 kbit/s" }, { 12345678, "12.3 Mbit/s" },
		{ 123456789, "123 Mbit/s" },
		{ 1e10, "10.0 Gbit/s" }, { NAN, "-" },
	};
	char   out[WORDS_MAX], state[40];
	size_t i;

	for (i = 0; i < nitems(durations); i++)
		is_text(words_duration(out, durations[i].seconds), durations[i].want, durations[i].want);
	for (i = 0; i < nitems(rates); i++)
		is_text(words_rate(out, rates[i].bps), rates[i].want, rates[i].want);
	is_text(words_seconds(out, 0.02314), "23.1 ms", "a delay");
	is_text(words_seconds(out, 1.254), "1.25 s", "a long delay");
	is_text(words_seconds(out, NAN), "-", "an unknown delay");
	is_text(words_ratio(out, 0.0721), "7.2 %", "a ratio");
	is_text(words_state(state, sizeof(state), "never_up"), "never up", "a state");
	ok(code_rank("down") < code_rank("warn") && code_rank("warn") < code_rank("ok") &&
	    code_rank("ok") < code_rank("planned"), "trouble comes first");
	is_text(words_time(out, 1795222923000000000), "2026-11-21 08:02:03 +07", "a time in the local zone");
	is_text(words_time(out, 0), "-", "no time");
}

static void
test_times(void)
{
	/* now is 1795222923; -1: refused */
	static const struct { const char *text; int64_t want; } cases[] = {
		{ "now", 1795222923 }, { "-90m", 1795222923 - 5400 }, { "-1h", 1795222923 - 3600 },
		{ "-7d", 1795222923 - 604800 },
		{ "-0s", 1795222923 }, { "1795222923", 1795222923 }, { "2026-11-21T01:02:03Z", 1795222923 },
		{ "2026-11-21T01:02:03.999Z", 1795222923 }, { "2026-11-21T08:02:03+07:00", 1795222923 },
		{ "2026-11-20T20:02:03-05:00", 1795222923 }, { "2026-11-21", 1795222923 - 28923 },
		{ "2026-11-21 08:02", 1795222920 }, { "2026-11-21T08:02:03", 1795222923 },
		{ "", -1 }, { "-", -1 }, { "-h", -1 }, { "-1y", -1 }, { "-1hh", -1 }, { "yesterday", -1 },
		{ "2026-11-21x08:02", -1 },
		{ "2026-11-21 08:02:03 junk", -1 }, { "2026-11-21T01:02:03+7", -1 }, { "99999999999", -1 },
		{ "-9999999999s", -1 },
	};
	int64_t got;
	size_t	i;

	for (i = 0; i < nitems(cases); i++) {
		if (time_parse_human(cases[i].text, 1795222923, &got) == -1)
			got = -1;
		is_i64(got, cases[i].want, *cases[i].text != '\0' ? cases[i].text : "(empty)");
	}
}

int
main(void)
{
	setenv("TZ", "<+07>-7", 1);
	tzset();
	test_tables();
	test_wrapping();
	test_arguments();
	test_words();
	test_times();
	test_cells();
	return tap_done();
}
