/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_test.c: faults of a small town, and exactly what is said of them. */
#include <jansson.h>

#include "alert/alert.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

static size_t
length_of(const struct world *w, const char *topic, const char *array)
{
	return json_array_size(json_object_get(world_doc(w, topic), array));
}

static const char *
word_of(const struct world *w, const char *topic, const char *key)
{
	const char *s = json_string_value(json_object_get(world_doc(w, topic), key));

	return s != NULL ? s : "-";
}

static void
test_one_line(void)
{
	struct world *w = world_new(1, false);
	int64_t	      rev, cut_ns;

	world_run(w, 10);
	is_text(world_events(w), "engine.config_loaded engine/core",
	    "start: only the configuration is an event");
	is_text(world_state(w, "link/a-1"), "up", "start: the line is up");
	is_text(world_state(w, "site/a"), "ok", "start: the site is ok");
	is_text(world_state(w, "site/new"), "planned", "start: a planned site is planned");
	rev = world_rev(w, "link/a-1");
	cut_ns = loop_mono_ns(w->loop);
	world_cut(w, "a-1", true);
	world_run(w, 20);
	ok(w->heard.nevents > 0 && w->heard.event[0].mono_ns - cut_ns < 9 * NS_PER_S, "cut: told within its time");
	ok(w->heard.nevents > 0 && strcmp(w->heard.event[0].severity, "major") == 0, "cut: an office: major");
	is_text(world_events(w), "link.down link/a-1; incident.opened incident/inc-1",
	    "cut: one event, one incident");
	is_text(world_state(w, "link/a-1"), "down", "cut: retained");
	is_text(world_state(w, "site/a"), "isolated", "cut: retained of the site");
	is_i64(world_rev(w, "link/a-1"), rev + 1, "cut: rev grows by one");
	is_text(word_of(w, "state/link/a-1", "incident"), "inc-1", "cut: the state names the incident");
	is_text(word_of(w, "incident/inc-1", "cause"), "provider_line", "cut: a provider's line alone");
	ok(length_of(w, "incident/inc-1", "evidence") >= 3,
	    "cut: evidence of the line, its parent and its siblings");
	is_text(word_of(w, "opd/a/incident/inc-1", "kind"), "link.down", "cut: in the office's own branch");
	world_cut(w, "a-1", false);
	world_run(w, 20);
	ok(w->heard.nevents > 0 && strcmp(w->heard.event[0].severity, "major") == 0,
	    "return: under the severity of the raise");
	is_text(world_events(w), "link.up link/a-1; incident.closed incident/inc-1",
	    "return: one event, and the incident closes");
	is_i64(world_rev(w, "link/a-1"), rev + 2, "return: rev grows by one");
	is_i64((int64_t)(world_retained(w, "incident/") + world_retained(w, "opd/a/incident/")), 0,
	    "return: its topics are empty");
	is_i64(w->heard.event[1].seq > w->heard.event[0].seq, 1, "events are numbered");
	world_free(w);
}

static void
test_short(void)
{
	struct world *w = world_new(2, false);

	world_settle(w);
	world_cut(w, "a-1", true);
	world_run(w, 2);
	world_cut(w, "a-1", false);
	world_run(w, 20);
	is_text(world_events(w), "", "two lost rounds: nothing");
	world_cut(w, "a-1", true);
	world_run(w, 4.5);
	world_cut(w, "a-1", false);
	world_run(w, 30);
	is_text(world_events(w), "", "back while it is being verified: nothing");
	is_text(world_state(w, "link/a-1"), "up", "and it is up");
	world_free(w);
}

static void
test_own_fibre(void)
{
	struct world *w = world_new(3, false);

	world_settle(w);
	world_cut(w, "c-1", true);
	world_run(w, 20);
	is_text(word_of(w, "incident/inc-1", "cause"), "own_fibre", "own fibre, and its parent answers");
	world_free(w);
}

