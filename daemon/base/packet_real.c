/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet_real.c: packets to and from the kernel, in batches (docs/decisions.md 5).
 *
 * Sending: the send time of a packet is interpolated over its sendmmsg() call, which brings the error of a batch of 64 from
 * 155 us to about 6 us. Receiving: the kernel stamps a packet when it arrives, on the wall clock; stamp.h carries the stamp
 * over to the monotonic clock: a round trip is never the difference of two wall clocks. Because of the stamp nothing is lost
 * by reading later: a socket that has just been read is left alone until the next turn (5 ms), when senders wake us anyway, so
 * that the answers of a batch do not wake us one by one, which costs more than all that is done with them.
 */
#include "base/packet_io.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <linux/icmp.h>		/* after glibc's own of the same things */

#include "base/log.h"
#include "base/stamp.h"
#include "base/text.h"

#define BATCH	      64
#define AT_ONCE	      16	/* in one call: held up in the middle of it, we misjudge the send times of fewer */
#define DATAGRAM_MAX  65536	/* an SNMP answer may be as long as UDP carries */
#define READ_BATCHES  256	/* per turn: all that a full socket buffer holds, yet an end */
#define REST_BYTES    (1 << 20)	/* of receive buffer, as the kernel counts: answers of 5 ms have room */
#define RECEIVE_BYTES (8 << 20)
#define SEND_BYTES    (1 << 20)
#define CONTROL_BYTES 128
#define CLOCK_PAIR_NS (100 * 1000)	/* two readings of clocks, one right after the other, take much less */
#define CLOCK_READINGS 4

enum { ICMP4, ICMP6, UDP4, UDP6, SOCKETS };

struct socket {
	struct real    *real;
	int		fd;		/* -1: not to be had */
	enum packet_kind kind;
	int		family;		/* 4 or 6 */
	uint32_t	drops;		/* the kernel's count */
	struct loop_io *io;
	bool		roomy;		/* its buffer holds what may come while it is left alone */
	int64_t		read_ns;	/* when it was read last */
	struct loop_timer rest;		/* set: it is left alone until then */
};

struct receive {			/* room for one batch */
	struct mmsghdr		msg[BATCH];
	struct iovec		iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union {
		struct cmsghdr align;
		uint8_t	       bytes[CONTROL_BYTES];
	} control[BATCH];
};

struct real {
	struct packet_io io;		/* must be first */
	struct socket	 socket[SOCKETS];
	struct receive	*receive;
	uint8_t		*bytes;		/* BATCH datagrams; pages that are never used are never there */
	struct stamp_clock clock;
};

struct tcp_connect {
	struct real	 *real;
	int		  fd;
	struct loop_io	 *io;
	struct loop_timer timer;	/* timeout; or, once the result is known, the turn in which it is told */
	enum connect_result result;
	int64_t		  sent_ns, done_ns;
	void		(*done)(void *, enum connect_result, int64_t, int64_t);
	void		 *arg;
};

/* A sum of words as they lie in memory does not depend on the byte order: RFC 1071 section 2 (B). */
uint16_t
packet_checksum(const void *data, size_t len, uint16_t before)
{
	const uint8_t *p = data;
	uint64_t       sum = before;
	uint16_t       word;
	size_t	       i;

	for (i = 0; i + 1 < len; i += 2) {
		memcpy(&word, p + i, sizeof(word));
		sum += word;
	}
	if (len % 2 != 0) {
		word = 0;
		memcpy(&word, p + len - 1, 1);
		sum += word;
	}
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* ---- opening ---- */

static void
option_on(int fd, int option)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on));	/* without stamps or drop counts we measure a little worse */
}

static int
socket_open(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), receive = RECEIVE_BYTES,
	    send = SEND_BYTES;

	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive)) == -1)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));	/* as much as the system allows */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof(send)) == -1)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof(send));
	option_on(fd, SO_TIMESTAMPNS);
	option_on(fd, SO_RXQ_OVFL);
	if (family == AF_INET6) {
		int on = 1;

		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	return fd;
}

