/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control.c: see control.h. Clients are few and trusted: whoever may open the socket. */
#include "tests/fleet/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define CLIENTS_MAX 32
#define LINE_MAX    512

struct client {
	struct control *control;
	int		fd;
	struct loop_io *io;		/* NULL: free slot */
	char		line[LINE_MAX];
	size_t		len;
	struct buf	out;
	size_t		sent;
};

struct control {
	struct loop	   *loop;
	struct fleet_model *model;
	int		    fd;
	struct loop_io	   *io;
	char		   *path;
	struct client	    client[CLIENTS_MAX];
};

static int
socket_address(struct sockaddr_un *sa, const char *path)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (text_copy(sa->sun_path, sizeof(sa->sun_path), path) == 0)
		return 0;
	log_warnx("%s: too long for the path of a socket", path);
	return -1;
}

static void
client_close(struct client *c)
{
	if (c->io == NULL)
		return;
	loop_io_free(c->io);
	close(c->fd);
	buf_free(&c->out);
	memset(c, 0, sizeof(*c));
}

/* Send what waits. Closes the client when it is gone. */
static void
client_flush(struct client *c)
{
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			loop_io_events(c->io, LOOP_READ | LOOP_WRITE);
			return;
		}
		if (n == -1) {
			client_close(c);
			return;
		}
		c->sent += (size_t)n;
	}
	c->sent = c->out.len = 0;
	loop_io_events(c->io, LOOP_READ);
}

static void
client_command(struct client *c, const char *line)
{
	struct loop *l = c->control->loop;

	if (strcmp(line, "quit") == 0) {
		buf_text(&c->out, "ok\n");
		loop_stop(l, 0);
		return;
	}
	fleet_command(c->control->model, loop_mono_ns(l), line, &c->out);
}

/* Take whole lines off the buffer. @return false when a line is longer than any command */
static bool
client_take_lines(struct client *c)
{
	char *end;

	while ((end = memchr(c->line, '\n', c->len)) != NULL) {
		*end = '\0';
		if (end > c->line && end[-1] == '\r')
			end[-1] = '\0';
		client_command(c, c->line);
		c->len -= (size_t)(end + 1 - c->line);
		memmove(c->line, end + 1, c->len);
	}
	return c->len < sizeof(c->line);
}

static void
client_ready(void *arg, int events)
{
	struct client *c = arg;
	ssize_t	       n;

	if (events & LOOP_READ) {
		n = recv(c->fd, c->line + c->len, sizeof(c->line) - c->len, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			client_close(c);
			return;
		}
		c->len += (size_t)n;
		if (!client_take_lines(c)) {
			client_close(c);
			return;
		}
	}
	client_flush(c);
}

static void
control_accept(void *arg, int events)
{
	struct control *c = arg;
	struct client  *slot = c->client, *end = c->client + CLIENTS_MAX;
	int		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd == -1)
		return;
	while (slot < end && slot->io != NULL)
		slot++;
	if (slot == end) {
		close(fd);
		return;
	}
	slot->control = c;
	slot->fd = fd;
	slot->io = loop_io_new(c->loop, fd, LOOP_READ, client_ready, slot);
}

struct control *
control_new(struct loop *l, struct fleet_model *m, const char *path)
{
	struct control	  *c = xcalloc(1, sizeof(*c));
	struct sockaddr_un sa;

	c->loop = l;
	c->model = m;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd == -1 || socket_address(&sa, path) == -1) {
		control_free(c);
		return NULL;
	}
	unlink(path);
	if (bind(c->fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 || listen(c->fd, CLIENTS_MAX) == -1) {
		log_warn("%s", path);
		control_free(c);
		return NULL;
	}
	c->path = xstrdup(path);
	c->io = loop_io_new(l, c->fd, LOOP_READ, control_accept, c);
	return c;
}

void
control_free(struct control *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (c->client[i].io != NULL)
			client_flush(&c->client[i]);	/* the "ok" of "quit" */
		client_close(&c->client[i]);
	}
	loop_io_free(c->io);
	if (c->fd != -1)
		close(c->fd);
	if (c->path != NULL)
		unlink(c->path);
	free(c->path);
	free(c);
}

/* ---- client ---- */

/* Copy the answer up to its last line. @return 0 for "ok", 1 for an error, 3 when the fleet went away */
static int
answer_copy(FILE *f)
{
	char line[1024];

	while (fgets(line, sizeof(line), f) != NULL) {
		fputs(line, stdout);
		if (strcmp(line, "ok\n") == 0)
			return 0;
		if (strncmp(line, "error: ", 7) == 0)
			return 1;
	}
	log_warnx("the fleet closed the connection");
	return 3;
}

int
control_ask(const char *path, const char *command)
{
	struct sockaddr_un sa;
	int		   fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;
	FILE		  *f;

	if (fd == -1 || socket_address(&sa, path) == -1)
		return 1;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
		log_warn("%s", path);
		close(fd);
		return 3;
	}
	if (dprintf(fd, "%s\n", command) < 0 || (f = fdopen(fd, "r")) == NULL) {
		log_warn("%s", path);
		close(fd);
		return 3;
	}
	rc = answer_copy(f);
	fclose(f);
	return rc;
}
