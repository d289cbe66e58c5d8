/* SPDX-License-Identifier: GPL-3.0-or-later */
/* home_window.c: see home_window.h. */
#include "probes/home_window.h"

#define STAMP_MAX_US ((uint64_t)INT64_MAX / NS_PER_US / 2)

bool
home_window_has(const struct home_window *w, uint64_t seq)
{
	return seq <= w->highest && w->highest - seq < HOME_WINDOW && (w->seen >> (w->highest - seq) & 1) != 0;
}

uint64_t
home_window_heard(const struct home_window *w, uint64_t seq)
{
	uint64_t map = 0, i;

	for (i = 0; i < HOME_WINDOW && i + 1 < seq; i++)
		map |= (uint64_t)home_window_has(w, seq - 1 - i) << i;
	return map;
}

/* How much later than the quickest packet of its run it has come, given that clocks drift apart. */
static int64_t
delay_of(struct home_window *w, const struct home_mark *m, int64_t now_ns)
{
	int64_t offset = now_ns - (int64_t)m->sent_us * NS_PER_US;

	if (now_ns > w->offset_at_ns) {
		w->offset_ns += (now_ns - w->offset_at_ns) / 1000000 * HOME_DRIFT_PPM;
		w->offset_at_ns = now_ns;
	}
	if (offset < w->offset_ns)
		w->offset_ns = offset;
	return offset - w->offset_ns;
}

/*
 * It has echoed our newest nonce, so it was sent after we told it. Its clock counts anew. What it sent before may be in the
 * hands of somebody who holds it back, so all numbers before count as used.
 */
static void
adopt(struct home_window *w, const struct home_mark *m, int64_t now_ns)
{
	w->boot = m->boot;
	w->highest = m->seq - 1;
	w->seen = UINT64_MAX;
	w->nonce = 0;
	w->offset_ns = now_ns - (int64_t)m->sent_us * NS_PER_US;
	w->offset_at_ns = now_ns;
}

static enum home_verdict
challenge(struct home_window *w, uint64_t fresh, enum home_verdict why)
{
	if (w->nonce == 0)
		w->nonce = fresh;
	return why;
}

static void
accept_it(struct home_window *w, uint64_t seq, uint64_t *missing)
{
	uint64_t ahead;

	if (seq <= w->highest) {
		w->seen |= 1ull << (w->highest - seq);
		return;
	}
	ahead = seq - w->highest;
	*missing = ahead - 1;
	w->seen = ahead < HOME_WINDOW ? w->seen << ahead : 0;
	w->seen |= 1;
	w->highest = seq;
}

enum home_verdict
home_window_take(struct home_window *w, const struct home_mark *m, int64_t now_ns, uint64_t fresh, uint64_t *missing)
{
	bool proves = w->nonce != 0 && m->nonce == w->nonce;

	*missing = 0;
	if (m->sent_us > STAMP_MAX_US)
		return HOME_OLD;
	if (m->boot != w->boot) {
		if (!proves)
			return challenge(w, fresh, HOME_UNPROVEN);
	} else {
		if (home_window_has(w, m->seq))
			return HOME_TWICE;
		if (m->seq <= w->highest && w->highest - m->seq >= HOME_WINDOW)
			return HOME_OLD;
		if (!proves && delay_of(w, m, now_ns) > HOME_LATE_NS)
			return challenge(w, fresh, HOME_DELAYED);
	}
	if (proves && (m->boot != w->boot || m->seq > w->highest))
		adopt(w, m, now_ns);
	accept_it(w, m->seq, missing);
	return HOME_NEW;
}
