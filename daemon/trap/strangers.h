/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strangers.h: the 50 heard last of those whose traps do not count, each source and reason with a count, however
 * many it sends. For people who want to know whether a device is missing from the inventory, or set up wrongly.
 */
#ifndef SIMPUL_TRAP_STRANGERS_H
#define SIMPUL_TRAP_STRANGERS_H

#include "collectors/snmp/trap.h"
#include "ipc/msg.h"

struct strangers {			/* zeroed: none */
	struct {
		struct msg_trap_stranger m;	/* count 0: nobody */
		bool			 changed;
	} each[TRAP_STRANGERS];
};

/**
 * @param t	what came, or NULL: it could not be made out
 * @param why	... why not
 */
void	strangers_note(struct strangers *s, const struct addr *source, enum trap_refusal refusal,
	    const struct snmp_trap *t, const char *why, int64_t wall_ns);
/** Send those that have changed since. @param all  the others, too */
void	strangers_tell(struct strangers *s, struct ipc_channel *core, bool all);

#endif
