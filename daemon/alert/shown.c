/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shown.c: the state that is shown of a line and of its site, and with them of what is served there.
 *
 * What is measured is one thing, what people are shown another: a line that is down is shown so only after
 * its verdict, together with its event, and as unreachable when something above it is dead.
 */
#include "alert/alert.h"

#include <stdlib.h>


static bool
incident_is_open(const struct alert *a)
{
	return a->incident != NULL && a->incident->row.status == INCIDENT_OPEN;
}

static bool
is_degraded(const struct link_live *l)
{
	return incident_is_open(&l->quality) && l->quality.verdict != VERDICT_PENDING;
}

static enum link_state
shown_dead(const struct link_live *l)
{
	switch (l->reach.verdict) {
	case VERDICT_ROOT:
		return LINK_DOWN;
	case VERDICT_SETTLE:
		return LINK_UNREACHABLE;
	case VERDICT_MEMBER:
		return incident_is_open(&l->reach) ? LINK_UNREACHABLE : l->state;
	case VERDICT_PENDING:
		return l->state;
	default:
		return LINK_DOWN;
	}
}

static enum link_state
shown_state(const struct link_live *l)
{
	bool in_operation = l->link->life == LIFE_LIVE && l->site->site->life == LIFE_LIVE;

	switch (l->rounds.say) {
	case ROUNDS_UP:
		return is_degraded(l) ? LINK_DEGRADED : LINK_UP;
	case ROUNDS_DOWN:
		return l->seen_up ? shown_dead(l) : LINK_NEVER_UP;
	default:
		return l->seen_up || in_operation ? LINK_UNKNOWN : LINK_NEVER_UP;
	}
}

static int64_t
shown_since(const struct core *c, const struct link_live *l, enum link_state state)
{
	int64_t since_ns = l->rounds.since_ns;
	size_t	k;

	if (l->rounds.say == ROUNDS_NOTHING)
		return l->live.since_ns;
	if (state == LINK_UP || state == LINK_DEGRADED)
		for (k = 0; k < c->set.nrules; k++)
			if (l->rule[k].raised == (state == LINK_DEGRADED) && l->rule[k].since_ns > since_ns)
				since_ns = l->rule[k].since_ns;
	return since_ns;
}

static void
link_update(struct core *c, struct link_live *l)
{
	enum link_state state = shown_state(l);

	/* While a verdict is pending everything stays as it is shown, also the time since when. */
	if (l->rounds.say != ROUNDS_DOWN || state != l->state || l->reach.verdict == VERDICT_ROOT)
		l->live.since_ns = shown_since(c, l, state);
	l->state = state;
	core_mark(c, &l->live);
}

struct site_line *
shown_lines(const struct site_live *s)
{
	struct site_line *line = xcalloc(s->nlinks, sizeof(*line));
	size_t		  k;

	for (k = 0; k < s->nlinks; k++) {
		const struct link_live *l = s->link[k];

		line[k] = (struct site_line){
			.role = l->link->role,
			.state = shown_state(l),
			.counted = link_is_counted(l),
			.own_fault = l->reach.verdict == VERDICT_ROOT,
		};
	}
	return line;
}

/* The state of a site changed when the last of its lines did. */
static int64_t
last_change(const struct core *c, const struct site_live *s)
{
	int64_t since_ns = 0;
	size_t	k;

	for (k = 0; k < s->nlinks; k++)
		if (link_is_counted(s->link[k]) && s->link[k]->live.since_ns > since_ns)
			since_ns = s->link[k]->live.since_ns;
	return since_ns > s->live.since_ns ? since_ns : loop_wall_ns(c->loop);
}

void
shown_update(struct core *c, struct site_live *s)
{
	struct site_line *line;
	enum site_state	  state;
	size_t		  k;

	for (k = 0; k < s->nlinks; k++)
		link_update(c, s->link[k]);
	line = shown_lines(s);
	state = site_state_judge(line, s->nlinks, s->site->life == LIFE_LIVE);
	if (state != s->state) {
		s->live.since_ns = last_change(c, s);
		s->state = state;
	}
	for (k = 0; k < s->nservices; k++)
		service_update(c, s->service[k]);
	core_mark(c, &s->live);
	free(line);
}
