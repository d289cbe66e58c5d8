/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A contracted line that never worked shows as such, raises nothing, and spoils nothing for its site. */
#include "tests/stories/stories.h"

void
story_line_never_seen_up_raises_nothing(void)
{
	struct story *s = story_begin(7, false);

	story_run(s, 120);
	is_text(story_state(s, "link/s006-2"), "never_up", "the line was never seen up");
	is_text(story_state(s, "site/s006"), "ok", "its site runs on its working line");
	is_i64((int64_t)story_count(s, 0, "link.down", NULL) + (int64_t)story_count(s, 0, "site.backup_lost", NULL), 0,
	    "nobody was called");
	s->heard.nevents = 0;
	story_do(s, "restore link s006-2");
	story_run(s, 30);
	is_text(story_state(s, "link/s006-2"), "up", "it comes up for the first time");
	story_do(s, "cut link s006-2");
	story_run(s, 30);
	is_i64((int64_t)story_count(s, 0, "site.backup_lost", "site/s006"), 1, "from then on its loss counts");
	story_end(s);
}
