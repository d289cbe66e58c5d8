/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket.c: the connections of the control socket: lines in, lines out (client.h).
 *
 * Backpressure comes first: while a client has OUT_SOFT bytes to fetch, none of its further requests is
 * looked at and no event is read for it from the ledger, so a slow reader costs a bounded amount of memory
 * and no time. Only answers to requests that are under way can still pile up; a client more than OUT_MAX
 * behind is dropped.
 */
#include "ctl/ctl.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/js.h"

#define READ_CHUNK (64 * 1024)

static void client_settle(struct client *cl);

/* ---- out ---- */

static void
client_flush(struct client *cl)
{
	ssize_t n;

	while (cl->sent < cl->out.len) {
		n = send(cl->fd, cl->out.data + cl->sent, cl->out.len - cl->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0) {
			cl->dead = n == 0 || (errno != EAGAIN && errno != EINTR);
			break;
		}
		cl->sent += (size_t)n;
	}
	if (cl->sent == cl->out.len || cl->sent > OUT_SOFT) {
		memmove(cl->out.data, cl->out.data + cl->sent, cl->out.len - cl->sent);
		cl->out.len -= cl->sent;
		cl->sent = 0;
	}
}

void
client_send(struct client *cl, json_t *line)
{
	if (!cl->dead) {
		js_line(&cl->out, line);
		client_flush(cl);
	}
	if (!cl->dead && cl->out.len - cl->sent > OUT_MAX) {
		log_warnx("control socket: uid %u reads too slowly: dropped", (unsigned)cl->uid);
		cl->dead = true;
	}
	json_decref(line);
}

bool
client_is_full(const struct client *cl)
{
	return cl->dead || cl->out.len - cl->sent > OUT_SOFT;
}

void
client_answer(struct client *cl, int64_t id, json_t *members)
{
	json_t *line = json_pack("{s:I, s:b}", "id", (json_int_t)id, "ok", 1);

	/* "id" is the request's, whatever the members are called */
	json_object_update_missing(line, members);
	json_decref(members);
	client_send(cl, line);
}

void
client_refuse_with(struct client *cl, int64_t id, const char *code, json_t *members, const char *fmt, ...)
{
	json_t *line = json_object();
	char	error[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, sizeof(error), fmt, ap);
	va_end(ap);
	json_object_set_new(line, "id", id >= 0 ? json_integer(id) : json_null());
	json_object_set_new(line, "ok", json_false());
	json_object_set_new(line, "code", json_string(code));
	json_object_set_new(line, "error", js_text(error));
	if (members != NULL)
		json_object_update(line, members);
	json_decref(members);
	client_send(cl, line);
}

/* ---- calls ---- */

void
call_open(struct call *c, struct client *cl, int64_t id)
{
	c->client = cl;
	c->id = id;
	c->next = cl->calls;
	cl->calls = c;
	cl->ncalls++;
}

struct call *
call_find(const struct client *cl, int64_t id)
{
	struct call *c;

	for (c = cl->calls; c != NULL && c->id != id; c = c->next)
		;
	return c;
}