static void
test_node(void)
{
	struct world *w = world_new(4, false);

	world_settle(w);
	world_cut(w, "node-2", true);
	world_run(w, 20);
	ok(w->heard.nevents > 0 && strcmp(w->heard.event[0].severity, "critical") == 0, "node: critical");
	is_text(world_events(w), "site.isolated site/node-2; incident.opened incident/inc-1",
	    "node: one event of the node");
	is_i64((int64_t)length_of(w, "incident/inc-1", "members"), 5, "node: its line and four behind it");
	is_i64((int64_t)length_of(w, "incident/inc-1", "sites"), 5, "node: and their sites");
	is_text(world_state(w, "site/a"), "unreachable", "node: an office behind it is unreachable");
	is_text(world_state(w, "site/two"), "on_backup", "node: one with a second line runs on it");
	is_text(world_state(w, "site/d"), "ok", "node: behind another node all is well");
	world_cut(w, "node-2", false);
	world_run(w, 30);
	is_text(world_events(w), "site.restored site/node-2; incident.closed incident/inc-1",
	    "return: two events, no burst");
	is_text(world_state(w, "site/a"), "ok", "return: the office is ok");
	world_free(w);
}

static void
test_whole_tree(void)
{
	struct world *w = world_new(5, false);

	world_settle(w);
	world_cut(w, "node-1", true);
	world_run(w, 20);
	is_text(world_events(w), "site.isolated site/node-1; incident.opened incident/inc-1",
	    "the gateway: one event");
	is_text(world_state(w, "site/node-2"), "unreachable", "a node behind it is unreachable");
	is_text(world_state(w, "site/b"), "unreachable", "and so is what hangs on that");
	world_cut(w, "node-1", false);
	world_run(w, 30);
	is_text(world_events(w), "site.restored site/node-1; incident.closed incident/inc-1",
	    "return: two events");
	world_free(w);
}

static void
test_two_lines(void)
{
	struct world *w = world_new(6, false);

	world_settle(w);
	world_cut(w, "two-1", true);
	world_run(w, 20);
	is_text(world_events(w), "site.on_backup site/two; incident.opened incident/inc-1",
	    "main cut: on backup");
	is_text(world_state(w, "site/two"), "on_backup", "retained: on backup");
	world_cut(w, "two-2", true);
	world_run(w, 20);
	is_text(world_events(w), "site.isolated site/two; incident.updated incident/inc-1",
	    "the backup, too: the same incident grows");
	world_cut(w, "two-2", false);
	world_run(w, 20);
	is_text(world_events(w), "site.on_backup site/two; incident.updated incident/inc-1",
	    "the backup is back: it shrinks");
	world_cut(w, "two-1", false);
	world_run(w, 20);
	ok(w->heard.nevents > 0 && strcmp(w->heard.event[0].severity, "major") == 0,
	    "the clear goes under the worst it has been");
	is_text(world_events(w), "site.restored site/two; incident.closed incident/inc-1",
	    "the main line is back: it ends");

	world_cut(w, "two-2", true);
	world_run(w, 20);
	is_text(world_events(w), "site.backup_lost site/two; incident.opened incident/inc-2",
	    "idle backup cut: backup lost");
	world_cut(w, "two-2", false);
	world_run(w, 20);
	is_text(world_events(w), "site.restored site/two; incident.closed incident/inc-2", "and back");

	world_cut(w, "two", true);
	world_run(w, 20);
	is_text(world_events(w), "site.isolated site/two; incident.opened incident/inc-3",
	    "both at once: isolated at once");
	world_cut(w, "two", false);
	world_run(w, 20);
	is_text(world_events(w), "site.restored site/two; incident.closed incident/inc-3",
	    "both back: no step between");
	world_free(w);
}

/* The main line is dead with its node; then the backup dies by itself. */
static void
test_mixed(void)
{
	struct world *w = world_new(7, false);

	world_settle(w);
	world_cut(w, "node-2", true);
	world_run(w, 20);
	world_events(w);
	world_cut(w, "two-2", true);
	world_run(w, 20);
	is_text(world_events(w), "site.isolated site/two; incident.opened incident/inc-2",
	    "its own fault makes it dark");
	world_cut(w, "node-2", false);
	world_run(w, 30);
	is_text(world_events(w),
	    "site.restored site/node-2; incident.closed incident/inc-1; site.backup_lost site/two; "
	    "incident.updated incident/inc-2", "the node is back: what remains is a lost backup");
	world_free(w);
}

