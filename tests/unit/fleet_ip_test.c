/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_ip_test.c: IPv4 packets as the TUN front reads and writes them. */
#include "tests/fleet/ip.h"

#include "tests/unit/tap.h"

/* An echo request 10.255.0.1 > 10.1.0.1 as Linux wrote it. */
static const uint8_t linux_echo[] = {
	0x45, 0x00, 0x00, 0x3c, 0xe4, 0x12, 0x40, 0x00, 0x40, 0x01, 0x41, 0xad, 0x0a, 0xff, 0x00, 0x01, 0x0a, 0x01, 0x00, 0x01,
	0x08, 0x00, 0x70, 0x1a, 0x00, 0x4d, 0x00, 0x11, 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x',
	'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x',
};

static void
check_read(void)
{
	struct fleet_packet p;
	struct ip_segment   tcp;
	uint8_t		    packet[sizeof(linux_echo)];
	size_t		    len, refused = 0;

	is_i64(ip_checksum(linux_echo, 20, 0), 0, "the kernel's head has a right checksum");
	is_i64(ip_checksum(linux_echo + 20, 40, 0), 0, "and its message");
	is_i64(ip_checksum("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8, 0), 0x220d, "the example of RFC 1071");
	is_i64(ip_checksum("\x00\x01\xf2", 3, 0), 0xdfe, "an odd length is filled up with zero");
	is_i64(ip_read(linux_echo, sizeof(linux_echo), &p, &tcp), 0, "an echo request is read");
	ok(p.proto == FLEET_ICMP && p.from == 0x0aff0001 && p.to == 0x0a010001 && p.len == 40 &&
		p.data == linux_echo + 20,
	    "its addresses and its message");
	for (len = 0; len < sizeof(linux_echo); len++)
		refused += ip_read(linux_echo, len, &p, &tcp) == -1;
	is_i64((int64_t)refused, sizeof(linux_echo), "cut at any place it is refused");
	memcpy(packet, linux_echo, sizeof(packet));
	packet[6] = 0x20;
	is_i64(ip_read(packet, sizeof(packet), &p, &tcp), -1, "a fragment is refused");
	memcpy(packet, linux_echo, sizeof(packet));
	packet[0] = 0x60;
	is_i64(ip_read(packet, sizeof(packet), &p, &tcp), -1, "IPv6 is refused");
	memcpy(packet, linux_echo, sizeof(packet));
	packet[9] = 47;
	is_i64(ip_read(packet, sizeof(packet), &p, &tcp), -1, "another protocol is refused");
}

static void
check_write(void)
{
	struct fleet_packet in = { .proto = FLEET_UDP, .from = 0x0a640001, .to = 0x0aff0001, .from_port = 161,
		.to_port = 40000, .data = (const uint8_t *)"hello", .len = 5 }, p;
	struct ip_segment   tcp = { .seq = 0x12345678, .ack = 0x9abcdef0, .flags = TCP_SYN | TCP_ACK }, got;
	uint8_t		    out[IP_PACKET_MAX], data[2];
	size_t		    len = ip_write(out, &in, NULL);
	unsigned	    i, unsummed = 0;

	is_i64((int64_t)len, 33, "a datagram of 5 bytes is 33 long");
	is_i64(ip_checksum(out, 20, 0), 0, "with a right head");
	ok(ip_read(out, len, &p, &got) == 0 && p.from == in.from && p.to == in.to && p.from_port == 161 &&
		p.to_port == 40000 && p.len == 5 && memcmp(p.data, "hello", 5) == 0,
	    "and reads as it was written");
	is_i64(ip_checksum(out + 20, 13, 0x0a64 + 1 + 0x0aff + 1 + 17 + 13), 0,
	    "its checksum covers the pseudo header");
	in.len = 2;
	for (i = 0; i < 65536; i++) {
		put_u16be(data, (uint16_t)i);
		in.data = data;
		ip_write(out, &in, NULL);
		unsummed += out[26] == 0 && out[27] == 0;
	}
	is_i64(unsummed, 0, "a checksum of 0 would mean none (RFC 768)");
	in.proto = FLEET_TCP;
	in.len = 0;
	len = ip_write(out, &in, &tcp);
	ok(ip_read(out, len, &p, &got) == 0 && got.seq == tcp.seq && got.ack == tcp.ack &&
		got.flags == tcp.flags && got.len == 0,
	    "a segment reads as it was written");
	is_i64(ip_checksum(out + 20, 20, 0x0a64 + 1 + 0x0aff + 1 + 6 + 20), 0, "with a right checksum");
}

static const struct tcp_case {
	const char	 *name;
	struct ip_segment in;
	bool		  refused, answered;
	uint8_t		  flags;
	uint32_t	  ack;
} tcp_cases[] = {
	{ "SYN to an open port", { 100, 0, TCP_SYN, 0 }, false, true, TCP_SYN | TCP_ACK, 101 },
	{ "SYN to a closed port", { 100, 0, TCP_SYN, 0 }, true, true, TCP_RST | TCP_ACK, 101 },
	{ "ACK of the handshake", { 101, 5, TCP_ACK, 0 }, false, false, 0, 0 },
	{ "data", { 101, 5, TCP_ACK, 10 }, false, true, TCP_ACK, 111 },
	{ "FIN", { 101, 5, TCP_FIN | TCP_ACK, 0 }, false, true, TCP_FIN | TCP_ACK, 102 },
	{ "data and FIN", { 101, 5, TCP_FIN | TCP_ACK, 3 }, false, true, TCP_FIN | TCP_ACK, 105 },
	{ "RST", { 101, 5, TCP_RST, 0 }, false, false, 0, 0 },
	{ "RST to a closed port", { 101, 5, TCP_RST | TCP_ACK, 0 }, true, false, 0, 0 },
	{ "data to a closed port", { 101, 5, TCP_ACK, 4 }, true, true, TCP_RST, 105 },
};

int
main(void)
{
	struct ip_segment out;
	size_t		  i;

	check_read();
	check_write();
	for (i = 0; i < nitems(tcp_cases); i++) {
		const struct tcp_case *c = &tcp_cases[i];
		bool		       answered = ip_tcp_answer(&c->in, c->refused, &out);

		ok(answered == c->answered && (!answered || (out.flags == c->flags && out.ack == c->ack)),
		    "TCP: %s", c->name);
	}
	return tap_done();
}
