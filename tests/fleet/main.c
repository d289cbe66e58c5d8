/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: simpul-fleet, the simulated wide area network, as a program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tests/fleet/control.h"
#include "tests/fleet/main.h"

#define EXIT_USAGE 2

static const char usage[] =
    "usage: simpul-fleet run (--tun | --loopback) --inventory DIR [--seed N] [--wave SECONDS]\n"
    "           [--scenario FILE] [--control SOCKET] [--netns-link PATH] [--ready FILE] [--max-seconds N]\n"
    "       simpul-fleet ctl SOCKET COMMAND          ('help' lists the commands)\n"
    "       simpul-fleet inventory --sites N --routers PERCENT [--seed N] DIR\n"
    "       simpul-fleet bench\n";

int
fleet_usage(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

static int
ctl_main(int argc, char *argv[])
{
	return argc == 3 ? control_ask(argv[1], argv[2]) : fleet_usage();
}

static const struct subcommand {
	const char *name;
	int	  (*run)(int argc, char *argv[]);	/* argv[0] is the name; returns the exit code */
} subcommands[] = {
	{ "run", run_main },
	{ "ctl", ctl_main },
	{ "inventory", synth_main },
	{ "bench", bench_main },
};

int
main(int argc, char *argv[])
{
	size_t i;

	log_open("simpul-fleet", NULL);
	for (i = 0; argc > 1 && i < nitems(subcommands); i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	return fleet_usage();
}
