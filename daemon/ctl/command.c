/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.c: what the commands of simpulctl have in common (command.h). */
#include "ctl/command.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

static const struct option common[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "socket", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

/* The options as they are read, so that none can be missing here. */
static void
show_help(const struct command *c, const struct option *o)
{
	printf("usage: simpulctl %s%s%s\n\nShows or does: %s.\n\n%s", c->name, *c->args != '\0' ? " " : "",
	    c->args, c->summary, c->help);
	printf("\nOptions:");
	for (; o->name != NULL; o++)
		printf(" --%s%s", o->name, o[1].name != NULL ? "," : "\n");
}

int
command_options(struct cli *cli, int argc, char *argv[], const struct option *longs,
    bool (*option)(void *arg, int c, const char *value), void *arg, enum exit_code *rc)
{
	struct option all[COMMAND_OPTIONS_MAX] = { { 0 } };
	size_t	      n = 0;
	int	      c;

	for (; longs != NULL && longs->name != NULL && n + nitems(common) < nitems(all); longs++)
		all[n++] = *longs;
	memcpy(all + n, common, sizeof(common));
	if (cli->options != NULL) {
		memcpy(cli->options, all, sizeof(all));
		*rc = EXIT_DONE;
		return -1;
	}
	*rc = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "h", all, NULL)) != -1) {
		if (c == 'h') {
			show_help(cli->command, all);
			*rc = EXIT_DONE;
			return -1;
		} else if (c == '?') {
			complain_hint("see simpulctl %s --help", cli->command->name);
			return -1;
		} else if (c == 'j') {
			cli->json = true;
		} else if (c == 's') {
			cli->socket = optarg;
		} else if (!option(arg, c, optarg)) {
			return -1;
		}
	}
	if (argc - optind < cli->command->least || argc - optind > cli->command->most) {
		*rc = command_usage(cli, "%s", cli->command->wrong);
		return -1;
	}
	return optind;
}

int
command_arguments(struct cli *cli, int argc, char *argv[], enum exit_code *rc)
{
	return command_options(cli, argc, argv, NULL, NULL, NULL, rc);
}

enum exit_code
command_usage(const struct cli *cli, const char *fmt, ...)
{
	char	text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	complain("%s", text);
	complain_hint("usage: simpulctl %s%s%s", cli->command->name, *cli->command->args != '\0' ? " " : "",
	    cli->command->args);
	return EXIT_USAGE;
}

enum exit_code
cli_connect(struct cli *cli)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	cli->term.now_ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	return cli->remote != NULL ? EXIT_DONE : remote_open(cli->socket, &cli->remote);
}

enum exit_code
cli_ask(struct cli *cli, json_t *request, int timeout_s, json_t **answer)
{
	enum exit_code rc = cli_connect(cli);

	*answer = NULL;
	if (rc == EXIT_DONE)
		return remote_ask(cli->remote, request, timeout_s, answer);
	json_decref(request);
	return rc;
}

bool
cli_ask_and_show(struct cli *cli, json_t *request, int timeout_s, json_t **answer, enum exit_code *rc)
{
	*rc = cli_ask(cli, request, timeout_s, answer);
	if (cli->json && *answer != NULL)
		cli_json(cli, *answer);
	return *rc == EXIT_DONE && !cli->json;
}

void
cli_flush(struct cli *cli)
{
	errno = 0;
	if (((cli->out.len > 0 && fwrite(cli->out.data, 1, cli->out.len, stdout) < cli->out.len) ||
	    fflush(stdout) == EOF) && cli->write_errno == 0)
		cli->write_errno = errno;
	cli->out.len = 0;
}

void
cli_json(struct cli *cli, json_t *v)
{
	char *text;

	json_object_del(v, "id");
	json_object_del(v, "ok");
	text = json_dumps(v, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
	if (text != NULL)
		buf_text(&cli->out, text);
	buf_u8(&cli->out, '\n');
	free(text);
}

const char *
member_text(const json_t *v, const char *name)
{
	const char *s = json_string_value(json_object_get(v, name));

	return s != NULL ? s : "";
}

double
member_number(const json_t *v, const char *name)
{
	const json_t *n = json_object_get(v, name);

	return json_is_number(n) ? json_number_value(n) : NAN;
}

int64_t
member_time(const json_t *v, const char *name)
{
	int64_t ns;

	return time_parse(member_text(v, name), &ns) == 0 ? ns : 0;
}

void
cli_line(struct cli *cli, enum tint tint, const char *fmt, ...)
{
	char	text[1400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	term_text(&cli->term, &cli->out, tint, text);
	buf_u8(&cli->out, '\n');
}
