/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.c: see request.h. jansson parses; what it would let through is refused here: depth, duplicate and
 * unknown members.
 */
#include "ctl/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/hint.h"
#include "ctl/js.h"

#define PARAMS_MAX 16

enum request_result
request_parse(struct request *r, const char *line, size_t len, char *why)
{
	json_error_t error;
	json_t	    *id;

	*r = (struct request){ .id = -1 };
	if (js_depth(line, len) > REQUEST_DEPTH) {
		snprintf(why, REQUEST_WHY_MAX, "nested deeper than %d", REQUEST_DEPTH);
		return REQUEST_BAD;
	}
	r->body = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (r->body == NULL && json_error_code(&error) == json_error_duplicate_key) {
		snprintf(why, REQUEST_WHY_MAX, "a member stands there twice (%.100s)", error.text);
		return REQUEST_BAD;
	}
	if (r->body == NULL) {
		snprintf(why, REQUEST_WHY_MAX,
		    "not JSON: %.150s at column %d; one object per line is expected", error.text,
		    error.column);
		return REQUEST_NOT_JSON;
	}
	id = json_object_get(r->body, "id");
	if (json_is_integer(id) && json_integer_value(id) >= 0)
		r->id = json_integer_value(id);
	r->op = json_string_value(json_object_get(r->body, "op"));
	if (r->id != -1 && r->op != NULL)
		return REQUEST_OK;
	snprintf(why, REQUEST_WHY_MAX, "%s", !json_is_object(r->body) ? "not an object" :
	    r->id == -1 ? "\"id\" must be a whole number from 0" : "\"op\" must be the name of an operation");
	return REQUEST_BAD;
}

void
request_fini(struct request *r)
{
	json_decref(r->body);
	r->body = NULL;
}

static const struct param *
find_param(const struct param *params, const char *name)
{
	for (; params->name != NULL; params++)
		if (strcmp(params->name, name) == 0)
			return params;
	return NULL;
}

static void
explain_unknown(const struct request *r, const struct param *params, const char *name, char *why)
{
	const char *names[PARAMS_MAX + 1] = { NULL };
	char	    visible[64], hint[HINT_MAX];
	size_t	    i;

	for (i = 0; i < PARAMS_MAX && params[i].name != NULL; i++)
		names[i] = params[i].name;
	text_visible(visible, sizeof(visible), name, strlen(name));
	snprintf(why, REQUEST_WHY_MAX, "\"%s\" does not take \"%s\"%s", r->op, visible,
	    did_you_mean(hint, name, names));
}

static bool
are_texts(const json_t *list)
{
	size_t	i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (!json_is_string(v))
			return false;
	return true;
}

/* Is the value of the type and within the bounds? Writes what was expected. */
static bool
fits(const struct param *p, const json_t *v, char *expected, size_t size)
{
	int64_t n;

	switch (p->type) {
	case PARAM_BOOL:
		snprintf(expected, size, "true or false");
		return json_is_boolean(v);
	case PARAM_INT:
		snprintf(expected, size, "a whole number from %" PRId64 " to %" PRId64, p->min, p->max);
		n = json_integer_value(v);
		return json_is_integer(v) && n >= p->min && n <= p->max;
	case PARAM_TEXT:
		snprintf(expected, size, "text of %" PRId64 " to %" PRId64 " bytes", p->min, p->max);
		n = (int64_t)json_string_length(v);
		return json_is_string(v) && n >= p->min && n <= p->max;
	case PARAM_TEXTS:
		snprintf(expected, size, "a list of %" PRId64 " to %" PRId64 " texts", p->min, p->max);
		n = (int64_t)json_array_size(v);
		return json_is_array(v) && are_texts(v) && n >= p->min && n <= p->max;
	}
	return false;
}

int
request_check(const struct request *r, const struct param *params, char *why)
{
	const struct param *p;
	char		    expected[100];
	const char	   *name;
	json_t		   *v;

	json_object_foreach(r->body, name, v) {
		if (strcmp(name, "id") == 0 || strcmp(name, "op") == 0 || strcmp(name, "as") == 0)
			continue;
		if ((p = find_param(params, name)) == NULL) {
			explain_unknown(r, params, name, why);
			return -1;
		}
		if (!json_is_null(v) && !fits(p, v, expected, sizeof(expected))) {
			snprintf(why, REQUEST_WHY_MAX, "\"%s\" must be %s", name, expected);
			return -1;
		}
	}
	for (p = params; p->name != NULL; p++)
		if (p->required && (v = json_object_get(r->body, p->name), v == NULL || json_is_null(v))) {
			snprintf(why, REQUEST_WHY_MAX, "\"%s\" needs \"%s\"", r->op, p->name);
			return -1;
		}
	return 0;
}

const char *
request_text(const struct request *r, const char *name)
{
	return json_string_value(json_object_get(r->body, name));
}

int64_t
request_int(const struct request *r, const char *name, int64_t absent)
{
	json_t *v = json_object_get(r->body, name);

	return json_is_integer(v) ? json_integer_value(v) : absent;
}

bool
request_bool(const struct request *r, const char *name)
{
	return json_is_true(json_object_get(r->body, name));
}

const char *
request_item(const struct request *r, const char *name, size_t i)
{
	return json_string_value(json_array_get(json_object_get(r->body, name), i));
}
