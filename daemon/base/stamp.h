/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stamp.h: from the kernel's receive stamps, which are of the wall clock, to the monotonic clock. Pure.
 *
 * At each reading of a socket both clocks are read. A stamp is carried over by its age at that moment. When the two clocks
 * have moved apart since the last reading by more than any slewing explains, the wall clock was stepped and stamps made
 * before cannot be placed: the moment of reading is taken for them. So it is for a second from then on: what
 * had come before is read in several batches, and from several sockets.
 */
#ifndef SIMPUL_STAMP_H
#define SIMPUL_STAMP_H

#include "base/base.h"

struct stamp_clock {		/* zeroed: never read */
	int64_t	mono_ns;	/* last reading */
	int64_t	offset_ns;	/* wall - monotonic at that time */
	int64_t	stepped_ns;	/* reading at which the last step was noticed; 0 = none */
};

/** @param mono_ns, wall_ns  the two clocks, read one right after the other */
void	stamp_clock_read(struct stamp_clock *c, int64_t mono_ns, int64_t wall_ns);
/** @return monotonic time of a stamp made before the last reading; never after it */
int64_t	stamp_to_mono(const struct stamp_clock *c, int64_t wall_ns);

#endif
