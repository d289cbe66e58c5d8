/* SPDX-License-Identifier: GPL-3.0-or-later */
/* states.h: states of live objects as part of the transaction. */
#ifndef SIMPUL_CORE_STATES_H
#define SIMPUL_CORE_STATES_H

#include "live/core.h"

bool	states_are_due(const struct core *c, int64_t now);
int	states_write(struct core *c, int64_t now);	/* 0 or -1 */
void	states_written(struct core *c, int64_t now);

#endif
