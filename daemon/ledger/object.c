/* SPDX-License-Identifier: GPL-3.0-or-later */
/* object.c: the permanent numbers of series, and the last known state of each object. */
#include "ledger/ledger.h"

#include "ledger/sql.h"

static int
series_add(struct ledger *l, const char *ref, const char *true_name)
{
	struct sql q = sql_start(l, SQL_SERIES_ADD, "INSERT INTO series (ref, true_name) VALUES (?, ?)");

	sql_text(&q, ref);
	sql_text(&q, true_name);
	return sql_run(&q);
}

static int
series_rename(struct ledger *l, uint32_t number, const char *true_name)
{
	struct sql q = sql_start(l, SQL_SERIES_RENAME, "UPDATE series SET true_name = ? WHERE number = ?");

	sql_text(&q, true_name);
	sql_u64(&q, number);
	return sql_run(&q);
}

uint32_t
ledger_series(struct ledger *l, const char *ref, const char *true_name)
{
	struct sql q = sql_start(l, SQL_SERIES_GET,
	    "SELECT number, true_name != ? FROM series WHERE ref = ?");
	uint32_t   number = 0;
	bool	   renamed = false;

	sql_text(&q, true_name);
	sql_text(&q, ref);
	if (sql_row(&q)) {
		number = (uint32_t)sql_get_u64(&q);
		renamed = sql_get_i64(&q) != 0 && *true_name != '\0';
	}
	if (sql_finish(&q) == -1)
		return 0;
	if (number == 0)
		return series_add(l, ref, true_name) == 0 ? (uint32_t)sqlite3_last_insert_rowid(l->db) : 0;
	if (renamed && series_rename(l, number, true_name) == -1)
		return 0;
	return number;
}

int
ledger_series_each(struct ledger *l, void (*cb)(void *, uint32_t, const char *, const char *), void *arg)
{
	struct sql  q = sql_start(l, SQL_SERIES_EACH,
	    "SELECT number, ref, true_name FROM series ORDER BY number");
	const char *ref;
	uint32_t    number;

	while (sql_row(&q)) {
		number = (uint32_t)sql_get_u64(&q);
		ref = sql_get(&q);
		cb(arg, number, ref, sql_get(&q));
	}
	return sql_finish(&q);
}

int
ledger_object_put(struct ledger *l, const struct ledger_object *o)
{
	struct sql q = sql_start(l, SQL_OBJECT_PUT,
	    "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

	sql_text(&q, o->kind);
	sql_text(&q, o->id);
	sql_text(&q, o->state);
	sql_i64(&q, o->since_ns);
	sql_u64(&q, o->rev);
	sql_i64(&q, o->seen_up);
	sql_i64(&q, o->last_ns);
	sql_text(&q, o->detail);
	return sql_run(&q);
}

int
ledger_object_remove(struct ledger *l, const char *kind, const char *id)
{
	struct sql q = sql_start(l, SQL_OBJECT_REMOVE, "DELETE FROM object WHERE kind = ? AND id = ?");

	sql_text(&q, kind);
	sql_text(&q, id);
	return sql_run(&q);
}

int
ledger_object_each(struct ledger *l, void (*cb)(void *, const struct ledger_object *), void *arg)
{
	struct sql	     q = sql_start(l, SQL_OBJECT_EACH,
	    "SELECT kind, id, state, since_ns, rev, seen_up, last_ns, detail FROM object"
	    " ORDER BY kind, id");
	struct ledger_object o;

	while (sql_row(&q)) {
		sql_get_text(&q, o.kind, sizeof(o.kind));
		sql_get_text(&q, o.id, sizeof(o.id));
		sql_get_text(&q, o.state, sizeof(o.state));
		o.since_ns = sql_get_i64(&q);
		o.rev = sql_get_u64(&q);
		o.seen_up = sql_get_i64(&q) != 0;
		o.last_ns = sql_get_i64(&q);
		sql_get_text(&q, o.detail, sizeof(o.detail));
		cb(arg, &o);
	}
	return sql_finish(&q);
}
