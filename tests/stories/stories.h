/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stories.h: the list of stories, in alphabetical order; a line and a file for each. */
#ifndef SIMPUL_STORIES_H
#define SIMPUL_STORIES_H

#include "base/map.h"
#include "tests/stories/story.h"

#define STORIES(X) \
	X(bad_reload_changes_nothing) \
	X(broker_away_loses_no_event) \
	X(brownout_degrades_and_clears) \
	X(child_dead_before_its_parent_keeps_its_incident) \
	X(counters_wrap_without_a_spike) \
	X(fault_that_grows_stays_one_incident) \
	X(line_never_seen_up_raises_nothing) \
	X(micro_outage_is_recorded) \
	X(moved_cable_is_asked_about) \
	X(node_1_cut_takes_all_nodes) \
	X(node_cut_is_one_incident) \
	X(one_line_cut_is_one_event) \
	X(one_lost_packet_raises_nothing) \
	X(parent_back_first_child_silent) \
	X(power_loss_of_a_site) \
	X(rates_agree_with_the_truth) \
	X(reload_disturbs_nothing) \
	X(removed_site_leaves_the_broker) \
	X(renamed_ports_keep_their_series) \
	X(replaced_router_keeps_the_series) \
	X(restart_at_any_moment_of_a_fault) \
	X(restart_during_outage_repeats_nothing) \
	X(restart_while_a_line_comes_back) \
	X(session_made_anew_keeps_its_series) \
	X(shaped_line_shows_what_it_delivers) \
	X(silent_agent_is_not_a_dead_line) \
	X(thirty_days_repeat_from_their_seed) \
	X(twenty_cuts_each_within_15_s) \
	X(two_line_site_runs_on_backup)

#define STORY_DECLARE(name) void story_##name(void);
STORIES(STORY_DECLARE)

#endif
