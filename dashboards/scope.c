/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope.c: which objects a visitor may see (web.h). The one place that knows. */
#include <string.h>

#include "dashboards/web.h"

bool
sees_all(const struct session *s)
{
	return s->user.role != USER_OPD;
}

bool
sees_site(const struct session *s, const char *site)
{
	size_t i;

	if (sees_all(s))
		return true;
	for (i = 0; i < s->user.nsites; i++)
		if (strcmp(s->user.site[i], site) == 0)
			return true;
	return false;
}

bool
sees_incident(const struct session *s, const struct city *c, const char *id, const char *site)
{
	size_t i;

	if (sees_site(s, site))
		return true;
	for (i = 0; i < s->user.nsites; i++)
		if (city_suffers(c, id, s->user.site[i]))
			return true;
	return false;
}

/* An opd is shown lines only: what a router does inside is not its own. */
bool
sees_ref(const struct session *s, const struct city *c, const char *ref)
{
	const char *site;

	if (sees_all(s))
		return true;
	site = strncmp(ref, "link/", 5) == 0 ? city_site_of(c, ref) : NULL;
	return site != NULL && sees_site(s, site);
}
