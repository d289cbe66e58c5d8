/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: the settings of the capture. */
#ifndef SIMPUL_CAPTURE_OPTIONS_H
#define SIMPUL_CAPTURE_OPTIONS_H

#include "base/conf.h"

extern const struct conf_opt capture_options[];

#endif
