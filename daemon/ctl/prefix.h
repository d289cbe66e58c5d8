/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prefix.h: prefixes as a list of the addresses in them. Pure. */
#ifndef SIMPUL_CTL_PREFIX_H
#define SIMPUL_CTL_PREFIX_H

#include "base/addr.h"

#define PREFIX_ADDRESSES_MAX 65536	/* of all prefixes: an IPv4 /16 */
#define PREFIXES_MAX	     256
#define PREFIX_IPV6_MIN	     120	/* the shortest that is asked address by address */

struct prefixes {			/* zeroed is empty */
	struct prefix {
		struct addr first;
		uint32_t    n;
	} v[PREFIXES_MAX];
	size_t	 n;
	uint32_t addresses;		/* in all of them */
};

/**
 * Add "10.1.0.0/24", "10.1.0.13", "2001:db8::10" or "2001:db8::/120". Of an IPv4 prefix shorter than /31
 * the first and the last address are nobody's and left out.
 * @param why  a sentence, 200 bytes @return 0 or -1
 */
int	prefixes_add(struct prefixes *p, const char *text, char *why, size_t why_size);
/** The i-th address, i < addresses. */
struct addr prefixes_at(const struct prefixes *p, uint32_t i);

#endif
