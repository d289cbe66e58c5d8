/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loopback.c: where namespaces or TUN are not permitted: one UDP socket per device on 127.0.0.0/8. The kernel
 * answers ICMP and TCP there by itself, so only SNMP is simulated, with the delay and the loss of the
 * device's line.
 */
#include "tests/fleet/front.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/fleet/pending.h"

#define BATCH	  32
#define NETWORK	  0x7f000000u	/* 127.0.0.0/8 in place of the first byte */
#define HOST_MASK 0x00ffffffu

struct agent_socket {
	struct loopback_front *front;
	int		       fd;		/* -1: not listening */
	struct loop_io	      *io;
	uint32_t	       addr, bound;	/* as the inventory has it; as it listens */
	uint16_t	       port;
};

struct loopback_front {
	struct loop	    *loop;
	struct fleet_model  *model;
	struct pending	    *pending;
	struct loop_timer    timer;
	struct agent_socket *agent;
	size_t		     nagents;
};

static void timer_arm(struct loopback_front *f);

/* Send an answer from the address it claims, which is not the socket's own under the fault "wrongsrc". */
static void
answer_send(const struct agent_socket *s, const struct fleet_packet *p)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(p->to),
		.sin_port = htons(p->to_port) };
	struct iovec	   iov = { (void *)(uintptr_t)p->data, p->len };
	union {
		struct cmsghdr head;
		char	       room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = { 0 };
	struct msghdr	  msg = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(NETWORK | (p->from & HOST_MASK)) };

	control.head.cmsg_level = IPPROTO_IP;
	control.head.cmsg_type = IP_PKTINFO;
	control.head.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&control.head), &info, sizeof(info));
	if (sendmsg(s->fd, &msg, MSG_DONTWAIT) == -1 && errno != EAGAIN)
		log_debug("fleet", "answer not sent: %s", strerror(errno));
}

static void
deliver(void *arg)
{
	struct loopback_front	  *f = arg;
	const struct fleet_answer *a;

	while ((a = pending_take(f->pending, loop_mono_ns(f->loop))) != NULL)
		answer_send(&f->agent[a->packet.tag], &a->packet);
	timer_arm(f);
}

static void
timer_arm(struct loopback_front *f)
{
	int64_t next_ns = pending_next_ns(f->pending);

	if (next_ns != INT64_MAX && (!loop_timer_is_set(&f->timer) || next_ns < f->timer.due_ns))
		loop_timer_set(f->loop, &f->timer, next_ns, deliver, f);
}

static void
agent_readable(void *arg, int events)
{
	struct agent_socket   *s = arg;
	struct loopback_front *f = s->front;
	uint8_t		       data[FLEET_DATA_MAX];
	struct sockaddr_in     from;
	socklen_t	       from_len = sizeof(from);
	struct fleet_answer    answer;
	ssize_t		       n;
	int		       i;

	(void)events;
	for (i = 0; i < BATCH; i++) {
		n = recvfrom(s->fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
		if (n == -1)
			break;
		struct fleet_packet p = { .proto = FLEET_UDP, .from = ntohl(from.sin_addr.s_addr),
			.to = s->addr, .from_port = ntohs(from.sin_port), .to_port = s->port, .data = data,
			.len = (size_t)n, .tag = (uint32_t)(s - f->agent) };

		if (fleet_input(f->model, loop_mono_ns(f->loop), &p, &answer))
			pending_add(f->pending, &answer);
	}
	timer_arm(f);
}

static int
agent_bind(struct agent_socket *s)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(s->bound),
		.sin_port = htons(s->port) };

	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd == -1 || bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		return -1;
	s->io = loop_io_new(s->front->loop, s->fd, LOOP_READ, agent_readable, s);
	return 0;
}

/* False for devices that the fleet does not play: of another family, or on this very host (a real snmpd). */
static bool
agent_address(struct agent_socket *s, const struct device *d)
{
	if (d->address.family != 4)
		return false;
	s->addr = fleet_addr(&d->address);
	s->bound = NETWORK | (s->addr & HOST_MASK);
	s->port = d->port;
	return s->bound != INADDR_LOOPBACK;
}

struct loopback_front *
loopback_front_new(struct loop *l, struct fleet_model *m, const struct inventory *inv)
{
	struct loopback_front *f = xcalloc(1, sizeof(*f));
	struct agent_socket   *s;
	size_t		       i, bound = 0;

	f->loop = l;
	f->model = m;
	f->pending = pending_new();
	f->agent = xcalloc(inv->ndevices + 1, sizeof(*f->agent));
	for (i = 0; i < inv->ndevices; i++) {
		s = &f->agent[f->nagents];
		s->front = f;
		s->fd = -1;
		if (!agent_address(s, inv->device[i]))
			continue;
		f->nagents++;
		if (agent_bind(s) == 0)
			bound++;
		else
			log_warn("agent of %s on UDP port %u", inv->device[i]->id, s->port);
	}
	if (bound > 0 || f->nagents == 0)
		return f;
	log_warnx("no agent could listen: ports below 1024 need root, or another port in devices.csv");
	loopback_front_free(f);
	return NULL;
}

void
loopback_front_free(struct loopback_front *f)
{
	size_t i;

	if (f == NULL)
		return;
	loop_timer_cancel(f->loop, &f->timer);
	for (i = 0; i < f->nagents; i++) {
		loop_io_free(f->agent[i].io);
		if (f->agent[i].fd != -1)
			close(f->agent[i].fd);
	}
	free(f->agent);
	pending_free(f->pending);
	free(f);
}
