/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.c: the only <event2/http.h>.
 *
 * Bytes that TLS has decrypted pass through the gate as they arrive, in a callback of the input buffer: what
 * is not a whole and unambiguous head is taken out of the buffer again before the library reads it. When the
 * gate refuses, the library gets one plain request in its place, which is answered with the refusal, and
 * nothing more. So the library never meets a byte that it could misread, and its own error pages are never
 * seen.
 *
 * Time limits are kept by a timer of each connection, which shuts the socket down; the library then finds
 * the end of the connection and cleans up. Nothing here frees a connection of the library's. Its own clock
 * is not used: it would end every stream whose reader, as readers do, says nothing for a while.
 */
#include "dashboards/http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "dashboards/gate.h"
#include "dashboards/tls.h"

#define HEAD_S	   10		/* from its first byte; the handshake of a new connection, too */
#define REQUEST_S  15
#define IDLE_S	   60
#define ANSWER_S   60		/* to fetch an answer */
#define INPUT_MAX  (GATE_BODY_MAX + 65536)
#define UNSENT_MAX (1024 * 1024)	/* of a connection, in the kernel; a batch of thousands of lines */

struct http {
	struct loop		*loop;
	struct tls		*tls;
	struct evhttp		*ev;
	struct evconnlistener	*listener;
	struct http_settings	 set;
	void		       (*fn)(void *, struct exchange *);
	void			*arg;
	struct conn		*conns;
	struct http_counts	 counts;
	struct log_limit	 refused_limit;
	bool			 paused, closing;
};

struct conn {
	struct http	   *http;
	struct bufferevent *bev;
	struct gate	    gate;
	struct addr	    address, place;
	struct loop_timer   timer;
	int64_t		    started_ns;		/* first byte of the request that comes in; 0: between two */
	bool		    checked;		/* its place is counted */
	bool		    gating, answering;
	struct exchange	   *exchange;
	struct http_stream *stream;
	struct conn	   *next, *prev;
};

struct http_stream {
	struct conn	      *conn;
	struct evhttp_request *ev;
	void		     (*closed)(void *);		/* NULL: nobody asks any more */
	void		      *arg;
	bool		       ended;			/* the request is the library's again */
};

/* ---- connections ---- */

static void
conn_end(struct conn *c)
{
	shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
}

static void
conn_timed_out(void *arg)
{
	struct conn *c = arg;

	c->http->counts.timed_out++;
	conn_end(c);
}

/* What is waited for now decides how long. */
static void
conn_arm(struct conn *c)
{
	struct loop *l = c->http->loop;
	int64_t	     now = loop_mono_ns(l);

	if (c->stream != NULL || c->exchange != NULL)
		loop_timer_cancel(l, &c->timer);
	else if (c->answering)
		loop_timer_set(l, &c->timer, now + ANSWER_S * NS_PER_S, conn_timed_out, c);
	else if (c->started_ns == 0)
		loop_timer_set(l, &c->timer, now + IDLE_S * NS_PER_S, conn_timed_out, c);
	else
		loop_timer_set(l, &c->timer,
		    c->started_ns + (gate_is_in_head(&c->gate) ? HEAD_S : REQUEST_S) * NS_PER_S,
		    conn_timed_out, c);
}

static unsigned
conns_of(const struct http *h, const struct addr *place)
{
	const struct conn *c;
	unsigned	   n = 0;

	for (c = h->conns; c != NULL; c = c->next)
		n += c->checked && addr_equal(&c->place, place);
	return n;
}

static void
refuse_place(struct http *h, const struct addr *place)
{
	char	 text[ADDR_TEXT_MAX];
	uint32_t left_out;

	h->counts.refused_address++;
	if (log_limit_pass(&h->refused_limit, loop_mono_ns(h->loop), &left_out))
		log_warnx("%s%s has %u connections, all that web.max_per_address allows: one more was closed "
		    "(since this was said last: %u, of any place)", addr_text(place, text),
		    place->family == 6 ? "/64" : "", h->set.max_per_address, left_out);
}

