/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_test.c: faults of a small town, and exactly what is said of them. */
#include <stdlib.h>

#include <jansson.h>

#include "alert/alert.h"
#include "core/private.h"
#include "live/counters.h"
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
	ok(w->nevents > 0 && w->event[0].mono_ns - cut_ns < 9 * NS_PER_S, "cut: told within its time");
	ok(w->nevents > 0 && strcmp(w->event[0].severity, "major") == 0, "cut: an office: major");
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
	ok(w->nevents > 0 && strcmp(w->event[0].severity, "major") == 0,
	    "return: under the severity of the raise");
	is_text(world_events(w), "link.up link/a-1; incident.closed incident/inc-1",
	    "return: one event, and the incident closes");
	is_i64(world_rev(w, "link/a-1"), rev + 2, "return: rev grows by one");
	is_i64((int64_t)(world_retained(w, "incident/") + world_retained(w, "opd/a/incident/")), 0,
	    "return: its topics are empty");
	is_i64(w->event[1].seq > w->event[0].seq, 1, "events are numbered");
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
	ok(w->nevents > 0 && strcmp(w->event[0].severity, "critical") == 0, "node: critical");
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
	ok(w->nevents > 0 && strcmp(w->event[0].severity, "major") == 0,
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
	ok(w->nevents > 0 && w->event[0].mono_ns - back_ns >= 10 * NS_PER_S, "no sooner than that");
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

	world_row(w, INPUT_LINKS, "f-1", "f-1,f,main,indihome,,e,10.1.0.6,,,best_effort,,,,,,,,,live\n");
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

static void
minutes_of_loss(struct world *w, const char *const *links, double loss, int minutes)
{
	size_t k;

	for (; minutes > 0; minutes--) {
		for (k = 0; links[k] != NULL; k++)
			world_loss(w, links[k], loss);
		world_run(w, 60);
	}
}

static void
test_quality(void)
{
	static const char *const one[] = { "d-1", NULL }, *const many[] = { "a-1", "node-2-1", "b-1", NULL },
		*const early[] = { "a-1", NULL };
	struct world *w = world_new(12, false);

	world_settle(w);
	world_run(w, 60);
	minutes_of_loss(w, one, 0.10, 2);
	is_text(world_events(w), "", "two minutes of loss: nothing");
	minutes_of_loss(w, one, 0.10, 1);
	is_text(world_events(w), "link.degraded link/d-1; incident.opened incident/inc-1", "three: degraded");
	is_text(world_state(w, "link/d-1"), "degraded", "retained");
	is_text(world_state(w, "site/d"), "degraded", "retained of its site");
	minutes_of_loss(w, one, 0.03, 9);
	is_text(world_events(w), "", "between the thresholds: still degraded");
	minutes_of_loss(w, one, 0.0, 6);
	is_text(world_events(w), "link.restored link/d-1; incident.closed incident/inc-1",
	    "five good minutes: restored");

	minutes_of_loss(w, early, 0.10, 2);
	minutes_of_loss(w, many, 0.10, 1);
	is_text(world_events(w), "", "the child crosses the threshold first: it waits for its parent");
	minutes_of_loss(w, many, 0.10, 3);
	is_text(world_events(w), "link.degraded link/node-2-1; incident.opened incident/inc-2",
	    "one incident of the parent's line");
	is_text(world_state(w, "link/a-1"), "degraded", "the child is a member");
	minutes_of_loss(w, many, 0.0, 6);
	is_text(world_events(w), "link.restored link/node-2-1; incident.closed incident/inc-2",
	    "it ends as one");
	minutes_of_loss(w, many, 0.0, 9);
	is_text(world_events(w), "", "and stays so");
	world_free(w);
}

/* ---- devices ---- */

static void
device_says(struct world *w, enum target_state state, const char *reason)
{
	struct msg_target_state st = { .number = core_device(w->core, "a-r1")->number,
	    .state = (uint8_t)state };

	st.wall_ns = loop_wall_ns(w->loop);
	text_copy(st.reason, sizeof(st.reason), reason);
	msg_target_state_send(w->measure, IPC_TARGET_STATE, 0, &st, -1);
}

static void
test_device(void)
{
	struct world	     *w = world_new(50, true);
	struct msg_port_found p = { .name = "ether1" };

	world_settle(w);
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 300);
	is_text(world_events(w), "", "a device that never answered: no event");
	device_says(w, TARGET_ANSWERING, "");
	world_run(w, 5);
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 5);
	is_text(world_events(w), "device.silent device/a-r1", "silent, and its line is up: told");
	world_restart(w);
	world_run(w, 10);
	device_says(w, TARGET_ANSWERING, "");
	world_run(w, 5);
	is_text(world_faults(w), "device.answering device/a-r1", "answering again, also after a restart");

	world_cut(w, "a-1", true);
	world_run(w, 20);
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 300);
	is_text(world_faults(w), "link.down link/a-1; incident.opened incident/inc-1",
	    "silent behind a dead line: not told");
	world_cut(w, "a-1", false);
	world_run(w, 60);
	device_says(w, TARGET_ANSWERING, "");
	device_says(w, TARGET_RESTARTED, "sysUpTime went back to 12 s");
	world_run(w, 300);
	is_text(world_faults(w),
	    "link.up link/a-1; incident.closed incident/inc-1; device.restarted device/a-r1",
	    "back with its line: nothing to tell but its restart");

	p.device = core_device(w->core, "a-r1")->number;
	w->series = 0;
	msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
	world_run(w, 5);
	is_i64(w->ports, 1, "a port is found: the plan has it");
	is_i64(w->series, 1, "and store hears of its series");
	is_i64(w->port.link, core_link(w->core, "a-1")->number, "it feeds the line it carries");
	ok(map_get(w->core->port_by_ref, "port/a-r1.ether1") != NULL, "its key is the device and its name");
	world_restart(w);
	world_run(w, 5);
	is_i64(w->ports, 1, "it is remembered");
	world_free(w);
}

