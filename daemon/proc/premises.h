/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * premises.h: what the engine opens once, at its start, while it may: data directory with its lock, control
 * socket, the folders of secrets. The parent keeps it all open, so that a restarted process gets the same.
 */
#ifndef SIMPUL_PREMISES_H
#define SIMPUL_PREMISES_H

#include "collectors/capture/process.h"
#include "ipc/msg.h"
#include "trap/sockets.h"

struct premises {
	int  lock_fd;			/* held by flock: one engine per data directory */
	int  store_fd, ledger_fd;	/* directories store/ and ledger/ */
	int  listen_fd;			/* control socket */
	int  snmp_secrets_fd, probe_secrets_fd, publish_secrets_fd, push_secrets_fd;	/* directories, or -1 when absent */
	int  trap_fd[TRAP_SOCKETS];	/* the trap port, or -1 */
	struct capture_opts capture;	/* the mirror port; its ring_fd may be -1 */
	char interface[16];		/* ... its name */
	char socket[256];		/* its path, to be removed at the end */
	bool gave_up_root;		/* our user is the engine's alone: root becomes it, or has before us */
};

void	premises_init(struct premises *pr);	/* nothing open yet */
/** @return 0, or -1 after logging what is wrong and what to do; close it in both cases */
int	premises_open(struct premises *pr, const char *conf_path, const struct msg_engine *e);
void	premises_close(struct premises *pr);

#endif
