/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet_io.h: the thin line between a measuring instance and the network.
 *
 * The real one (packet_real.c) owns one raw ICMP and one UDP socket per address family; the virtual one belongs to
 * the fleet in tests/ and answers from its model on a virtual loop. Both fill in the same stamps, so the engines above
 * cannot tell them apart. All stamps are monotonic nanoseconds of the loop.
 */
#ifndef SIMPUL_PACKET_IO_H
#define SIMPUL_PACKET_IO_H

#include "base/addr.h"
#include "base/loop.h"

#define PACKET_TURN_NS (5 * NS_PER_MS)	/* sending and reading keep to multiples of it: one waking of the process for both */

enum packet_kind { PACKET_ICMP, PACKET_UDP };

struct packet_path {		/* zeroed: as routed */
	struct addr	source;		/* one of ours; family 0: any */
	int		interface;	/* its index; 0: any; less: it is not there, nothing leaves */
};

struct packet_out {
	struct addr	to;
	struct packet_path path;
	uint16_t	port;		/* UDP only */
	const uint8_t  *data;		/* ICMP: message from its type byte on (IPv4: checksum filled in by the caller; IPv6: by the kernel) */
	size_t		len;
	uint8_t		ttl;		/* ICMP only: IP time to live, hop limit; 0 = as usual */
	int64_t		sent_ns;	/* out: when it left; interpolated over the call for a batch */
	int		error;		/* out: 0, or the errno with which the kernel refused it (it did not leave) */
};

struct packet_in {
	struct addr	from;
	uint16_t	port;		/* UDP only */
	const uint8_t  *data;		/* ICMP: message from its type byte on; borrowed for the call */
	size_t		len;
	int64_t		received_ns;	/* by the kernel's stamp */
};

enum connect_result { CONNECT_OPEN, CONNECT_REFUSED, CONNECT_TIMEOUT, CONNECT_UNREACHABLE, CONNECT_FAILED };

/** The way that all packets of an instance take: what the host's routing may tell apart. */
struct packet_way {
	uint32_t mark;			/* SO_MARK, for "ip rule fwmark"; 0: none */
	char	 interface[16];		/* SO_BINDTODEVICE; "": as routed */
};
/** Does it say more than "as routed"? */
bool	packet_way_is_set(const struct packet_way *w);
/** Have a socket send this way. 0, or -1 with errno: then it must not be used, for its packets would prove another way. */
int	packet_way_apply(const struct packet_way *w, int fd);

struct packet_io;
struct tcp_connect;		/* one connection attempt in flight */

struct packet_io_ops {
	/** Send a batch. Every element's sent_ns and error are set. @return how many left */
	size_t	(*send)(struct packet_io *io, enum packet_kind kind, struct packet_out *batch, size_t n);
	/**
	 * Time the opening of a TCP connection; it is closed at once. `done` is called exactly once, never from inside
	 * this call, unless cancelled before.
	 *
	 * @param path  NULL: as routed
	 */
	struct tcp_connect *(*tcp_connect)(struct packet_io *io, const struct addr *to, uint16_t port,
	    const struct packet_path *path, int64_t timeout_ns,
	    void (*done)(void *arg, enum connect_result, int64_t sent_ns, int64_t done_ns), void *arg);
	void	(*tcp_cancel)(struct packet_io *io, struct tcp_connect *c);
	/** Index of an interface now, for a path; -1: it is not there. NULL where there are none: all goes as routed. */
	int	(*interface)(struct packet_io *io, const char *name);
	void	(*free)(struct packet_io *io);
};

struct packet_io {		/* head of each implementation's own struct */
	const struct packet_io_ops *ops;
	struct loop *loop;
	/* Set by the user before the first packet; called for each packet that arrives. */
	void	(*on_packet)(void *arg, enum packet_kind kind, const struct packet_in *in);
	void	*arg;
	struct packet_way way;		/* of every socket, also of those that a probe opens itself */
	uint64_t kernel_drops;		/* SO_RXQ_OVFL: packets the kernel threw away because we were slow */
	uint64_t icmp_drops;		/* ... of them, ICMP */
};

/** The sockets of one instance, opened by the parent while privileged; -1 = not to be had. */
struct packet_sockets {
	int icmp4, icmp6, udp4, udp6;
	struct packet_way way;
};
int	packet_sockets_open(struct packet_sockets *s);	/* in the current network namespace. 0, or -1 if not even UDP */
void	packet_sockets_close(struct packet_sockets *s);
/** All of them, and what is opened later, shall send this way. @param who  for the log. 0, or -1 (logged): closed */
int	packet_sockets_way(struct packet_sockets *s, const struct packet_way *way, const char *who);

/** @param s  taken: closed with the result */
struct packet_io *packet_real_new(struct loop *l, const struct packet_sockets *s);

/**
 * Internet checksum (RFC 1071), as it lies in memory.
 *
 * @param data		a message whose checksum field is zero, or the rest of one
 * @param before	complement of the checksum of what is counted beside it, of even length; 0: nothing
 */
uint16_t packet_checksum(const void *data, size_t len, uint16_t before);

#endif