/* First thing in a connection's life: whose is it? Only now it has its socket. */
static void
conn_check(void *arg)
{
	struct conn	       *c = arg;
	struct http	       *h = c->http;
	struct sockaddr_storage ss;
	socklen_t		len = sizeof(ss);
	uint16_t		port;
	int			on = 1, unsent = UNSENT_MAX;

	/* An answer is a head and a body: the second must not wait until the first is confirmed. */
	setsockopt(bufferevent_getfd(c->bev), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* What is not read shall wait with us, where it is counted: the kernel would take 4 MiB of it. */
	setsockopt(bufferevent_getfd(c->bev), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	if (getpeername(bufferevent_getfd(c->bev), (struct sockaddr *)&ss, &len) == -1) {
		conn_end(c);
		return;
	}
	addr_from_sockaddr(&c->address, &port, (struct sockaddr *)&ss);
	addr_unmap(&c->address);	/* "::" takes IPv4, too: its hosts are as many, and as local */
	c->place = addr_place(&c->address);
	if (conns_of(h, &c->place) >= h->set.max_per_address) {
		refuse_place(h, &c->place);
		conn_end(c);
		return;
	}
	c->checked = true;
	loop_timer_set(h->loop, &c->timer, loop_mono_ns(h->loop) + HEAD_S * NS_PER_S, conn_timed_out, c);
}

/* The bytes that have just come go through the gate; the ones before them have. */
static void
gate_input(struct conn *c, struct evbuffer *in, size_t added)
{
	static const char stand_in[] = "GET / HTTP/1.1\r\nHost: -\r\nConnection: close\r\n\r\n";
	struct evbuffer	 *passed = evbuffer_new();
	struct buf	  out = { 0 };
	uint8_t		 *fresh = xcalloc(added, 1);
	bool		  refused = c->gate.refused != 0, good;

	good = passed != NULL && evbuffer_remove_buffer(in, passed, evbuffer_get_length(in) - added) >= 0 &&
	    evbuffer_remove(in, fresh, added) == (int)added;
	gate_feed(&c->gate, fresh, added, &out);
	if (!refused && c->gate.refused != 0) {
		c->http->counts.refused_gate++;
		log_debug("http", "refused: %s", c->gate.why);
		buf_bytes(&out, stand_in, sizeof(stand_in) - 1);
	}
	if (!good || evbuffer_add_buffer(in, passed) == -1 ||
	    (out.len > 0 && evbuffer_add(in, out.data, out.len) == -1))
		fatalx("out of memory");
	free(fresh);
	buf_free(&out);
	evbuffer_free(passed);
}

static void
on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct conn *c = arg;

	if (info->n_added == 0 || c->gating)
		return;
	c->gating = true;
	gate_input(c, in, info->n_added);
	c->gating = false;
	if (evbuffer_get_length(in) > INPUT_MAX)
		conn_end(c);
	if (gate_is_between(&c->gate))
		c->started_ns = 0;
	else if (c->started_ns == 0)
		c->started_ns = loop_mono_ns(c->http->loop);
	if (c->checked)
		conn_arm(c);
}

static struct bufferevent *
on_connection(struct event_base *base, void *arg)
{
	struct http *h = arg;
	struct conn *c = xcalloc(1, sizeof(*c));

	c->http = h;
	c->bev = tls_accept(h->tls, base, c);
	if (evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c) == NULL)
		fatalx("out of memory");
	c->next = h->conns;
	if (h->conns != NULL)
		h->conns->prev = c;
	h->conns = c;
	h->counts.connections++;
	if (++h->counts.open >= h->set.max_connections && !h->paused) {
		h->paused = true;
		evconnlistener_disable(h->listener);
	}
	loop_timer_set(h->loop, &c->timer, 0, conn_check, c);
	return c->bev;
}

/* Its request belongs to nobody any more: the library has left it to us. */
static void
stream_gone(struct http_stream *s)
{
	if (s->closed != NULL)
		s->closed(s->arg);
	if (!s->ended && !s->conn->http->closing)
		evhttp_send_reply_end(s->ev);
	s->conn->http->counts.streams--;
	free(s);
}

void
http_conn_gone(void *arg)
{
	struct conn *c = arg;
	struct http *h = c->http;

	loop_timer_cancel(h->loop, &c->timer);
	if (c->exchange != NULL)
		c->exchange->conn = NULL;
	if (c->stream != NULL)
		stream_gone(c->stream);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		h->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	h->counts.open--;
	if (h->paused && !h->closing) {
		h->paused = false;
		evconnlistener_enable(h->listener);
	}
	gate_fini(&c->gate);
	free(c);
}

