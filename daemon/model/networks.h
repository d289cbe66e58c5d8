/* SPDX-License-Identifier: GPL-3.0-or-later */
/* networks.h: the networks of a site, as sites.csv writes them: "10.1.0.0/16|2001:db8:1::/48". */
#ifndef SIMPUL_NETWORKS_H
#define SIMPUL_NETWORKS_H

#include "base/addr.h"

#define NETWORK_TEXT_MAX (ADDR_TEXT_MAX + 4)

struct network {
	struct addr first;
	unsigned    bits;
};

/**
 * Take the next one of the list.
 * @param text	out: as it is written
 * @return 1; 0 at the end; -1 when it is in no plain form: an address, whose bits behind the prefix are 0, "/", their number
 */
int	network_next(const char **at, struct network *n, char text[NETWORK_TEXT_MAX]);
/** Is all of b within a? */
bool	network_holds(const struct network *a, const struct network *b);

#endif
