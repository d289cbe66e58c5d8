/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event.c: the ordered stream of events, and the outbox of messages that the broker has not confirmed. */
#include "ledger/ledger.h"

#include "ledger/sql.h"

int
ledger_event_add(struct ledger *l, struct ledger_event *e)
{
	struct sql q = sql_start(l, SQL_EVENT_ADD,
	    "INSERT INTO event (id, kind, severity, subject, time_ns, incident, payload)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?)");

	sql_text(&q, e->id);
	sql_text(&q, e->kind);
	sql_text(&q, e->severity);
	sql_text(&q, e->subject);
	sql_i64(&q, e->time_ns);
	sql_u64(&q, e->incident);
	sql_text(&q, e->payload);
	if (sql_run(&q) == -1)
		return -1;
	e->seq = (uint64_t)sqlite3_last_insert_rowid(l->db);
	return 0;
}

int
ledger_event_payload(struct ledger *l, uint64_t seq, const char *payload)
{
	struct sql q = sql_start(l, SQL_EVENT_PAYLOAD, "UPDATE event SET payload = ? WHERE seq = ?");

	sql_text(&q, payload);
	sql_u64(&q, seq);
	return sql_run(&q);
}

int
ledger_event_each(struct ledger *l, uint64_t after_seq, unsigned limit,
    void (*cb)(void *, const struct ledger_event *), void *arg)
{
	struct sql	    q = sql_start(l, SQL_EVENT_EACH,
	    "SELECT seq, id, kind, severity, subject, time_ns, incident, payload"
	    " FROM event WHERE seq > ? ORDER BY seq LIMIT ?");
	struct ledger_event e;

	sql_u64(&q, after_seq);
	sql_i64(&q, limit != 0 ? (int64_t)limit : -1);
	while (sql_row(&q)) {
		e.seq = sql_get_u64(&q);
		sql_get_text(&q, e.id, sizeof(e.id));
		sql_get_text(&q, e.kind, sizeof(e.kind));
		sql_get_text(&q, e.severity, sizeof(e.severity));
		sql_get_text(&q, e.subject, sizeof(e.subject));
		e.time_ns = sql_get_i64(&q);
		e.incident = sql_get_u64(&q);
		e.payload = sql_get(&q);
		cb(arg, &e);
	}
	return sql_finish(&q);
}

/* The only value of a query without parameters; 0 when there is none. */
static uint64_t
get_number(struct ledger *l, enum sql_slot slot, const char *text)
{
	struct sql q = sql_start(l, slot, text);
	uint64_t   n = sql_row(&q) ? sql_get_u64(&q) : 0;

	sql_finish(&q);
	return n;
}

uint64_t
ledger_event_last(struct ledger *l)
{
	/* Not max(seq): the number goes on after the last event was trimmed. */
	return get_number(l, SQL_EVENT_LAST, "SELECT seq FROM sqlite_sequence WHERE name = 'event'");
}

uint64_t
ledger_event_told(struct ledger *l)
{
	uint64_t waits = get_number(l, SQL_EVENT_TOLD, "SELECT min(seq) FROM outbox WHERE seq > 0");

	return waits > 0 ? waits - 1 : ledger_event_last(l);
}

int
ledger_event_trim(struct ledger *l, int64_t older_than_ns)
{
	/*
	 * All before the first that is young enough, so that what is left has no holes even where the wall
	 * clock went back.
	 */
	struct sql q = sql_start(l, SQL_EVENT_TRIM, "DELETE FROM event WHERE"
		" seq < ifnull((SELECT min(seq) FROM event WHERE time_ns >= ?), 0x7fffffffffffffff) AND"
		" seq < ifnull((SELECT min(seq) FROM outbox WHERE seq > 0), 0x7fffffffffffffff)");

	sql_i64(&q, older_than_ns);
	return sql_run(&q);
}

/* What is retained has only a newest version: an older one that still waits need not be sent. */
static int
outbox_replace(struct ledger *l, const char *topic)
{
	struct sql q = sql_start(l, SQL_OUTBOX_REPLACE, "DELETE FROM outbox WHERE topic = ? AND retain = 1");

	sql_text(&q, topic);
	return sql_run(&q);
}

int
ledger_outbox_add(struct ledger *l, struct ledger_outbox *m)
{
	struct sql q;

	if (m->retain && outbox_replace(l, m->topic) == -1)
		return -1;
	q = sql_start(l, SQL_OUTBOX_ADD,
	    "INSERT INTO outbox (seq, qos, retain, expiry_s, topic, payload) VALUES (?, ?, ?, ?, ?, ?)");
	sql_u64(&q, m->seq);
	sql_i64(&q, m->qos);
	sql_i64(&q, m->retain != 0);
	sql_i64(&q, m->expiry_s);
	sql_text(&q, m->topic);
	sql_blob(&q, m->payload, m->payload_len);
	if (sql_run(&q) == -1)
		return -1;
	m->id = (uint64_t)sqlite3_last_insert_rowid(l->db);
	return 0;
}

int
ledger_outbox_each(struct ledger *l, uint64_t after_id, unsigned limit,
    void (*cb)(void *, const struct ledger_outbox *), void *arg)
{
	struct sql	     q = sql_start(l, SQL_OUTBOX_EACH,
	    "SELECT id, seq, qos, retain, expiry_s, topic, payload FROM outbox"
	    " WHERE id > ? ORDER BY id LIMIT ?");
	struct ledger_outbox m;

	sql_u64(&q, after_id);
	sql_i64(&q, limit != 0 ? (int64_t)limit : -1);
	while (sql_row(&q)) {
		m.id = sql_get_u64(&q);
		m.seq = sql_get_u64(&q);
		m.qos = (uint8_t)sql_get_u64(&q);
		m.retain = (uint8_t)sql_get_u64(&q);
		m.expiry_s = (uint32_t)sql_get_u64(&q);
		sql_get_text(&q, m.topic, sizeof(m.topic));
		m.payload = sql_get_blob(&q, &m.payload_len);
		cb(arg, &m);
	}
	return sql_finish(&q);
}

int
ledger_outbox_done(struct ledger *l, uint64_t id)
{
	struct sql q = sql_start(l, SQL_OUTBOX_DONE, "DELETE FROM outbox WHERE id = ?");

	sql_u64(&q, id);
	return sql_run(&q);
}

int
ledger_outbox_trim(struct ledger *l, int64_t older_than_ns)
{
	struct sql q = sql_start(l, SQL_OUTBOX_TRIM, "DELETE FROM outbox WHERE seq > 0 AND"
		" seq < ifnull((SELECT min(seq) FROM event WHERE time_ns >= ?), 0x7fffffffffffffff)");

	sql_i64(&q, older_than_ns);
	return sql_run(&q);
}

uint64_t
ledger_outbox_count(struct ledger *l)
{
	return get_number(l, SQL_OUTBOX_COUNT, "SELECT count(*) FROM outbox");
}
