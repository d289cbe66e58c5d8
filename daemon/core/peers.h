/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peers.h: what the other processes tell core, and what it asks store. */
#ifndef SIMPUL_CORE_PEERS_H
#define SIMPUL_CORE_PEERS_H

#include "ipc/msg.h"
#include "live/core.h"

/**
 * SERIES_ROWS or SERIES_END with the token of core_store_send(); NULL: store went away, no answer will come.
 */
typedef void (*core_store_fn)(void *arg, const struct ipc_msg *msg);

/**
 * Send a request to store and hand every frame of its answer to cb; the last one is SERIES_END.
 * @return the token, or 0 when store is away
 */
uint32_t core_store_send(struct core *c, uint16_t type, const void *data, size_t len, core_store_fn cb,
    void *arg);
void	core_store_forget(struct core *c, uint32_t token);	/* who asked has gone */

void	peers_message(struct core *c, struct ipc_channel *ch, const struct ipc_msg *msg);
void	peers_restarted(struct core *c, const char *process);
void	peers_store_gone(struct core *c);		/* its answers will not come */

#endif
