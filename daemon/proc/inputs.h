/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inputs.h: the files that make up a configuration: FILE itself and dirname(FILE)/inventory/<table>.csv, dirname(FILE)/profiles/<name>.conf. */
#ifndef SIMPUL_INPUTS_H
#define SIMPUL_INPUTS_H

#include "ipc/msg.h"

/**
 * @param m	filled in: which file it is and its name for messages
 * @param err	out: why it cannot be opened; "" when it is merely absent, which the check judges (but for the
 *	configuration)
 * @return a descriptor owned by the caller, or -1
 */
int	input_open(const char *conf_path, enum input_kind what, struct msg_file *m, char *err, size_t err_size);
/**
 * The same for each file of the directory profiles/ beside the configuration, by name; none when it is absent.
 * @param each	m: for messages; fd: owned by the caller, who closes it, or -1 and err says why
 */
void	inputs_profiles(const char *conf_path,
	    void (*each)(void *arg, const struct msg_file *m, int fd, const char *err), void *arg);
/** Can this process open all of them that are there? 0, or -1 (logged). */
int	inputs_readable(const char *conf_path);
/**
 * A file of secrets beside the configuration, for a process that may open nothing.
 * @param name	such as "secrets/traps/community" @param err  out: a sentence with the remedy
 * @return a descriptor owned by the caller, or -1
 */
int	input_secret(const char *conf_path, const char *name, char *err, size_t err_size);
/**
 * The directory beside the configuration, such as "secrets/snmp".
 * @return a descriptor (O_PATH not set), or -1 when absent
 */
int	input_directory(const char *conf_path, const char *name);

#endif
