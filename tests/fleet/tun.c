/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tun.c: the model in real time behind a TUN device. Packets are read in batches with one look at the clock;
 * each answer becomes a whole IP packet at once, which then waits for its time.
 */
#include "tests/fleet/front.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/fleet/ip.h"
#include "tests/fleet/pending.h"

#define BATCH	 64
#define READ_MAX 2048

struct tun_front {
	struct loop	   *loop;
	struct fleet_model *model;
	int		    fd;
	struct loop_io	   *io;
	struct pending	   *pending;
	struct loop_timer   timer;
	bool		    failed;	/* a write was refused, and said so */
};

static void timer_arm(struct tun_front *f);

static void
deliver(void *arg)
{
	struct tun_front	  *f = arg;
	const struct fleet_answer *a;

	while ((a = pending_take(f->pending, loop_mono_ns(f->loop))) != NULL) {
		if (write(f->fd, a->packet.data, a->packet.len) != -1 || f->failed)
			continue;
		f->failed = true;
		log_warn("writing to the TUN device");
	}
	timer_arm(f);
}

static void
timer_arm(struct tun_front *f)
{
	int64_t next_ns = pending_next_ns(f->pending);

	if (next_ns != INT64_MAX && (!loop_timer_is_set(&f->timer) || next_ns < f->timer.due_ns))
		loop_timer_set(f->loop, &f->timer, next_ns, deliver, f);
}

static void
packet_answer(struct tun_front *f, int64_t now_ns, const uint8_t *data, size_t len)
{
	struct fleet_packet in;
	struct ip_segment   segment = { 0 }, reply = { 0 };
	struct fleet_answer answer;
	uint8_t		    packet[IP_PACKET_MAX];

	if (ip_read(data, len, &in, &segment) == -1 || !fleet_input(f->model, now_ns, &in, &answer))
		return;
	if (in.proto == FLEET_TCP && !ip_tcp_answer(&segment, answer.packet.refused, &reply))
		return;
	answer.packet.len = ip_write(packet, &answer.packet, &reply);
	answer.packet.data = packet;
	pending_add(f->pending, &answer);
}

static void
tun_readable(void *arg, int events)
{
	struct tun_front *f = arg;
	uint8_t		  data[READ_MAX];
	int64_t		  now_ns = loop_mono_ns(f->loop);
	ssize_t		  n;
	int		  i;

	(void)events;
	for (i = 0; i < BATCH && (n = read(f->fd, data, sizeof(data))) > 0; i++)
		packet_answer(f, now_ns, data, (size_t)n);
	timer_arm(f);
}

struct tun_front *
tun_front_new(struct loop *l, struct fleet_model *m, int fd)
{
	struct tun_front *f = xcalloc(1, sizeof(*f));

	f->loop = l;
	f->model = m;
	f->fd = fd;
	f->pending = pending_new();
	f->io = loop_io_new(l, fd, LOOP_READ, tun_readable, f);
	return f;
}

void
tun_front_free(struct tun_front *f)
{
	if (f == NULL)
		return;
	loop_timer_cancel(f->loop, &f->timer);
	loop_io_free(f->io);
	close(f->fd);
	pending_free(f->pending);
	free(f);
}
