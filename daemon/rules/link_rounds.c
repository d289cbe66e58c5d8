/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_rounds.c: runs of failures and successes, and gaps (link_rounds.h). */
#include "rules/link_rounds.h"

const char *const rounds_say_names[ROUNDS_SAY + 1] = { "", "up", "down", "unknown", NULL };

const struct rounds_rule rounds_rule_default = {
	.failures = 3,
	.successes = 2,
	.interval_ns = 10 * NS_PER_S,
	.gap_ns = 25 * NS_PER_S,
};

bool
link_rounds_gap(struct link_rounds *r, const struct rounds_rule *rule, int64_t mono_ns)
{
	if (r->last_ns == 0 || mono_ns - r->last_mono_ns <= rule->gap_ns)
		return false;
	r->failed = r->answered = 0;
	if (r->say == ROUNDS_NOTHING || r->say == ROUNDS_UNKNOWN)
		return false;
	r->say = ROUNDS_UNKNOWN;
	r->since_ns = r->last_ns + rule->interval_ns;
	return true;
}

/* The run has grown by one; is it long enough to say something new? */
static bool
run_says(struct link_rounds *r, uint8_t length, uint8_t enough, enum rounds_say say)
{
	if (length < enough || r->say == say)
		return false;
	r->say = (uint8_t)say;
	r->since_ns = r->run_ns;
	return true;
}

bool
link_rounds_result(struct link_rounds *r, const struct rounds_rule *rule, bool answered, int64_t wall_ns,
    int64_t mono_ns)
{
	uint8_t *run = answered ? &r->answered : &r->failed, *other = answered ? &r->failed : &r->answered;
	bool	 changed;

	if (r->last_ns != 0 && mono_ns <= r->last_mono_ns)
		return false;
	changed = link_rounds_gap(r, rule, mono_ns);
	r->last_ns = wall_ns;
	r->last_mono_ns = mono_ns;

	*other = 0;
	if (*run == 0)
		r->run_ns = wall_ns;
	if (*run < UINT8_MAX)
		(*run)++;
	if (answered)
		return run_says(r, *run, rule->successes, ROUNDS_UP) || changed;
	return run_says(r, *run, rule->failures, ROUNDS_DOWN) || changed;
}