static uint64_t
counter(const struct world *w, const char *name)
{
	const struct core_counter *k = map_get(w->core->counters, name);

	return k != NULL ? k->value : 0;
}

static void
test_store_away(void)
{
	struct world	   *w = world_new(52, false);
	struct ipc_channel *ours;
	int		    k;

	world_settle(w);
	ipc_free(w->store);
	for (k = 0; k < 300; k++) {
		world_cut(w, "node-1", k % 2 == 0);
		world_run(w, 6);
	}
	ipc_pair(w->loop, &ours, "store", &w->store, "core");
	core_attach(w->core, PROCESS_STORE, "", ours);
	world_run(w, 30);
	ok(w->core->store == ours, "store was away for long: what waited for it is no more than a frame");
	ok(counter(w, "core/facts.frames_lost") > 0, "what it had not told to be durable is counted as lost");
	ok(counter(w, "core/facts.left_out") > 0, "and what waited beyond a frame as left out");
	world_free(w);
}

/* @return whether core goes on with a store that says that this many frames of facts are durable */
static bool
store_says(struct world *w, uint64_t frames)
{
	const struct msg_durable m = { .seq = 1, .frames = frames };

	msg_durable_send(w->store, IPC_DURABLE, 0, &m, -1);
	world_run(w, 0.01);
	return w->core->store != NULL;
}

static void
test_store_lies(void)
{
	struct world *w = world_new(53, false);
	uint64_t      given;

	world_settle(w);
	given = w->core->priv->facts_given;
	ok(given > 0 && store_says(w, given), "a store tells that all facts are durable");
	ok(!store_says(w, given - 1), "one that takes a part of it back is not believed");
	world_free(w);
	w = world_new(53, false);
	world_settle(w);
	ok(!store_says(w, w->core->priv->facts_given + 1), "nor one that tells of more than it was given");
	world_run(w, 1);
	is_i64((int64_t)counter(w, "core/facts.frames_lost"), (int64_t)given, "what it had is counted as lost");
	world_free(w);
}

static void
test_long_message(void)
{
	struct world *w = world_new(54, false);
	char	     *text = xcalloc(IPC_PAYLOAD_MAX + 1, 1);
	unsigned      items;

	world_settle(w);
	items = w->items;
	memset(text, ' ', IPC_PAYLOAD_MAX);
	is_i64(outbox_add(w->core, "health", true, 0, 0, text), 0, "longer than a frame: left out");
	text[0] = '{';
	text_copy(text + IPC_PAYLOAD_MAX / 2, 2, "}");
	is_i64(outbox_add(w->core, "health", true, 0, 0, text), 0, "of bearable length");
	outbox_pump(w->core);
	world_run(w, 5);
	is_i64(w->items - items, 1, "is sent, and the other one stops nobody");
	free(text);
	world_free(w);
}

/* The channel has room for the second message only. */
static void
test_full_channel(void)
{
	struct world *w = world_new(55, false);
	char	      text[2000];
	unsigned      items;

	world_settle(w);
	items = w->items;
	memset(text, ' ', sizeof(text));
	text_copy(text + sizeof(text) - 3, 3, "{}");
	outbox_add(w->core, "health", true, 0, 0, text);
	outbox_add(w->core, "health/2", true, 0, 0, "{}");
	ipc_queue_max(w->core->publish, 1000);
	outbox_pump(w->core);
	world_run(w, 0.001);
	is_i64(w->items - items, 0, "a message that the channel does not take is not overtaken");
	ipc_queue_max(w->core->publish, 1 << 20);
	outbox_pump(w->core);
	world_run(w, 5);
	is_i64(w->items - items, 2, "and goes when there is room");
	ok(!w->item_order_broken, "in order");
	world_free(w);
}

