/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * policy.h: where a probe of the web may go. A server must not be able to send us, who reach every router of the city, to a
 * place that its own visitors could not reach. Pure.
 */
#ifndef SIMPUL_HTTP_POLICY_H
#define SIMPUL_HTTP_POLICY_H

#include "base/addr.h"

#define HTTP_URL_MAX 2048

enum addr_reach {
	REACH_PUBLIC,
	REACH_PRIVATE,		/* RFC 1918, 4193, 6598: offices, and clouds' metadata of IPv6 */
	REACH_LINK,		/* link-local, where clouds keep their metadata */
	REACH_HOST,		/* this host itself */
	REACH_NOWHERE		/* multicast, reserved */
};

enum addr_reach addr_reach(const struct addr *a);
const char *addr_reach_name(enum addr_reach reach);	/* "an address of this host" */

struct http_place {		/* of a URL */
	char	 url[HTTP_URL_MAX];	/* as it is asked for */
	char	 host[256];	/* a name, or a plain address without brackets */
	uint16_t port;
	bool	 tls;
};

/** @param why  out: what is wrong @return 0, or -1: no URL of http or https that we ask for */
int	http_place_read(struct http_place *p, const char *url, char *why, size_t size);
/**
 * May we follow from one to the other?
 * @param downgrade  from https to http, too
 */
int	http_step_check(const struct http_place *from, const struct http_place *to, bool downgrade, char *why, size_t size);
/**
 * May the target itself live there? What its operator has written as an address may; a name may be anybody's word, so it must
 * not lead to this host, to a neighbour or to a cloud's metadata. "localhost" is this host.
 */
int	http_home_check(const char *host, const struct addr *to, char *why, size_t size);
/** May a redirect of the target that lives at `home` lead to this address? */
int	http_address_check(const struct addr *home, const struct addr *to, char *why, size_t size);

#endif
