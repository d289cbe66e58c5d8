/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolve.h: names to addresses without waiting, for the probes that ask services. Answers are kept for as long as their
 * TTL says, bounded. That a name has no address is its owner's fault; that our own resolver does not tell is ours.
 */
#ifndef SIMPUL_PROBES_RESOLVE_H
#define SIMPUL_PROBES_RESOLVE_H

#include "base/addr.h"
#include "base/loop.h"
#include "base/packet_io.h"

#define RESOLVE_ADDRESSES 8	/* of a name; those of IPv4 come first */

struct resolver;
struct resolving;

enum resolve_end {
	RESOLVE_FOUND,		/* n > 0 */
	RESOLVE_NONE,		/* the name does not exist, or has no address */
	RESOLVE_FAILED		/* we could not find out */
};

/** Called from the loop, exactly once unless cancelled. @param addr, why  borrowed; why, for people: all but RESOLVE_FOUND */
typedef void (*resolve_fn)(void *arg, enum resolve_end end, const struct addr *addr, size_t n, const char *why);

/** @param conf  where the servers stand, read again when it changes; borrowed; NULL: /etc/resolv.conf @return owned, never NULL */
struct resolver *resolver_new(struct loop *l, const char *conf);
/** Nobody is answered any more. NULL is allowed. */
void	resolver_free(struct resolver *r);
/** Ask by this way; borrowed. @param way  NULL (also at first): as routed */
void	resolver_way(struct resolver *r, const struct packet_way *way);
/** Ask these instead, "127.0.0.1:5300,[::1]:5300"; borrowed. For tests. */
void	resolver_servers(struct resolver *r, const char *csv);
/** Who is asked first. @return 0, or -1: there is none */
int	resolver_server(struct resolver *r, struct addr *a, uint16_t *port);
/** Questions put to a server. */
uint64_t resolver_asked(const struct resolver *r);

/**
 * @param host	a name, without search lists; a plain address is answered without a question
 * @return under way until cb is called, which is never from inside this call
 */
struct resolving *resolve(struct resolver *r, const char *host, int64_t timeout_ns, resolve_fn cb, void *arg);
void	resolve_cancel(struct resolving *w);	/* NULL is allowed; not after cb */

#endif
