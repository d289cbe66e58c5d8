/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.h: how long somebody has to wait before the next try to log in. Pure: time is an argument.
 *
 * Within ten minutes an account has 5 failures free and a place (addr_place()) 20; each one after them
 * doubles a delay, up to half a minute for an account and up to a quarter of an hour for a place.
 *
 * Whoever knows a name could so keep its owner waiting for ever. Therefore a place from which an account has
 * logged in within 30 days is known to it: the two together have a count of their own, like an account's, and
 * wait for nothing else. Strangers share what is left, so guessing is no faster for it than with one count
 * more for each known place.
 */
#ifndef SIMPUL_LOGIN_H
#define SIMPUL_LOGIN_H

#include "base/addr.h"
#include "base/siphash.h"

struct login;

#define LOGIN_KNOWN_MAX	    4096	/* places of all accounts; the one used longest ago goes first */
#define LOGIN_KNOWN_ACCOUNT 8		/* to one of them */

struct login *login_new(const struct siphash_key *key);
void	login_free(struct login *l);	/* NULL is allowed */
/** Has the account logged in from there of late? */
bool	login_is_known(const struct login *l, const char *account, const struct addr *from, int64_t now_ns);
/** @return seconds to wait, rounded up; 0: try */
unsigned login_wait_s(const struct login *l, const char *account, const struct addr *from, int64_t now_ns);
/** A try begins: it counts as failed until login_worked(), so that many at once gain nothing. */
void	login_try(struct login *l, const char *account, const struct addr *from, int64_t now_ns);
/**
 * The place is known to the account. Its own failures there are forgotten, of the place's only this one, and
 * those of strangers only if it was one.
 */
void	login_worked(struct login *l, const char *account, const struct addr *from, int64_t now_ns);

#endif
