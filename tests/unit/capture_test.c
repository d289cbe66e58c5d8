/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture_test.c: frames made by hand, decoded and counted: whose octets they are, who moves most, how long the way to a site
 * takes, what is sent again, what DNS does not answer.
 */
#include "collectors/capture/account.h"

#include <stdlib.h>

#include "collectors/capture/tcp.h"
#include "tests/unit/frames.h"
#include "tests/unit/tap.h"

#define MS NS_PER_MS

static struct addr
address(const char *text)
{
	struct addr a;

	addr_parse(&a, text);
	return a;
}

/* ---- decoding ---- */

static void
test_tags(void)
{
	struct frame  f;
	struct packet p;

	f_ethernet(&f, 4, 0x0800);
	f_ipv4(&f, "10.1.0.1", "10.2.0.1", IPPROTO_TCP, 120);
	f_tcp(&f, 1000, 443, 7, 9, PACKET_ACK);
	ok(decode_frame(f.data, f.len, &p) == DECODE_OK && p.has_ports && p.src_port == 1000 && p.dst_port == 443 &&
	    p.seq == 7 && p.ack == 9 && p.payload == 100, "four tags, TCP, its payload by the lengths in the heads");
	f_ethernet(&f, 5, 0x0800);
	f_ipv4(&f, "10.1.0.1", "10.2.0.1", IPPROTO_TCP, 120);
	is_i64(decode_frame(f.data, f.len, &p), DECODE_TAGS, "five tags are too many");
	f_ethernet(&f, 0, 0x0806);
	is_i64(decode_frame(f.data, f.len, &p), DECODE_NOT_IP, "ARP is no IP");
	is_i64(decode_frame(f.data, 13, &p), DECODE_SHORT, "13 bytes are short");
}

static void
test_extensions(void)
{
	struct frame  f;
	struct packet p;
	unsigned      n, i;

	for (n = 8; n <= 9; n++) {
		f_ethernet(&f, 0, 0x86dd);
		f_ipv6(&f, "2001:db8::1", "2001:db8::2", IPPROTO_DSTOPTS, n * 8 + 20);
		for (i = 1; i <= n; i++)
			f_be(&f, (uint64_t)(i < n ? IPPROTO_DSTOPTS : IPPROTO_TCP) << 56, 8);
		f_tcp(&f, 1, 2, 0, 0, PACKET_SYN);
		is_i64(decode_frame(f.data, f.len, &p), n == 8 ? DECODE_OK : DECODE_EXTENSIONS, n == 8 ?
		    "eight extension headers" : "nine are too many");
	}
	f_ethernet(&f, 0, 0x86dd);
	f_ipv6(&f, "2001:db8::1", "2001:db8::2", IPPROTO_FRAGMENT, 28);
	f_be(&f, 0x1100000800000000, 8);
	f_udp(&f, 1, 2, 0);
	ok(decode_frame(f.data, f.len, &p) == DECODE_OK && !p.has_ports, "a later fragment has no ports");
}

static void
test_tunnels(void)
{
	struct frame  f;
	struct packet p;
	unsigned      n, i;

	for (n = 2; n <= 3; n++) {
		f_ethernet(&f, 0, 0x0800);
		for (i = 0; i < n; i++)
			f_ipv4(&f, "192.0.2.1", "192.0.2.2", IPPROTO_IPIP, (n - i) * 20 + 28);
		f_ipv4(&f, "10.1.0.1", "10.2.0.1", IPPROTO_UDP, 8);
		f_udp(&f, 5, 6, 0);
		is_i64(decode_frame(f.data, f.len, &p), n == 2 ? DECODE_OK : DECODE_TUNNELS, n == 2 ? "two tunnels" :
		    "three are too many");
		if (n == 2)
			ok(p.src.byte[0] == 10 && p.dst_port == 6, "what is inside of them counts");
	}
	f_ethernet(&f, 0, 0x0800);
	f_ipv4(&f, "192.0.2.1", "192.0.2.2", IPPROTO_GRE, 8 + 40 + 8);
	f_be(&f, 0x2000, 2);
	f_be(&f, 0x86dd, 2);
	f_be(&f, 99, 4);
	f_ipv6(&f, "2001:db8::1", "2001:db8::2", IPPROTO_UDP, 8);
	f_udp(&f, 5, 53, 4);
	f_be(&f, 0x12348182, 4);
	ok(decode_frame(f.data, f.len, &p) == DECODE_OK && p.src.family == 6 && p.is_dns && p.dns_response && p.dns_id == 0x1234 &&
	    p.dns_rcode == 2, "GRE with a key, IPv6 in it, a DNS head in that");
	f.data[14] = 0x44;
	is_i64(decode_frame(f.data, f.len, &p), DECODE_MALFORMED, "a head of 16 bytes is malformed");
}

