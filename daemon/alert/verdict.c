/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verdict.c: a line's way from down to root line or member of an incident, and back.
 *
 *	none -> pending		down as measured; ancestors and siblings are probed
 *	pending -> root		its site can be reached otherwise, or nothing above it is dead
 *	pending -> member	a site it passes through is dead
 *	member -> settle	that site is back
 *	settle -> none		it answers; or its time is over, and if it is still dead it starts again
 *
 * Dead is decided on rounds as measured. A site above that only *seems* dead (its probes are lost, but its
 * rounds do not say down yet) gets a pending incident of its own, with its lines as suspects, and the line
 * below waits in it as a member: so it does not matter whether the child or the parent is found first.
 */
#include "alert/alert.h"

#include "base/log.h"

#define RECHECK_NS	(500 * NS_PER_MS)	/* how often to look at what may be judged any moment */
#define SUSPECT_TIMES	3			/* after this many verify times a suspect is let go */

static struct incident *
incident_of_site(struct core *c, struct site_live *s)
{
	return s->incident != NULL ? s->incident : incident_new(c, FAULT_REACH, s, NULL);
}

/* Put a line under verification. It is down, or a suspect (see the head of this file). */
static void
pend(struct core *c, struct link_live *l)
{
	struct incident *i = incident_of_site(c, l->site);

	if (incident_count(i, VERDICT_PENDING) == 0)
		i->first_ns = loop_mono_ns(c->loop);
	incident_join(c, i, l, VERDICT_PENDING);
	i->to_probe = true;
	incident_review_at(c, i, i->first_ns + c->set.group_window_ns);
}

/* ---- what explains a dead line ---- */

/* The line of a dead or failing site that failed last: what ails it is what made the site dead. */
static struct link_live *
last_to_fail(const struct site_live *s)
{
	struct link_live *last = NULL;
	size_t		  k;

	for (k = 0; k < s->nlinks; k++) {
		struct link_live *l = s->link[k];

		if (!link_is_counted(l))
			continue;
		if (l->rounds.say != ROUNDS_DOWN)
			return l;
		if (last == NULL || l->rounds.since_ns > last->rounds.since_ns)
			last = l;
	}
	return last;
}

static struct incident *
suspect(struct core *c, struct site_live *s)
{
	size_t k;

	for (k = 0; k < s->nlinks; k++)
		if (link_is_counted(s->link[k]) && s->link[k]->reach.verdict == VERDICT_NONE)
			pend(c, s->link[k]);
	return s->incident;
}

/*
 * The incident that explains why a line is dead: that of the site it passes through, or the one which that
 * site is itself a member of. NULL: nothing above it is dead. *settle_ns is set when the site above has just
 * got its own parent back.
 */
static struct incident *
explained_by(struct core *c, const struct link_live *l, int64_t *settle_ns)
{
	struct link_live *above;

	*settle_ns = 0;
	if (l->parent == NULL || !site_is_failing(l->parent))
		return NULL;
	above = last_to_fail(l->parent);
	switch (above->reach.verdict) {
	case VERDICT_MEMBER:
		return above->reach.incident;
	case VERDICT_SETTLE:
		*settle_ns = above->reach.settle_ns;
		return NULL;
	case VERDICT_NONE:
		return suspect(c, l->parent);
	default:
		return l->parent->incident;
	}
}

/* ---- lines coming and going ---- */

static void
line_lost(struct core *c, struct link_live *l)
{
	char t[TIME_TEXT_MAX];

	if (!link_is_counted(l) || l->reach.verdict == VERDICT_ROOT || l->reach.verdict == VERDICT_MEMBER ||
	    l->reach.verdict == VERDICT_SETTLE)
		return;
	/* Its site above is known to be dead and people have been told: nothing is left to verify. */
	if (l->parent != NULL && site_is_dead(l->parent)) {
		const struct link_live *above = last_to_fail(l->parent);

		if (above->reach.incident != NULL && above->reach.incident->row.status == INCIDENT_OPEN &&
		    above->reach.verdict != VERDICT_PENDING) {
			incident_join(c, above->reach.incident, l, VERDICT_MEMBER);
			return;
		}
	}
	pend(c, l);
	incident_fact(l->reach.incident, l->rounds.since_ns, "%s: %u rounds lost, the first at %s",
	    l->link->id, l->rounds.failed, text_utc(t, sizeof(t), l->rounds.since_ns));
}

