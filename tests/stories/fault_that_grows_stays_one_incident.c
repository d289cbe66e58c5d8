/* SPDX-License-Identifier: GPL-3.0-or-later */
/* On backup, then the spare dies too: isolated, in the same incident; back one by one. */
#include "tests/stories/stories.h"

void
story_fault_that_grows_stays_one_incident(void)
{
	struct story *s = story_begin(6, false);

	story_settle(s);
	story_do(s, "cut link s023-1");
	story_run(s, 30);
	story_do(s, "cut link s023-2");
	story_run(s, 30);
	is_i64((int64_t)story_count(s, 0, "incident.opened", NULL), 1, "one incident");
	is_i64((int64_t)story_count(s, 0, "site.on_backup", "site/s023"), 1, "on backup, once");
	is_i64((int64_t)story_count(s, 0, "site.isolated", "site/s023"), 1, "then isolated, once");
	is_text(story_state(s, "site/s023"), "isolated", "retained: isolated");
	story_do(s, "restore link s023-1");
	story_do(s, "restore link s023-2");
	story_run(s, 40);
	is_i64((int64_t)story_count(s, 0, "site.restored", "site/s023"), 1, "restored once");
	is_i64((int64_t)story_count(s, 0, "incident.closed", NULL), 1, "closed once");
	is_text(story_state(s, "site/s023"), "ok", "retained: ok");
	story_end(s);
}
