/* SPDX-License-Identifier: GPL-3.0-or-later */
/* problem.c: answers that say what is wrong, as RFC 9457 (web.h): a code for programs, a title for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "ctl/js.h"
#include "dashboards/web.h"

static const struct { const char *code, *title; } titles[] = {
	{ "bad_request", "The request is not understood." },
	{ "unauthorized", "Nobody is logged in." },
	{ "bad_credentials", "Name or password is wrong." },
	{ "must_change_password", "The password must be changed first." },
	{ "forbidden", "This role may not do that." },
	{ "csrf", "The request does not come from our own page." },
	{ "not_found", "There is no such thing." },
	{ "method_not_allowed", "That cannot be done with it." },
	{ "conflict", "Somebody else was faster." },
	{ "too_large", "The request is too large." },
	{ "unsupported_media_type", "JSON is expected." },
	{ "too_many_requests", "Too many requests; wait a little." },
	{ "password_refused", "The new password is refused." },
	{ "busy", "Somebody else is changing the users; try again." },
	{ "engine_away", "The engine does not answer." },
};

static const char *
title_of(const char *code)
{
	size_t i;

	for (i = 0; i < nitems(titles); i++)
		if (strcmp(titles[i].code, code) == 0)
			return titles[i].title;
	return "Something went wrong.";
}

void
problem_with(struct visit *v, int status, const char *code, const char *detail, json_t *more)
{
	json_t	  *doc = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title", title_of(code),
	    "status", status, "code", code);
	struct buf b = { 0 };

	if (detail != NULL)
		json_object_set_new(doc, "detail", js_text(detail));
	if (more != NULL)
		json_object_update(doc, more);
	json_decref(more);
	js_line(&b, doc);
	json_decref(doc);
	buf_u8(&b, 0);
	visit_answer_text(v, status, "application/problem+json", (const char *)b.data);
	buf_free(&b);
}

void
problem(struct visit *v, int status, const char *code, const char *detail)
{
	problem_with(v, status, code, detail, NULL);
}

void
problem_param(struct visit *v, const char *param, const char *detail)
{
	problem_with(v, 400, "bad_request", detail, json_pack("{s:o}", "param", js_text(param)));
}

void
problem_wait(struct visit *v, unsigned seconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	http_set(v->x, "Retry-After", text);
	problem_with(v, 429, "too_many_requests", NULL, json_pack("{s:i}", "retry_after_s", (int)seconds));
}

void
problem_of_engine(struct visit *v, const json_t *answer)
{
	static const struct { const char *code; int status; const char *as; } codes[] = {
		{ "not_found", 404, "not_found" }, { "bad_request", 400, "bad_request" },
		{ "forbidden", 403, "forbidden" }, { "conflict", 409, "conflict" },
		{ "too_large", 400, "bad_request" },
	};
	const char *code = json_string_value(json_object_get(answer, "code"));
	size_t	    i;

	if (code != NULL && strcmp(code, "crowded") == 0) {
		problem_wait(v, 1);
		return;
	}
	for (i = 0; code != NULL && i < nitems(codes); i++)
		if (strcmp(codes[i].code, code) == 0) {
			problem(v, codes[i].status, codes[i].as, NULL);
			return;
		}
	problem(v, 503, "engine_away", NULL);
}
