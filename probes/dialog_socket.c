/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dialog_socket.c: a socket that is connected by the path of its probe. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "probes/dialog.h"

static int
path_take(int fd, const struct probe_path *path, const struct addr *to)
{
	struct sockaddr_storage ss;
	socklen_t		len;

	if (path->interface[0] != '\0' &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, path->interface, (socklen_t)strlen(path->interface)) == -1)
		return errno;
	if (path->source.family == 0)
		return 0;
	if (path->source.family != to->family)
		return EAFNOSUPPORT;
	len = addr_to_sockaddr(&path->source, 0, &ss);
	return bind(fd, (struct sockaddr *)&ss, len) == -1 ? errno : 0;
}

int
dialog_socket(const struct probe *p, const struct addr *to, uint16_t port, bool udp, int *fd)
{
	struct sockaddr_storage ss;
	socklen_t		len = addr_to_sockaddr(to, port, &ss);
	int			error;

	*fd = socket(ss.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd == -1)
		return errno;
	if (packet_way_apply(&p->engine->io->way, *fd) == -1)
		return errno;
	error = p->path != NULL ? path_take(*fd, p->path, to) : 0;
	if (error != 0)
		return error;
	return connect(*fd, (struct sockaddr *)&ss, len) == -1 && errno != EINPROGRESS ? errno : 0;
}
