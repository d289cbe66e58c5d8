/* SPDX-License-Identifier: GPL-3.0-or-later */
/* counters.h: numbers by name, of core and as the other processes tell them: "measure wan/icmp.sent". */
#ifndef SIMPUL_LIVE_COUNTERS_H
#define SIMPUL_LIVE_COUNTERS_H

#include "base/base.h"

struct core;

struct core_counter {
	char	 name[96];
	uint64_t value;
};

/** The counter of this name, made when it is new. @return NULL: no room, never for core/ */
struct core_counter *core_counter(struct core *c, const char *name);
void	core_counters_free(struct core *c);

#endif
