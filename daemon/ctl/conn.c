/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conn.c: see conn.h. */
#include "ctl/conn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/js.h"

#define READ_AT_ONCE 65536

int
conn_open(struct conn *c, const char *path, int flags)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int		   error;

	*c = (struct conn){ .fd = -1 };
	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(a.sun_path, path);
	if ((c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) == -1)
		return -1;
	if (connect(c->fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return 0;
	error = errno;
	conn_close(c);
	errno = error;
	return -1;
}

void
conn_close(struct conn *c)
{
	if (c->fd != -1)
		close(c->fd);
	buf_free(&c->in);
	*c = (struct conn){ .fd = -1 };
}

int
conn_send(struct conn *c, const json_t *request)
{
	struct buf b = { 0 };
	size_t	   done = 0;
	ssize_t	   n = 0;

	js_line(&b, request);
	while (done < b.len && (n = send(c->fd, b.data + done, b.len - done, MSG_NOSIGNAL)) > 0)
		done += (size_t)n;
	buf_free(&b);
	return n > 0 ? 0 : -1;
}

int
conn_fill(struct conn *c)
{
	size_t	before = c->in.len;
	ssize_t n = recv(c->fd, buf_grow(&c->in, READ_AT_ONCE), READ_AT_ONCE, 0);

	c->in.len = before + (n > 0 ? (size_t)n : 0);
	return n > 0 || (n == -1 && (errno == EINTR || errno == EAGAIN)) ? 0 : -1;
}

bool
conn_line(struct conn *c, json_t **line)
{
	const uint8_t *end = c->in.len > 0 ? memchr(c->in.data, '\n', c->in.len) : NULL;
	size_t	       len;

	*line = NULL;
	if (end == NULL)
		return false;
	len = (size_t)(end + 1 - c->in.data);
	*line = json_loadb((const char *)c->in.data, len, 0, NULL);
	memmove(c->in.data, c->in.data + len, c->in.len - len);
	c->in.len -= len;
	return true;
}