/*
 * No packet of ours is ever fragmented, and none is kept back for what the kernel has heard of the way: how long a packet
 * passes is what way_mtu.c finds out. And what is not fragmented needs no identification, which costs 3 %.
 */
static void
icmp_whole(int fd4, int fd6)
{
	int probe4 = IP_PMTUDISC_PROBE, probe6 = IPV6_PMTUDISC_PROBE;

	if (fd4 != -1)
		setsockopt(fd4, IPPROTO_IP, IP_MTU_DISCOVER, &probe4, sizeof(probe4));
	if (fd6 != -1)
		setsockopt(fd6, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6, sizeof(probe6));
}

/* The kernel hands over only what can concern us: answers, and errors about requests. */
static void
icmp_filter(int fd4, int fd6)
{
	const unsigned	    pass = 1u << ICMP_ECHOREPLY | 1u << ICMP_DEST_UNREACH | 1u << ICMP_TIME_EXCEEDED;
	struct icmp_filter  block4 = { .data = ~pass };
	struct icmp6_filter pass6;

	if (fd4 != -1)
		setsockopt(fd4, SOL_RAW, ICMP_FILTER, &block4, sizeof(block4));
	ICMP6_FILTER_SETBLOCKALL(&pass6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &pass6);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &pass6);
	ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &pass6);
	ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &pass6);
	if (fd6 != -1)
		setsockopt(fd6, IPPROTO_ICMPV6, ICMP6_FILTER, &pass6, sizeof(pass6));
}

bool
packet_way_is_set(const struct packet_way *w)
{
	return w->mark != 0 || w->interface[0] != '\0';
}

int
packet_way_apply(const struct packet_way *w, int fd)
{
	if (w->mark != 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &w->mark, sizeof(w->mark)) == -1)
		return -1;
	if (w->interface[0] != '\0' && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, w->interface,
	    (socklen_t)strlen(w->interface) + 1) == -1)
		return -1;
	return 0;
}

static void
way_failed(const struct packet_way *way, const char *who)
{
	if (errno == ENODEV)
		log_warnx("%s: there is no network device %s; restart simpuld when it is there", who, way->interface);
	else
		log_warn("%s: its packets cannot be sent by the way of %s (CAP_NET_RAW, before Linux 5.17 CAP_NET_ADMIN, "
		    "gives the right to it)", who, way->mark != 0 ? "its mark" : way->interface);
}

int
packet_sockets_way(struct packet_sockets *s, const struct packet_way *way, const char *who)
{
	const int fd[SOCKETS] = { s->icmp4, s->icmp6, s->udp4, s->udp6 };
	int	  i;

	s->way = *way;
	for (i = 0; i < SOCKETS && packet_way_is_set(way); i++)
		if (fd[i] != -1 && packet_way_apply(way, fd[i]) == -1) {
			way_failed(way, who);
			packet_sockets_close(s);
			return -1;
		}
	return 0;
}

int
packet_sockets_open(struct packet_sockets *s)
{
	s->way = (struct packet_way){ 0 };
	s->icmp4 = socket_open(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (s->icmp4 == -1)
		log_warn("no raw socket, so no ICMP probes (CAP_NET_RAW gives the right to it)");
	s->icmp6 = s->icmp4 != -1 ? socket_open(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6) : -1;
	icmp_filter(s->icmp4, s->icmp6);
	icmp_whole(s->icmp4, s->icmp6);
	s->udp4 = socket_open(AF_INET, SOCK_DGRAM, 0);
	s->udp6 = socket_open(AF_INET6, SOCK_DGRAM, 0);	/* a host without IPv6 is no fault */
	if (s->udp4 == -1 && s->udp6 == -1) {
		log_warn("cannot open a UDP socket");
		packet_sockets_close(s);
		return -1;
	}
	return 0;
}

void
packet_sockets_close(struct packet_sockets *s)
{
	int *fd[SOCKETS] = { &s->icmp4, &s->icmp6, &s->udp4, &s->udp6 };
	int  i;

	for (i = 0; i < SOCKETS; i++) {
		if (*fd[i] != -1)
			close(*fd[i]);
		*fd[i] = -1;
	}
}

/* ---- sending ---- */

/* Room for what the kernel is to do with one packet otherwise than with all others. */
union send_control {
	struct cmsghdr align;
	uint8_t	       bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

/* One more control message, behind those that are there. */
static void
control_add(struct msghdr *mh, union send_control *room, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *cm = (struct cmsghdr *)(room->bytes + mh->msg_controllen);

	mh->msg_control = room->bytes;
	mh->msg_controllen += CMSG_SPACE(len);
	cm->cmsg_level = level;
	cm->cmsg_type = type;
	cm->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cm), data, len);
}

