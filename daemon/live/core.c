/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core.c: see core.h. */
#include "live/core.h"

struct site_live *
core_site(const struct core *c, const char *id)
{
	return map_get(c->site_by_id, id);
}

struct link_live *
core_link(const struct core *c, const char *id)
{
	return map_get(c->link_by_id, id);
}

struct device_live *
core_device(const struct core *c, const char *id)
{
	return map_get(c->device_by_id, id);
}

struct service_live *
core_service(const struct core *c, const char *id)
{
	return map_get(c->service_by_id, id);
}

struct incident *
core_incident(const struct core *c, uint64_t id)
{
	struct incident *i;

	for (i = c->incidents; i != NULL && i->row.id != id; i = i->next)
		;
	return i;
}
