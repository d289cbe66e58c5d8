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
    "           [--ports N] [--rtt MS] [--silent RATIO] [--walks DIR]\n"
    "       simpul-fleet ctl SOCKET COMMAND          ('help' lists the commands)\n"
    "       simpul-fleet inventory --sites N --routers PERCENT [--lines N] [--seed N] DIR\n"
    "       simpul-fleet bench\n";

static const char examples[] =
    "\n"
    "The simulated wide area network: lines that lose and delay packets, and the SNMP agents of their routers.\n"
    "\n"
    "Examples\n"
    "  simpul-fleet run --tun --inventory etc/inventory --control /tmp/fleet.sock --netns-link /tmp/wan.netns\n"
    "                                          in a network namespace of its own; an engine measures from\n"
    "                                          there with measure = ({ name = \"wan\"; netns = \"/tmp/wan.netns\"; })\n"
    "  simpul-fleet ctl /tmp/fleet.sock 'cut link s013-1'\n"
    "  simpul-fleet ctl /tmp/fleet.sock 'loss link s013-1 0.2'\n"
    "  simpul-fleet ctl /tmp/fleet.sock 'restore link s013-1'\n"
    "  simpul-fleet inventory --sites 1000 --routers 30 --seed 1 /tmp/large\n"
    "                                          tables of a larger city; with --lines 2 each office has two\n"
    "  simpul-fleet run --tun --ports 8 --rtt 40 --silent 0.05 --inventory /tmp/large\n"
    "                                          eight interfaces each, all 40 ms away, every 20th agent silent\n"
    "  simpul-fleet run --tun --inventory etc/inventory --walks tests/data/walks --control /tmp/fleet.sock\n"
    "                                          devices show the recorded walk of their profile as well\n"
    "  simpul-fleet ctl /tmp/fleet.sock 'set device s002-r1 1.3.6.1.4.1.14988.1.1.19.1.1.10.1 -24800'\n";

int
fleet_usage(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

static int
help(void)
{
	fputs(usage, stdout);
	fputs(examples, stdout);
	return EXIT_SUCCESS;
}

/* --help of the program, or of one of its commands. */
static bool
asks_for_help(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc && i <= 2; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
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
	if (asks_for_help(argc, argv))
		return help();
	for (i = 0; argc > 1 && i < nitems(subcommands); i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	return fleet_usage();
}
