/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_rules_test.c: loss over minutes, and rules for other classes of sites: when a line is said to be degraded. */
#include "tests/unit/core_world.h"

#include <math.h>

#include "tests/unit/tap.h"

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

static void
test_rule_for_others(void)
{
	static const char *const one[] = { "d-1", NULL };
	struct world *w = world_new(53, false);

	world_settle(w);
	world_run(w, 60);
	minutes_of_loss(w, one, 0.10, 3);
	is_text(world_events(w), "link.degraded link/d-1; incident.opened incident/inc-1", "degraded");
	world_row(w, INPUT_SITES, "d", "d,Kantor D,,kelurahan,,park,,,,,,live");
	world_reload(w, false);
	minutes_of_loss(w, one, 0.10, 2);
	is_text(world_faults(w), "link.restored link/d-1; incident.closed incident/inc-1",
	    "the rule is not for this class of site: what it had raised ends");
	world_free(w);
}

static void
minutes_of_errors(struct world *w, const char *link, double rx_errors_ps, int minutes)
{
	for (; minutes > 0; minutes--) {
		world_errors(w, link, rx_errors_ps);
		world_run(w, 60);
	}
}

/* Errors are counted by a line's own port: they are its own fault, even behind a node that suffers. */
static void
test_errors(void)
{
	static const char *const above[] = { "node-2-1", NULL };
	struct world *w = world_new(91, false);

	world_settle(w);
	world_run(w, 60);
	minutes_of_errors(w, "a-1", 0.5, 10);
	is_text(world_events(w), "", "a few errors: nothing");
	minutes_of_errors(w, "a-1", 3, 4);
	minutes_of_errors(w, "a-1", NAN, 1);
	minutes_of_errors(w, "a-1", 3, 4);
	is_text(world_events(w), "", "a minute that is not known ends the run");
	minutes_of_errors(w, "a-1", 3, 1);
	is_text(world_events(w), "link.degraded link/a-1; incident.opened incident/inc-1",
	    "five minutes of errors: degraded");
	minutes_of_errors(w, "a-1", 0.5, 20);
	is_text(world_events(w), "", "between the thresholds: still degraded");
	minutes_of_errors(w, "a-1", 0, 15);
	is_text(world_events(w), "link.restored link/a-1; incident.closed incident/inc-1",
	    "a quarter of an hour without: restored");

	minutes_of_loss(w, above, 0.10, 4);
	is_text(world_events(w), "link.degraded link/node-2-1; incident.opened incident/inc-2", "the node's line loses");
	for (int i = 0; i < 6; i++) {
		world_loss(w, "node-2-1", 0.10);
		world_errors(w, "a-1", 3);
		world_run(w, 60);
	}
	is_text(world_events(w), "link.degraded link/a-1; incident.opened incident/inc-3",
	    "errors behind it: an incident of their own");
	world_free(w);
}

int
main(void)
{
	test_quality();
	test_errors();
	test_rule_for_others();
	return tap_done();
}
