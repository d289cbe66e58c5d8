/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.h: the commands of simpulctl. Each is a row of the table in simpulctl.c and a function in a cmd_*.c
 * file, which reads its options with command_options(), asks the engine, and puts words on the terminal.
 */
#ifndef SIMPUL_CTL_COMMAND_H
#define SIMPUL_CTL_COMMAND_H

#include <getopt.h>
#include <limits.h>
#include "ctl/remote.h"
#include "ctl/term.h"

#define COMMAND_OPTIONS_MAX 24	/* of one command, those of all and the end with it */

struct cli {
	const struct command *commands, *command;	/* all, ending with { 0 }; this one */
	const char	     *socket;
	bool		      json;	/* --json */
	struct term	      term;
	struct buf	      out;	/* printed when the command is done */
	int		      write_errno;	/* of what could not be printed first; 0: all could */
	struct remote	     *remote;	/* cli_connect() */
	struct option	     *options;	/* not NULL: only tell which there are, command_options() */
};

/** The options before a command, which every command knows as well, but for --version. */
extern const struct option cli_options[];

struct command {
	const char *name, *args;	/* "[sites|links]" */
	int	    least, most;	/* arguments beside options */
	const char *wrong;		/* what to say when there are fewer or more */
	const char *summary;		/* one clause */
	const char *help;		/* what it shows and how it is used, by example */
	enum exit_code (*run)(struct cli *cli, int argc, char *argv[]);
};

#define ARGS_ANY INT_MAX

/**
 * Read a command's options and count its arguments; --json, --socket and --help are known to every command.
 * Called before anything else: with cli->options set it writes all of them there, and the command has to end.
 * @param longs		the command's own, with val above 255 or a letter; ends with { 0 }
 * @param option	called for each of those with optarg; returns false when its value is wrong (and has
 *		said so)
 * @return		index of the first argument that is no option, or -1: exit with *rc
 */
int	command_options(struct cli *cli, int argc, char *argv[], const struct option *longs,
	    bool (*option)(void *arg, int c, const char *value), void *arg, enum exit_code *rc);
/** The same for a command without options of its own. */
int	command_arguments(struct cli *cli, int argc, char *argv[], enum exit_code *rc);
/** Say how the command is used; @return EXIT_USAGE */
enum exit_code command_usage(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Connect, and learn what time it is. */
enum exit_code cli_connect(struct cli *cli);
/** Connect if need be, and ask; the answer is the caller's. */
enum exit_code cli_ask(struct cli *cli, json_t *request, int timeout_s, json_t **answer);
/**
 * Ask; with --json show the answer as it is, also one that refuses.
 * @return true when there is an answer to be put into words
 */
bool	cli_ask_and_show(struct cli *cli, json_t *request, int timeout_s, json_t **answer, enum exit_code *rc);
/** Print what was gathered in out, now. */
void	cli_flush(struct cli *cli);
/** Append JSON for --json: indented, without "id" and "ok". */
void	cli_json(struct cli *cli, json_t *v);

/** Members of an answer: "" and NAN when they are absent or of another type. */
const char *member_text(const json_t *v, const char *name);
double	    member_number(const json_t *v, const char *name);
int64_t	    member_time(const json_t *v, const char *name);	/* wall ns; 0 */

#define ASK_TIMEOUT_S 10

enum exit_code cmd_ack(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_audit(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_capacity(struct cli *cli, int argc, char *argv[]);
/** "18.4 Mbit/s of 20.0 Mbit/s, reduced since 2026-11-17, ..." of one direction. @return out */
char	      *capacity_words(char *out, size_t size, const json_t *way);
enum exit_code cmd_check(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_complete(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_discover(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_events(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_fetch(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_flush(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_metrics(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_parents(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_port(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_ports(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_probe(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_probes(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_profile(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_recorder(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_reload(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_sensors(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_status(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_top(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_topology(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_traffic(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_traps(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_user(struct cli *cli, int argc, char *argv[]);
enum exit_code cmd_why(struct cli *cli, int argc, char *argv[]);

/** A line of its own, or the rest of one; what devices and people say is made visible. */
void	cli_line(struct cli *cli, enum tint tint, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