/* A site answers again: the lines that were explained by it get their time to follow. */
static void
site_back(struct core *c, struct site_live *s)
{
	size_t k;

	for (k = 0; k < s->nchildren; k++)
		if (s->child[k]->reach.verdict == VERDICT_MEMBER) {
			incident_settle(c, s->child[k], FAULT_REACH, c->set.settle_ns);
			link_list_add(&c->marks.burst, s->child[k]);
		}
}

static void
line_back(struct core *c, struct link_live *l)
{
	struct incident *i = l->reach.incident;
	enum verdict	 was = (enum verdict)l->reach.verdict;

	if (was == VERDICT_ROOT)
		incident_fact(i, l->rounds.since_ns, "%s: answers again", l->link->id);
	if (was != VERDICT_NONE)
		incident_leave(c, l, FAULT_REACH);
	site_back(c, l->site);
	if (was == VERDICT_PENDING || was == VERDICT_ROOT) {
		if (incident_count(i, VERDICT_ROOT) == 0 && incident_count(i, VERDICT_PENDING) == 0) {
			telling_close(c, i, false);
			return;
		}
		/* Others may follow at once: the fault shrinks step by step only if they do not. */
		incident_review_at(c, i, loop_mono_ns(c->loop) + c->set.group_window_ns);
	} else if (l->site->incident != NULL)
		incident_review_at(c, l->site->incident, loop_mono_ns(c->loop) + c->set.group_window_ns);
}

/* Not known is neither up nor down: it starts nothing and ends nothing that people have been told. */
static void
line_unknown(struct core *c, struct link_live *l)
{
	struct incident *i = l->reach.incident;

	if (l->reach.verdict != VERDICT_PENDING)
		return;
	incident_leave(c, l, FAULT_REACH);
	incident_review_at(c, i, loop_mono_ns(c->loop));
}

void
verdict_rounds_changed(struct core *c, struct link_live *l)
{
	size_t k;

	if (l->rounds.say == ROUNDS_UP) {
		l->seen_up = true;
		line_back(c, l);
	} else {
		/* Minutes before and after an outage do not belong together. */
		for (k = 0; k < c->set.nrules; k++)
			threshold_break(&l->rule[k]);
		if (l->rounds.say == ROUNDS_DOWN)
			line_lost(c, l);
		else
			line_unknown(c, l);
	}
	l->live.unsaved = true;
	core_mark(c, &l->live);
	core_dirty(c, l->site);
}

void
verdict_settled(struct core *c, struct link_live *l)
{
	incident_leave(c, l, FAULT_REACH);
	if (l->rounds.say == ROUNDS_DOWN)
		line_lost(c, l);
}

void
verdict_resume(struct core *c, struct link_live *l)
{
	line_lost(c, l);
}

void
verdict_withdraw(struct core *c, struct link_live *l)
{
	struct incident *i = l->reach.incident;
	enum verdict	 was = (enum verdict)l->reach.verdict;

	incident_leave(c, l, FAULT_REACH);
	if (was == VERDICT_PENDING || was == VERDICT_ROOT) {
		if (incident_count(i, VERDICT_ROOT) == 0 && incident_count(i, VERDICT_PENDING) == 0)
			telling_close(c, i, true);
		else
			incident_review_at(c, i, loop_mono_ns(c->loop));	/* what is left is less */
	}
	quality_reset(c, l);
}

/* ---- reviewing ---- */

static bool
is_pending_in(const struct incident *i, size_t k)
{
	const struct link_live *l = i->member[k].link;

	return l != NULL && l->reach.incident == i && l->reach.verdict == VERDICT_PENDING;
}

/* A suspect that answers after all, or is never judged, was none. */
static void
drop_suspects(struct core *c, struct incident *i, int64_t now)
{
	bool   too_long = now >= i->first_ns + SUSPECT_TIMES * c->set.verify_ns;
	size_t k;

	for (k = 0; k < i->nmembers; k++) {
		struct link_live *l = i->member[k].link;

		if (is_pending_in(i, k) && l->rounds.say != ROUNDS_DOWN && (too_long || !link_is_failing(l)))
			incident_leave(c, l, FAULT_REACH);
	}
}

