/* SPDX-License-Identifier: GPL-3.0-or-later */
/* graves.h: what has left the inventory lies in a grave, with that inventory, until nothing points to it. */
#ifndef SIMPUL_CORE_GRAVES_H
#define SIMPUL_CORE_GRAVES_H

#include "live/core.h"

/** The old inventory and its live objects, of which only those marked gone are kept. All are taken. */
void	core_bury(struct core *c, struct inventory *old, struct site_live **site, struct link_live **link,
    struct device_live **device, struct service_live **service);
void	core_graves_free(struct core *c);		/* as far as no incident needs them */

#endif
