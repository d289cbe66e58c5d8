/* SPDX-License-Identifier: GPL-3.0-or-later */
/* services.h: what people use over the network, as measured; inside core/ only. */
#ifndef SIMPUL_CORE_SERVICES_H
#define SIMPUL_CORE_SERVICES_H

#include "live/core.h"
#include "sample/sample.h"

/** Take it over into c->service, new or known. @param number  of its series */
struct service_live *core_service_take(struct core *c, const struct service *row, uint32_t number);
/** All are taken: what each needs, and where it is served. */
void core_services_join(struct core *c);
/** It is no longer in the inventory. */
void core_service_leave(struct core *c, struct service_live *s);
/** Those that are not judged any more (planned again) leave their incidents; of others it begins. */
void core_services_rejudge(struct core *c);

/* What has arrived. */
void core_service_round(struct core *c, struct service_live *s, const struct sample *sample, int64_t mono_ns);
void core_service_rate(struct core *c, struct service_live *s, const struct sample *sample);
void core_service_fact(struct core *c, const struct msg_probe_fact *f);
void core_service_note(struct service_live *s, const struct msg_probe_fact *f);
void core_service_state(struct core *c, struct service_live *s, const struct msg_target_state *st);

/** No results until now: gaps; and what explained some may be over. */
void core_services_sweep(struct core *c, int64_t now);
/** marks.service_ns has come. */
void core_services_due(struct core *c, int64_t now);
/** Ask now. @return 0, or -1 when nobody can: its instance is away, or it is not asked */
int core_service_probe(struct core *c, struct service_live *s, uint16_t rounds);

#endif
