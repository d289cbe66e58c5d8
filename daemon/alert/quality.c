/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quality.c: loss, delay, errors. The rules judge; here a raised rule becomes an incident of its
 * line, or the line becomes a member when the site it passes through suffers the same.
 *
 * Errors of the port that carries a line are the line's own, whatever stands above. Loss above shows below
 * too, but by chance a child may cross the threshold minutes before its parent: a
 * child waits while the line above it is beyond the threshold and not judged yet.
 */
#include "alert/alert.h"

#include <math.h>
#include <string.h>


#define RECHECK_NS   (10 * NS_PER_S)
#define FORGOTTEN_NS (3600 * NS_PER_S)	/* without a value from the port */

static bool
rule_applies(const struct threshold_rule *rule, const struct link_live *l)
{
	return rule->on_class[l->site->site->class];
}

static bool
is_raised(const struct core *c, const struct link_live *l)
{
	size_t k;

	for (k = 0; k < c->set.nrules; k++)
		if (l->rule[k].raised && rule_applies(&c->set.rule[k], l))
			return true;
	return false;
}

static enum severity
severity_raised(const struct core *c, const struct link_live *l)
{
	enum severity severity = SEVERITY_INFO, one;
	size_t	      k;

	for (k = 0; k < c->set.nrules; k++)
		if (l->rule[k].raised && (one = severity_of(c->set.rule[k].severity)) > severity)
			severity = one;
	return severity;
}

int64_t
quality_settle_ns(const struct core *c)
{
	int64_t longest = 0;
	size_t	k;

	for (k = 0; k < c->set.nrules; k++)
		if (c->set.rule[k].clear_ns > longest)
			longest = c->set.rule[k].clear_ns;
	return longest + 120 * NS_PER_S;
}

static void
pend(struct core *c, struct link_live *l)
{
	struct incident *i = incident_new(c, FAULT_QUALITY, l->site, l);
	size_t		 k;

	incident_join(c, i, l, VERDICT_PENDING);
	for (k = 0; k < c->set.nrules; k++) {
		const struct threshold_rule *rule = &c->set.rule[k];

		if (l->rule[k].raised)
			incident_fact(i, l->rule[k].since_ns, "%s: %s beyond %g for %lld s, last %g",
			    l->link->id, rule->name, rule->raise, (long long)(rule->raise_ns / NS_PER_S),
			    l->rule[k].last);
	}
	incident_review_at(c, i, loop_mono_ns(c->loop) + c->set.verify_ns);
}

/* @param known  else nobody knows whether it is well again: nothing is told to be restored */
static void
cleared(struct core *c, struct link_live *l, bool known)
{
	struct incident *i = l->quality.incident;
	enum verdict	 was = (enum verdict)l->quality.verdict;

	incident_leave(c, l, FAULT_QUALITY);
	if (was == VERDICT_PENDING || was == VERDICT_ROOT)
		telling_close(c, i, !known);
}

/* A rule of it was raised or cleared, or (not known) let go of it. */
static void
judge(struct core *c, struct link_live *l, bool known)
{
	if (!is_raised(c, l))
		cleared(c, l, known);
	else if (l->quality.verdict == VERDICT_NONE)
		pend(c, l);
	l->live.unsaved = true;
	core_mark(c, &l->live);
	core_dirty(c, l->site);
}

void
quality_value(struct core *c, struct link_live *l, enum watched what, double value, int64_t wall_ns,
    double seconds)
{
	bool   changed = false;
	size_t k;

	if (!link_is_counted(l) || l->rounds.say != ROUNDS_UP)
		return;
	for (k = 0; k < c->set.nrules; k++)
		if (c->set.rule[k].value != what)
			continue;
		else if (rule_applies(&c->set.rule[k], l)) {
			changed |= threshold_value(&l->rule[k], &c->set.rule[k], value, wall_ns,
			    (int64_t)(seconds * NS_PER_S));
			if (!isnan(value))
				l->rule[k].known_ns = loop_mono_ns(c->loop);
		} else {	/* since the last reload it is meant for others */
			changed |= l->rule[k].raised;
			l->rule[k] = (struct threshold){ 0 };
		}
	if (changed)
		judge(c, l, true);
}

/* Has a raised rule had no value for an hour, or three times as long as a value stands for? */
static bool
is_forgotten(const struct threshold *t, int64_t mono_ns)
{
	int64_t after_ns = 3 * t->length_ns > FORGOTTEN_NS ? 3 * t->length_ns : FORGOTTEN_NS;

	return mono_ns - t->known_ns >= after_ns;
}

