/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core.h: what the control socket asks of core. What core knows is in live/core.h; who runs it sees proc.h.
 *
 *	core.c		life and channels
 *	core_peers.c	what the others tell, frame by frame
 *	core_conf.c	rows from check to a new inventory, accepted or refused
 *	core_objects.c	from one inventory to the next; core_ports.c: what discovery found
 *	core_plan.c	numbers, and what the others are told: SERIES_PLAN, PLAN, BROKER_PLAN
 *	core_samples.c	samples on their way in; core_probe.c: probes asked for
 *	alert/		verdicts, incidents, documents, the outbox
 *	core_load.c	what the ledger remembers of the time before
 *	core_turn.c	the turn: review what is due, write it in one transaction, then let it out
 *	core_commit.c	that transaction; its parts: core_incidents.c, core_states.c
 */
#ifndef SIMPUL_CORE_H
#define SIMPUL_CORE_H

#include "ipc/msg.h"
#include "live/core.h"
#include "proc/proc.h"

struct json_t;

/**
 * How a reload ended.
 * @param error	NULL when it was accepted
 * @param errors	JSON array of {"file","line","column","text"}; borrowed
 */
typedef void (*core_reload_fn)(void *arg, const char *error, uint32_t rows, const struct json_t *errors);
/**
 * SERIES_ROWS or SERIES_END with the token of core_store_send(); NULL: store went away, no answer will come.
 */
typedef void (*core_store_fn)(void *arg, const struct ipc_msg *msg);

/**
 * Have the configuration read again; cb is called exactly once, later.
 * @return 0, or -1 when there is no parent to ask or a reload is under way
 */
int	core_reload_request(struct core *c, bool allow_removal, core_reload_fn cb, void *arg);
/**
 * Send a request to store and hand every frame of its answer to cb; the last one is SERIES_END.
 * @return the token, or 0 when store is away
 */
uint32_t core_store_send(struct core *c, uint16_t type, const void *data, size_t len, core_store_fn cb,
    void *arg);
void	core_store_forget(struct core *c, uint32_t token);	/* who asked has gone */
/**
 * Have a link probed now (rounds of 1 s); results arrive like any other. 0, or -1 when its instance is away.
 */
int	core_probe_now(struct core *c, struct link_live *l, uint16_t rounds);
/**
 * Acknowledge an open incident, or change its acknowledgement: committed on return, with its next version,
 * incident.acked and the new document. @param until_ns  wall; 0: until it closes @return 0, or -1 when the
 * ledger refused (logged)
 */
int	core_ack(struct core *c, struct incident *i, const char *user, const char *note, int64_t until_ns);

#endif
