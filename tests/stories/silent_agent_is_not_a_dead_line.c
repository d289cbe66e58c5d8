/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SNMP agent of a router stops answering: the device is silent, the line is up. */
#include "tests/stories/stories.h"

void
story_silent_agent_is_not_a_dead_line(void)
{
	struct story *s = story_begin(19, false);

	story_run(s, 200);
	s->heard.nevents = 0;
	story_do(s, "silent device s002-r1 on");
	story_run(s, 400);
	is_i64((int64_t)story_count(s, 0, "device.silent", "device/s002-r1"), 1, "device.silent, once");
	is_i64((int64_t)story_count(s, 0, "link.down", NULL), 0, "no line is down");
	is_text(story_state(s, "link/s002-1"), "up", "its line is up");
	story_do(s, "silent device s002-r1 off");
	story_run(s, 400);
	is_i64((int64_t)story_count(s, 0, "device.answering", "device/s002-r1"), 1, "device.answering, once");
	story_end(s);
}
