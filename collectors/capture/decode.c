/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decode.c: see decode.h. Each header is taken off the front of one cursor; nothing points back. */
#include "collectors/capture/decode.h"

#include <netinet/in.h>
#include <string.h>

#include "base/cursor.h"

#define TYPE_IPV4   0x0800
#define TYPE_IPV6   0x86dd
#define TYPE_8021Q  0x8100
#define TYPE_8021AD 0x88a8
#define TYPE_QINQ   0x9100	/* older switches */

#define GRE_CHECKSUM 0x8000
#define GRE_KEY	     0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_VERSION  0x0007

#define PORT_DNS 53

const char *const decode_reason_words[DECODE_REASONS] = {
	"ok", "short", "not_ip", "tags", "malformed", "extensions", "tunnels"
};

/* What is still to be read, and how long it was on the wire. */
struct layer {
	struct cursor	at;
	unsigned	tunnels;
	size_t		wire;		/* bytes of the IP payload by the header's own length */
	bool		later_fragment;
	struct packet  *out;
};

static void
address_take(struct cursor *c, uint8_t family, struct addr *a)
{
	size_t	       n = family == 4 ? 4 : 16;
	const uint8_t *p = cursor_bytes(c, n);

	*a = (struct addr){ .family = family };
	if (p != NULL)
		memcpy(a->byte, p, n);
}

/* @return the protocol behind it in *next */
static enum decode_reason
ipv4_take(struct layer *l, uint8_t *next)
{
	struct packet *out = l->out;
	uint8_t	       first = cursor_u8(&l->at);
	size_t	       head = (first & 0x0f) * 4u, total;
	uint16_t       fragment;

	cursor_u8(&l->at);
	total = cursor_u16be(&l->at);
	cursor_u16be(&l->at);
	fragment = cursor_u16be(&l->at);
	cursor_u8(&l->at);
	*next = cursor_u8(&l->at);
	cursor_u16be(&l->at);
	address_take(&l->at, 4, &out->src);
	address_take(&l->at, 4, &out->dst);
	if (l->at.bad)
		return DECODE_SHORT;
	if (first >> 4 != 4 || head < 20)
		return DECODE_MALFORMED;
	if (total == 0)		/* segmentation offload: longer than the field can say */
		total = head + cursor_left(&l->at);
	if (total < head)
		return DECODE_MALFORMED;
	cursor_bytes(&l->at, head - 20);	/* options; cut: then there are no ports to be read */
	l->wire = total - head;
	l->later_fragment = (fragment & 0x1fff) != 0;
	return DECODE_OK;
}

static bool
is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	    next == IPPROTO_DSTOPTS || next == IPPROTO_AH;
}

/* One extension header. @return its length in bytes; its place in the packet is behind it afterwards */
static size_t
extension_take(struct layer *l, uint8_t *next)
{
	uint8_t	 kind = *next, units;
	size_t	 length;
	uint16_t offset;

	*next = cursor_u8(&l->at);
	units = cursor_u8(&l->at);
	if (kind == IPPROTO_FRAGMENT) {
		offset = cursor_u16be(&l->at);
		l->later_fragment = l->later_fragment || (offset & 0xfff8) != 0;
		cursor_bytes(&l->at, 4);
		return 8;
	}
	length = kind == IPPROTO_AH ? (units + 2u) * 4u : (units + 1u) * 8u;
	cursor_bytes(&l->at, length - 2);
	return length;
}

static enum decode_reason
ipv6_take(struct layer *l, uint8_t *next)
{
	struct packet *out = l->out;
	uint32_t       first = cursor_u32be(&l->at);
	size_t	       total = cursor_u16be(&l->at), taken = 0;
	unsigned       n;

	*next = cursor_u8(&l->at);
	cursor_u8(&l->at);
	address_take(&l->at, 6, &out->src);
	address_take(&l->at, 6, &out->dst);
	if (l->at.bad)
		return DECODE_SHORT;
	if (first >> 28 != 6)
		return DECODE_MALFORMED;
	if (total == 0)
		total = cursor_left(&l->at);
	for (n = 0; is_extension(*next) && !l->later_fragment && !l->at.bad; n++) {
		if (n == DECODE_EXTENSIONS_MAX)
			return DECODE_EXTENSIONS;
		taken += extension_take(l, next);
	}
	if (!l->at.bad && taken > total)
		return DECODE_MALFORMED;
	l->wire = taken < total ? total - taken : 0;
	return DECODE_OK;
}