static void
path_tell(struct msghdr *mh, union send_control *room, const struct packet_path *path, int family)
{
	struct in_pktinfo  info4 = { .ipi_ifindex = path->interface };
	struct in6_pktinfo info6 = { .ipi6_ifindex = (unsigned)path->interface };

	if (path->interface == 0 && path->source.family == 0)
		return;
	if (path->source.family == 4)
		memcpy(&info4.ipi_spec_dst, path->source.byte, sizeof(info4.ipi_spec_dst));
	else if (path->source.family == 6)
		memcpy(&info6.ipi6_addr, path->source.byte, sizeof(info6.ipi6_addr));
	if (family == 6)
		control_add(mh, room, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6));
	else
		control_add(mh, room, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
}

static void
ttl_tell(struct msghdr *mh, union send_control *room, int ttl, int family)
{
	if (ttl == 0)
		return;
	if (family == 6)
		control_add(mh, room, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
	else
		control_add(mh, room, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
}

/* Send what belongs to one socket. Packets that the kernel refuses are passed over with their error. */
static size_t
socket_send(struct socket *so, struct packet_out *const *out, size_t n)
{
	struct sockaddr_storage to[BATCH];
	struct iovec		iov[BATCH];
	struct mmsghdr		msg[BATCH] = { 0 };
	union send_control	control[BATCH];
	size_t			i, at = 0, left = 0;
	int64_t			begin, end;
	int			sent;

	for (i = 0; i < n; i++) {
		iov[i] = (struct iovec){ .iov_base = (void *)(uintptr_t)out[i]->data, .iov_len = out[i]->len };
		msg[i].msg_hdr.msg_name = &to[i];
		msg[i].msg_hdr.msg_namelen =
		    addr_to_sockaddr(&out[i]->to, so->kind == PACKET_UDP ? out[i]->port : 0, &to[i]);
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
		path_tell(&msg[i].msg_hdr, &control[i], &out[i]->path, so->family);
		ttl_tell(&msg[i].msg_hdr, &control[i], out[i]->ttl, so->family);
	}
	while (at < n) {
		begin = loop_mono_ns(so->real->io.loop);
		sent = sendmmsg(so->fd, msg + at, (unsigned)(n - at < AT_ONCE ? n - at : AT_ONCE), 0);
		end = loop_mono_ns(so->real->io.loop);
		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1) {
			out[at]->error = errno;
			out[at++]->sent_ns = end;
			continue;
		}
		for (i = 0; i < (size_t)sent; i++) {
			out[at + i]->error = 0;
			out[at + i]->sent_ns = begin + (end - begin) * (int64_t)(2 * i + 1) / (2 * sent);
		}
		at += (size_t)sent;
		left += (size_t)sent;
	}
	return left;
}

static struct socket *
socket_for(struct real *r, enum packet_kind kind, int family)
{
	return &r->socket[kind == PACKET_ICMP ? (family == 6 ? ICMP6 : ICMP4) : (family == 6 ? UDP6 : UDP4)];
}

/* @return 0, or the errno with which this packet cannot leave */
static int
refused(const struct socket *so, const struct packet_out *out)
{
	if (so->fd == -1)
		return EAFNOSUPPORT;
	if (out->path.interface < 0)
		return ENODEV;
	return out->path.source.family == 0 || out->path.source.family == out->to.family ? 0 : EADDRNOTAVAIL;
}

static size_t
real_send(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n)
{
	struct real	  *r = (struct real *)io;
	struct packet_out *mine[BATCH];
	struct socket	  *so;
	size_t		   i, nmine, left = 0;
	int		   family;

	for (family = 4; family <= 6; family += 2) {
		so = socket_for(r, kind, family);
		for (i = 0, nmine = 0; i < n; i++) {
			if ((batch[i].to.family == 6) != (family == 6))
				continue;
			if ((batch[i].error = refused(so, &batch[i])) != 0) {
				batch[i].sent_ns = loop_mono_ns(io->loop);
				continue;
			}
			mine[nmine++] = &batch[i];
			if (nmine == BATCH) {
				left += socket_send(so, mine, nmine);
				nmine = 0;
			}
		}
		left += socket_send(so, mine, nmine);
	}
	return left;
}

static int
real_interface(struct packet_io *io, const char *name)
{
	struct real *r = (struct real *)io;
	struct ifreq ifr = { 0 };
	int	     fd = r->socket[UDP4].fd != -1 ? r->socket[UDP4].fd : r->socket[UDP6].fd;

	text_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name);
	return ioctl(fd, SIOCGIFINDEX, &ifr) == 0 ? ifr.ifr_ifindex : -1;
}

