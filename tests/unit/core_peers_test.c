/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_peers_test.c: core when its peers are away, blind, or say or take too much. */
#include <stdlib.h>

#include <jansson.h>

#include "alert/alert.h"
#include "core/discover.h"
#include "core/neighbours.h"
#include "core/private.h"
#include "core/trial.h"
#include "live/counters.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

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
	is_i64((int64_t)counter(w, "core/facts.frames_lost"), (int64_t)given,
	    "what it had is counted as lost");
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

/* ---- neighbours ---- */

static void
neighbour_says(struct world *w, enum neighbour_source source, const char *port, const char *name)
{
	struct msg_neighbour n = { .device = core_device(w->core, "a-r1")->number, .source = (uint8_t)source,
		.end = name == NULL };

	snprintf(n.port, sizeof(n.port), "%s", port);
	snprintf(n.name, sizeof(n.name), "%s", name != NULL ? name : "");
	msg_neighbour_send(w->measure, IPC_NEIGHBOUR, 0, &n, -1);
}

static const char *
neighbours(struct world *w)
{
	static char		     text[400];
	const struct neighbour_live *n;

	world_run(w, 0.1);
	*text = '\0';
	for (n = core_device(w->core, "a-r1")->neighbours; n != NULL; n = n->next)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u %s %s; ", n->told.source,
		    n->told.port,
		    n->told.name);
	return text;
}

static void
test_neighbours(void)
{
	struct world *w = world_new(59, false);
	char	      name[20];
	unsigned      i;

	world_settle(w);
	neighbour_says(w, NEIGHBOUR_LLDP, "1", "x");
	neighbour_says(w, NEIGHBOUR_LLDP, "2", "y");
	neighbour_says(w, NEIGHBOUR_LLDP, "", NULL);
	neighbour_says(w, NEIGHBOUR_CDP, "2", "y");
	neighbour_says(w, NEIGHBOUR_CDP, "", NULL);
	is_text(neighbours(w), "1 1 x; 1 2 y; 2 2 y; ", "neighbours are kept by source");
	neighbour_says(w, NEIGHBOUR_LLDP, "2", "y");
	is_text(neighbours(w), "1 1 x; 1 2 y; 2 2 y; ", "nothing goes while a walk is told");
	neighbour_says(w, NEIGHBOUR_LLDP, "3", "z");
	neighbour_says(w, NEIGHBOUR_LLDP, "", NULL);
	is_text(neighbours(w), "1 2 y; 2 2 y; 1 3 z; ",
	    "what it has not told again goes at its end, of its source alone");
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		neighbour_says(w, NEIGHBOUR_MTXR, "1", name);
	}
	neighbours(w);
	ok(core_device(w->core, "a-r1")->nneighbours == DEVICE_NEIGHBOURS_MAX &&
	    counter(w, "core/neighbours.refused") == 300 + 3 - DEVICE_NEIGHBOURS_MAX,
	    "no more are kept than may be; the others are counted");
	world_free(w);
}

/* ---- discovery ---- */

struct told {
	unsigned found, ends, nones;
	uint8_t	 asked;
};

static void
discover_told(void *arg, const struct msg_discovered *found, const struct msg_discover_end *end)
{
	struct told *t = arg;

	t->found += found != NULL;
	t->ends += end != NULL;
	t->nones += found == NULL && end == NULL;
	if (end != NULL)
		t->asked = end->asked;
}

static uint32_t
discover_one(struct world *w, struct told *t)
{
	struct msg_discover m = { .rate_ps = 50, .port = 161, .version = "2c", .ncredentials = 1, .n = 1,
		.address = { { .family = 4, .byte = { 10, 0, 0, 1 } } } };

	return core_discover(w->core, "", &m, discover_told, t);
}

static void
test_discover(void)
{
	struct world		     *w = world_new(58, false);
	const struct msg_discovered   d = { .snmp = 1, .name = "r" };
	const struct msg_discover_end end = { .asked = 1 };
	struct told		      t = { 0 }, other = { 0 };
	uint32_t		      token, forgotten, late;

	world_settle(w);
	token = discover_one(w, &t);
	forgotten = discover_one(w, &other);
	ok(token != 0 && forgotten != 0 && token != forgotten, "two requests are under way");
	core_discover_forget(w->core, forgotten);
	msg_discovered_send(w->measure, IPC_DISCOVERED, token, &d, -1);
	msg_discovered_send(w->measure, IPC_DISCOVERED, forgotten, &d, -1);
	msg_discovered_send(w->measure, IPC_DISCOVERED, 4711, &d, -1);
	msg_discover_end_send(w->measure, IPC_DISCOVER_END, forgotten, &end, -1);
	msg_discover_end_send(w->measure, IPC_DISCOVER_END, token, &end, -1);
	msg_discovered_send(w->measure, IPC_DISCOVERED, token, &d, -1);
	world_run(w, 1);
	ok(t.found == 1 && t.ends == 1 && t.asked == 1 && t.nones == 0,
	    "an answer and an end reach who asked, and no more");
	ok(other.found + other.ends + other.nones == 0, "who has been forgotten hears nothing");
	late = discover_one(w, &t);
	world_run(w, 400);
	ok(late != 0 && t.nones == 1, "an instance that keeps silent is not waited for for ever");
	discover_one(w, &t);
	ipc_send(w->measure, IPC_DISCOVERED, late, "x", 1, -1);
	world_run(w, 1);
	ok(t.nones == 2 && t.ends == 1, "one that says what cannot be read goes, and its requests with it");
	is_i64(discover_one(w, &t), 0, "then there is nobody to ask");
	world_free(w);
}

/* ---- profiles tried ---- */

struct tried {
	unsigned values, ends, nones;
};

static void
tried_told(void *arg, const struct msg_profile_tested *m, const struct msg_profile_test_end *end)
{
	struct tried *t = arg;

	t->values += m != NULL;
	t->ends += end != NULL;
	t->nones += m == NULL && end == NULL;
}

static void
test_trial(void)
{
	struct world			 *w = world_new(59, false);
	const struct msg_profile_tested	  value = { .table = "t", .name = "t/v/x" };
	const struct msg_profile_test_end end = { .profile = "p" };
	const struct device_live	 *d;
	struct tried			  t = { 0 }, other = { 0 };
	uint32_t			  token;

	world_settle(w);
	d = core_device(w->core, "a-r1");
	token = core_trial(w->core, d, "", tried_told, &t);
	for (unsigned i = 0; i < PROFILE_TESTED_MAX + 50; i++) {
		msg_profile_tested_send(w->measure, IPC_PROFILE_TESTED, token, &value, -1);
		if (i % 500 == 0)
			world_run(w, 0.1);
	}
	msg_profile_test_end_send(w->measure, IPC_PROFILE_TEST_END, token, &end, -1);
	msg_profile_test_end_send(w->measure, IPC_PROFILE_TEST_END, token, &end, -1);
	world_run(w, 1);
	ok(t.values == PROFILE_TESTED_MAX && t.ends == 1 && t.nones == 0,
	    "a profile that is tried: no more values than there may be, and one end");
	core_trial(w->core, d, "", tried_told, &other);
	world_measure_restart(w);
	world_run(w, 1);
	ok(other.nones == 1 && other.ends == 0, "an instance that ends takes its tests along at once");
	world_free(w);
}

int
main(void)
{
	test_discover();
	test_trial();
	test_neighbours();
	test_store_away();
	test_store_lies();
	test_store_blind();
	test_long_message();
	test_full_channel();
	test_counters();
	test_too_many_events();
	return tap_done();
}
