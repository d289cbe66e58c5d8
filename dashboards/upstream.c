/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upstream.c: see upstream.h. At most ASKED_MAX questions are with the engine, which takes 32 of a client;
 * the rest wait here. The server's own questions, which keep every page young, go first, and some places are
 * for nobody else. Among visitors the next is who has the fewest with the engine, then who asked first, so
 * that one who asks much waits for itself. A question has a time limit, so that no browser waits for ever;
 * one that the engine has not answered by then is taken back from it, for the places are counted there, too.
 * What changes something (ack, record) is done all the same: the engine does that at once when it reads it.
 * What is still in the queue when its browser hangs up is never sent.
 */
#include "dashboards/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"

#include "base/cursor.h"
#include "base/log.h"
#include "base/text.h"
#include "ctl/js.h"

#define ASKED_MAX     24
#define VISITORS_MAX  20		/* of them; the mirror asks one at a time */
#define ASKED_OF_ONE  8
#define ANSWER_S      10
#define RETRY_MIN_NS  (200 * NS_PER_MS)
#define RETRY_MAX_NS  (5 * NS_PER_S)
#define LINE_MAX_IN   (4u << 20)
#define UNSENT_MAX    (1u << 20)	/* of an engine that does not read */
#define READ_CHUNK    65536
#define READS_AT_ONCE 16

struct question {
	int64_t		 id;
	int64_t		 due_ns;
	json_t		*request;	/* NULL: it is with the engine */
	const struct asker *who;	/* NULL: the server itself */
	upstream_fn	 cb;
	void		*arg;
	struct question *next;
};

struct upstream {
	struct loop	     *loop;
	const char	     *path;
	struct upstream_calls calls;
	int		      fd;
	struct loop_io	     *io;
	struct buf	      in, out;
	size_t		      scanned;
	struct loop_timer     retry, clock;
	int64_t		      retry_ns, connected_ns;
	int64_t		      next_id, subscription;
	bool		      greeted, away;	/* away: that was said */
	bool		      reading;
	const char	     *broken;		/* hang up when the reader is back */
	struct question	     *questions, **last;
	unsigned	      asked;			/* with the engine */
	struct share	      visitors;			/* the same of visitors, and what waits of them */
};

static void upstream_connect(void *arg);

/* ---- questions ---- */

/* It waits no more, or is with the engine no more. */
static void
question_uncount(struct upstream *u, const struct question *q)
{
	if (q->request == NULL)
		u->asked--;
	if (q->who == NULL)
		return;
	if (q->request == NULL) {
		u->visitors.asked--;
		q->who->share->asked--;
	} else {
		u->visitors.waiting--;
		q->who->share->waiting--;
	}
}

static void
question_done(struct upstream *u, struct question **at, const json_t *answer)
{
	struct question *q = *at;

	*at = q->next;
	if (u->last == &q->next)
		u->last = at;
	question_uncount(u, q);
	json_decref(q->request);
	q->cb(q->arg, answer);
	free(q);
}

static void
questions_fail(struct upstream *u)
{
	while (u->questions != NULL)
		question_done(u, &u->questions, NULL);
}

