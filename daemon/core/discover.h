/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discover.h: asking a measuring instance who answers at addresses that may be nobody's. */
#ifndef SIMPUL_CORE_DISCOVER_H
#define SIMPUL_CORE_DISCOVER_H

#include "ipc/msg.h"
#include "live/core.h"

/**
 * One call per address that answers, then one with its end. Both NULL: the instance went away, or keeps silent.
 * After the end, or that, no other call comes.
 */
typedef void (*core_discover_fn)(void *arg, const struct msg_discovered *found,
    const struct msg_discover_end *end);

/**
 * @param via	name of the instance
 * @param m	with addresses; its deadline_ms and timeout_ms are set here
 * @return	a token, or 0 when the instance is away
 */
uint32_t core_discover(struct core *c, const char *via, struct msg_discover *m, core_discover_fn cb, void *arg);
void	core_discover_forget(struct core *c, uint32_t token);	/* who asked has gone */

/* for peers.c: 0, or -1 when it is malformed; and for who attaches the instances */
int	discover_found(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg);
int	discover_end(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg);
void	discover_peer_gone(struct core *c, const struct measure_peer *m);

#endif
