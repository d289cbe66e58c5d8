/* SPDX-License-Identifier: GPL-3.0-or-later */
/* state.h: the words for the state of links, sites, devices and services, and their codes on pages. */
#ifndef SIMPUL_STATE_H
#define SIMPUL_STATE_H

#include "base/base.h"

enum link_state { LINK_UNKNOWN, LINK_UP, LINK_DEGRADED, LINK_DOWN, LINK_UNREACHABLE, LINK_NEVER_UP,
    LINK_STATES };
enum site_state {
	SITE_UNKNOWN,
	SITE_OK,
	SITE_DEGRADED,
	SITE_BACKUP_LOST,	/* a backup line is dead, the main line works */
	SITE_ON_BACKUP,		/* the main line is dead, a backup works */
	SITE_ISOLATED,		/* every line is dead by its own fault */
	SITE_UNREACHABLE,	/* every line is dead because a site it passes through is */
	SITE_PLANNED,		/* not live (yet, or any more) */
	SITE_STATES
};
enum device_state { DEVICE_UNKNOWN, DEVICE_ANSWERING, DEVICE_SILENT, DEVICE_STATES };
enum service_state {
	SERVICE_UNKNOWN,
	SERVICE_OK,
	SERVICE_DEGRADED,	/* it works, but something of it is beyond its limit */
	SERVICE_DOWN,		/* by its own fault */
	SERVICE_UNREACHABLE,	/* its lines are dead, what it needs is, or the side that asks reaches nothing */
	SERVICE_NEVER_UP,
	SERVICE_PLANNED,	/* not live (yet, or any more) */
	SERVICE_STATES
};

extern const char *const link_state_names[LINK_STATES + 1], *const site_state_names[SITE_STATES + 1],
	*const device_state_names[DEVICE_STATES + 1],
	*const service_state_names[SERVICE_STATES + 1];		/* end with NULL */

/** The page's code: "ok", "warn", "down", "impacted", "planned", "unknown", "backup". */
const char *link_state_code(enum link_state s);
const char *site_state_code(enum site_state s);
const char *service_state_code(enum service_state s);
/** @return the state of this name, or the unknown one */
enum link_state	  link_state_of(const char *name);
enum site_state	  site_state_of(const char *name);
enum device_state device_state_of(const char *name);
enum service_state service_state_of(const char *name);

#endif
