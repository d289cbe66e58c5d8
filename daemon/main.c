/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * simpuld, the engine: options, the stages of the start, the loop.
 *
 * The parent (proc/parent.c) opens what needs rights, gives the rights up and starts the processes of proc/;
 * with --single all of them live in this one (proc/single.c). Without --foreground the shell's command
 * returns when the engine is up, or has failed and said why.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "base/background.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/notify.h"
#include "base/title.h"
#include "proc/parent.h"
#include "proc/single.h"

#define EXIT_USAGE 2

struct options {
	const char *conf_path;
	bool	    foreground, single;
};

static const struct stage {
	const char *name;
	int	  (*start)(struct parent *);	/* 0, or -1 after saying why */
	void	  (*stop)(struct parent *);
} stages[] = {	/* started downwards, stopped upwards */
	{ "configuration", parent_check,	NULL },
	{ "premises",	   parent_open,		parent_close },	/* data, sockets: last work with rights */
	{ "privileges",	   parent_privileges,	NULL },
	{ "processes",	   parent_start,	parent_stop },
};

static void
usage(FILE *to)
{
	fputs("usage: simpuld -c FILE [--foreground] [--single] [-D TAG]\n"
	      "  -c, --config FILE   configuration (default: $SIMPUL_CONFIG, else\n"
	      "                      " SYSCONFDIR "/simpul/simpuld.conf)\n"
	      "      --foreground    do not go into the background when the engine is up\n"
	      "      --single        all processes in one, in the foreground, for debugging\n"
	      "  -D, --debug TAG     show debug lines of one area (\"all\" for every one)\n"
	      "      --version       print the version and end\n"
	      "      --help          print this and end\n"
	      "\n"
	      "Examples\n"
	      "  simpulctl check /etc/simpul/simpuld.conf          is everything right in the files?\n"
	      "  simpuld -c /etc/simpul/simpuld.conf               start; returns when it is up\n"
	      "  simpuld -c local/etc/simpuld.conf --foreground    stay; ^C ends it\n"
	      "  simpuld -c local/etc/simpuld.conf --foreground -D snmp\n"
	      "                                                    and show what the SNMP engine does\n"
	      "  systemctl enable --now simpuld                    as a service\n"
	      "Then: simpulctl status. See simpuld(8).\n", to);
}

static void
options_parse(struct options *o, int argc, char *argv[])
{
	enum { OPT_FOREGROUND = 256, OPT_SINGLE, OPT_VERSION, OPT_HELP };
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "debug", required_argument, NULL, 'D' },
		{ "foreground", no_argument, NULL, OPT_FOREGROUND },
		{ "single", no_argument, NULL, OPT_SINGLE },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 }
	};
	int c;

	o->conf_path = getenv("SIMPUL_CONFIG");
	if (o->conf_path == NULL || o->conf_path[0] == '\0')
		o->conf_path = SYSCONFDIR "/simpul/simpuld.conf";
	while ((c = getopt_long(argc, argv, "c:D:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->conf_path = optarg;
			break;
		case 'D':
			log_debug_tag(optarg);
			break;
		case OPT_FOREGROUND:
			o->foreground = true;
			break;
		case OPT_SINGLE:
			o->single = true;
			break;
		case OPT_VERSION:
			puts(PACKAGE_STRING);
			exit(EXIT_SUCCESS);
		case OPT_HELP:
			usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind != argc) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
}

/* The engine of several processes. @param background_fd  who waits to hear that it is up; taken */
static int
run_stages(struct loop *loop, const char *conf_path, int background_fd)
{
	struct parent *p = parent_new(loop, conf_path);
	struct notify *notify = notify_new(loop);
	size_t	       up;
	int	       rc = -1;

	for (up = 0; up < nitems(stages); up++) {
		log_debug("proc", "start: %s", stages[up].name);
		if (stages[up].start(p) == -1)
			goto stop;		/* the stage has said why */
	}
	notify_send(notify, "READY=1");
	background_ready(background_fd);
	rc = loop_run(loop);
	notify_send(notify, "STOPPING=1");
stop:
	while (up-- > 0)
		if (stages[up].stop != NULL)
			stages[up].stop(p);
	notify_free(notify);
	parent_free(p);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct options opt = { 0 };
	struct loop   *loop;
	int	       rc, background_fd = -1;

	standard_fds_fill();
	title_init(argc, argv);
	log_open("simpuld", NULL);
	options_parse(&opt, argc, argv);
	if (!opt.foreground && !opt.single)
		background_fd = background_start();
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	rc = opt.single ? single_run(loop, opt.conf_path) : run_stages(loop, opt.conf_path, background_fd);
	loop_free(loop);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
