/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * states.c: states of live objects on their way into the ledger and to their retained documents.
 *
 * A document is published when it says something new, at most once a second per object, and then its rev
 * grows by one. The hash of what it said lies beside the rev in the ledger, so a restart neither repeats nor
 * forgets one.
 */
#include "core/states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "core/detail.h"
#include "core/private.h"

#define PUBLISH_NS	NS_PER_S	/* between two documents of one object */
#define OBJECTS_A_TURN	500		/* objects written in one transaction, so that none takes long */

/* What an object's row holds beside the common part, and what its document says (NULL: it has none). */
struct written {
	struct ledger_object row;
	struct json_t	    *data;
};

static void
write_of_link(const struct link_live *l, struct written *w)
{
	text_copy(w->row.state, sizeof(w->row.state), link_state_names[l->state]);
	w->row.seen_up = l->seen_up;
	w->row.last_ns = l->rounds.last_ns;
	w->data = document_link(l);
}

static void
write_of_site(const struct site_live *s, struct written *w)
{
	text_copy(w->row.state, sizeof(w->row.state), site_state_names[s->state]);
	w->data = document_site(s);
}

static void
write_of_service(const struct service_live *s, struct written *w)
{
	text_copy(w->row.state, sizeof(w->row.state), service_state_names[s->state]);
	w->row.seen_up = s->seen_up;
	w->row.last_ns = s->rounds.last_ns;
	w->data = document_service(s);
}

static void
write_of_device(const struct device_live *d, struct written *w)
{
	text_copy(w->row.state, sizeof(w->row.state), device_state_names[d->state]);
	w->row.seen_up = d->seen;
}

static void
written_make(const struct live *v, struct written *w)
{
	const char *slash = strchr(v->ref, '/');

	*w = (struct written){ .row.since_ns = v->since_ns };
	memcpy(w->row.kind, v->ref, (size_t)(slash - v->ref));
	text_copy(w->row.id, sizeof(w->row.id), slash + 1);
	if (strcmp(w->row.kind, "link") == 0)
		write_of_link((const struct link_live *)v, w);
	else if (strcmp(w->row.kind, "site") == 0)
		write_of_site((const struct site_live *)v, w);
	else if (strcmp(w->row.kind, "service") == 0)
		write_of_service((const struct service_live *)v, w);
	else
		write_of_device((const struct device_live *)v, w);
}

/* Publish a state below its topic with its rev. */
static int
publish_state(struct core *c, const char *topic, const char *kind, const struct live *v, uint64_t rev,
    struct json_t *data)
{
	char *text = document_state(c, v, topic, kind, rev, data);
	int   rc = outbox_add(c, topic, true, 0, 0, text);

	free(text);
	return rc;
}

static int
publish_live(struct core *c, const struct live *v, const char *kind, struct json_t *data)
{
	char topic[REF_MAX + 16];
	int  rc;

	snprintf(topic, sizeof(topic), "state/%s", v->ref);
	rc = publish_state(c, topic, kind, v, v->new_rev, data);
	if (rc == 0 && strcmp(kind, "site") == 0) {
		const struct site_live *s = (const struct site_live *)v;
		struct json_t	       *office = document_office(s);

		snprintf(topic, sizeof(topic), "opd/%s/state", s->site->id);
		rc = publish_state(c, topic, kind, v, v->new_rev, office);
		document_free(office);
	}
	return rc;
}

static uint64_t
hash_of(const struct json_t *data)
{
	char	*text = document_text(data);
	uint64_t hash = hash_text(text);

	free(text);
	return hash;
}

/* Write one object as far as it needs it. */
static int
write_live(struct core *c, struct live *v, int64_t now)
{
	struct written w;
	bool	       news;
	int	       rc = 0;

	written_make(v, &w);
	v->new_document = w.data != NULL ? hash_of(w.data) : 0;
	news = v->new_document != v->document;
	v->publishing = w.data != NULL && (news || v->repeat) && v->publish_ns <= now;
	v->new_rev = v->rev + (v->publishing && news);
	if (v->publishing)
		rc = publish_live(c, v, w.row.kind, w.data);
	if (rc == 0 && (v->publishing || v->unsaved)) {
		w.row.rev = v->new_rev;
		detail_write(c, v, v->publishing ? v->new_document : v->document, &w.row);
		rc = ledger_object_put(c->ledger, &w.row);
	}
	document_free(w.data);
	return rc;
}

static bool
live_is_due(const struct live *v, int64_t now)
{
	return v->unsaved || v->publish_ns <= now;
}

bool
states_are_due(const struct core *c, int64_t now)
{
	const struct live *v;

	for (v = c->marks.work; v != NULL; v = v->next)
		if (live_is_due(v, now))
			return true;
	return false;
}

int
states_write(struct core *c, int64_t now)
{
	struct live *v;
	size_t	     n = 0;

	for (v = c->marks.work; v != NULL; v = v->next) {
		v->looked_at = !v->gone && n < OBJECTS_A_TURN && live_is_due(v, now);
		if (!v->looked_at)
			continue;
		n++;
		if (write_live(c, v, now) == -1)
			return -1;
	}
	return 0;
}

/* Those that are done leave the list; those whose document waits for its second stay. */
void
states_written(struct core *c, int64_t now)
{
	struct live *v = c->marks.work, *next;

	c->marks.work = NULL;
	for (; v != NULL; v = next) {
		next = v->next;
		v->listed = false;
		if (v->gone)
			continue;
		if (v->looked_at) {
			v->unsaved = false;
			if (v->publishing) {
				v->rev = v->new_rev;
				v->document = v->new_document;
				v->publish_ns = now + PUBLISH_NS;
				v->repeat = false;
			}
			if (v->new_document == v->document && !v->repeat)
				continue;
		}
		v->listed = true;
		v->next = c->marks.work;
		c->marks.work = v;
	}
}
