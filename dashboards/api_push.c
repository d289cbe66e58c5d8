/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api_push.c: reports of jobs (services of kind push): how a backup or a feed has ended. The token of the
 * job is in the Authorization header; whether it is right only the engine knows. No cookie counts here, so
 * no page of somebody else can report in a user's name.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "dashboards/query.h"
#include "dashboards/web.h"

#define TOKEN_MAX 256

static const char *
bearer(const struct visit *v)
{
	static const char scheme[] = "Bearer ";
	const char *given = http_header(v->x, "Authorization");

	if (given == NULL || strncasecmp(given, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	given += sizeof(scheme) - 1;
	given += strspn(given, " ");
	return given[0] != '\0' && strlen(given) <= TOKEN_MAX ? given : NULL;
}

/* A number that is not negative, as a number or as text. @return 0 or -1 after answering; *out is NAN when
 * absent */
static int
number_read(struct visit *v, const json_t *m, const char *name, double *out)
{
	*out = NAN;
	if (m == NULL || json_is_null(m))
		return 0;
	if (json_is_number(m))
		*out = json_number_value(m);
	else if (!json_is_string(m) || text_to_double(json_string_value(m), out) == -1)
		*out = -1;
	if (*out >= 0 && *out < 1e15)
		return 0;
	problem_param(v, name, "It must be a number that is not negative.");
	return -1;
}

static void
taken(void *arg, const json_t *answer)
{
	struct visit *v = arg;

	if (json_is_true(json_object_get(answer, "ok")))
		visit_answer(v, 204, NULL);
	else if (answer != NULL && strcmp(json_string_value(json_object_get(answer, "code")) != NULL
					      ? json_string_value(json_object_get(answer, "code"))
					      : "",
				       "busy") == 0)
		problem_wait(v, 1);
	else
		problem_of_engine(v, answer);
}

void
api_push(struct visit *v)
{
	static const char *const members[] = {"status", "size", "duration", NULL};
	const char *token = bearer(v), *status;
	double size, duration_s;
	json_t *request;
	bool given;

	if (token == NULL) {
		http_set(v->x, "WWW-Authenticate", "Bearer");
		problem(v, 401, "unauthorized", NULL);
		return;
	}
	given = json_is_string(json_object_get(v->body, "status")); /* one that is empty says nothing good */
	if (body_only(v, members) == -1 || body_text(v, "status", given ? 1 : 0, 31, &status) == -1 ||
	    number_read(v, json_object_get(v->body, "size"), "size", &size) == -1 ||
	    number_read(v, json_object_get(v->body, "duration"), "duration", &duration_s) == -1)
		return;
	request = json_pack("{s:s, s:s, s:s}", "op", "push", "service", v->id, "token", token);
	if (status != NULL)
		json_object_set_new(request, "status", json_string(status));
	if (!isnan(size))
		json_object_set_new(request, "size", json_integer((json_int_t)size));
	if (!isnan(duration_s))
		json_object_set_new(request, "duration_ms", json_integer((json_int_t)(duration_s * 1000)));
	visit_ask_keyed(v, request, taken, v);
}
