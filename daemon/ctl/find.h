/* SPDX-License-Identifier: GPL-3.0-or-later */
/* find.h: what a person or a program calls an object, and the live object of that name. */
#ifndef SIMPUL_CTL_FIND_H
#define SIMPUL_CTL_FIND_H

#include "live/core.h"

enum object_kind { OBJECT_SITE, OBJECT_LINK, OBJECT_DEVICE, OBJECT_SERVICE, OBJECT_INCIDENT, OBJECT_KINDS };
extern const char *const object_kind_names[OBJECT_KINDS + 1];	/* "site" ..., NULL */

struct object {
	enum object_kind kind;
	union {
		struct site_live   *site;
		struct link_live   *link;
		struct device_live *device;
		struct service_live *service;
		uint64_t	    incident;	/* number; whether it exists is for the ledger to say */
	};
};

/**
 * @param name  "link/s013-1", "inc-1284", or the id alone: then links, sites, devices and services are tried in
 * this order. 0 or -1.
 */
int	object_find(const struct core *c, const char *name, struct object *o);
/** The reference whose id is nearest to a name that was not found. @return out, "" when none is near */
const char *object_nearest(const struct core *c, const char *name, char *out, size_t size);
/** The number of "incident/inc-1284", "inc-1284" or "1284", or 0. */
uint64_t incident_number(const char *name);

/**
 * Is this a series that exists: "link/s013-1/rx_bps"?
 * @param why	says what is wrong with it, and the nearest right one
 * @return	0 or -1
 */
int	series_ref_check(const struct core *c, const char *ref, char *why, size_t size);

#endif
