/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home_window.h: which heartbeats of a site are new. Pure: time is an argument.
 *
 * Signed ones may still be recorded ones. Within a run of the agent (its boot) each sequence number counts once. A run that is
 * not known yet, and one whose packets arrive later than its own clock says, must first echo a number (nonce) that was drawn
 * for this and told in an answer: what was recorded before cannot hold it.
 */
#ifndef SIMPUL_HOME_WINDOW_H
#define SIMPUL_HOME_WINDOW_H

#include "base/base.h"

#define HOME_WINDOW	64			/* sequence numbers looked back on */
/* Later than the quickest of its run: somebody held it back, or its clock stood still. */
#define HOME_LATE_NS	(3 * NS_PER_S)
#define HOME_DRIFT_PPM	200			/* by which the clocks of two boxes may differ */

enum home_verdict {
	HOME_NEW,		/* accepted */
	HOME_TWICE,		/* this sequence number has been accepted */
	HOME_OLD,		/* below the window */
	HOME_UNPROVEN,		/* of an unknown run: challenge it */
	HOME_DELAYED		/* of the run that is known, but too late: likewise */
};

struct home_window {		/* zeroed: no run is known */
	uint64_t boot;		/* 0: none */
	uint64_t highest;	/* accepted of this run */
	uint64_t seen;		/* bit i: highest - i was accepted */
	uint64_t nonce;		/* told to who is challenged; 0: to be drawn */
	int64_t	 offset_ns;	/* arrival less the agent's stamp, of the quickest */
	int64_t	 offset_at_ns;	/* when that was set or aged */
};

struct home_mark {		/* what of a heartbeat counts here */
	uint64_t boot, seq, nonce;
	uint64_t sent_us;
};

/**
 * @param fresh		random, not 0: becomes the nonce should one be needed
 * @param missing	HOME_NEW: sequence numbers passed over since the highest one, which may still come; others: 0
 */
enum home_verdict home_window_take(struct home_window *w, const struct home_mark *m, int64_t now_ns, uint64_t fresh,
    uint64_t *missing);
/** Has this number of the run that is known been accepted? One below the window has not. */
bool	home_window_has(const struct home_window *w, uint64_t seq);
/** As the answer to seq tells it: bit i for seq - 1 - i. */
uint64_t home_window_heard(const struct home_window *w, uint64_t seq);

#endif
