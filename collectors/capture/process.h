/* SPDX-License-Identifier: GPL-3.0-or-later */
/* process.h: the capture process as the others see it; its shape is that of all (proc/proc.h). */
#ifndef SIMPUL_CAPTURE_PROCESS_H
#define SIMPUL_CAPTURE_PROCESS_H

#include "ipc/msg.h"

/* Frames of a mirror port in, counts per site out. */
struct capture;
struct capture_opts {
	int	    ring_fd;		/* ring_open(); taken */
	unsigned    buffer_mib;		/* as it was opened */
	const char *interface;		/* its name; copied */
};
struct capture *capture_new(struct loop *l, const struct capture_opts *o);
void	capture_attach(struct capture *c, enum process_kind peer, const char *instance, struct ipc_channel *ch);
void	capture_stop(struct capture *c);
void	capture_free(struct capture *c);

#endif
