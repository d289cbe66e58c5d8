/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: settings of the trap port. */
#include "trap/options.h"

const struct conf_opt traps_options[] = {
	{ "enabled", CONF_BOOL, .def = "true",
	  .help = "Whether to listen for traps and informs. Read at the start only, like the next two." },
	{ "listen", CONF_TEXT, .max = 255, .def = "",
	  .help = "Addresses to listen on, up to 4 with spaces between; empty: all." },
	{ "port", CONF_INT, .min = 1, .max = 65535, .def = "162", .help = "UDP port." },
	{ "source_per_s", CONF_INT, "traps/s", 1, 10000, "20", .help = "What one device may send, on average." },
	{ "source_burst", CONF_INT, "traps", 1, 100000, "100", .help = "What it may send at once." },
	{ "total_per_s", CONF_INT, "traps/s", 1, 100000, "2000", .help = "What all devices together may send." },
	{ "queue", CONF_INT, "traps", 100, 100000, "10000",
	  .help = "How many may wait to be looked at; beyond it the oldest are dropped." },
	{ 0 }
};
