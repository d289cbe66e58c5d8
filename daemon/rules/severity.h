/* SPDX-License-Identifier: GPL-3.0-or-later */
/* severity.h: how bad an event is. Pure. A clear goes under the severity of its raise. */
#ifndef SIMPUL_SEVERITY_H
#define SIMPUL_SEVERITY_H

#include "model/inventory.h"
#include "rules/site_state.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_MINOR, SEVERITY_MAJOR, SEVERITY_CRITICAL,
    SEVERITIES };
extern const char *const severity_names[SEVERITIES + 1];	/* end with NULL */

/** @return the severity of this name, or SEVERITY_INFO */
enum severity severity_of(const char *name);
/**
 * Critical: a node or a site of class critical without a line; major: an office; minor: a park, and on
 * backup; warning: backup lost.
 */
enum severity severity_of_reach(enum reach_fault fault, enum site_class class, bool is_node);
/** Of a service that is down: critical, major, minor by its class. */
enum severity severity_of_service(enum site_class class);
/** Of a certificate with so many days left: major below 7, minor below 14, warning below 30, else info. */
enum severity severity_of_days_left(double days);

#endif
