/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_complete.c: simpulctl complete: what may stand in place of a word that is being typed, for shells.
 *
 * It follows from what is there anyway: the table of commands, the options that each of them reads, and the
 * words of its usage line. Capitals name what is asked for (OBJECT, LINK, REF ...), small letters stand for
 * themselves. Ids come from the engine, those that begin as the word does; a slow one is not waited for.
 */
#include "ctl/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/conn.h"
#include "dashboards/users.h"
#include "sample/sample.h"

#define PATIENCE_S 2	/* of whoever has pressed the key */
#define IDS_MAX	   200	/* of a kind: more is no help */
#define FILES	   ":files"	/* the shell itself knows them */

struct line {			/* the words after "simpulctl" */
	char **word;
	int    n;		/* the last is being typed; it may be empty */
	int    command;		/* place of the command's name; n: there is none yet */
};

/* @param begin  what has been typed of it; "": that is known to fit */
static void
offer(struct cli *cli, const char *word, const char *begin)
{
	if (strncmp(word, begin, strlen(begin)) != 0 || !text_is_one_line(word))
		return;
	buf_text(&cli->out, word);
	buf_u8(&cli->out, '\n');
}

/* ---- ids, from the engine ---- */

/* The handler of the alarm: what has been found so far has been written already. */
static void
give_up(int signal)
{
	(void)signal;
	_exit(EXIT_TIMED_OUT);
}

/* @param request  taken @return its answer, owned; NULL when there is none */
static json_t *
ask(const struct cli *cli, json_t *request)
{
	struct conn c;
	json_t	   *answer = NULL;

	json_object_set_new(request, "id", json_integer(1));
	if (conn_open(&c, cli->socket, 0) == 0 && conn_send(&c, request) == 0)
		while (!conn_line(&c, &answer) && conn_fill(&c) == 0)
			;
	conn_close(&c);
	json_decref(request);
	return answer;
}

/* @param before, after  what stands before and after each id */
static void
offer_ids(struct cli *cli, const char *kind, const char *begin, const char *before, const char *after)
{
	bool	      incident = strcmp(kind, "incident") == 0;
	json_t	     *answer, *request;
	const json_t *item;
	char	      word[REF_MAX];
	size_t	      i;

	request = json_pack("{s:s, s:s, s:i}", "op", "list", "kind", kind, "limit", IDS_MAX);
	if (!incident && *begin != '\0')
		json_object_set_new(request, "prefix", json_string(begin));
	answer = ask(cli, request);
	json_array_foreach(json_object_get(answer, "items"), i, item) {
		if (strncmp(member_text(item, "id"), begin, strlen(begin)) != 0)
			continue;
		snprintf(word, sizeof(word), "%s%s%s", before, member_text(item, "id"), after);
		offer(cli, word, "");
	}
	json_decref(answer);
	cli_flush(cli);		/* should the next kind come too late */
}

/* "s013" of any kind, or "site/s013" of this one. */
static void
offer_objects(struct cli *cli, const char *const *kinds, const char *begin)
{
	char   before[32];
	size_t i, len;

	for (i = 0; kinds[i] != NULL; i++) {
		len = (size_t)snprintf(before, sizeof(before), "%s/", kinds[i]);
		if (strncmp(begin, before, len) == 0)
			offer_ids(cli, kinds[i], begin + len, before, "");
		else if (strchr(begin, '/') == NULL)
			offer_ids(cli, kinds[i], begin, "", "");
	}
}

