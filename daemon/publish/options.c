/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: settings of the way to the MQTT broker. */
#include "publish/options.h"

const struct conf_opt mqtt_options[] = {
	{ "enabled", CONF_BOOL, .def = "true",
	  .help = "Whether to publish; what happens while not is not published later." },
	{ "host", CONF_TEXT, .max = 255, .def = "127.0.0.1",
	  .help = "Name or address of the broker, or the path of its Unix socket." },
	{ "port", CONF_INT, .min = 0, .max = 65535, .def = "1883",
	  .help = "TCP port of the broker; 0 with a Unix socket." },
	{ "username", CONF_TEXT, .max = 127, .def = "", .help = "User at the broker; empty: none." },
	{ "password_file", CONF_TEXT, .max = 255, .def = "",
	  .help = "File below secrets/publish with the password; empty: none." },
	{ "ca_file", CONF_TEXT, .max = 255, .def = "",
	  .help = "File below secrets/publish with the certificates that the broker's must lead to; empty: "
		  "no TLS." },
	{ "window", CONF_INT, "messages", 1, 1000, "20",
	  .help = "How many messages may wait for the broker's word at once." },
	{ 0 }
};
