/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_world_peers.h: what the two files of the played town share. */
#ifndef SIMPUL_CORE_WORLD_PEERS_H
#define SIMPUL_CORE_WORLD_PEERS_H

#include "tests/unit/core_world.h"

void	world_check(struct world *w);			/* the inputs, again */
void	world_core_start(struct world *w);
void	world_core_end(struct world *w);
void	world_tick(void *arg);				/* a second of rounds; sets itself again */
void	world_send(struct world *w, const struct sample_batch *b);

#endif
