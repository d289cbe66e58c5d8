/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A site leaves the inventory: its retained topics are emptied, its incident is closed, others are not touched. */
#include "tests/stories/stories.h"

void
story_removed_site_leaves_the_broker(void)
{
	struct story *s = story_begin(14, false);
	int64_t	      rev;

	story_settle(s);
	story_do(s, "cut link s013-1");
	story_run(s, 30);
	rev = story_number(s, "state/site/s014", "rev");
	ok(story_doc(s, "state/site/s013") != NULL, "the site is on the broker");
	story_replace_row(s, INPUT_LINKS, "s013-1", NULL);
	story_replace_row(s, INPUT_SITES, "s013", NULL);
	story_run(s, 10);
	ok(story_doc(s, "state/site/s013") == NULL && story_doc(s, "state/link/s013-1") == NULL, "its retained topics are empty");
	ok(story_doc(s, "opd/s013/state") == NULL, "also the one of its office");
	is_i64((int64_t)story_count(s, 0, "incident.closed", NULL), 1, "its incident is closed");
	is_i64(story_number(s, "state/site/s014", "rev"), rev, "its neighbour was not published again");
	story_end(s);
}
