/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backoff.h: how long a process that has died waits for its next start; pure, all times monotonic. */
#ifndef SIMPUL_BACKOFF_H
#define SIMPUL_BACKOFF_H

#include "base/base.h"

#define BACKOFF_MIN_NS NS_PER_S
#define BACKOFF_MAX_NS (10 * NS_PER_S)
#define BACKOFF_DEATHS 5		/* more than these within 10 s: back off */

struct backoff {			/* zeroed: has not died yet */
	int64_t	 death_ns[BACKOFF_DEATHS];	/* the last ones, a ring */
	unsigned deaths;
	int64_t	 wait_ns;		/* 0: not backing off */
};

/** It has died now. @return ns until its next start: hardly any, unless it dies again and again */
int64_t	backoff_death(struct backoff *b, int64_t started_ns, int64_t now);

#endif
