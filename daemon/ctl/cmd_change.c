/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_change.c: simpulctl ack, probe, reload, flush, audit: the commands that do something and say that it is
 * done.
 */
#include "ctl/command.h"

#include <stdio.h>

#include "base/text.h"

#define RELOAD_TIMEOUT_S 60
#define FLUSH_TIMEOUT_S	 300	/* tens of thousands of files */

static void
say(struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct cli *cli, const char *fmt, ...)
{
	char	text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	term_text(&cli->term, &cli->out, TINT_NONE, text);
	buf_u8(&cli->out, '\n');
}

static void
join_words(char *out, size_t size, int argc, char *argv[], int at)
{
	*out = '\0';
	for (; at < argc; at++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", *out != '\0' ? " " : "", argv[at]);
}

enum exit_code
cmd_ack(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v, *request;
	const char    *prefix;
	char	       note[256];
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	/* The version seen now: an ack that somebody else makes in between is not overwritten. */
	prefix = strncmp(argv[at], "inc", 3) == 0 ? "" : "inc-";
	rc = cli_ask(cli, json_pack("{s:s, s:s+}", "op", "get", "object", prefix, argv[at]), ASK_TIMEOUT_S,
	    &v);
	if (rc != EXIT_DONE) {
		json_decref(v);
		return rc;
	}
	join_words(note, sizeof(note), argc, argv, at + 1);
	request = json_pack("{s:s, s:s, s:s, s:O*}", "op", "ack", "incident", argv[at], "note", note,
	    "version", json_object_get(v, "version"));
	json_decref(v);
	if (cli_ask_and_show(cli, request, ASK_TIMEOUT_S, &v, &rc))
		say(cli, "%s is acknowledged", member_text(json_object_get(v, "incident"), "id"));
	json_decref(v);
	return rc;
}

enum exit_code
cmd_probe(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	if (cli_ask_and_show(cli, json_pack("{s:s, s:s}", "op", "probe", "object", argv[at]), ASK_TIMEOUT_S,
	    &v, &rc))
		say(cli, "%s is being probed; in 5 s: simpulctl why %s", argv[at], argv[at]);
	json_decref(v);
	return rc;
}

static bool
take_removal(void *arg, int c, const char *value)
{
	(void)c;
	(void)value;
	*(bool *)arg = true;
	return true;
}

/* file:line:column: text, as compilers write it, so that editors can jump there. */
static void
print_errors(const json_t *v)
{
	const json_t *e;
	char	      place[64];
	size_t	      i;

	json_array_foreach(json_object_get(v, "errors"), i, e) {
		*place = '\0';
		if (member_number(e, "line") > 0)	/* else it is about the whole file */
			snprintf(place, sizeof(place), ":%.0f:%.0f", member_number(e, "line"),
			    member_number(e, "column"));
		complain_hint("%s%s: %s", member_text(e, "file"), place, member_text(e, "text"));
	}
}

enum exit_code
cmd_reload(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = { { "allow-removal", no_argument, NULL, 256 }, { 0 } };
	bool			   removal = false;
	enum exit_code		   rc;
	json_t			  *v;
	int			   at = command_options(cli, argc, argv, longs, take_removal, &removal, &rc);

	if (at == -1)
		return rc;
	if (cli_ask_and_show(cli, json_pack("{s:s, s:b}", "op", "reload", "allow_removal", removal),
	    RELOAD_TIMEOUT_S, &v, &rc))
		say(cli, "the new configuration is in force: %.0f rows of inventory",
		    member_number(v, "rows"));
	if (rc != EXIT_DONE)
		print_errors(v);
	json_decref(v);
	return rc;
}

enum exit_code
cmd_flush(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v, *request;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	request = json_pack("{s:s, s:s*}", "op", "flush", "object", at < argc ? argv[at] : NULL);
	if (cli_ask_and_show(cli, request, FLUSH_TIMEOUT_S, &v, &rc))
		say(cli, "RRD files written: %.0f", member_number(v, "files"));
	json_decref(v);
	return rc;
}

enum exit_code
cmd_audit(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v;
	bool	       show, whole;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	show = cli_ask_and_show(cli, json_pack("{s:s}", "op", "audit"), ASK_TIMEOUT_S, &v, &rc);
	whole = json_is_true(json_object_get(v, "whole"));
	if (show && whole)
		say(cli, "%.0f entries, and the chain is whole", member_number(v, "entries"));
	else if (show)
		complain("the audit log was changed: the chain breaks at entry %.0f",
		    member_number(v, "bad"));
	if (rc == EXIT_DONE && !whole)
		rc = EXIT_FAILED;
	json_decref(v);
	return rc;
}
