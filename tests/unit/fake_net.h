/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake_net.h: a scripted packet_io on a virtual loop. Each host has one address 10.0.0.<n> and does what its fields say at
 * the moment a request leaves. Every request is noted, so that a test can look at exact times.
 */
#ifndef SIMPUL_FAKE_NET_H
#define SIMPUL_FAKE_NET_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/packet_io.h"

#define FAKE_HOSTS 256
#define FAKE_NOTES 4096

struct fake_host {
	bool	 dead;			/* takes everything, answers nothing */
	int64_t	 delay_ns;		/* of the answer */
	unsigned drop_every;		/* n: every n-th request gets no answer; 0 = none */
	unsigned copies;		/* more answers to each, 1 ms apart */
	int	 error;			/* the kernel refuses to send, with this errno */
	void	(*spoil)(uint8_t *reply, size_t *len, struct addr *from);	/* change the answer; NULL = as it should be */
	enum connect_result tcp;	/* TIMEOUT: after the timeout */
	unsigned requests;
};

struct fake_note {			/* one request */
	int64_t	 at_ns;
	uint8_t	 host;
	bool	 answered;
};

struct fake_net {
	struct packet_io io;		/* must be first */
	struct fake_host host[FAKE_HOSTS];
	struct fake_note note[FAKE_NOTES];
	size_t		 notes;		/* counted beyond FAKE_NOTES too */
	size_t		 batches;
	int64_t		 send_ns;	/* a packet leaves so long after it was handed over */
	unsigned	 tcp_open;
	int		 interface;	/* the index of all names; -1: there is none */
	struct fake_reply *replies;	/* under way */
};

struct fake_reply {
	struct loop_timer timer;
	struct fake_net	 *net;
	struct fake_reply *next, **link;
	struct addr	  from;
	size_t		  len;
	uint8_t		  bytes[128];
};

struct tcp_connect {
	struct loop_timer timer;
	struct fake_net	 *net;
	enum connect_result result;
	int64_t		  sent_ns;
	void		(*done)(void *, enum connect_result, int64_t, int64_t);
	void		 *arg;
};

static struct addr
fake_addr(unsigned n)
{
	return (struct addr){ .family = 4, .byte = { 10, 0, 0, (uint8_t)n } };
}

static void
fake_reply_free(struct fake_reply *r)
{
	*r->link = r->next;
	if (r->next != NULL)
		r->next->link = r->link;
	loop_timer_cancel(r->net->io.loop, &r->timer);
	free(r);
}

static void
fake_arrive(void *arg)
{
	struct fake_reply *r = arg;
	struct packet_io  *io = &r->net->io;
	struct packet_in   in = { .from = r->from, .data = r->bytes, .len = r->len, .received_ns = loop_mono_ns(io->loop) };

	io->on_packet(io->arg, PACKET_ICMP, &in);
	fake_reply_free(r);
}

static void
fake_answer(struct fake_net *net, const struct packet_out *out, int64_t delay_ns)
{
	struct fake_reply *r = xcalloc(1, sizeof(*r));
	struct fake_host  *h = &net->host[out->to.byte[3]];

	r->net = net;
	r->next = net->replies;
	r->link = &net->replies;
	if (r->next != NULL)
		r->next->link = &r->next;
	net->replies = r;
	r->from = out->to;
	r->len = out->len;
	memcpy(r->bytes, out->data, out->len);
	r->bytes[0] = 0;	/* echo reply */
	if (h->spoil != NULL)
		h->spoil(r->bytes, &r->len, &r->from);
	loop_timer_set(net->io.loop, &r->timer, loop_mono_ns(net->io.loop) + delay_ns, fake_arrive, r);
}

static size_t
fake_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct fake_net *net = (struct fake_net *)io;
	size_t		 i, left = 0;
	unsigned	 k;

	(void)kind;
	net->batches++;
	for (i = 0; i < n; i++) {
		uint8_t		  at = batch[i].to.byte[3];
		struct fake_host *h = &net->host[at];
		struct fake_note *note = &net->note[net->notes < FAKE_NOTES ? net->notes : FAKE_NOTES - 1];

		batch[i].sent_ns = loop_mono_ns(io->loop) + net->send_ns;
		batch[i].error = batch[i].path.interface < 0 ? ENODEV : h->error;
		if (batch[i].error != 0)
			continue;
		left++;
		net->notes++;
		h->requests++;
		*note = (struct fake_note){ .at_ns = batch[i].sent_ns, .host = at };
		note->answered = !h->dead && (h->drop_every == 0 || h->requests % h->drop_every != 0);
		for (k = 0; note->answered && k <= h->copies; k++)
			fake_answer(net, &batch[i], h->delay_ns + k * NS_PER_MS);
	}
	return left;
}

static void
fake_connected(void *arg)
{
	struct tcp_connect c = *(struct tcp_connect *)arg;

	free(arg);
	c.net->tcp_open--;
	c.done(c.arg, c.result, c.sent_ns, loop_mono_ns(c.net->io.loop));
}

static struct tcp_connect *
fake_tcp_connect(struct packet_io *io, const struct addr *to, uint16_t port, const struct packet_path *path,
    int64_t timeout_ns, void (*done)(void *, enum connect_result, int64_t, int64_t), void *arg)
{
	struct fake_net	   *net = (struct fake_net *)io;
	struct fake_host   *h = &net->host[to->byte[3]];
	struct tcp_connect *c = xcalloc(1, sizeof(*c));

	(void)port;
	(void)path;
	c->net = net;
	c->done = done;
	c->arg = arg;
	c->result = h->tcp;
	c->sent_ns = loop_mono_ns(io->loop);
	net->tcp_open++;
	loop_timer_set(io->loop, &c->timer,
	    c->sent_ns + (h->tcp == CONNECT_TIMEOUT ? timeout_ns : h->delay_ns), fake_connected, c);
	return c;
}

static void
fake_tcp_cancel(struct packet_io *io, struct tcp_connect *c)
{
	loop_timer_cancel(io->loop, &c->timer);
	c->net->tcp_open--;
	free(c);
}

static int
fake_interface(struct packet_io *io, const char *name)
{
	(void)name;
	return ((struct fake_net *)io)->interface;
}

static void
fake_free(struct packet_io *io)
{
	struct fake_net *net = (struct fake_net *)io;

	while (net->replies != NULL)
		fake_reply_free(net->replies);
	free(net);
}

static struct fake_net *
fake_net_new(struct loop *l)
{
	static const struct packet_io_ops ops = { .send = fake_send, .tcp_connect = fake_tcp_connect, .tcp_cancel = fake_tcp_cancel,
		.interface = fake_interface, .free = fake_free };
	struct fake_net *net = xcalloc(1, sizeof(*net));
	size_t		 i;

	net->io.ops = &ops;
	net->io.loop = l;
	for (i = 0; i < FAKE_HOSTS; i++)
		net->host[i].delay_ns = 20 * NS_PER_MS;
	return net;
}

#endif
