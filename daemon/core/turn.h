/* SPDX-License-Identifier: GPL-3.0-or-later */
/* turn.h: what is due, decided and written. */
#ifndef SIMPUL_CORE_TURN_H
#define SIMPUL_CORE_TURN_H

#include "live/core.h"

void	core_turn_start(struct core *c);
void	core_turn_now(struct core *c);			/* stopping: what is due now */

#endif
