/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * simpul-journal DIR: print the records of a journal as CSV. For checkers; reads only, also while the engine
 * writes.
 *
 *	seq,boot,type,quality,series,ref,wall_ns,seconds,values
 *
 * values are divided by blanks, unknown is "U"; names and facts have their text there. What is torn or
 * damaged is counted on standard error.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "sample/sample.h"
#include "store/segment_reader.h"

static const char *const types[SAMPLE_TYPES] = { "", "name", "round", "delay", "rate", "fact" };
static const char *const qualities[QUALITIES] = { "good", "lost", "reset", "estimated", "unknown" };

static void
text_print(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar((unsigned char)*text < ' ' ? '?' : *text);
	}
	putchar('"');
}

static void
record_print(const struct block *b, const struct sample *s, struct nmap *names)
{
	const char *ref;
	int	    i;

	if (s->type == SAMPLE_NAME) {
		free(nmap_remove(names, s->series));
		nmap_add(names, s->series, xstrdup(s->text));
	}
	ref = nmap_get(names, s->series);
	printf("%" PRIu64 ",%" PRIu32 ",%s,%s,%" PRIu32 ",%s,%" PRId64 ",%g,", b->seq, b->boot,
	    types[s->type], qualities[s->quality], s->series, ref != NULL ? ref : "", s->wall_ns, s->seconds);
	for (i = 0; i < s->n; i++) {
		if (isnan(s->value[i]))
			printf("%sU", i > 0 ? " " : "");
		else
			printf("%s%.17g", i > 0 ? " " : "", s->value[i]);
	}
	if (s->text[0] != '\0')
		text_print(s->text);
	putchar('\n');
}

/* @return number of bad places */
static uint64_t
segment_print(int dir, const char *file, struct nmap *names)
{
	struct segment_reader r;
	struct block	      b;
	struct stat	      st;
	int		      fd = openat(dir, file, O_RDONLY | O_NOFOLLOW);
	uint64_t	      bad = 0;

	if (fd == -1 || fstat(fd, &st) == -1 || segment_reader_init(&r, fd, (uint64_t)st.st_size) != 0)
		return 1;
	while (segment_reader_next(&r, &b) == 1) {
		struct cursor c = cursor_of(b.records, b.length);
		struct sample s;

		while (cursor_left(&c) > 0 && sample_decode(&c, &s, b.wall_ns) == 0)
			record_print(&b, &s, names);
		bad += c.bad;
	}
	bad += r.damaged + r.torn;
	segment_reader_fini(&r);
	return bad;
}

static int
is_segment(const struct dirent *e)
{
	uint64_t first_seq;

	return segment_name_parse(e->d_name, &first_seq) == 0;
}

int
main(int argc, char *argv[])
{
	struct dirent **list;
	struct nmap    *names = nmap_new();
	uint64_t	bad = 0;
	size_t		at = 0;
	char	       *name;
	int		dir, i, n;

	if (argc != 2 || (dir = open(argv[1], O_RDONLY | O_DIRECTORY)) == -1 ||
	    (n = scandir(argv[1], &list, is_segment, alphasort)) == -1) {
		fprintf(stderr, "usage: simpul-journal DIR\n");
		return 2;
	}
	puts("seq,boot,type,quality,series,ref,wall_ns,seconds,values");
	for (i = 0; i < n; i++) {
		bad += segment_print(dir, list[i]->d_name, names);
		free(list[i]);
	}
	free(list);
	while ((name = nmap_next(names, &at)) != NULL)
		free(name);
	nmap_free(names);
	close(dir);
	fprintf(stderr, "%d segments, %" PRIu64 " bad places\n", n, bad);
	return 0;
}
