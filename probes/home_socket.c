/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * home_socket.c: the port that sites call, opened by measure itself when the first line with this probe comes: it needs no
 * right, and an engine without such lines listens to nobody. Batches both ways, and the kernel's stamps, as in packet_real.c.
 * An answer leaves from the address that was called: from another one of this host no NAT would let it in.
 */
#include "probes/home.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stamp.h"

#define BATCH	      64
#define DATAGRAM_MAX  (HOME_HEARTBEAT_MAX + 1)	/* one byte more tells what is too long */
#define READ_BATCHES  256
#define READ_APART_NS (5 * NS_PER_MS)		/* as in packet_real.c: many in one reading are cheaper */
#define RECEIVE_BYTES (8 << 20)
#define CONTROL_BYTES 128

struct batch {
	struct mmsghdr		msg[BATCH];
	struct iovec		iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union {
		struct cmsghdr align;
		uint8_t	       bytes[CONTROL_BYTES];
	} control[BATCH];
	uint8_t	       bytes[BATCH][DATAGRAM_MAX];
	struct mmsghdr answer[BATCH];
	struct iovec   answer_iov[BATCH];
	uint8_t	       answer_bytes[BATCH][HOME_ANSWER_LEN];
	union {
		struct cmsghdr align;
		uint8_t	       bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} answer_control[BATCH];
};

struct home_socket {
	struct home	    *home;
	struct probe_engine *engine;
	struct batch	    *batch;
	uint16_t	     port;
	struct stamp_clock   clock;
	uint64_t	     drops;
	int64_t		     drops_ns;
	struct side {			/* one family */
		struct home_socket *socket;
		int		    fd;
		uint32_t	    drops;
		struct loop_io	   *io;
		struct loop_timer   rest;
		int64_t		    read_ns;
	} side[2];
};

uint16_t
home_socket_port(const struct home_socket *s)
{
	return s->port;
}

uint64_t
home_socket_drops(const struct home_socket *s)
{
	return s->drops;
}

int64_t
home_socket_drops_ns(const struct home_socket *s)
{
	return s != NULL ? s->drops_ns : 0;
}

/* ---- reading and answering ---- */

static int64_t
control_read(struct side *side, struct msghdr *mh)
{
	struct home_socket *s = side->socket;
	int64_t		    received_ns = s->clock.mono_ns;
	struct cmsghdr	   *cm;
	struct timespec	    stamp;
	uint32_t	    drops;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET)
			continue;
		if (cm->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(cm), sizeof(stamp));
			received_ns = stamp_to_mono(&s->clock, (int64_t)stamp.tv_sec * NS_PER_S + stamp.tv_nsec);
		} else if (cm->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&drops, CMSG_DATA(cm), sizeof(drops));
			if (drops != side->drops)
				s->drops_ns = s->clock.mono_ns;
			s->drops += drops - side->drops;
			side->drops = drops;
		}
	}
	return received_ns;
}

/* Have the answer leave from where its heartbeat came to. */
static void
answer_source(struct msghdr *out, struct msghdr *in)
{
	struct cmsghdr	   *cm, *to = out->msg_control;
	struct in_pktinfo   info4;
	struct in6_pktinfo  info6;

	out->msg_controllen = 0;
	for (cm = CMSG_FIRSTHDR(in); cm != NULL; cm = CMSG_NXTHDR(in, cm)) {
		if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(cm), sizeof(info4));
			info4.ipi_ifindex = 0;
			*to = (struct cmsghdr){ CMSG_LEN(sizeof(info4)), IPPROTO_IP, IP_PKTINFO };
			memcpy(CMSG_DATA(to), &info4, sizeof(info4));
			out->msg_controllen = CMSG_SPACE(sizeof(info4));
		} else if (cm->cmsg_level == IPPROTO_IPV6 && cm->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(cm), sizeof(info6));
			*to = (struct cmsghdr){ CMSG_LEN(sizeof(info6)), IPPROTO_IPV6, IPV6_PKTINFO };
			memcpy(CMSG_DATA(to), &info6, sizeof(info6));
			out->msg_controllen = CMSG_SPACE(sizeof(info6));
		}
	}
}

/* An answer that the kernel does not take is a lost one: the site's next heartbeat tells. */
static void
answers_send(const struct side *side, unsigned n)
{
	struct batch *b = side->socket->batch;
	unsigned      at = 0;
	int	      sent;

	while (at < n) {
		sent = sendmmsg(side->fd, b->answer + at, n - at, MSG_DONTWAIT);
		if (sent == -1 && errno != EINTR)
			at++;
		else if (sent > 0)
			at += (unsigned)sent;
	}
}

