/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_discover.c: simpulctl discover: who answers in these prefixes, and which rows of the inventory
 * follow from it.
 *
 * The engine is asked part by part, a few of them at a time, so that while it waits for the silent ones of
 * one it sends for the next. What has been asked is noted beside the result (notes.h): a discovery may be
 * ended at any moment, by ^C or by the engine's end, and goes on with --resume. Nothing is added to the
 * inventory.
 */
#include "ctl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/notes.h"
#include "ctl/propose.h"
#include "ctl/table.h"
#include "ipc/msg.h"

#define PARTS_MAX	12	/* open at a time: the engine takes 16 of an instance */
#define PART_S		10	/* what a part may take to be sent */
#define SILENCE_S	2	/* about what an address that keeps silent is waited for, each time */
#define ANSWER_TIMEOUT_S 330	/* the engine itself gives up before */
#define BUSY_MAX	30	/* times in a row that it is waited for, a second each */
#define BAR_WIDTH	40

enum { OPT_CREDENTIAL = 256, OPT_VIA, OPT_RATE, OPT_VERSION, OPT_PORT, OPT_OUT, OPT_RESUME };

struct part {
	int64_t	 id;		/* of the request; 0: free */
	uint32_t from, count;
};

struct discover {
	const char     *via, *version, *out;
	int64_t		rate, port;	/* rate 0: the engine's setting */
	bool		resume;
	json_t	       *credentials;
	struct prefixes prefixes;
	struct notes	notes;
	struct part	part[PARTS_MAX];
	unsigned	nparts, most;	/* open now; at a time */
	uint32_t	part_size, next;
	unsigned	busy;
	bool		bar;		/* on a terminal */
	uint32_t	told;		/* tenths that were told in plain lines */
};

/* ---- options ---- */

static bool
take_credentials(struct discover *d, const char *value)
{
	char *copy = xstrdup(value), *word, *rest;

	for (word = strtok_r(copy, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest))
		json_array_append_new(d->credentials, json_string(word));
	free(copy);
	if (json_array_size(d->credentials) <= DISCOVER_CREDENTIALS_MAX)
		return true;
	complain("at most %d credentials at a time", DISCOVER_CREDENTIALS_MAX);
	return false;
}

static bool
discover_option(void *arg, int c, const char *value)
{
	struct discover *d = arg;

	switch (c) {
	case OPT_CREDENTIAL:
		return take_credentials(d, value);
	case OPT_VIA:
		d->via = value;
		return true;
	case OPT_VERSION:
		d->version = value;
		return true;
	case OPT_OUT:
		d->out = value;
		return true;
	case OPT_RESUME:
		d->resume = true;
		return true;
	case OPT_PORT:
		if (text_to_i64(value, 1, UINT16_MAX, &d->port) == 0)
			return true;
		complain("--port takes a number from 1 to 65535");
		return false;
	default:
		if (text_to_i64(value, 1, DISCOVER_RATE_MAX, &d->rate) == 0)
			return true;
		complain("--rate takes a number from 1 to %d, in packets a second", DISCOVER_RATE_MAX);
		return false;
	}
}

static enum exit_code
take_arguments(struct cli *cli, struct discover *d, int argc, char *argv[], int at)
{
	char why[200];

	for (; at < argc; at++)
		if (prefixes_add(&d->prefixes, argv[at], why, sizeof(why)) == -1)
			return command_usage(cli, "%s", why);
	if (json_array_size(d->credentials) == 0)
		return command_usage(cli, "name what to ask with: --credential NAME, a file of secrets/snmp");
	if (strcmp(d->version, "1") != 0 && strcmp(d->version, "2c") != 0)
		return command_usage(cli, "--version is 1 or 2c");
	if (d->resume && d->out == NULL)
		return command_usage(cli,
		    "--resume needs --out: what has been asked is noted beside that file");
	if (d->out != NULL && access(d->out, F_OK) == 0)
		return command_usage(cli, "%s is there already: name another file", d->out);
	return EXIT_DONE;
}

/* What has to be the same when it goes on. */
static json_t *
what_is_asked(const struct discover *d, char *argv[], int argc, int at)
{
	json_t *prefixes = json_array();

	for (; at < argc; at++)
		json_array_append_new(prefixes, json_string(argv[at]));
	return json_pack("{s:i, s:o, s:O, s:s, s:s, s:I}", "simpul_discover", 1, "prefixes", prefixes,
	    "credentials",
	    d->credentials, "via", d->via, "version", d->version, "port", (json_int_t)d->port);
}

/*
 * An address that keeps silent takes an echo and two tries of each credential, each of them waited for. So
 * many parts are open that the next packet never has to wait for an answer.
 */
