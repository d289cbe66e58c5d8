/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schema.c: the groups of simpuld.conf, in the order of the default file. */
#include "proc/options.h"
#include "publish/options.h"
#include "rules/options.h"
#include "store/options.h"

const struct conf_group conf_groups[] = {
	{ "engine", engine_options, .help = "The engine as a whole, and when it measures." },
	{ "measure", measure_options, .list = true, .sample = measure_sample, .max = MEASURE_INSTANCES_MAX,
	  .help = "Measuring instances, one process each. \"main\" is what an empty \"via\" of the "
		  "inventory means; the shipped inventory "
		  "uses \"wan\", too." },
	{ "store", store_options, .help = "Journal and RRD files." },
	{ "rules", rules_options, .list = true, .sample = rules_sample, .max = RULES_MAX,
	  .help = "What makes a line that answers degraded. That a line is down needs no rule." },
	{ "mqtt", mqtt_options, .help = "Where events and states are published." },
	{ 0 }
};