/* A node loses its main line with the gateway, its backup by itself, and gets the main line back. */
static void
test_node_of_two_lines(void)
{
	struct world *w = world_new(13, false);

	world_settle(w);
	world_cut(w, "node-1", true);
	world_run(w, 20);
	is_text(world_state(w, "site/node-3"), "on_backup", "the gateway is cut: a node has a second line");
	is_text(world_state(w, "link/d-1"), "up", "and what hangs on it is up");
	world_events(w);
	world_cut(w, "node-3-2", true);
	world_run(w, 20);
	is_text(world_events(w), "site.isolated site/node-3; incident.opened incident/inc-2",
	    "its backup, too: the node is isolated by its own fault");
	is_text(world_state(w, "link/d-1"), "unreachable", "what hangs on it is unreachable");
	world_cut(w, "d-1", true);
	world_cut(w, "node-1", false);
	world_run(w, 9);
	is_text(world_events(w), "site.restored site/node-1; incident.closed incident/inc-1; "
	    "site.backup_lost site/node-3; incident.updated incident/inc-2", "back: a lost backup");
	is_text(world_state(w, "link/e-1"), "up", "what hangs on the node is up");
	world_run(w, 20);
	is_text(world_events(w), "link.down link/d-1; incident.opened incident/inc-3",
	    "a child that was cut meanwhile gets its own verdict");
	world_free(w);
}

static void
test_child_first(void)
{
	struct world *w = world_new(8, false);

	world_settle(w);
	world_cut(w, "a-1", true);
	world_run(w, 20);
	is_text(world_events(w), "link.down link/a-1; incident.opened incident/inc-1",
	    "a child dies by itself");
	world_cut(w, "node-2", true);
	world_run(w, 20);
	is_text(world_events(w), "site.isolated site/node-2; incident.opened incident/inc-2",
	    "then its parent: an incident of its own");
	is_i64((int64_t)length_of(w, "incident/inc-2", "members"), 4, "which does not take the child");
	world_cut(w, "node-2", false);
	world_run(w, 40);
	is_text(world_events(w), "site.restored site/node-2; incident.closed incident/inc-2",
	    "the parent is back: the child's stays open");
	is_text(world_state(w, "link/a-1"), "down", "and it is still down");
	world_cut(w, "a-1", false);
	world_run(w, 20);
	is_text(world_events(w), "link.up link/a-1; incident.closed incident/inc-1", "until it returns");
	world_free(w);
}

static void
test_settle(void)
{
	struct world *w = world_new(9, false);
	int64_t	      back_ns;

	world_settle(w);
	world_cut(w, "node-2", true);
	world_run(w, 20);
	world_cut(w, "b-1", true);
	world_run(w, 5);
	world_events(w);
	back_ns = loop_mono_ns(w->loop);
	world_cut(w, "node-2-1", false);
	world_run(w, 9);
	is_text(world_events(w), "site.restored site/node-2; incident.closed incident/inc-1",
	    "the node is back");
	is_text(world_state(w, "link/b-1"), "unreachable",
	    "a child that stays dead is held for the settle time");
	world_run(w, 20);
	ok(w->heard.nevents > 0 && w->heard.event[0].mono_ns - back_ns >= 10 * NS_PER_S, "no sooner than that");
	is_text(world_events(w), "link.down link/b-1; incident.opened incident/inc-2",
	    "then it gets a verdict of its own");
	world_free(w);
}

