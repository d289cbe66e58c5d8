/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inputs.h: the files that make up a configuration: FILE itself and dirname(FILE)/inventory/<table>.csv. */
#ifndef SIMPUL_INPUTS_H
#define SIMPUL_INPUTS_H

#include "ipc/msg.h"

/**
 * @param m	filled in: which file it is and its name for messages
 * @return a descriptor owned by the caller; -1 when it is absent (allowed for all but the configuration: then
 *	logged) or cannot be opened (logged); *failed says which of the two
 */
int	input_open(const char *conf_path, enum input_kind what, struct msg_file *m, bool *failed);
/**
 * The directory beside the configuration, such as "secrets/snmp".
 * @return a descriptor (O_PATH not set), or -1 when absent
 */
int	input_directory(const char *conf_path, const char *name);

#endif
