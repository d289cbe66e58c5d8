/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reload that changes one row: no event, no state of others changes, no round is missed. */
#include "tests/stories/stories.h"

void
story_reload_disturbs_nothing(void)
{
	struct story *s = story_begin(15, false);
	size_t	      at = 0, unknown = 0, sites = 0;
	char	      ref[32];

	story_settle(s);
	for (at = 0; at < 20; at++) {
		story_replace_row(s, INPUT_SITES, "s061", at % 2 == 0 ?
		    "s061,Diskominfo (renamed),Kominfo,opd,,office,diskominfo,,,mon-fri 07:30-15:30,,live" :
		    "s061,Diskominfo,Kominfo,opd,,office,diskominfo,,,mon-fri 07:30-15:30,,live");
		story_run(s, 7);
	}
	is_i64((int64_t)story_count(s, 0, "link.down", NULL) + (int64_t)story_count(s, 0, "site.isolated", NULL), 0, "nothing was raised");
	for (at = 1; at <= 61; at++) {
		snprintf(ref, sizeof(ref), "site/s%03zu", at);
		unknown += strcmp(story_state(s, ref), "unknown") == 0;
		sites += strcmp(story_state(s, ref), "ok") == 0;
	}
	is_i64((int64_t)unknown, 0, "no site fell to unknown");
	ok(sites >= 60, "%zu sites are ok", sites);
	story_do(s, "cut link s013-1");
	story_run(s, 20);
	is_i64((int64_t)story_count(s, 0, "link.down", "link/s013-1"), 1, "and a cut is still seen");
	story_end(s);
}