void
quality_sweep(struct core *c, struct link_live *l, int64_t wall_ns)
{
	int64_t now = loop_mono_ns(c->loop);
	bool	changed = false;

	if (l->quality.incident == NULL)
		return;
	for (size_t k = 0; k < c->set.nrules; k++) {
		struct threshold *t = &l->rule[k];

		if (!t->raised || watched_is_felt_below((enum watched)c->set.rule[k].value))
			continue;
		if (t->known_ns == 0 || l->rounds.say != ROUNDS_UP)	/* just recalled; of a line that is down nothing can be */
			t->known_ns = now;
		if (!is_forgotten(t, now))
			continue;
		incident_fact(l->quality.incident, wall_ns, "%s: %s: no value for %lld minutes: it is not known any more",
		    l->link->id, c->set.rule[k].name, (long long)((now - t->known_ns) / (60 * NS_PER_S)));
		*t = (struct threshold){ .since_ns = wall_ns };
		changed = true;
	}
	if (changed)
		judge(c, l, false);
}

void
quality_settled(struct core *c, struct link_live *l)
{
	incident_leave(c, l, FAULT_QUALITY);
	if (is_raised(c, l))
		pend(c, l);
}

void
quality_resume(struct core *c, struct link_live *l)
{
	enum verdict verdict = (enum verdict)l->quality.verdict;

	if (verdict == VERDICT_NONE && is_raised(c, l))
		pend(c, l);
	else if ((verdict == VERDICT_ROOT || verdict == VERDICT_MEMBER) && !is_raised(c, l))
		cleared(c, l, true);	/* by rules that are no more, or not meant for it any more */
}

void
quality_reset(struct core *c, struct link_live *l)
{
	struct incident *i = l->quality.incident;
	enum verdict	 was = (enum verdict)l->quality.verdict;

	memset(l->rule, 0, sizeof(l->rule));
	incident_leave(c, l, FAULT_QUALITY);
	if (was == VERDICT_PENDING || was == VERDICT_ROOT)
		telling_close(c, i, true);
}

/* The line that carries a site: the first that is up. */
static struct link_live *
carrier(const struct site_live *s)
{
	size_t k;

	for (k = 0; k < s->nlinks; k++)
		if (link_is_counted(s->link[k]) && s->link[k]->rounds.say == ROUNDS_UP)
			return s->link[k];
	return NULL;
}

/* Is a rule that is raised below about to be raised here? */
static bool
may_follow(const struct core *c, const struct link_live *above, const struct link_live *below)
{
	size_t k;

	for (k = 0; k < c->set.nrules; k++)
		if (below->rule[k].raised && !above->rule[k].raised &&
		    watched_is_felt_below((enum watched)c->set.rule[k].value) &&
		    threshold_is_beyond(&above->rule[k], &c->set.rule[k]))
			return true;
	return false;
}

/* The line above that may explain what is raised here, or NULL: errors of its own port it never does. */
static struct link_live *
above_of(const struct core *c, const struct link_live *l)
{
	size_t k;

	for (k = 0; l->parent != NULL && k < c->set.nrules; k++)
		if (l->rule[k].raised && watched_is_felt_below((enum watched)c->set.rule[k].value))
			return carrier(l->parent);
	return NULL;
}

void
quality_review(struct core *c, struct incident *i)
{
	struct link_live *l = i->link, *above = above_of(c, l);
	int64_t		  now = loop_mono_ns(c->loop);

	if (l->quality.incident != i || l->quality.verdict != VERDICT_PENDING)
		return;
	if (above != NULL && above->quality.incident != NULL) {
		incident_join(c, above->quality.incident, l, VERDICT_MEMBER);
		incident_hand_over(c, i, above->quality.incident);
		telling_close(c, i, false);
	} else if (above != NULL && above->quality.verdict == VERDICT_SETTLE) {
		incident_settle(c, l, FAULT_QUALITY, above->quality.settle_ns - now);
		telling_close(c, i, false);
	} else if (above != NULL && may_follow(c, above, l))
		incident_review_at(c, i, now + RECHECK_NS);
	else {
		incident_join(c, i, l, VERDICT_ROOT);
		telling_quality(c, i, severity_raised(c, l));
	}
}
