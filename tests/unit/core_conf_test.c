/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_conf_test.c: configurations that are taken, refused, late or gone, under way and at a restart of core. */
#include <stdlib.h>

#include <jansson.h>

#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

static const char *
word_of(const struct world *w, const char *topic, const char *key)
{
	const char *s = json_string_value(json_object_get(world_doc(w, topic), key));

	return s != NULL ? s : "-";
}

static void
test_reload(void)
{
	struct world *w = world_new(30, true);
	unsigned      targets;

	world_settle(w);
	targets = w->targets;
	is_i64(targets, 13, "twelve lines and a device are measured, the planned line is not");
	world_cut(w, "b-1", true);
	world_run(w, 20);
	world_events(w);
	world_row(w, INPUT_LINKS, "b-1", NULL);
	world_reload(w, false);
	world_run(w, 5);
	is_text(w->reload_error, "", "a line leaves the inventory");
	is_text(world_events(w), "incident.closed incident/inc-1; engine.config_loaded engine/core",
	    "its incident closes; it is not up");
	is_i64((int64_t)world_retained(w, "state/link/b-1"), 0, "its topic is empty");
	is_i64(w->targets, targets - 1, "it is not measured any more");
	is_text(world_state(w, "site/b"), "unknown", "of its site nothing is known now");

	world_row(w, INPUT_SITES, "b", NULL);
	world_reload(w, false);
	world_run(w, 5);
	is_i64((int64_t)(world_retained(w, "state/site/b") + world_retained(w, "opd/b/")), 0,
	    "a site leaves: its topics are empty");

	world_row(w, INPUT_LINKS, "a-1",
	    "a-1,a,main,astinet,,node-2,10.1.0.1,20,4,best_effort,,,,,,a-r1,ether1,,live");
	world_reload(w, false);
	world_run(w, 5);
	is_text(word_of(w, "state/link/a-1", "provider"), "astinet", "a new provider: told");
	is_text(world_state(w, "link/a-1"), "up", "the state is kept");
	world_restart(w);
	world_run(w, 20);
	is_text(world_state(w, "link/a-1"), "up", "after a restart, too");
	world_free(w);
}

/* A device may have an interval and a version of its own. */
static void
test_device_row(void)
{
	struct world *w = world_new(31, true);

	world_settle(w);
	ok(w->device.interval_ms == 60000 && strcmp(w->device.method, "2c") == 0, "a device is polled as configured for all");
	world_row(w, INPUT_DEVICES, "a-r1", "a-r1,a,router,routeros,10.100.0.1,161,,city-read,15,,,live");
	world_reload(w, false);
	world_run(w, 5);
	is_i64(w->device.interval_ms, 15000, "or at its own interval");
	is_text(w->device.method, "auto", "and by the version that it answers to");
	world_free(w);
}

/* Of the two dead lines of a site one leaves. */
static void
test_root_leaves(void)
{
	struct world *w = world_new(47, true);

	world_settle(w);
	world_cut(w, "two", true);
	world_run(w, 20);
	is_text(world_events(w), "site.isolated site/two; incident.opened incident/inc-1", "both lines are cut");
	world_row(w, INPUT_LINKS, "two-2", NULL);
	world_reload(w, false);
	world_run(w, 10);
	is_text(world_faults(w), "link.down link/two-1; incident.updated incident/inc-1",
	    "one leaves the inventory: the incident is what the other makes of it");
	is_text(word_of(w, "incident/inc-1", "cause"), "provider_line", "with its cause");
	world_cut(w, "two", false);
	world_run(w, 30);
	is_text(world_faults(w), "link.up link/two-1; incident.closed incident/inc-1", "and ends like that");
	world_free(w);
}

