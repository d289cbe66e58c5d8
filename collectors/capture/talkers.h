/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * talkers.h: who moves the most octets, in bounded memory (Space-Saving: Metwally, Agrawal, El Abbadi 2005).
 *
 * With n counters and N octets in all, a host that moved more than N/n is surely among them. What is told of a host is at
 * most `error` too much and never too little.
 */
#ifndef SIMPUL_CAPTURE_TALKERS_H
#define SIMPUL_CAPTURE_TALKERS_H

#include "base/addr.h"

#define TALKERS_MAX 256

struct talker {
	struct addr host;
	uint64_t    octets, error;	/* it moved at least octets - error, at most octets */
};

struct talkers;

/** @param n  counters, 1 to TALKERS_MAX */
struct talkers *talkers_new(unsigned n);
void		talkers_free(struct talkers *t);
void		talkers_add(struct talkers *t, const struct addr *host, uint64_t octets);
/** The first ones, most octets first. @return how many of at most `max` */
size_t		talkers_top(const struct talkers *t, struct talker *out, size_t max);
/** Of a host that is in none of the counters: it moved at most this. */
uint64_t	talkers_unseen_max(const struct talkers *t);
void		talkers_reset(struct talkers *t);

#endif
