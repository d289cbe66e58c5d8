/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link_rounds.h: from the rounds of a probe to up, down or unknown.
 *
 * Three failures in a row make down, from the first of them; two successes make up, from the first of them;
 * more than gap_ns between two results is a gap: unknown from the last result + interval_ns, and the runs
 * start anew. Pure: time comes in as an argument. Gaps are measured on the monotonic clock, change points
 * told on the wall clock.
 */
#ifndef SIMPUL_LINK_ROUNDS_H
#define SIMPUL_LINK_ROUNDS_H

#include "base/base.h"

enum rounds_say { ROUNDS_NOTHING, ROUNDS_UP, ROUNDS_DOWN, ROUNDS_UNKNOWN, ROUNDS_SAY };
extern const char *const rounds_say_names[ROUNDS_SAY + 1];	/* "", "up", "down", "unknown", NULL */

struct rounds_rule {
	uint8_t failures, successes;	/* 3, 2 */
	int64_t interval_ns, gap_ns;	/* 10 s, 25 s */
};
extern const struct rounds_rule rounds_rule_default;

struct link_rounds {			/* zeroed: nothing known */
	uint8_t	say;			/* enum rounds_say */
	uint8_t	failed, answered;	/* length of the present run; one of them is 0 */
	int64_t	since_ns;		/* wall: change point of `say` */
	int64_t	run_ns;			/* wall: first round of the present run */
	int64_t	last_ns, last_mono_ns;	/* last result; last_mono_ns 0: none yet */
};

/**
 * One result.
 * @return true when `say` or `since_ns` changed. A round that is older than the last one is not a result.
 */
bool	link_rounds_result(struct link_rounds *r, const struct rounds_rule *rule, bool answered,
    int64_t wall_ns, int64_t mono_ns);
/** No result until now: is it a gap? @return true when `say` changed */
bool	link_rounds_gap(struct link_rounds *r, const struct rounds_rule *rule, int64_t mono_ns);

#endif
