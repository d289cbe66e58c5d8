/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * simpul-web, the web server: options, the stages of the start, the loop.
 *
 * Its only source is the engine's control socket; it reads nothing of the engine's files. Without
 * --foreground the shell's command returns when the server listens, or has failed and said why.
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"

#include "base/background.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/title.h"
#include "dashboards/options.h"
#include "dashboards/start.h"

#define EXIT_USAGE 2

struct options {
	const char *conf_path, *root;
	bool	    foreground;
};

static const struct stage {
	const char *name;
	int	  (*start)(struct web *);	/* 0, or -1 after saying why */
	void	  (*stop)(struct web *);
} stages[] = {	/* started downwards, stopped upwards */
	{ "settings",	web_settings,	NULL },
	{ "premises",	web_premises,	NULL },	/* last work with rights */
	{ "privileges",	web_privileges,	NULL },
	{ "materials",	web_materials,	NULL },	/* users, certificate, pages */
	{ "passwords",	web_passwords,	NULL },
	{ "sandbox",	web_sandbox,	NULL },
	{ "server",	web_serve,	web_stop },
};

static void
usage(FILE *to)
{
	fputs("usage: simpul-web [-c FILE] [--foreground] [--root DIR] [-D TAG]\n"
	      "  -c, --config FILE   configuration (default: " SYSCONFDIR "/simpul/simpul-web.conf)\n"
	      "      --foreground    do not go into the background when the server listens\n"
	      "      --root DIR      folder of the pages\n"
	      "  -D, --debug TAG     show debug lines of one area (\"all\" for every one)\n"
	      "      --version       print the version and end\n"
	      "      --help          print this and end\n"
	      "\nExample: simpul-web -c /etc/simpul/simpul-web.conf --foreground\n", to);
}

static void
options_parse(struct options *o, int argc, char *argv[])
{
	enum { OPT_FOREGROUND = 256, OPT_ROOT, OPT_VERSION, OPT_HELP };
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "debug", required_argument, NULL, 'D' },
		{ "foreground", no_argument, NULL, OPT_FOREGROUND },
		{ "root", required_argument, NULL, OPT_ROOT },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 }
	};
	int c;

	o->conf_path = SYSCONFDIR "/simpul/simpul-web.conf";
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
		case OPT_ROOT:
			o->root = optarg;
			break;
		case OPT_VERSION:
			puts("simpul-web " PACKAGE_VERSION);
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

/*
 * @param background_fd  who waits to hear that the server listens; taken
 * @param out_fd	 the standard output of whoever started us; taken
 */
static int
run_stages(struct loop *loop, const struct options *o, int background_fd, int out_fd)
{
	struct web    *w = web_new(loop, o->conf_path, o->root, out_fd);
	struct notify *notify = notify_new(loop);
	size_t	       up;
	int	       rc = -1;

	for (up = 0; up < nitems(stages); up++) {
		log_debug("web", "start: %s", stages[up].name);
		if (stages[up].start(w) == -1)
			goto stop;		/* the stage has said why */
	}
	notify_send(notify, "READY=1");
	background_ready(background_fd);
	rc = loop_run(loop);
	notify_send(notify, "STOPPING=1");
stop:
	while (up-- > 0)
		if (stages[up].stop != NULL)
			stages[up].stop(w);
	notify_free(notify);
	web_free(w);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct options opt = { 0 };
	struct loop   *loop;
	int	       rc, out_fd, background_fd = -1;

	standard_fds_fill();
	title_init(argc, argv);
	log_open("simpul-web", NULL);
	web_conf_use();
	options_parse(&opt, argc, argv);
	out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);	/* the background has none */
	if (!opt.foreground)
		background_fd = background_start();
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	rc = run_stages(loop, &opt, background_fd, out_fd);
	loop_free(loop);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
