/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A site loses its power: its fault is told as one; its router restarted when it is back. */
#include "tests/stories/stories.h"

void
story_power_loss_of_a_site(void)
{
	struct story *s = story_begin(20, false);

	story_run(s, 200);
	s->heard.nevents = 0;
	story_do(s, "power site s002 off");
	story_run(s, 300);
	is_i64((int64_t)story_count(s, 0, "link.down", "link/s002-1"), 1, "link.down, once");
	is_i64((int64_t)story_count(s, 0, "device.silent", NULL), 0, "the silence of its router is explained by it");
	story_do(s, "power site s002 on");
	story_run(s, 300);
	is_i64((int64_t)story_count(s, 0, "link.up", "link/s002-1"), 1, "link.up, once");
	is_i64((int64_t)story_count(s, 0, "device.restarted", "device/s002-r1"), 1, "its router restarted");
	story_end(s);
}
