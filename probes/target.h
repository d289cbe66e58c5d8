/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target.h: where a service is, as people write it: "host", "host:port", "10.1.0.13:25", "[2001:db8::1]:25". */
#ifndef SIMPUL_PROBES_TARGET_H
#define SIMPUL_PROBES_TARGET_H

#include "base/base.h"

#define TARGET_HOST_MAX 254	/* a name of DNS and its NUL (RFC 1035 2.3.4) */

struct target {
	char	 host[TARGET_HOST_MAX];	/* a name, or a plain address without brackets */
	uint16_t port;
};

/**
 * Pure. An IPv6 address without brackets has no port.
 *
 * @param port	when it names none; 0: it must
 * @param why	out: what is wrong and what was expected, for people
 * @return 0 or -1
 */
int	target_parse(struct target *t, const char *text, uint16_t port, char *why, size_t size);
/** The host as it stands in a URL: an IPv6 address gets its brackets. @return out */
const char *target_host(const struct target *t, char *out, size_t size);

#endif
