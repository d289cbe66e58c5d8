/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ops_event.c: subscribe and cancel.
 *
 * A subscription is a place in the stream of events. It reads on from the ledger whenever there is something
 * new and its client has room, so a reader may come back after an hour, or read as slowly as it likes, and
 * misses nothing.
 */
#include "ctl/client.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ctl/hint.h"
#include "ctl/js.h"
#include "live/core.h"

#define EVENTS_AT_ONCE 64

/* The first part of an event's kind: "site" of "site.isolated". Any other is only for those who want all. */
static const char *const topics[] = {
	"site", "link", "device", "service", "incident", "maintenance", "engine", NULL
};

struct subscription {
	struct call call;
	uint32_t    topics;	/* one bit each, by place in topics[]; all bits: whatever comes */
	uint64_t    after;	/* the last event it has seen or passed over */
};

static size_t
topic_of(const char *kind)
{
	size_t i, len;

	for (i = 0; topics[i] != NULL; i++) {
		len = strlen(topics[i]);
		if (strncmp(kind, topics[i], len) == 0 && kind[len] == '.')
			break;
	}
	return i;
}

/* {"id","ev":"site","seq","items":[["s013","isolated","2026-..."]], and what else the event says} */
static void
send_event(void *arg, const struct ledger_event *e)
{
	struct subscription *s = arg;
	size_t		     topic = topic_of(e->kind);
	const char	    *id = strchr(e->subject, '/'), *word = strchr(e->kind, '.');
	json_t		    *time;

	s->after = e->seq;
	if ((s->topics & 1u << topic) == 0 || word == NULL)
		return;
	time = js_time(e->time_ns);
	client_send(s->call.client, json_pack("{s:I, s:s%, s:I, s:[[o, s, O]], s:s, s:s, s:o, s:O, s:o}",
	    "id", (json_int_t)s->call.id, "ev", e->kind, (size_t)(word - e->kind), "seq", (json_int_t)e->seq,
	    "items", js_text(id != NULL ? id + 1 : e->subject), word + 1, time,
	    "kind", e->kind, "severity", e->severity, "subject", js_text(e->subject), "time", time,
	    "incident", e->incident != 0 ? json_sprintf("inc-%" PRIu64, e->incident) : json_null()));
	json_decref(time);
}

static void
subscription_pump(struct call *call)
{
	struct subscription *s = (struct subscription *)call;
	struct ledger	    *l = call->client->ctl->core->ledger;
	uint64_t	     last = ledger_event_last(l), before;

	while (s->after < last && !client_is_full(call->client)) {
		before = s->after;
		if (ledger_event_each(l, s->after, EVENTS_AT_ONCE, send_event, s) == -1)
			break;
		if (s->after == before)		/* the rest has been trimmed */
			s->after = last;
	}
}

static void
subscription_free(struct call *call)
{
	free(call);
}

/* The bits of the topics asked for. 0, or -1 after refusing. */
static int
topics_of_request(struct client *cl, const struct request *r, uint32_t *bits)
{
	const char *word;
	char	    hint[HINT_MAX];
	size_t	    i, k;

	*bits = request_item(r, "topics", 0) == NULL ? UINT32_MAX : 0;
	for (i = 0; (word = request_item(r, "topics", i)) != NULL; i++) {
		for (k = 0; topics[k] != NULL && strcmp(topics[k], word) != 0; k++)
			;
		if (topics[k] == NULL) {
			client_refuse(cl, r->id, "bad_request", "there is no such topic%s",
			    did_you_mean(hint, word, topics));
			return -1;
		}
		*bits |= 1u << k;
	}
	return 0;
}

static void
note_seq(void *arg, const struct ledger_event *e)
{
	*(uint64_t *)arg = e->seq;
}

void
op_subscribe(struct client *cl, const struct request *r, const struct actor *who)
{
	struct ledger	    *l = cl->ctl->core->ledger;
	uint64_t	     last = ledger_event_last(l), first = last + 1;
	uint64_t	     after = (uint64_t)request_int(r, "after", (int64_t)last);
	struct subscription *s;
	uint32_t	     bits;

	(void)who;
	if (topics_of_request(cl, r, &bits) == -1)
		return;
	if (after > last) {
		client_refuse(cl, r->id, "bad_request", "the last event is %" PRIu64, last);
		return;
	}
	if (ledger_event_each(l, after, 1, note_seq, &first) == -1) {
		client_refuse(cl, r->id, "internal", "the ledger cannot be read; the engine's log says why");
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->topics = bits;
	s->after = after;
	s->call.free = subscription_free;
	s->call.pump = subscription_pump;
	client_answer(cl, r->id, json_pack("{s:I, s:I}", "seq", (json_int_t)last,
	    "missed", (json_int_t)(first - after - 1)));
	call_open(&s->call, cl, r->id);		/* its first events follow when this request is done */
}

void
op_cancel(struct client *cl, const struct request *r, const struct actor *who)
{
	struct call *call = call_find(cl, r->id);

	(void)who;
	if (call == NULL) {
		client_refuse(cl, r->id, "not_found", "no request %" PRId64 " is open", r->id);
		return;
	}
	call_end(call);
	client_answer(cl, r->id, json_object());
}
