/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sockets.c: see sockets.h. A storm waits in the kernel until it is read, so the buffer is as large as we are
 * allowed; what does not fit is told with the packets that follow (SO_RXQ_OVFL).
 */
#include "trap/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/text.h"

#define RECEIVE_BYTES (8 << 20)

static void
options_set(int fd, int family)
{
	int on = 1, bytes = RECEIVE_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) == -1)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	/* To which of our addresses an inform came is the one from which its answer must come. */
	if (family == 4)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
}

static void
complain(const char *address, uint16_t port, int error)
{
	if (error == EADDRINUSE)
		log_warnx("no traps at %s: UDP port %u is taken; end what has it, or set traps.port or "
		    "traps.enabled", address, port);
	else if (error == EACCES)
		log_warnx("no traps at %s: UDP port %u needs root or CAP_NET_BIND_SERVICE; set traps.port to one "
		    "from 1024 on, or traps.enabled to false", address, port);
	else
		log_warnx("no traps at %s, UDP port %u: %s", address, port, strerror(error));
}

/* @param quiet  a host without this family is no fault */
static int
socket_open(const struct addr *a, uint16_t port, bool quiet)
{
	struct sockaddr_storage ss;
	socklen_t		len = addr_to_sockaddr(a, port, &ss);
	char			text[ADDR_TEXT_MAX];
	int			on = 1, error;
	int fd = socket(a->family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd != -1 && a->family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (fd != -1 && bind(fd, (struct sockaddr *)&ss, len) == 0) {
		options_set(fd, a->family);
		return fd;
	}
	error = errno;
	if (!quiet || (error != EAFNOSUPPORT && error != EADDRNOTAVAIL))
		complain(addr_text(a, text), port, error);
	if (fd != -1)
		close(fd);
	return -1;
}

size_t
trap_sockets_open(int fd[TRAP_SOCKETS], const char *listen, uint16_t port)
{
	static const char all[] = "0.0.0.0 ::";
	char		  text[256], *word, *rest;
	struct addr	  a;
	size_t		  n = 0, i;

	for (i = 0; i < TRAP_SOCKETS; i++)
		fd[i] = -1;
	text_copy(text, sizeof(text), *listen != '\0' ? listen : all);
	for (word = strtok_r(text, " ", &rest); word != NULL && n < TRAP_SOCKETS; word = strtok_r(NULL, " ", &rest))
		if (addr_parse(&a, word) == 0 && (fd[n] = socket_open(&a, port, *listen == '\0' && a.family == 6)) != -1)
			n++;
	return n;
}
