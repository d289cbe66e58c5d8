/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_home.c: the way of a datagram through the engine's side of the protocol "home", and through the agent's. First byte of
 * the input: bit 0 = to the agent, bit 1 = sign it (what only who has the key can send), bit 2 = of the known run. The rest is
 * the datagram, twice: what was accepted once is not accepted again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probes/agent/talk.h"
#include "probes/home_window.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY	"0123456789abcdef"
#define DATA_MAX 2048
#define NOW_NS	(1000 * NS_PER_S)

static struct hmac_key key;

static void
sign(uint8_t *data, size_t len)
{
	uint8_t mac[SHA256_LEN];

	if (len < 16)
		return;
	hmac_sha256(&key, data, len - 16, mac);
	memcpy(data + len - 16, mac, 16);
}

static bool
is_new(struct home_window *w, const struct home_heartbeat *h)
{
	const struct home_mark m = { .boot = h->boot, .seq = h->seq, .nonce = h->nonce, .sent_us = h->sent_us };
	uint64_t	       missing;
	bool		       accepted = home_window_take(w, &m, NOW_NS, 7, &missing) == HOME_NEW;

	if (accepted && (!home_window_has(w, h->seq) || w->boot != h->boot))
		abort();
	return accepted;
}

static void
to_engine(const uint8_t *data, size_t len, bool known)
{
	struct home_window    w = { 0 };
	struct home_heartbeat h;
	uint8_t		      again[HOME_HEARTBEAT_MAX];

	if (home_heartbeat_site(data, len) == 0) {
		if (home_heartbeat_read(data, len, &h))
			abort();
		return;
	}
	if (!home_heartbeat_read(data, len, &h))
		return;
	if (h.npings > HOME_PINGS_MAX || h.seq == 0 || home_heartbeat_write(&h, &key, again) != len)
		abort();
	if (known) {
		w.boot = h.boot;
		w.highest = 5;
		w.seen = 1;
	}
	if (is_new(&w, &h) && is_new(&w, &h))
		abort();
	if (!known && w.boot != 0)
		abort();	/* an unknown run was taken without proof */
}

static void
to_agent(const uint8_t *data, size_t len)
{
	struct talk	      t;
	struct home_heartbeat h = { 0 };
	int		      i;

	talk_init(&t, KEY, strlen(KEY), 0x1112131415161718);
	for (i = 0; i < 5; i++)
		talk_next(&t, &h, 1000u * (unsigned)i);
	if (talk_take(&t, data, len, 6000) == TALK_REFUSED)
		return;
	if (len != HOME_ANSWER_LEN || !home_is_signed(data, len, &key) || talk_take(&t, data, len, 6001) != TALK_REFUSED)
		abort();
	talk_next(&t, &h, 7000);
	if (h.echo_seq >= h.seq || (h.heard & 0x1f) == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[DATA_MAX];
	uint8_t	      *exact;

	if (size < 1 || size > DATA_MAX)
		return 0;
	if (key.inner.len == 0)
		hmac_key_init(&key, KEY, strlen(KEY));
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 2)
		sign(copy, size - 1);
	exact = malloc(size);	/* the sanitizer sees each byte read beyond */
	memcpy(exact, copy, size - 1);
	if (data[0] & 1)
		to_agent(exact, size - 1);
	else
		to_engine(exact, size - 1, (data[0] & 4) != 0);
	free(exact);
	return 0;
}
