/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simpulctl, the operator's command: one command per call, answered by the engine over its control socket. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#include "base/text.h"
#include "ctl/command.h"
#include "ctl/hint.h"

static const struct command commands[] = {
	{ "status", "[sites|links|devices|services|incidents]", 0, 1, "one kind at a time",
	  "what is wrong now; or all objects of a kind",
	  "  simpulctl status             counts, incidents, and the sites in trouble\n"
	  "  simpulctl status sites       every site, trouble first\n"
	  "  simpulctl status links       every line with delay, loss and traffic\n"
	  "  simpulctl status incidents   open incidents, newest first\n"
	  "  simpulctl status --json      the same for programs\n", cmd_status },
	{ "top", "[--every SECONDS] [--once]", 0, 0, "top takes only options",
	  "what stands out now, on a page that keeps itself up to date",
	  "  simpulctl top                incidents, sites in trouble, lines by loss and by use\n"
	  "  simpulctl top --every 10     asks the engine every 10 s instead of every 2 s\n"
	  "  simpulctl top --once         one page, for a pipe or a file\n"
	  "  simpulctl top --json         the same for programs\n"
	  "Keys: q quits; arrows, j, k, space, b, g, G scroll the list with the mark, Tab marks the\n"
	  "next one, Enter gives it the whole page; s orders lines by loss or by use of their\n"
	  "contract; i, t, l show incidents, sites in trouble, lines alone, a all of them.\n", cmd_top },
	{ "why", "OBJECT", 1, 1, "name one site, line, device or incident",
	  "the reasons for a state, in words",
	  "  simpulctl why s013           a site: its lines and what they pass through\n"
	  "  simpulctl why s013-1         a line: results, rules, incident\n"
	  "  simpulctl why s002-r1        a device: what its agent says\n"
	  "  simpulctl why inc-1284       an incident: evidence and members\n", cmd_why },
	{ "capacity", "[LINK]", 0, 1, "name one line, or none for all",
	  "what lines deliver, of what is paid for",
	  "  simpulctl capacity           every line that was full for long enough to show it\n"
	  "  simpulctl capacity s013-1    one line\n"
	  "  simpulctl capacity --json    the same for programs\n"
	  "No test is run: a line that is full shows its ceiling. Of others nothing is claimed.\n", cmd_capacity },
	{ "sensors", "DEVICE", 1, 1, "name one device", "what the sensors of a device say now",
	  "  simpulctl sensors s002-r1         value, unit, state and port of each\n"
	  "  simpulctl fetch sensor/s002-r1.board_temp_c/value --from -1d\n"
	  "Which tables of a device are read its profile says: simpulctl profile.\n", cmd_sensors },
	{ "fetch", "REF... [--from TIME] [--to TIME] [--points N] [--cf CF] [--csv]", 1, ARGS_ANY,
	  "name at least one series, such as link/s013-1/rx_bps",
	  "values of series over time",
	  "  simpulctl fetch link/s013-1/rx_bps                the last hour\n"
	  "  simpulctl fetch link/s013-1                       all values of the line\n"
	  "  simpulctl fetch link/s013-1/rtt_p50_s --from -7d --points 168\n"
	  "  simpulctl fetch link/s013-1/rx_bps --from '2026-11-20 08:00' --to '2026-11-20 12:00' --csv\n"
	  "  simpulctl fetch link/s013-1/rx_bps --from -30d --cf MAX\n"
	  "TIME is now, -90m (s m h d w), a local date and time, or unix seconds.\n"
	  "CF is AVERAGE, MIN or MAX.\n", cmd_fetch },
	{ "events", "[--after SEQ] [--follow]", 0, 0, "events takes only options",
	  "what has happened, in order",
	  "  simpulctl events                  the last 20\n"
	  "  simpulctl events --follow         and those to come\n"
	  "  simpulctl events --after 9120     all after that one\n"
	  "  simpulctl events --follow --json  one JSON object per line\n", cmd_events },
	{ "ack", "INCIDENT [NOTE]", 1, ARGS_ANY,
	  "name an incident; open ones are shown by simpulctl status incidents",
	  "say that somebody looks after an incident",
	  "  simpulctl ack inc-1284\n"
	  "  simpulctl ack inc-1284 technician on the way\n", cmd_ack },
	{ "ports", "DEVICE", 1, 1, "name one device; simpulctl port list shows those of all",
	  "the ports of a device, and which is which",
	  "  simpulctl ports s002-r1      names, aliases, MACs, which line each carries, since when\n", cmd_ports },
	{ "port", "list|questions|same|new|bind [DEVICE|LINK] [DEVICE] [PORT]", 1, 4,
	  "say what: list, questions, same, new or bind",
	  "which port is which, and what only a person can say of it",
	  "  simpulctl port list               all ports; or those of a device\n"
	  "  simpulctl port questions          ports that were moved, as far as anybody can tell\n"
	  "  simpulctl port same 3 ether2      question 3: it is what is called ether2 now\n"
	  "  simpulctl port new 3              it is none of those: its series has ended\n"
	  "  simpulctl port bind s002-1 s002-r1 ether2   what to write into links.csv\n"
	  "A port's series outlives its name, its number and its router. Until a question is answered\n"
	  "the series is unknown. Instead of the number the port may be named: s002-r1.ether1.\n", cmd_port },
	{ "probe", "TARGET", 1, 1, "name one line or service", "probe a line or a service now",
	  "  simpulctl probe s013-1\n", cmd_probe },
	{ "check", "[CONFIG]", 0, 1, "one configuration at a time",
	  "check configuration and inventory before the engine reads them",
	  "  simpulctl check                                   $SIMPUL_CONFIG, or the installed one\n"
	  "  simpulctl check local/etc/simpuld.conf\n"
	  "Exit code 1 and one line for each error: file:line:column: what is wrong and what to do.\n",
	  cmd_check },
	{ "discover", "PREFIX... --credential NAME[,NAME...] [--via INSTANCE] [--rate N] [--version V] [--port N] "
	  "[--out FILE] [--resume]", 1, ARGS_ANY,
	  "name at least one prefix, such as 10.1.0.0/24, or an address",
	  "who answers there, as rows for the inventory",
	  "  simpulctl discover 10.1.0.0/24 --credential city-read\n"
	  "  simpulctl discover 10.1.0.0/16 --credential city-read,old-read --rate 200 --out found.csv\n"
	  "  simpulctl discover 10.1.0.0/16 --credential city-read,old-read --rate 200 --out found.csv --resume\n"
	  "Each address is sent a ping and asked who it is, with one credential (a file of secrets/snmp)\n"
	  "after the other. Nothing is added to the inventory: the rows are for you to look at.\n"
	  "--rate: packets a second, at most 500; else snmp.discover_rate of the configuration.\n"
	  "--out: rows for devices.csv, and in FILE.links those of links.csv that get a device and\n"
	  "port. What has been asked is noted in FILE.state until all has, so that a discovery that\n"
	  "was interrupted goes on with --resume. --version: 2c or 1.\n", cmd_discover },
	{ "topology", "", 0, 0, "topology takes no arguments",
	  "who is connected to whom, as the devices hear it",
	  "  simpulctl topology\n"
	  "  simpulctl topology --json\n"
	  "Each device is asked once an hour for its neighbours, by LLDP, CDP and RouterOS's own table.\n",
	  cmd_topology },
	{ "parents", "[--root SITE] [--pin LINK] [--all]", 0, 0, "parents takes only options",
	  "through which sites lines pass, as the inventory says and as it can be heard",
	  "  simpulctl parents                where they differ\n"
	  "  simpulctl parents --all          every line\n"
	  "  simpulctl parents --pin s013-1   its row for links.csv with the parent that was heard\n"
	  "Only the inventory's word counts. --root: the site from which everything is reached; else\n"
	  "dc-1, or the site through which the most lines pass, of those that are connected.\n", cmd_parents },
	{ "recorder", "[RECORDING] [--link LINK] [--incident INCIDENT] [--last N]", 0, 1, "one recording at a time",
	  "what happened to a line around the moment when it began to lose packets",
	  "  simpulctl recorder                       the last 50, with the longest gap of each\n"
	  "  simpulctl recorder --link s013-1         those of a line\n"
	  "  simpulctl recorder --incident inc-1284   those of an incident\n"
	  "  simpulctl recorder rec-12                second by second, with the ways before and after\n"
	  "A recording holds the 120 s before the first lost packet and the 300 s after, the routers on\n"
	  "the way to the line and to the other lines of its site, and how long a packet passes.\n", cmd_recorder },
	{ "reload", "[--allow-removal]", 0, 0,
	  "the engine knows which files to read; simpulctl check takes a file name",
	  "read configuration and inventory again",
	  "  simpulctl reload                  errors are shown, and then nothing changes\n"
	  "  simpulctl reload --allow-removal  also when many objects would go\n", cmd_reload },
	{ "flush", "[LINK|DEVICE]", 0, 1, "one object at a time, or none for all",
	  "write series from memory to their RRD files now",
	  "  simpulctl flush\n"
	  "  simpulctl flush link/s013-1\n", cmd_flush },
	{ "metrics", "", 0, 0, "metrics takes no arguments", "counters of all processes",
	  "  simpulctl metrics\n"
	  "  simpulctl metrics --json\n", cmd_metrics },
	{ "probes", "", 0, 0, "probes takes no arguments; simpulctl probe LINK probes a line",
	  "what can be measured, in which unit, and how it is set",
	  "  simpulctl probes\n"
	  "  simpulctl probes --json\n"
	  "Of each probe and collector: its settings in the configuration, and the values it\n"
	  "gives, named as in simpulctl fetch. The engine need not run.\n", cmd_probes },
	{ "traffic", "[SITE]", 0, 1, "traffic takes one site, or none",
	  "what passed of the sites on the mirror port, and who moved most",
	  "  simpulctl traffic            all sites that name their networks, most octets first\n"
	  "  simpulctl traffic s013       one of them, with its top talkers\n"
	  "  simpulctl traffic --json     the same for programs\n"
	  "Of the last full minute. Frames that the kernel had to drop are told.\n", cmd_traffic },
	{ "traps", "[--last N]", 0, 0, "traps takes only options",
	  "what devices have said by traps, and what a poll then found",
	  "  simpulctl traps              the last 20, and who else sends to the port\n"
	  "  simpulctl traps --last 200   all that are kept\n"
	  "  simpulctl traps --json       the same for programs\n"
	  "Traps can be forged: what they claim changes no state.\n", cmd_traps },
	{ "profile", "list|show|test [NAME|DEVICE] [--profile NAME]", 1, 2,
	  "say list, show and a profile, or test and a device", "what is read of which kind of device",
	  "  simpulctl profile list                         all of them, and what they are for\n"
	  "  simpulctl profile show routeros                its tables and values\n"
	  "  simpulctl profile test s002-r1                 what it yields now, and what not, and why\n"
	  "  simpulctl profile test s002-r1 --profile ups   the same under another profile\n"
	  "A profile is a file beside the configuration, profiles/NAME.conf: after a change,\n"
	  "simpulctl check && simpulctl reload, then simpulctl profile test.\n", cmd_profile },
	{ "user", "add|list|password|remove [NAME]", 1, 2, "say what: add, list, password or remove, and whom",
	  "who may log in to the web server",
	  "  simpulctl user list\n"
	  "  simpulctl user add operator1 --role noc           asks for the password\n"
	  "  simpulctl user add lurah --role opd --sites s013,s014 --once\n"
	  "  simpulctl user password operator1 --once          a one-time password, printed\n"
	  "  simpulctl user remove operator1\n"
	  "Roles: admin, noc (acknowledges), planner (looks), opd (looks at its own sites).\n"
	  "--state DIR: the server's state directory, else /var/lib/simpul-web.\n", cmd_user },
	{ "audit", "", 0, 0, "audit takes no arguments", "is the chain of the audit log whole?",
	  "  simpulctl audit\n", cmd_audit },
	{ "complete", "-- WORD...", 1, ARGS_ANY, "give the words after simpulctl, the last one as far as it is typed",
	  "what may stand for a word that is being typed, for shells",
	  "  simpulctl complete -- why s01      the ids that begin so, one per line\n"
	  "  simpulctl complete -- fetch --     the options of a command\n"
	  "  complete -F _simpulctl simpulctl   in bash, after reading its completion file\n", cmd_complete },
	{ 0 }
};

