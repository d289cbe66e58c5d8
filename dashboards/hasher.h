/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hasher.h: a process beside the server that computes password hashes: each takes 0.3 s on purpose, for which
 * nobody else shall wait. It holds one end of a socket pair and nothing else.
 */
#ifndef SIMPUL_HASHER_H
#define SIMPUL_HASHER_H

#include "base/loop.h"

struct hasher;

#define HASHER_WAITING_MAX   16	/* more are refused: five seconds of work */
#define HASHER_STRANGERS_MAX 12	/* of strangers, by its caller: the rest is for browsers that are known */

/**
 * @param fit	does the password fit?
 * @param hash	of the new password; "" when it could not be made
 */
typedef void (*hasher_fn)(void *arg, bool fits, const char *hash);

/** Starts the process. @param died  it has ended, which it never should @return owned */
struct hasher *hasher_new(struct loop *l, unsigned cost, void (*died)(void *arg), void *arg);
/** Open requests are answered: nothing fits. NULL is allowed. */
void	hasher_free(struct hasher *h);
/**
 * Compare a password with a hash ("": with nobody's, which takes its time and does not fit), and when it
 * fits and next is not NULL, hash that one.
 * @return 0, or -1: too many wait
 */
int	hasher_ask(struct hasher *h, const char *password, const char *hash, const char *next, hasher_fn cb,
	    void *arg);
size_t	hasher_waiting(const struct hasher *h);

#endif