/*
 * Is a line of the site about to be judged otherwise, down or up again? That belongs into the same document.
 */
static bool
has_unjudged(const struct site_live *s)
{
	size_t k;

	for (k = 0; k < s->nlinks; k++) {
		const struct link_live *l = s->link[k];

		if (l->rounds.say == ROUNDS_DOWN ? l->rounds.answered > 0 : link_is_failing(l))
			return true;
	}
	return false;
}

/* Until when a decision has to wait; 0 = it can be made now. */
static int64_t
must_wait(const struct core *c, const struct incident *i, int64_t now)
{
	int64_t window = i->first_ns + c->set.group_window_ns, verify = i->first_ns + c->set.verify_ns;

	if (now < window)
		return window;
	if (now < verify && !dependency_watch_is_done(i))
		return verify;		/* PROBE_DONE brings it forward */
	if (now < verify + c->set.group_window_ns && has_unjudged(i->site))
		return now + RECHECK_NS;
	return 0;
}

/* What was seen of the surroundings when it was decided that a line is dead by itself. */
static void
note_surroundings(struct core *c, struct incident *i, const struct link_live *l)
{
	int64_t now = loop_wall_ns(c->loop);
	size_t	k, n, answering;

	for (k = 0; l->parent != NULL && k < l->parent->nlinks; k++) {
		const struct link_live *above = l->parent->link[k];
		const char	       *id = l->parent->site->id;

		if (above->probe == PROBE_ANSWERED && above->probe_ns >= i->first_ns)
			incident_fact(i, now, "%s answers (%.1f ms)", id, above->probe_rtt_s * 1e3);
		else if (above->rounds.say == ROUNDS_UP)
			incident_fact(i, now, "%s has answered its last round", id);
	}
	if ((n = dependency_siblings(l, &answering)) > 0)
		incident_fact(i, now, "%zu of %zu siblings answer", answering, n);
}

/*
 * A site turned out to be dead by itself. Lines behind it that were explained by a fault further up, which may
 * be over for all but them, are explained by this one.
 */
static void
take_below(struct core *c, struct incident *i, const struct site_live *s)
{
	size_t k;

	for (k = 0; k < s->nchildren; k++) {
		struct link_live *l = s->child[k];

		if (l->reach.verdict != VERDICT_MEMBER || l->reach.incident == i)
			continue;
		incident_join(c, i, l, VERDICT_MEMBER);
		if (site_is_dead(l->site) && last_to_fail(l->site)->reach.incident == i)
			take_below(c, i, l->site);
	}
}

static void
decide(struct core *c, struct incident *i)
{
	struct incident *above, *to = NULL;
	int64_t		 now = loop_mono_ns(c->loop), settle_ns;
	size_t		 k, roots = 0;

	for (k = 0; k < i->nmembers; k++) {
		struct link_live *l = i->member[k].link;

		if (!is_pending_in(i, k) || l->rounds.say != ROUNDS_DOWN)
			continue;
		above = explained_by(c, l, &settle_ns);
		if (settle_ns != 0)
			incident_settle(c, l, FAULT_REACH, settle_ns - now);
		else if (above != NULL)
			incident_join(c, to = above, l, VERDICT_MEMBER);
		else {
			note_surroundings(c, i, l);
			incident_join(c, i, l, VERDICT_ROOT);
			roots++;
		}
	}
	if (roots > 0 && site_is_dead(i->site) && last_to_fail(i->site)->reach.incident == i)
		take_below(c, i, i->site);
	if (roots > 0)
		telling_update(c, i, true);
	if (incident_count(i, VERDICT_PENDING) > 0)
		incident_review_at(c, i, now + RECHECK_NS);
	else if (incident_count(i, VERDICT_ROOT) == 0) {
		if (to != NULL)
			incident_hand_over(c, i, to);
		telling_close(c, i, false);
	}
}

void
verdict_review(struct core *c, struct incident *i)
{
	int64_t now = loop_mono_ns(c->loop), wait;

	drop_suspects(c, i, now);
	if (incident_count(i, VERDICT_PENDING) > 0) {
		if ((wait = must_wait(c, i, now)) != 0)
			incident_review_at(c, i, wait);
		else
			decide(c, i);
	} else if (incident_count(i, VERDICT_ROOT) > 0)
		telling_update(c, i, false);
	else
		telling_close(c, i, false);
}
