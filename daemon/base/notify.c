/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notify.c: the protocol of sd_notify(3): one datagram per state to the Unix socket named by NOTIFY_SOCKET.
 * The watchdog is fed by a timer of the loop, so a loop that hangs is a service that systemd restarts.
 */
#include "base/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

struct notify {
	struct loop	 *loop;
	struct loop_timer timer;
	int64_t		  watchdog_ns;	/* half of what the manager allows; 0 = none */
	int		  fd;		/* -1: nobody to tell */
};

/* A name that starts with '@' is in the abstract namespace. @return connected socket or -1 */
static int
notify_connect(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	socklen_t	   len;
	int		   fd;

	if ((name[0] != '/' && name[0] != '@') || text_copy(sa.sun_path, sizeof(sa.sun_path), name) == -1) {
		log_warnx("NOTIFY_SOCKET is not a socket's name: nobody is told when the engine is up");
		return -1;
	}
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (name[0] == '@')
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sa, len) == -1) {
		log_warn("cannot reach the service manager at %s", name);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

struct notify *
notify_new(struct loop *l)
{
	struct notify *n = xcalloc(1, sizeof(*n));
	const char    *name = getenv("NOTIFY_SOCKET"), *usec = getenv("WATCHDOG_USEC");
	int64_t	       us;

	n->loop = l;
	n->fd = name != NULL && name[0] != '\0' ? notify_connect(name) : -1;
	if (n->fd != -1 && usec != NULL && text_to_i64(usec, 1, INT64_MAX / NS_PER_US, &us) == 0)
		n->watchdog_ns = us * NS_PER_US / 2;
	return n;
}

static void
watchdog_feed(void *arg)
{
	struct notify *n = arg;

	notify_send(n, "WATCHDOG=1");
	loop_timer_set(n->loop, &n->timer, loop_mono_ns(n->loop) + n->watchdog_ns, watchdog_feed, n);
}

void
notify_send(struct notify *n, const char *state)
{
	if (n->fd == -1)
		return;
	if (send(n->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		log_debug("proc", "the service manager does not listen");
	if (n->watchdog_ns > 0 && !loop_timer_is_set(&n->timer) && strcmp(state, "READY=1") == 0)
		watchdog_feed(n);
}

void
notify_free(struct notify *n)
{
	if (n == NULL)
		return;
	loop_timer_cancel(n->loop, &n->timer);
	if (n->fd != -1)
		close(n->fd);
	free(n);
}