/* Out of its client, and freed. */
static void
call_drop(struct call *c)
{
	struct call **at;

	for (at = &c->client->calls; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	c->client->ncalls--;
	c->free(c);
}

void
call_end(struct call *c)
{
	struct client *cl = c->client;

	call_drop(c);
	client_settle(cl);
}

static void
pump_all(struct client *cl)
{
	struct call *c;

	for (c = cl->calls; c != NULL; c = c->next)
		if (c->pump != NULL)
			c->pump(c);
}

/* ---- in ---- */

static void
take_line(struct client *cl, const char *line, size_t len)
{
	char		    why[REQUEST_WHY_MAX];
	struct request	    r;
	enum request_result result = request_parse(&r, line, len, why);

	if (result == REQUEST_OK)
		op_run(cl, &r);
	else
		client_refuse(cl, r.id, "bad_request", "%s", why);
	cl->closing = cl->closing || result == REQUEST_NOT_JSON;
	request_fini(&r);
}

static void
refuse_long_line(struct client *cl)
{
	client_refuse(cl, -1, "too_large", "a line may have %d bytes", REQUEST_LINE_MAX);
	cl->closing = true;
}

/* Requests that have arrived wholly, as long as the client fetches its answers. */
static void
take_lines(struct client *cl)
{
	const char *start = (const char *)cl->in.data, *line = start, *end;
	size_t	    left = cl->in.len;

	while (!client_is_full(cl) && !cl->closing && cl->scanned < left) {
		end = memchr(line + cl->scanned, '\n', left - cl->scanned);
		cl->scanned = end != NULL ? (size_t)(end - line) : left;
		if (cl->scanned > REQUEST_LINE_MAX)
			refuse_long_line(cl);
		if (end == NULL)
			break;
		if (!cl->closing)
			take_line(cl, line, cl->scanned);
		left -= cl->scanned + 1;
		line = end + 1;
		cl->scanned = 0;
	}
	if (line != start)
		memmove(cl->in.data, line, left);
	cl->in.len = left;
}

/* After the end of its data: has it only stopped sending, or closed altogether? */
static bool
peer_is_gone(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

static void
client_read(struct client *cl)
{
	size_t	 before = cl->in.len;
	uint8_t *room = buf_grow(&cl->in, READ_CHUNK);
	ssize_t	 n = recv(cl->fd, room, READ_CHUNK, MSG_DONTWAIT);

	cl->in.len = before + (n > 0 ? (size_t)n : 0);
	if (n == 0) {
		cl->eof = true;
		cl->dead = peer_is_gone(cl->fd);
	} else if (n == -1 && errno != EAGAIN && errno != EINTR) {
		cl->dead = true;
	}
}

/* ---- connections ---- */

static void
client_free(struct client *cl)
{
	while (cl->calls != NULL)
		call_drop(cl->calls);
	if (cl->prev != NULL)
		cl->prev->next = cl->next;
	else
		cl->ctl->clients = cl->next;
	if (cl->next != NULL)
		cl->next->prev = cl->prev;
	cl->ctl->nclients--;
	loop_io_free(cl->io);
	close(cl->fd);
	buf_free(&cl->in);
	buf_free(&cl->out);
	free(cl);
}

/* Subscriptions have no end of their own: a client that sends no more cannot cancel them either. */
static bool
waits_for_answers(const struct client *cl)
{
	const struct call *c;

	for (c = cl->calls; c != NULL; c = c->next)
		if (c->pump == NULL)
			return true;
	return false;
}

/* After anything has happened: go on, wait for the right thing, or go. May free the client. */
static void
client_settle(struct client *cl)
{
	bool empty;

	if (cl->settling)
		return;
	cl->settling = true;
	take_lines(cl);
	pump_all(cl);
	cl->settling = false;
	empty = cl->out.len == cl->sent;
	if (cl->dead || (empty && (cl->closing || (cl->eof && !waits_for_answers(cl))))) {
		client_free(cl);
		return;
	}
	loop_io_events(cl->io, (empty ? 0 : LOOP_WRITE) |
	    (cl->eof || cl->closing || client_is_full(cl) ? 0 : LOOP_READ));
}

static void
client_ready(void *arg, int events)
{
	struct client *cl = arg;

	if (events & LOOP_WRITE)
		client_flush(cl);
	if (events & LOOP_READ)
		client_read(cl);
	client_settle(cl);
}

static struct client *
client_new(struct ctl *t, int fd)
{
	struct client *cl = xcalloc(1, sizeof(*cl));
	struct peer    peer;

	cl->ctl = t;
	cl->fd = fd;
	cl->uid = (uid_t)-1;
	if (peer_of(fd, &peer) == 0) {
		cl->uid = peer.uid;
		cl->role = peer_role(&peer, &t->ids);
		cl->speaks_for_others = peer_may_speak_as(&peer, &t->ids);
	}
	cl->next = t->clients;
	if (t->clients != NULL)
		t->clients->prev = cl;
	t->clients = cl;
	t->nclients++;
	cl->io = loop_io_new(t->loop, fd, LOOP_READ, client_ready, cl);
	return cl;
}

static void
ctl_accept(void *arg, int events)
{
	struct ctl    *t = arg;
	struct client *cl;
	uint32_t       left_out;
	int	       fd = accept4(t->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd == -1) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR &&
		    log_limit_pass(&t->refused, loop_mono_ns(t->loop), &left_out))
			log_warn("control socket: cannot accept (%u more not shown)", left_out);
		return;
	}
	cl = client_new(t, fd);
	if (t->nclients > CLIENTS_MAX) {
		client_refuse(cl, -1, "busy", "%d connections are open, which is all that may be",
		    CLIENTS_MAX);
		cl->closing = true;
		client_settle(cl);
	}
}

struct ctl *
ctl_new(struct core *core, struct loop *l, int listen_fd, bool gave_up_root)
{
	struct ctl *t = xcalloc(1, sizeof(*t));

	t->core = core;
	t->loop = l;
	t->listen_fd = listen_fd;
	peer_ids_load(&t->ids, gave_up_root);
	if (listen_fd != -1)
		t->io = loop_io_new(l, listen_fd, LOOP_READ, ctl_accept, t);
	return t;
}

void
ctl_publish_pid(struct ctl *t, pid_t pid)
{
	peer_ids_publish(&t->ids, pid);
}

void
ctl_free(struct ctl *t)
{
	if (t == NULL)
		return;
	while (t->clients != NULL)
		client_free(t->clients);
	refusals_flush(&t->refusals);
	records_flush(&t->records);
	loop_io_free(t->io);
	if (t->listen_fd != -1)
		close(t->listen_fd);
	free(t);
}

void
ctl_event(struct ctl *t)
{
	struct client *cl, *next;

	/* A request that is taken up here may commit, too: not from inside, where clients may go. */
	t->more_events = true;
	if (t->telling)
		return;
	t->telling = true;
	while (t->more_events) {
		t->more_events = false;
		for (cl = t->clients; cl != NULL; cl = next) {
			next = cl->next;
			client_settle(cl);
		}
	}
	t->telling = false;
}
