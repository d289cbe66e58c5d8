/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * simpuld, the engine: options, the stages of the start, the loop.
 *
 * The parent (proc/parent.c) opens what needs rights, gives the rights up and starts the processes of proc/;
 * with --single all of them live in this one (proc/single.c). Without --foreground the shell's command
 * returns when the engine is up, or has failed and said why.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "base/background.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/program.h"
#include "base/title.h"
#include "proc/parent.h"
#include "proc/single.h"

struct options {
	struct program program;
	bool	       single;
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

static const char usage[] =
	"usage: simpuld -c FILE [--foreground] [--single] [-D TAG]\n"
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
	"Then: simpulctl status. See simpuld(8).\n";

static void
options_parse(struct options *o, int argc, char *argv[])
{
	enum { OPT_SINGLE = PROGRAM_OWN };
	static const struct option longs[] = {
		PROGRAM_OPTIONS,
		{ "single", no_argument, NULL, OPT_SINGLE },
		{ 0 }
	};
	int c;

	o->program = (struct program){ .version = PACKAGE_STRING "\n", .usage = usage,
		.conf_path = getenv("SIMPUL_CONFIG") };
	if (o->program.conf_path == NULL || o->program.conf_path[0] == '\0')
		o->program.conf_path = SYSCONFDIR "/simpul/simpuld.conf";
	while ((c = getopt_long(argc, argv, PROGRAM_LETTERS, longs, NULL)) != -1)
		if (c == OPT_SINGLE)
			o->single = true;
		else
			program_option(&o->program, c);
	program_options_end(&o->program, argc);
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
	rc = program_run(loop, notify, background_fd);
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
	if (!opt.program.foreground && !opt.single)
		background_fd = background_start();
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	rc = opt.single ? single_run(loop, opt.program.conf_path) :
	    run_stages(loop, opt.program.conf_path, background_fd);
	loop_free(loop);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
