/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site_state.h: from the lines of a site to its state, and what kind of fault dead lines are. Pure. */
#ifndef SIMPUL_SITE_STATE_H
#define SIMPUL_SITE_STATE_H

#include "model/inventory.h"
#include "rules/state.h"

struct site_line {
	enum link_role	role;
	enum link_state state;
	bool		counted;	/* live, measured, and has answered at least once */
	bool		own_fault;	/* dead by itself, not because of a site that it passes through */
};

/** @param live  the site itself is in operation @return its state as people see it */
enum site_state site_state_judge(const struct site_line *line, size_t n, bool live);

/* What a fault of one's own amounts to; the worse, the larger. */
enum reach_fault { REACH_NONE, REACH_BACKUP_LOST, REACH_ON_BACKUP, REACH_LINE_DOWN, REACH_ISOLATED,
    REACH_FAULTS };
/** Event kinds: "link.down", "site.isolated" ...; "" for none. */
extern const char *const reach_fault_kinds[REACH_FAULTS];

/**
 * The one name of all own faults of a site together: its only line is *line down*, all lines, or those of a
 * node, are *isolated*; one line of several is *on backup* or *backup lost*. A main line that is dead while
 * nobody knows of the others is *line down*: nothing says that a backup carries the site.
 * @param is_node  lines of other sites pass through it
 */
enum reach_fault reach_fault_judge(const struct site_line *line, size_t n, bool is_node);

#endif
