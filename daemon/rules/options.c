/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: settings of a rule on one value. */
#include "rules/options.h"

#include "rules/watched.h"

static const char *const on_words[] = { "link", NULL };
static const char *const severity_words[] = { "critical", "major", "minor", "warning", "info", NULL };
static const char *const class_words[] = { "critical", "office", "park", NULL };

const struct conf_opt rules_options[] = {
	{ "name", CONF_TEXT, .max = 31, .help = "What the rule is called in evidence, an id." },
	{ "on", CONF_WORD, .words = on_words, .def = "link", .help = "Kind of object." },
	{ "value", CONF_WORD, .words = watched_names,
	  .help = "What is watched: loss of the steady packets, their median round trip; of the port that carries the "
		  "line: errors, frames with a bad check sum, late collisions, received light above its limit "
		  "(rx_dbm_min of links.csv, or the module's own) and below its own mean of the last weeks, "
		  "and how often it went up or down within the last hour." },
	{ "raise", CONF_NUMBER, "as the value", -1000, 1e6,
	  .help = "Raised beyond this; above clear the rule watches for high values, below it for low "
		  "ones." },
	{ "raise_s", CONF_INT, "s", 0, 86400, "180", .help = "How long it must stay beyond to be raised." },
	{ "clear", CONF_NUMBER, "as the value", -1000, 1e6, .help = "Cleared within this." },
	{ "clear_s", CONF_INT, "s", 0, 86400, "300", .help = "How long it must stay within to be cleared." },
	{ "severity", CONF_WORD, .words = severity_words, .def = "warning",
	  .help = "Severity of its events." },
	{ "class", CONF_WORDS, .words = class_words, .def = "",
	  .help = "Classes of sites to which it applies; empty: all." },
	{ 0 }
};

const char *const rules_sample[] = {
	"name", "loss", "on", "link", "value", "loss_ratio", "raise", "0.05", "raise_s", "180", "clear", "0.02", "clear_s", "300",
	"severity", "warning", "class", "critical|office", NULL,
	"name", "delay", "on", "link", "value", "rtt_p50_s", "raise", "0.150", "raise_s", "180", "clear", "0.120", "clear_s", "300",
	"severity", "warning", "class", "critical|office", NULL,
	"name", "rx-errors", "on", "link", "value", "rx_errors_ps", "raise", "1", "raise_s", "300", "clear", "0.1",
	"clear_s", "900", "severity", "warning", "class", "critical|office", NULL,
	"name", "tx-errors", "on", "link", "value", "tx_errors_ps", "raise", "1", "raise_s", "300", "clear", "0.1",
	"clear_s", "900", "severity", "warning", "class", "critical|office", NULL,
	"name", "fcs", "on", "link", "value", "fcs_errors_ps", "raise", "0.1", "raise_s", "300", "clear", "0.01",
	"clear_s", "900", "severity", "warning", "class", "critical|office", NULL,
	"name", "duplex", "on", "link", "value", "late_collisions_ps", "raise", "0.01", "raise_s", "120",
	"clear", "0.001", "clear_s", "900", "severity", "warning", "class", "critical|office", NULL,
	"name", "rx-power", "on", "link", "value", "rx_margin_db", "raise", "0", "raise_s", "120", "clear", "1",
	"clear_s", "600", "severity", "warning", "class", "critical|office", NULL,
	"name", "rx-drop", "on", "link", "value", "rx_drop_db", "raise", "3", "raise_s", "600", "clear", "1.5",
	"clear_s", "1800", "severity", "warning", "class", "critical|office", NULL,
	"name", "flaps", "on", "link", "value", "changes_1h", "raise", "6", "raise_s", "0", "clear", "1",
	"clear_s", "0", "severity", "warning", "class", "critical|office", NULL,
	NULL
};
