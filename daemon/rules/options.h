/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: settings of a rule, for the schema (proc/schema.c). */
#ifndef SIMPUL_RULES_OPTIONS_H
#define SIMPUL_RULES_OPTIONS_H

#include "base/conf.h"

#define RULES_MAX 16

extern const struct conf_opt rules_options[];
extern const char *const     rules_sample[];

#endif
