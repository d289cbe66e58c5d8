/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * virtual.c: struct packet_io on the model. Sending asks the model at once and keeps the answer until its
 * time; one timer of the loop stands for the earliest. This is the hot path of stories that run for weeks:
 * about 100 ns per echo.
 */
#include "tests/fleet/virtual.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/fleet/pending.h"

#define MONITOR_ADDR 0x0aff0001u	/* 10.255.0.1, as in the TUN front */
#define MONITOR_PORT 40000		/* of the one UDP socket that all targets share */

struct fleet_virtual {
	struct packet_io    io;
	struct fleet_model *model;
	struct pending	   *pending;
	struct loop_timer   timer;
};

struct tcp_connect {
	struct fleet_virtual *owner;
	struct loop_timer     timer;
	enum connect_result   result;
	int64_t		      sent_ns;
	void		    (*done)(void *, enum connect_result, int64_t, int64_t);
	void		     *arg;
};

static struct addr
host_addr(uint32_t a)
{
	return (struct addr){ .family = 4,
		.byte = { (uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a } };
}

static void timer_arm(struct fleet_virtual *v);

static void
deliver(void *arg)
{
	struct fleet_virtual	  *v = arg;
	const struct fleet_answer *a;

	while ((a = pending_take(v->pending, loop_mono_ns(v->io.loop))) != NULL) {
		struct packet_in in = { .from = host_addr(a->packet.from), .port = a->packet.from_port,
			.data = a->packet.data, .len = a->packet.len, .received_ns = a->at_ns };

		v->io.on_packet(v->io.arg, a->packet.proto == FLEET_ICMP ? PACKET_ICMP : PACKET_UDP, &in);
	}
	timer_arm(v);
}

static void
timer_arm(struct fleet_virtual *v)
{
	int64_t next_ns = pending_next_ns(v->pending);

	if (next_ns != INT64_MAX && (!loop_timer_is_set(&v->timer) || next_ns < v->timer.due_ns))
		loop_timer_set(v->io.loop, &v->timer, next_ns, deliver, v);
}

static size_t
virtual_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct fleet_virtual *v = (struct fleet_virtual *)io;
	int64_t		      now_ns = loop_mono_ns(io->loop);
	struct fleet_answer   answer;
	struct fleet_packet   p = { .proto = kind == PACKET_ICMP ? FLEET_ICMP : FLEET_UDP,
		  .from = MONITOR_ADDR, .from_port = MONITOR_PORT };
	size_t		      i, left = 0;

	for (i = 0; i < n; i++) {
		batch[i].sent_ns = now_ns;
		batch[i].error = batch[i].to.family == 4 ? 0 : ENETUNREACH;
		if (batch[i].error != 0)
			continue;
		left++;
		p.to = fleet_addr(&batch[i].to);
		p.to_port = batch[i].port;
		p.data = batch[i].data;
		p.len = batch[i].len;
		p.ttl = batch[i].ttl;
		if (fleet_input(v->model, now_ns, &p, &answer))
			pending_add(v->pending, &answer);
	}
	timer_arm(v);
	return left;
}

static void
connect_done(void *arg)
{
	struct tcp_connect c = *(struct tcp_connect *)arg;

	free(arg);
	c.done(c.arg, c.result, c.sent_ns, loop_mono_ns(c.owner->io.loop));
}

static struct tcp_connect *
virtual_tcp_connect(struct packet_io *io, const struct addr *to, uint16_t port, const struct packet_path *path,
    int64_t timeout_ns, void (*done)(void *, enum connect_result, int64_t, int64_t), void *arg)
{
	struct fleet_virtual *v = (struct fleet_virtual *)io;
	struct tcp_connect   *c = xcalloc(1, sizeof(*c));
	struct fleet_packet   p = { .proto = FLEET_TCP, .from = MONITOR_ADDR, .from_port = MONITOR_PORT,
		  .to = fleet_addr(to), .to_port = port };
	struct fleet_answer   answer;
	int64_t		      now_ns = loop_mono_ns(io->loop), at_ns = now_ns + timeout_ns;

	(void)path;
	*c = (struct tcp_connect){
	    .owner = v, .result = CONNECT_TIMEOUT, .sent_ns = now_ns, .done = done, .arg = arg};
	if (to->family != 4) {
		c->result = CONNECT_UNREACHABLE;
		at_ns = now_ns;
	} else if (fleet_input(v->model, now_ns, &p, &answer) && answer.at_ns < at_ns) {
		c->result = answer.packet.refused ? CONNECT_REFUSED : CONNECT_OPEN;
		at_ns = answer.at_ns;
	}
	loop_timer_set(io->loop, &c->timer, at_ns, connect_done, c);
	return c;
}

static void
virtual_tcp_cancel(struct packet_io *io, struct tcp_connect *c)
{
	loop_timer_cancel(io->loop, &c->timer);
	free(c);
}

static void
virtual_free(struct packet_io *io)
{
	struct fleet_virtual *v = (struct fleet_virtual *)io;

	loop_timer_cancel(io->loop, &v->timer);
	pending_free(v->pending);
	free(v);
}

static const struct packet_io_ops virtual_ops = {
	.send		= virtual_send,
	.tcp_connect	= virtual_tcp_connect,
	.tcp_cancel	= virtual_tcp_cancel,
	.free		= virtual_free,
};

struct packet_io *
fleet_virtual_new(struct loop *l, struct fleet_model *m)
{
	struct fleet_virtual *v = xcalloc(1, sizeof(*v));

	v->io.ops = &virtual_ops;
	v->io.loop = l;
	v->model = m;
	v->pending = pending_new();
	return &v->io;
}
