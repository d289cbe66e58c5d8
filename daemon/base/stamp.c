/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stamp.c: see stamp.h. */
#include "base/stamp.h"

#include <stdlib.h>

#define SLACK_NS   NS_PER_MS		/* between the two readings of a pair we may have been put aside for a moment */
#define SLEW_PPM   1000			/* twice what adjtimex() allows */
#define AGE_MAX_NS (60 * NS_PER_S)	/* nothing waits that long in a socket */
#define DOUBT_NS   NS_PER_S		/* after a step: until what came before it has been read */

void
stamp_clock_read(struct stamp_clock *c, int64_t mono_ns, int64_t wall_ns)
{
	int64_t offset = wall_ns - mono_ns, slew = (mono_ns - c->mono_ns) / 1000000 * SLEW_PPM;

	if (c->mono_ns != 0 && llabs(offset - c->offset_ns) > SLACK_NS + slew)
		c->stepped_ns = mono_ns;
	c->mono_ns = mono_ns;
	c->offset_ns = offset;
}

int64_t
stamp_to_mono(const struct stamp_clock *c, int64_t wall_ns)
{
	int64_t mono = wall_ns - c->offset_ns;
	bool	stepped = c->stepped_ns != 0 && c->mono_ns - c->stepped_ns < DOUBT_NS;

	return stepped || mono > c->mono_ns || c->mono_ns - mono > AGE_MAX_NS ? c->mono_ns : mono;
}
