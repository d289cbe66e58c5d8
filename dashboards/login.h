/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.h: how long somebody has to wait before the next try to log in. Pure: time is an argument.
 *
 * Within ten minutes an account has 5 failures free and an address 20; each one after them doubles a delay,
 * up to half a minute for an account, so that nobody can lock others out, and up to a quarter of an hour for
 * an address.
 */
#ifndef SIMPUL_LOGIN_H
#define SIMPUL_LOGIN_H

#include "base/addr.h"

struct login;

struct login *login_new(void);
void	login_free(struct login *l);	/* NULL is allowed */
/** @return seconds to wait, rounded up; 0: try */
unsigned login_wait_s(const struct login *l, const char *account, const struct addr *from, int64_t now_ns);
/** A try begins: it counts as failed until login_worked(), so that many at once gain nothing. */
void	login_try(struct login *l, const char *account, const struct addr *from, int64_t now_ns);
/** The account's failures are forgotten, of the address's only this one. */
void	login_worked(struct login *l, const char *account, const struct addr *from);

#endif
