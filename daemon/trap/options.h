/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: the settings of the trap port. */
#ifndef SIMPUL_TRAP_OPTIONS_H
#define SIMPUL_TRAP_OPTIONS_H

#include "base/conf.h"

extern const struct conf_opt traps_options[];

#endif