/* ---- exchanges ---- */

static const char *
method_name(enum evhttp_cmd_type type)
{
	switch (type) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_HEAD:
		return "GET";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_PATCH:
		return "PATCH";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	default:
		return "OPTIONS";
	}
}

static void
on_complete(struct evhttp_request *ev, void *arg)
{
	struct conn *c = arg;

	(void)ev;
	c->answering = false;
	if (c->stream != NULL) {	/* ended by http_stream_end() */
		c->http->counts.streams--;
		free(c->stream);
		c->stream = NULL;
	}
	conn_arm(c);
}

static bool
is_local(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return (a->family == 4 && a->byte[0] == 127) || (a->family == 6 && memcmp(a->byte, one, 16) == 0);
}

static void
on_request(struct evhttp_request *ev, void *arg)
{
	struct http	*h = arg;
	struct exchange *x = xcalloc(1, sizeof(*x));
	struct evbuffer *body = evhttp_request_get_input_buffer(ev);
	char		*query;

	h->counts.requests++;
	x->ev = ev;
	x->conn = tls_owner(h->tls, evhttp_connection_get_bufferevent(evhttp_request_get_connection(ev)));
	x->conn->exchange = x;
	conn_arm(x->conn);
	evhttp_request_set_on_complete_cb(ev, on_complete, x->conn);
	x->refused = x->conn->gate.refused;
	x->method = method_name(evhttp_request_get_command(ev));
	x->head = evhttp_request_get_command(ev) == EVHTTP_REQ_HEAD;
	addr_text(&x->conn->address, x->address);
	x->place = x->conn->place;
	x->local = is_local(&x->conn->address);
	x->target = xstrdup(evhttp_request_get_uri(ev));
	x->path = x->target;
	x->query = "";
	if ((query = strchr(x->target, '?')) != NULL) {
		*query = '\0';
		x->query = query + 1;
	}
	x->body_len = evbuffer_get_length(body);
	x->body = x->body_len > 0 ? evbuffer_pullup(body, -1) : (const uint8_t *)"";
	h->fn(h->arg, x);
}

const char *
http_header(const struct exchange *x, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(x->ev), name);
}

void
http_set(struct exchange *x, const char *name, const char *value)
{
	if (evhttp_add_header(evhttp_request_get_output_headers(x->ev), name, value) == -1)
		log_debug("http", "a header that cannot be sent: %s", name);
}

static const char *
reason(int status)
{
	static const struct { int status; const char *words; } reasons[] = {
		{ 200, "OK" }, { 204, "No Content" }, { 304, "Not Modified" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 411, "Length Required" },
		{ 413, "Content Too Large" }, { 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" }, { 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" }, { 501, "Not Implemented" },
		{ 503, "Service Unavailable" }, { 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < nitems(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].words;
	return status < 500 ? "Refused" : "Internal Server Error";
}

static void
exchange_free(struct exchange *x)
{
	if (x->conn != NULL)
		x->conn->exchange = NULL;
	free(x->target);
	free(x);
}

/* @param body  taken */
static void
answer(struct exchange *x, int status, const char *type, struct evbuffer *body)
{
	char	     length[24];
	struct conn *c = x->conn;
	struct evhttp_request *ev = x->ev;

	if (type != NULL)
		http_set(x, "Content-Type", type);
	if (status != 204 && status != 304) {
		snprintf(length, sizeof(length), "%zu", evbuffer_get_length(body));
		http_set(x, "Content-Length", length);
	}
	if (x->head)
		evbuffer_drain(body, evbuffer_get_length(body));
	exchange_free(x);
	if (c != NULL) {
		c->answering = true;
		conn_arm(c);
	}
	evhttp_send_reply(ev, status, reason(status), body);	/* of one who has gone: frees it */
	evbuffer_free(body);
}

static struct evbuffer *
body_new(void)
{
	struct evbuffer *b = evbuffer_new();

	if (b == NULL)
		fatalx("out of memory");
	return b;
}

void
http_answer(struct exchange *x, int status, const char *type, const void *data, size_t len)
{
	struct evbuffer *body = body_new();

	if (len > 0 && evbuffer_add(body, data, len) == -1)
		fatalx("out of memory");
	answer(x, status, type, body);
}

void
http_answer_kept(struct exchange *x, int status, const char *type, const void *data, size_t len)
{
	struct evbuffer *body = body_new();

	if (len > 0 && evbuffer_add_reference(body, data, len, NULL, NULL) == -1)
		fatalx("out of memory");
	answer(x, status, type, body);
}

/* ---- streams ---- */

struct piece *
piece_new(const void *text, size_t len)
{
	struct piece *p = xcalloc(1, sizeof(*p) + len);

	p->refs = 1;
	p->len = len;
	memcpy(p->text, text, len);
	return p;
}

void
piece_release(struct piece *p)
{
	if (p != NULL && --p->refs == 0)
		free(p);
}

static void
piece_sent(const void *data, size_t len, void *arg)
{
	(void)data, (void)len;
	piece_release(arg);
}

struct http_stream *
http_stream_open(struct exchange *x, const char *type, void (*closed)(void *), void *arg)
{
	struct http_stream *s = xcalloc(1, sizeof(*s));

	s->conn = x->conn;
	s->ev = x->ev;
	s->closed = closed;
	s->arg = arg;
	http_set(x, "Content-Type", type);
	x->conn->stream = s;
	x->conn->http->counts.streams++;
	exchange_free(x);
	evhttp_send_reply_start(s->ev, 200, reason(200));
	conn_arm(s->conn);
	return s;
}

void
http_stream_send(struct http_stream *s, struct piece *p)
{
	struct evbuffer *b = body_new();

	p->refs++;
	if (evbuffer_add_reference(b, p->text, p->len, piece_sent, p) == -1)
		fatalx("out of memory");
	evhttp_send_reply_chunk(s->ev, b);	/* to one who has gone: nothing */
	evbuffer_free(b);
}

size_t
http_stream_waiting(const struct http_stream *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->conn->bev));
}

