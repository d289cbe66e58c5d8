/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_restart_test.c: what survives: restarts at any moment, a broker that is away, a full disk. */
#include <signal.h>
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

/* When a line answered last is known while it does not, and told; while it does, each round would be news. */
static void
test_proven(void)
{
	struct world *w = world_new(25, true);
	int64_t	      up_ns, cut_ns, proven_ns;
	char	      told[64];

	world_settle(w);
	cut_ns = loop_wall_ns(w->loop);
	up_ns = core_link(w->core, "a-1")->proven_ns;
	ok(cut_ns - up_ns < 3 * NS_PER_S && up_ns <= cut_ns, "a line that answers was proven just now");
	ok(json_is_null(json_object_get(world_doc(w, "state/link/a-1"), "proven")), "its document does not say when");
	world_cut(w, "a-1", true);
	world_run(w, 60);
	proven_ns = core_link(w->core, "a-1")->proven_ns;
	ok(proven_ns >= up_ns && proven_ns - cut_ns < 3 * NS_PER_S, "cut, it stays proven until then");
	text_copy(told, sizeof(told), word_of(w, "state/link/a-1", "proven"));
	ok(strncmp(told, "20", 2) == 0, "its document says when (%s)", told);
	world_restart(w);
	world_run(w, 30);
	is_i64(core_link(w->core, "a-1")->proven_ns, proven_ns, "a restart does not forget it");
	is_text(word_of(w, "state/link/a-1", "proven"), told, "and tells the same");
	world_free(w);
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

	for (k = 0; k < w->heard.nevents; k++)
		if (w->heard.event[k].seq != first + k)
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

/* ---- what left the inventory meanwhile ---- */

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

	for (k = 0; k < w->heard.nevents; k++)
		if (strcmp(w->heard.event[k].kind, kind) != 0)
			continue;
		else if (id == NULL)
			id = w->heard.event[k].id;
		else if (strcmp(id, w->heard.event[k].id) != 0)
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
	    "b-1,b,main,indihome,,node-2,10.1.0.2,,,best_effort,,,,,,,,,planned");
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
	ok(taken >= 4 && w->heard.nevents == 0, "the broker confirms nothing: messages wait (%u)", taken);
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
	is_i64((int64_t)w->heard.nevents, 0, "the ledger cannot be written: nobody is told anything");
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
	const struct core_opts o = { .ledger_path = "/nonexistent/ledger.db", .ledger_fd = -1, .listen_fd = -1,
		.push_fd = -1 };
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
	test_proven();
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
