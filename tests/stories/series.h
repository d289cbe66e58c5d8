/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.h: what the store of a story has kept, minute by minute, and what the fleet says about it. */
#ifndef SIMPUL_STORY_SERIES_H
#define SIMPUL_STORY_SERIES_H

#include "tests/stories/story.h"

#define SERIES_MAX 200		/* minutes */

struct series {
	double	 value[SERIES_MAX];
	size_t	 n;
	int64_t	 first_s;		/* end of the first minute */
	bool	 ended;
	struct msg_end end;
};

struct compared {
	size_t known, unknown, wrong;
	size_t gap;			/* minutes of the longest one */
	double worst;			/* relative error */
};

/** After story_stop(): the store, opened again as after a restart, tells a series ("link/s002-1/rx_bps"). */
void	series_read(struct story *s, const char *ref, int64_t from_s, int64_t to_s, struct series *out);
/**
 * Is it what the port of the fleet has received? A known value must be right everywhere.
 * @param touched	minutes that may be unknown: they hold an event; or NULL, then unknown ones are counted, not
 *		printed
 */
struct compared series_compare(struct story *s, const struct series *got, const char *device, const char *port,
    const bool *touched);

#endif