/* "link/", then "link/s013-1/", then "link/s013-1/rx_bps". Ports are too many, and no list has them. */
static void
offer_series(struct cli *cli, const char *begin)
{
	static const struct { const char *series, *object; } kinds[] = {
		{ "link/", "link" }, { "host/", "device" }, { "service/", "service" },
	};
	const char		 *slash = strchr(begin, '/'), *last = strrchr(begin, '/');
	const struct series_kind *k = series_kind_find(begin);
	char			  before[REF_MAX];
	size_t			  i;

	for (i = 0; i < nitems(kinds); i++)
		if (slash == NULL)
			offer(cli, kinds[i].series, begin);
		else if (slash == last && strncmp(begin, kinds[i].series, strlen(kinds[i].series)) == 0)
			offer_ids(cli, kinds[i].object, slash + 1, kinds[i].series, "/");
	if (slash == last || k == NULL)
		return;
	for (i = 0; i < k->n; i++) {
		snprintf(before, sizeof(before), "%.*s/%s", (int)(last - begin), begin, k->values[i]);
		offer(cli, before, begin);
	}
}

/* ---- words ---- */

/* What one part of a usage line stands for: "OBJECT", "sites". */
static void
offer_for(struct cli *cli, const char *what, const char *begin)
{
	static const char *const objects[] = { "link", "site", "device", "service", "incident", NULL };
	static const struct { const char *what; const char *kinds[3]; } some[] = {
		{ "LINK", { "link" } }, { "TARGET", { "link", "service" } }, { "DEVICE", { "device" } }, { "INCIDENT", { "incident" } },
		{ "SITE", { "site" } },
	};
	size_t i;

	if (strcmp(what, "OBJECT") == 0)
		offer_objects(cli, objects, begin);
	else if (strcmp(what, "REF") == 0)
		offer_series(cli, begin);
	else if (strcmp(what, "CONFIG") == 0)
		offer(cli, FILES, "");
	else if (*what >= 'a' && *what <= 'z')
		offer(cli, what, begin);
	for (i = 0; i < nitems(some); i++)
		if (strcmp(what, some[i].what) == 0)
			offer_objects(cli, some[i].kinds, begin);
}

/* The argument of this number in a usage line, without its brackets: "sites|links"; "" when there is none. */
static void
argument_of(const char *usage, int number, char *out, size_t size)
{
	const char *p = usage;
	size_t	    len;
	bool	    repeated = false;

	for (*out = '\0'; *p != '\0' && number >= 0; p += strspn(p, " ")) {
		len = *p == '[' ? strcspn(p, "]") + 1 : strcspn(p, " ");
		if (strncmp(p, "[--", 3) != 0 && !repeated) {
			repeated = p[len - 1] == '.';
			snprintf(out, size, "%.*s", (int)strcspn(p + (*p == '['), "]. "), p + (*p == '['));
			number -= repeated ? number + 1 : 1;
		}
		p += len;
	}
	if (number >= 0)
		*out = '\0';
}

static void
offer_argument(struct cli *cli, const struct command *c, int number, const char *begin)
{
	char what[200], *word, *rest;

	argument_of(c->args, number, what, sizeof(what));
	for (word = strtok_r(what, "|", &rest); word != NULL; word = strtok_r(NULL, "|", &rest))
		offer_for(cli, word, begin);
}

static void
offer_value(struct cli *cli, const char *option, const char *begin)
{
	static const char *const cf[] = { "AVERAGE", "MIN", "MAX", NULL };
	const char *const	*word = NULL;

	if (strcmp(option, "socket") == 0 || strcmp(option, "state") == 0)
		offer(cli, FILES, "");
	else if (strcmp(option, "cf") == 0)
		word = cf;
	else if (strcmp(option, "root") == 0)
		offer_ids(cli, "site", begin, "", "");
	else if (strcmp(option, "pin") == 0)
		offer_ids(cli, "link", begin, "", "");
	else if (strcmp(option, "out") == 0)
		offer(cli, FILES, "");
	else if (strcmp(option, "role") == 0)
		word = user_role_names;
	for (; word != NULL && *word != NULL; word++)
		offer(cli, *word, begin);
}

static void
offer_options(struct cli *cli, const struct option *o, const char *begin)
{
	char word[64];

	for (; o->name != NULL; o++) {
		snprintf(word, sizeof(word), "--%s", o->name);
		offer(cli, word, begin);
	}
}

