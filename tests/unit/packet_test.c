/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet_test.c: the real packet_io against this host itself: ICMP echo to 127.0.0.1 and ::1, UDP to itself, TCP to an open
 * and a closed port; and the checksum by the examples of RFC 1071. Skips what it has no right to.
 */
#include "base/packet_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stamp.h"
#include "probes/echo.h"
#include "tests/unit/tap.h"

#define PACKETS 150		/* two full batches and a part of one */
#define NONCE	0x1122334455667788ULL
#define PATIENCE_NS (60 * NS_PER_S)

struct bench {
	struct loop	 *loop;
	struct packet_io *io;
	struct loop_timer stop;
	int64_t		  sent_ns[PACKETS], received_ns[PACKETS];
	unsigned	  answers, duplicates, wanted;
	struct packet_in  in;		/* UDP: the last one */
	char		  text[16];
	unsigned	  told;
	enum connect_result result;
	int64_t		  tcp_ns;
};

static void
give_up(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 1);
}

/* Until the test's own condition stops the loop, or a minute is over. @return 0 when it was the condition */
static int
wait_for(struct bench *b)
{
	int rc;

	loop_timer_set(b->loop, &b->stop, loop_mono_ns(b->loop) + PATIENCE_NS, give_up, b);
	rc = loop_run(b->loop);
	loop_timer_cancel(b->loop, &b->stop);
	return rc;
}

static void
take_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	struct bench	  *b = arg;
	struct echo_answer a;

	if (kind == PACKET_UDP) {
		b->in = *in;
		memcpy(b->text, in->data, in->len < sizeof(b->text) ? in->len : sizeof(b->text));
		loop_stop(b->loop, 0);
		return;
	}
	if (echo_parse(in->data, in->len, in->from.family, &a) != ECHO_REPLY || a.nonce != NONCE + a.seq ||
	    a.seq >= PACKETS)
		return;		/* other tests may be pinging */
	if (b->received_ns[a.seq] != 0)
		b->duplicates++;
	b->received_ns[a.seq] = in->received_ns;
	if (++b->answers == b->wanted)
		loop_stop(b->loop, 0);
}

static void
test_echo(struct bench *b, const char *to)
{
	static uint8_t	  bytes[PACKETS][ECHO_LEN];
	struct packet_out out[PACKETS];
	struct addr	  address;
	size_t		  i, left;
	int64_t		  rtt, worst = 0, before, after;
	unsigned	  unordered = 0, early = 0, outside = 0;

	addr_parse(&address, to);
	memset(b->received_ns, 0, sizeof(b->received_ns));
	b->answers = b->duplicates = 0;
	b->wanted = PACKETS;
	for (i = 0; i < PACKETS; i++) {
		echo_prepare(bytes[i]);
		echo_stamp(bytes[i], address.family, echo_base_sum(), 4711, (uint16_t)i, NONCE + i);
		out[i] = (struct packet_out){ .to = address, .data = bytes[i], .len = ECHO_LEN };
	}
	if (address.family == 4)
		is_i64(packet_checksum(bytes[1], ECHO_LEN, 0), 0, "echo: the checksum over a request is right");
	before = loop_mono_ns(b->loop);
	left = b->io->ops->send(b->io, PACKET_ICMP, out, PACKETS);
	after = loop_mono_ns(b->loop);
	if (out[0].error == EAFNOSUPPORT || out[0].error == EADDRNOTAVAIL) {
		ok(true, "echo %s # SKIP %s", to, strerror(out[0].error));
		return;
	}
	is_i64((int64_t)left, PACKETS, to);
	is_i64(wait_for(b), 0, "echo: every one is answered");
	for (i = 0; i < PACKETS; i++) {
		rtt = b->received_ns[i] - out[i].sent_ns;
		worst = rtt > worst ? rtt : worst;
		early += b->received_ns[i] < before;
		outside += out[i].sent_ns < before || out[i].sent_ns > after;
		unordered += i > 0 && out[i].sent_ns < out[i - 1].sent_ns;
	}
	is_i64(outside + unordered, 0, "echo: send times rise within the call");
	is_i64(early, 0, "echo: no answer before the call");
	printf("# %s: longest round trip %.1f us\n", to, (double)worst / NS_PER_US);
	ok(worst < PATIENCE_NS && b->duplicates == 0, "echo: round trips are of this test, none twice");
}

