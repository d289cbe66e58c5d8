/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threshold.c: raise and clear with thresholds and times of their own (threshold.h). */
#include "rules/threshold.h"

#include <math.h>

static bool
watches_high(const struct threshold_rule *rule)
{
	return rule->raise >= rule->clear;
}

static bool
is_beyond(const struct threshold_rule *rule, double value)
{
	return watches_high(rule) ? value >= rule->raise : value <= rule->raise;
}

static bool
is_within(const struct threshold_rule *rule, double value)
{
	return watches_high(rule) ? value <= rule->clear : value >= rule->clear;
}

void
threshold_break(struct threshold *t)
{
	t->run_ns = 0;
}

bool
threshold_is_beyond(const struct threshold *t, const struct threshold_rule *rule)
{
	return t->last_ns != 0 && !isnan(t->last) && is_beyond(rule, t->last);
}

bool
threshold_value(struct threshold *t, const struct threshold_rule *rule, double value, int64_t wall_ns,
    int64_t length_ns)
{
	int64_t start_ns = wall_ns - length_ns;
	bool	goes_on;

	if (wall_ns <= t->last_ns && t->last_ns - wall_ns <= length_ns)
		return false;
	if (wall_ns < t->last_ns)	/* older than any straggler: the clock was set back */
		threshold_break(t);
	else if (t->last_ns != 0 && start_ns > t->last_ns + length_ns / 2)
		threshold_break(t);
	t->last = value;
	t->last_ns = wall_ns;
	t->length_ns = length_ns;

	goes_on = !isnan(value) && (t->raised ? is_within(rule, value) : is_beyond(rule, value));
	if (!goes_on) {
		threshold_break(t);
		return false;
	}
	if (t->run_ns == 0)
		t->run_ns = start_ns;
	if (wall_ns - t->run_ns < (t->raised ? rule->clear_ns : rule->raise_ns))
		return false;
	t->raised = !t->raised;
	t->since_ns = t->run_ns;
	t->run_ns = 0;
	return true;
}
