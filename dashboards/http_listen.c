/* SPDX-License-Identifier: GPL-3.0-or-later */
/* http_listen.c: the listening socket (http.h). */
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "dashboards/http.h"

#define BACKLOG 256

int
http_listen(const char *address, uint16_t *port)
{
	struct sockaddr_storage ss;
	struct addr		a;
	socklen_t		len;
	int			fd, on = 1;

	if (addr_parse(&a, address) == -1) {
		log_warnx("web.listen must be an address such as 127.0.0.1 or ::, not \"%s\"", address);
		return -1;
	}
	len = addr_to_sockaddr(&a, *port, &ss);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&ss, len) == -1 || listen(fd, BACKLOG) == -1 ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) == -1) {
		log_warn("cannot listen at %s port %u", address, *port);
		if (fd != -1)
			close(fd);
		return -1;
	}
	addr_from_sockaddr(&a, port, (struct sockaddr *)&ss);
	return fd;
}