/* ---- the books ---- */

struct books {
	struct traffic site[4];		/* by number; 0: all */
	struct talker  top[4][ACCOUNT_TOP];
	size_t	       ntop[4];
};

static void
book(void *arg, uint32_t site, const struct traffic *t, const struct talker *top, size_t ntop, uint64_t unseen_max)
{
	struct books *b = arg;

	(void)unseen_max;
	if (site >= 4)
		return;
	b->site[site] = *t;
	memcpy(b->top[site], top, ntop * sizeof(*top));
	b->ntop[site] = ntop;
}

static struct account *
account_of_test(void)
{
	struct account *a = account_new();
	struct addr	one = address("10.1.0.0"), inner = address("10.1.64.0"), two = address("2001:db8:2::");

	account_plan_begin(a);
	account_plan_add(a, 1, &one, 16);
	account_plan_add(a, 3, &inner, 18);
	account_plan_add(a, 2, &two, 48);
	account_plan_end(a);
	return a;
}

static void
send4(struct account *a, const char *src, const char *dst, unsigned octets, int64_t ns)
{
	struct frame f;

	f_ethernet(&f, 0, 0x0800);
	f_ipv4(&f, src, dst, IPPROTO_UDP, octets - 34);
	f_udp(&f, 4000, 4000, octets - 42);
	account_frame(a, f.data, f.len, octets, ns);
}

static void
test_octets(void)
{
	struct account	     *a = account_of_test();
	struct account_totals t;
	struct books	      b;
	struct addr	      one = address("10.1.0.0");

	send4(a, "10.1.200.7", "192.0.2.9", 100, 1);
	send4(a, "192.0.2.9", "10.1.200.7", 1400, 2);
	send4(a, "10.1.200.7", "10.1.100.1", 300, 3);
	send4(a, "192.0.2.1", "192.0.2.2", 500, 4);
	account_totals(a, &t);
	ok(t.packets == 4 && t.octets == 2300 && t.elsewhere == 1, "all are counted, one of them for nobody");
	account_plan_begin(a);
	account_plan_add(a, 1, &one, 16);
	account_plan_end(a);
	account_close(a, 5, book, &b);
	ok(b.site[1].tx_octets == 400 && b.site[1].rx_octets == 1400 && b.site[1].tx_packets == 2 && b.site[1].rx_packets == 1,
	    "a site keeps its books over a new plan, and the longest prefix counts");
	ok(b.ntop[1] == 1 && b.top[1][0].octets == 1800 && b.top[1][0].error == 0 && b.ntop[0] == 2,
	    "its talkers, and those of all");
	account_close(a, 6, book, &b);
	ok(b.site[1].tx_octets == 0 && b.ntop[1] == 0 && isnan(b.site[1].rtt_p50_s), "closed books are empty");
	account_free(a);
}

static void
test_talkers(void)
{
	struct talkers *t = talkers_new(64);
	struct talker	top[ACCOUNT_TOP];
	uint64_t	real[400] = { 0 }, total = 0, state = 1;
	bool		bound = true, right = true;
	unsigned	i, k;

	for (i = 0; i < 200000; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		k = (state >> 33) % 2 == 0 ? (unsigned)((state >> 40) % 10) : 10 + (unsigned)((state >> 40) % 390);
		uint64_t octets = k < 10 ? 1000 + 100 * k : 60;

		talkers_add(t, &(struct addr){ .family = 4, .byte = { 10, 0, (uint8_t)(k >> 8), (uint8_t)k } }, octets);
		real[k] += octets;
		total += octets;
	}
	talkers_top(t, top, ACCOUNT_TOP);
	for (i = 0; i < ACCOUNT_TOP; i++) {
		k = top[i].host.byte[2] * 256u + top[i].host.byte[3];
		right = right && k < 10;
		bound = bound && top[i].octets >= real[k] && top[i].octets - top[i].error <= real[k] &&
		    top[i].error <= total / 64;
	}
	ok(right, "the ten that moved most of 400 hosts are found with 64 counters");
	ok(bound, "the true figure lies between octets less error, and octets");
	ok(talkers_unseen_max(t) <= total / 64, "who is not listed moved at most a 64th");
	talkers_free(t);
}

