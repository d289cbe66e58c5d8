/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_restart_test.c: what survives: restarts at any moment, reloads, a broker that is away, a full disk. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <jansson.h>

#include "core/commit.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

static const char *
word_of(const struct world *w, const char *topic, const char *key)
{
	const char *s = json_string_value(json_object_get(world_doc(w, topic), key));

	return s != NULL ? s : "-";
}

struct restart_case {
	const char *name, *cut;
	double	    cut_s;			/* how long it lasts */
	const char *want;
};

static const struct restart_case restart_cases[] = {
	{ "one line", "a-1", 30,
	  "link.down link/a-1; incident.opened incident/inc-1; "
	  "link.up link/a-1; incident.closed incident/inc-1" },
	{ "a node", "node-2", 30,
	  "site.isolated site/node-2; incident.opened incident/inc-1; "
	  "site.restored site/node-2; incident.closed incident/inc-1" },
	{ "two lines", "two", 30,
	  "site.isolated site/two; incident.opened incident/inc-1; "
	  "site.restored site/two; incident.closed incident/inc-1" },
};

static bool
seqs_are_whole(const struct world *w, uint64_t first)
{
	size_t k;

	for (k = 0; k < w->nevents; k++)
		if (w->event[k].seq != first + k)
			return false;
	return true;
}

static void
test_restart(const struct restart_case *rc)
{
	double at;
	int    right = 0, tries = 0;

	for (at = 0.5; at < 60; at += 1.7, tries++) {
		struct world *w = world_new(20, true);
		const char   *got;
		bool	      whole;

		world_run(w, 10);
		world_cut(w, rc->cut, true);
		world_run(w, at < rc->cut_s ? at : rc->cut_s);
		if (at < rc->cut_s) {
			world_restart(w);
			world_run(w, rc->cut_s - at);
		}
		world_cut(w, rc->cut, false);
		if (at >= rc->cut_s) {
			world_run(w, at - rc->cut_s);
			world_restart(w);
		}
		world_run(w, 60);
		whole = seqs_are_whole(w, 1);
		got = world_faults(w);
		if (strcmp(got, rc->want) == 0 && whole)
			right++;
		else
			printf("# %s, restarted %.1f s after the cut: %s%s\n", rc->name, at, got, whole ? "" :
			    " (seq)");
		world_free(w);
	}
	ok(right == tries, "restart at any of %d moments of a fault: %s: each event once", tries, rc->name);
}

static void
test_restart_keeps(void)
{
	struct world *w = world_new(21, true);
	int64_t	      rev;
	char	      since[64];

	world_settle(w);
	world_cut(w, "a-1", true);
	world_run(w, 20);
	rev = world_rev(w, "link/a-1");
	text_copy(since, sizeof(since), word_of(w, "state/link/a-1", "since"));
	world_events(w);
	world_restart(w);
	world_run(w, 20);
	is_text(world_faults(w), "", "restart: nothing is said again");
	is_i64(world_rev(w, "link/a-1"), rev, "restart: rev stays");
	is_text(word_of(w, "state/link/a-1", "since"), since, "restart: since stays");
	is_text(word_of(w, "incident/inc-1", "state"), "open", "restart: the incident is open");
	world_free(w);
}

/* ---- reload ---- */

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
	    "a-1,a,main,astinet,,node-2,10.1.0.1,20,4,best_effort,,,,,,a-r1,ether1,,live\n");
	world_reload(w, false);
	world_run(w, 5);
	is_text(word_of(w, "state/link/a-1", "provider"), "astinet", "a new provider: told");
	is_text(world_state(w, "link/a-1"), "up", "the state is kept");
	world_restart(w);
	world_run(w, 20);
	is_text(world_state(w, "link/a-1"), "up", "after a restart, too");
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
	    "two-2,b,backup,indihome,,,10.2.0.7,,,best_effort,,,,,,,,,live\n");
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
		known &= w->core->nmeasure == 2;
		conf_become(w, one);
		if (k % 2 == 0)		/* it ends before core has been told that it is to */
			ipc_free(theirs);
		world_run(w, 1);
		world_reload(w, false);
		world_run(w, 1);
		if (k % 2 != 0)
			ipc_free(theirs);
		world_run(w, 1);
		known &= w->core->nmeasure == 1;
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

static void
test_left_while_away(void)
{
	struct world *w = world_new(32, true);

	world_settle(w);
	world_cut(w, "b-1", true);
	world_run(w, 20);
	world_events(w);
	world_row(w, INPUT_LINKS, "b-1", NULL);
	world_reload(w, false);		/* not heard: the engine ends first */
	world_restart(w);
	world_run(w, 20);
	is_i64((int64_t)world_retained(w, "state/link/b-1"), 0,
	    "a line that left while the engine was away: its topic is empty");
	is_i64((int64_t)world_retained(w, "incident/"), 0, "and its incident is closed");
	is_i64((int64_t)world_retained(w, "opd/b/incident/"), 0, "for its office, too");
	world_free(w);
}

