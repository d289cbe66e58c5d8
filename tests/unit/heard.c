/* SPDX-License-Identifier: GPL-3.0-or-later */
/* heard.c: see heard.h. */
#include "tests/unit/heard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

struct retained {
	char	topic[256];
	json_t *doc;
};

void
heard_init(struct heard *h)
{
	*h = (struct heard){ .retained = map_new() };
}

void
heard_fini(struct heard *h)
{
	struct retained *r;
	size_t		 at = 0;

	while ((r = map_next(h->retained, &at)) != NULL) {
		json_decref(r->doc);
		free(r);
	}
	map_free(h->retained);
	free(h->event);
}

static const char *
text_of(json_t *doc, const char *key)
{
	const char *t = json_string_value(json_object_get(doc, key));

	return t != NULL ? t : "";
}

/* event/<severity>/<kind>; the type is id.simpul.<kind>.v1 */
static void
event_note(struct heard *h, const char *topic, json_t *doc, int64_t mono_ns)
{
	struct heard_event *e;
	const char	   *kind = text_of(doc, "type"), *severity = topic + strcspn(topic, "/");

	if (h->nevents == h->room) {
		h->room = h->room * 2 + 64;
		h->event = xrealloc(h->event, h->room, sizeof(*h->event));
	}
	e = &h->event[h->nevents++];
	*e = (struct heard_event){ .mono_ns = mono_ns, .seq = strtoull(text_of(doc, "sequence"), NULL, 10) };
	text_copy(e->id, sizeof(e->id), text_of(doc, "id"));
	text_copy(e->subject, sizeof(e->subject), text_of(doc, "subject"));
	severity += *severity == '/';
	snprintf(e->severity, sizeof(e->severity), "%.*s", (int)strcspn(severity, "/"), severity);
	text_copy(e->kind, sizeof(e->kind), strncmp(kind, "id.simpul.", 10) == 0 ? kind + 10 : kind);
	if (strlen(e->kind) > 3 && strcmp(e->kind + strlen(e->kind) - 3, ".v1") == 0)
		e->kind[strlen(e->kind) - 3] = '\0';
}

static void
retained_drop(struct heard *h, const char *topic)
{
	struct retained *r = map_remove(h->retained, topic);

	if (r == NULL)
		return;
	json_decref(r->doc);
	free(r);
}

/* Takes doc; NULL empties the topic. */
static void
retained_note(struct heard *h, const char *topic, json_t *doc)
{
	struct retained *r;

	retained_drop(h, topic);
	if (doc == NULL)
		return;
	r = xcalloc(1, sizeof(*r));
	text_copy(r->topic, sizeof(r->topic), topic);
	r->doc = doc;
	map_add(h->retained, r->topic, r);
}

int
heard_take(struct heard *h, const struct msg_outbox_item *item, int64_t mono_ns)
{
	const char *topic = item->topic;
	json_t	   *doc = NULL;

	if (strncmp(topic, HEARD_ROOT, strlen(HEARD_ROOT)) != 0)
		return -1;
	topic += strlen(HEARD_ROOT);
	if (item->payload_len > 0 && (doc = json_loadb((const char *)item->payload, item->payload_len,
	    JSON_REJECT_DUPLICATES, NULL)) == NULL)
		return -1;
	if (item->retain) {
		retained_note(h, topic, doc);
	} else if (doc != NULL) {
		event_note(h, topic, doc, mono_ns);
		json_decref(doc);
	}
	return 0;
}

json_t *
heard_doc(const struct heard *h, const char *topic)
{
	const struct retained *r = map_get(h->retained, topic);

	return r != NULL ? json_object_get(r->doc, "data") : NULL;
}

const char *
heard_state(const struct heard *h, const char *ref)
{
	char	    topic[REF_MAX + 8];
	const char *state;

	snprintf(topic, sizeof(topic), "state/%s", ref);
	state = json_string_value(json_object_get(heard_doc(h, topic), "state"));
	return state != NULL ? state : "-";
}

int64_t
heard_number(const struct heard *h, const char *topic, const char *key)
{
	json_t *v = json_object_get(heard_doc(h, topic), key);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

size_t
heard_topics(const struct heard *h, const char *prefix)
{
	const struct retained *r;
	size_t		       at = 0, n = 0;

	while ((r = map_next(h->retained, &at)) != NULL)
		n += strncmp(r->topic, prefix, strlen(prefix)) == 0;
	return n;
}