static void
test_line_moves(void)
{
	struct world *w = world_new(35, true);

	world_settle(w);
	world_cut(w, "two-2", true);
	world_run(w, 20);
	is_text(world_events(w), "site.backup_lost site/two; incident.opened incident/inc-1", "a backup is cut");
	world_row(w, INPUT_LINKS, "two-2",
	    "two-2,b,backup,indihome,,,10.2.0.7,,,best_effort,,,,,,,,,live");
	world_reload(w, false);
	world_run(w, 5);
	is_text(world_faults(w), "incident.closed incident/inc-1",
	    "its row moves to another site: the old one's incident ends");
	is_text(world_state(w, "site/two"), "ok", "the old site is well");
	is_i64((int64_t)world_retained(w, "opd/two/incident/"), 0, "its office sees no incident any more");
	world_run(w, 30);
	is_text(world_faults(w), "site.backup_lost site/b; incident.opened incident/inc-2",
	    "and the new one gets its own");
	world_cut(w, "two-1", true);
	world_run(w, 20);
	is_text(world_faults(w), "link.down link/two-1; incident.opened incident/inc-3",
	    "the old site's next fault is its own");
	world_free(w);
}

static void
test_reload_refused(void)
{
	static const char *const gone[] = { "d-1", "e-1", "f-1" };
	struct world *w = world_new(31, false);
	size_t	      k;

	world_settle(w);
	for (k = 0; k < nitems(gone); k++)
		world_row(w, INPUT_LINKS, gone[k], NULL);
	world_reload(w, false);
	world_run(w, 5);
	ok(strstr(w->reload_error, "--allow-removal") != NULL,
	    "too many lines removed: refused, with the remedy");
	is_text(world_events(w), "engine.config_rejected engine/core", "the refusal is an event");
	is_text(world_state(w, "link/d-1"), "up", "nothing has changed");
	world_reload(w, true);
	world_run(w, 5);
	is_text(w->reload_error, "", "asked for: done");
	is_text(world_state(w, "link/d-1"), "-", "they are gone");
	world_free(w);
}

/* The files are refused, and core has to start again before somebody has mended them. */
static void
test_restart_with_bad_files(void)
{
	struct world *w = world_new(38, true);
	unsigned      series;

	world_settle(w);
	series = w->series;
	w->files_bad = true;
	world_restart(w);
	world_run(w, 5);
	is_text(world_events(w), "engine.config_rejected engine/core", "restart with refused files: it is told");
	is_text(w->core->refused_text, "it has errors", "and known");
	ok(w->core->inv != NULL && w->core->inv->nlinks == w->now.inv->nlinks,
	    "all that was accepted before is there");
	is_i64(w->targets, 13, "and measured");
	is_i64(w->series, series, "and stored");
	world_cut(w, "a-1", true);
	world_run(w, 20);
	is_text(world_events(w), "link.down link/a-1; incident.opened incident/inc-1", "and judged");
	w->files_bad = false;
	world_row(w, INPUT_LINKS, "b-1", NULL);
	world_reload(w, false);
	world_run(w, 5);
	is_text(w->reload_error, "", "mended files are taken");
	ok(w->core->refused_ns == 0, "and nothing is refused any more");
	w->files_bad = true;
	world_restart(w);
	world_run(w, 5);
	ok(w->core->inv != NULL && w->core->inv->nlinks == w->now.inv->nlinks,
	    "what was accepted last is what stays");
	world_free(w);

	w = world_new(39, true);
	w->files_bad = true;
	world_run(w, 5);
	world_reload(w, false);
	world_run(w, 5);
	ok(w->core->inv != NULL, "files that were good once, and are refused at a reload: nothing changes");
	world_free(w);
}

/* A check that cannot be started, or dies: core sees a channel that ends. */
static void
test_check_dies(void)
{
	struct world *w = world_new(42, true);

	world_settle(w);
	w->check_dies = true;
	world_reload(w, false);
	world_run(w, 1);
	ok(strstr(w->reload_error, "before it was done") != NULL, "the check dies: who asked is told at once");
	world_events(w);
	world_restart(w);
	world_run(w, 5);
	is_text(world_events(w), "engine.config_rejected engine/core", "at a restart of core it is told, too");
	ok(w->core->inv != NULL, "and core goes on with what it had");
	world_free(w);
}

