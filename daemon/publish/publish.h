/* SPDX-License-Identifier: GPL-3.0-or-later */
/* publish.h: the publish process; its shape is that of all (proc/proc.h). */
#ifndef SIMPUL_PUBLISH_H
#define SIMPUL_PUBLISH_H

#include "ipc/msg.h"

/* The outbox out to the broker, commands in. */
struct publish;
struct publish_opts {
	int	secrets_fd;	/* directory secrets/publish, or -1; taken */
};
struct publish *publish_new(struct loop *l, const struct publish_opts *o);
void	publish_attach(struct publish *p, enum process_kind peer, const char *instance, struct ipc_channel *ch);
void	publish_stop(struct publish *p);
void	publish_free(struct publish *p);

#endif
