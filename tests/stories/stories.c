/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stories.c: run all stories, or those named as arguments.
 *
 *	tests/stories/stories [NAME]...
 */
#include "tests/stories/stories.h"

#include <stdlib.h>
#include <time.h>

unsigned tap_count, tap_failed;

#define STORY_LINE(name) { #name, story_##name },
static const struct {
	const char *name;
	void	  (*run)(void);
} stories[] = { STORIES(STORY_LINE) };

static bool
is_wanted(const char *name, int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int
main(int argc, char *argv[])
{
	size_t i;

	for (i = 0; i < nitems(stories); i++) {
		clock_t start = clock();

		if (!is_wanted(stories[i].name, argc, argv))
			continue;
		printf("# %s\n", stories[i].name);
		stories[i].run();
		printf("# %s: %.1f s of CPU\n", stories[i].name, (double)(clock() - start) / CLOCKS_PER_SEC);
	}
	return tap_done();
}
