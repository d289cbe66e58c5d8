/* SPDX-License-Identifier: GPL-3.0-or-later */
/* incident.c: see incident.h. */
#include "live/incident.h"

#include <stdio.h>
#include <string.h>

bool
member_is_told(const struct member *m)
{
	return strcmp(m->state, "pending") != 0;
}

const char *
incident_name(const struct incident *i, char out[24])
{
	snprintf(out, 24, "inc-%llu", (unsigned long long)i->row.id);
	return out;
}