/* Of the lines behind a node that is dead, one leaves. */
static void
test_member_leaves(bool while_away)
{
	struct world *w = world_new(37, true);

	world_settle(w);
	world_cut(w, "node-2", true);
	world_run(w, 20);
	is_i64((int64_t)world_retained(w, "opd/b/incident/"), 1, "the office behind a dead node sees why");
	world_row(w, INPUT_LINKS, "b-1", NULL);
	world_reload(w, false);
	if (while_away)
		world_restart(w);
	world_run(w, 20);
	ok(world_retained(w, "opd/b/incident/") == 0, "its line leaves%s: not its fault any more",
	    while_away ? " while the engine is away" : "");
	is_i64((int64_t)world_retained(w, "opd/c/incident/"), 1, "the others still see it");
	world_cut(w, "node-2", false);
	world_run(w, 60);
	is_i64((int64_t)world_retained(w, "opd/c/incident/"), 0, "until its end");
	world_free(w);
}

/* As one event: what was not confirmed comes again, under the same id. */
static bool
is_told_once(const struct world *w, const char *kind)
{
	const char *id = NULL;
	size_t	    k;

	for (k = 0; k < w->nevents; k++)
		if (strcmp(w->event[k].kind, kind) != 0)
			continue;
		else if (id == NULL)
			id = w->event[k].id;
		else if (strcmp(id, w->event[k].id) != 0)
			return false;
	return id != NULL;
}

/* Core ends again before it has written what it found. */
static void
test_left_and_killed(void)
{
	int right = 0, tries = 0;

	for (; tries < 12; tries++) {
		struct world *w = world_new(36, true);

		world_settle(w);
		world_cut(w, "b-1", true);
		world_run(w, 20);
		world_events(w);
		world_row(w, INPUT_LINKS, "b-1", NULL);
		world_reload(w, false);
		world_restart(w);
		world_run(w, tries * 0.01);
		world_restart(w);
		world_run(w, 20);
		right += is_told_once(w, "incident.closed");
		world_free(w);
	}
	is_i64(right, tries, "the end of an incident whose line has left is told once, whenever core is killed");
}

static void
test_planned_while_away(void)
{
	struct world *w = world_new(33, true);

	world_settle(w);
	world_cut(w, "b-1", true);
	world_run(w, 20);
	world_events(w);
	world_row(w, INPUT_LINKS, "b-1",
	    "b-1,b,main,indihome,,node-2,10.1.0.2,,,best_effort,,,,,,,,,planned\n");
	world_reload(w, false);		/* not heard: the engine ends first */
	world_restart(w);
	world_run(w, 20);
	is_text(world_faults(w), "incident.closed incident/inc-1",
	    "a line that is only planned now is not judged: its incident does not stay open for ever");
	world_free(w);
}

static void
test_clock_went_back(void)
{
	struct ledger_object alive = { .kind = "engine", .id = "core", .detail = "{}" };
	struct world	    *w = world_new(34, true);

	world_settle(w);
	alive.last_ns = loop_wall_ns(w->loop) + 86400 * NS_PER_S;
	ledger_object_put(w->core->ledger, &alive);
	world_restart(w);
	world_cut(w, "a-1", true);
	world_run(w, 20);
	is_text(world_faults(w), "link.down link/a-1; incident.opened incident/inc-1",
	    "the wall clock went back a day while the engine was away: results count at once");
	world_free(w);
}

/* ---- the outbox ---- */

static void
test_outbox(void)
{
	struct world *w = world_new(40, true);
	unsigned      taken;

	world_settle(w);
	w->broker_holds = true;
	w->items = 0;
	world_cut(w, "a-1", true);
	world_run(w, 20);
	world_cut(w, "a-1", false);
	world_run(w, 20);
	taken = w->items;
	ok(taken >= 4 && w->nevents == 0, "the broker confirms nothing: messages wait (%u)", taken);
	w->broker_holds = false;
	world_restart(w);
	world_run(w, 20);
	is_text(world_faults(w), "link.down link/a-1; incident.opened incident/inc-1; "
	    "link.up link/a-1; incident.closed incident/inc-1",
	    "then all are sent, in order");
	ok(!w->item_order_broken, "and their ids rise");
	is_text(world_state(w, "link/a-1"), "up", "the state is the newest");
	world_free(w);
}

