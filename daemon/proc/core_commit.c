/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_commit.c: everything that a turn has decided, in one transaction: incidents, then events, then documents.
 *
 * Memory is ahead of the ledger until the commit returns. If it fails nothing has left the process, all marks stay, and the
 * next turn writes the same again (an event under the same id). So a full disk delays what people hear, and loses nothing.
 *
 * A retained document is published when it says something new, at most once a second per object, and then its rev grows by
 * one; the hash of what it said lies beside the rev in the ledger, so a restart neither repeats nor forgets one.
 */
#include "proc/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "alert/alert.h"
#include "base/log.h"

#define PUBLISH_NS	NS_PER_S	/* between two documents of one object */
#define OBJECTS_A_TURN	500		/* objects written in one transaction, so that none takes long */

/* ---- incidents ---- */

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

		if (!m->unsaved || strcmp(m->state, "pending") == 0)
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
		json_decref(doc);
	}
	rc = outbox_add(c, topic, true, 0, 0, text);
	free(text);
	return rc;
}

/* The same fault as an office sees it, in the branch of each office that has a line in it; only when it reads differently. */
static int
write_offices(struct core *c, struct incident *i, bool empty)
{
	uint32_t stamp = ++c->priv->stamp;
	size_t	 k;

	for (k = 0; k <= i->nmembers; k++) {
		struct member	 *m = k > 0 ? &i->member[k - 1] : NULL;
		struct site_live *s = m == NULL ? i->site : m->link != NULL && strcmp(m->state, "pending") != 0 ? m->link->site : NULL;
		uint64_t	 *told = m == NULL ? &i->office : &m->office, hash = 0;
		struct json_t	 *data = NULL;
		char		  topic[128], name[24], *text;
		int		  rc;

		if (s == NULL)
			continue;
		if (!empty) {
			data = document_office_incident(s, i);
			text = document_text(data);
			hash = hash_text(text);
			free(text);
		}
		if (s->stamp == stamp || *told == hash) {	/* a site is told once, however many lines it has in it */
			json_decref(data);
			*told = hash;
			continue;
		}
		s->stamp = stamp;
		*told = hash;
		snprintf(topic, sizeof(topic), "opd/%s/incident/%s", s->site->id, incident_name(i, name));
		rc = write_incident_document(c, i, topic, data);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
publish_incident(struct core *c, struct incident *i)
{
	bool empty = i->to_empty;
	char topic[64], name[24];

	snprintf(topic, sizeof(topic), "incident/%s", incident_name(i, name));
	if (write_incident_document(c, i, topic, empty ? NULL : document_incident(c, i)) == -1)
		return -1;
	return write_offices(c, i, empty);
}

static bool
incident_is_due(const struct incident *i, int64_t now)
{
	return is_written(i) && (i->unsaved || (i->unpublished && i->publish_ns <= now));
}

static int
write_incidents(struct core *c)
{
	struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if (is_written(i) && i->unsaved && write_incident(c, i) == -1)
			return -1;
	return 0;
}

static int
publish_incidents(struct core *c, int64_t now)
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

static void
incidents_written(struct core *c, int64_t now)
{
	struct incident *i;

	for (i = c->incidents; i != NULL; i = i->next)
		if (is_written(i))
			incident_written(i, now);
}

static void
incidents_not_written(struct core *c)
{
	struct incident *i;
	size_t		 k;

	for (i = c->incidents; i != NULL; i = i->next) {
		if (i->fresh)
			i->row.id = 0;
		i->fresh = false;
		i->office = 0;
		for (k = 0; k < i->nmembers; k++)
			i->member[k].office = 0;
	}
}

static void
incidents_drop(struct core *c)
{
	struct incident *i, *next;

	for (i = c->incidents; i != NULL; i = next) {
		next = i->next;
		if (i->removed)
			incident_free(c, i);
	}
}

/* ---- live objects ---- */

static struct json_t *
detail_of_link(const struct core *c, const struct link_live *l)
{
	json_t *raised = json_object(), *detail;
	size_t	k;

	for (k = 0; k < c->set.nrules; k++)
		if (l->rule[k].raised)
			json_object_set_new(raised, c->set.rule[k].name, json_integer(l->rule[k].since_ns));
	detail = json_pack("{s:s, s:I, s:o}", "rounds", rounds_say_names[l->rounds.say], "rounds_since",
	    (json_int_t)l->rounds.since_ns, "raised", raised);
	if (l->reach.verdict == VERDICT_PENDING)
		json_object_set_new(detail, "reach", json_string("pending"));
	if (l->reach.verdict == VERDICT_SETTLE)
		json_object_set_new(detail, "reach", json_string("settle"));
	return detail;
}

static void
row_of_link(const struct core *c, const struct link_live *l, struct ledger_object *o, json_t **detail, json_t **data)
{
	text_copy(o->state, sizeof(o->state), link_state_names[l->state]);
	o->seen_up = l->seen_up;
	o->last_ns = l->rounds.last_ns;
	*detail = detail_of_link(c, l);
	*data = document_link(l);
}

static void
row_of_site(const struct core *c, const struct site_live *s, struct ledger_object *o, json_t **detail, json_t **data)
{
	text_copy(o->state, sizeof(o->state), site_state_names[s->state]);
	*detail = json_object();
	*data = document_site(c, s);
}

static void
row_of_device(const struct device_live *d, struct ledger_object *o, json_t **detail)
{
	text_copy(o->state, sizeof(o->state), device_state_names[d->state]);
	o->seen_up = d->seen;
	*detail = json_pack("{s:s, s:s, s:b}", "reason", d->reason, "name", d->sysname, "told", d->told);
}

/* Publish a state below its topic with its rev. */
static int
publish_state(struct core *c, const char *topic, const char *kind, const struct live *v, uint64_t rev, json_t *data)
{
	char	id[REF_MAX + 48], type[64], *text;
	json_t *doc;
	int	rc;

	json_object_set_new(data, "rev", json_integer((json_int_t)rev));
	snprintf(id, sizeof(id), "%s/%llu", topic, (unsigned long long)rev);
	snprintf(type, sizeof(type), "id.simpul.state.%s.v1", kind);
	doc = document_envelope(c, id, type, v->ref, v->since_ns, json_incref(data));
	text = document_text(doc);
	json_decref(doc);
	rc = outbox_add(c, topic, true, 0, 0, text);
	free(text);
	return rc;
}

static int
publish_live(struct core *c, const struct live *v, const char *kind, json_t *data)
{
	char topic[REF_MAX + 16];
	int  rc;

	snprintf(topic, sizeof(topic), "state/%s", v->ref);
	rc = publish_state(c, topic, kind, v, v->new_rev, data);
	if (rc == 0 && strcmp(kind, "site") == 0) {
		const struct site_live *s = (const struct site_live *)v;
		json_t		       *office = document_office(s);

		snprintf(topic, sizeof(topic), "opd/%s/state", s->site->id);
		rc = publish_state(c, topic, kind, v, v->new_rev, office);
		json_decref(office);
	}
	return rc;
}

static uint64_t
hash_of(const json_t *data)
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
	struct ledger_object o = { .since_ns = v->since_ns };
	const char	    *slash = strchr(v->ref, '/');
	json_t		    *detail, *data = NULL;
	char		    *text, hex[20];
	bool		     publish, save;
	int		     rc = 0;

	memcpy(o.kind, v->ref, (size_t)(slash - v->ref));
	text_copy(o.id, sizeof(o.id), slash + 1);
	if (strcmp(o.kind, "link") == 0)
		row_of_link(c, (const struct link_live *)v, &o, &detail, &data);
	else if (strcmp(o.kind, "site") == 0)
		row_of_site(c, (const struct site_live *)v, &o, &detail, &data);
	else
		row_of_device((const struct device_live *)v, &o, &detail);

	v->new_document = data != NULL ? hash_of(data) : 0;
	publish = data != NULL && (v->repeat || v->new_document != v->document) && v->publish_ns <= now;
	v->new_rev = v->rev + (publish && v->new_document != v->document);
	v->publishing = publish;
	save = publish || v->unsaved;
	if (publish)
		rc = publish_live(c, v, o.kind, data);
	if (rc == 0 && save) {
		o.rev = v->new_rev;
		snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)(publish ? v->new_document : v->document));
		json_object_set_new(detail, "document", json_string(hex));
		text = json_dumps(detail, JSON_COMPACT);
		text_copy(o.detail, sizeof(o.detail), text);
		free(text);
		rc = ledger_object_put(c->ledger, &o);
	}
	json_decref(detail);
	json_decref(data);
	return rc;
}

