/* SPDX-License-Identifier: GPL-3.0-or-later */
/* process.h: the store process as the others see it; its shape is that of all (proc/proc.h). */
#ifndef SIMPUL_STORE_PROCESS_H
#define SIMPUL_STORE_PROCESS_H

#include "ipc/msg.h"

/* Samples in, journal and RRD; series out. */
struct store;
struct store_opts {
	int	dir_fd;		/* directory store/; taken */
	bool	no_disk;	/* stories that need no series: judge and forget (dir_fd -1) */
};
struct store *store_new(struct loop *l, const struct store_opts *o);
void	store_attach(struct store *s, enum process_kind peer, const char *instance, struct ipc_channel *ch);
void	store_stop(struct store *s);
void	store_free(struct store *s);

#endif