static void
batch_take(struct side *side, unsigned n)
{
	struct batch *b = side->socket->batch;
	unsigned      i, answers = 0;

	for (i = 0; i < n; i++) {
		struct msghdr *mh = &b->msg[i].msg_hdr;
		struct home_in in = { .data = b->bytes[i], .len = b->msg[i].msg_len, .received_ns = control_read(side, mh) };
		size_t	       len;

		addr_from_sockaddr(&in.from, &in.port, mh->msg_name);
		len = home_take(side->socket->home, &in, b->answer_bytes[answers]);
		if (len == 0)
			continue;
		b->answer_iov[answers].iov_len = len;
		answer_source(&b->answer[answers].msg_hdr, mh);
		b->answer[answers].msg_hdr.msg_name = mh->msg_name;
		b->answer[answers++].msg_hdr.msg_namelen = mh->msg_namelen;
	}
	answers_send(side, answers);
}

static void
side_read(struct side *side)
{
	struct home_socket *s = side->socket;
	struct batch	   *b = s->batch;
	int		    batches, n, i;

	for (batches = 0; side->fd != -1 && batches < READ_BATCHES; batches++) {
		for (i = 0; i < BATCH; i++) {
			b->msg[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
			b->msg[i].msg_hdr.msg_controllen = CONTROL_BYTES;
		}
		n = recvmmsg(side->fd, b->msg, BATCH, MSG_DONTWAIT, NULL);
		if (n <= 0)
			return;
		stamp_clock_read(&s->clock, loop_mono_ns(s->engine->loop), loop_wall_ns(s->engine->loop));
		batch_take(side, (unsigned)n);
		if (n < BATCH)
			return;
	}
}

void
home_socket_read(struct home_socket *s)
{
	if (s == NULL)
		return;
	side_read(&s->side[0]);
	side_read(&s->side[1]);
}

static void
rest_over(void *arg)
{
	struct side *side = arg;

	loop_io_events(side->io, LOOP_READ);
}

static void
side_readable(void *arg, int events)
{
	struct side *side = arg;
	struct loop *l = side->socket->engine->loop;
	int64_t	     now = loop_mono_ns(l);
	bool	     busy = now - side->read_ns < 2 * READ_APART_NS;

	(void)events;
	side->read_ns = now;
	if (busy) {
		loop_io_events(side->io, 0);
		loop_timer_set(l, &side->rest, now + READ_APART_NS, rest_over, side);
	}
	side_read(side);
}

/* ---- opening ---- */

static int
side_open(int family, uint16_t port, const struct packet_way *way)
{
	struct sockaddr_in  any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, bytes = RECEIVE_BYTES,
	    error;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	if (family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	}
	if (packet_way_apply(way, fd) == 0 &&
	    bind(fd, family == AF_INET ? (struct sockaddr *)&any4 : (struct sockaddr *)&any6,
	    family == AF_INET ? sizeof(any4) : sizeof(any6)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static struct batch *
batch_new(void)
{
	struct batch *b = xcalloc(1, sizeof(*b));
	int	      i;

	for (i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){ .iov_base = b->bytes[i], .iov_len = DATAGRAM_MAX };
		b->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &b->iov[i], .msg_iovlen = 1, .msg_name = &b->from[i],
			.msg_control = b->control[i].bytes };
		b->answer_iov[i].iov_base = b->answer_bytes[i];
		b->answer[i].msg_hdr = (struct msghdr){ .msg_iov = &b->answer_iov[i], .msg_iovlen = 1,
			.msg_control = b->answer_control[i].bytes };
	}
	return b;
}

struct home_socket *
home_socket_new(struct home *h, struct probe_engine *e, uint16_t port)
{
	static const int    family[2] = { AF_INET, AF_INET6 };
	struct home_socket *s = xcalloc(1, sizeof(*s));
	bool		    broken = false;
	int		    i;

	s->home = h;
	s->engine = e;
	s->port = port;
	s->batch = batch_new();
	for (i = 0; i < 2; i++) {
		struct side *side = &s->side[i];

		side->socket = s;
		side->fd = side_open(family[i], port, &e->io->way);
		if (side->fd != -1)
			side->io = loop_io_new(e->loop, side->fd, LOOP_READ, side_readable, side);
		else if (errno != EAFNOSUPPORT) {	/* a host without IPv6 is no fault */
			log_warn("cannot listen to sites on UDP port %u, IPv%d", port, i == 0 ? 4 : 6);
			broken = true;
		}
	}
	if (!broken && (s->side[0].fd != -1 || s->side[1].fd != -1))
		return s;
	home_socket_free(s);	/* half an ear would take the sites of the other family for silent */
	return NULL;
}

void
home_socket_free(struct home_socket *s)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < 2; i++) {
		loop_timer_cancel(s->engine->loop, &s->side[i].rest);
		loop_io_free(s->side[i].io);
		if (s->side[i].fd != -1)
			close(s->side[i].fd);
	}
	free(s->batch);
	free(s);
}
