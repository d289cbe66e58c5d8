/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a service manager hears from us: the test is the manager, on a socket of its own. */
#include "base/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/tap.h"

struct manager {
	struct loop *loop;
	int	     fd;
	unsigned     watchdogs;
	char	     first[64];
};

static void
take(void *arg, int events)
{
	struct manager *m = arg;
	char		text[64] = "";

	(void)events;
	if (recv(m->fd, text, sizeof(text) - 1, 0) <= 0)
		return;
	if (m->first[0] == '\0')
		strcpy(m->first, text);
	m->watchdogs += strcmp(text, "WATCHDOG=1") == 0;
	if (m->watchdogs == 2)
		loop_stop(m->loop, 0);
}

/* In the abstract namespace, under a name that only this process can have. */
static int
socket_open(char *name, size_t size)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int		   fd = socket(AF_UNIX, SOCK_DGRAM, 0), n;
	socklen_t	   len;

	n = snprintf(name, size, "@simpul-notify-test-%d", (int)getpid());
	memcpy(sa.sun_path + 1, name + 1, (size_t)n - 1);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);
	if (bind(fd, (struct sockaddr *)&sa, len) == -1)
		fatal("bind");
	return fd;
}

int
main(void)
{
	struct manager m = { .loop = loop_new() };
	struct notify *n;
	struct loop_io *io;
	char	       name[64];

	log_quiet(true);
	unsetenv("NOTIFY_SOCKET");
	n = notify_new(m.loop);
	notify_send(n, "READY=1");
	notify_free(n);
	ok(true, "without a service manager nothing is sent");

	m.fd = socket_open(name, sizeof(name));
	io = loop_io_new(m.loop, m.fd, LOOP_READ, take, &m);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "20000", 1);
	n = notify_new(m.loop);
	notify_send(n, "READY=1");
	loop_run(m.loop);
	is_text(m.first, "READY=1", "READY=1 is the first word");
	is_i64(m.watchdogs, 2, "the watchdog is fed from the loop, again and again");
	notify_free(n);

	setenv("NOTIFY_SOCKET", "nonsense", 1);
	n = notify_new(m.loop);
	notify_send(n, "READY=1");
	notify_free(n);
	ok(true, "a name that is no socket's is said and left alone");
	loop_io_free(io);
	close(m.fd);
	loop_free(m.loop);
	return tap_done();
}
