/* SPDX-License-Identifier: GPL-3.0-or-later */
/* burst.c: see burst.h. */
#include "schedule/burst.h"

bool
burst_is_wanted(const struct burst *b, bool answered)
{
	return !b->running && answered == (b->view == VIEW_DOWN);
}

void
burst_begin(struct burst *b)
{
	b->running = true;
	b->failures = b->successes = 0;
	b->rounds = 0;
}

void
burst_ask(struct burst *b, unsigned rounds)
{
	if (!b->running)
		burst_begin(b);
	if (rounds > b->asked)
		b->asked = (uint16_t)rounds;
}

static void
count(struct burst *b, enum round_result r)
{
	if (r == ROUND_SUCCEEDED && b->successes < UINT8_MAX)
		b->successes++;
	else if (r != ROUND_SUCCEEDED)
		b->successes = 0;
	if (r == ROUND_FAILED && b->failures < UINT8_MAX)
		b->failures++;
	else if (r != ROUND_FAILED)
		b->failures = 0;
}

static bool
is_over(const struct burst *b, int64_t now_ns)
{
	if (b->asked > 0)
		return false;
	if (b->successes >= BURST_SUCCESSES)
		return true;
	if (b->view == VIEW_DOWN && now_ns - b->down_ns < BURST_DOWN_NS)
		return false;
	return b->failures >= BURST_FAILURES || b->rounds >= BURST_ROUNDS_MAX;
}

bool
burst_result(struct burst *b, enum round_result r, int64_t now_ns)
{
	count(b, r);
	if (b->successes >= BURST_SUCCESSES)
		b->view = VIEW_UP;
	else if (b->failures >= BURST_FAILURES && b->view != VIEW_DOWN) {
		b->view = VIEW_DOWN;
		b->down_ns = now_ns;
	}
	if (!b->running)
		return false;
	b->rounds++;
	b->asked -= b->asked > 0;
	b->running = !is_over(b, now_ns);
	return !b->running;
}
