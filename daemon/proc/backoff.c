/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backoff.c: see backoff.h. */
#include "proc/backoff.h"

#define RESTART_NS (100 * NS_PER_MS)
#define DEATHS_NS  (10 * NS_PER_S)

int64_t
backoff_death(struct backoff *b, int64_t started_ns, int64_t now)
{
	int64_t *oldest = &b->death_ns[b->deaths % BACKOFF_DEATHS];
	bool	 often = b->deaths >= BACKOFF_DEATHS && now - *oldest <= DEATHS_NS;

	*oldest = now;
	b->deaths++;
	if (b->wait_ns > 0 && now - started_ns < DEATHS_NS)
		b->wait_ns = b->wait_ns * 2 < BACKOFF_MAX_NS ? b->wait_ns * 2 : BACKOFF_MAX_NS;
	else
		b->wait_ns = often ? BACKOFF_MIN_NS : 0;
	return b->wait_ns > 0 ? b->wait_ns : RESTART_NS;
}
