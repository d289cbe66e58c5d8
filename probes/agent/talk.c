/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * talk.c: see talk.h. An answer counts once, and only one to a heartbeat of this run that is among the last 64: recorded ones,
 * also those of the run before, cannot make the agent echo what the server does not wait for.
 */
#include "probes/agent/talk.h"

#include <string.h>

void
talk_init(struct talk *t, const void *key, size_t len, uint64_t boot)
{
	memset(t, 0, sizeof(*t));
	hmac_key_init(&t->key, key, len);
	t->site = home_site(key, len);
	t->boot = boot;
	t->rtt_us = HOME_UNKNOWN_US;
}

static uint32_t
us_between(uint64_t from_us, uint64_t to_us)
{
	uint64_t us = to_us > from_us ? to_us - from_us : 0;

	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

void
talk_next(struct talk *t, struct home_heartbeat *h, uint64_t now_us)
{
	t->seq++;
	h->site = t->site;
	h->boot = t->boot;
	h->seq = t->seq;
	h->nonce = t->nonce;
	h->sent_us = now_us;
	h->heard = t->heard;
	t->heard <<= 1;
	t->sent_us[t->seq % HOME_SEEN] = now_us;
	h->echo_seq = h->echo_stamp = 0;
	h->echo_held_us = 0;
	h->rtt_us = HOME_UNKNOWN_US;
	if (t->echo_seq == 0)
		return;
	h->echo_seq = t->echo_seq;
	h->echo_stamp = t->echo_stamp;
	h->echo_held_us = us_between(t->echo_us, now_us);
	h->rtt_us = t->rtt_us;
	t->echo_seq = 0;	/* once: one that is echoed twice says nothing new */
}

enum talk_result
talk_take(struct talk *t, const uint8_t *data, size_t len, uint64_t now_us)
{
	struct home_answer a;
	uint64_t	   back;
	uint32_t	   whole_us;

	if (!home_answer_read(data, len, &a) || a.site != t->site || a.boot != t->boot || a.seq > t->seq ||
	    t->seq - a.seq >= HOME_SEEN)
		return TALK_REFUSED;
	back = t->seq - a.seq;
	if ((t->heard >> back & 1) != 0 || !home_is_signed(data, len, &t->key))
		return TALK_REFUSED;
	t->heard |= 1ull << back;
	whole_us = us_between(t->sent_us[a.seq % HOME_SEEN], now_us);
	if (a.seq > t->echo_seq) {
		t->rtt_us = whole_us > a.held_us ? whole_us - a.held_us : 0;
		t->echo_seq = a.seq;
		t->echo_stamp = a.stamp;
		t->echo_us = now_us;
		t->seen = a.from;
		t->seen_port = a.port;
	}
	t->nonce = a.nonce;
	return a.status == HOME_PROVE ? TALK_PROVE : TALK_TAKEN;
}
