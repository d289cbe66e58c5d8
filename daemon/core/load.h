/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load.h: what the ledger remembers of the time before. */
#ifndef SIMPUL_CORE_LOAD_H
#define SIMPUL_CORE_LOAD_H

#include "live/core.h"

int	core_remember(struct core *c);			/* read the objects' rows. 0 or -1 */
void	core_recall_link(struct core *c, struct link_live *l, const struct link *row);
void	core_recall_site(struct core *c, struct site_live *s);
void	core_recall_service(struct core *c, struct service_live *s);
void	core_recall_device(struct core *c, struct device_live *d);
void	core_recall_incidents(struct core *c);		/* once all objects are there */
void	core_forget_rest(struct core *c);		/* what left the inventory while we were away */

#endif
