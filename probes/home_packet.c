/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home_packet.c: see home_packet.h. A packet has a fixed head, at most 16 pings, and the first 16 bytes of an HMAC over all
 * before; what has another length than it says, or than its pings need, is none.
 */
#include "probes/home_packet.h"

#include <string.h>

#define MAGIC	    0x53504842u		/* "SPHB" */
#define VERSION	    1
#define MAC_LEN	    16
#define SITE_AT	    8
#define PINGS_AT    124
#define PING_LEN    24

enum type { HEARTBEAT = 1, ANSWER = 2 };

_Static_assert(HOME_HEARTBEAT_MIN == PINGS_AT + MAC_LEN, "as docs/home.md says");
_Static_assert(HOME_ANSWER_LEN <= HOME_HEARTBEAT_MIN, "an answer is never longer");

struct place {			/* where the next field is; the lengths are checked before */
	uint8_t *at;
};

struct place_read {
	const uint8_t *at;
};

static void
put(struct place *p, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0)
		*p->at++ = (uint8_t)(v >> 8 * bytes);
}

static uint64_t
take(struct place_read *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p->at++;
	return v;
}

/* Inverted: some NATs look for addresses in what they pass on, and "correct" them (RFC 8489 section 5 tells of it). */
static void
put_address(struct place *p, const struct home_address *a)
{
	size_t i;

	for (i = 0; i < sizeof(a->byte); i++)
		*p->at++ = (uint8_t)~a->byte[i];
}

static void
take_address(struct place_read *p, struct home_address *a)
{
	size_t i;

	for (i = 0; i < sizeof(a->byte); i++)
		a->byte[i] = (uint8_t)~*p->at++;
}

static bool
is_family(uint8_t family)
{
	return family == 0 || family == 4 || family == 6;
}

uint64_t
home_site(const void *key, size_t len)
{
	static const char use[] = "simpul home 1";
	struct sha256	  s;
	uint8_t		  hash[SHA256_LEN];
	struct place_read p = { hash };
	uint64_t	  site;

	sha256_init(&s);
	sha256_add(&s, use, sizeof(use));
	sha256_add(&s, key, len);
	sha256_end(&s, hash);
	site = take(&p, 8);
	return site != 0 ? site : 1;
}

static void
put_head(struct place *p, enum type type, size_t len, uint64_t site)
{
	put(p, MAGIC, 4);
	put(p, VERSION, 1);
	put(p, type, 1);
	put(p, len, 2);
	put(p, site, 8);
}

static void
sign(uint8_t *packet, size_t len, const struct hmac_key *key)
{
	uint8_t mac[SHA256_LEN];

	hmac_sha256(key, packet, len - MAC_LEN, mac);
	memcpy(packet + len - MAC_LEN, mac, MAC_LEN);
}

static bool
has_head(const uint8_t *data, size_t len, enum type type, size_t min, size_t max)
{
	struct place_read p = { data };

	return len >= min && len <= max && take(&p, 4) == MAGIC && take(&p, 1) == VERSION && take(&p, 1) == type &&
	    take(&p, 2) == len;
}

size_t
home_heartbeat_write(const struct home_heartbeat *h, const struct hmac_key *key, uint8_t out[HOME_HEARTBEAT_MAX])
{
	size_t	     len = HOME_HEARTBEAT_MIN + (size_t)h->npings * PING_LEN;
	struct place p = { out };
	unsigned     i;

	put_head(&p, HEARTBEAT, len, h->site);
	put(&p, h->boot, 8);
	put(&p, h->seq, 8);
	put(&p, h->nonce, 8);
	put(&p, h->sent_us, 8);
	put(&p, h->echo_seq, 8);
	put(&p, h->echo_stamp, 8);
	put(&p, h->echo_held_us, 4);
	put(&p, h->rtt_us, 4);
	put(&p, h->heard, 8);
	put(&p, h->interval_ms, 2);
	put(&p, h->local.family, 1);
	put(&p, h->npings, 1);
	put_address(&p, &h->local);
	put(&p, h->rx_octets, 8);
	put(&p, h->tx_octets, 8);
	put(&p, h->uptime_s, 4);
	put(&p, h->flags, 2);
	put(&p, 0, 2);
	for (i = 0; i < h->npings; i++) {
		put(&p, h->ping[i].to.family, 1);
		put(&p, 0, 1);
		put(&p, h->ping[i].sent, 1);
		put(&p, h->ping[i].answered, 1);
		put(&p, h->ping[i].rtt_us, 4);
		put_address(&p, &h->ping[i].to);
	}
	sign(out, len, key);
	return len;
}

