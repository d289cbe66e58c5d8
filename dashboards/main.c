/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * simpul-web, the web server: options, the stages of the start, the loop.
 *
 * Its only source is the engine's control socket; it reads nothing of the engine's files. Without
 * --foreground the shell's command returns when the server listens, or has failed and said why.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"

#include "base/background.h"
#include "base/log.h"
#include "base/program.h"
#include "base/title.h"
#include "dashboards/options.h"
#include "dashboards/start.h"

struct options {
	struct program program;
	const char    *root;
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

static const char usage[] =
	"usage: simpul-web [-c FILE] [--foreground] [--root DIR] [-D TAG]\n"
	"  -c, --config FILE   configuration (default: " SYSCONFDIR "/simpul/simpul-web.conf)\n"
	"      --foreground    do not go into the background when the server listens\n"
	"      --root DIR      folder of the pages\n"
	"  -D, --debug TAG     show debug lines of one area (\"all\" for every one)\n"
	"      --version       print the version and end\n"
	"      --help          print this and end\n"
	"\nExample: simpul-web -c /etc/simpul/simpul-web.conf --foreground\n";

static void
options_parse(struct options *o, int argc, char *argv[])
{
	enum { OPT_ROOT = PROGRAM_OWN };
	static const struct option longs[] = {
		PROGRAM_OPTIONS,
		{ "root", required_argument, NULL, OPT_ROOT },
		{ 0 }
	};
	int c;

	o->program = (struct program){ .version = "simpul-web " PACKAGE_VERSION "\n", .usage = usage,
		.conf_path = SYSCONFDIR "/simpul/simpul-web.conf" };
	while ((c = getopt_long(argc, argv, PROGRAM_LETTERS, longs, NULL)) != -1)
		if (c == OPT_ROOT)
			o->root = optarg;
		else
			program_option(&o->program, c);
	program_options_end(&o->program, argc);
}

/*
 * @param background_fd  who waits to hear that the server listens; taken
 * @param out_fd	 the standard output of whoever started us; taken
 */
static int
run_stages(struct loop *loop, const struct options *o, int background_fd, int out_fd)
{
	struct web    *w = web_new(loop, o->program.conf_path, o->root, out_fd);
	struct notify *notify = notify_new(loop);
	size_t	       up;
	int	       rc = -1;

	for (up = 0; up < nitems(stages); up++) {
		log_debug("web", "start: %s", stages[up].name);
		if (stages[up].start(w) == -1)
			goto stop;		/* the stage has said why */
	}
	rc = program_run(loop, notify, background_fd);
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
	if (!opt.program.foreground)
		background_fd = background_start();
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	rc = run_stages(loop, &opt, background_fd, out_fd);
	loop_free(loop);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
