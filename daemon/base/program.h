/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program.h: what simpuld and simpul-web have in common as programs: options, and the time from ready to the end. */
#ifndef SIMPUL_PROGRAM_H
#define SIMPUL_PROGRAM_H

#include <getopt.h>
#include <stdbool.h>

#include "base/loop.h"
#include "base/notify.h"

struct program {
	const char *version, *usage;	/* what --version and --help print, with the ends of their lines */
	const char *conf_path;		/* preset by the program */
	bool	    foreground;
};

enum { PROGRAM_FOREGROUND = 256, PROGRAM_VERSION, PROGRAM_HELP, PROGRAM_OWN };	/* the last: the first of its own */

/* For getopt_long(), before the program's own. */
#define PROGRAM_LETTERS "c:D:"
#define PROGRAM_OPTIONS                                                   \
	{ "config", required_argument, NULL, 'c' },                       \
	{ "debug", required_argument, NULL, 'D' },                        \
	{ "foreground", no_argument, NULL, PROGRAM_FOREGROUND },          \
	{ "version", no_argument, NULL, PROGRAM_VERSION },                \
	{ "help", no_argument, NULL, PROGRAM_HELP }

/** Take what getopt_long() returned; ends the process with usage when that is none of PROGRAM_OPTIONS. */
void	program_option(struct program *p, int c);
/** After the options there must be nothing; ends the process with usage when there is. */
void	program_options_end(const struct program *p, int argc);

/**
 * All is started: say so, run the loop, and say that the end has begun.
 * @param background_fd  who waits to hear it (background.h); taken
 * @return as loop_run()
 */
int	program_run(struct loop *loop, struct notify *notify, int background_fd);

#endif