static void
test_rule_for_others(void)
{
	static const char *const one[] = { "d-1", NULL };
	struct world *w = world_new(53, false);

	world_settle(w);
	world_run(w, 60);
	minutes_of_loss(w, one, 0.10, 3);
	is_text(world_events(w), "link.degraded link/d-1; incident.opened incident/inc-1", "degraded");
	world_row(w, INPUT_SITES, "d", "d,Kantor D,,kelurahan,,park,,,,,,live\n");
	world_reload(w, false);
	minutes_of_loss(w, one, 0.10, 2);
	is_text(world_faults(w), "link.restored link/d-1; incident.closed incident/inc-1",
	    "the rule is not for this class of site: what it had raised ends");
	world_free(w);
}

static void
test_device_clock(void)
{
	struct world *w = world_new(54, false);

	world_settle(w);
	device_says(w, TARGET_ANSWERING, "");
	world_run(w, 5);
	core_site(w->core, "a")->live.since_ns = loop_wall_ns(w->loop) + 86400 * NS_PER_S;
	device_says(w, TARGET_SILENT, "no answer");
	world_run(w, 5);
	is_text(world_events(w), "device.silent device/a-r1",
	    "silent after the wall clock went back a day: told at once, not tomorrow");
	world_free(w);
}

static void
test_many_ports(void)
{
	struct world	     *w = world_new(53, false);
	struct msg_port_found p = { 0 };
	struct device_live   *d;
	struct core_counter  *refused;

	world_settle(w);
	d = core_device(w->core, "a-r1");
	p.device = d->number;
	for (unsigned i = 0; i < PORTS_MAX + 10; i++) {
		snprintf(p.name, sizeof(p.name), "vlan%u", i);
		msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
		if (i % 1000 == 0)
			world_run(w, 0.1);
	}
	world_run(w, 0.1);
	is_i64((int64_t)d->nports, PORTS_MAX, "a device with too many ports: so many, and no more");
	refused = map_get(w->core->counters, "core/ports.refused");
	is_i64(refused != NULL ? (int64_t)refused->value : 0, 10, "the others are counted");
	world_free(w);
}

static void
test_store_blind(void)
{
	struct world	      *w = world_new(51, false);
	struct msg_store_state st = { .ok = 0,
	    .text = "cannot write store/journal: No space left on device" };

	world_settle(w);
	msg_store_state_send(w->store, IPC_STORE_STATE, 0, &st, -1);
	world_run(w, 1);
	is_text(world_events(w), "engine.blind engine/store", "store cannot write: told");
	st.ok = 1;
	msg_store_state_send(w->store, IPC_STORE_STATE, 0, &st, -1);
	world_run(w, 1);
	is_text(world_events(w), "engine.sighted engine/store", "and when it can");
	world_free(w);
}

static void
test_counters(void)
{
	struct world	   *w = world_new(56, false);
	struct msg_counters m;
	char		    name[48];
	int		    i, k;

	for (i = 0; i < 40; i++) {
		m = (struct msg_counters){ 0 };
		for (k = 0; k < COUNTERS_MAX; k++) {
			snprintf(name, sizeof(name), "made.up.%d.%d", i, k);
			msg_counters_add(&m, name, 1);
		}
		msg_counters_send(w->store, IPC_COUNTERS, 0, &m, -1);
	}
	world_run(w, 1);
	is_i64((int64_t)counter(w, "store/made.up.0.0"), 1, "a counter is kept");
	is_i64((int64_t)counter(w, "core/counters.left_out"), 40 * COUNTERS_MAX - 1024,
	    "names without end: no more than 1,024, the others are counted");
	m = (struct msg_counters){ 0 };
	msg_counters_add(&m, "made.up.0.0", 7);
	msg_counters_send(w->store, IPC_COUNTERS, 0, &m, -1);
	world_run(w, 1);
	is_i64((int64_t)counter(w, "store/made.up.0.0"), 7, "and what is known goes on");
	world_free(w);
}

static void
test_too_many_events(void)
{
	struct world *w = world_new(57, false);
	int	      i;

	world_settle(w);
	for (i = 0; i < 100007; i++)
		event_raise(w->core, "engine.test", SEVERITY_INFO, "engine/core", NULL, json_object());
	is_i64((int64_t)event_waiting(w->core), 100000, "so many events wait for the ledger, and no more");
	is_i64((int64_t)counter(w, "core/events.dropped"), 7, "those left out are counted");
	event_forget(w->core);
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
	test_quality();
	test_device();
	test_many_ports();
	test_device_clock();
	test_store_away();
	test_store_lies();
	test_long_message();
	test_full_channel();
	test_rule_for_others();
	test_store_blind();
	test_counters();
	test_too_many_events();
	return tap_done();
}
