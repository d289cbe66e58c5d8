/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rules_test.c: the pure rules against tables of named cases. */
#include "rules/baseline.h"
#include "rules/link_rounds.h"
#include "rules/recent.h"
#include "rules/severity.h"
#include "rules/site_state.h"
#include "rules/threshold.h"
#include "tests/unit/tap.h"

/*
 * Rounds as letters, 10 s apart from t = 10 s on: '+' answered, '-' failed, '.' no result at all.
 * Expected: what is said after the last of them, and since when (s).
 */
static const struct {
	const char     *name, *rounds;
	enum rounds_say say;
	int64_t		since_s;
} rounds_cases[] = {
	{ "nothing measured, nothing said", "", ROUNDS_NOTHING, 0 },
	{ "one success is not enough", "+", ROUNDS_NOTHING, 0 },
	{ "two successes make up, from the first", "++", ROUNDS_UP, 10 },
	{ "two failures are not enough", "--", ROUNDS_NOTHING, 0 },
	{ "three failures make down, from the first", "---", ROUNDS_DOWN, 10 },
	{ "two lost rounds while up change nothing", "++--+", ROUNDS_UP, 10 },
	{ "three lost rounds while up", "+++---", ROUNDS_DOWN, 40 },
	{ "one answer while down changes nothing", "---+--", ROUNDS_DOWN, 10 },
	{ "up again, from the first answer", "----++", ROUNDS_UP, 50 },
	{ "alternating never settles", "+-+-+-", ROUNDS_NOTHING, 0 },
	{ "two missed results are not yet a gap", "++.+", ROUNDS_UP, 10 },
	{ "a gap makes unknown from the last result + 10 s", "++..+", ROUNDS_UNKNOWN, 30 },
	{ "after a gap runs start anew", "++..++", ROUNDS_UP, 50 },
	{ "failures on both sides of a gap do not add up", "++--..-", ROUNDS_UNKNOWN, 50 },
	{ "down, a gap, down", "---...---", ROUNDS_DOWN, 70 },
	{ "a gap before anything was said says nothing", "+...+", ROUNDS_NOTHING, 0 },
};

static void
play_rounds(struct link_rounds *r, const char *rounds)
{
	int64_t t = 0;

	for (; *rounds != '\0'; rounds++) {
		t += 10 * NS_PER_S;
		if (*rounds != '.')
			link_rounds_result(r, &rounds_rule_default, *rounds == '+', t, t);
	}
}

static void
test_rounds(void)
{
	size_t i;

	for (i = 0; i < nitems(rounds_cases); i++) {
		struct link_rounds r = { 0 };

		play_rounds(&r, rounds_cases[i].rounds);
		ok(r.say == rounds_cases[i].say && r.since_ns == rounds_cases[i].since_s * NS_PER_S,
		    "rounds: %s",
		    rounds_cases[i].name);
	}
}

static void
test_rounds_clock(void)
{
	struct link_rounds r = { 0 };

	play_rounds(&r, "++");
	ok(!link_rounds_gap(&r, &rounds_rule_default, 45 * NS_PER_S),
	    "rounds: 25 s without a result are no gap");
	ok(link_rounds_gap(&r, &rounds_rule_default, 45 * NS_PER_S + 1) && r.since_ns == 30 * NS_PER_S,
	    "rounds: more are, seen without a new result");
	ok(!link_rounds_gap(&r, &rounds_rule_default, 99 * NS_PER_S), "rounds: a gap is said once");
	ok(!link_rounds_result(&r, &rounds_rule_default, true, 5 * NS_PER_S, 5 * NS_PER_S) && r.answered == 0,
	    "rounds: an older round is not a result");

	r = (struct link_rounds){ 0 };
	play_rounds(&r, "++");
	link_rounds_result(&r, &rounds_rule_default, true, 9000 * NS_PER_S, 30 * NS_PER_S);
	ok(r.say == ROUNDS_UP && r.since_ns == 10 * NS_PER_S, "rounds: a step of the wall clock is no gap");
}

