/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_capacity.c: simpulctl capacity: what lines deliver, of what is paid for. */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ctl/table.h"

static const char *const ways[] = { "down", "up" };

/* "reduced since 2026-11-17, before 19.0 Mbit/s"; "" when there is nothing to say. @return out */
static char *
news(char *out, size_t size, const json_t *way, bool sick)
{
	const char *fell = member_text(way, "fell"), *back = member_text(way, "back");
	char	    rate[WORDS_MAX];

	out[0] = '\0';
	words_rate(rate, member_number(way, "usual_bps"));
	if (json_is_true(json_object_get(way, "reduced")))
		snprintf(out, size, "reduced since %s, before %s", fell, rate);
	else if (*back != '\0')
		snprintf(out, size, "was reduced from %s to %s", fell, back);
	if (sick)
		snprintf(out + strlen(out), size - strlen(out), "%sthe other direction is well", *out != '\0' ? "; " : "");
	return out;
}

char *
capacity_words(char *out, size_t size, const json_t *way)
{
	double contract = member_number(way, "contract_bps");
	char   rate[WORDS_MAX], of[WORDS_MAX], since[120];

	words_rate(rate, member_number(way, "delivered_bps"));
	snprintf(out, size, "%s", rate);
	if (isfinite(contract))
		snprintf(out + strlen(out), size - strlen(out), " of %s", words_rate(of, contract));
	if (*news(since, sizeof(since), way, false) != '\0')
		snprintf(out + strlen(out), size - strlen(out), ", %s", since);
	return out;
}

static void
add_row(struct table *t, const json_t *link, const char *name)
{
	const json_t *capacity = json_object_get(link, "capacity"), *way = json_object_get(capacity, name);
	double	      delivered = member_number(way, "delivered_bps"), contract = member_number(way, "contract_bps");
	bool	      sick = strcmp(member_text(capacity, "sick"), name) == 0;
	bool	      reduced = json_is_true(json_object_get(way, "reduced"));
	char	      words[WORDS_MAX], text[160];
	const char   *ref = member_text(link, "object");	/* of one that was asked for; there "id" is the request's */

	if (!json_is_object(way))
		return;
	table_cell(t, TINT_NONE, *ref != '\0' ? strchr(ref, '/') + 1 : member_text(link, "id"));
	table_cell(t, TINT_NONE, name);
	table_cell(t, reduced || sick ? TINT_WARN : TINT_NONE, words_rate(words, delivered));
	table_cell(t, TINT_NONE, words_rate(words, contract));
	table_cell(t, TINT_NONE, isfinite(contract) ? words_ratio(words, delivered / contract) : "-");
	table_cell(t, TINT_NONE, member_text(way, "last"));
	table_cell(t, TINT_NONE, news(text, sizeof(text), way, sick));
}

static void
print_capacity(struct cli *cli, const json_t *items)
{
	static const struct column columns[] = {
		{ "LINE", false, 0, 0 }, { "WAY", false, 0, 0 }, { "DELIVERED", true, 0, 0 }, { "CONTRACT", true, 0, 1 },
		{ "PART", true, 0, 1 }, { "SEEN", false, 0, 2 }, { "", false, 12, 0 }
	};
	struct table *t = table_new(columns, nitems(columns));
	const json_t *link;
	size_t	      i, k, n = 0;

	json_array_foreach(items, i, link) {
		n += json_is_object(json_object_get(link, "capacity"));
		for (k = 0; k < nitems(ways); k++)
			add_row(t, link, ways[k]);
	}
	if (n > 0)
		table_print(t, &cli->term, &cli->out, 0);
	else
		buf_text(&cli->out, "nothing can be said: no line was full for long enough to show what it delivers\n");
	table_free(t);
}

/* Of one line, or of all. @param items  owned */
static enum exit_code
links_ask(struct cli *cli, const char *link, json_t **items)
{
	enum exit_code rc = cli_connect(cli);
	json_t	      *v = NULL;

	if (rc != EXIT_DONE)
		return rc;
	if (link == NULL)
		return remote_list(cli->remote, json_pack("{s:s, s:s}", "op", "list", "kind", "link"), items);
	rc = cli_ask(cli, json_pack("{s:s, s:s+}", "op", "get", "object", strncmp(link, "link/", 5) == 0 ? "" : "link/", link),
	    ASK_TIMEOUT_S, &v);
	if (rc == EXIT_DONE)
		*items = json_pack("[o]", v);
	else
		json_decref(v);
	return rc;
}

enum exit_code
cmd_capacity(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *items = NULL;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	rc = links_ask(cli, at < argc ? argv[at] : NULL, &items);
	if (rc == EXIT_DONE && cli->json) {
		json_t *v = json_pack("{s:O}", "items", items);

		cli_json(cli, v);
		json_decref(v);
	} else if (rc == EXIT_DONE)
		print_capacity(cli, items);
	json_decref(items);
	return rc;
}
