/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording.c: what the flight recorder has written, and the ways that packets to lines take. */
#include "ledger/ledger.h"

#include <string.h>

#include "ledger/sql.h"

#define RECORDING_COLUMNS \
	"SELECT id, link, incident, reason, how, started_ns, ended_ns, sent, lost, gap_lost, gap_from_ns," \
	" gap_to_ns"

static void
bind_recording(struct sql *q, const struct ledger_recording *r)
{
	sql_text(q, r->link);
	sql_u64(q, r->incident);
	sql_i64(q, r->reason);
	sql_i64(q, r->how);
	sql_i64(q, r->started_ns);
	sql_i64(q, r->ended_ns);
	sql_i64(q, r->sent);
	sql_i64(q, r->lost);
	sql_i64(q, r->gap_lost);
	sql_i64(q, r->gap_from_ns);
	sql_i64(q, r->gap_to_ns);
	sql_blob(q, r->packets, r->packets_len);
	sql_text(q, r->detail != NULL ? r->detail : "{}");
}

static int
recording_add(struct ledger *l, struct ledger_recording *r)
{
	struct sql q = sql_start(l, SQL_RECORDING_ADD,
	    "INSERT INTO recording (link, incident, reason, how, started_ns,"
	    " ended_ns, sent, lost, gap_lost, gap_from_ns, gap_to_ns, packets, detail)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	bind_recording(&q, r);
	if (sql_run(&q) == -1)
		return -1;
	r->id = (uint64_t)sqlite3_last_insert_rowid(l->db);
	return 0;
}

int
ledger_recording_put(struct ledger *l, struct ledger_recording *r)
{
	struct sql q;

	if (r->id == 0)
		return recording_add(l, r);
	q = sql_start(l, SQL_RECORDING_UPDATE,
	    "UPDATE recording SET link = ?, incident = ?, reason = ?, how = ?,"
	    " started_ns = ?, ended_ns = ?, sent = ?, lost = ?, gap_lost = ?, gap_from_ns = ?,"
	    " gap_to_ns = ?, packets = ?,"
	    " detail = ? WHERE id = ?");
	bind_recording(&q, r);
	sql_u64(&q, r->id);
	return sql_run(&q);
}

static void
read_recording(struct sql *q, struct ledger_recording *r)
{
	r->id = sql_get_u64(q);
	sql_get_text(q, r->link, sizeof(r->link));
	r->incident = sql_get_u64(q);
	r->reason = (uint8_t)sql_get_u64(q);
	r->how = (uint8_t)sql_get_u64(q);
	r->started_ns = sql_get_i64(q);
	r->ended_ns = sql_get_i64(q);
	r->sent = (uint32_t)sql_get_u64(q);
	r->lost = (uint32_t)sql_get_u64(q);
	r->gap_lost = (uint32_t)sql_get_u64(q);
	r->gap_from_ns = sql_get_i64(q);
	r->gap_to_ns = sql_get_i64(q);
}

int
ledger_recording_get(struct ledger *l, uint64_t id, void (*cb)(void *, const struct ledger_recording *),
    void *arg)
{
	struct sql		q = sql_start(l, SQL_RECORDING_GET, RECORDING_COLUMNS ", packets, detail"
	    " FROM recording WHERE id = ?");
	struct ledger_recording r = { 0 };
	bool			found;

	sql_u64(&q, id);
	if ((found = sql_row(&q))) {
		read_recording(&q, &r);
		r.packets = sql_get_blob(&q, &r.packets_len);
		r.detail = sql_get(&q);
		cb(arg, &r);
	}
	return sql_finish(&q) == 0 && found ? 0 : -1;
}

int
ledger_recording_each(struct ledger *l, const char *link, uint64_t incident, uint64_t before, unsigned limit,
    void (*cb)(void *, const struct ledger_recording *), void *arg)
{
	struct sql q = sql_start(l, SQL_RECORDING_EACH,
	    RECORDING_COLUMNS " FROM recording WHERE id < ?1 AND (?2 = '' OR link = ?2)"
	    " AND (?3 = 0 OR incident = ?3) ORDER BY id DESC LIMIT ?4");
	struct ledger_recording r = { 0 };

	sql_i64(&q, before != 0 ? (int64_t)before : INT64_MAX);
	sql_text(&q, link);
	sql_u64(&q, incident);
	sql_i64(&q, limit != 0 ? (int64_t)limit : -1);
	while (sql_row(&q)) {
		read_recording(&q, &r);
		cb(arg, &r);
	}
	return sql_finish(&q);
}

int
ledger_recording_cut(struct ledger *l, int64_t wall_ns, uint8_t how)
{
	struct sql q =
	    sql_start(l, SQL_RECORDING_CUT, "UPDATE recording SET ended_ns = ?, how = ? WHERE ended_ns = 0");

	sql_i64(&q, wall_ns);
	sql_i64(&q, how);
	return sql_run(&q);
}

/* All but the newest of a line, of those with an incident or without. */
static int
trim_link(struct ledger *l, const char *link, bool incident, int kept)
{
	struct sql q = sql_start(l, SQL_RECORDING_TRIM_LINK,
	    "DELETE FROM recording WHERE id IN (SELECT id FROM recording"
	    " WHERE link = ? AND (incident != 0) = ? ORDER BY id DESC LIMIT -1 OFFSET ?)");

	sql_text(&q, link);
	sql_i64(&q, incident);
	sql_i64(&q, kept);
	return sql_run(&q);
}

int
ledger_recording_trim(struct ledger *l, const char *link, int64_t older_than_ns)
{
	struct sql q;

	if (trim_link(l, link, true, LEDGER_RECORDINGS_INCIDENT) == -1 ||
	    trim_link(l, link, false, LEDGER_RECORDINGS_OTHER) == -1)
		return -1;
	q = sql_start(l, SQL_RECORDING_TRIM,
	    "DELETE FROM recording WHERE started_ns < ?1 OR id IN (SELECT id FROM recording"
	    " ORDER BY incident != 0 DESC, id DESC LIMIT -1 OFFSET ?2)");
	sql_i64(&q, older_than_ns);
	sql_i64(&q, LEDGER_RECORDINGS_MAX);
	return sql_run(&q);
}

/* ---- ways ---- */

int
ledger_way_put(struct ledger *l, const char *link, const void *hops, size_t len)
{
	struct sql q = sql_start(l, SQL_WAY_PUT, "INSERT OR REPLACE INTO way VALUES (?, ?)");

	sql_text(&q, link);
	sql_blob(&q, hops, len);
	return sql_run(&q);
}

int
ledger_way_remove(struct ledger *l, const char *link)
{
	struct sql q = sql_start(l, SQL_WAY_REMOVE, "DELETE FROM way WHERE link = ?");

	sql_text(&q, link);
	return sql_run(&q);
}

int
ledger_way_each(struct ledger *l, void (*cb)(void *, const char *, const void *, size_t), void *arg)
{
	struct sql  q = sql_start(l, SQL_WAY_EACH, "SELECT link, hops FROM way");
	char	    link[ID_MAX];
	const void *hops;
	size_t	    len;

	while (sql_row(&q)) {
		sql_get_text(&q, link, sizeof(link));
		hops = sql_get_blob(&q, &len);
		cb(arg, link, hops, len);
	}
	return sql_finish(&q);
}