/* Values of whole minutes: a digit, "." = known to be unknown, "_" = no sample. */
static const struct {
	const char *name;
	double	    raise, clear;
	const char *values;		/* digits: hundredths */
	bool	    raised;
	int64_t	    since_min;
} threshold_cases[] = {
	{ "two minutes beyond are not enough", 0.05, 0.02, "0055", false, 0 },
	{ "three are, from the start of the first", 0.05, 0.02, "00555", true, 2 },
	{ "one good minute starts anew", 0.05, 0.02, "55055", false, 0 },
	{ "between the thresholds counts for neither", 0.05, 0.02, "55355", false, 0 },
	{ "raised, and between the thresholds: stays", 0.05, 0.02, "555333333333", true, 0 },
	{ "four good minutes do not clear", 0.05, 0.02, "5550000", true, 0 },
	{ "five do, from the start of the first", 0.05, 0.02, "55500000", false, 3 },
	{ "an unknown minute ends the run", 0.05, 0.02, "55.55", false, 0 },
	{ "a hole ends the run", 0.05, 0.02, "55_55", false, 0 },
	{ "an unknown minute does not clear", 0.05, 0.02, "5550000.0000", true, 0 },
	{ "low watch: raised below", 0.02, 0.05, "555111", true, 3 },
	{ "low watch: cleared above", 0.02, 0.05, "11155555", false, 3 },
};

static void
test_threshold(void)
{
	struct threshold_rule rule = { .raise_ns = 180 * NS_PER_S, .clear_ns = 300 * NS_PER_S };
	size_t		      i, k;

	for (i = 0; i < nitems(threshold_cases); i++) {
		const int64_t	 base = 60000 * NS_PER_S;
		struct threshold t = { 0 };

		rule.raise = threshold_cases[i].raise;
		rule.clear = threshold_cases[i].clear;
		for (k = 0; threshold_cases[i].values[k] != '\0'; k++) {
			char	c = threshold_cases[i].values[k];
			int64_t end = base + (int64_t)(k + 1) * 60 * NS_PER_S;

			if (c != '_')
				threshold_value(&t, &rule, c == '.' ? NAN : (c - '0') / 100.0, end,
				    60 * NS_PER_S);
		}
		ok(t.raised == threshold_cases[i].raised &&
		    (t.since_ns == 0 || t.since_ns == base + threshold_cases[i].since_min * 60 * NS_PER_S),
		    "threshold: %s", threshold_cases[i].name);
	}
}

/* Minutes that end at these times, all beyond: a repetition counts once, a clock that was set starts anew. */
static const struct {
	const char *name;
	int	    minute[6];		/* 0: no more */
	bool	    raised;
	int64_t	    since_min;
} clock_cases[] = {
	{ "a minute told twice is one", { 100, 101, 101, 101 }, false, 0 },
	{ "one that comes late does not end the run", { 100, 101, 100, 102 }, true, 99 },
	{ "the clock is set back: minutes before do not count", { 100, 101, 40, 41 }, false, 0 },
	{ "those after do, at once", { 100, 101, 40, 41, 42 }, true, 39 },
};

static void
test_threshold_clock(void)
{
	const struct threshold_rule rule = { .raise = 0.05, .clear = 0.02, .raise_ns = 180 * NS_PER_S,
	    .clear_ns = 300 * NS_PER_S };
	size_t i, k;

	for (i = 0; i < nitems(clock_cases); i++) {
		struct threshold t = { 0 };

		for (k = 0; k < nitems(clock_cases[i].minute) && clock_cases[i].minute[k] != 0; k++)
			threshold_value(&t, &rule, 0.1, clock_cases[i].minute[k] * 60 * NS_PER_S,
			    60 * NS_PER_S);
		ok(t.raised == clock_cases[i].raised &&
		    t.since_ns == clock_cases[i].since_min * 60 * NS_PER_S, "threshold: %s",
		    clock_cases[i].name);
	}
}

