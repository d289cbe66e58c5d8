/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * title.c: the kernel shows the bytes where the command line once lay. They are followed by the environment in one piece,
 * which is used too: simpuld reads its few variables before it forks.
 */
#include "base/title.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Like the log's name, a property of the process and not of an instance. */
static struct {
	char  *start;
	size_t size;
} place;

/* The environment must outlive the place it lay in: getenv() goes on working. */
static void
environment_move(void)
{
	char **old = environ, **moved;
	size_t n = 0, i;

	while (old[n] != NULL)
		n++;
	moved = xcalloc(n + 1, sizeof(*moved));
	for (i = 0; i < n; i++)
		moved[i] = xstrdup(old[i]);
	environ = moved;
}

void
title_init(int argc, char *argv[])
{
	char  *end = argv[0];
	int    i;
	size_t n;

	for (i = 0; i < argc && argv[i] == end; i++)
		end += strlen(argv[i]) + 1;
	for (n = 0; environ[n] == end; n++)
		end += strlen(environ[n]) + 1;
	environment_move();
	place.start = argv[0];
	place.size = (size_t)(end - argv[0]);
}

void
title_set(const char *program, const char *process)
{
	prctl(PR_SET_NAME, process);
	if (place.size < 2)
		return;
	memset(place.start, 0, place.size);
	snprintf(place.start, place.size - 1, "%s: %s", program, process);
}
