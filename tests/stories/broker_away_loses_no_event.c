/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker is away for five minutes with twenty faults: all events arrive afterwards, in order. */
#include "tests/stories/stories.h"

void
story_broker_away_loses_no_event(void)
{
	struct story *s = story_begin(10, false);
	uint64_t      last = 0;
	size_t	      i, disorder = 0;
	int	      k, seen = 0;
	char	      ref[64];
	static const int sites[] = { 2, 3, 4, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25 };

	story_settle(s);
	story_broker(s, false);
	for (k = 0; k < 20; k++) {
		story_do(s, "cut link s%03d-1", sites[k]);
		story_run(s, 15);
	}
	is_i64((int64_t)s->heard.nevents, 0, "nothing arrives while it is away");
	story_broker(s, true);
	story_run(s, 20);
	for (k = 0; k < 20; k++) {
		snprintf(ref, sizeof(ref), "link/s%03d-1", sites[k]);
		seen += story_count(s, 0, "link.down", ref) == 1;
	}
	is_i64(seen, 20, "each of the twenty faults is told once");
	for (i = 0; i < s->heard.nevents; i++) {
		disorder += last != 0 && s->heard.event[i].seq != last + 1;
		last = s->heard.event[i].seq;
	}
	is_i64((int64_t)disorder, 0, "in order and without a gap");
	story_end(s);
}