static void
test_udp(struct bench *b)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   len = sizeof(me);
	struct packet_out  out = { .data = (const uint8_t *)"hello", .len = 6 };
	struct sockaddr_in peer;
	char		   got[16];
	int		   fd = socket(AF_INET, SOCK_DGRAM, 0);

	bind(fd, (struct sockaddr *)&me, len);
	getsockname(fd, (struct sockaddr *)&me, &len);
	addr_from_sockaddr(&out.to, &out.port, (struct sockaddr *)&me);
	is_i64((int64_t)b->io->ops->send(b->io, PACKET_UDP, &out, 1), 1, "udp: leaves");
	len = sizeof(peer);
	ok(recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&peer, &len) == 6 &&
		strcmp(got, "hello") == 0,
	    "udp: arrives");
	sendto(fd, "world", 6, 0, (struct sockaddr *)&peer, len);
	is_i64(wait_for(b), 0, "udp: and so does the answer");
	is_text(b->text, "world", "udp: its bytes");
	ok(addr_equal(&b->in.from, &out.to) && b->in.port == out.port &&
		llabs(loop_mono_ns(b->loop) - b->in.received_ns) < PATIENCE_NS,
	    "udp: its address, port and time");
	close(fd);
}

static void
connected(void *arg, enum connect_result result, int64_t sent_ns, int64_t done_ns)
{
	struct bench *b = arg;

	b->told++;
	b->result = result;
	b->tcp_ns = done_ns - sent_ns;
	loop_stop(b->loop, 0);
}

static void
test_tcp(struct bench *b)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   len = sizeof(me);
	struct addr	   to;
	uint16_t	   port;
	int		   fd = socket(AF_INET, SOCK_STREAM, 0), closed = socket(AF_INET, SOCK_STREAM, 0);
	struct tcp_connect *c;

	bind(closed, (struct sockaddr *)&me, len);	/* ours, so that nobody else listens there */
	bind(fd, (struct sockaddr *)&me, len);
	listen(fd, 5);
	getsockname(fd, (struct sockaddr *)&me, &len);
	addr_from_sockaddr(&to, &port, (struct sockaddr *)&me);
	b->io->ops->tcp_connect(b->io, &to, port, NULL, PATIENCE_NS, connected, b);
	is_i64(b->told, 0, "tcp: not told from inside the call");
	is_i64(wait_for(b), 0, "tcp: told");
	ok(b->result == CONNECT_OPEN && b->tcp_ns >= 0 && b->tcp_ns < PATIENCE_NS, "tcp: open");
	c = b->io->ops->tcp_connect(b->io, &to, port, NULL, PATIENCE_NS, connected, b);
	b->io->ops->tcp_cancel(b->io, c);
	getsockname(closed, (struct sockaddr *)&me, &len);
	addr_from_sockaddr(&to, &port, (struct sockaddr *)&me);
	b->io->ops->tcp_connect(b->io, &to, port, NULL, PATIENCE_NS, connected, b);
	is_i64(wait_for(b), 0, "tcp: told again");
	is_i64(b->result, CONNECT_REFUSED, "tcp: a closed port refuses");
	is_i64(b->told, 2, "tcp: a cancelled one is never told");
	close(closed);
	close(fd);
}

static void
test_checksum(void)
{
	static const uint8_t rfc[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };	/* RFC 1071 section 3 */
	uint16_t	     sum = packet_checksum(rfc, sizeof(rfc), 0);
	uint8_t		     bytes[2];

	memcpy(bytes, &sum, 2);
	ok(bytes[0] == 0x22 && bytes[1] == 0x0d, "checksum: the example of RFC 1071");
	sum = packet_checksum("\xff", 1, 0);
	memcpy(bytes, &sum, 2);
	ok(bytes[0] == 0x00 && bytes[1] == 0xff, "checksum: an odd byte counts as if a zero followed");
	is_i64(packet_checksum("", 0, 0), 0xffff, "checksum: nothing");
}

