/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: settings of the engine as a whole and of the measuring instances. */
#include "probes/probe.h"
#include "proc/options.h"

const struct conf_opt engine_options[] = {
	{ "ns", CONF_TEXT, .max = 63, .def = "pontianak",
	  .help = "Name space: the engine's branch of the MQTT topics, an id." },
	{ "node", CONF_TEXT, .max = 63, .def = "main",
	  .help = "Name of this engine within its name space, an id." },
	{ "data_dir", CONF_TEXT, .max = 255, .def = "/var/lib/simpul",
	  .help = "Directory of the ledger, the journal and the RRD files." },
	{ "socket", CONF_TEXT, .max = 107, .def = "/run/simpul/simpul.sock",
	  .help = "Control socket, for simpulctl." },
	{ "user", CONF_TEXT, .max = 63, .def = "",
	  .help = "User of the engine's own, to become at start: at the control socket it has no role. Empty: stay, and "
		  "give up all capabilities." },
	{ "link_probe", CONF_WORD, .words = probe_line_names, .def = "icmp",
	  .help = "How a line is probed: by echo requests, or by opening TCP connections where raw sockets "
		  "are not to be had." },
	{ "gap_s", CONF_INT, "s", 5, 3600, "25",
	  .help = "A line without a result for this long is unknown; at least 2.5 times as long as a result takes "
		  "(5 echo requests, or one connection)." },
	{ "verify_ms", CONF_INT, "ms", 1000, 60000, "5000",
	  .help = "How long a fault waits for fresh probes of what lies above it before it is told." },
	{ "group_window_ms", CONF_INT, "ms", 0, 60000, "2000",
	  .help = "Faults that begin within this time are told as one." },
	{ "settle_s", CONF_INT, "s", 0, 600, "10",
	  .help = "How long lines may take to follow when what they pass through is back." },
	{ "removal_max_ratio", CONF_NUMBER, "of the lines", 0, 1, "0.10",
	  .help = "A reload that removes more than this needs simpulctl reload --allow-removal." },
	{ 0 }
};

const struct conf_opt measure_options[] = {
	{ "name", CONF_TEXT, .max = 31, .help = "What \"via\" in the inventory says, an id." },
	{ "netns", CONF_TEXT, .max = 255, .def = "",
	  .help = "Path of a network namespace to measure from; empty: the host's." },
	{ "mark", CONF_INT, .min = 0, .max = 4294967295.0, .def = "0",
	  .help = "Mark of all packets (SO_MARK), by which \"ip rule add fwmark\" sends them another way, such as that of a "
		  "backup line; 0: none. It needs CAP_NET_RAW at the start; TCP connections cannot be marked." },
	{ "interface", CONF_TEXT, .max = 15, .def = "",
	  .help = "Network device through which all packets leave; empty: as routed. It must be there at the start, and stay: "
		  "for one that comes and goes, such as PPPoE, use a mark." },
	{ 0 }
};

const struct conf_opt trace_options[] = {
	{ "interval_s", CONF_INT, "s", 0, 86400, "3600",
	  .help = "Time between two traces of a line; 0: none but those at the onset of a fault." },
	{ 0 }
};

const char *const measure_sample[] = {
	"name", "main", "netns", "", NULL,
	"name", "wan", "netns", "", NULL,
	NULL
};