void
http_stream_end(struct http_stream *s)
{
	s->closed = NULL;
	if (evhttp_request_get_connection(s->ev) == NULL)
		return;				/* stream_gone() follows */
	s->ended = true;
	s->conn->answering = true;
	evhttp_send_reply_end(s->ev);
}

void
http_stream_drop(struct http_stream *s)
{
	s->closed = NULL;
	conn_end(s->conn);
}

/* ---- the server ---- */

/* The library has no words for an operator. */
static void
on_library_log(int severity, const char *text)
{
	(void)severity;
	log_debug("http", "%s", text);
}

struct http *
http_new(struct loop *l, struct tls *tls, int fd, const struct http_settings *s,
    void (*fn)(void *, struct exchange *), void *arg)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	h->tls = tls;
	h->set = *s;
	h->fn = fn;
	h->arg = arg;
	event_set_log_callback(on_library_log);
	h->ev = evhttp_new(loop_event_base(l));
	h->listener = evconnlistener_new(loop_event_base(l), NULL, NULL, LEV_OPT_CLOSE_ON_FREE, 0, fd);
	if (h->ev == NULL || h->listener == NULL || evhttp_bind_listener(h->ev, h->listener) == NULL)
		fatalx("cannot start the HTTP server");
	evhttp_set_bevcb(h->ev, on_connection, h);
	evhttp_set_gencb(h->ev, on_request, h);
	evhttp_set_default_content_type(h->ev, NULL);
	/* What the gate lets through, the library must not refuse in its own words. */
	evhttp_set_allowed_methods(h->ev, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
					      EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE |
					      EVHTTP_REQ_OPTIONS);
	evhttp_set_max_headers_size(h->ev, GATE_LINE_MAX + GATE_HEADERS_MAX + 1024);
	evhttp_set_max_body_size(h->ev, GATE_BODY_MAX + 1024);
	return h;
}

void
http_free(struct http *h)
{
	struct conn *c;
	unsigned     turns;

	if (h == NULL)
		return;
	h->closing = true;
	for (c = h->conns; c != NULL; c = c->next)
		if (c->stream != NULL)
			c->stream->closed = NULL;
	evhttp_free(h->ev);
	for (turns = 0; h->conns != NULL && turns < 1000; turns++)	/* they are freed from the loop */
		event_base_loop(loop_event_base(h->loop), EVLOOP_NONBLOCK);
	free(h);
}

struct http_counts
http_counts(const struct http *h)
{
	return h->counts;
}
