/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fetch.h: one request of HTTP to one address, by libcurl on the loop. Each has a connection of its own, so that its phases are
 * real and no target hears of another. Nothing is followed, nothing is kept.
 */
#ifndef SIMPUL_HTTP_FETCH_H
#define SIMPUL_HTTP_FETCH_H

#include "probes/dialog.h"
#include "probes/http/policy.h"

#define FETCH_BODY_MAX (1u << 20)	/* what decompression makes of it counts */
#define FETCH_HEAD_MAX (64u << 10)

struct fetcher;			/* of a probe engine */
struct fetch;

struct fetch_ask {		/* all borrowed until it is over */
	const struct http_place *place;
	struct addr		 addr;	/* of the place's host */
	bool			 head;	/* no body */
	struct dialog_trust	*trust;
	const struct probe_path *path;	/* NULL: as routed */
	const struct packet_way *way;	/* of the instance */
	const struct expect	*expect;	/* its header= are looked for */
	int64_t			 connect_ns;	/* time to connect, TLS included */
};

struct fetch_result {
	enum dialog_end end;	/* GOOD: an answer has come, whatever it says; WRONG: something that is none */
	char	 why[DIALOG_WHY_MAX];
	unsigned status;	/* 0: none */
	char	 location[HTTP_URL_MAX];	/* where it redirects to, absolute; "": nowhere, or too long */
	uint8_t *body;		/* owned by the fetch, may be changed; NULL: empty */
	size_t	 len;
	bool	 cut;		/* it has more than FETCH_BODY_MAX */
	float	 connect_s, tls_s;	/* NAN: it did not come to it */
	int64_t	 first_ns;	/* when the first byte came; 0: none has */
	const char *protocol;	/* of TLS; NULL: none */
	double	 cert_days;	/* NAN: none */
	int64_t	 modified_s;	/* Last-Modified, since 1970; -1: it does not say */
	uint32_t headers;	/* bit i: item i of expect, a header=, is there */
};

struct fetcher *fetcher_new(struct loop *l);	/* owned; NULL: libcurl cannot be had (logged) */
void	fetcher_free(struct fetcher *f);	/* without any under way; NULL is allowed */

typedef void (*fetch_fn)(void *arg, struct fetch_result *r);
/** @param done  from the loop, once, unless stopped; r is borrowed for the call @return owned until done */
struct fetch *fetch_start(struct fetcher *f, const struct fetch_ask *ask, fetch_fn done, void *arg);
/** How far it is. */
void	fetch_look(const struct fetch *f, struct fetch_result *r);
void	fetch_stop(struct fetch *f);		/* NULL is allowed */

#endif