/* The disk is full when somebody acknowledges. */
static void
test_ack_refused(const struct rlimit *whole, const struct rlimit *none)
{
	struct world	*w = world_new(46, true);
	struct incident *i;

	world_settle(w);
	world_cut(w, "a-1", true);
	world_run(w, 20);
	i = w->core->incidents;
	ok(core_ack(w->core, i, "rina", "on my way", 0) == 0, "an ack is taken");
	world_run(w, 5);
	world_events(w);
	setrlimit(RLIMIT_FSIZE, none);
	ok(core_ack(w->core, i, "budi", "me, too", 0) == -1, "the ledger cannot be written: another one is refused");
	is_text(i->row.ack_user, "rina", "the one before holds");
	setrlimit(RLIMIT_FSIZE, whole);
	world_run(w, 5);
	is_text(world_events(w), "engine.blind engine/core; engine.sighted engine/core",
	    "with room again nothing is told of it");
	ok(core_ack(w->core, i, "tini", "I go", 0) == 0, "a third is taken");
	world_restart(w);
	world_run(w, 5);
	is_text(world_faults(w), "incident.acked incident/inc-1", "and told");
	is_text(w->core->incidents->row.ack_user, "tini", "and kept");
	world_free(w);
}

static void
test_full_disk(void)
{
	struct rlimit whole, none = { 0, 0 };
	struct world *w;

	if (getrlimit(RLIMIT_FSIZE, &whole) == -1)
		return;
	signal(SIGXFSZ, SIG_IGN);
	none.rlim_max = whole.rlim_max;
	test_ack_refused(&whole, &none);
	w = world_new(41, true);
	world_settle(w);
	setrlimit(RLIMIT_FSIZE, &none);		/* from now on no file grows */
	world_cut(w, "a-1", true);
	world_run(w, 30);
	setrlimit(RLIMIT_FSIZE, &whole);
	is_i64((int64_t)w->nevents, 0, "the ledger cannot be written: nobody is told anything");
	ok(!w->core->ledger_ok, "and core knows it");
	world_run(w, 20);
	ok(w->core->ledger_ok, "it can be written again");
	is_text(world_events(w), "engine.blind engine/core; link.down link/a-1; "
	    "incident.opened incident/inc-1; engine.sighted engine/core",
	    "then everything is told, once");
	world_free(w);
}

/* A process that was taken over says what only another one may say, or sends what is no message. */
static void
test_impostors(void)
{
	struct world	      *w = world_new(43, true);
	struct msg_outbox_done done = { .ok = 1 };
	struct core	      *c;

	world_settle(w);
	w->broker_holds = true;
	world_cut(w, "a-1", true);
	world_run(w, 30);
	c = w->core;
	ok(w->last_item > 0 && c->measure[0].ch != NULL, "events wait for the broker");
	for (done.id = 1; done.id <= w->last_item; done.id++)
		msg_outbox_done_send(w->measure, IPC_OUTBOX_DONE, 0, &done, -1);
	world_run(w, 1);
	ok(c->measure[0].ch == NULL, "measure confirms them: its channel is closed");
	ipc_send(w->publish, IPC_SAMPLES, 0, "0123456789abcdef", 16, -1);
	ipc_send(w->store, IPC_DURABLE, 0, "short", 5, -1);
	world_run(w, 1);
	ok(c->publish == NULL, "so is that of a publish with samples");
	ok(c->store == NULL, "and that of a store whose message is malformed");
	w->broker_holds = false;
	world_restart(w);
	world_run(w, 10);
	ok(strstr(world_events(w), "link.down link/a-1; incident.opened incident/inc-1") != NULL,
	    "what measure confirmed is still told");
	world_free(w);
}

static void
test_no_ledger(void)
{
	const struct core_opts o = { .ledger_path = "/nonexistent/ledger.db", .ledger_fd = -1, .listen_fd = -1 };
	struct loop	      *l = loop_new_virtual(43, NS_PER_S);

	ok(core_new(l, &o) == NULL, "the ledger cannot be opened: core does not start, and ends in order");
	loop_free(l);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < nitems(restart_cases); i++)
		test_restart(&restart_cases[i]);
	test_restart_keeps();
	test_reload();
	test_root_leaves();
	test_line_moves();
	test_reload_refused();
	test_restart_with_bad_files();
	test_check_dies();
	test_event_before_configuration();
	test_rules_while_away();
	test_instances_leave();
	test_left_while_away();
	test_member_leaves(false);
	test_member_leaves(true);
	test_left_and_killed();
	test_planned_while_away();
	test_clock_went_back();
	test_outbox();
	test_impostors();
	test_full_disk();
	test_no_ledger();
	return tap_done();
}
