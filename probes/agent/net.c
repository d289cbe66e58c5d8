/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net.c: see agent.h. The socket is not connected: a connected one keeps the source address of the moment, and with it a line
 * that is gone. Looking up a name can take long, so a child does it while heartbeats go on.
 */
#include "probes/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESOLVE_MAX_US (20 * 1000000ull)

void
net_init(struct net *n, const struct conf *c)
{
	*n = (struct net){ .conf = c, .fd = -1, .resolver_fd = -1 };
}

/* ---- the server's name ---- */

static void __attribute__((noreturn))
resolver_run(const struct net *n, int fd)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *list;
	char		port[8];

	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(port, sizeof(port), "%u", n->conf->port);
	if (getaddrinfo(n->conf->server, port, &hints, &list) == 0 && list != NULL)
		_exit(write(fd, list->ai_addr, list->ai_addrlen) == (ssize_t)list->ai_addrlen ? 0 : 1);
	_exit(1);
}

static void
resolver_end(struct net *n)
{
	close(n->resolver_fd);
	kill(n->resolver_pid, SIGKILL);
	waitpid(n->resolver_pid, NULL, 0);
	n->resolver_fd = -1;
}

void
net_resolve(struct net *n)
{
	int fd[2];

	if (n->resolver_fd != -1 && now_us() - n->asked_us < RESOLVE_MAX_US)
		return;
	if (n->resolver_fd != -1)
		resolver_end(n);
	n->asked_us = now_us();
	if (pipe2(fd, O_CLOEXEC) == -1)
		return;
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	n->resolver_pid = fork();
	if (n->resolver_pid == 0)
		resolver_run(n, fd[1]);
	close(fd[1]);
	n->resolver_fd = fd[0];
	if (n->resolver_pid == -1) {
		close(fd[0]);
		n->resolver_fd = -1;
	}
}

void
net_resolved(void *arg)
{
	struct net	       *n = arg;
	struct sockaddr_storage ss = { 0 };
	ssize_t			len = read(n->resolver_fd, &ss, sizeof(ss));

	if (len == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	resolver_end(n);
	if (len <= 0) {
		if (n->server_len == 0)
			say("the name %s is not known now; trying again", n->conf->server);
		return;
	}
	if (n->server_len == (socklen_t)len && memcmp(&n->server, &ss, (size_t)len) == 0)
		return;
	n->server = ss;
	n->server_len = (socklen_t)len;
	net_reopen(n);
}

/* ---- the socket ---- */

static int
socket_new(const struct net *n)
{
	int fd = socket(n->server.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1 || n->conf->interface[0] == '\0')
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, n->conf->interface, (socklen_t)strlen(n->conf->interface) + 1) == 0)
		return fd;
	close(fd);	/* by another way it would speak for another line */
	return -1;
}

void
net_reopen(struct net *n)
{
	if (n->fd != -1)
		close(n->fd);
	n->fd = n->server_len > 0 ? socket_new(n) : -1;
}

int
net_send(struct net *n, const uint8_t *data, size_t len)
{
	if (n->fd == -1)
		net_reopen(n);
	if (n->fd == -1)
		return -1;
	return sendto(n->fd, data, len, MSG_DONTWAIT, (struct sockaddr *)&n->server, n->server_len) == (ssize_t)len ? 0 : -1;
}

ssize_t
net_receive(struct net *n, uint8_t *data, size_t size)
{
	return n->fd != -1 ? recv(n->fd, data, size, MSG_DONTWAIT) : -1;
}

/* ---- our own address ---- */

static struct home_address
address_of(const struct sockaddr *sa)
{
	struct home_address a = { 0 };

	if (sa->sa_family == AF_INET) {
		a.family = 4;
		memcpy(a.byte, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		a.family = 6;
		memcpy(a.byte, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	}
	return a;
}

static void
interface_find(struct net *n)
{
	struct ifaddrs	   *list, *i;
	struct home_address a;

	n->interface[0] = '\0';
	if (getifaddrs(&list) == -1)
		return;
	for (i = list; i != NULL && n->interface[0] == '\0'; i = i->ifa_next) {
		if (i->ifa_addr == NULL)
			continue;
		a = address_of(i->ifa_addr);
		if (a.family == n->local.family && memcmp(a.byte, n->local.byte, sizeof(a.byte)) == 0)
			snprintf(n->interface, sizeof(n->interface), "%s", i->ifa_name);
	}
	freeifaddrs(list);
}

void
net_look(struct net *n)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t		len = sizeof(ss);
	struct home_address	a = { 0 };
	char			text[64];
	int			fd = n->server_len > 0 ? socket_new(n) : -1;

	/* Connecting a UDP socket sends nothing: it asks the routing table. */
	if (fd != -1 && connect(fd, (struct sockaddr *)&n->server, n->server_len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		a = address_of((struct sockaddr *)&ss);
	if (fd != -1)
		close(fd);
	if (a.family == n->local.family && memcmp(a.byte, n->local.byte, sizeof(a.byte)) == 0)
		return;
	n->local = a;
	say("this site's own address is %s", say_address(&a, text));
	interface_find(n);
	net_reopen(n);
}