static void
flush_out(struct upstream *u)
{
	size_t	sent = 0;
	ssize_t n = 0;

	while (sent < u->out.len && (n = send(u->fd, u->out.data + sent, u->out.len - sent,
	    MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
		sent += (size_t)n;
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		u->broken = strerror(errno);
	u->out.len -= sent;
	if (sent > 0 && u->out.len > 0)
		memmove(u->out.data, u->out.data + sent, u->out.len);
	loop_io_events(u->io, LOOP_READ | (u->out.len > 0 ? LOOP_WRITE : 0));
}

/* Who is next? What nobody waits for any more is left to the clock. */
static struct question *
question_next(const struct upstream *u)
{
	struct question *q, *best = NULL;

	if (u->asked >= ASKED_MAX)
		return NULL;
	for (q = u->questions; q != NULL; q = q->next) {
		if (q->request == NULL)
			continue;
		if (q->who == NULL)
			return q;
		if (u->visitors.asked < VISITORS_MAX && q->who->share->asked < ASKED_OF_ONE &&
		    (best == NULL || q->who->share->asked < best->who->share->asked) &&
		    q->who->wanted(q->who))
			best = q;
	}
	return best;
}

/* Give the engine what it may have. */
static void
questions_send(struct upstream *u)
{
	struct question *q;

	if (u->fd == -1 || !u->greeted)
		return;
	while ((q = question_next(u)) != NULL) {
		json_object_set_new(q->request, "id", json_integer(q->id));
		js_line(&u->out, q->request);
		json_decref(q->request);
		q->request = NULL;
		u->asked++;
		if (q->who == NULL)
			continue;
		u->visitors.waiting--;
		u->visitors.asked++;
		q->who->share->waiting--;
		q->who->share->asked++;
	}
	flush_out(u);
}

static void
question_add(struct upstream *u, const struct asker *who, json_t *request, upstream_fn cb, void *arg)
{
	struct question *q;

	if (u->fd == -1 || !u->greeted) {
		json_decref(request);
		cb(arg, NULL);
		return;
	}
	q = xcalloc(1, sizeof(*q));
	q->id = ++u->next_id;
	q->due_ns = loop_mono_ns(u->loop) + ANSWER_S * NS_PER_S;
	q->request = request;
	q->who = who;
	q->cb = cb;
	q->arg = arg;
	*u->last = q;
	u->last = &q->next;
	if (who != NULL) {
		u->visitors.waiting++;
		who->share->waiting++;
	}
	questions_send(u);
}

void
upstream_ask(struct upstream *u, json_t *request, upstream_fn cb, void *arg)
{
	question_add(u, NULL, request, cb, arg);
}

void
upstream_ask_for(struct upstream *u, const struct asker *who, json_t *request, upstream_fn cb, void *arg)
{
	question_add(u, who, request, cb, arg);
}

bool
upstream_has_room(const struct upstream *u, const struct share *s, unsigned questions)
{
	return s->asked + s->waiting + questions <= OPEN_OF_ONE &&
	    u->visitors.waiting + questions <= WAITING_MAX;
}

unsigned
upstream_waiting(const struct upstream *u)
{
	return u->visitors.waiting;
}

/* The first that has waited long enough, or in vain. */
static struct question **
question_over(struct upstream *u, int64_t now)
{
	struct question **at;

	for (at = &u->questions; *at != NULL; at = &(*at)->next)
		if ((*at)->due_ns <= now ||
		    ((*at)->who != NULL && (*at)->request != NULL && !(*at)->who->wanted((*at)->who)))
			return at;
	return NULL;
}

/* The engine shall not work on it any more; what it still says to it is an answer to nothing. */
static void
take_back(struct upstream *u, int64_t id)
{
	json_t *request = json_pack("{s:I, s:s}", "id", (json_int_t)id, "op", "cancel");

	js_line(&u->out, request);
	json_decref(request);
}

/* Whoever hears that it is over may ask again or look here at once: so each time from the first on. */
static void
clock_tick(void *arg)
{
	struct upstream	 *u = arg;
	int64_t		  now = loop_mono_ns(u->loop);
	json_t		 *crowded = json_pack("{s:b, s:s}", "ok", 0, "code", "crowded");
	struct question **at;

	while ((at = question_over(u, now)) != NULL) {
		if ((*at)->request == NULL)
			take_back(u, (*at)->id);
		question_done(u, at, (*at)->request == NULL ? NULL : crowded);
	}
	json_decref(crowded);
	questions_send(u);
	loop_timer_set(u->loop, &u->clock, now + NS_PER_S, clock_tick, u);
	if (u->fd != -1 && !u->greeted && now - u->connected_ns > ANSWER_S * NS_PER_S)
		upstream_reset(u, "it does not answer");
	else if (u->out.len > UNSENT_MAX)
		upstream_reset(u, "it does not read");
}

/* ---- the connection ---- */

static void
hang_up(struct upstream *u, const char *why)
{
	bool was_up = u->greeted;

	loop_io_free(u->io);
	u->io = NULL;
	if (u->fd != -1)
		close(u->fd);
	u->fd = -1;
	u->greeted = false;
	u->broken = NULL;
	u->in.len = u->out.len = u->scanned = 0;
	if (!u->away)
		log_warnx("the engine at %s is away: %s; trying again", u->path, why);
	u->away = true;
	questions_fail(u);
	if (was_up)
		u->calls.down(u->calls.arg);
	loop_timer_set(u->loop, &u->retry, loop_mono_ns(u->loop) + u->retry_ns, upstream_connect, u);
	u->retry_ns = u->retry_ns * 2 < RETRY_MAX_NS ? u->retry_ns * 2 : RETRY_MAX_NS;
}

void
upstream_reset(struct upstream *u, const char *why)
{
	if (u->fd == -1)
		return;
	if (u->reading)
		u->broken = why;
	else
		hang_up(u, why);
}

static void
take_hello(struct upstream *u, const json_t *v)
{
	if (!json_is_true(json_object_get(v, "ok"))) {
		u->broken = "it does not take us: is this user root, the engine's or simpul-web?";
		return;
	}
	if (u->away)
		log_info("connected to the engine at %s", u->path);
	u->greeted = true;
	u->away = false;
	u->retry_ns = RETRY_MIN_NS;
	u->calls.up(u->calls.arg, v);
	questions_send(u);
}

static void
take_answer(struct upstream *u, const json_t *v)
{
	const json_t	 *id = json_object_get(v, "id");
	struct question **at;

	if (!json_is_integer(id)) {		/* a refusal of the connection as such */
		u->broken = "it refuses the connection";
		return;
	}
	for (at = &u->questions; *at != NULL; at = &(*at)->next)
		if ((*at)->request == NULL && (*at)->id == json_integer_value(id)) {
			question_done(u, at, v);
			break;
		}
	questions_send(u);
}

static void
take_line(struct upstream *u, const char *line, size_t len)
{
	json_t *v = json_loadb(line, len, 0, NULL);

	if (!json_is_object(v))
		u->broken = "it does not speak JSON";
	else if (!u->greeted)
		take_hello(u, v);
	else if (json_is_string(json_object_get(v, "ev")))
		u->calls.event(u->calls.arg, v);
	else if (json_integer_value(json_object_get(v, "id")) != u->subscription || u->subscription == 0)
		take_answer(u, v);
	else if (!json_is_true(json_object_get(v, "ok")))
		u->broken = "it refuses the subscription";
	json_decref(v);
}

/* Whole lines. */
static void
take_lines(struct upstream *u)
{
	const char *start = (const char *)u->in.data, *line = start, *end;
	size_t	    left = u->in.len;

	while (u->broken == NULL && left > u->scanned &&
	    (end = memchr(line + u->scanned, '\n', left - u->scanned)) != NULL) {
		take_line(u, line, (size_t)(end - line));
		left -= (size_t)(end + 1 - line);
		line = end + 1;
		u->scanned = 0;
	}
	if (left > 0 && line != start)
		memmove(u->in.data, line, left);
	u->in.len = u->scanned = left;
	if (left > LINE_MAX_IN)
		u->broken = "a line of it does not end";
}

static void
on_ready(void *arg, int events)
{
	struct upstream *u = arg;
	size_t		 before;
	ssize_t		 n = 1;
	unsigned	 reads;

	u->reading = true;
	if (events & LOOP_WRITE)
		flush_out(u);
	for (reads = 0; reads < READS_AT_ONCE && n > 0 && u->broken == NULL; reads++) {
		before = u->in.len;
		n = recv(u->fd, buf_grow(&u->in, READ_CHUNK), READ_CHUNK, MSG_DONTWAIT);
		u->in.len = before + (n > 0 ? (size_t)n : 0);
		if (n > 0)
			take_lines(u);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			u->broken = n == 0 ? "it has hung up" : strerror(errno);
	}
	u->reading = false;
	if (u->broken != NULL)
		hang_up(u, u->broken);
}

static int
socket_to(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int		   fd;

	if (text_copy(sa.sun_path, sizeof(sa.sun_path), path) == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
upstream_connect(void *arg)
{
	struct upstream *u = arg;
	json_t		*hello;

	u->fd = socket_to(u->path);
	if (u->fd == -1) {
		hang_up(u, strerror(errno));
		return;
	}
	u->io = loop_io_new(u->loop, u->fd, LOOP_READ, on_ready, u);
	u->subscription = 0;
	u->connected_ns = loop_mono_ns(u->loop);
	hello = json_pack("{s:i, s:s, s:i, s:s}", "id", 0, "op", "hello", "socket", 1, "client",
	    "simpul-web " PACKAGE_VERSION);
	js_line(&u->out, hello);
	json_decref(hello);
	flush_out(u);
}

struct upstream *
upstream_new(struct loop *l, const char *path, const struct upstream_calls *calls)
{
	struct upstream *u = xcalloc(1, sizeof(*u));

	u->loop = l;
	u->path = path;
	u->calls = *calls;
	u->fd = -1;
	u->last = &u->questions;
	u->retry_ns = RETRY_MIN_NS;
	loop_timer_set(l, &u->retry, 0, upstream_connect, u);
	clock_tick(u);
	return u;
}

void
upstream_free(struct upstream *u)
{
	if (u == NULL)
		return;
	loop_timer_cancel(u->loop, &u->retry);
	loop_timer_cancel(u->loop, &u->clock);
	u->greeted = false;
	questions_fail(u);
	loop_io_free(u->io);
	if (u->fd != -1)
		close(u->fd);
	buf_free(&u->in);
	buf_free(&u->out);
	free(u);
}

void
upstream_subscribe(struct upstream *u, int64_t after)
{
	json_t *request;

	if (u->fd == -1)
		return;
	u->subscription = ++u->next_id;
	request = json_pack("{s:I, s:s, s:I}", "id", (json_int_t)u->subscription, "op", "subscribe", "after",
	    (json_int_t)after);
	js_line(&u->out, request);
	json_decref(request);
	flush_out(u);
}

bool
upstream_is_up(const struct upstream *u)
{
	return u->greeted;
}
