/* SPDX-License-Identifier: GPL-3.0-or-later */
/* counters.c: see counters.h. */
#include "live/counters.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "live/core.h"

#define OTHERS_MAX 1024	/* names that the other processes may make */

/* Names come from outside, and each is kept for ever: so many, and no more. */
struct core_counter *
core_counter(struct core *c, const char *name)
{
	struct core_counter *k = map_get(c->counters, name);

	if (k != NULL)
		return k;
	if (strncmp(name, "core/", 5) != 0) {
		if (c->ncounters == OTHERS_MAX)
			return NULL;
		c->ncounters++;
	}
	k = xcalloc(1, sizeof(*k));
	text_copy(k->name, sizeof(k->name), name);
	map_add(c->counters, k->name, k);
	return k;
}

void
core_counters_free(struct core *c)
{
	struct core_counter *k;
	size_t		     at = 0;

	while ((k = map_next(c->counters, &at)) != NULL)
		free(k);
	map_free(c->counters);
}
