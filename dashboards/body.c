/* SPDX-License-Identifier: GPL-3.0-or-later */
/* body.c: members of a request's object, each of one type and within bounds (web.h). */
#include <string.h>

#include "dashboards/web.h"

int
body_only(struct visit *v, const char *const *names)
{
	const char *name;
	json_t	   *member;
	size_t	    i;

	json_object_foreach(v->body, name, member) {
		(void)member;
		for (i = 0; names[i] != NULL && strcmp(names[i], name) != 0; i++)
			;
		if (names[i] == NULL) {
			problem_param(v, name, "There is no such member.");
			return -1;
		}
	}
	return 0;
}

int
body_text(struct visit *v, const char *name, size_t min, size_t max, const char **out)
{
	const json_t *m = json_object_get(v->body, name);
	size_t	      len = json_string_length(m);

	*out = json_string_value(m);
	if ((m == NULL || json_is_null(m)) && min == 0)
		return 0;
	if (*out != NULL && len >= min && len <= max && strlen(*out) == len)
		return 0;
	problem_param(v, name, "It must be text, neither empty nor too long.");
	return -1;
}

int
body_int(struct visit *v, const char *name, int64_t min, int64_t max, int64_t *out)
{
	const json_t *m = json_object_get(v->body, name);

	*out = json_integer_value(m);
	if (json_is_integer(m) && *out >= min && *out <= max)
		return 0;
	problem_param(v, name, "It must be a whole number.");
	return -1;
}
