/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site_state.c: counting lines (site_state.h). Lines that do not count say nothing about their site. */
#include "rules/site_state.h"

const char *const reach_fault_kinds[REACH_FAULTS] = {
	"", "site.backup_lost", "site.on_backup", "link.down", "site.isolated"
};

struct tally {
	size_t counted, working, dead, own, unreachable, main_working, main_dead;
	bool   first_degraded;		/* the line that carries the site: the first that works */
};

static bool
line_works(const struct site_line *l)
{
	return l->state == LINK_UP || l->state == LINK_DEGRADED;
}

static bool
line_is_dead(const struct site_line *l)
{
	return l->state == LINK_DOWN || l->state == LINK_UNREACHABLE;
}

static struct tally
tally_lines(const struct site_line *line, size_t n)
{
	struct tally t = { 0 };
	size_t	     i;
	bool	     is_main;

	for (i = 0; i < n; i++) {
		if (!line[i].counted)
			continue;
		t.counted++;
		is_main = line[i].role == ROLE_MAIN;
		if (line_works(&line[i])) {
			if (t.working++ == 0)
				t.first_degraded = line[i].state == LINK_DEGRADED;
			t.main_working += is_main;
		} else if (line_is_dead(&line[i])) {
			t.dead++;
			t.main_dead += is_main;
			t.own += line[i].own_fault;
			t.unreachable += line[i].state == LINK_UNREACHABLE;
		}
	}
	return t;
}

enum site_state
site_state_judge(const struct site_line *line, size_t n, bool live)
{
	struct tally t = tally_lines(line, n);

	if (!live)
		return SITE_PLANNED;
	if (t.working > 0) {
		if (t.main_dead > 0 && t.main_working == 0)
			return SITE_ON_BACKUP;
		if (t.dead > 0)
			return SITE_BACKUP_LOST;
		return t.first_degraded ? SITE_DEGRADED : SITE_OK;
	}
	if (t.counted == 0 || t.dead < t.counted)
		return SITE_UNKNOWN;
	return t.unreachable == t.dead ? SITE_UNREACHABLE : SITE_ISOLATED;
}

enum reach_fault
reach_fault_judge(const struct site_line *line, size_t n, bool is_node)
{
	struct tally t = tally_lines(line, n);

	if (t.own == 0)
		return REACH_NONE;
	if (t.dead == t.counted)
		return t.counted == 1 && !is_node ? REACH_LINE_DOWN : REACH_ISOLATED;
	if (t.main_dead == 0 || t.main_working > 0)
		return REACH_BACKUP_LOST;
	return t.working > 0 ? REACH_ON_BACKUP : REACH_LINE_DOWN;
}
