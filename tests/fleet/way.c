/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * way.c: the routers between the monitor and a line, for packets that do not reach it: those with a small
 * time to live, and those that are too long (RFC 792).
 *
 * A way begins at the gateway, goes on over the far ends of the lines that the line passes through, and ends
 * at its own. A router answers as long as its own line works, without jitter and without loss: traces change
 * nothing of what other packets meet. The router of a detour quotes no more than RFC 792 wants; the others
 * quote all they have.
 */
#include <string.h>

#include "base/map.h"
#include "tests/fleet/ip.h"
#include "tests/fleet/parts.h"

#define GATEWAY_ADDR 0x0afe0001u	/* 10.254.0.1 */
#define GATEWAY_NS   (NS_PER_MS / 5)
#define HOPS_MAX     30
#define IP_HEAD	     20
#define QUOTE_LEAST  8
#define QUOTE_MOST   128
#define ERROR_HEAD   8

enum { DEST_UNREACH = 3, FRAG_NEEDED = 4, TIME_EXCEEDED = 11 };

struct hop {
	uint32_t addr;		/* 0: answers nobody */
	int64_t	 rtt_ns;
	bool	 up, brief;
};

static struct hop
hop_of(const struct fleet_line *l)
{
	return (struct hop){
	    .addr = l->link != NULL && l->link->address.family == 4 ? fleet_addr(&l->link->address) : 0,
	    .rtt_ns = l->path_ns,
	    .up = l->up};
}

/* The routers before the line's own end, the first one last. @return how many */
static size_t
way_back(const struct fleet_line *l, struct hop hop[HOPS_MAX])
{
	const struct fleet_site *s;
	size_t			 n = 0;

	for (s = l->parent; s != NULL && n < HOPS_MAX - 2; s = l->parent) {
		l = s->way != NULL ? s->way : s->line[0];
		hop[n++] = hop_of(l);
	}
	hop[n++] = (struct hop){ .addr = GATEWAY_ADDR, .rtt_ns = GATEWAY_NS, .up = true };
	return n;
}

/* Those of a packet: a detour takes the place of the last router, or stands behind the gateway. */
static size_t
way_of(struct fleet_line *l, struct hop hop[HOPS_MAX])
{
	size_t n = way_back(l, hop);

	if (l->detour != 0 && (!l->balanced || hash_u64(l->seed + l->detoured++) % 2 == 0)) {
		if (n == 1) {
			hop[1] = hop[0];
			n++;
		}
		hop[0] = (struct hop){
		    .addr = l->detour, .rtt_ns = hop[0].rtt_ns, .up = hop[0].up, .brief = !l->balanced};
	}
	return n;
}

/* An error of a router about this packet. */
static bool
error_answer(struct fleet_model *m, int64_t now_ns, const struct hop *h, const struct fleet_packet *in,
    uint8_t type, uint8_t code, uint16_t mtu, struct fleet_answer *out)
{
	struct fleet_packet quote = *in;
	uint8_t		    packet[IP_PACKET_MAX];
	size_t		    len;

	if (!h->up || h->addr == 0) {
		m->stats.lost++;
		return false;
	}
	if (quote.len > QUOTE_MOST)
		quote.len = QUOTE_MOST;
	ip_write(packet, &quote, &(struct ip_segment){ 0 });
	len = IP_HEAD + (h->brief ? QUOTE_LEAST : quote.len);
	memset(m->data, 0, ERROR_HEAD);
	m->data[0] = type;
	m->data[1] = code;
	put_u16be(m->data + 6, mtu);
	memcpy(m->data + ERROR_HEAD, packet, len);
	put_u16be(m->data + 2, ip_checksum(m->data, ERROR_HEAD + len, 0));
	out->at_ns = now_ns + h->rtt_ns;
	out->packet = (struct fleet_packet){.proto = FLEET_ICMP,
	    .from = h->addr,
	    .to = in->from,
	    .data = m->data,
	    .len = ERROR_HEAD + len,
	    .tag = in->tag};
	m->stats.packets_out[FLEET_ICMP]++;
	return true;
}

bool
way_ends_early(struct fleet_model *m, struct fleet_line *l, int64_t now_ns, const struct fleet_packet *in,
    struct fleet_answer *out, bool *answered)
{
	struct hop hop[HOPS_MAX];
	size_t	   n;
	bool	   is_long = l->mtu != 0 && in->len + IP_HEAD > l->mtu;

	if (in->proto != FLEET_ICMP || in->len < QUOTE_LEAST ||
	    ((in->ttl == 0 || in->ttl > HOPS_MAX) && !is_long))
		return false;
	n = way_of(l, hop);
	if (in->ttl != 0 && in->ttl <= n) {
		*answered = error_answer(m, now_ns, &hop[n - in->ttl], in, TIME_EXCEEDED, 0, 0, out);
		return true;
	}
	if (!is_long)
		return false;
	*answered =
	    !l->mtu_silent && error_answer(m, now_ns, &hop[0], in, DEST_UNREACH, FRAG_NEEDED, l->mtu, out);
	return true;
}
