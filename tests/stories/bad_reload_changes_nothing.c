/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reload with an error is refused as a whole; what runs goes on. */
#include "tests/stories/stories.h"

void
story_bad_reload_changes_nothing(void)
{
	struct story *s = story_begin(16, false);

	story_settle(s);
	s->expect_bad_input = true;
	story_replace_row(s, INPUT_LINKS, "s013-1", "s013-1,s999,main,indihome,,node-3,10.1.0.13,10,,best_effort,,,,,,,,wan,live");
	story_run(s, 10);
	is_i64((int64_t)story_count(s, 0, "engine.config_rejected", NULL), 1, "the refusal is an event");
	is_text(story_state(s, "site/s013"), "ok", "the site is still watched");
	story_do(s, "cut link s013-1");
	story_run(s, 20);
	is_i64((int64_t)story_count(s, 0, "link.down", "link/s013-1"), 1, "and its cut is seen");
	story_end(s);
}
