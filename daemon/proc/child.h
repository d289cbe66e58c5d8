/* SPDX-License-Identifier: GPL-3.0-or-later */
/* child.h: what a started process is given, and its main function. */
#ifndef SIMPUL_CHILD_H
#define SIMPUL_CHILD_H

#include "base/packet_io.h"
#include "collectors/capture/process.h"
#include "ctl/peer.h"
#include "ipc/msg.h"
#include "trap/sockets.h"

#define CHILD_FDS_MAX (11 + TRAP_SOCKETS)

/* Descriptors are -1 where the kind of process gets none; the child takes them. */
struct child_start {
	enum process_kind     kind;
	char		      instance[32];	/* measure */
	pid_t		      parent;		/* must still be the parent, or the child ends at once */
	int		      parent_fd;	/* its end of the pair with the parent */
	int		      lock_fd;		/* store, core: held as long as they can write (premises.c) */
	int		      dir_fd;		/* store: store/; core: ledger/ */
	int		      listen_fd;	/* core */
	bool		      gave_up_root;	/* core */
	pid_t		      publish[PEER_PIDS_MAX];	/* core: the last that were publish, newest first, or 0 */
	int		      secrets_fd;	/* measure, publish; core: secrets/push */
	int		      probe_secrets_fd;	/* measure */
	struct packet_sockets sockets;		/* measure */
	int		      trap_fd[TRAP_SOCKETS];	/* trap */
	struct capture_opts   capture;		/* capture */
};

/** How the configuration has it sent. */
struct packet_way packet_way_of(const struct msg_instance *in);
/** Everything -1, no instance. */
void	child_start_init(struct child_start *cs, enum process_kind kind, const char *instance);
/** "measure wan", "store". @return out */
char   *child_name(char *out, size_t size, enum process_kind kind, const char *instance);
/** The descriptors that the child keeps, in no order. @return how many */
size_t	child_fds(const struct child_start *cs, int fd[CHILD_FDS_MAX]);
/** Be this process until it is told to stop or its parent is gone. @return the exit code */
int	child_run(const struct child_start *cs);

#endif