/* A packet arrives at 100 s monotonic and is read 5 ms later, while the wall clock did something in between. */
static void
test_stamp(void)
{
	static const int64_t wall = 1795222800 * NS_PER_S, arrived = 100 * NS_PER_S, read = arrived + 5 * NS_PER_MS;
	static const struct {
		const char *name;
		int64_t	    before_ns;	/* last reading, monotonic; 0 = never */
		int64_t	    moved_ns;	/* of the wall clock against the monotonic one, since then, after the stamp */
		int64_t	    want_ns;
	} cases[] = {
		{ "the first reading", 0, 0, arrived },
		{ "nothing happened", arrived - 10 * NS_PER_MS, 0, arrived },
		{ "slewed", arrived - 10 * NS_PER_S, 4 * NS_PER_MS, arrived - 4 * NS_PER_MS },
		{ "stepped forward an hour", arrived - NS_PER_S, 3600 * NS_PER_S, read },
		{ "stepped back an hour", arrived - NS_PER_S, -3600 * NS_PER_S, read },
		{ "stepped forward 30 ms", arrived - NS_PER_S, 30 * NS_PER_MS, read },
		{ "stepped back 30 ms", arrived - NS_PER_S, -30 * NS_PER_MS, read },
		{ "no last reading, and a stamp from the future", 0, -NS_PER_S, read },
		{ "no last reading, and a stamp of an hour ago", 0, 3600 * NS_PER_S, read },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++) {
		struct stamp_clock c = { 0 };

		if (cases[i].before_ns != 0)
			stamp_clock_read(&c, cases[i].before_ns, wall + cases[i].before_ns);
		stamp_clock_read(&c, read, wall + read + cases[i].moved_ns);
		is_i64(stamp_to_mono(&c, wall + arrived), cases[i].want_ns, cases[i].name);
	}
}

/* The clock steps 30 ms forward at 100 s. What came before that is read in two batches; then others come. */
static void
test_stamp_after_step(void)
{
	static const int64_t wall = 1795222800 * NS_PER_S, step = 30 * NS_PER_MS, at = 100 * NS_PER_S;
	struct stamp_clock   c = { 0 };
	int64_t		     first = at + 5 * NS_PER_MS, second = first + NS_PER_MS, later = at + 2 * NS_PER_S;

	stamp_clock_read(&c, at - NS_PER_S, wall + at - NS_PER_S);
	stamp_clock_read(&c, first, wall + step + first);
	is_i64(stamp_to_mono(&c, wall + at - NS_PER_MS), first, "stepped: the first batch");
	stamp_clock_read(&c, second, wall + step + second);
	is_i64(stamp_to_mono(&c, wall + at - NS_PER_MS), second, "and the next, or another socket's");
	stamp_clock_read(&c, later + 5 * NS_PER_MS, wall + step + later + 5 * NS_PER_MS);
	is_i64(stamp_to_mono(&c, wall + step + later), later, "a packet after the step is placed again");
}

int
main(void)
{
	struct bench	      b = { .loop = loop_new() };
	struct packet_sockets s;

	log_open("packet_test", NULL);
	test_checksum();
	test_stamp();
	test_stamp_after_step();
	if (packet_sockets_open(&s) == -1) {
		ok(true, "packets # SKIP no right to sockets");
		loop_free(b.loop);
		return tap_done();
	}
	b.io = packet_real_new(b.loop, &s);
	b.io->on_packet = take_packet;
	b.io->arg = &b;
	if (s.icmp4 == -1)
		ok(true, "echo # SKIP no right to raw sockets");
	else {
		test_echo(&b, "127.0.0.1");
		test_echo(&b, "::1");
	}
	test_udp(&b);
	test_tcp(&b);
	b.io->ops->free(b.io);
	loop_free(b.loop);
	return tap_done();
}
