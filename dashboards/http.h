/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h: the HTTP server: connections with their limits, one exchange (request and answer) at a time on
 * each, and answers that stay open (streams). All requests have passed the gate (gate.h); an exchange may be
 * answered at once or later, and is gone then.
 */
#ifndef SIMPUL_HTTP_H
#define SIMPUL_HTTP_H

#include "base/addr.h"
#include "base/loop.h"

struct http;
struct http_stream;
struct conn;
struct evhttp_request;
struct tls;

struct exchange {
	const char    *method;		/* "GET"; a HEAD is one, too, whose body is kept back */
	const char    *path, *query;	/* as sent; query is "" when there is none */
	char	       address[ADDR_TEXT_MAX];
	struct addr    place;		/* addr_place() of it: what limits count */
	bool	       local;		/* comes from this host */
	const uint8_t *body;
	size_t	       body_len;
	int	       refused;		/* by the gate, with this status: only to be answered; else 0 */

	struct evhttp_request *ev;	/* http.c's own from here */
	struct conn	      *conn;	/* NULL: hung up meanwhile */
	char		      *target;
	bool		       head;
};

struct http_settings {
	unsigned max_connections, max_per_address;
};

struct http_counts {
	uint64_t connections, refused_address, refused_gate, timed_out, requests;
	unsigned open, streams;
};

/** Open the listening socket. @param port  0: any; then that one @return descriptor, or -1 (logged) */
int	http_listen(const char *address, uint16_t *port);

/**
 * @param tls	borrowed; its `gone` must be http_conn_gone
 * @param fd	from http_listen(); taken
 * @param fn	called for each request; it answers the exchange, now or later
 */
struct http *http_new(struct loop *l, struct tls *tls, int fd, const struct http_settings *s,
	    void (*fn)(void *arg, struct exchange *x), void *arg);
/** Close all connections. Every exchange must have been answered. NULL is allowed. */
void	http_free(struct http *h);
void	http_conn_gone(void *conn);
struct http_counts http_counts(const struct http *h);

const char *http_header(const struct exchange *x, const char *name);	/* NULL when absent */
void	http_set(struct exchange *x, const char *name, const char *value);
/** Answer. @param type  NULL: no body @param data  copied @param x  gone after it */
void	http_answer(struct exchange *x, int status, const char *type, const void *data, size_t len);
/** The same with data that lives as long as the server. */
void	http_answer_kept(struct exchange *x, int status, const char *type, const void *data, size_t len);

/** Text that many streams share. */
struct piece {
	unsigned refs;
	size_t	 len;
	char	 text[];
};
struct piece *piece_new(const void *text, size_t len);
void	piece_release(struct piece *p);

/**
 * Answer with status 200 and a body that goes on.
 * @param closed  called once when the peer has gone; the stream is freed after it
 */
struct http_stream *http_stream_open(
    struct exchange *x, const char *type, void (*closed)(void *arg), void *arg);
void	http_stream_send(struct http_stream *s, struct piece *p);
size_t	http_stream_waiting(const struct http_stream *s);	/* bytes that the peer has not fetched */
void	http_stream_end(struct http_stream *s);			/* in good order; `closed` is not called */
void	http_stream_drop(struct http_stream *s);		/* at once; `closed` is not called */

#endif
