/* SPDX-License-Identifier: GPL-3.0-or-later */
/* remote.c: a blocking connection: one request, then its answer. */
#include "ctl/remote.h"

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/js.h"
#include "ctl/term.h"

#define TIMEOUT_S 10
#define PAGE	  500

struct remote {
	int	   fd;
	char	  *path;
	struct buf in;
	int64_t	   last_id;
};

static enum exit_code
unreachable(const char *path)
{
	int error = errno;

	complain("cannot reach the engine at %s: %s", path, strerror(error));
	if (error == EACCES || error == EPERM) {
		complain_hint("that socket is for root and the group simpul: use sudo, or join the group and "
		    "log in again");
	} else {
		complain_hint("is it running? systemctl status simpul, or ./quickstart in the clone");
		complain_hint("is its socket elsewhere? --socket PATH, or SIMPUL_SOCKET=PATH");
	}
	return EXIT_UNREACHABLE;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int		   fd;

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(a.sun_path, path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

enum exit_code
remote_open(const char *path, struct remote **out)
{
	struct remote *r;
	enum exit_code rc;
	json_t	      *answer;
	int	       fd = connect_to(path);

	*out = NULL;
	if (fd == -1)
		return unreachable(path);
	r = xcalloc(1, sizeof(*r));
	r->fd = fd;
	r->path = xstrdup(path);
	rc = remote_ask(r, json_pack("{s:s, s:i, s:s}", "op", "hello", "socket", 1, "client",
	    "simpulctl " PACKAGE_VERSION), TIMEOUT_S, &answer);
	json_decref(answer);
	if (rc == EXIT_DONE)
		*out = r;
	else
		remote_close(r);
	return rc;
}

void
remote_close(struct remote *r)
{
	if (r == NULL)
		return;
	close(r->fd);
	free(r->path);
	buf_free(&r->in);
	free(r);
}

static enum exit_code
hung_up(const struct remote *r)
{
	complain("the engine at %s has hung up; its log says why", r->path);
	return EXIT_UNREACHABLE;
}

static enum exit_code
send_line(struct remote *r, const json_t *request)
{
	struct buf b = { 0 };
	size_t	   done = 0;
	ssize_t	   n = 0;

	js_line(&b, request);
	while (done < b.len && (n = send(r->fd, b.data + done, b.len - done, MSG_NOSIGNAL)) > 0)
		done += (size_t)n;
	buf_free(&b);
	return n > 0 ? EXIT_DONE : hung_up(r);
}

/* Bytes up to the end of a line that is there, or 0. */
static size_t
line_length(const struct remote *r)
{
	const uint8_t *end = r->in.len > 0 ? memchr(r->in.data, '\n', r->in.len) : NULL;

	return end != NULL ? (size_t)(end + 1 - r->in.data) : 0;
}

static enum exit_code
read_more(struct remote *r, int timeout_s)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	size_t	      before = r->in.len;
	ssize_t	      n;

	if (poll(&p, 1, timeout_s > 0 ? timeout_s * 1000 : -1) == 0) {
		complain("no answer from the engine at %s for %d s", r->path, timeout_s);
		return EXIT_TIMED_OUT;
	}
	n = recv(r->fd, buf_grow(&r->in, 65536), 65536, 0);
	r->in.len = before + (n > 0 ? (size_t)n : 0);
	return n > 0 || (n == -1 && errno == EINTR) ? EXIT_DONE : hung_up(r);
}

enum exit_code
remote_next(struct remote *r, int timeout_s, json_t **line)
{
	enum exit_code rc;
	size_t	       len;

	*line = NULL;
	while ((len = line_length(r)) == 0)
		if ((rc = read_more(r, timeout_s)) != EXIT_DONE)
			return rc;
	*line = json_loadb((const char *)r->in.data, len, 0, NULL);
	memmove(r->in.data, r->in.data + len, r->in.len - len);
	r->in.len -= len;
	if (*line != NULL)
		return EXIT_DONE;
	complain("%s does not speak JSON: is it the engine's socket?", r->path);
	return EXIT_FAILED;
}

/* Say what the engine said, and turn its code into ours. */
static enum exit_code
refused(const json_t *answer)
{
	static const struct { const char *code; enum exit_code exit; } codes[] = {
		{ "not_found", EXIT_NOT_FOUND }, { "forbidden", EXIT_REFUSED }, { "conflict", EXIT_REFUSED },
	};
	const char *code = json_string_value(json_object_get(answer, "code"));
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *nearest = json_string_value(json_object_get(answer, "nearest"));
	size_t	    i;

	if (nearest != NULL)
		complain("%s; did you mean %s?", error != NULL ? error : "not found", nearest);
	else
		complain("%s", error != NULL ? error : "the engine refused without saying why");
	for (i = 0; code != NULL && i < nitems(codes); i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].exit;
	return EXIT_FAILED;
}

enum exit_code
remote_ask(struct remote *r, json_t *request, int timeout_s, json_t **answer)
{
	enum exit_code rc;

	*answer = NULL;
	json_object_set_new(request, "id", json_integer(++r->last_id));
	rc = send_line(r, request);
	json_decref(request);
	if (rc == EXIT_DONE)
		rc = remote_next(r, timeout_s, answer);
	if (rc == EXIT_DONE && !json_is_true(json_object_get(*answer, "ok")))
		rc = refused(*answer);
	return rc;
}

enum exit_code
remote_list(struct remote *r, json_t *request, json_t **items)
{
	enum exit_code rc;
	json_t	      *page, *next = json_null();

	*items = json_array();
	json_object_set_new(request, "limit", json_integer(PAGE));
	do {
		json_object_set(request, "cursor", next);
		rc = remote_ask(r, json_copy(request), TIMEOUT_S, &page);
		json_array_extend(*items, json_object_get(page, "items"));
		json_decref(next);
		next = json_incref(json_object_get(page, "next"));
		json_decref(page);
	} while (rc == EXIT_DONE && json_is_string(next));
	json_decref(next);
	json_decref(request);
	return rc;
}