/* Two counters: the third host takes that of the second, and what the second one had is its error. */
static void
test_talker_error(void)
{
	const struct addr a = address("10.0.0.1"), b = address("10.0.0.2"), c = address("10.0.0.3");
	struct talkers	 *t = talkers_new(2);
	struct talker	  top[2];

	talkers_add(t, &a, 10);
	talkers_add(t, &b, 5);
	talkers_add(t, &c, 3);
	ok(talkers_top(t, top, 2) == 2 && addr_equal(&top[0].host, &a) && top[0].octets == 10 && top[0].error == 0 &&
	    addr_equal(&top[1].host, &c) && top[1].octets == 8 && top[1].error == 5, "the error of who came late is told");
	is_i64((int64_t)talkers_unseen_max(t), 8, "and what the one that is not listed can have moved");
	talkers_free(t);
}

/* ---- TCP ---- */

static struct account *tcp_account;

static void
tcp_send(bool from_site, uint32_t seq, uint32_t ack, unsigned flags, unsigned payload, int64_t ns)
{
	struct frame f;

	f_ethernet(&f, 0, 0x0800);
	f_ipv4(&f, from_site ? "10.1.0.7" : "192.0.2.9", from_site ? "192.0.2.9" : "10.1.0.7", IPPROTO_TCP, 20 + payload);
	f_tcp(&f, from_site ? 40000 : 443, from_site ? 443 : 40000, seq, ack, flags);
	account_frame(tcp_account, f.data, f.len, (uint32_t)f.len + payload, ns);
}

static struct traffic
tcp_books(void)
{
	struct books b = { 0 };

	account_close(tcp_account, 3600 * NS_PER_S, book, &b);
	account_free(tcp_account);
	return b.site[1];
}

static void
handshake(int64_t at)
{
	tcp_send(true, 1000, 0, PACKET_SYN, 0, at);
	tcp_send(false, 5000, 1001, PACKET_SYN | PACKET_ACK, 0, at + 7 * MS);
	tcp_send(true, 1001, 5001, PACKET_ACK, 0, at + 27 * MS);
}

static void
test_rtt(void)
{
	struct traffic t;

	tcp_account = account_of_test();
	handshake(NS_PER_S);
	t = tcp_books();
	ok(t.rtts == 1, "a handshake gives the site one time");
	is_near(t.rtt_p50_s, 0.020, 1e-6, "that of its own half, not of the server's");

	tcp_account = account_of_test();
	handshake(NS_PER_S);
	tcp_send(false, 5001, 1001, PACKET_ACK, 1000, 2 * NS_PER_S);
	tcp_send(false, 6001, 1001, PACKET_ACK, 1000, 2 * NS_PER_S + MS);
	tcp_send(true, 1001, 7001, PACKET_ACK, 0, 2 * NS_PER_S + 51 * MS);
	tcp_send(false, 7001, 1001, PACKET_ACK, 300, 3 * NS_PER_S);
	tcp_send(true, 1001, 7301, PACKET_ACK, 0, 3 * NS_PER_S + 240 * MS);
	t = tcp_books();
	ok(t.rtts == 2, "data is timed where more is under way, and not when it is alone and short (delayed ACK)");
	is_near(t.rtt_p50_s, 0.020, 1e-6, "the lower median of 20 and 50 ms");
	ok(t.segments == 5 && t.retransmitted == 0, "SYN, SYN-ACK and three of data");
}

