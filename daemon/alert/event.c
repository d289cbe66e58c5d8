/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event.c: events between the decision and the ledger.
 *
 * What an event says is fixed when it is raised; its place in the stream and the number of its incident are
 * known only inside the transaction. If the transaction fails the queue stays and the next one writes it,
 * under the same id.
 */
#include "alert/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "live/counters.h"

#define EXPIRY_S   86400	/* message expiry of an event at the broker */
#define EVENTS_MAX 100000	/* that wait for a ledger which cannot be written */

struct event {
	struct ledger_event row;
	struct incident	   *incident;
	struct json_t	   *data;
	struct event	   *next;
};

struct event_queue {
	struct event *first, **end;
	size_t	      n;
	bool	      full;	/* some have been dropped since the last commit */
};

/* The ledger cannot be written, for days: what came first is kept. */
static void
event_drop(struct core *c, const char *kind, const char *subject)
{
	if (!c->events->full)
		log_warnx("%s %s and what comes after it are not told: %d events wait for the ledger", kind,
		    subject, EVENTS_MAX);
	c->events->full = true;
	core_counter(c, "core/events.dropped")->value++;
}

void
event_raise(struct core *c, const char *kind, enum severity severity, const char *subject, struct incident *i,
    struct json_t *data)
{
	struct event_queue *q = c->events;
	struct event	   *e;

	if (q->n >= EVENTS_MAX) {
		event_drop(c, kind, subject);
		json_decref(data);
		return;
	}
	e = xcalloc(1, sizeof(*e));
	e->incident = i;
	e->data = data;
	e->row.time_ns = loop_wall_ns(c->loop);
	uuid7(c->loop, e->row.id);
	text_copy(e->row.kind, sizeof(e->row.kind), kind);
	text_copy(e->row.severity, sizeof(e->row.severity), severity_names[severity]);
	text_copy(e->row.subject, sizeof(e->row.subject), subject);

	*q->end = e;
	q->end = &e->next;
	q->n++;
	core_wake(c);
}

void
event_undo(struct core *c, const char *kind, const struct incident *i)
{
	struct event_queue *q = c->events;
	struct event	  **at, **last = NULL, *e;

	for (at = &q->first; (e = *at) != NULL; at = &e->next)
		if (e->incident == i && strcmp(e->row.kind, kind) == 0)
			last = at;
	if (last == NULL)
		return;
	e = *last;
	*last = e->next;
	if (q->end == &e->next)
		q->end = last;
	q->n--;
	json_decref(e->data);
	free(e);
}

static struct json_t *
event_document(const struct core *c, const struct event *e)
{
	struct json_t *data = json_copy(e->data), *doc;
	char	       type[80], text[24];

	json_object_set_new(data, "seq", json_integer((json_int_t)e->row.seq));
	json_object_set_new(data, "severity", json_string(e->row.severity));
	if (e->incident != NULL)
		json_object_set_new(data, "incident", json_string(incident_name(e->incident, text)));
	snprintf(type, sizeof(type), "id.simpul.%s.v1", e->row.kind);
	doc = document_envelope(c, e->row.id, type, e->row.subject, e->row.time_ns, data);
	snprintf(text, sizeof(text), "%020llu", (unsigned long long)e->row.seq);	/* sorts as text */
	json_object_set_new(doc, "sequence", json_string(text));
	return doc;
}

static int
write_one(struct core *c, struct event *e)
{
	struct json_t *doc;
	char	      *text, topic[128], name[24];
	int	       rc;

	e->row.incident = e->incident != NULL ? e->incident->row.id : 0;
	if (e->incident != NULL && strncmp(e->row.kind, "incident.", strlen("incident.")) == 0)
		snprintf(e->row.subject, sizeof(e->row.subject), "incident/%s",
		    incident_name(e->incident, name));
	e->row.payload = NULL;
	if (ledger_event_add(c->ledger, &e->row) == -1)
		return -1;
	doc = event_document(c, e);
	text = document_text(doc);
	json_decref(doc);
	snprintf(topic, sizeof(topic), "event/%s/%s", e->row.severity, e->row.kind);
	rc = ledger_event_payload(c->ledger, e->row.seq, text);
	if (rc == 0)
		rc = outbox_add(c, topic, false, EXPIRY_S, e->row.seq, text);
	free(text);
	return rc;
}

int
event_write(struct core *c)
{
	struct event *e;

	for (e = c->events->first; e != NULL; e = e->next)
		if (write_one(c, e) == -1)
			return -1;
	return 0;
}

void
event_written(struct core *c)
{
	const struct event *e;

	for (e = c->events->first; e != NULL; e = e->next)
		log_info("%s %s (%s)", e->row.kind, e->row.subject, e->row.severity);
	event_forget(c);
}

void
event_forget(struct core *c)
{
	struct event_queue *q = c->events;
	struct event	   *e;

	while ((e = q->first) != NULL) {
		q->first = e->next;
		json_decref(e->data);
		free(e);
	}
	q->end = &q->first;
	q->n = 0;
	q->full = false;
}

size_t
event_waiting(const struct core *c)
{
	return c->events->n;
}

void
event_init(struct core *c)
{
	c->events = xcalloc(1, sizeof(*c->events));
	c->events->end = &c->events->first;
}

void
event_fini(struct core *c)
{
	event_forget(c);
	free(c->events);
}