uint64_t
home_heartbeat_site(const uint8_t *data, size_t len)
{
	struct place_read p;

	if (!has_head(data, len, HEARTBEAT, HOME_HEARTBEAT_MIN, HOME_HEARTBEAT_MAX))
		return 0;
	p.at = data + SITE_AT;
	return take(&p, 8);
}

bool
home_is_signed(const uint8_t *data, size_t len, const struct hmac_key *key)
{
	uint8_t mac[SHA256_LEN];

	hmac_sha256(key, data, len - MAC_LEN, mac);
	return hmac_equal(mac, data + len - MAC_LEN, MAC_LEN);
}

static bool
pings_read(struct place_read *p, struct home_heartbeat *h)
{
	unsigned i;

	for (i = 0; i < h->npings; i++) {
		struct home_ping *to = &h->ping[i];

		to->to.family = (uint8_t)take(p, 1);
		take(p, 1);
		to->sent = (uint8_t)take(p, 1);
		to->answered = (uint8_t)take(p, 1);
		to->rtt_us = (uint32_t)take(p, 4);
		take_address(p, &to->to);
		if (!is_family(to->to.family) || to->answered > to->sent)
			return false;
	}
	return true;
}

bool
home_heartbeat_read(const uint8_t *data, size_t len, struct home_heartbeat *h)
{
	struct place_read p;

	if (!has_head(data, len, HEARTBEAT, HOME_HEARTBEAT_MIN, HOME_HEARTBEAT_MAX))
		return false;
	p.at = data + SITE_AT;
	h->site = take(&p, 8);
	h->boot = take(&p, 8);
	h->seq = take(&p, 8);
	h->nonce = take(&p, 8);
	h->sent_us = take(&p, 8);
	h->echo_seq = take(&p, 8);
	h->echo_stamp = take(&p, 8);
	h->echo_held_us = (uint32_t)take(&p, 4);
	h->rtt_us = (uint32_t)take(&p, 4);
	h->heard = take(&p, 8);
	h->interval_ms = (uint16_t)take(&p, 2);
	h->local.family = (uint8_t)take(&p, 1);
	h->npings = (uint8_t)take(&p, 1);
	take_address(&p, &h->local);
	h->rx_octets = take(&p, 8);
	h->tx_octets = take(&p, 8);
	h->uptime_s = (uint32_t)take(&p, 4);
	h->flags = (uint16_t)take(&p, 2);
	take(&p, 2);
	return h->boot != 0 && h->seq != 0 && h->echo_seq < h->seq && is_family(h->local.family) &&
	    h->npings <= HOME_PINGS_MAX && len == HOME_HEARTBEAT_MIN + (size_t)h->npings * PING_LEN && pings_read(&p, h);
}

size_t
home_answer_write(const struct home_answer *a, const struct hmac_key *key, uint8_t out[HOME_ANSWER_LEN])
{
	struct place p = { out };

	put_head(&p, ANSWER, HOME_ANSWER_LEN, a->site);
	put(&p, a->boot, 8);
	put(&p, a->seq, 8);
	put(&p, a->nonce, 8);
	put(&p, a->stamp, 8);
	put(&p, a->held_us, 4);
	put(&p, a->status, 1);
	put(&p, a->from.family, 1);
	put(&p, (uint16_t)~a->port, 2);
	put_address(&p, &a->from);
	put(&p, a->accepted, 4);
	put(&p, a->heard, 8);
	put(&p, 0, 4);
	sign(out, HOME_ANSWER_LEN, key);
	return HOME_ANSWER_LEN;
}

bool
home_answer_read(const uint8_t *data, size_t len, struct home_answer *a)
{
	struct place_read p;

	if (!has_head(data, len, ANSWER, HOME_ANSWER_LEN, HOME_ANSWER_LEN))
		return false;
	p.at = data + SITE_AT;
	a->site = take(&p, 8);
	a->boot = take(&p, 8);
	a->seq = take(&p, 8);
	a->nonce = take(&p, 8);
	a->stamp = take(&p, 8);
	a->held_us = (uint32_t)take(&p, 4);
	a->status = (uint8_t)take(&p, 1);
	a->from.family = (uint8_t)take(&p, 1);
	a->port = (uint16_t)~take(&p, 2);
	take_address(&p, &a->from);
	a->accepted = (uint32_t)take(&p, 4);
	a->heard = take(&p, 8);
	return a->seq != 0 && a->status <= HOME_PROVE && is_family(a->from.family);
}
