/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_outbox_test.c: what waits for the broker while publishing is switched off, what is told later, and where the
 * heart-beat begins.
 */
#include <stdlib.h>

#include "ledger/ledger.h"
#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

#define SWITCHED "measure = ( { name = \"main\"; } );\nmqtt: { enabled = %s; };\n"

/* Reload with this setting, as publish would answer it. */
static void
publishing(struct world *w, bool on)
{
	struct msg_broker_state st = { .connected = on };
	struct check_input     *in = &w->input[INPUT_CONF];

	free(in->text);
	in->text = xcalloc(1, sizeof(SWITCHED) + 8);
	in->len = (size_t)sprintf(in->text, SWITCHED, on ? "true" : "false");
	world_reload(w, false);
	world_run(w, 2);
	is_text(w->reload_error, "", on ? "(publishing is on)" : "(publishing is off)");
	msg_broker_state_send(w->publish, IPC_BROKER_STATE, 0, &st, -1);
	world_run(w, 5);
}

static uint64_t
cut_and_mend(struct world *w, const char *line)
{
	uint64_t before = ledger_event_last(w->core->ledger);

	world_cut(w, line, true);
	world_run(w, 30);
	world_cut(w, line, false);
	world_run(w, 60);
	return ledger_event_last(w->core->ledger) - before;
}

static void
test_off(void)
{
	struct world *w = world_new(71, false);
	unsigned      items;

	world_settle(w);
	publishing(w, false);
	items = w->items;
	world_cut(w, "b-1", true);
	world_run(w, 30);
	is_i64((int64_t)cut_and_mend(w, "a-1"), 4, "a fault and its end are events in the ledger");
	is_text(world_events(w), "", "none of them waits for the broker");
	is_text(world_state(w, "link/b-1"), "up", "nor do states");
	is_i64(w->items - items, 2, "only the topics of the closed incident are emptied");

	publishing(w, true);
	is_text(world_state(w, "link/b-1"), "down", "switched on again, states are told");
	is_i64((int64_t)world_retained(w, "incident/"), 1, "and what is open");
	is_text(world_faults(w), "", "but no event of old");
	world_cut(w, "b-1", false);
	world_run(w, 60);
	is_text(world_events(w), "link.up link/b-1; incident.closed incident/inc-1", "events go on");
	world_free(w);
}

/* With each plan publish is told where the event stream stands, for a heart-beat without an event. */
static void
test_heartbeat(void)
{
	struct world *w = world_new(72, true);
	int64_t	      told;

	world_settle(w);
	cut_and_mend(w, "a-1");
	told = (int64_t)ledger_event_last(w->core->ledger);
	world_restart(w);
	world_run(w, 5);
	ok(told > 4 && (int64_t)w->plan.seq == told, "after a restart the heart-beat begins at the last event (%d)",
	    (int)w->plan.seq);
	told = (int64_t)ledger_event_last(w->core->ledger);
	w->broker_holds = true;
	is_i64((int64_t)cut_and_mend(w, "b-1"), 4, "(four events wait for the broker)");
	world_restart(w);
	world_run(w, 5);
	is_i64((int64_t)w->plan.seq, told, "events that wait have not been told yet");
	world_free(w);
}

int
main(void)
{
	test_off();
	test_heartbeat();
	return tap_done();
}
