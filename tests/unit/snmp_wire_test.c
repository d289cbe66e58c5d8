/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_wire_test.c: very many requests at once: every one leaves, and every one ends. */
#include "collectors/snmp/wire.h"

#include <stdlib.h>
#include "tests/unit/tap.h"

#define WALL_NS (1795222800 * NS_PER_S)
#define MANY	20000		/* the table of request-ids starts with room for a thousand */

struct net {
	struct packet_io io;		/* first */
	size_t		 packets;
};

static size_t
net_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct net *net = (struct net *)io;

	(void)kind;
	for (size_t i = 0; i < n; i++) {
		batch[i].sent_ns = loop_mono_ns(io->loop);
		batch[i].error = 0;
	}
	net->packets += n;
	return n;
}

static const struct packet_io_ops net_ops = { .send = net_send };

static void
on_done(void *arg, const struct snmp_answer *answer)
{
	size_t *ended = arg;

	if (answer == NULL)
		++*ended;
}

/* An exchange that the growing table loses is never sent and never ends: its device would stand still for ever. */
static void
test_many(uint64_t seed)
{
	static const struct snmp_column column = { "sysUpTime", true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 3) };
	const struct snmp_ask ask = { .column = &column };
	struct net	      net = { .io = { .ops = &net_ops, .loop = loop_new_virtual(seed, WALL_NS) } };
	struct wheel	     *wheel = wheel_new(net.io.loop, WIRE_TICK_NS);
	struct snmp_wire     *wire = wire_new(net.io.loop, &net.io, wheel);
	struct snmp_peer      peer = { .port = 161, .timeout_ns = NS_PER_S, .credential = { .version = SNMP_V2C } };
	struct snmp_exchange *x = xcalloc(MANY, sizeof(*x));
	struct snmp_request   request = { 0 };
	size_t		      ended = 0;

	addr_parse(&peer.address, "192.0.2.1");
	snmp_request_encode(&request, &peer.credential, SNMP_PDU_GET, 0, &ask, 1);
	for (size_t i = 0; i < MANY; i++) {
		x[i].request = &request;
		x[i].done = on_done;
		x[i].arg = &ended;
		exchange_start(&x[i], wire, &peer, 1);
	}
	loop_run_until(net.io.loop, loop_mono_ns(net.io.loop) + 10 * NS_PER_S);
	is_i64((int64_t)net.packets, MANY, "all of very many requests leave");
	is_i64((int64_t)ended, MANY, "and all of them end");
	for (size_t i = 0; i < MANY; i++)
		exchange_stop(&x[i]);
	snmp_request_fini(&request);
	free(x);
	wire_free(wire);
	wheel_free(wheel);
	loop_free(net.io.loop);
}

int
main(void)
{
	for (uint64_t seed = 1; seed <= 8; seed++)
		test_many(seed);
	return tap_done();
}