static void
sizes_choose(struct discover *d)
{
	uint32_t rate = d->rate != 0 ? (uint32_t)d->rate : 50;
	uint32_t credentials = (uint32_t)json_array_size(d->credentials), packets = 1 + 2 * credentials;

	d->part_size = rate * PART_S / packets;
	d->part_size = d->part_size < 1 ? 1 : d->part_size;
	d->part_size = d->part_size > DISCOVER_ADDRESSES_MAX ? DISCOVER_ADDRESSES_MAX : d->part_size;
	d->most = rate * SILENCE_S / d->part_size + 2;
	d->most = d->most > PARTS_MAX ? PARTS_MAX : d->most;
}

/* ---- progress ---- */

static void
progress_bar(const struct discover *d)
{
	char	 bar[BAR_WIDTH + 1];
	unsigned full = (unsigned)((uint64_t)d->notes.nasked * BAR_WIDTH / d->notes.n), i;

	for (i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '.';
	bar[i] = '\0';
	fprintf(stderr, "\r[%s] %u of %u asked, %zu answer ", bar, d->notes.nasked, d->notes.n,
	    json_array_size(d->notes.found));
	if (d->notes.nasked == d->notes.n)
		fputc('\n', stderr);
}

static void
progress(struct discover *d)
{
	uint32_t tenths = (uint32_t)((uint64_t)d->notes.nasked * 10 / d->notes.n);

	if (d->bar) {
		progress_bar(d);
	} else if (tenths > d->told) {
		d->told = tenths;
		fprintf(stderr, "%u of %u asked, %zu answer\n", d->notes.nasked, d->notes.n,
		    json_array_size(d->notes.found));
	}
}

static volatile sig_atomic_t has_notes;

/* All that was asked is on the disk, part by part: nothing has to be done but to say so. */
static void
interrupted(int signo)
{
	static const char again[] = "\nsimpulctl: interrupted; the same command with --resume goes on\n";
	static const char lost[] = "\nsimpulctl: interrupted; with --out FILE it could go on another time\n";
	ssize_t		  n = has_notes ? write(STDERR_FILENO, again, sizeof(again) - 1) :
	    write(STDERR_FILENO, lost, sizeof(lost) - 1);

	(void)n;
	signal(signo, SIG_DFL);
	raise(signo);
}

/* ---- asking ---- */

static enum exit_code
part_ask(struct cli *cli, struct discover *d, struct part *p)
{
	json_t *addresses = json_array(), *request;
	char	text[ADDR_TEXT_MAX];

	for (uint32_t i = 0; i < p->count; i++) {
		const struct addr a = prefixes_at(&d->prefixes, p->from + i);

		json_array_append_new(addresses, json_string(addr_text(&a, text)));
	}
	request = json_pack("{s:s, s:o, s:O, s:s, s:s, s:I}", "op", "discover", "addresses", addresses,
	    "credentials",
	    d->credentials, "via", d->via, "version", d->version, "port", (json_int_t)d->port);
	if (d->rate != 0)
		json_object_set_new(request, "rate", json_integer(d->rate));
	return remote_post(cli->remote, request, &p->id);
}

/* As many parts as may be open. */
static enum exit_code
parts_open(struct cli *cli, struct discover *d)
{
	enum exit_code rc = EXIT_DONE;
	struct part   *p;

	for (p = d->part; p < d->part + d->most && rc == EXIT_DONE; p++) {
		if (p->id != 0)
			continue;
		if (p->count == 0) {	/* else it is to be asked once more */
			p->count = notes_next(&d->notes, &d->next, d->part_size);
			p->from = d->next;
			d->next += p->count;
		}
		if (p->count == 0)
			continue;
		rc = part_ask(cli, d, p);
		d->nparts += rc == EXIT_DONE;
	}
	return rc;
}

/* An engine that restarts a process, or has much to do, is asked again. @return true: wait and ask */
static bool
is_busy(struct discover *d, const json_t *answer)
{
	return strcmp(member_text(answer, "code"), "busy") == 0 && ++d->busy < BUSY_MAX;
}

static enum exit_code
part_take(struct discover *d, const json_t *answer)
{
	int64_t	       id = json_integer_value(json_object_get(answer, "id"));
	struct part   *p;
	enum exit_code rc = EXIT_DONE;

	for (p = d->part; p < d->part + PARTS_MAX && (p->id == 0 || p->id != id); p++)
		;
	if (p == d->part + PARTS_MAX)
		return EXIT_DONE;
	p->id = 0;
	d->nparts--;
	if (is_busy(d, answer)) {
		sleep(1);
		return EXIT_DONE;
	}
	if ((rc = remote_judge(answer)) != EXIT_DONE)
		return rc;
	d->busy = 0;
	if (notes_add(&d->notes, p->from, p->count, json_object_get(answer, "found")) == -1)
		return EXIT_FAILED;
	p->count = 0;
	progress(d);
	return EXIT_DONE;
}

static enum exit_code
ask_all(struct cli *cli, struct discover *d)
{
	enum exit_code rc = cli_connect(cli);
	json_t	      *answer;

	while (rc == EXIT_DONE && (rc = parts_open(cli, d)) == EXIT_DONE && d->nparts > 0) {
		rc = remote_next(cli->remote, ANSWER_TIMEOUT_S, &answer);
		if (rc == EXIT_DONE)
			rc = part_take(d, answer);
		json_decref(answer);
	}
	if (rc != EXIT_DONE && d->bar && d->notes.nasked < d->notes.n)
		fputc('\n', stderr);
	if (rc != EXIT_DONE && d->notes.path != NULL && d->notes.nasked > 0)
		complain_hint("%u of %u addresses have been asked; the same command with --resume goes on",
		    d->notes.nasked,
		    d->notes.n);
	return rc;
}

/* ---- the result ---- */

static int
compare_found(const void *a, const void *b)
{
	struct addr x = { 0 }, y = { 0 };

	addr_parse(&x, member_text(*(json_t *const *)a, "address"));
	addr_parse(&y, member_text(*(json_t *const *)b, "address"));
	return x.family != y.family ? x.family - y.family : memcmp(x.byte, y.byte, sizeof(x.byte));
}

/* Parts end in any order. @return owned */
static json_t *
sorted(const json_t *found)
{
	size_t	 n = json_array_size(found), i;
	json_t **v = xcalloc(n + 1, sizeof(*v)), *list = json_array();

	for (i = 0; i < n; i++)
		v[i] = json_array_get(found, i);
	qsort(v, n, sizeof(*v), compare_found);
	for (i = 0; i < n; i++)
		json_array_append(list, v[i]);
	free(v);
	return list;
}

static void
print_host(struct table *t, const struct proposal *p)
{
	char	      address[200];
	const json_t *v;
	size_t	      i;

	text_copy(address, sizeof(address), member_text(p->host, "address"));
	json_array_foreach(p->also, i, v)
		snprintf(address + strlen(address), sizeof(address) - strlen(address), " %s",
		    json_string_value(v));
	table_cell(t, p->known != NULL ? TINT_DIM : TINT_GOOD, p->known != NULL ? "known" : "new");
	table_cell(t, TINT_NONE, p->known != NULL ? p->known : p->id);
	table_cell(t, TINT_NONE, address);
	table_cell(t, TINT_NONE, member_text(p->host, "name"));
	table_cell(t, TINT_NONE, p->site);
	table_cell(t, TINT_DIM, *p->site != '\0' ? member_text(p->host, "site_by") : "");
	table_cell(t, TINT_NONE, member_text(p->host, "credential"));
	table_cell(t, TINT_DIM, member_text(p->host, "descr"));
}

static void
print_hosts(struct cli *cli, const struct proposals *p)
{
	static const struct column columns[] = { { "", false, 0, 0 }, { "ID", false, 12, 0 },
		{ "ADDRESS", false, 15, 0 }, { "NAME", false, 8, 3 }, { "SITE", false, 0, 0 }, { "BY", false,
		    0, 4 },
		{ "CREDENTIAL", false, 6, 1 }, { "WHAT IT SAYS IT IS", false, 10, 2 } };
	struct table *t = table_new(columns, nitems(columns));
	size_t	      i;

	for (i = 0; i < p->n; i++)
		print_host(t, &p->v[i]);
	if (p->n > 0)
		table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

static void
print_counts(struct cli *cli, const struct discover *d, const struct proposals *p, const json_t *found)
{
	size_t i, known = 0, snmp = 0;
	json_t *host;
	char   text[200];

	for (i = 0; i < p->n; i++)
		known += p->v[i].known != NULL;
	json_array_foreach(found, i, host)
		snmp += json_is_true(json_object_get(host, "snmp"));
	snprintf(text, sizeof(text), "%u asked: %zu new, %zu known, %zu only answer a ping, %zu silent",
	    d->notes.n,
	    p->n - known, known, json_array_size(found) - snmp, d->notes.n - json_array_size(found));
	term_wrap(&cli->term, &cli->out, TINT_BOLD, 0, 2, text);
}

static int
write_file(const char *path, const struct buf *text)
{
	int  fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	bool good = fd != -1 && write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0;

	if (!good)
		complain("cannot write %s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	if (!good && fd != -1)
		unlink(path);
	return good ? 0 : -1;
}

/* To its file, or to the screen. */
static enum exit_code
put_rows(struct cli *cli, const char *path, const char *table, const struct buf *rows, size_t n)
{
	if (n == 0)
		return EXIT_DONE;
	if (path != NULL) {
		term_printf(&cli->term, &cli->out, TINT_NONE, "%zu row%s for %s: %s", n, n == 1 ? "" : "s",
		    table, path);
		buf_u8(&cli->out, '\n');
		return write_file(path, rows) == 0 ? EXIT_DONE : EXIT_FAILED;
	}
	buf_u8(&cli->out, '\n');
	term_printf(&cli->term, &cli->out, TINT_BOLD, "For %s", table);
	buf_u8(&cli->out, '\n');
	buf_bytes(&cli->out, rows->data, rows->len);
	return EXIT_DONE;
}

static enum exit_code
put_all_rows(struct cli *cli, const struct discover *d, const struct proposals *p)
{
	char			     port[8], links[4096];
	const struct proposal_place  place = { port, d->version, d->via };
	struct buf		     rows = { 0 };
	enum exit_code		     rc;
	size_t			     n;

	snprintf(port, sizeof(port), "%" PRId64, d->port);
	n = proposals_write_devices(p, &place, &rows);
	rc = put_rows(cli, d->out, "devices.csv", &rows, n);
	rows.len = 0;
	n = proposals_write_links(p, &rows);
	if (rc == EXIT_DONE && d->out != NULL && snprintf(links, sizeof(links), "%s.links",
	    d->out) >= (int)sizeof(links))
		rc = EXIT_FAILED;
	if (rc == EXIT_DONE)
		rc = put_rows(cli, d->out != NULL ? links : NULL, "links.csv", &rows, n);
	buf_free(&rows);
	return rc;
}

static void
print_json(struct cli *cli, const struct discover *d, const struct proposals *p, json_t *found)
{
	json_t *list = json_array(), *all;
	size_t	i;

	for (i = 0; i < p->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:O, s:b, s:s, s:O, s:O}", "id",
		    p->v[i].known != NULL ? p->v[i].known : p->v[i].id, "address",
		    json_object_get(p->v[i].host, "address"),
		    "known", p->v[i].known != NULL, "site", p->v[i].site, "also", p->v[i].also, "name",
		    json_object_get(p->v[i].host, "name")));
	all = json_pack("{s:I, s:o, s:O}", "asked", (json_int_t)d->notes.nasked, "hosts", list, "found",
	    found);
	cli_json(cli, all);
	json_decref(all);
}

/* The ids that are taken. @param items  keeps them, owned by the caller */
static enum exit_code
ids_taken(struct cli *cli, struct map *taken, json_t **items)
{
	enum exit_code rc = remote_list(cli->remote, json_pack("{s:s, s:s}", "op", "list", "kind", "device"),
	    items);
	json_t	      *v;
	size_t	       i;

	json_array_foreach(*items, i, v)
		map_add(taken, member_text(v, "id"), v);
	return rc;
}

static enum exit_code
show(struct cli *cli, struct discover *d)
{
	struct map     *taken = map_new();
	json_t	       *found = sorted(d->notes.found), *items = NULL;
	struct proposals p;
	enum exit_code	 rc = ids_taken(cli, taken, &items);

	if (rc == EXIT_DONE) {
		proposals_make(&p, found, taken);
		if (cli->json) {
			print_json(cli, d, &p, found);
		} else {
			print_hosts(cli, &p);
			print_counts(cli, d, &p, found);
		}
		if (!cli->json || d->out != NULL)
			rc = put_all_rows(cli, d, &p);
		proposals_free(&p);
	}
	json_decref(items);
	json_decref(found);
	map_free(taken);
	return rc;
}

enum exit_code
cmd_discover(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "credential", required_argument, NULL, OPT_CREDENTIAL }, { "via", required_argument, NULL,
		    OPT_VIA },
		{ "rate", required_argument, NULL, OPT_RATE }, { "version", required_argument, NULL,
		    OPT_VERSION },
		{ "port", required_argument, NULL, OPT_PORT }, { "out", required_argument, NULL, OPT_OUT },
		{ "resume", no_argument, NULL, OPT_RESUME }, { 0 }
	};
	struct discover d = { .via = "main", .version = "2c", .port = 161, .credentials = json_array(),
		.bar = isatty(STDERR_FILENO) == 1 };
	enum exit_code	rc;
	json_t	       *what;
	int		at = command_options(cli, argc, argv, longs, discover_option, &d, &rc);

	if (at == -1 || (rc = take_arguments(cli, &d, argc, argv, at)) != EXIT_DONE) {
		json_decref(d.credentials);
		return rc;
	}
	sizes_choose(&d);
	what = what_is_asked(&d, argv, argc, at);
	rc = notes_open(&d.notes, d.out, what, d.prefixes.addresses, d.resume) == 0 ? EXIT_DONE : EXIT_FAILED;
	json_decref(what);
	has_notes = d.out != NULL;
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	if (rc == EXIT_DONE && (rc = ask_all(cli, &d)) == EXIT_DONE)
		rc = show(cli, &d);
	notes_close(&d.notes, rc == EXIT_DONE);
	json_decref(d.credentials);
	return rc;
}
