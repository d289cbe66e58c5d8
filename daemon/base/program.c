/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program.c: see program.h. */
#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/background.h"
#include "base/log.h"

#define EXIT_USAGE 2

static void __attribute__((noreturn))
usage_exit(const struct program *p)
{
	fputs(p->usage, stderr);
	exit(EXIT_USAGE);
}

static void __attribute__((noreturn))
print_exit(const char *text)
{
	fputs(text, stdout);
	exit(EXIT_SUCCESS);
}

void
program_option(struct program *p, int c)
{
	switch (c) {
	case 'c':
		p->conf_path = optarg;
		break;
	case 'D':
		log_debug_tag(optarg);
		break;
	case PROGRAM_FOREGROUND:
		p->foreground = true;
		break;
	case PROGRAM_VERSION:
		print_exit(p->version);
	case PROGRAM_HELP:
		print_exit(p->usage);
	default:
		usage_exit(p);
	}
}

void
program_options_end(const struct program *p, int argc)
{
	if (optind != argc)
		usage_exit(p);
}

int
program_run(struct loop *loop, struct notify *notify, int background_fd)
{
	int rc;

	notify_send(notify, "READY=1");
	background_ready(background_fd);
	rc = loop_run(loop);
	notify_send(notify, "STOPPING=1");
	return rc;
}
