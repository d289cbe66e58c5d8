/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_storm_test.c: half an hour of random cuts and returns, now and then a restart in the middle, then
 * everything is mended. Whatever has happened: the stream has no gap and no id twice, every incident that
 * opened closes once, every raise has its clear, no line is said to be down twice in a row, and at the end
 * all is well and nothing is left on the broker. Whenever it has been quiet for a while, what is shown is the
 * truth: a line that answers is up, one that does not is down, or unreachable if the site above it is dead,
 * and it names its incident.
 */
#include <stdlib.h>

#include <jansson.h>

#include "tests/unit/core_world.h"
#include "tests/unit/tap.h"

#define STORMS	       40
#define BLOWS	       120
#define RESTART_ONE_IN 20	/* blows */
#define QUIET_ONE_IN   10	/* ... after which everything has time to come to rest */

static uint64_t
next(uint64_t *seed)
{
	return *seed = hash_u64(*seed);
}

static bool
is_kind(const struct heard_event *e, const char *kind)
{
	return strcmp(e->kind, kind) == 0;
}

/* +1 for what begins a fault, -1 for what ends one, 0 for the rest. */
static int
weight(const struct heard_event *e, const char *begins, const char *ends)
{
	return is_kind(e, begins) ? 1 : is_kind(e, ends) ? -1 : 0;
}

/* Begin and end of one subject alternate, and all that has begun has ended. */
static bool
alternates(const struct world *w, const char *begins, const char *ends)
{
	size_t i, k;
	int    open;

	for (i = 0; i < w->heard.nevents; i++) {
		if (!is_kind(&w->heard.event[i], begins))
			continue;
		for (open = 0, k = 0; k < w->heard.nevents; k++) {
			if (strcmp(w->heard.event[k].subject, w->heard.event[i].subject) != 0)
				continue;
			open += weight(&w->heard.event[k], begins, ends);
			if (open < 0 || open > 1) {
				printf("# %s of %s\n", w->heard.event[k].kind, w->heard.event[k].subject);
				return false;
			}
		}
		if (open != 0) {
			printf("# %s of %s has no end\n", begins, w->heard.event[i].subject);
			return false;
		}
	}
	return true;
}

static bool
stream_is_whole(const struct world *w)
{
	size_t i, k;

	for (i = 0; i < w->heard.nevents; i++) {
		if (i > 0 && w->heard.event[i].seq != w->heard.event[i - 1].seq + 1)
			return false;
		for (k = 0; k < i; k++)
			if (strcmp(w->heard.event[i].id, w->heard.event[k].id) == 0)
				return false;
	}
	return true;
}

static bool
line_is_true(const struct world *w, const struct link *l)
{
	bool	    alive = world_is_alive(w, l);
	bool	    above = l->parent == NULL || world_site_is_alive(w, l->parent);
	char	    topic[REF_MAX];
	const char *state;
	bool	    right;

	snprintf(topic, sizeof(topic), "link/%s", l->id);
	state = world_state(w, topic);
	if (alive)
		right = strcmp(state, "up") == 0;
	else
		right = strcmp(state, "down") == 0 || (!above && strcmp(state, "unreachable") == 0);
	snprintf(topic, sizeof(topic), "state/link/%s", l->id);
	right &= json_is_null(json_object_get(world_doc(w, topic), "incident")) == alive;
	if (!right)
		printf("# %s is shown %s: it is %s, the site above is %s\n", l->id, state,
		    alive ? "alive" : "dead", above ? "alive" : "dead");
	return right;
}

static bool
truth_is_shown(const struct world *w)
{
	size_t k;
	bool   right = true;

	for (k = 0; k < w->nlines; k++)
		if (w->line[k].link->life == LIFE_LIVE)
			right &= line_is_true(w, w->line[k].link);
	return right;
}

static void
one_blow(struct world *w, uint64_t *seed)
{
	struct world_line *l = &w->line[next(seed) % w->nlines];
	bool		   cut = next(seed) % 2 == 0;

	if (next(seed) % 4 == 0)
		world_cut(w, l->link->site_id, cut);
	else
		l->cut = cut;
}

static bool
storm(uint64_t seed, size_t *events)
{
	struct world *w = world_new(seed, true);
	uint64_t      r = seed;
	bool	      right = true;
	size_t	      k;

	world_shuffle(w, seed, 4);
	world_run(w, 20);
	for (k = 1; k <= BLOWS; k++) {
		world_run(w, 0.1 + (double)(next(&r) % 300) / 10);
		one_blow(w, &r);
		if (next(&r) % RESTART_ONE_IN == 0)
			world_restart(w);
		if (k % QUIET_ONE_IN == 0) {
			world_run(w, 60);
			right &= truth_is_shown(w);
		}
	}
	for (k = 0; k < w->nlines; k++)
		w->line[k].cut = false;
	world_run(w, 60);
	right &= stream_is_whole(w) && alternates(w, "incident.opened", "incident.closed") &&
	    alternates(w, "link.down", "link.up") && truth_is_shown(w) && world_retained(w, "incident/") == 0;
	if (!right)
		printf("# storm of seed %" PRIu64 ", %zu events\n", seed, w->heard.nevents);
	*events += w->heard.nevents;
	world_free(w);
	return right;
}

int
main(void)
{
	const char *text = getenv("SIMPUL_SEED");
	uint64_t    seed = text != NULL ? strtoull(text, NULL, 10) : 1, k;
	size_t	    events = 0;
	int	    right = 0;

	for (k = 0; k < STORMS; k++)
		right += storm(seed + k, &events);
	ok(events > 50 * STORMS, "%zu events in %d storms", events, STORMS);
	is_i64(right, STORMS, "after every storm all is told, once, and all is well");
	return tap_done();
}
