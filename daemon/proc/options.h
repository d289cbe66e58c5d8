/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: the tables of settings that schema.c puts together; each lies in the folder of the module that reads it. */
#ifndef SIMPUL_OPTIONS_H
#define SIMPUL_OPTIONS_H

#include "base/conf.h"

extern const struct conf_opt engine_options[], measure_options[];	/* daemon/proc/options.c */
extern const struct conf_opt store_options[];				/* daemon/store/options.c */
extern const struct conf_opt rules_options[];				/* daemon/rules/options.c */
extern const struct conf_opt mqtt_options[];				/* daemon/publish/options.c */
extern const char *const     measure_sample[], *const rules_sample[];

#define MEASURE_INSTANCES_MAX 16
#define RULES_MAX	      16

#endif
