/* SPDX-License-Identifier: GPL-3.0-or-later */
/* incidents.h: incidents as part of the transaction. All return 0 or -1. */
#ifndef SIMPUL_CORE_INCIDENTS_H
#define SIMPUL_CORE_INCIDENTS_H

#include "live/core.h"

bool	incidents_are_due(const struct core *c, int64_t now);
int	incidents_write(struct core *c);		/* rows */
int	incidents_publish(struct core *c, int64_t now);	/* documents */
void	incidents_written(struct core *c, int64_t now);
void	incidents_not_written(struct core *c);
void	incidents_drop(struct core *c);			/* free those that are done */

#endif
