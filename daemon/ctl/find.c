/* SPDX-License-Identifier: GPL-3.0-or-later */
/* find.c: see find.h. */
#include "ctl/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sample/sample.h"

const char *const object_kind_names[OBJECT_KINDS + 1] = { "site", "link", "device", "service", "incident", NULL };

uint64_t
incident_number(const char *name)
{
	int64_t n;

	if (strncmp(name, "incident/", 9) == 0)
		name += 9;
	if (strncmp(name, "inc-", 4) == 0)
		name += 4;
	return text_to_i64(name, 1, INT64_MAX, &n) == 0 ? (uint64_t)n : 0;
}

static bool
find_of_kind(const struct core *c, enum object_kind kind, const char *id, struct object *o)
{
	o->kind = kind;
	switch (kind) {
	case OBJECT_SITE:
		return (o->site = core_site(c, id)) != NULL;
	case OBJECT_LINK:
		return (o->link = core_link(c, id)) != NULL;
	case OBJECT_DEVICE:
		return (o->device = core_device(c, id)) != NULL;
	case OBJECT_SERVICE:
		return (o->service = core_service(c, id)) != NULL;
	case OBJECT_INCIDENT:
		return (o->incident = incident_number(id)) != 0;
	default:
		return false;
	}
}

/*
 * "link/s013-1" to OBJECT_LINK and "s013-1"; without a known kind in front OBJECT_KINDS and the name itself.
 */
static enum object_kind
split(const char *name, const char **id)
{
	size_t i, len;

	for (i = 0; i < OBJECT_KINDS; i++) {
		len = strlen(object_kind_names[i]);
		if (strncmp(name, object_kind_names[i], len) == 0 && name[len] == '/') {
			*id = name + len + 1;
			return (enum object_kind)i;
		}
	}
	*id = name;
	return OBJECT_KINDS;
}

int
object_find(const struct core *c, const char *name, struct object *o)
{
	static const enum object_kind order[] = { OBJECT_LINK, OBJECT_SITE, OBJECT_DEVICE, OBJECT_SERVICE,
		OBJECT_INCIDENT };
	const char		     *id;
	enum object_kind	      kind = split(name, &id);
	size_t			      i;

	if (kind != OBJECT_KINDS)
		return find_of_kind(c, kind, id, o) ? 0 : -1;
	for (i = 0; i < nitems(order); i++)
		if (find_of_kind(c, order[i], id, o))
			return 0;
	return -1;
}

/* All ids of a kind, or of every kind for OBJECT_KINDS; ends with NULL; to be freed. */
static const char **
all_ids(const struct inventory *inv, enum object_kind kind)
{
	const char **ids = xcalloc(inv->nsites + inv->nlinks + inv->ndevices + inv->nservices + 1, sizeof(*ids));
	size_t	     n = 0, i;

	for (i = 0; i < inv->nlinks && (kind == OBJECT_LINK || kind == OBJECT_KINDS); i++)
		ids[n++] = inv->link[i]->id;
	for (i = 0; i < inv->nsites && (kind == OBJECT_SITE || kind == OBJECT_KINDS); i++)
		ids[n++] = inv->site[i]->id;
	for (i = 0; i < inv->ndevices && (kind == OBJECT_DEVICE || kind == OBJECT_KINDS); i++)
		ids[n++] = inv->device[i]->id;
	for (i = 0; i < inv->nservices && (kind == OBJECT_SERVICE || kind == OBJECT_KINDS); i++)
		ids[n++] = inv->service[i]->id;
	return ids;
}

const char *
object_nearest(const struct core *c, const char *name, char *out, size_t size)
{
	const char     *id, *near, **ids;
	enum object_kind kind = split(name, &id);
	struct object	o;

	*out = '\0';
	if (c->inv == NULL)
		return out;
	ids = all_ids(c->inv, kind);
	if ((near = text_nearest(id, ids)) != NULL && object_find(c, near, &o) == 0)
		snprintf(out, size, "%s/%s", object_kind_names[kind != OBJECT_KINDS ? kind : o.kind], near);
	free(ids);
	return out;
}

static bool
object_has_series(const struct core *c, const char *object)
{
	if (strncmp(object, "link/", 5) == 0)
		return core_link(c, object + 5) != NULL;
	if (strncmp(object, "host/", 5) == 0)
		return core_device(c, object + 5) != NULL;
	if (strncmp(object, "service/", 8) == 0)
		return core_service(c, object + 8) != NULL;
	if (strncmp(object, "sensor/", 7) == 0)
		return map_get(c->sensor_by_ref, object) != NULL;
	if (strncmp(object, "traffic/", 8) == 0)
		return core_site(c, object + 8) != NULL && core_site(c, object + 8)->traffic != 0;
	return strncmp(object, "port/", 5) == 0 && map_get(c->port_by_ref, object) != NULL;
}

int
series_ref_check(const struct core *c, const char *ref, char *why, size_t size)
{
	const struct series_kind *k = series_kind_find(ref);
	const char		 *value = strrchr(ref, '/'), *near;
	char			  object[REF_MAX], nearest[REF_MAX];

	if (k == NULL || strchr(ref, '/') == value || strlen(ref) >= REF_MAX) {
		snprintf(why, size, "%.100s is no series; one reads like link/s013-1/rx_bps", ref);
		return -1;
	}
	snprintf(object, sizeof(object), "%.*s", (int)(value - ref), ref);
	if (!object_has_series(c, object)) {
		object_nearest(c, strncmp(object, "link/", 5) == 0 || strncmp(object, "service/", 8) == 0 ? object : strchr(object, '/') + 1,
		    nearest, sizeof(nearest));
		snprintf(why, size, "there is no %.100s%s%.100s", object,
		    *nearest != '\0' ? "; the nearest is " : "", nearest);
		return -1;
	}
	if (series_value_index(k, value + 1) != -1)
		return 0;
	near = text_nearest(value + 1, k->values);
	snprintf(why, size, "a %s has no %.60s%s%s", k->name, value + 1, near != NULL ? "; the nearest is " :
	    "", near != NULL ? near : "");
	return -1;
}