/* ---- receiving ---- */

static int64_t
control_read(struct socket *so, struct msghdr *mh)
{
	struct cmsghdr *cm;
	struct timespec stamp;
	int64_t		received_ns = so->real->clock.mono_ns;
	uint32_t	drops;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET)
			continue;
		if (cm->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(cm), sizeof(stamp));
			received_ns =
			    stamp_to_mono(&so->real->clock, (int64_t)stamp.tv_sec * NS_PER_S + stamp.tv_nsec);
		} else if (cm->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&drops, CMSG_DATA(cm), sizeof(drops));
			so->real->io.kernel_drops += drops - so->drops;
			if (so->kind == PACKET_ICMP)
				so->real->io.icmp_drops += drops - so->drops;
			so->drops = drops;
		}
	}
	return received_ns;
}

/* A raw IPv4 socket hands over the IP header too. @return false when there is no message behind it */
static bool
ip_header_skip(struct packet_in *in)
{
	size_t head = in->len > 0 ? (size_t)(in->data[0] & 0xf) * 4 : 0;

	if (head < 20 || in->len < head)
		return false;
	in->data += head;
	in->len -= head;
	return true;
}

static void
message_deliver(struct socket *so, struct mmsghdr *msg)
{
	struct packet_io *io = &so->real->io;
	struct packet_in  in = { .data = msg->msg_hdr.msg_iov->iov_base, .len = msg->msg_len };

	in.received_ns = control_read(so, &msg->msg_hdr);
	if (msg->msg_hdr.msg_flags & MSG_TRUNC)
		return;
	if (so->kind == PACKET_ICMP && so->family == 4 && !ip_header_skip(&in))
		return;
	addr_from_sockaddr(&in.from, &in.port, msg->msg_hdr.msg_name);
	io->on_packet(io->arg, so->kind, &in);
}

/* Both clocks at one moment. Put aside between two readings, we would see a step where there is none. */
static void
clock_read(struct real *r)
{
	int64_t before, after, wall;
	int	left = CLOCK_READINGS;

	do {
		before = loop_mono_ns(r->io.loop);
		wall = loop_wall_ns(r->io.loop);
		after = loop_mono_ns(r->io.loop);
	} while (after - before > CLOCK_PAIR_NS && --left > 0);
	stamp_clock_read(&r->clock, before + (after - before) / 2, wall);
}

