/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v3_user.h: the SNMPv3 credentials of secrets/snmp, one file each:
 *
 *	user NAME
 *	auth sha256 PASS PHRASE		md5 sha1 sha224 sha256 sha384 sha512
 *	priv aes128 PASS PHRASE		des aes128 aes192 aes256 aes192c aes256c
 *	context NAME			only where the agent has several
 *	allow WORD...			md5 des nopriv noauth: what is weak is used only where it is named
 *
 * in any order; a pass phrase runs to the end of its line. Empty lines and lines that begin with # are
 * comments.
 *
 * All devices that name a file share one user, whose pass phrases are hashed once (a few milliseconds) and
 * wiped; only what they were hashed to is kept. A file is read anew when its inode, size or times have
 * changed.
 */
#ifndef SIMPUL_SNMP_V3_USER_H
#define SIMPUL_SNMP_V3_USER_H

#include "collectors/snmp/v3.h"

struct v3_user {
	uint8_t		  user[USM_USER_MAX];
	uint8_t		  user_len, context_len;
	uint8_t		  flags;	/* V3_AUTH, V3_PRIV: the security level asked for */
	char		  context[V3_CONTEXT_MAX + 1];
	char		  weak[40];	/* "MD5, DES", "no privacy"; empty: nothing is weak */
	struct usm_secret secret;
	uint32_t	  generation;	/* counts the readings of its file */
};

/**
 * Read the text of a file into *u, deriving its secret.
 *
 * @param file	how errors call it: "secrets/snmp/city-v3"
 * @param err	what was expected at which line; nothing of the file's content
 * @return 0 or -1
 */
int	v3_user_parse(struct v3_user *u, const char *text, size_t len, const char *file, char *err,
	    size_t err_size);

struct v3_users;			/* those of an engine, by the name of their file */

struct v3_users *v3_users_new(void);
void	v3_users_free(struct v3_users *us);	/* wipes */
/**
 * The user of a file, as the file is now. One that was good goes on when its file is bad now: that is logged.
 *
 * @param dir_fd  the directory secrets/snmp, or -1
 * @return borrowed for the table's life; NULL with err: there is no usable one
 */
const struct v3_user *v3_users_get(struct v3_users *us, int dir_fd, const char *name, char *err,
	    size_t err_size);

#endif
