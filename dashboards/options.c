/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: the settings of simpul-web.conf. */
#include "dashboards/options.h"

#include "base/conf.h"

static const struct conf_opt web_options[] = {
	{ "listen", CONF_TEXT, .max = 45, .def = "127.0.0.1",
	  .help = "Address to listen at; 0.0.0.0 or :: for all." },
	{ "port", CONF_INT, .min = 0, .max = 65535, .def = "8061",
	  .help = "Port to listen at; 0: any that is free." },
	{ "names", CONF_WORDS, .def = "",
	  .help = "Names and addresses by which browsers come; others are refused. localhost, 127.0.0.1, [::1] "
		  "and the address to listen at are always good." },
	{ "cert", CONF_TEXT, .max = 255, .def = "",
	  .help = "File of the certificate and its chain (PEM); empty: one that is signed by itself, made at "
		  "the first start." },
	{ "key", CONF_TEXT, .max = 255, .def = "", .help = "File of its key (PEM), mode 0600." },
	{ "root", CONF_TEXT, .max = 255, .def = "",
	  .help = "Folder of the pages; empty: where they were installed." },
	{ "state_dir", CONF_TEXT, .max = 255, .def = "/var/lib/simpul-web",
	  .help = "Directory of the users and of the certificate that is signed by itself." },
	{ "socket", CONF_TEXT, .max = 107, .def = "/run/simpul/simpul.sock",
	  .help = "The engine's control socket." },
	{ "user", CONF_TEXT, .max = 63, .def = "",
	  .help = "User to become at start; empty: stay, and give up all capabilities." },
	{ "max_connections", CONF_INT, .min = 8, .max = 60000, .def = "512",
	  .help = "Connections at a time; more wait." },
	{ "max_per_address", CONF_INT, .min = 1, .max = 60000, .def = "32",
	  .help = "Connections at a time from one address, or one /64 network of IPv6, which may be a whole "
		  "office; more are closed. A browser opens up to six." },
	{ "max_streams", CONF_INT, .min = 1, .max = 1000, .def = "4",
	  .help = "Live streams of one session; the oldest goes when there is one more." },
	{ "password_cost", CONF_INT, .min = 1, .max = 11, .def = "7",
	  .help = "Cost of a password hash (yescrypt): 7 is about 0.3 s." },
	{ "metrics_local", CONF_BOOL, .def = "true",
	  .help = "Serve /metrics to this host without a log-in; not with a proxy in front, behind which all come "
		  "from this host." },
	{ 0 }
};

static const struct conf_group web_groups[] = {
	{ "web", web_options, .help = "The web server simpul-web." },
	{ 0 }
};

void
web_conf_use(void)
{
	conf_use(web_groups,
	    "# simpul-web.conf: how the web server listens, and where its files are. Each setting stands here at its\n"
	    "# default; what is left out keeps it. Form: name = value; text in quotes; # starts a comment.\n"
	    "# See simpul-web.conf(5).\n"
	    "# A change needs a restart. A new certificate is read by itself within seconds; one in /etc/credstore, of\n"
	    "# which simpul-web.service is given copies at its start, needs a restart, too.\n");
}
