/* SPDX-License-Identifier: GPL-3.0-or-later */
/* object.c: see object.h. */
#include "live/object.h"

#include "live/incident.h"

bool
link_is_counted(const struct link_live *l)
{
	return l->link->life == LIFE_LIVE && l->site->site->life == LIFE_LIVE &&
	    l->link->address.family != 0 && l->seen_up;
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
