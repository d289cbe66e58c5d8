/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape.c: see shape.h. */
#include "dashboards/shape.h"

#include "ctl/js.h"

const char *
shape_text(const json_t *item, const char *key)
{
	const char *s = json_string_value(json_object_get(item, key));

	return s != NULL ? s : "";
}

void
shape_copy(json_t *v, const char *key, const json_t *item, const char *from)
{
	json_t *member = json_object_get(item, from);

	json_object_set_new(v, key, member != NULL ? json_incref(member) : json_null());
}

void
shape_name(json_t *v, const char *key, const json_t *item, const char *from)
{
	json_object_set_new(v, key, js_name(shape_text(item, from)));
}