static bool
live_is_due(const struct live *v, int64_t now)
{
	return v->unsaved || v->publish_ns <= now;
}

static int
write_lives(struct core *c, int64_t now)
{
	struct live *v;
	size_t	     n = 0;

	for (v = c->priv->work; v != NULL; v = v->next) {
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
static void
lives_written(struct core *c, int64_t now)
{
	struct live *v = c->priv->work, *next;

	c->priv->work = NULL;
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
		v->next = c->priv->work;
		c->priv->work = v;
	}
}

/* ---- what goes ---- */

void
core_empty_topic(struct core *c, const char *topic)
{
	struct topic *t = xcalloc(1, sizeof(*t));

	text_copy(t->name, sizeof(t->name), topic);
	*c->priv->empty_end = t;
	c->priv->empty_end = &t->next;
	core_wake(c);
}

void
core_forget(struct core *c, const char *ref)
{
	struct topic *t = xcalloc(1, sizeof(*t));

	text_copy(t->name, sizeof(t->name), ref);
	t->next = c->priv->forget;
	c->priv->forget = t;
	core_wake(c);
}

static int
write_gone(struct core *c)
{
	const struct topic *t;
	char		    kind[16];

	for (t = c->priv->empty; t != NULL; t = t->next)
		if (outbox_add(c, t->name, true, 0, 0, NULL) == -1)
			return -1;
	for (t = c->priv->forget; t != NULL; t = t->next) {
		size_t n = strcspn(t->name, "/");

		memcpy(kind, t->name, n);
		kind[n] = '\0';
		if (ledger_object_remove(c->ledger, kind, t->name + n + 1) == -1)
			return -1;
	}
	return 0;
}

static void
topics_free(struct topic *t)
{
	struct topic *next;

	for (; t != NULL; t = next) {
		next = t->next;
		free(t);
	}
}

void
core_commit_free(struct core *c)
{
	topics_free(c->priv->empty);
	topics_free(c->priv->forget);
	c->priv->empty = c->priv->forget = NULL;
	c->priv->empty_end = &c->priv->empty;
}

/* When results last arrived: after a restart this tells a pause from a gap. */
static int
write_alive(struct core *c)
{
	struct ledger_object o = { .kind = "engine", .id = "core", .detail = "{}" };

	o.last_ns = loop_wall_ns(c->loop);
	return ledger_object_put(c->ledger, &o);
}

/* ---- the transaction ---- */

static bool
anything_is_due(const struct core *c, int64_t now)
{
	const struct incident *i;
	const struct live     *v;

	if (event_waiting(c) > 0 || c->priv->outbox.ndone > 0 || c->priv->empty != NULL || c->priv->forget != NULL ||
	    c->priv->alive_ns <= now)
		return true;
	for (i = c->incidents; i != NULL; i = i->next)
		if (incident_is_due(i, now))
			return true;
	for (v = c->priv->work; v != NULL; v = v->next)
		if (live_is_due(v, now))
			return true;
	return false;
}

static int
write_all(struct core *c, int64_t now)
{
	if (ledger_begin(c->ledger) == -1)
		return -1;
	if (write_incidents(c) == 0 && event_write(c) == 0 && publish_incidents(c, now) == 0 && write_lives(c, now) == 0 &&
	    write_gone(c) == 0 && outbox_write_done(c) == 0 && write_alive(c) == 0)
		return ledger_commit(c->ledger);
	ledger_rollback(c->ledger);
	return -1;
}

static void
all_written(struct core *c, int64_t now)
{
	bool events = event_waiting(c) > 0;

	incidents_written(c, now);
	event_written(c);
	lives_written(c, now);
	core_commit_free(c);
	outbox_written_done(c);
	c->priv->alive_ns = now + CORE_ALIVE_NS;
	incidents_drop(c);
	core_graves_free(c);
	if (events)
		ctl_event(c->priv->ctl);
}

/* The ledger fails or works again: said once, and told to people as soon as it can be written down. */
static void
ledger_edge(struct core *c, bool ok)
{
	if (ok == c->ledger_ok)
		return;
	c->ledger_ok = ok;
	log_warnx(ok ? "the ledger can be written again" :
		       "the ledger cannot be written: decisions are kept in memory and told to nobody until it can");
	event_raise(c, ok ? "engine.sighted" : "engine.blind", SEVERITY_CRITICAL, "engine/core", NULL,
	    json_pack("{s:s}", "text", ok ? "the ledger can be written again" : "the ledger cannot be written"));
}

int
core_commit(struct core *c)
{
	int64_t now = loop_mono_ns(c->loop);

	if (!anything_is_due(c, now)) {
		incidents_drop(c);
		return 0;
	}
	if (write_all(c, now) == -1) {
		incidents_not_written(c);
		ledger_edge(c, false);
		return -1;
	}
	all_written(c, now);
	ledger_edge(c, true);
	return 0;
}
