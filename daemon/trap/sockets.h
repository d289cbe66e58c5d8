/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockets.h: the sockets of the trap port, opened by the parent while it may. */
#ifndef SIMPUL_TRAP_SOCKETS_H
#define SIMPUL_TRAP_SOCKETS_H

#include "base/base.h"

#define TRAP_SOCKETS 4

/**
 * Open what can be opened; of each that cannot be, the log says why and what to do.
 * @param listen  plain addresses with spaces between; "": all of IPv4 and IPv6
 * @param fd	  out: -1 behind the last one
 * @return how many
 */
size_t	trap_sockets_open(int fd[TRAP_SOCKETS], const char *listen, uint16_t port);

#endif
