/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refusals.h: who asked at the control socket for what it may not have stands in the audit log; but asking
 * again and again must not fill the disk.
 *
 * The first refusal of an operation to somebody is written at once, what follows within a minute is counted
 * and written at its end. A peer has a few places, so that it cannot hide what others ask for; what else it is
 * refused is one entry with its uid, and one more is of those who found no place at all. So a minute has few
 * entries, at most two for each place and one for each peer that has filled its own, whoever asks, and however
 * often.
 */
#ifndef SIMPUL_CTL_REFUSALS_H
#define SIMPUL_CTL_REFUSALS_H

#include <sys/types.h>
#include "base/loop.h"
#include "ledger/ledger.h"

#define REFUSALS_MAX	  16
#define REFUSALS_PEER_MAX 4	/* of them, for one uid */

struct refusals {		/* zeroed: none yet */
	struct loop	 *loop;
	struct ledger	 *ledger;
	struct loop_timer minute;	/* set: one is running */
	struct refusal {
		uid_t	    uid;
		char	    who[64];
		const char *op;
		uint32_t    more;	/* after the one that is written */
		uint32_t    rest;	/* at the first place of a peer: found no room among its own */
	}		  seen[REFUSALS_MAX];
	size_t		  n;
	uint32_t	  others;	/* found no room */
};

/**
 * Note one refusal.
 * @param uid	of the peer @param who  for whom it spoke, or itself: "operator1", "uid 1000"; copied
 * @param op	name of the operation, borrowed for ever
 */
void	refusals_note(struct refusals *rs, struct loop *l, struct ledger *ledger, uid_t uid, const char *who,
    const char *op);
/** Write what is counted, and begin anew. */
void	refusals_flush(struct refusals *rs);

#endif
