/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metric.c: the words of metric.h. */
#include "sample/metric.h"

const char *const unit_names[UNITS] = {
	[UNIT_NONE] = "",
	[UNIT_SECOND] = "s",
	[UNIT_RATIO] = "ratio",
	[UNIT_BIT_PER_SECOND] = "bit/s",
	[UNIT_PER_SECOND] = "1/s",
	[UNIT_CELSIUS] = "C",
};

const char *const metric_kind_names[METRIC_KINDS] = {
	[METRIC_GAUGE] = "gauge",
	[METRIC_COUNTER] = "counter",
};