/* Pairs: m(ain) or b(ackup), then u=up g=degraded d=down by itself n=unreachable ?=unknown -=not counted. */
static const struct {
	const char	*name, *lines;
	enum site_state	 state;
	enum reach_fault fault;		/* for an office */
} site_cases[] = {
	{ "no line at all", "", SITE_UNKNOWN, REACH_NONE },
	{ "never seen up", "m-", SITE_UNKNOWN, REACH_NONE },
	{ "one line up", "mu", SITE_OK, REACH_NONE },
	{ "one line degraded", "mg", SITE_DEGRADED, REACH_NONE },
	{ "one line down", "md", SITE_ISOLATED, REACH_LINE_DOWN },
	{ "one line unreachable", "mn", SITE_UNREACHABLE, REACH_NONE },
	{ "one line unknown", "m?", SITE_UNKNOWN, REACH_NONE },
	{ "two lines up", "mubu", SITE_OK, REACH_NONE },
	{ "main down, backup up", "mdbu", SITE_ON_BACKUP, REACH_ON_BACKUP },
	{ "main unreachable, backup up", "mnbu", SITE_ON_BACKUP, REACH_NONE },
	{ "main up, backup down", "mubd", SITE_BACKUP_LOST, REACH_BACKUP_LOST },
	{ "main up, backup unreachable", "mubn", SITE_BACKUP_LOST, REACH_NONE },
	{ "both down", "mdbd", SITE_ISOLATED, REACH_ISOLATED },
	{ "both unreachable", "mnbn", SITE_UNREACHABLE, REACH_NONE },
	{ "main unreachable, backup down by itself", "mnbd", SITE_ISOLATED, REACH_ISOLATED },
	{ "main down, backup unknown", "mdb?", SITE_UNKNOWN, REACH_LINE_DOWN },
	{ "main unknown, backup down", "m?bd", SITE_UNKNOWN, REACH_BACKUP_LOST },
	{ "main unknown, backup up", "m?bu", SITE_OK, REACH_NONE },
	{ "main never seen up, backup is the only line", "m-bd", SITE_ISOLATED, REACH_LINE_DOWN },
	{ "main down, backup never seen up", "mdb-", SITE_ISOLATED, REACH_LINE_DOWN },
	{ "main degraded, backup up", "mgbu", SITE_DEGRADED, REACH_NONE },
	{ "main up, backup degraded", "mubg", SITE_OK, REACH_NONE },
	{ "three lines, main and one backup down", "mdbdbu", SITE_ON_BACKUP, REACH_ON_BACKUP },
	{ "three lines, one backup down", "mubdbu", SITE_BACKUP_LOST, REACH_BACKUP_LOST },
	{ "two main lines, one down", "mdmu", SITE_BACKUP_LOST, REACH_BACKUP_LOST },
};

static size_t
read_lines(const char *text, struct site_line *line)
{
	size_t n;

	for (n = 0; text[2 * n] != '\0'; n++) {
		char s = text[2 * n + 1];

		line[n].role = text[2 * n] == 'm' ? ROLE_MAIN : ROLE_BACKUP;
		line[n].counted = s != '-';
		line[n].own_fault = s == 'd';
		line[n].state = s == 'u' ? LINK_UP : s == 'g' ? LINK_DEGRADED : s == 'd' ? LINK_DOWN :
		    s == 'n' ? LINK_UNREACHABLE : s == '-' ? LINK_NEVER_UP : LINK_UNKNOWN;
	}
	return n;
}

static void
test_site(void)
{
	struct site_line line[4];
	size_t		 i, n;

	for (i = 0; i < nitems(site_cases); i++) {
		n = read_lines(site_cases[i].lines, line);
		ok(site_state_judge(line, n, true) == site_cases[i].state, "site: %s: %s", site_cases[i].name,
		    site_state_names[site_cases[i].state]);
		ok(reach_fault_judge(line, n, false) == site_cases[i].fault, "fault: %s: '%s'",
		    site_cases[i].name,
		    reach_fault_kinds[site_cases[i].fault]);
	}
	n = read_lines("mu", line);
	ok(site_state_judge(line, n, false) == SITE_PLANNED, "site: not in operation: planned");
	n = read_lines("md", line);
	ok(reach_fault_judge(line, n, true) == REACH_ISOLATED, "fault: the only line of a node isolates it");
}

static const struct {
	enum reach_fault fault;
	enum site_class	 class;
	bool		 is_node;
	enum severity	 want;
} severity_cases[] = {
	{ REACH_LINE_DOWN, CLASS_OFFICE, false, SEVERITY_MAJOR },
	{ REACH_LINE_DOWN, CLASS_CRITICAL, false, SEVERITY_CRITICAL },
	{ REACH_LINE_DOWN, CLASS_PARK, false, SEVERITY_MINOR },
	{ REACH_ISOLATED, CLASS_OFFICE, true, SEVERITY_CRITICAL },
	{ REACH_ISOLATED, CLASS_OFFICE, false, SEVERITY_MAJOR },
	{ REACH_ON_BACKUP, CLASS_CRITICAL, false, SEVERITY_MINOR },
	{ REACH_BACKUP_LOST, CLASS_CRITICAL, false, SEVERITY_WARNING },
};

