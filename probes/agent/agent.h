/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent.h: simpul-agent, the program at a site. It depends on nothing but the C library, is built static, and keeps nothing
 * on a disk.
 *
 *	main.c		the order of events, and the loop
 *	conf.c		/etc/simpul-agent.conf and the command line
 *	talk.c		the protocol; pure
 *	net.c		the socket to the server, its name, our own address
 *	site.c		what the site measures: pings, counters, uptime
 *	say.c		lines to stderr or syslog
 *
 * Another part with a socket of its own adds a struct watch.
 */
#ifndef SIMPUL_AGENT_H
#define SIMPUL_AGENT_H

#include <net/if.h>
#include <sys/socket.h>

#include "probes/agent/talk.h"

#define AGENT_CONF	"/etc/simpul-agent.conf"
#define WATCHES_MAX	8
#define PING_LAST	10		/* questions that a heartbeat tells of */

struct conf {
	char	 server[256], key_file[256], interface[IFNAMSIZ], user[64];
	uint16_t port;
	uint16_t interval_ms;
	struct home_address ping[HOME_PINGS_MAX];
	unsigned npings;
	bool	 counters, syslog, check, debug;
};

struct watch {			/* a descriptor that the loop waits for */
	int  fd;		/* -1: not now */
	void (*readable)(void *arg);
	void *arg;
};

struct ping_target {
	uint16_t seq;
	uint64_t nonce, sent_us;	/* sent_us 0: no question is open */
	uint32_t rtt_us[PING_LAST];	/* HOME_UNKNOWN_US: lost */
	unsigned n;			/* questions decided so far; the last PING_LAST are kept */
};

struct site {
	const struct conf *conf;
	int	 fd[2];			/* ICMP datagrams, IPv4 and IPv6; -1: not to be had */
	struct ping_target ping[HOME_PINGS_MAX];
	unsigned next;			/* whose turn it is */
};

struct net {
	const struct conf *conf;
	int	 fd;			/* to the server; -1: not open */
	struct sockaddr_storage server;
	socklen_t server_len;		/* 0: its address is not known yet */
	struct home_address local;
	char	 interface[IFNAMSIZ];	/* through which we send; "": not known */
	int	 resolver_fd;		/* of the child that looks for it; -1: none */
	int	 resolver_pid;
	uint64_t asked_us;
};

uint64_t now_us(void);			/* monotonic */

/* conf.c */
/** Ends the program with a word on stderr when something is wrong. @param key  HOME_KEY_MAX bytes @return length of the key */
size_t	conf_read(struct conf *c, int argc, char *argv[], uint8_t key[HOME_KEY_MAX]);

/* net.c */
void	net_init(struct net *n, const struct conf *c);
void	net_resolve(struct net *n);	/* begin, unless it is under way */
void	net_resolved(void *net);	/* the child has something to say */
void	net_look(struct net *n);	/* which is our own address now? A new one gets a new socket */
void	net_reopen(struct net *n);
/** 0, or -1 with errno */
int	net_send(struct net *n, const uint8_t *data, size_t len);
ssize_t	net_receive(struct net *n, uint8_t *data, size_t size);

/* site.c */
void	site_init(struct site *s, const struct conf *c);
void	site_ping(struct site *s, uint64_t us);		/* the next of the list; call each second */
void	site_readable4(void *site);
void	site_readable6(void *site);
void	site_fill(const struct site *s, const char *interface, struct home_heartbeat *h);

/* say.c */
void	say_open(bool to_syslog, bool debug);
void	say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	say_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** @param out  64 bytes */
const char *say_address(const struct home_address *a, char *out);

#endif
