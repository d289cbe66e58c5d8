/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_traps.c: traps: the last ones with what the poll said, who else sends to the port, and how many there were. */
#include "ctl/client.h"

#include <stdlib.h>

#include "base/addr.h"
#include "ctl/js.h"
#include "ctl/view.h"
#include "live/core.h"
#include "live/counters.h"

static json_t *
address(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return a->family != 0 ? json_string(addr_text(a, text)) : json_null();
}

static const char *
version_word(unsigned version)
{
	static const char *const words[] = { "", "1", "2c", "3" };

	return words[version];
}

static json_t *
view_stranger(const struct msg_trap_stranger *s)
{
	static const char *const refusals[] = { [TRAP_UNKNOWN_SOURCE] = "unknown_source",
		[TRAP_WRONG_COMMUNITY] = "wrong_community", [TRAP_MALFORMED] = "malformed",
		[TRAP_WRONG_USER] = "wrong_user" };

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:s, s:o, s:o}", "source", address(&s->source), "refusal",
	    refusals[s->refusal], "count", js_u64_text(s->count), "first", js_time(s->first_ns), "last",
	    js_time(s->last_ns), "version", version_word(s->version), "what", js_text(s->what), "claims",
	    address(&s->agent));
}

/* By the time of the last trap, newest first. */
static json_t *
strangers(const struct traps *t)
{
	json_t *list = json_array();
	size_t	i, k;

	for (i = 0; i < TRAP_STRANGERS; i++) {
		const struct msg_trap_stranger *s = &t->stranger[i];

		if (s->count == 0)
			continue;
		for (k = 0; k < json_array_size(list); k++) {
			const char *text = json_string_value(json_object_get(json_array_get(list, k), "last"));
			char	    mine[TIME_TEXT_MAX];

			if (text == NULL || strcmp(text, text_utc(mine, sizeof(mine), s->last_ns)) < 0)
				break;
		}
		json_array_insert_new(list, k, view_stranger(s));
	}
	return list;
}

json_t *
view_trap(const struct trap_entry *e)
{
	const struct msg_trap *m = &e->first;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:s, s:o}", "device",
	    json_sprintf("device/%s", e->device), "source", address(&m->source), "first", js_time(m->wall_ns),
	    "last", js_time(e->last_ns), "count", js_u64_text(e->count), "version", version_word(m->version),
	    "inform", m->inform, "what", trap_kind_word(m->kind), "oid", m->oid, "if_index",
	    m->if_index != 0 ? json_integer(m->if_index) : json_null(), "if_name", js_name(m->if_name), "claims",
	    address(&m->agent), "verdict", trap_verdict_words[e->verdict], "verified", js_time(e->verdict_ns));
}

static int
by_last(const void *a, const void *b)
{
	const struct trap_entry *left = *(const struct trap_entry *const *)a;
	const struct trap_entry *right = *(const struct trap_entry *const *)b;

	return left->last_ns != right->last_ns ? (left->last_ns < right->last_ns ? 1 : -1) : 0;
}

/* Those that came last, newest first. */
static json_t *
traps_of_devices(const struct core *c, size_t limit)
{
	const struct trap_entry *e[TRAPS_KEPT];
	json_t			*list = json_array();
	size_t			 n, i;

	for (n = 0; n < TRAPS_KEPT && (e[n] = traps_last(c, n)) != NULL; n++)
		;
	qsort(e, n, sizeof(e[0]), by_last);
	for (i = 0; i < n && i < limit; i++)
		json_array_append_new(list, view_trap(e[i]));
	return list;
}

void
op_traps(struct client *cl, const struct request *r, const struct actor *who)
{
	const struct core	*c = cl->ctl->core;
	const struct traps	*t = core_traps(c);
	size_t			 limit = (size_t)json_integer_value(json_object_get(r->body, "limit"));

	(void)who;
	client_answer(cl, r->id, json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "listening", c->trap != NULL, "listens",
	    js_name(t->state.listens), "trouble", js_name(t->state.community_trouble),
	    "trouble_v3", js_name(t->state.users_trouble), "traps",
	    traps_of_devices(c, limit != 0 ? limit : TRAPS_KEPT), "strangers", strangers(t)));
}
