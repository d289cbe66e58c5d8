/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_profile_options.c: the groups and keys of a profile file. */
#include "model/snmp_profile.h"

const char *const snmp_profile_type_words[PROFILE_TYPES + 1] = {
	[PROFILE_GAUGE] = "gauge", [PROFILE_COUNTER] = "counter", [PROFILE_STATE] = "state",
	[PROFILE_CHANGE] = "change"
};
const char *const snmp_profile_port_words[PROFILE_PORTS + 1] = {
	[PROFILE_PORT_NONE] = "", [PROFILE_PORT_INDEX] = "index", [PROFILE_PORT_LABEL] = "label",
	[PROFILE_PORT_COLUMN] = "column"
};
const char *const snmp_profile_host_words[PROFILE_HOSTS + 1] = {
	[PROFILE_HOST_NONE] = "", [PROFILE_HOST_CPU] = "cpu_ratio", [PROFILE_HOST_MEM] = "mem_used_ratio",
	[PROFILE_HOST_LOAD] = "load1", [PROFILE_HOST_TEMP] = "temp_c"
};

static const char *const rows_words[] = { "", "ports", NULL };

#define COLUMN_MAX  4294967295.0
#define ANY_NUMBER  -PROFILE_NO_LIMIT, PROFILE_NO_LIMIT
#define NO_LOW	    "-1e18"
#define NO_HIGH	    "1e18"

static const struct conf_opt head_options[] = {
	{ "help", CONF_TEXT, .max = 199, .def = "", .help = "What kind of device this is, in a few words." },
	{ "match", CONF_TEXT, .def = "",
	  .help = "It is for devices whose sysObjectID is at or below one of these, \"1.3.6.1.4.1.14988.1|...\". "
		  "The longest match of all profiles wins; without one the profile \"generic\" holds." },
	{ "include", CONF_TEXT, .def = "", .help = "Profiles whose tables are read, too, \"ups|lag\"." },
	{ 0 }
};

static const struct conf_opt table_options[] = {
	{ "name", CONF_TEXT, .max = PROFILE_NAME_MAX - 1, .help = "What values call it." },
	{ "help", CONF_TEXT, .max = 199, .def = "", .help = "What its rows are." },
	{ "entry", CONF_TEXT,
	  .help = "OID of the conceptual row: a column is entry.column.index. Of scalars their parent." },
	{ "scalar", CONF_BOOL, .def = "false", .help = "It is no table: a value is entry.column.0." },
	{ "label", CONF_INT, NULL, 0, COLUMN_MAX, "0",
	  .help = "Column whose text names the row; 0: its index does." },
	{ "index_text", CONF_BOOL, .def = "false",
	  .help = "Without a label: the index is a text, its length first, as that of nsExtendOutput1Table." },
	{ "port", CONF_WORD, .words = snmp_profile_port_words, .def = "",
	  .help = "How a row belongs to a port: not at all, the first arc of its index is the ifIndex, its label is "
		  "the ifName, or the value of port_column is the ifIndex." },
	{ "port_column", CONF_INT, NULL, 0, COLUMN_MAX, "0", .help = "With port = \"column\": that column." },
	{ "every_s", CONF_INT, "s", 0, 3600, "0",
	  .help = "At least so long between two readings, 10 s or more; 0: in each poll." },
	{ "rows_max", CONF_INT, NULL, 1, SENSORS_MAX, "256", .help = "Rows taken at most; the others are left out." },
	{ "rows", CONF_WORD, .words = rows_words, .def = "",
	  .help = "\"ports\": its rows are the ports of IF-MIB, which are read without a walk of the table. For tables behind "
		  "whose end lies what must not be read." },
	{ 0 }
};

static const struct conf_opt value_options[] = {
	{ "table", CONF_TEXT, .max = PROFILE_NAME_MAX - 1, .help = "Name of its table." },
	{ "name", CONF_TEXT, .max = 19,
	  .help = "Name of the value, with its unit as ending: _dbm _c _v _a _w _ratio _s _hz _rpm _ps _bps; without "
		  "one it is a plain number." },
	{ "help", CONF_TEXT, .max = 199, .def = "", .help = "What it says." },
	{ "column", CONF_INT, NULL, 1, COLUMN_MAX, .help = "Column of the table that holds it." },
	{ "type", CONF_WORD, .words = snmp_profile_type_words, .def = "gauge",
	  .help = "A gauge; a counter, of which the rate per second is stored; a state: 0 ok, 1 warn, 2 bad; or a "
		  "number that rises when something happens, whatever by, such as a time stamp: changes per second are "
		  "stored (change)." },
	{ "factor", CONF_NUMBER, NULL, ANY_NUMBER, "1", .help = "The value is raw * factor + offset." },
	{ "offset", CONF_NUMBER, NULL, ANY_NUMBER, "0", .help = "See factor." },
	{ "wrap", CONF_NUMBER, NULL, 0, PROFILE_NO_LIMIT, "0",
	  .help = "Of signed numbers that the device writes as unsigned: a raw number above wrap / 2 means "
		  "raw - wrap, such as 65536; 0: none." },
	{ "none", CONF_TEXT, .def = "", .help = "Raw numbers that mean that there is no value, \"0|-32768\"." },
	{ "skip_none", CONF_BOOL, .def = "false", .help = "A row that is none when it is found has no such value." },
	{ "octets", CONF_BOOL, .def = "false",
	  .help = "A string of 1 to 8 bytes is one number, its first byte the highest (BITS)." },
	{ "where_column", CONF_INT, NULL, 0, COLUMN_MAX, "0",
	  .help = "Only rows have it whose column of this number is one of where when they are found; 0: all." },
	{ "where", CONF_TEXT, .def = "", .help = "See where_column: raw numbers, \"1|2\"." },
	{ "per", CONF_TEXT, .def = "",
	  .help = "Columns, \"5|6\": the raw number is divided by the sum of theirs in the same row." },
	{ "min", CONF_NUMBER, NULL, ANY_NUMBER, NO_LOW, .help = "A value below is not plausible: unknown." },
	{ "max", CONF_NUMBER, NULL, ANY_NUMBER, NO_HIGH, .help = "A value above is not plausible: unknown." },
	{ "ok", CONF_TEXT, .def = "", .help = "States: raw numbers that are well, \"1|2\"." },
	{ "warn", CONF_TEXT, .def = "", .help = "States: raw numbers that deserve a look." },
	{ "bad", CONF_TEXT, .def = "", .help = "States: raw numbers that are faults. Others are unknown." },
	{ "host", CONF_WORD, .words = snmp_profile_host_words, .def = "",
	  .help = "Feeds this value of the device's own series with the mean of the rows, instead of a sensor each." },
	{ "low_warn", CONF_NUMBER, NULL, ANY_NUMBER, NO_LOW, .help = "Below it deserves a look." },
	{ "low_crit", CONF_NUMBER, NULL, ANY_NUMBER, NO_LOW, .help = "Below it is a fault." },
	{ "high_warn", CONF_NUMBER, NULL, ANY_NUMBER, NO_HIGH, .help = "Above it deserves a look." },
	{ "high_crit", CONF_NUMBER, NULL, ANY_NUMBER, NO_HIGH, .help = "Above it is a fault." },
	{ 0 }
};

const struct conf_group snmp_profile_schema[] = {
	{ "profile", head_options, .help = "The kind of device." },
	{ "tables", table_options, .list = true, .max = PROFILE_TABLES_MAX, .help = "Tables to read." },
	{ "values", value_options, .list = true, .max = PROFILE_VALUES_MAX, .help = "Columns to keep." },
	{ 0 }
};
