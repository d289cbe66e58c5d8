/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe.h: probes asked for. */
#ifndef SIMPUL_CORE_PROBE_H
#define SIMPUL_CORE_PROBE_H

#include "ipc/msg.h"
#include "live/core.h"

/**
 * Have a link probed now (rounds of 1 s); results arrive like any other. 0, or -1 when its instance is away.
 */
int	core_probe_now(struct core *c, struct link_live *l, uint16_t rounds);

void	probe_watch(struct core *c, struct incident *i);	/* what is above and beside its lines */
void	probe_burst(struct core *c);
void	probe_done(struct core *c, uint32_t token, const struct msg_probe_done *d);
void	probe_peer_gone(struct core *c, const struct measure_peer *m);

#endif
