/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.h: how long somebody has to wait before the next try to log in. Pure: time is an argument.
 *
 * Within ten minutes an account has 5 failures free and a place (addr_place()) 20; each one after them
 * doubles a delay, up to half a minute for an account and up to a quarter of an hour for a place.
 *
 * Whoever knows a name could so keep its owner waiting for ever. Therefore a browser with which an account has
 * logged in within 30 days is known to it, by a random token that it was given then: the two together have a
 * count of their own, like an account's, and wait for nothing else. Strangers share what is left, so guessing
 * is no faster for it than with one count more for each known browser. An address would not do in place of the
 * token: who shares it could tell the names that are known there, by how long they wait, from those that do
 * not exist.
 */
#ifndef SIMPUL_LOGIN_H
#define SIMPUL_LOGIN_H

#include "base/addr.h"
#include "base/siphash.h"
#include "dashboards/session.h"

struct login;

#define BROWSER_COOKIE "__Host-known"
#define BROWSER_DAYS   30

#define LOGIN_KNOWN_MAX	    4096	/* browsers of all accounts; the one used longest ago goes first */
#define LOGIN_KNOWN_ACCOUNT 8		/* to one of them */

/** Whence somebody tries. */
struct whence {
	struct addr place;
	char	    browser[TOKEN_SIZE];	/* hash of its token; "": it has none */
};

struct login *login_new(const struct siphash_key *key);
void	login_free(struct login *l);	/* NULL is allowed */
/** Has the account logged in with this browser of late? Where from does not matter. */
bool	login_is_known(const struct login *l, const char *account, const struct whence *from, int64_t now_ns);
/** Has anybody? Then its token is one of ours. */
bool	login_is_ours(const struct login *l, const char *browser, int64_t now_ns);
/** @return seconds to wait, rounded up; 0: try */
unsigned login_wait_s(const struct login *l, const char *account, const struct whence *from, int64_t now_ns);
/** A try begins: it counts as failed until login_worked(), so that many at once gain nothing. */
void	login_try(struct login *l, const char *account, const struct whence *from, int64_t now_ns);
/** Tell of a log-in of the past, or of now: the browser, which has a token, is known to the account. */
void	login_know(struct login *l, const char *account, const struct whence *from, int64_t last_ns);
/** Each browser that is known, whence and when the account last logged in with it. */
void	login_each_known(const struct login *l, int64_t now_ns,
    void (*fn)(void *arg, const char *account, const struct whence *from, int64_t last_ns), void *arg);
/**
 * It is no failure. Its own failures with this browser are forgotten, of the place's only this one, and those
 * of strangers only if it was one.
 */
void	login_worked(struct login *l, const char *account, const struct whence *from, int64_t now_ns);
/**
 * The browser, which has a token, is known to the account from now on.
 * @return whether that is news: it was not known, or for a day nobody came with it
 */
bool	login_knows(struct login *l, const char *account, const struct whence *from, int64_t now_ns);
/** Forget whose account is no more. @return whether there was one */
bool	login_sweep(struct login *l, const struct users *u);

/* places.c: in a file of the state directory, as a restart ends all sessions, and all must log in again. */

/** Read what is known. Without a file, or in a bad line, nothing. */
void	places_load(struct login *l, int dir_fd, int64_t now_ns, int64_t wall_ns);
/** @return 0 or -1 (logged): it is missing after the next start, no more */
int	places_save(const struct login *l, int dir_fd, int64_t now_ns, int64_t wall_ns);

#endif
