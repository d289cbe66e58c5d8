/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: settings of the way to the broker, for the schema (proc/schema.c). */
#ifndef SIMPUL_PUBLISH_OPTIONS_H
#define SIMPUL_PUBLISH_OPTIONS_H

#include "base/conf.h"

extern const struct conf_opt mqtt_options[];

#endif
