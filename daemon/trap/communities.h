/* SPDX-License-Identifier: GPL-3.0-or-later */
/* communities.h: what traps and informs of v1 and v2c must carry. Never logged, never told to core. */
#ifndef SIMPUL_TRAP_COMMUNITIES_H
#define SIMPUL_TRAP_COMMUNITIES_H

#include "collectors/snmp/ber.h"

#define COMMUNITIES_MAX 16
#define COMMUNITIES_FILE "secrets/traps/community"	/* beside the configuration */

struct communities {
	size_t	n;
	struct {
		uint8_t len;
		uint8_t bytes[SNMP_COMMUNITY_MAX];
	} each[COMMUNITIES_MAX];
};

/**
 * @param fd	the file, one community of 1 to SNMP_COMMUNITY_MAX bytes a line; borrowed
 * @param err	out: a sentence with the remedy, without anything of the file's content
 * @return 0, or -1: then there are none
 */
int	communities_read(struct communities *c, int fd, char *err, size_t err_size);
/** Takes as long for each of a length, whatever its bytes. */
bool	communities_have(const struct communities *c, const uint8_t *community, size_t len);

#endif
