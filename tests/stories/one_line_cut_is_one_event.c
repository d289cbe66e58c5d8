/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A one-line site is cut and mended: one link.down, one link.up, one incident; state, rev and since follow. */
#include "tests/stories/stories.h"

void
story_one_line_cut_is_one_event(void)
{
	static const char *const down[] = { "link.down link/s013-1", "incident.opened incident/inc-1", NULL };
	static const char *const up[] = { "link.up link/s013-1", "incident.closed incident/inc-1", NULL };
	struct story *s = story_begin(1, false);
	int64_t	      rev, cut;
	size_t	      n;

	story_settle(s);
	rev = story_number(s, "state/link/s013-1", "rev");
	cut = loop_mono_ns(s->loop);
	story_do(s, "cut link s013-1");
	story_run(s, 20);
	story_expect(s, 0, "cut: one event of the line, one of the incident", down, NULL);
	n = s->heard.nevents;
	ok(n > 0 && s->heard.event[0].mono_ns - cut <= 15 * NS_PER_S, "cut: within 15 s (%.1f)",
	    n > 0 ? (double)(s->heard.event[0].mono_ns - cut) / 1e9 : -1.0);
	is_text(story_state(s, "link/s013-1"), "down", "retained: the line is down");
	is_text(story_state(s, "site/s013"), "isolated", "retained: the site is isolated");
	is_i64(story_number(s, "state/link/s013-1", "rev"), rev + 1, "retained: rev grew by one");
	story_do(s, "restore link s013-1");
	story_run(s, 20);
	story_expect(s, n, "mended: one event of the line, one of the incident", up, NULL);
	is_text(story_state(s, "link/s013-1"), "up", "retained: the line is up");
	is_i64(story_number(s, "state/link/s013-1", "rev"), rev + 2, "retained: rev grew by one again");
	story_end(s);
}