static void
test_never_up(void)
{
	struct world *w = world_new(10, false);

	world_line(w, "two-2")->cut = true;
	memset(world_line(w, "two-2")->was, 0, sizeof(world_line(w, "two-2")->was));
	world_run(w, 30);
	is_text(world_events(w), "engine.config_loaded engine/core", "a line that never answered: no event");
	is_text(world_state(w, "link/two-2"), "never_up", "it is never seen up");
	is_text(world_state(w, "site/two"), "ok", "and does not count for its site");
	world_cut(w, "two-1", true);
	world_run(w, 20);
	is_text(world_events(w), "link.down link/two-1; incident.opened incident/inc-1",
	    "the other is its only line");
	world_cut(w, "two-1", false);
	world_run(w, 20);
	world_cut(w, "two-2", false);
	world_run(w, 20);
	is_text(world_state(w, "link/two-2"), "up", "the first time that it is up");
	world_events(w);
	world_cut(w, "two-2", true);
	world_run(w, 20);
	is_text(world_events(w), "site.backup_lost site/two; incident.opened incident/inc-2",
	    "from then on it counts");
	world_free(w);
}

static void
test_gap(void)
{
	struct world *w = world_new(11, false);

	world_settle(w);
	world_cut(w, "a-1", true);
	world_run(w, 20);
	world_events(w);
	world_line(w, "a-1")->mute = world_line(w, "b-1")->mute = true;
	world_run(w, 60);
	is_text(world_events(w), "", "no results: no event");
	is_text(world_state(w, "link/b-1"), "unknown", "what was up is unknown");
	is_text(world_state(w, "link/a-1"), "unknown", "what was down is unknown");
	is_text(word_of(w, "incident/inc-1", "state"), "open", "but its incident is not cleared");
	world_line(w, "a-1")->mute = world_line(w, "b-1")->mute = false;
	world_run(w, 20);
	is_text(world_events(w), "", "results again: still the same fault");
	is_text(world_state(w, "link/a-1"), "down", "down again");
	is_text(world_state(w, "link/b-1"), "up", "up again");
	world_cut(w, "a-1", false);
	world_run(w, 20);
	is_text(world_events(w), "link.up link/a-1; incident.closed incident/inc-1", "and it ends once");
	world_free(w);
}

/* Behind a node of two lines a site, and one behind that; the node comes back by one line, the site does not. */
static void
test_grandchildren(void)
{
	struct world *w = world_new(55, false);

	world_row(w, INPUT_LINKS, "f-1", "f-1,f,main,indihome,,e,10.1.0.6,,,best_effort,,,,,,,,,live");
	world_run(w, 5);
	world_reload(w, false);
	world_settle(w);
	world_cut(w, "node-3", true);
	world_cut(w, "e-1", true);
	world_run(w, 30);
	is_text(world_events(w), "site.isolated site/node-3; incident.opened incident/inc-1", "a node of two lines dies");
	is_text(word_of(w, "state/link/f-1", "incident"), "inc-1", "it explains the site two steps behind it");
	world_cut(w, "node-3-2", false);
	world_run(w, 60);
	is_text(world_events(w), "site.on_backup site/node-3; incident.updated incident/inc-1; "
	    "site.isolated site/e; incident.opened incident/inc-2", "one line is back, the site behind it stays dead");
	is_text(word_of(w, "state/link/f-1", "incident"), "inc-2", "that one now explains what is behind it");
	is_text(world_state(w, "link/f-1"), "unreachable", "which is unreachable all the time");
	world_cut(w, "node-3-1", false);
	world_run(w, 60);
	is_text(world_events(w), "site.restored site/node-3; incident.closed incident/inc-1", "the node is well");
	is_text(word_of(w, "state/link/f-1", "incident"), "inc-2", "which changes nothing behind the dead site");
	world_cut(w, "e-1", false);
	world_run(w, 60);
	is_text(world_events(w), "site.restored site/e; incident.closed incident/inc-2", "and that ends as one");
	is_text(world_state(w, "link/f-1"), "up", "with what is behind it");
	world_free(w);
}

int
main(void)
{
	test_one_line();
	test_short();
	test_own_fibre();
	test_node();
	test_whole_tree();
	test_two_lines();
	test_mixed();
	test_node_of_two_lines();
	test_child_first();
	test_settle();
	test_never_up();
	test_gap();
	test_grandchildren();
	return tap_done();
}
