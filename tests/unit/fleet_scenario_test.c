/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_scenario_test.c: what is refused says why and in which line, what is accepted runs on time. */
#include "tests/fleet/scenario.h"

#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

static const struct refused_case {
	const char *line, *why;
} refused_cases[] = {
	{ "", "error: the line is empty\n" },
	{ "cutt link s001-1", "error: there is no command 'cutt'; the nearest is 'cut'\n" },
	{ "zzzzzzzzz", "error: there is no command 'zzzzzzzzz'; try 'help'\n" },
	{ "cut link", "error: too few words: the command is 'cut link LINK'\n" },
	{ "cut link s001-1 now", "error: too many words: the command is 'cut link LINK'\n" },
	{ "cut device s001-r1", "error: not understood: one form of it is 'cut site SITE'\n" },
	{ "cut link s009-1", "error: there is no link 's009-1' in the inventory\n" },
	{ "cut site s009", "error: there is no site 's009' in the inventory\n" },
	{ "reboot device s009-r1", "error: there is no device 's009-r1' in the inventory\n" },
	{ "loss link s001-1 1.5", "error: '1.5' is not a ratio from 0 to 1\n" },
	{ "loss link s001-1 nan", "error: 'nan' is not a ratio from 0 to 1\n" },
	{ "delay link s001-1 -3", "error: '-3' is not a number of milliseconds from 0 to 60000\n" },
	{ "power site s001 of", "error: 'of' is neither 'on' nor 'off'\n" },
	{ "jump device s001-r1 ether9 5", "error: s001-r1 has no port 'ether9'\n" },
	{ "jump device s001-r1 ether1 5 marked", "error: 'marked' is not 'mark'\n" },
	{ "tcp 10.1.0.1 0 open", "error: '0' is not a port from 1 to 65535\n" },
	{ "tcp 10.77.0.1 80 open", "error: nothing in the inventory has the address 10.77.0.1\n" },
	{ "tcp 10.1.0.1 80 ajar", "error: 'ajar' is none of 'open', 'closed', 'filtered'\n" },
	{ "truth port s001-r1 ether1 0 60 0", "error: the step must be above 0 and give at most 100000 rows\n" },
};

static void
check_refused(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	struct buf	    reply = { 0 };
	size_t		    i;
	int		    rc;

	for (i = 0; i < nitems(refused_cases); i++) {
		rc = fleet_command(m, 0, refused_cases[i].line, &reply);
		buf_u8(&reply, 0);
		ok(rc == -1, "refused: '%s'", refused_cases[i].line);
		is_text((char *)reply.data, refused_cases[i].why, "and why");
		buf_free(&reply);
	}
	fleet_command(m, 0, "log", &reply);
	buf_u8(&reply, 0);
	is_text((char *)reply.data, "ok\n", "what was refused is not in the log");
	buf_free(&reply);
	fleet_model_free(m);
}

struct errors {
	char text[400];
};

static void
on_error(void *arg, unsigned line, const char *text)
{
	struct errors *e = arg;
	size_t	       n = strlen(e->text);

	snprintf(e->text + n, sizeof(e->text) - n, "%u: %s\n", line, text);
}

static void
check_errors(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	struct errors	    e = { "" };
	struct scenario	   *s = scenario_parse(m, "# a comment\n0 cut link s001-1\r\n\nsoon cut link s001-1\n"
		"5 cut link s009-1 # wrong\n-1 show", on_error, &e);

	ok(s == NULL, "a scenario with wrong lines is refused");
	is_text(e.text,
	    "4: 'soon' is not a number of seconds; a line is 'SECONDS COMMAND'\n"
	    "5: there is no link 's009-1' in the inventory\n"
	    "6: '-1' is not a number of seconds; a line is 'SECONDS COMMAND'\n",
	    "and every wrong line named");
	ok(test_ping(m, "10.1.0.1", 0) != -1, "and nothing happened");
	fleet_model_free(m);
}

static void
check_run(const struct inventory *inv)
{
	struct loop	   *l = loop_new_virtual(1, WALL_NS);
	struct fleet_model *m = test_model(inv, 1);
	struct errors	    e = { "" };
	struct buf	    reply = { 0 };
	struct scenario *s = scenario_parse(
	    m, "20 restore link s002-1\n0\tcut link s003-1\n10.5  cut link s002-1  # x\n", on_error, &e);

	is_text(e.text, "", "a good scenario has no errors");
	scenario_start(s, l);
	ok(test_ping(m, "10.1.0.3", 0) == -1, "second 0 is done at once");
	loop_run_until(l, NS_PER_S + 10499 * NS_PER_MS);
	ok(test_ping(m, "10.1.0.2", 0) != -1, "nothing comes early");
	loop_run_until(l, NS_PER_S + 10501 * NS_PER_MS);
	ok(test_ping(m, "10.1.0.2", 0) == -1, "nor late");
	loop_run_until(l, 30 * NS_PER_S);
	ok(test_ping(m, "10.1.0.2", 0) != -1, "lines may stand in any order");
	fleet_command(m, loop_mono_ns(l), "log", &reply);
	buf_u8(&reply, 0);
	is_text((char *)reply.data,
	    "1795222800000000000 cut link s003-1\n1795222810500000000 cut link s002-1\n"
	    "1795222820000000000 restore link s002-1\nok\n", "the log has the exact times");
	buf_free(&reply);
	scenario_free(s);
	fleet_model_free(m);
	loop_free(l);
}

/* The rows of "truth port" against the function behind it. */
static void
check_truth_rows(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	struct buf	    reply = { 0 };
	char		    want[300] = "";
	double		    rx_bps, tx_bps;
	int		    i;

	for (i = 0; i < 2; i++) {
		fleet_truth_port(m, "s001-r1", "ether1", WALL_NS + 60 * i * NS_PER_S,
		    WALL_NS + 60 * (i + 1) * NS_PER_S, &rx_bps, &tx_bps);
		sprintf(want + strlen(want), "%lld.000,%.6f,%.6f\n", WALL_NS / NS_PER_S + 60 * (i + 1),
		    rx_bps, tx_bps);
	}
	strcat(want, "ok\n");
	/* One minute before the model started gives no row, half a step at the end neither. */
	fleet_command(m, 0, "truth port s001-r1 ether1 1795222740 1795222950 60", &reply);
	buf_u8(&reply, 0);
	is_text((char *)reply.data, want, "'truth port' gives one row per whole step");
	buf_free(&reply);
	fleet_model_free(m);
}

int
main(void)
{
	struct inventory *inv = test_inventory();

	check_refused(inv);
	check_errors(inv);
	check_run(inv);
	check_truth_rows(inv);
	inventory_free(inv);
	return tap_done();
}
