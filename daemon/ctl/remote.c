/* SPDX-License-Identifier: GPL-3.0-or-later */
/* remote.c: a blocking connection: one request, then its answer. */
#include "ctl/remote.h"

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/conn.h"
#include "ctl/term.h"

#define TIMEOUT_S 10
#define PAGE	  500

struct remote {
	struct conn conn;
	char	   *path;
	int64_t	    last_id;
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
		complain_hint("is it running? systemctl status simpuld, or ./quickstart in the clone");
		complain_hint("is its socket elsewhere? --socket PATH, or SIMPUL_SOCKET=PATH");
	}
	return EXIT_UNREACHABLE;
}

enum exit_code
remote_open(const char *path, struct remote **out)
{
	struct remote *r;
	struct conn    conn;
	enum exit_code rc;
	json_t	      *answer;

	*out = NULL;
	if (conn_open(&conn, path, 0) == -1)
		return unreachable(path);
	r = xcalloc(1, sizeof(*r));
	r->conn = conn;
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
	conn_close(&r->conn);
	free(r->path);
	free(r);
}

static enum exit_code
hung_up(const struct remote *r)
{
	complain("the engine at %s has hung up; its log says why", r->path);
	return EXIT_UNREACHABLE;
}

static enum exit_code
read_more(struct remote *r, int timeout_s)
{
	struct pollfd p = { .fd = r->conn.fd, .events = POLLIN };

	if (poll(&p, 1, timeout_s > 0 ? timeout_s * 1000 : -1) == 0) {
		complain("no answer from the engine at %s for %d s", r->path, timeout_s);
		return EXIT_TIMED_OUT;
	}
	return conn_fill(&r->conn) == 0 ? EXIT_DONE : hung_up(r);
}

enum exit_code
remote_next(struct remote *r, int timeout_s, json_t **line)
{
	enum exit_code rc;

	while (!conn_line(&r->conn, line))
		if ((rc = read_more(r, timeout_s)) != EXIT_DONE)
			return rc;
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
remote_judge(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "ok")) ? EXIT_DONE : refused(answer);
}

enum exit_code
remote_post(struct remote *r, json_t *request, int64_t *id)
{
	enum exit_code rc;

	*id = ++r->last_id;
	json_object_set_new(request, "id", json_integer(*id));
	rc = conn_send(&r->conn, request) == 0 ? EXIT_DONE : hung_up(r);
	json_decref(request);
	return rc;
}

enum exit_code
remote_ask(struct remote *r, json_t *request, int timeout_s, json_t **answer)
{
	int64_t	       id;
	enum exit_code rc = remote_post(r, request, &id);

	*answer = NULL;
	if (rc == EXIT_DONE)
		rc = remote_next(r, timeout_s, answer);
	return rc == EXIT_DONE ? remote_judge(*answer) : rc;
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
