/* SPDX-License-Identifier: GPL-3.0-or-later */
/* users.h: the users of SNMPv3 whose traps and informs count. Never logged, never told to core. */
#ifndef SIMPUL_TRAP_USERS_H
#define SIMPUL_TRAP_USERS_H

#include "collectors/snmp/usm.h"

#define TRAP_USERS_MAX	32
#define TRAP_USERS_FILE "secrets/traps/users"	/* beside the configuration */

struct trap_users {
	size_t n;
	struct trap_user {
		uint8_t		  name_len;
		char		  name[USM_USER_MAX];
		struct usm_secret secret;
	} each[TRAP_USERS_MAX];
};

/**
 * @param fd	the file: per line a name, sha256 or another word of usm_auth_words, its pass phrase, and, if the
 *		user encrypts, aes128 or another of usm_priv_words and its pass phrase; lines that start with #
 *		are comments; borrowed
 * @param err	out: a sentence with the remedy, without anything of the file's content
 * @return 0, or -1: then there are none
 */
int	trap_users_read(struct trap_users *u, int fd, char *err, size_t err_size);
const struct trap_user *trap_user_find(const struct trap_users *u, const uint8_t *name, size_t len);

#endif