static void
test_retransmission(void)
{
	struct traffic t;

	tcp_account = account_of_test();
	handshake(NS_PER_S);
	tcp_send(false, 5001, 1001, PACKET_ACK, 1000, 2 * NS_PER_S);
	tcp_send(false, 6001, 1001, PACKET_ACK, 1000, 2 * NS_PER_S + MS);
	tcp_send(false, 6001, 1001, PACKET_ACK, 1000, 2 * NS_PER_S + 300 * MS);
	tcp_send(true, 1001, 7001, PACKET_ACK, 0, 2 * NS_PER_S + 320 * MS);
	t = tcp_books();
	ok(t.retransmitted == 1 && t.segments == 5, "what is sent again is a retransmission");
	is_i64(t.rtts, 1, "and its acknowledgement times nothing (Karn)");

	tcp_account = account_of_test();
	handshake(NS_PER_S);
	tcp_send(false, 6001, 1001, PACKET_ACK, 1000, 2 * NS_PER_S);
	tcp_send(false, 5001, 1001, PACKET_ACK, 1000, 2 * NS_PER_S + MS);
	tcp_send(true, 1001, 7001, PACKET_ACK, 0, 2 * NS_PER_S + 2 * MS);
	tcp_send(false, 7000, 1001, PACKET_ACK, 1, 20 * NS_PER_S);
	t = tcp_books();
	ok(t.retransmitted == 0 && t.segments == 4, "neither what was overtaken, nor a keep-alive, is one");
}

/* A flood of connections: the table keeps its size, and says what it forgot. */
static void
test_flows(void)
{
	struct siphash_key key = { { 1, 2 } };
	struct tcp_table  *t = tcp_new(1024, &key);
	struct packet	   p = { .protocol = IPPROTO_TCP, .has_ports = true, .tcp_flags = PACKET_SYN };
	struct tcp_seen	   seen;
	unsigned	   i;

	p.src.family = p.dst.family = 4;
	for (i = 0; i < 10000; i++) {
		p.src_port = (uint16_t)i;
		tcp_packet(t, &p, NS_PER_S + i, &seen);
	}
	is_i64((int64_t)tcp_evicted(t), 10000 - 1024, "what has no room any more is counted");
	tcp_packet(t, &p, 2 * NS_PER_S, &seen);
	ok(seen.again, "the youngest are known");
	tcp_free(t);
}

/* ---- DNS ---- */

static void
dns_send(struct account *a, bool question, unsigned id, unsigned rcode, int64_t ns)
{
	struct frame f;

	f_ethernet(&f, 0, 0x0800);
	f_ipv4(&f, question ? "10.1.0.7" : "192.0.2.53", question ? "192.0.2.53" : "10.1.0.7", IPPROTO_UDP, 20);
	f_udp(&f, question ? 5353 : 53, question ? 53 : 5353, 12);
	f_be(&f, id, 2);
	f_be(&f, (question ? 0x0100 : 0x8180) | rcode, 2);
	f_be(&f, 0, 8);
	account_frame(a, f.data, f.len, (uint32_t)f.len, ns);
}

static void
test_dns(void)
{
	struct account *a = account_of_test();
	struct books	b = { 0 };

	dns_send(a, true, 1, 0, NS_PER_S);
	dns_send(a, true, 1, 0, 2 * NS_PER_S);
	account_close(a, 30 * NS_PER_S, book, &b);
	is_i64(b.site[1].dns_unanswered, 0, "where no answer ever passes, silence is no fault");
	dns_send(a, true, 2, 0, 40 * NS_PER_S);
	dns_send(a, false, 2, 0, 40 * NS_PER_S + MS);
	dns_send(a, true, 3, 0, 40 * NS_PER_S);
	dns_send(a, false, 3, 2, 40 * NS_PER_S + MS);
	dns_send(a, false, 3, 2, 40 * NS_PER_S + MS);
	dns_send(a, true, 4, 0, 40 * NS_PER_S);
	dns_send(a, true, 5, 0, 58 * NS_PER_S);
	account_close(a, 60 * NS_PER_S, book, &b);
	ok(b.site[1].dns_answered == 1 && b.site[1].dns_failed == 1 && b.site[1].dns_unanswered == 1,
	    "answered, SERVFAIL, and unanswered, once each; the youngest still waits");
	account_free(a);
}

int
main(void)
{
	test_tags();
	test_extensions();
	test_tunnels();
	test_octets();
	test_talkers();
	test_talker_error();
	test_rtt();
	test_retransmission();
	test_flows();
	test_dns();
	return tap_done();
}
