/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder.h: what the flight recorders of measure tell: a recording is gathered in memory, written to the
 * ledger when it begins, each minute and at its end, and belongs to the incident of which its line was part
 * meanwhile, or to none: a gap of some seconds from which nothing follows is what is looked for here.
 */
#ifndef SIMPUL_CORE_RECORDER_H
#define SIMPUL_CORE_RECORDER_H

#include "live/core.h"

struct core_recording;

/* for peers.c: 0, or -1 when it is malformed */
int	recorder_begin(struct core *c, const struct ipc_channel *from, const struct ipc_msg *msg);
int	recorder_packets(struct core *c, const struct ipc_msg *msg);
int	recorder_end(struct core *c, const struct ipc_msg *msg);
int	recorder_traced(struct core *c, const struct ipc_msg *msg);
int	recorder_mtu(struct core *c, const struct ipc_msg *msg);
/** The instance went away: what it was recording ends. */
void	recorder_peer_gone(struct core *c, const struct measure_peer *m);

void	core_recorder_stop(struct core *c);	/* what is under way ends with the engine */
void	core_recorder_free(struct core *c);
/** Those that the last core left open in the ledger. */
void	core_recorder_recall(struct core *c);

/* for commit.c */
bool	core_recorder_is_due(const struct core *c, int64_t now);
int	core_recorder_write(struct core *c, int64_t now);
void	core_recorder_written(struct core *c, int64_t now);
void	core_recorder_not_written(struct core *c);

#endif
