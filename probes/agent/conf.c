/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf.c: a file of lines "word value", and options that come after it. See simpul-agent(8). */
#include "probes/agent/agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_USAGE 2

static void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

static void
fail(const char *fmt, ...)
{
	va_list ap;

	fputs("simpul-agent: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static void
text_set(char *out, size_t size, const char *word, const char *value)
{
	if (strlen(value) >= size || value[0] == '\0')
		fail("%s: \"%s\" is empty, or longer than %zu bytes", word, value, size - 1);
	memcpy(out, value, strlen(value) + 1);
}

static double
number(const char *word, const char *value, double min, double max)
{
	char  *end;
	double v = strtod(value, &end);

	if (end == value || *end != '\0' || !(v >= min && v <= max))
		fail("%s: \"%s\" is no number from %g to %g", word, value, min, max);
	return v;
}

static bool
yes_or_no(const char *word, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		fail("%s: \"%s\" is neither yes nor no", word, value);
	return value[0] == 'y';
}

static void
ping_add(struct conf *c, const char *value)
{
	struct home_address *a = &c->ping[c->npings];

	if (c->npings == HOME_PINGS_MAX)
		fail("ping: more than %d addresses", HOME_PINGS_MAX);
	a->family = strchr(value, ':') != NULL ? 6 : 4;
	if (inet_pton(a->family == 6 ? AF_INET6 : AF_INET, value, a->byte) != 1)
		fail("ping: \"%s\" is no address (names are not looked up)", value);
	c->npings++;
}

static void
set(struct conf *c, const char *word, const char *value)
{
	if (strcmp(word, "server") == 0)
		text_set(c->server, sizeof(c->server), word, value);
	else if (strcmp(word, "port") == 0)
		c->port = (uint16_t)number(word, value, 1, 65535);
	else if (strcmp(word, "key") == 0)
		text_set(c->key_file, sizeof(c->key_file), word, value);
	else if (strcmp(word, "interval_s") == 0)
		c->interval_ms = (uint16_t)(number(word, value, 0.5, 10) * 1000);
	else if (strcmp(word, "interface") == 0)
		text_set(c->interface, sizeof(c->interface), word, value);
	else if (strcmp(word, "ping") == 0)
		ping_add(c, value);
	else if (strcmp(word, "counters") == 0)
		c->counters = yes_or_no(word, value);
	else if (strcmp(word, "user") == 0)
		text_set(c->user, sizeof(c->user), word, value);
	else if (strcmp(word, "syslog") == 0)
		c->syslog = yes_or_no(word, value);
	else
		fail("there is no setting \"%s\"; there are server, port, key, interval_s, interface, ping, "
		     "counters, user, syslog",
		    word);
}

static void
file_read(struct conf *c, const char *path, bool must_exist)
{
	FILE *f = fopen(path, "re");
	char  line[512], *word, *value, *end;

	if (f == NULL && errno == ENOENT && !must_exist)
		return;
	if (f == NULL)
		fail("cannot read %s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strchr(line, '\n') == NULL && !feof(f))
			fail("%s: a line is longer than %zu bytes", path, sizeof(line) - 2);
		word = line + strspn(line, " \t");
		word[strcspn(word, "#\r\n")] = '\0';
		if (*word == '\0')
			continue;
		value = word + strcspn(word, " \t");
		if (*value != '\0')
			*value++ = '\0';
		value += strspn(value, " \t");
		for (end = value + strlen(value); end > value && strchr(" \t", end[-1]) != NULL;)
			*--end = '\0';
		set(c, word, value);
	}
	fclose(f);
}

static void
usage(FILE *to)
{
	fputs("usage: simpul-agent [-c FILE] [-s SERVER] [-p PORT] [-k KEYFILE] [-i INTERFACE] [--check] "
	      "[--debug]\n"
	      "       simpul-agent --help | --version\n"
	      "Calls the Simpul engine at SERVER each second, so that it knows that this site is there. See "
	      "simpul-agent(8).\n",
	    to);
}

static void
options_read(struct conf *c, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' }, { "server", required_argument, NULL, 's' },
		{ "port", required_argument, NULL, 'p' }, { "key", required_argument, NULL, 'k' },
		{ "interface", required_argument, NULL, 'i' }, { "check", no_argument, NULL, 'C' },
		{ "debug", no_argument, NULL, 'D' }, { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	static const char shorts[] = "c:s:p:k:i:CDhV";
	const char	 *path = NULL;
	int		  o;

	while ((o = getopt_long(argc, argv, shorts, longs, NULL)) != -1)	/* the file first: options win */
		if (o == 'c')
			path = optarg;
		else if (o == 'h' || o == '?' || o == 'V') {
			if (o == 'V')
				puts("simpul-agent " AGENT_VERSION);
			else
				usage(o == 'h' ? stdout : stderr);
			exit(o == '?' ? EXIT_USAGE : EXIT_SUCCESS);
		}
	if (optind < argc) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
	file_read(c, path != NULL ? path : AGENT_CONF, path != NULL);
	optind = 1;
	while ((o = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		switch (o) {
		case 's':
			set(c, "server", optarg);
			break;
		case 'p':
			set(c, "port", optarg);
			break;
		case 'k':
			set(c, "key", optarg);
			break;
		case 'i':
			set(c, "interface", optarg);
			break;
		case 'C':
			c->check = true;
			break;
		case 'D':
			c->debug = true;
			break;
		default:
			break;
		}
}

/* Whoever can read it can call in our name, so nobody else may. */
static size_t
key_read(const char *path, uint8_t key[HOME_KEY_MAX])
{
	int	    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	uint8_t	    text[HOME_KEY_MAX + 3];
	ssize_t	    n;

	if (fd == -1 || fstat(fd, &st) == -1 || (n = read(fd, text, sizeof(text))) == -1)
		fail("cannot read the key %s: %s", path, strerror(errno));
	close(fd);
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		fail("the key %s can be read by others: chmod 600 it, and take a new key", path);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n < HOME_KEY_MIN || n > HOME_KEY_MAX || memchr(text, '\n', (size_t)n) != NULL)
		fail("the key %s must be one line of %d to %d bytes, the same as at the engine", path,
		    HOME_KEY_MIN, HOME_KEY_MAX);
	memcpy(key, text, (size_t)n);
	hmac_wipe(text, sizeof(text));
	return (size_t)n;
}

size_t
conf_read(struct conf *c, int argc, char *argv[], uint8_t key[HOME_KEY_MAX])
{
	*c = (struct conf){ .port = HOME_PORT, .interval_ms = 1000, .counters = true, .user = "nobody" };
	options_read(c, argc, argv);
	if (c->server[0] == '\0')
		fail("no server: write \"server NAME\" into %s", AGENT_CONF);
	if (c->key_file[0] == '\0')
		fail("no key: write \"key FILE\" into %s", AGENT_CONF);
	return key_read(c->key_file, key);
}
