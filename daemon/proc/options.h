/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: settings of the engine as a whole and of measuring; those of a module lie in its folder. */
#ifndef SIMPUL_PROC_OPTIONS_H
#define SIMPUL_PROC_OPTIONS_H

#include "base/conf.h"

#define MEASURE_INSTANCES_MAX 16

extern const struct conf_opt engine_options[], measure_options[], trace_options[];
extern const char *const     measure_sample[];

#endif
