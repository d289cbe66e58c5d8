/* SPDX-License-Identifier: GPL-3.0-or-later */
/* state.c: names and page codes of states: tables and their look-up. */
#include "rules/state.h"

#include <string.h>

const char *const link_state_names[LINK_STATES + 1] = {
	"unknown", "up", "degraded", "down", "unreachable", "never_up", NULL
};
const char *const site_state_names[SITE_STATES + 1] = {
	"unknown", "ok", "degraded", "backup_lost", "on_backup", "isolated", "unreachable", "planned", NULL
};
const char *const device_state_names[DEVICE_STATES + 1] = { "unknown", "answering", "silent", NULL };
const char *const service_state_names[SERVICE_STATES + 1] = {
	"unknown", "ok", "degraded", "down", "unreachable", "never_up", "planned", NULL
};

static const char *const link_codes[LINK_STATES] = { "unknown", "ok", "warn", "down", "impacted", "planned" };
static const char *const site_codes[SITE_STATES] = {
	"unknown", "ok", "warn", "warn", "backup", "down", "impacted", "planned"
};
static const char *const service_codes[SERVICE_STATES] = {
	"unknown", "ok", "warn", "down", "impacted", "planned", "planned"
};

const char *
link_state_code(enum link_state s)
{
	return link_codes[s];
}

const char *
site_state_code(enum site_state s)
{
	return site_codes[s];
}

const char *
service_state_code(enum service_state s)
{
	return service_codes[s];
}

/* Place of a name in its table; 0, which is "unknown" in all of them, when it is not there. */
static int
place_of(const char *const *names, const char *name)
{
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

enum link_state
link_state_of(const char *name)
{
	return (enum link_state)place_of(link_state_names, name);
}

enum site_state
site_state_of(const char *name)
{
	return (enum site_state)place_of(site_state_names, name);
}

enum device_state
device_state_of(const char *name)
{
	return (enum device_state)place_of(device_state_names, name);
}

enum service_state
service_state_of(const char *name)
{
	return (enum service_state)place_of(service_state_names, name);
}