static const struct option *
find_option(const struct option *o, const char *word)
{
	for (; o->name != NULL; o++)
		if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, o->name) == 0)
			return o;
	return NULL;
}

/*
 * The option whose value is the word at i: "--socket" before it, also with a "=" between, which shells take
 * for a word. NULL: it is none's.
 */
static const struct option *
value_of(const struct option *options, const struct line *l, int i)
{
	const struct option *o;

	if (i > 0 && strcmp(l->word[i], "=") == 0)
		return find_option(options, l->word[i - 1]);
	if (i > 1 && strcmp(l->word[i - 1], "=") == 0)
		i--;
	o = i > 0 ? find_option(options, l->word[i - 1]) : NULL;
	return o != NULL && o->has_arg == required_argument ? o : NULL;
}

/* The words that are options' values or options are no arguments. */
static bool
is_argument(const struct option *options, const struct line *l, int i)
{
	return l->word[i][0] != '-' && value_of(options, l, i) == NULL;
}

/* Its options, from where it reads them. @param options  COMMAND_OPTIONS_MAX */
static void
options_of(const struct cli *cli, const struct command *c, struct option *options)
{
	struct cli asked = { .command = c, .socket = cli->socket, .options = options };
	char	   name[40], *argv[] = { name, NULL };

	text_copy(name, sizeof(name), c->name);
	optind = 0;
	c->run(&asked, 1, argv);
}

/* Also sets the socket, if the line names one. */
static const struct command *
find_command(struct cli *cli, struct line *l)
{
	const struct command *c;
	int		      i;

	for (i = 0; i + 1 < l->n; i++)
		if (is_argument(cli_options, l, i))
			break;
		else if (value_of(cli_options, l, i) != NULL && strcmp(l->word[i], "=") != 0 &&
		    strcmp(value_of(cli_options, l, i)->name, "socket") == 0)
			cli->socket = l->word[i];
	l->command = i + 1 < l->n ? i : l->n;
	for (c = cli->commands; c->name != NULL; c++)
		if (l->command < l->n && strcmp(c->name, l->word[l->command]) == 0)
			return c;
	return NULL;
}

static void
complete_command(struct cli *cli, const struct line *l)
{
	const struct option  *o = value_of(cli_options, l, l->n - 1);
	const char	     *word = l->word[l->n - 1];
	const struct command *c;

	if (o != NULL)
		offer_value(cli, o->name, strcmp(word, "=") == 0 ? "" : word);
	else if (*word == '-')
		offer_options(cli, cli_options, word);
	for (c = cli->commands; o == NULL && c->name != NULL; c++)
		offer(cli, c->name, word);
}

static void
complete_rest(struct cli *cli, const struct line *l, const struct command *c)
{
	struct option	     options[COMMAND_OPTIONS_MAX];
	const struct option *o;
	const char	    *word = l->word[l->n - 1];
	int		     i, number = 0;

	options_of(cli, c, options);
	o = value_of(options, l, l->n - 1);
	for (i = l->command + 1; i + 1 < l->n; i++)
		number += is_argument(options, l, i);
	if (o != NULL)
		offer_value(cli, o->name, strcmp(word, "=") == 0 ? "" : word);
	else if (*word == '-')
		offer_options(cli, options, word);
	else
		offer_argument(cli, c, number, word);
}

enum exit_code
cmd_complete(struct cli *cli, int argc, char *argv[])
{
	const struct command *c;
	enum exit_code	      rc;
	struct line	      l;
	int		      at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	l = (struct line){ .word = argv + at, .n = argc - at };
	signal(SIGALRM, give_up);
	alarm(PATIENCE_S);
	c = find_command(cli, &l);
	if (l.command == l.n)
		complete_command(cli, &l);
	else if (c != NULL)
		complete_rest(cli, &l, c);
	return EXIT_DONE;
}
