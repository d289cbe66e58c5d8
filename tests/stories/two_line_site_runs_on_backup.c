/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A two-line site loses its main line: on backup; then its spare: backup lost; each within 15 s. */
#include "tests/stories/stories.h"

void
story_two_line_site_runs_on_backup(void)
{
	struct story *s = story_begin(5, false);
	const struct heard_event *e;
	int64_t cut;

	story_settle(s);
	cut = loop_mono_ns(s->loop);
	story_do(s, "cut link s023-1");
	story_run(s, 20);
	e = story_find(s, 0, "site.on_backup", "site/s023");
	ok(e != NULL && e->mono_ns - cut <= 15 * NS_PER_S, "main line cut: on backup within 15 s");
	is_i64((int64_t)story_count(s, 0, "link.down", NULL), 0, "no event of the line itself");
	is_text(story_state(s, "site/s023"), "on_backup", "retained: on backup");
	story_do(s, "restore link s023-1");
	story_run(s, 20);
	ok(story_find(s, 0, "site.restored", "site/s023") != NULL, "restored");
	s->heard.nevents = 0;
	cut = loop_mono_ns(s->loop);
	story_do(s, "cut link s023-2");
	story_run(s, 20);
	e = story_find(s, 0, "site.backup_lost", "site/s023");
	ok(e != NULL && e->mono_ns - cut <= 15 * NS_PER_S, "idle spare cut: backup lost within 15 s");
	ok(e != NULL && strcmp(e->severity, "warning") == 0, "backup lost is a warning");
	is_text(story_state(s, "site/s023"), "backup_lost", "retained: backup lost");
	story_end(s);
}
