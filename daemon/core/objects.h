/* SPDX-License-Identifier: GPL-3.0-or-later */
/* objects.h: from one inventory to the next. */
#ifndef SIMPUL_CORE_OBJECTS_H
#define SIMPUL_CORE_OBJECTS_H

#include "live/core.h"

void	core_objects_init(struct core *c);
void	core_objects_free(struct core *c);
/**
 * Takes conf and inv, unless it fails.
 * @param rows	both as they came, for the ledger to keep; NULL: it has them
 * @return 0, or -1 (nothing has changed)
 */
int	core_objects_swap(struct core *c, struct conf *conf, struct inventory *inv, const struct buf *rows);

#endif
