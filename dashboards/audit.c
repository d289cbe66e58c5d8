/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * audit.c: what people do here stands in the engine's audit log (op record of docs/socket.md). Nobody waits
 * for it: what the engine does not take, as it is away, is counted, and stands in our own log only.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "dashboards/web.h"

#define UNDER_WAY_MAX 16	/* of the questions that may wait, most are for people */

static void
lost(struct web *w)
{
	uint32_t left_out;

	w->counts.records_lost++;
	if (log_limit_pass(&w->record_limit, loop_mono_ns(w->loop), &left_out))
		log_warnx("the engine's audit log did not take %u of our entries; they stand here only",
		    left_out + 1);
}

static void
recorded(void *arg, const json_t *answer)
{
	struct web *w = arg;

	w->recording--;
	if (!json_is_true(json_object_get(answer, "ok")))
		lost(w);
}

void
web_record(struct web *w, const char *what, const struct session *who, const char *object, const char *from)
{
	json_t *request;

	if (w->recording >= UNDER_WAY_MAX) {
		lost(w);
		return;
	}
	w->recording++;
	request = json_pack("{s:s, s:s, s:s, s:s}", "op", "record", "what", what, "object", object, "from",
	    from);
	if (who != NULL)
		json_object_set_new(request, "as", session_as(who));
	upstream_ask(mirror_upstream(w->mirror), request, recorded, w);
}

void
web_record_user(struct web *w, const char *what, const struct session *who, const char *name,
    const char *from)
{
	char object[REF_MAX], shown[REF_MAX - 5];

	text_visible(shown, sizeof(shown), name, strlen(name));
	snprintf(object, sizeof(object), "user/%s", shown);
	web_record(w, what, who, object, from);
}
