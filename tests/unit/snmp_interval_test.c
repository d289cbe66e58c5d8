/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_interval_test.c: rows that are not read in every poll. The registry of this program has one collector of its
 * own, whose table has indexes of three arcs and whose rows want to be read at different intervals.
 */
#include "collectors/collector.h"
#include "tests/unit/snmp_lab.h"

#define ROWS  5
#define ENTRY "1.3.6.1.4.1.99999.1.1.2"

static const uint32_t every_s[ROWS] = { 3600, 0, 300, 90, 0 };

static const struct snmp_column columns[] = { { "testValue", false, SNMP_ARCS(1, 3, 6, 1, 4, 1, 99999, 1, 1, 2) }, { 0 } };

/* There is one device in this program. */
static struct {
	uint32_t index[ROWS][3];
	unsigned reads[ROWS], due[ROWS], ends, wrong_ends, wrong_values;
	double	 step_s[ROWS];
	bool	 seen[ROWS];
	unsigned most_in_poll, least_in_poll;
} seen;

static bool
test_match(struct collector *c, const struct row *rows, size_t n)
{
	(void)c;
	if (n != ROWS)
		return false;
	for (size_t i = 0; i < n; i++)
		memcpy(seen.index[i], rows[i].index, sizeof(seen.index[i]));
	return true;
}

static void
test_plan(struct collector *c, struct poll_plan *plan)
{
	(void)c;
	for (uint32_t i = 0; i < ROWS; i++)
		poll_plan_row(plan, &(struct wanted_row){ .tag = i, .columns = COLUMN(0), .index = seen.index[i],
			.nindex = 3, .every_s = every_s[i] });
}

static bool
test_row(struct collector *c, const struct row *row, const struct poll *poll)
{
	(void)c;
	seen.reads[row->tag]++;
	seen.seen[row->tag] = true;
	seen.step_s[row->tag] = poll->step_s;
	if (row->nindex != 3 || memcmp(row->index, seen.index[row->tag], sizeof(seen.index[0])) != 0 ||
	    row->value[0].type != SNMP_INTEGER || row->value[0].integer != (int32_t)(100 + row->tag))
		seen.wrong_values++;
	return true;
}

static void
test_end(struct collector *c, const struct poll *poll)
{
	unsigned n = 0;

	(void)c;
	seen.ends++;
	for (unsigned i = 0; i < ROWS; i++) {
		seen.due[i] += poll_reads(poll, every_s[i]);
		n += seen.seen[i];
		if (poll->answered && seen.seen[i] != poll_reads(poll, every_s[i]))
			seen.wrong_ends++;
		seen.seen[i] = false;
	}
	if (n > seen.most_in_poll)
		seen.most_in_poll = n;
	if (n < seen.least_in_poll)
		seen.least_in_poll = n;
	if (poll->step_s != poll->interval_s)
		seen.wrong_ends++;
}

static const struct metric metrics[] = { { 0 } };
static const struct collector_ops collector_test = {
	.name = "test", .help = "Reads rows at different intervals.", .metrics = metrics, .options = snmp_options,
	.state_size = 1, .columns = columns, .match = test_match, .plan = test_plan, .row = test_row, .end = test_end
};
const struct collector_ops *const collector_registry[COLLECTORS + 1] = { &collector_test, NULL };

static struct lab *
lab_with_rows(uint32_t interval_ms)
{
	struct lab *lab = lab_bare(1, "2c", PUBLIC);
	char	    oid[80];

	memset(&seen, 0, sizeof(seen));
	seen.least_in_poll = ROWS;
	for (uint32_t i = 0; i < ROWS; i++) {
		snprintf(oid, sizeof(oid), ENTRY ".%u.7.%u", i / 3, 1000000 + i);
		agent_set(&lab->agent, oid, SNMP_INTEGER, 100 + i);
	}
	lab->target.interval_ms = interval_ms;
	snmp_engine_target(lab->engine, &lab->target, NULL, 0);
	return lab;
}

static void
test_intervals(void)
{
	struct lab *lab = lab_with_rows(60000);

	lab_run(lab, 70);
	ok(seen.ends >= 1 && seen.most_in_poll == ROWS, "after the walk every row is read");
	lab_run(lab, 20 * MINUTE);	/* the walk after ten minutes is over */
	memset(seen.reads, 0, sizeof(seen.reads));
	seen.ends = 0;
	lab_run(lab, 60 * MINUTE);
	is_i64(seen.ends, 60, "60 polls in an hour");
	ok(seen.reads[1] == 60 && seen.reads[4] == 60, "a row without an interval is read in each");
	ok(seen.reads[3] >= 30 && seen.reads[3] <= 31, "one of 90 s in every second");
	ok(seen.reads[2] >= 12 && seen.reads[2] <= 13, "one of 300 s in every fifth");
	ok(seen.reads[0] >= 1 && seen.reads[0] <= 2, "one of an hour in one");
	is_i64(seen.wrong_ends, 0, "the end of a poll knows which rows were read in it");
	is_i64(seen.wrong_values, 0, "every row has its own index and value");
	ok(seen.step_s[0] == 3600 && seen.step_s[1] == 60 && seen.step_s[2] == 300 && seen.step_s[3] == 120,
	    "and is told the time between its readings");
	is_i64(seen.least_in_poll, 2, "polls that have nothing else to read ask for the rest only");
	lab_free(lab);
}

/* Rows due in a poll that fails are known as due. */
static void
test_silent(void)
{
	struct lab *lab = lab_with_rows(10000);
	unsigned    due;

	lab_run(lab, MINUTE);
	lab->fault = FAULT_SILENT;
	lab_run(lab, 20);
	memset(seen.due, 0, sizeof(seen.due));
	memset(seen.reads, 0, sizeof(seen.reads));
	lab_run(lab, 15 * MINUTE);
	due = seen.due[2];
	ok(seen.due[1] == 90 && due >= 3 && due <= 4 && seen.reads[1] == 0, "silent: rows fall due as ever");
	lab->fault = FAULT_NONE;
	lab_run(lab, 30);
	ok(seen.reads[0] >= 1 && seen.reads[2] >= 1, "after its return and a walk every row is read");
	is_i64(seen.wrong_ends, 0, "and told");
	lab_free(lab);
}

int
main(void)
{
	log_quiet(true);
	test_intervals();
	test_silent();
	return tap_done();
}