const struct option cli_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static const char default_socket[] = "/run/simpul/simpul.sock";

static void
help(FILE *to)
{
	size_t i;

	fputs("usage: simpulctl [--socket PATH] COMMAND [ARGUMENT...] [--json]\n\n", to);
	for (i = 0; commands[i].name != NULL; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fprintf(to, "\nExamples\n"
	    "  simpulctl status\n"
	    "  simpulctl why s013\n"
	    "  simpulctl fetch link/s013-1/rtt_p50_s --from -6h\n"
	    "\n\"simpulctl COMMAND --help\" shows more.\n"
	    "The socket is --socket, $SIMPUL_SOCKET or %s.\n"
	    "Exit codes: 0 done, 1 failed, 2 usage, 3 engine not reachable, 4 no such object,\n"
	    "5 refused, 6 timed out.\n",
	    default_socket);
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; commands[i].name != NULL; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static enum exit_code
unknown_command(const char *name)
{
	const char *names[nitems(commands)] = { NULL };
	char	    hint[HINT_MAX];
	size_t	    i;

	for (i = 0; commands[i].name != NULL; i++)
		names[i] = commands[i].name;
	if (*did_you_mean(hint, name, names) == '\0')
		text_copy(hint, sizeof(hint), "; see simpulctl --help");
	complain("there is no command \"%s\"%s", name, hint);
	return EXIT_USAGE;
}

/* Options before the command. @return index of the command, or -1: exit with *rc */
static int
global_options(struct cli *cli, int argc, char *argv[], enum exit_code *rc)
{
	int c;

	*rc = EXIT_DONE;
	while ((c = getopt_long(argc, argv, "+h", cli_options, NULL)) != -1) {
		switch (c) {
		case 's':
			cli->socket = optarg;
			break;
		case 'j':
			cli->json = true;
			break;
		case 'v':
			puts("simpulctl " PACKAGE_VERSION);
			return -1;
		case 'h':
			help(stdout);
			return -1;
		default:
			*rc = EXIT_USAGE;
			return -1;
		}
	}
	if (optind < argc)
		return optind;
	help(stderr);
	*rc = EXIT_USAGE;
	return -1;
}

static enum exit_code
run(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	int	       at;

	if ((at = global_options(cli, argc, argv, &rc)) == -1)
		return rc;
	if (strcmp(argv[at], "help") == 0 && at + 1 == argc) {
		help(stdout);
		return EXIT_DONE;
	}
	if ((cli->command = find_command(argv[at])) == NULL)
		return unknown_command(argv[at]);
	term_look(&cli->term, STDOUT_FILENO);
	optind = 0;		/* glibc: start anew with another vector */
	return cli->command->run(cli, argc - at, argv + at);
}

/* Whatever was asked for: it is not done when its answer is not whole. */
static enum exit_code
finish(struct cli *cli, enum exit_code rc)
{
	cli_flush(cli);
	if (rc == EXIT_DONE && (cli->write_errno != 0 || ferror(stdout))) {
		complain("the output could not be written whole%s%s", cli->write_errno != 0 ? ": " : "",
		    cli->write_errno != 0 ? strerror(cli->write_errno) : "");
		rc = EXIT_FAILED;
	}
	remote_close(cli->remote);
	buf_free(&cli->out);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct cli cli = { .commands = commands, .socket = getenv("SIMPUL_SOCKET") };

	if (cli.socket == NULL || cli.socket[0] == '\0')
		cli.socket = default_socket;
	return finish(&cli, run(&cli, argc, argv));
}