static void
socket_read(struct socket *so)
{
	struct receive *rc = so->real->receive;
	int		batches, n, i;

	for (batches = 0; batches < READ_BATCHES; batches++) {
		for (i = 0; i < BATCH; i++) {
			rc->msg[i].msg_hdr.msg_namelen = sizeof(rc->from[i]);
			rc->msg[i].msg_hdr.msg_controllen = CONTROL_BYTES;
		}
		n = recvmmsg(so->fd, rc->msg, BATCH, MSG_DONTWAIT, NULL);
		if (n <= 0)
			return;		/* nothing more, or an error about a packet of ours: its timeout will tell */
		clock_read(so->real);
		for (i = 0; i < n; i++)
			message_deliver(so, &rc->msg[i]);
		if (n < BATCH)
			return;
	}
}

static int
receive_bytes(int fd)
{
	int	  bytes = 0;
	socklen_t len = sizeof(bytes);

	return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len) == 0 ? bytes : 0;
}

static void
rest_over(void *arg)
{
	struct socket *so = arg;

	loop_io_events(so->io, LOOP_READ);
}

static void
socket_readable(void *arg, int events)
{
	struct socket *so = arg;
	int64_t	       now = loop_mono_ns(so->real->io.loop);
	bool	       busy = now - so->read_ns < 2 * PACKET_TURN_NS;

	(void)events;
	so->read_ns = now;
	if (busy && so->roomy) {
		loop_io_events(so->io, 0);
		loop_timer_set(so->real->io.loop, &so->rest, (now / PACKET_TURN_NS + 1) * PACKET_TURN_NS, rest_over,
		    so);
	}
	socket_read(so);
}

/* ---- TCP ---- */

static void
connect_free(struct tcp_connect *c)
{
	loop_timer_cancel(c->real->io.loop, &c->timer);
	loop_io_free(c->io);
	if (c->fd != -1)
		close(c->fd);
	free(c);
}

static void
connect_tell(void *arg)
{
	struct tcp_connect c = *(struct tcp_connect *)arg;

	connect_free(arg);	/* first: closes the connection, and the receiver may start the next one */
	c.done(c.arg, c.result, c.sent_ns, c.done_ns);
}

static enum connect_result
result_of(int error, bool at_once)
{
	switch (error) {
	case 0:
		return CONNECT_OPEN;
	case ECONNREFUSED:
		return CONNECT_REFUSED;
	case ETIMEDOUT:
		return CONNECT_TIMEOUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
		/* Refused by our own routing table, nothing was sent; later, by a router's word. */
		return at_once ? CONNECT_FAILED : CONNECT_UNREACHABLE;
	default:
		return CONNECT_FAILED;
	}
}

static void
connect_event(void *arg, int events)
{
	struct tcp_connect *c = arg;
	int		    error = 0;
	socklen_t	    len = sizeof(error);

	(void)events;
	c->done_ns = loop_mono_ns(c->real->io.loop);
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	c->result = result_of(error, false);
	connect_tell(c);
}

static void
connect_timeout(void *arg)
{
	struct tcp_connect *c = arg;

	c->result = CONNECT_TIMEOUT;
	c->done_ns = loop_mono_ns(c->real->io.loop);
	connect_tell(c);
}

/* @return 0, or an errno */
static int
path_take(int fd, const struct packet_path *path)
{
	struct sockaddr_storage ss;
	socklen_t		len;

	if (path == NULL)
		return 0;
	if (path->interface < 0)
		return ENODEV;
	if (path->interface > 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &path->interface, sizeof(path->interface)) == -1)
		return errno;
	if (path->source.family == 0)
		return 0;
	len = addr_to_sockaddr(&path->source, 0, &ss);
	return bind(fd, (struct sockaddr *)&ss, len) == -1 ? errno : 0;
}