/* Something happens before core knows what the engine is called. */
static void
test_event_before_configuration(void)
{
	const struct msg_store_state full = { .ok = 0, .text = "the disk is full" };
	struct world		    *w = world_new(44, true);

	world_settle(w);
	w->check_late = true;
	world_restart(w);
	msg_store_state_send(w->store, IPC_STORE_STATE, 0, &full, -1);
	world_run(w, 120);
	is_i64((int64_t)ledger_outbox_count(w->core->ledger), 0, "without a configuration nothing is written");
	w->check_late = false;
	world_reload(w, false);
	world_run(w, 5);
	is_text(world_events(w), "engine.blind engine/store; engine.config_loaded engine/core",
	    "with one it is told, under its name");
	world_free(w);
}

static void
conf_become(struct world *w, const char *text)
{
	free(w->input[INPUT_CONF].text);
	w->input[INPUT_CONF].text = xstrdup(text);
	w->input[INPUT_CONF].len = strlen(text);
}

/* Measuring instances come and go, more of them than there is room for at a time. */
static void
test_instances_leave(void)
{
	static const char one[] = "measure = ( { name = \"main\"; } );\n";
	struct world	 *w = world_new(48, false);
	struct ipc_channel *ours, *theirs;
	char		  name[16], text[100];
	unsigned	  k;
	bool		  known = true;

	world_settle(w);
	for (k = 0; k < 2 * CORE_INSTANCES_MAX; k++) {
		snprintf(name, sizeof(name), "m%u", k);
		snprintf(text, sizeof(text), "measure = ( { name = \"main\"; }, { name = \"%s\"; } );\n", name);
		conf_become(w, text);
		world_reload(w, false);
		world_run(w, 1);
		ipc_pair(w->loop, &ours, "measure", &theirs, "core");
		core_attach(w->core, PROCESS_MEASURE, name, ours);
		world_run(w, 1);
		known &= w->core->nmeasure == 3;	/* with the twin of main */
		conf_become(w, one);
		if (k % 2 == 0)		/* it ends before core has been told that it is to */
			ipc_free(theirs);
		world_run(w, 1);
		world_reload(w, false);
		world_run(w, 1);
		if (k % 2 != 0)
			ipc_free(theirs);
		world_run(w, 1);
		known &= w->core->nmeasure == 2;
	}
	ok(known, "%u instances come and go: each is known while it is there or listed", k);
	is_text(world_faults(w), "", "and none of them is missed");
	is_text(w->core->measure[0].name, "main", "the one that stays is still known");
	is_text(world_state(w, "link/a-1"), "up", "and heard");
	world_free(w);
}

/* Behind a degraded node line one that is a member; then the rules that judged them are renamed while the engine is away. */
static void
test_rules_while_away(void)
{
	static const char other[] = "measure = ( { name = \"main\"; } );\n"
	    "rules = ( { name = \"lost\"; on = \"link\"; value = \"loss_ratio\"; raise = 0.5; raise_s = 180;"
	    " clear = 0.02; clear_s = 300; severity = \"warning\"; class = [\"critical\", \"office\"]; } );\n";
	struct world *w = world_new(45, true);
	int	      minute;

	world_settle(w);
	for (minute = 0; minute < 5; minute++) {
		world_run(w, 60);
		world_loss(w, "node-2-1", 0.10);
		world_loss(w, "a-1", 0.10);
	}
	world_run(w, 20);
	is_text(world_faults(w), "link.degraded link/node-2-1; incident.opened incident/inc-1", "a degraded node");
	world_restart(w);
	world_run(w, 5);
	is_text(world_faults(w), "", "a restart with the same rules changes nothing");
	is_text(world_state(w, "link/a-1"), "degraded", "also for the line behind it");
	conf_become(w, other);
	world_reload(w, false);		/* not heard: the engine ends first */
	world_restart(w);
	world_run(w, 20);
	is_text(world_faults(w), "link.restored link/node-2-1; incident.closed incident/inc-1",
	    "the rule that raised it is no more: the incident ends");
	is_text(world_state(w, "link/node-2-1"), "up", "the line is not degraded");
	is_text(world_state(w, "link/a-1"), "up", "nor is the one behind it");
	world_free(w);
}

int
main(void)
{
	test_reload();
	test_device_row();
	test_root_leaves();
	test_line_moves();
	test_reload_refused();
	test_restart_with_bad_files();
	test_check_dies();
	test_event_before_configuration();
	test_instances_leave();
	test_rules_while_away();
	return tap_done();
}
