/* SPDX-License-Identifier: GPL-3.0-or-later */
/* secret.h: a file with a secret (a community, a password), read strictly, relative to a held directory. */
#ifndef SIMPUL_SECRET_H
#define SIMPUL_SECRET_H

#include <sys/types.h>

/**
 * The first bytes of a regular file that nobody but its owner may use. Symbolic links are not followed.
 *
 * @param dir_fd  the directory, or -1: it could not be opened, and so there is no secret
 * @param dir	  how the operator calls it: "secrets/snmp"
 * @param name	  a plain file name
 * @param err	  a sentence with the remedy, without anything of the file's content
 * @return bytes read (as many as fit: the caller leaves room to see what is too long), or -1
 */
ssize_t secret_read(int dir_fd, const char *dir, const char *name, char *buf, size_t size, char *err,
	    size_t err_size);
/**
 * The same of a file that somebody else has opened.
 * @param fd  borrowed @param path  for messages
 */
ssize_t secret_read_fd(int fd, const char *path, char *buf, size_t size, char *err, size_t err_size);

#endif