static void
test_severity(void)
{
	size_t i;

	for (i = 0; i < nitems(severity_cases); i++)
		ok(severity_of_reach(severity_cases[i].fault, severity_cases[i].class,
		    severity_cases[i].is_node) ==
		    severity_cases[i].want, "severity: %s, class %d%s: %s",
		    reach_fault_kinds[severity_cases[i].fault],
		    (int)severity_cases[i].class, severity_cases[i].is_node ? ", node" : "",
		    severity_names[severity_cases[i].want]);
	for (i = 0; i < SEVERITIES; i++)
		ok(severity_of(severity_names[i]) == (enum severity)i, "severity: name %s",
		    severity_names[i]);
}

static void
test_names(void)
{
	int i;

	for (i = 0; i < LINK_STATES; i++)
		ok(link_state_of(link_state_names[i]) == (enum link_state)i, "link state %s is %s on pages",
		    link_state_names[i], link_state_code((enum link_state)i));
	for (i = 0; i < SITE_STATES; i++)
		ok(site_state_of(site_state_names[i]) == (enum site_state)i, "site state %s is %s on pages",
		    site_state_names[i], site_state_code((enum site_state)i));
	is_text(site_state_code(SITE_ON_BACKUP), "backup", "code of on_backup");
	is_text(link_state_code(LINK_UNREACHABLE), "impacted", "code of unreachable");
	ok(site_state_of("nonsense") == SITE_UNKNOWN, "an unknown word is the unknown state");
}

/* A stretch of days at one level, by minutes. @return what was said of the last of them */
static double
days_at(struct baseline *b, double dbm, double days)
{
	double drop = NAN;

	for (double t = 0; t < days * 86400; t += 60)
		drop = baseline_drop(b, dbm, 60, 1);
	return drop;
}

static void
test_baseline(void)
{
	struct baseline b = { 0 };
	double		before;

	ok(isnan(days_at(&b, -20, 0.9)), "baseline: nothing is said on the first day");
	is_near(days_at(&b, -20, 0.2), 0, 1e-9, "baseline: then what it always was is normal");
	is_near(baseline_drop(&b, -23.5, 60, 1), 3.5, 1e-9, "baseline: a drop is told at once");
	is_near(baseline_drop(&b, -18, 60, 1), -2, 1e-3, "baseline: a rise is negative");
	ok(isnan(baseline_drop(&b, NAN, 60, 1)), "baseline: nothing is said of what is not known");
	before = b.mean;
	(void)baseline_drop(&b, NAN, 60, 1);
	ok(b.mean == before, "baseline: the unknown is not learnt");
	(void)days_at(&b, -20, 30);
	is_near(days_at(&b, -24, 1), 4, 0.2, "baseline: after a day a fault is no more normal than before");
	is_near(days_at(&b, -24, 365), 0, 0.1, "baseline: in the end it is");
	(void)days_at(&b, -24, 30);
	is_near(days_at(&b, -24.8, 28), 0, 0.05, "baseline: small changes are followed within weeks");
}

static void
test_recent(void)
{
	const int64_t start = INT64_C(1795222800) * NS_PER_S, minute = 60 * NS_PER_S;
	struct recent r = { 0 };

	is_near(recent_add(&r, 0, start), 0, 0, "recent: never");
	is_near(recent_add(&r, 1, start), 1, 0, "recent: once");
	is_near(recent_add(&r, 2, start + 30 * minute), 3, 0, "recent: half an hour later");
	is_near(recent_add(&r, NAN, start + 54 * minute), 3, 0, "recent: the unknown counts as none");
	is_near(recent_add(&r, 0, start + 60 * minute), 2, 0, "recent: after an hour the first is gone");
	is_near(recent_add(&r, 1, start + 20 * minute), 3, 0, "recent: an earlier time counts as the last one");
	is_near(recent_add(&r, 0, start + 3000 * minute), 0, 0, "recent: after days all are gone");
	is_near(recent_add(&r, 4, start + 3000 * minute), 4, 0, "recent: by a clock that is days ahead");
	is_near(recent_add(&r, 1, start + 60 * minute), 1, 0, "recent: and has been set back: begun anew");
	is_near(recent_add(&r, 0, start + 120 * minute), 0, 0, "recent: so an hour is an hour again");
}

int
main(void)
{
	test_baseline();
	test_recent();
	test_rounds();
	test_rounds_clock();
	test_threshold();
	test_threshold_clock();
	test_site();
	test_severity();
	test_names();
	return tap_done();
}
