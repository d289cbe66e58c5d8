/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.h: who may send how much to the trap port. Pure: the time is an argument, monotonic.
 *
 * Devices of the inventory are registered and keep their places. Of all others the 4,096 heard last are
 * remembered, and they share an allowance of their own: whatever they send, a device's is left.
 */
#ifndef SIMPUL_TRAP_GATE_H
#define SIMPUL_TRAP_GATE_H

#include "base/addr.h"

#define GATE_STRANGERS_MAX 4096

struct gate_limits {
	uint32_t source_per_s, source_burst;
	uint32_t total_per_s;		/* of all registered; burst: that of a second */
};

enum gate_verdict { GATE_PASS, GATE_SOURCE_LIMIT, GATE_TOTAL_LIMIT };

struct gate;

struct gate *gate_new(void);		/* nobody is registered; limits of the default settings */
void	gate_free(struct gate *g);	/* NULL is allowed */
void	gate_limits(struct gate *g, const struct gate_limits *limits);

/** Who is registered: begin, each address, end. Those that stay keep what they have used. */
void	gate_plan_begin(struct gate *g);
void	gate_plan_add(struct gate *g, const struct addr *a);
void	gate_plan_end(struct gate *g);

bool	gate_is_registered(const struct gate *g, const struct addr *a);
/** One trap of this address: does it fit? What does not costs no allowance of others. */
enum gate_verdict gate_admit(struct gate *g, const struct addr *a, int64_t now);
/** How many strangers were forgotten to make room. */
uint64_t gate_evicted(const struct gate *g);

#endif
