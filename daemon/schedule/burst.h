/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * burst.h: the reflex that confirms a change of one target within seconds (docs/decisions.md 5). Pure: time is an argument.
 *
 * The first lost packet while up (or not known yet), or the first answer while down, starts rounds of 1 s. They end with 3
 * failures or 2 successes in a row, after 10 rounds at most; but for 300 s after a target went down they go on. PROBE_NOW
 * asks for rounds too. Up and down are this instance's own view, by the counts that core applies to the same results.
 */
#ifndef SIMPUL_BURST_H
#define SIMPUL_BURST_H

#include "base/base.h"

#define BURST_PACKETS	      3			/* of one round */
#define BURST_PACKET_GAP_NS   (300 * NS_PER_MS)
#define BURST_ROUND_NS	      NS_PER_S
#define BURST_FAILURES	      3			/* in a row: down */
#define BURST_SUCCESSES	      2			/* in a row: up */
#define BURST_ROUNDS_MAX      10
#define BURST_DOWN_NS	      (300 * NS_PER_S)	/* rounds go on for this long after the third failure */
#define BURST_BUDGET_PPS      20000		/* of all bursts of an instance; beyond it the steady schedule decides */

enum round_result { ROUND_FAILED, ROUND_SUCCEEDED, ROUND_UNKNOWN };	/* unknown: nothing could be sent */
enum target_view { VIEW_NONE, VIEW_UP, VIEW_DOWN };

struct burst {			/* zeroed: nothing known, not running */
	uint8_t	 view;		/* enum target_view */
	bool	 running;
	uint8_t	 failures, successes;	/* in a row */
	uint16_t rounds;	/* results since it began */
	uint16_t asked;		/* results still owed to PROBE_NOW */
	int64_t	 down_ns;	/* when the view became down */
};

/** Does this decided steady packet start a burst (if the budget allows)? */
bool	burst_is_wanted(const struct burst *b, bool answered);
/** Rounds begin now. Results counted so far play no part in how it ends. */
void	burst_begin(struct burst *b);
/** PROBE_NOW: at least this many more results. Begins the burst if it does not run. */
void	burst_ask(struct burst *b, unsigned rounds);
/**
 * Take a result: of a burst round while it runs, else of a steady round.
 * @return true when a running burst ends with it
 */
bool	burst_result(struct burst *b, enum round_result r, int64_t now_ns);

#endif
