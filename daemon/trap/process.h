/* SPDX-License-Identifier: GPL-3.0-or-later */
/* process.h: the trap process as the others see it; its shape is that of all (proc/proc.h). */
#ifndef SIMPUL_TRAP_PROCESS_H
#define SIMPUL_TRAP_PROCESS_H

#include "ipc/msg.h"
#include "trap/sockets.h"

/* Datagrams of the trap port in, hints out. */
struct trap;
struct trap_opts {
	int	fd[TRAP_SOCKETS];	/* bound; -1 behind the last one; taken */
};
struct trap *trap_new(struct loop *l, const struct trap_opts *o);
void	trap_attach(struct trap *t, enum process_kind peer, const char *instance, struct ipc_channel *ch);
/**
 * What counts from now on; what did before is forgotten.
 * @param name	COMMUNITIES_FILE or TRAP_USERS_FILE
 * @param fd	that file; borrowed; -1: there is none
 * @param why	why not
 */
void	trap_secret(struct trap *t, const char *name, int fd, const char *why);
void	trap_stop(struct trap *t);
void	trap_free(struct trap *t);

#endif