static struct tcp_connect *
real_tcp_connect(struct packet_io *io, const struct addr *to, uint16_t port, const struct packet_path *path, int64_t timeout_ns,
    void (*done)(void *, enum connect_result, int64_t, int64_t), void *arg)
{
	struct tcp_connect     *c = xcalloc(1, sizeof(*c));
	struct sockaddr_storage ss;
	socklen_t		len = addr_to_sockaddr(to, port, &ss);
	int			error;

	c->real = (struct real *)io;
	c->done = done;
	c->arg = arg;
	c->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	c->sent_ns = loop_mono_ns(io->loop);
	error = c->fd == -1 || packet_way_apply(&io->way, c->fd) == -1 ? errno : path_take(c->fd, path);
	if (error == 0 && connect(c->fd, (struct sockaddr *)&ss, len) == -1)
		error = errno;
	if (error == EINPROGRESS) {
		c->io = loop_io_new(io->loop, c->fd, LOOP_WRITE, connect_event, c);
		loop_timer_set(io->loop, &c->timer, c->sent_ns + timeout_ns, connect_timeout, c);
		return c;
	}
	c->result = result_of(error, true);
	c->done_ns = loop_mono_ns(io->loop);
	loop_timer_set(io->loop, &c->timer, c->done_ns, connect_tell, c);
	return c;
}

static void
real_tcp_cancel(struct packet_io *io, struct tcp_connect *c)
{
	(void)io;
	connect_free(c);
}

/* ---- making ---- */

static void
real_free(struct packet_io *io)
{
	struct real *r = (struct real *)io;
	int	     i;

	for (i = 0; i < SOCKETS; i++) {
		loop_timer_cancel(io->loop, &r->socket[i].rest);
		loop_io_free(r->socket[i].io);
		if (r->socket[i].fd != -1)
			close(r->socket[i].fd);
	}
	free(r->receive);
	free(r->bytes);
	free(r);
}

static void
receive_init(struct real *r)
{
	struct receive *rc = r->receive = xcalloc(1, sizeof(*rc));
	int		i;

	r->bytes = xcalloc(BATCH, DATAGRAM_MAX);
	for (i = 0; i < BATCH; i++) {
		rc->iov[i] = (struct iovec){ .iov_base = r->bytes + (size_t)i * DATAGRAM_MAX, .iov_len = DATAGRAM_MAX };
		rc->msg[i].msg_hdr.msg_iov = &rc->iov[i];
		rc->msg[i].msg_hdr.msg_iovlen = 1;
		rc->msg[i].msg_hdr.msg_name = &rc->from[i];
		rc->msg[i].msg_hdr.msg_control = rc->control[i].bytes;
	}
}

/* What is opened from now on is opened without rights. */
static void
way_try(const struct packet_way *way)
{
	int fd = packet_way_is_set(way) ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;

	if (fd == -1)
		return;
	if (packet_way_apply(way, fd) == -1)
		log_warn("TCP connections cannot be sent by the way of this instance, so none is made: its lines need a probe "
		    "that sends packets, such as icmp, and its services stay unknown");
	close(fd);
}

struct packet_io *
packet_real_new(struct loop *l, const struct packet_sockets *s)
{
	static const struct packet_io_ops ops = {
		.send = real_send,
		.tcp_connect = real_tcp_connect,
		.tcp_cancel = real_tcp_cancel,
		.interface = real_interface,
		.free = real_free,
	};
	const int    fd[SOCKETS] = { [ICMP4] = s->icmp4, [ICMP6] = s->icmp6, [UDP4] = s->udp4, [UDP6] = s->udp6 };
	struct real *r = xcalloc(1, sizeof(*r));
	int	     i;

	r->io.ops = &ops;
	r->io.loop = l;
	r->io.way = s->way;
	way_try(&s->way);
	receive_init(r);
	for (i = 0; i < SOCKETS; i++) {
		struct socket *so = &r->socket[i];

		*so = (struct socket){ .real = r, .fd = fd[i], .kind = i == ICMP4 || i == ICMP6 ? PACKET_ICMP : PACKET_UDP,
			.family = i == ICMP6 || i == UDP6 ? 6 : 4 };
		if (so->fd == -1)
			continue;
		so->roomy = receive_bytes(so->fd) >= REST_BYTES;
		so->io = loop_io_new(l, so->fd, LOOP_READ, socket_readable, so);
	}
	return &r->io;
}
