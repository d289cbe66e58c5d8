/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * incidents.c: incidents on their way into the ledger and to their retained documents.
 *
 * A pending incident has no row of its own: its lines say "pending" in theirs, so that numbers are given only
 * to what people hear of. A closed one is shown closed once; a moment later its topic is emptied, and it is
 * forgotten.
 */
#include "core/incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "core/private.h"

#define PUBLISH_NS NS_PER_S	/* between two documents of one incident */

static bool
is_written(const struct incident *i)
{
	return i->row.status != INCIDENT_PENDING;
}

static int
write_members(struct core *c, struct incident *i)
{
	struct ledger_member row = { .incident = i->row.id };
	size_t		     k;

	for (k = 0; k < i->nmembers; k++) {
		const struct member *m = &i->member[k];

		if (!m->unsaved || !member_is_told(m))
			continue;
		text_copy(row.object, sizeof(row.object), m->ref);
		text_copy(row.state, sizeof(row.state), m->state);
		row.since_ns = m->since_ns;
		row.until_ns = m->until_ns;
		if (ledger_member_put(c->ledger, &row) == -1)
			return -1;
	}
	return 0;
}

static int
write_incident(struct core *c, struct incident *i)
{
	int rc;

	i->fresh = i->row.id == 0;
	i->row.evidence = document_text(i->evidence);
	rc = ledger_incident_put(c->ledger, &i->row);
	free(i->row.evidence);
	i->row.evidence = NULL;
	return rc == -1 ? -1 : write_members(c, i);
}

/* One retained document of an incident, or with data NULL the emptying of its topic. */
static int
write_incident_document(struct core *c, const struct incident *i, const char *topic, struct json_t *data)
{
	char	       id[48], name[24], subject[40], *text = NULL;
	struct json_t *doc;
	int	       rc;

	if (data != NULL) {
		snprintf(subject, sizeof(subject), "incident/%s", incident_name(i, name));
		snprintf(id, sizeof(id), "%s/%u", subject, i->row.version);
		doc = document_envelope(c, id, "id.simpul.incident.v1", subject, loop_wall_ns(c->loop), data);
		text = document_text(doc);
		document_free(doc);
	}
	rc = outbox_add(c, topic, true, 0, 0, text);
	free(text);
	return rc;
}

/*
 * The fault as one office sees it, unless it was told just that. *told is the hash of what it was told; 0 =
 * nothing.
 */
static int
write_office(struct core *c, struct incident *i, const struct site_live *s, uint64_t *told)
{
	struct json_t *data = i->to_empty ? NULL : document_office_incident(s, i);
	char	       topic[128], name[24], *text = data != NULL ? document_text(data) : NULL;
	uint64_t       hash = text != NULL ? hash_text(text) : 0;

	free(text);
	if (data != NULL && *told == hash) {
		document_free(data);
		return 0;
	}
	*told = hash;
	snprintf(topic, sizeof(topic), "opd/%s/incident/%s", s->site->id, incident_name(i, name));
	return write_incident_document(c, i, topic, data);
}

/* Offices whose line has left the inventory or moved to another site: the fault is none of theirs now. */
static int
empty_offices(struct core *c, struct incident *i, uint32_t stamp)
{
	char   topic[128], name[24];
	size_t k;

	for (k = 0; k < i->nmembers; k++) {
		struct member	       *m = &i->member[k];
		const struct site_live *s = core_site(c, m->site);

		if (member_site(m) != NULL || m->emptied || m->site[0] == '\0' || !member_is_told(m) ||
		    strcmp(m->site, i->site->site->id) == 0 || (s != NULL && s->stamp == stamp))
			continue;
		m->emptied = true;
		snprintf(topic, sizeof(topic), "opd/%s/incident/%s", m->site, incident_name(i, name));
		if (write_incident_document(c, i, topic, NULL) == -1)
			return -1;
	}
	return 0;
}

/* In the branch of each office that has a line in it; once, however many lines that are. */
static int
write_offices(struct core *c, struct incident *i)
{
	uint32_t stamp = ++c->stamp;
	size_t	 k;

	i->site->stamp = stamp;
	if (write_office(c, i, i->site, &i->office) == -1)
		return -1;
	for (k = 0; k < i->nmembers; k++) {
		struct member	 *m = &i->member[k];
		struct site_live *s = member_site(m);

		if (s == NULL || !member_is_told(m) || s->stamp == stamp)
			continue;
		s->stamp = stamp;
		if (write_office(c, i, s, &m->office) == -1)
			return -1;
	}
	return empty_offices(c, i, stamp);
}

static int
publish_incident(struct core *c, struct incident *i)
{
	struct json_t *data = i->to_empty ? NULL : document_incident(c, i);
	char	       topic[64], name[24];

	snprintf(topic, sizeof(topic), "incident/%s", incident_name(i, name));
	if (write_incident_document(c, i, topic, data) == -1)
		return -1;
	return write_offices(c, i);
}

bool
incidents_are_due(const struct core *c, int64_t now)
{
	const struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if (is_written(i) && (i->unsaved || (i->unpublished && i->publish_ns <= now)))
			return true;
	return false;
}

int
incidents_write(struct core *c)
{
	struct incident *i;
	struct orphan	*o;

	for (i = c->incidents; i != NULL; i = i->next)
		if (is_written(i) && i->unsaved && write_incident(c, i) == -1)
			return -1;
	for (o = c->priv->orphans; o != NULL; o = o->next)
		if (ledger_incident_put(c->ledger, &o->row) == -1)
			return -1;
	return 0;
}

int
incidents_publish(struct core *c, int64_t now)
{
	struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if (is_written(i) && i->unpublished && i->publish_ns <= now && publish_incident(c, i) == -1)
			return -1;
	return 0;
}

static void
incident_written(struct incident *i, int64_t now)
{
	size_t k;

	i->fresh = i->unsaved = false;
	for (k = 0; k < i->nmembers; k++)
		i->member[k].unsaved = false;
	if (!i->unpublished || i->publish_ns > now)
		return;
	i->unpublished = false;
	i->publish_ns = now + PUBLISH_NS;
	if (i->to_empty)
		i->removed = true;
	else if (i->row.status == INCIDENT_CLOSED)	/* readers see it closed, then the topic goes */
		i->to_empty = i->unpublished = true;
}

void
incidents_written(struct core *c, int64_t now)
{
	struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if (is_written(i))
			incident_written(i, now);
}

void
incidents_not_written(struct core *c)
{
	struct incident *i;
	size_t		 k;

	for (i = c->incidents; i != NULL; i = i->next) {
		if (i->fresh)
			i->row.id = 0;
		i->fresh = false;
		i->office = 0;
		for (k = 0; k < i->nmembers; k++) {
			i->member[k].office = 0;
			i->member[k].emptied = false;
		}
	}
}

void
incidents_drop(struct core *c)
{
	struct incident *i, *next;

	for (i = c->incidents; i != NULL; i = next) {
		next = i->next;
		if (i->removed)
			incident_free(c, i);
	}
}
