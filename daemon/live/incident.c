/* SPDX-License-Identifier: GPL-3.0-or-later */
/* incident.c: see incident.h. */
#include "live/incident.h"

#include <stdio.h>
#include <string.h>

const char *const cause_names[CAUSES + 1] = { "unknown", "own_fibre", "provider_line", "application", NULL };

bool
member_is_told(const struct member *m)
{
	return strcmp(m->state, "pending") != 0;
}

struct site_live *
member_site(const struct member *m)
{
	if (m->link != NULL)
		return m->link->site;
	return m->service != NULL ? m->service->site : NULL;
}

bool
incident_is_of_service(const struct incident *i)
{
	return i->fault == FAULT_SERVICE || i->fault == FAULT_SERVICE_QUALITY;
}

const char *
incident_name(const struct incident *i, char out[24])
{
	snprintf(out, 24, "inc-%llu", (unsigned long long)i->row.id);
	return out;
}

static const struct incident *
told(const struct alert *a)
{
	return a->incident != NULL && a->incident->row.status == INCIDENT_OPEN &&
	    a->verdict != VERDICT_PENDING ? a->incident : NULL;
}

const struct incident *
link_incident(const struct link_live *l)
{
	const struct incident *i = told(&l->reach);

	return i != NULL ? i : told(&l->quality);
}

const struct incident *
site_incident(const struct site_live *s)
{
	const struct incident *i;
	size_t		       k;

	if (s->incident != NULL && s->incident->row.status == INCIDENT_OPEN)
		return s->incident;
	for (k = 0; k < s->nlinks; k++)
		if ((i = link_incident(s->link[k])) != NULL)
			return i;
	return NULL;
}

const struct incident *
service_incident(const struct service_live *s)
{
	const struct incident *i = told(&s->down);

	return i != NULL ? i : told(&s->degraded);
}
