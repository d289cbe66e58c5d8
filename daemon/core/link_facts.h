/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_facts.h: what the probe of a line says beside its results, such as the address from which a site calls. */
#ifndef SIMPUL_CORE_LINK_FACTS_H
#define SIMPUL_CORE_LINK_FACTS_H

#include "live/core.h"

/** Keep it, and tell an address that is another one now. Of what is no line it is not taken. */
void	core_link_told(struct core *c, const struct msg_probe_fact *f);

#endif
