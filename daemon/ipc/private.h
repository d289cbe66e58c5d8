/* SPDX-License-Identifier: GPL-3.0-or-later */
/* private.h: a channel as ipc.c (what comes and goes) and queue.c (what waits) see it. */
#ifndef SIMPUL_IPC_PRIVATE_H
#define SIMPUL_IPC_PRIVATE_H

#include "ipc/ipc.h"

struct frame {
	struct frame *next;
	size_t	      len;	/* head and payload */
	int	      fd;	/* own copy, or -1 */
	uint8_t	      bytes[];
};

struct ipc_channel {
	struct loop	   *loop;
	int		    fd;		/* -1: in-process */
	struct loop_io	   *io;
	struct ipc_channel *other;	/* in-process: the far end, NULL once it is gone */
	struct loop_timer   deliver;	/* in-process: frames wait for this end; or: report that it is closed */
	struct frame	   *first, **last;	/* to be sent (socket), or delivered to this end (in-process) */
	size_t		    queued, queue_max;
	uint64_t	    dropped;
	char		    peer[48];
	const char	   *closed_why;	/* not NULL: closed, reported or about to be */
	bool		    reported;
	bool		    takes_fds;	/* the owner closes what comes along */
	bool		   *freed;	/* set while a handler runs: tells it that the channel went away */
	ipc_message_fn	    message;
	ipc_closed_fn	    closed;
	void		   *arg;
	void		  (*bad)(void *arg);
	void		   *bad_arg;
	void		   *owned;
	uint8_t		   *in;		/* socket: one frame is read here */
};

void	ipc_frame_free(struct frame *f);
/** @return the oldest that waits, owned, or NULL */
struct frame *ipc_frame_take(struct ipc_channel *ch);
/** Let a frame wait. @param fd  borrowed, or -1 @return 0, or -1 when there is no room (counted as dropped) */
int	ipc_queue_frame(struct ipc_channel *ch, const uint8_t head[IPC_HEAD], const void *data, size_t len,
    int fd);

#endif
