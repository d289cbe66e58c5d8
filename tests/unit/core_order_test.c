/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_order_test.c: a node is cut, and its lines and those behind it are found dead in 1,000 random orders,
 * parents before children and children before parents. Always one incident, one event of the node, none of a
 * child; and so when it returns.
 */
#include <stdlib.h>

#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

#define ORDERS 1000

static const char cut_wanted[] = "site.isolated site/node-2; incident.opened incident/inc-1";
static const char back_wanted[] = "site.restored site/node-2; incident.closed incident/inc-1";
static const char tree_cut_wanted[] = "site.isolated site/node-1; incident.opened incident/inc-1";
static const char tree_back_wanted[] = "site.restored site/node-1; incident.closed incident/inc-1";

/* @return whether cut and return were told as wanted */
static bool
play(uint64_t seed, const char *node, const char *cut_want, const char *back_want)
{
	struct world *w = world_new(seed, false);
	bool	      right;

	world_shuffle(w, seed, 6);
	world_run(w, 20);
	world_events(w);
	world_cut(w, node, true);
	world_run(w, 30);
	right = strcmp(world_events(w), cut_want) == 0;
	if (!right)
		printf("# seed %" PRIu64 ", cut of %s: %s\n", seed, node, w->text);
	world_cut(w, node, false);
	world_run(w, 30);
	if (strcmp(world_events(w), back_want) != 0) {
		printf("# seed %" PRIu64 ", return of %s: %s\n", seed, node, w->text);
		right = false;
	}
	world_free(w);
	return right;
}

int
main(void)
{
	const char *text = getenv("SIMPUL_SEED");
	uint64_t    seed = text != NULL ? strtoull(text, NULL, 10) : 1, k;
	int	    node = 0, tree = 0;

	for (k = 0; k < ORDERS; k++)
		node += play(seed + k, "node-2", cut_wanted, back_wanted);
	is_i64(node, ORDERS, "one incident, one event, in every order");
	for (k = 0; k < ORDERS / 4; k++)
		tree += play(seed + k, "node-1", tree_cut_wanted, tree_back_wanted);
	is_i64(tree, ORDERS / 4, "also two levels deep");
	return tap_done();
}
