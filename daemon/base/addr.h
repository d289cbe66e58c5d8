/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addr.h: an IPv4 or IPv6 address as a plain value. */
#ifndef SIMPUL_ADDR_H
#define SIMPUL_ADDR_H

#include <sys/socket.h>
#include "base/base.h"

#define ADDR_TEXT_MAX 46

struct addr {
	uint8_t family;		/* 4, 6, or 0 = none */
	uint8_t byte[16];	/* network order; the first four for IPv4; the rest zero */
};

/** Parse the plain form only ("10.1.0.13", "2001:db8::1"): no port, no zone, no leading zeros. 0 or -1. */
int	 addr_parse(struct addr *a, const char *text);
/** @param out  ADDR_TEXT_MAX bytes @return out; "-" for none */
const char *addr_text(const struct addr *a, char *out);
bool	 addr_equal(const struct addr *a, const struct addr *b);
uint32_t addr_hash(const struct addr *a);
/** @return length of the socket address written to *ss */
socklen_t addr_to_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *ss);
void	 addr_from_sockaddr(struct addr *a, uint16_t *port, const struct sockaddr *sa);
/** An IPv4 address that a socket of both kinds has shown as IPv6 (::ffff:10.1.0.13) becomes IPv4 again. */
void	 addr_unmap(struct addr *a);
/**
 * Who an address stands for where somebody is counted: of IPv6 the /64, all of which one host can use; a
 * mapped one is IPv4.
 */
struct addr addr_place(const struct addr *a);

#endif
