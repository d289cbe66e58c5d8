/* SPDX-License-Identifier: GPL-3.0-or-later */
/* incident.c: incidents with their acknowledgement, and the objects that are part of them. */
#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/sql.h"

#define INCIDENT_COLUMNS \
	"SELECT i.id, i.status, i.version, i.root, i.kind, i.severity, i.cause, i.opened_ns, i.closed_ns," \
	" i.evidence, a.user, a.note, a.at_ns, a.until_ns" \
	" FROM incident i LEFT JOIN ack a ON a.incident = i.id "

/* What an add and an update have in common, in the same order. */
static void
bind_incident(struct sql *q, const struct ledger_incident *i)
{
	sql_i64(q, i->status);
	sql_text(q, i->root);
	sql_text(q, i->kind);
	sql_text(q, i->severity);
	sql_text(q, i->cause);
	sql_i64(q, i->opened_ns);
	sql_i64(q, i->closed_ns);
	sql_text(q, i->evidence != NULL ? i->evidence : "[]");
}

static int
incident_add(struct ledger *l, struct ledger_incident *i)
{
	struct sql q = sql_start(l, SQL_INCIDENT_ADD, "INSERT INTO incident"
	    " (version, status, root, kind, severity, cause, opened_ns, closed_ns, evidence)"
	    " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)");

	bind_incident(&q, i);
	if (sql_run(&q) == -1)
		return -1;
	i->id = (uint64_t)sqlite3_last_insert_rowid(l->db);
	i->version = 1;
	return 0;
}

static int
incident_update(struct ledger *l, struct ledger_incident *i)
{
	struct sql q = sql_start(l, SQL_INCIDENT_UPDATE,
	    "UPDATE incident SET version = version + 1, status = ?, root = ?, kind = ?,"
	    " severity = ?, cause = ?, opened_ns = ?, closed_ns = ?, evidence = ? WHERE id = ?"
	    " RETURNING version");
	bool	   found;

	bind_incident(&q, i);
	sql_u64(&q, i->id);
	if ((found = sql_row(&q)))
		i->version = (uint32_t)sql_get_u64(&q);
	if (sql_run(&q) == -1)
		return -1;
	if (!found)
		log_warnx("ledger: there is no inc-%llu to update", (unsigned long long)i->id);
	return found ? 0 : -1;
}

static int
ack_put(struct ledger *l, const struct ledger_incident *i)
{
	struct sql q = sql_start(l, SQL_ACK_PUT, "INSERT OR REPLACE INTO ack VALUES (?, ?, ?, ?, ?)");

	sql_u64(&q, i->id);
	sql_text(&q, i->ack_user);
	sql_text(&q, i->ack_note);
	sql_i64(&q, i->ack_ns);
	sql_i64(&q, i->ack_until_ns);
	return sql_run(&q);
}

static int
ack_remove(struct ledger *l, uint64_t id)
{
	struct sql q = sql_start(l, SQL_ACK_REMOVE, "DELETE FROM ack WHERE incident = ?");

	sql_u64(&q, id);
	return sql_run(&q);
}

int
ledger_incident_put(struct ledger *l, struct ledger_incident *i)
{
	if ((i->id == 0 ? incident_add(l, i) : incident_update(l, i)) == -1)
		return -1;
	return i->ack_ns != 0 ? ack_put(l, i) : ack_remove(l, i->id);
}

static void
read_incident(struct sql *q, struct ledger_incident *i)
{
	const char *evidence;

	i->id = sql_get_u64(q);
	i->status = (uint8_t)sql_get_u64(q);
	i->version = (uint32_t)sql_get_u64(q);
	sql_get_text(q, i->root, sizeof(i->root));
	sql_get_text(q, i->kind, sizeof(i->kind));
	sql_get_text(q, i->severity, sizeof(i->severity));
	sql_get_text(q, i->cause, sizeof(i->cause));
	i->opened_ns = sql_get_i64(q);
	i->closed_ns = sql_get_i64(q);
	evidence = sql_get(q);
	i->evidence = xstrdup(evidence != NULL ? evidence : "[]");
	sql_get_text(q, i->ack_user, sizeof(i->ack_user));
	sql_get_text(q, i->ack_note, sizeof(i->ack_note));
	i->ack_ns = sql_get_i64(q);
	i->ack_until_ns = sql_get_i64(q);
}

int
ledger_incident_get(struct ledger *l, uint64_t id, struct ledger_incident *i)
{
	struct sql q = sql_start(l, SQL_INCIDENT_GET, INCIDENT_COLUMNS "WHERE i.id = ?");
	bool	   found;

	memset(i, 0, sizeof(*i));
	sql_u64(&q, id);
	if ((found = sql_row(&q)))
		read_incident(&q, i);
	return sql_finish(&q) == 0 && found ? 0 : -1;
}

int
ledger_incident_each(struct ledger *l, bool open_only, uint64_t before, unsigned limit,
    void (*cb)(void *, const struct ledger_incident *), void *arg)
{
	struct ledger_incident i;
	struct sql	       q;

	if (open_only)
		q = sql_start(l, SQL_INCIDENT_EACH_OPEN,
		    INCIDENT_COLUMNS "WHERE i.status < 2 AND i.id < ? ORDER BY i.id DESC LIMIT ?");
	else
		q = sql_start(l, SQL_INCIDENT_EACH,
		    INCIDENT_COLUMNS "WHERE i.id < ? ORDER BY i.id DESC LIMIT ?");
	sql_i64(&q, before != 0 ? (int64_t)before : INT64_MAX);
	sql_i64(&q, limit != 0 ? (int64_t)limit : -1);
	while (sql_row(&q)) {
		read_incident(&q, &i);
		cb(arg, &i);
		ledger_incident_free(&i);
	}
	return sql_finish(&q);
}

void
ledger_incident_free(struct ledger_incident *i)
{
	free(i->evidence);
	i->evidence = NULL;
}

int
ledger_member_put(struct ledger *l, const struct ledger_member *m)
{
	struct sql q = sql_start(l, SQL_MEMBER_PUT, "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?)");

	sql_u64(&q, m->incident);
	sql_text(&q, m->object);
	sql_text(&q, m->state);
	sql_i64(&q, m->since_ns);
	sql_i64(&q, m->until_ns);
	return sql_run(&q);
}

int
ledger_member_each(struct ledger *l, uint64_t incident, void (*cb)(void *, const struct ledger_member *),
    void *arg)
{
	struct sql	     q = sql_start(l, SQL_MEMBER_EACH,
	    "SELECT object, state, since_ns, until_ns FROM member WHERE incident = ?"
	    " ORDER BY since_ns, object");
	struct ledger_member m = { .incident = incident };

	sql_u64(&q, incident);
	while (sql_row(&q)) {
		sql_get_text(&q, m.object, sizeof(m.object));
		sql_get_text(&q, m.state, sizeof(m.state));
		m.since_ns = sql_get_i64(&q);
		m.until_ns = sql_get_i64(&q);
		cb(arg, &m);
	}
	return sql_finish(&q);
}
