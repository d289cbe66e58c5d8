/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: settings of the store, for the schema (proc/schema.c). */
#ifndef SIMPUL_STORE_OPTIONS_H
#define SIMPUL_STORE_OPTIONS_H

#include "base/conf.h"

extern const struct conf_opt store_options[];

#endif
