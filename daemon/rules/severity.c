/* SPDX-License-Identifier: GPL-3.0-or-later */
/* severity.c: the one table of severities (severity.h). */
#include "rules/severity.h"

#include <string.h>

const char *const severity_names[SEVERITIES + 1] = { "info", "warning", "minor", "major", "critical", NULL };

enum severity
severity_of(const char *name)
{
	int i;

	for (i = 0; severity_names[i] != NULL; i++)
		if (strcmp(severity_names[i], name) == 0)
			return (enum severity)i;
	return SEVERITY_INFO;
}

static const enum severity by_class[] = {
	[CLASS_CRITICAL] = SEVERITY_CRITICAL,
	[CLASS_OFFICE] = SEVERITY_MAJOR,
	[CLASS_PARK] = SEVERITY_MINOR,
};

enum severity
severity_of_reach(enum reach_fault fault, enum site_class class, bool is_node)
{
	switch (fault) {
	case REACH_ISOLATED:
	case REACH_LINE_DOWN:
		return is_node ? SEVERITY_CRITICAL : by_class[class];
	case REACH_ON_BACKUP:
		return SEVERITY_MINOR;
	case REACH_BACKUP_LOST:
		return SEVERITY_WARNING;
	default:
		return SEVERITY_INFO;
	}
}

enum severity
severity_of_service(enum site_class class)
{
	return by_class[class];
}

enum severity
severity_of_days_left(double days)
{
	return days < 7 ? SEVERITY_MAJOR : days < 14 ? SEVERITY_MINOR : days < 30 ? SEVERITY_WARNING : SEVERITY_INFO;
}
