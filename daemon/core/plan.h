/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan.h: what the other processes are told. */
#ifndef SIMPUL_CORE_PLAN_H
#define SIMPUL_CORE_PLAN_H

#include "live/core.h"

/*
 * A plan is sent in one go, so all of it may wait in the queue: of a city with 31,000 devices, 100 ports and
 * sensors each, some 200 MB. Only what waits takes memory.
 */
#define PLAN_QUEUE_BYTES (512u << 20)

void	plan_send_all(struct core *c);
void	plan_send_measure(struct core *c, struct measure_peer *m);
void	plan_send_store(struct core *c);
void	plan_send_publish(struct core *c);
void	plan_add_series(struct core *c, uint32_t number, const char *ref);
/** Instances that are away and that the configuration does not list any more are no peers of ours. */
void	plan_forget_measure(struct core *c);
struct measure_peer *core_measure_of(struct core *c, const char *via);
struct measure_peer *core_measure_of_service(struct core *c, const struct service *s);

#endif
