/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h: who is logged in. A session is known by the SHA-256 of its token, so that a look into memory
 * gives no cookie. Time is an argument.
 */
#ifndef SIMPUL_SESSION_H
#define SIMPUL_SESSION_H

#include "base/loop.h"
#include "dashboards/upstream.h"
#include "dashboards/users.h"

#define TOKEN_SIZE	  65		/* 256 bits in hex, and NUL */
#define SESSIONS_MAX	  2000
#define SESSIONS_PER_USER 20

#define SESSION_COOKIE "__Host-sid"

struct session {
	char	     key[TOKEN_SIZE];	/* hash of the token */
	char	     csrf[TOKEN_SIZE];
	struct user  user;		/* as it was at log-in; of its hash the SHA-256 only */
	int64_t	     born_ns, used_ns;	/* monotonic */
	int64_t	     tokens_ns;		/* rate limit: when it will be full again */
	struct share share;		/* of what may be asked of the engine */
	bool	     ended;		/* waits for its last holder */
	unsigned     holds;
	struct session *next, *prev;
};

struct sessions;

/** @param ended  called for each session that ends, before it is freed */
struct sessions *sessions_new(void (*ended)(void *arg, struct session *s), void *arg);
void	sessions_free(struct sessions *t);	/* NULL is allowed */
size_t	sessions_count(const struct sessions *t);

/** A new session. @param token  TOKEN_SIZE bytes: what the browser gets */
struct session *session_open(struct sessions *t, const struct user *user, int64_t now_ns, char *token);
/** The session of this token that is in force, now used. @return NULL when there is none */
struct session *session_find(struct sessions *t, const char *token, int64_t now_ns);
void	session_end(struct sessions *t, struct session *s);
/** End those of a user but one (NULL: all). */
void	session_end_of(struct sessions *t, const char *user, const struct session *but);
/** The password of its user is another now, by its own doing. */
void	session_knows_hash(struct session *s, const char *hash);
/** End what has run out, and whose user is no more, or is another by now (role, sites, password). */
void	sessions_sweep(struct sessions *t, const struct users *u, int64_t now_ns);
int64_t session_expires_ns(const struct session *s);		/* monotonic, if it is not used any more */

/** Keep it in memory while an answer is under way. */
void	session_hold(struct session *s);
void	session_release(struct session *s);			/* NULL is allowed */

/** May one more request come now? @param per_s  on average; twice as many at once */
bool	rate_take(int64_t *full_ns, unsigned per_s, int64_t now_ns);

/** 256 random bits. @param token  TOKEN_SIZE bytes */
void	token_new(char *token);
/** What a token is known by; from it nobody makes the token. @param hash  TOKEN_SIZE bytes */
void	token_hash(char *hash, const char *token);
/** Compare secrets of any length in constant time. */
bool	secret_equal(const char *a, const char *b);
/** The token of the cookie, which must be alone of its name and of the right form. 0 or -1. Pure. */
int	cookie_token(const char *header, const char *name, char *token);

#endif
