/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view.h: live objects and incidents as JSON objects (owned by the caller), one shape for list, get and why.
 */
#ifndef SIMPUL_CTL_VIEW_H
#define SIMPUL_CTL_VIEW_H

#include <jansson.h>
#include "core/traps.h"
#include "live/core.h"

json_t *view_site(const struct site_live *s);
json_t *view_link(const struct link_live *l);
json_t *view_capacity(const struct link_live *l);
/** All sensors of a device, each with its reference, value, unit, state and port. */
/** @param cut  out: it has more than one answer holds */
json_t *view_sensors(const struct core *c, const struct device_live *d, bool *cut);
json_t *view_service(const struct service_live *s);
/** With what is expected of it, and all facts: too long for lists. */
json_t *view_service_whole(const struct service_live *s);
json_t *view_device(const struct device_live *d);
/** Who it is, since when, which line it carries, and what is asked about it. */
json_t *view_port(const struct core *c, const struct port_live *p);
/** @param i  a row of the ledger; core is asked what it holds of it while it is open */
json_t *view_incident(const struct core *c, const struct ledger_incident *i);

json_t *view_trap(const struct trap_entry *e);

/** A device has no row in the table of page codes: "ok", "warn" when silent, or "unknown". */
const char *device_state_code(enum device_state s);

/* why.c: the same with evidence, parents and members. */

json_t *why_site(const struct core *c, const struct site_live *s);
json_t *why_link(const struct core *c, const struct link_live *l);
json_t *why_service(const struct core *c, const struct service_live *s);
json_t *why_device(const struct core *c, const struct device_live *d);
json_t *why_incident(const struct core *c, const struct ledger_incident *i);

#endif
