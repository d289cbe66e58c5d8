/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commit.c: everything that a turn has decided, in one transaction: incidents, then events, then
 * documents.
 *
 * Memory is ahead of the ledger until the commit returns. If it fails nothing has left the process, all marks
 * stay, and the next turn writes the same again (an event under the same id). So a full disk delays what
 * people hear, and loses nothing.
 */
#include "core/commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/log.h"
#include "core/capacity.h"
#include "core/graves.h"
#include "core/incidents.h"
#include "core/private.h"
#include "core/recorder.h"
#include "core/states.h"
#include "core/ways.h"

#define TRIM_NS	       (3600 * NS_PER_S)
#define EVENTS_KEPT_NS (30 * 86400 * NS_PER_S)
#define CAPACITY_KEPT_NS (62 * 86400 * NS_PER_S)

struct topic {				/* a retained topic to be emptied, or an object to be forgotten */
	char	      name[REF_MAX + 16];
	struct topic *next;
};

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

/* Delete the ledger row of this object. */
static void
forget(struct core *c, const char *ref)
{
	struct topic *t = xcalloc(1, sizeof(*t));

	text_copy(t->name, sizeof(t->name), ref);
	t->next = c->priv->forget;
	c->priv->forget = t;
	core_wake(c);
}

void
core_gone(struct core *c, const char *ref)
{
	const char *id = strchr(ref, '/') + 1;
	char	    topic[REF_MAX + 16];

	forget(c, ref);
	if (strncmp(ref, "device/", 7) == 0)
		return;
	snprintf(topic, sizeof(topic), "state/%s", ref);
	core_empty_topic(c, topic);
	if (strncmp(ref, "site/", 5) == 0) {
		snprintf(topic, sizeof(topic), "opd/%s/state", id);
		core_empty_topic(c, topic);
	}
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
		if (strcmp(kind, "link") == 0 && ledger_way_remove(c->ledger, t->name + n + 1) == -1)
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

static void
orphans_free(struct core *c)
{
	struct orphan *o;

	while ((o = c->priv->orphans) != NULL) {
		c->priv->orphans = o->next;
		ledger_incident_free(&o->row);
		free(o);
	}
}

void
core_commit_free(struct core *c)
{
	orphans_free(c);
	topics_free(c->priv->empty);
	topics_free(c->priv->forget);
	c->priv->empty = c->priv->forget = NULL;
	c->priv->empty_end = &c->priv->empty;
}

void
core_commit_init(struct core *c)
{
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

/*
 * Events are kept for those who ask for them again, but not for ever. What waits for the broker is kept as
 * long as it takes, unless publishing is switched off.
 */
static int
trim(struct core *c, int64_t now)
{
	int64_t older_than = loop_wall_ns(c->loop) - EVENTS_KEPT_NS;

	if (c->priv->trim_ns > now)
		return 0;
	if (c->set.publish_off && ledger_outbox_trim(c->ledger, older_than) == -1)
		return -1;
	if (ledger_capacity_trim(c->ledger, loop_wall_ns(c->loop) - CAPACITY_KEPT_NS) == -1)
		return -1;
	return ledger_event_trim(c->ledger, older_than);
}

/* ---- the transaction ---- */

static bool
anything_is_due(const struct core *c, int64_t now)
{
	const struct core_private *p = c->priv;

	return event_waiting(c) > 0 || outbox_is_due(c) || p->empty != NULL || p->forget != NULL ||
	    p->orphans != NULL || p->alive_ns <= now || incidents_are_due(c, now) || states_are_due(c, now) ||
	    core_capacity_is_due(c) || core_recorder_is_due(c, now) || core_ways_are_due(c);
}

static int
write_all(struct core *c, int64_t now)
{
	if (ledger_begin(c->ledger) == -1)
		return -1;
	if (incidents_write(c) == 0 && event_write(c) == 0 && incidents_publish(c, now) == 0 &&
	    states_write(c, now) == 0 && write_gone(c) == 0 && outbox_write_done(c) == 0 &&
	    core_capacity_write(c) == 0 && write_alive(c) == 0 && trim(c, now) == 0 &&
	    core_recorder_write(c, now) == 0 && core_ways_write(c) == 0)
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
	states_written(c, now);
	core_capacity_written(c);
	core_recorder_written(c, now);
	core_ways_written(c);
	core_commit_free(c);
	outbox_written_done(c);
	c->priv->alive_ns = now + CORE_ALIVE_NS;
	if (c->priv->trim_ns <= now)
		c->priv->trim_ns = now + TRIM_NS;
	incidents_drop(c);
	core_graves_free(c);
	if (events && c->priv->on_events != NULL)
		c->priv->on_events(c->priv->on_events_arg);
}

/* The ledger fails or works again: said once, and told to people as soon as it can be written down. */
static void
ledger_edge(struct core *c, bool ok)
{
	const char *text = ok ? "the ledger can be written again" :
				"the ledger cannot be written: decisions wait in memory, nobody is told";

	if (ok == c->ledger_ok)
		return;
	c->ledger_ok = ok;
	log_warnx("%s", text);
	event_raise(c, ok ? "engine.sighted" : "engine.blind", SEVERITY_CRITICAL, "engine/core", NULL,
	    document_note("text", text));
}

int
core_commit(struct core *c)
{
	int64_t now = loop_mono_ns(c->loop);

	if (c->conf == NULL) {	/* topics and sources have no name yet: what was raised waits for it */
		c->priv->alive_ns = now + CORE_ALIVE_NS;
		return 0;
	}
	if (!anything_is_due(c, now)) {
		incidents_drop(c);
		return 0;
	}
	if (write_all(c, now) == -1) {
		incidents_not_written(c);
		core_recorder_not_written(c);
		ledger_edge(c, false);
		return -1;
	}
	all_written(c, now);
	ledger_edge(c, true);
	return 0;
}

void
core_on_events(struct core *c, void (*fn)(void *arg), void *arg)
{
	c->priv->on_events = fn;
	c->priv->on_events_arg = arg;
}

int
core_ack(struct core *c, struct incident *i, const char *user, const char *note, int64_t until_ns)
{
	struct ledger_incident was = i->row;

	telling_ack(c, i, user, note, until_ns);
	if (core_commit(c) == 0)
		return 0;
	telling_ack_undo(c, i, &was);	/* who asked is told that it failed: a later turn must not write it */
	return -1;
}
