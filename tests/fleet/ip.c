/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ip.c: reads and writes IPv4 packets through the bounded cursor; see ip.h. */
#include "tests/fleet/ip.h"

#include <arpa/inet.h>
#include <string.h>

#define IP_HEAD	   20
#define UDP_HEAD   8
#define TCP_HEAD   20
#define TTL	   60
#define TCP_WINDOW 8192

static const uint8_t protocol_of[] = { [FLEET_ICMP] = IPPROTO_ICMP, [FLEET_UDP] = IPPROTO_UDP,
	[FLEET_TCP] = IPPROTO_TCP };

uint16_t
ip_checksum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	uint64_t       wide = 0;
	uint32_t       word;

	/* Four bytes at a time in the machine's order: the sum does not mind (RFC 1071, 2 B). */
	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		wide += word;
	}
	word = 0;
	memcpy(&word, p, len);
	wide += word;
	wide = (wide >> 32) + (uint32_t)wide;
	wide = (wide >> 32) + (uint32_t)wide;
	word = ((uint32_t)wide >> 16) + ((uint32_t)wide & 0xffff);
	word = (word >> 16) + (word & 0xffff);
	sum += ntohs((uint16_t)word);
	while (sum >> 16 != 0)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}

/* The sum of the pseudo header of UDP and TCP. */
static uint32_t
pseudo_sum(uint32_t from, uint32_t to, uint8_t protocol, size_t len)
{
	return (from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + protocol + (uint32_t)len;
}

static int
udp_read(struct cursor *c, struct fleet_packet *p)
{
	uint16_t len;

	p->from_port = cursor_u16be(c);
	p->to_port = cursor_u16be(c);
	len = cursor_u16be(c);
	cursor_u16be(c);	/* checksum: the kernel has just made it */
	if (c->bad || len != UDP_HEAD + cursor_left(c))
		return -1;
	p->len = cursor_left(c);
	p->data = cursor_bytes(c, p->len);
	return 0;
}

static int
tcp_read(struct cursor *c, struct fleet_packet *p, struct ip_segment *tcp)
{
	size_t head;

	p->from_port = cursor_u16be(c);
	p->to_port = cursor_u16be(c);
	tcp->seq = cursor_u32be(c);
	tcp->ack = cursor_u32be(c);
	head = (size_t)(cursor_u8(c) >> 4) * 4;
	tcp->flags = cursor_u8(c);
	cursor_bytes(c, TCP_HEAD - 14);
	if (c->bad || head < TCP_HEAD || cursor_bytes(c, head - TCP_HEAD) == NULL)
		return -1;
	tcp->len = cursor_left(c);
	return 0;
}

int
ip_read(const uint8_t *packet, size_t len, struct fleet_packet *p, struct ip_segment *tcp)
{
	struct cursor c = cursor_of(packet, len);
	size_t	      head, total;
	uint8_t	      version, protocol, ttl;

	version = cursor_u8(&c);
	cursor_u8(&c);			/* type of service */
	total = cursor_u16be(&c);
	cursor_u16be(&c);		/* identification */
	if ((cursor_u16be(&c) & 0x3fff) != 0)
		return -1;		/* a fragment */
	ttl = cursor_u8(&c);
	protocol = cursor_u8(&c);
	cursor_u16be(&c);
	*p = (struct fleet_packet){ .from = cursor_u32be(&c), .to = cursor_u32be(&c), .ttl = ttl };
	head = (size_t)(version & 0xf) * 4;
	if (c.bad || version >> 4 != 4 || head < IP_HEAD || total < head || total > len)
		return -1;
	c = cursor_of(packet + head, total - head);
	switch (protocol) {
	case IPPROTO_ICMP:
		p->proto = FLEET_ICMP;
		p->len = cursor_left(&c);
		p->data = cursor_bytes(&c, p->len);
		return 0;
	case IPPROTO_UDP:
		p->proto = FLEET_UDP;
		return udp_read(&c, p);
	case IPPROTO_TCP:
		p->proto = FLEET_TCP;
		return tcp_read(&c, p, tcp);
	}
	return -1;
}

static void
put_u32be(uint8_t *p, uint32_t v)
{
	put_u16be(p, (uint16_t)(v >> 16));
	put_u16be(p + 2, (uint16_t)v);
}

static size_t
udp_write(uint8_t *out, const struct fleet_packet *p)
{
	size_t	 len = UDP_HEAD + p->len;
	uint16_t sum;

	put_u16be(out, p->from_port);
	put_u16be(out + 2, p->to_port);
	put_u16be(out + 4, (uint16_t)len);
	put_u16be(out + 6, 0);
	memcpy(out + UDP_HEAD, p->data, p->len);
	sum = ip_checksum(out, len, pseudo_sum(p->from, p->to, IPPROTO_UDP, len));
	put_u16be(out + 6, sum != 0 ? sum : 0xffff);
	return len;
}

static size_t
tcp_write(uint8_t *out, const struct fleet_packet *p, const struct ip_segment *tcp)
{
	put_u16be(out, p->from_port);
	put_u16be(out + 2, p->to_port);
	put_u32be(out + 4, tcp->seq);
	put_u32be(out + 8, tcp->ack);
	out[12] = TCP_HEAD / 4 << 4;
	out[13] = tcp->flags;
	put_u16be(out + 14, TCP_WINDOW);
	put_u32be(out + 16, 0);		/* checksum, urgent pointer */
	put_u16be(out + 16, ip_checksum(out, TCP_HEAD, pseudo_sum(p->from, p->to, IPPROTO_TCP, TCP_HEAD)));
	return TCP_HEAD;
}

size_t
ip_write(uint8_t *out, const struct fleet_packet *p, const struct ip_segment *tcp)
{
	uint8_t *body = out + IP_HEAD;
	size_t	 len;

	switch (p->proto) {
	case FLEET_ICMP:
		len = p->len;
		memcpy(body, p->data, len);
		break;
	case FLEET_UDP:
		len = udp_write(body, p);
		break;
	case FLEET_TCP:
	default:
		len = tcp_write(body, p, tcp);
		break;
	}
	memset(out, 0, IP_HEAD);
	out[0] = 4 << 4 | IP_HEAD / 4;
	put_u16be(out + 2, (uint16_t)(IP_HEAD + len));
	out[8] = TTL;
	out[9] = protocol_of[p->proto];
	put_u32be(out + 12, p->from);
	put_u32be(out + 16, p->to);
	put_u16be(out + 10, ip_checksum(out, IP_HEAD, 0));
	return IP_HEAD + len;
}

bool
ip_tcp_answer(const struct ip_segment *in, bool refused, struct ip_segment *out)
{
	uint32_t taken = (uint32_t)in->len + ((in->flags & TCP_SYN) != 0) + ((in->flags & TCP_FIN) != 0);

	if (in->flags & TCP_RST)
		return false;
	*out = (struct ip_segment){ .seq = in->ack, .ack = in->seq + taken, .flags = TCP_ACK };
	if (refused) {
		out->flags = in->flags & TCP_ACK ? TCP_RST : TCP_RST | TCP_ACK;
		return true;
	}
	if (in->flags & TCP_SYN) {
		out->seq = in->seq ^ 0x5a5a5a5a;	/* any number will do: nobody attacks a simulation */
		out->flags |= TCP_SYN;
		return true;
	}
	if (in->flags & TCP_FIN)
		out->flags |= TCP_FIN;
	return taken > 0;
}