/* @return TYPE_IPV4 or TYPE_IPV6 when there is an IP packet inside, else 0 */
static unsigned
gre_take(struct layer *l)
{
	uint16_t flags = cursor_u16be(&l->at), type = cursor_u16be(&l->at);

	if ((flags & GRE_VERSION) != 0 || (type != TYPE_IPV4 && type != TYPE_IPV6))
		return 0;
	if (flags & GRE_CHECKSUM)
		cursor_u32be(&l->at);
	if (flags & GRE_KEY)
		cursor_u32be(&l->at);
	if (flags & GRE_SEQUENCE)
		cursor_u32be(&l->at);
	return type;
}

/* What is inside of this one? A tunnel whose inside was cut off speaks for its ends. */
static unsigned
tunnel_take(struct layer *l, uint8_t next)
{
	struct cursor before = l->at;
	unsigned      type = next == IPPROTO_IPIP ? TYPE_IPV4 : next == IPPROTO_IPV6 ? TYPE_IPV6 : 0;

	if (l->later_fragment || l->at.bad)
		return 0;
	if (next == IPPROTO_GRE)
		type = gre_take(l);
	if (type != 0 && cursor_left(&l->at) >= (type == TYPE_IPV4 ? 20u : 40u))
		return type;
	l->at = before;
	return 0;
}

static void
tcp_take(struct layer *l)
{
	struct packet *out = l->out;
	struct cursor *c = &l->at;
	uint16_t       src = cursor_u16be(c), dst = cursor_u16be(c);
	uint32_t       seq = cursor_u32be(c), ack = cursor_u32be(c);
	size_t	       head = (cursor_u8(c) >> 4) * 4u;
	uint8_t	       flags = cursor_u8(c);

	if (c->bad || head < 20 || head > l->wire)
		return;
	out->has_ports = true;
	out->src_port = src;
	out->dst_port = dst;
	out->seq = seq;
	out->ack = ack;
	out->tcp_flags = flags;
	out->payload = (uint32_t)(l->wire - head);
}

static void
udp_take(struct layer *l)
{
	struct packet *out = l->out;
	struct cursor *c = &l->at;
	uint16_t       src = cursor_u16be(c), dst = cursor_u16be(c), id, flags;

	cursor_u32be(c);
	if (c->bad)
		return;
	out->has_ports = true;
	out->src_port = src;
	out->dst_port = dst;
	if (src != PORT_DNS && dst != PORT_DNS)
		return;
	id = cursor_u16be(c);
	flags = cursor_u16be(c);
	if (c->bad)
		return;
	out->is_dns = true;
	out->dns_id = id;
	out->dns_response = (flags & 0x8000) != 0;
	out->dns_rcode = flags & 0x0f;
}

static enum decode_reason
ip_take(struct layer *l, unsigned type)
{
	enum decode_reason why;
	uint8_t		   next = 0;

	for (; type != 0; type = tunnel_take(l, next)) {
		if (l->tunnels++ > DECODE_TUNNELS_MAX)
			return DECODE_TUNNELS;
		why = type == TYPE_IPV4 ? ipv4_take(l, &next) : ipv6_take(l, &next);
		if (why != DECODE_OK)
			return why;
	}
	l->out->protocol = next;
	if (l->at.bad || l->later_fragment)
		return DECODE_OK;
	if (next == IPPROTO_TCP)
		tcp_take(l);
	else if (next == IPPROTO_UDP)
		udp_take(l);
	return DECODE_OK;
}

enum decode_reason
decode_frame(const uint8_t *data, size_t len, struct packet *out)
{
	struct layer l = { .at = cursor_of(data, len), .out = out };
	uint16_t     type;
	unsigned     tags;

	*out = (struct packet){ 0 };
	cursor_bytes(&l.at, 12);
	type = cursor_u16be(&l.at);
	for (tags = 0; type == TYPE_8021Q || type == TYPE_8021AD || type == TYPE_QINQ; tags++) {
		if (tags == DECODE_TAGS_MAX)
			return DECODE_TAGS;
		cursor_u16be(&l.at);
		type = cursor_u16be(&l.at);
	}
	if (l.at.bad)
		return DECODE_SHORT;
	if (type != TYPE_IPV4 && type != TYPE_IPV6)
		return DECODE_NOT_IP;
	return ip_take(&l, type);
}
