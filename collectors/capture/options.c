/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: settings of the capture. */
#include "collectors/capture/options.h"

const struct conf_opt capture_options[] = {
	{ "enabled", CONF_BOOL, .def = "false",
	  .help = "Whether to read what passes on a mirror port. Read at the start only, like all of this group." },
	{ "interface", CONF_TEXT, .max = 15, .def = "", .help = "The port to which a switch copies the traffic of the lines." },
	{ "filter", CONF_TEXT, .max = 500, .def = "",
	  .help = "What of it counts, as in pcap-filter(7), in addresses and numbers; empty: all." },
	{ "buffer_mib", CONF_INT, "MiB", 1, 1024, "32",
	  .help = "Memory for frames that wait to be read; the kernel drops, and counts, what finds no room." },
	{ 0 }
};
