/* SPDX-License-Identifier: GPL-3.0-or-later */
/* samples.h: samples on their way in, and facts out to the history. */
#ifndef SIMPUL_CORE_SAMPLES_H
#define SIMPUL_CORE_SAMPLES_H

#include "live/core.h"
#include "sample/sample.h"

int	core_samples(struct core *c, const uint8_t *payload, size_t len);	/* 0, or -1: malformed */
void	core_sweep_start(struct core *c);
void	core_facts_send(struct core *c);
/** The change of a line or service, by its series number, for the history. */
/** A sample of core's own, such as of a report that came in. */
void	core_sample_out(struct core *c, const struct sample *s);
void	core_fact(struct core *c, uint32_t number, const struct link_rounds *r);

#endif
