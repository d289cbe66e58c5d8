/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sql.c: binding, stepping and reading of prepared statements, and the one place where SQLite's errors are
 * told.
 */
#include "ledger/sql.h"

#include "base/log.h"

/* What a person can do about it; "" when the message says it all. */
static const char *
remedy(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "; stop the engine, then restore the file from a backup or move it aside "
		       "(simpuld never deletes it)";
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return "; look at the disk: nothing is told to anyone until it can be written down first";
	case SQLITE_BUSY:
		return "; another program has it open: end that one";
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return "; the engine's user must be able to write to it and to its directory";
	default:
		return "";
	}
}

int
sql_failed(struct ledger *l, int rc)
{
	if (rc != l->failed)
		log_warnx("ledger %s: %s%s", l->path, l->db != NULL ? sqlite3_errmsg(l->db) :
		    sqlite3_errstr(rc), remedy(rc));
	l->failed = rc;
	l->broken = l->open;
	return -1;
}

static void
check(struct sql *q, int rc)
{
	if (rc != SQLITE_OK) {
		q->rc = rc;
		sql_failed(q->l, rc);
	}
}

struct sql
sql_start(struct ledger *l, enum sql_slot slot, const char *text)
{
	struct sql q = { .l = l, .rc = SQLITE_OK };

	/* SQLite may have rolled back alone: what follows must not be committed by itself */
	if (l->broken) {
		q.rc = SQLITE_ABORT;
		return q;
	}
	if (l->stmt[slot] == NULL)
		check(&q, sqlite3_prepare_v3(l->db, text, -1, SQLITE_PREPARE_PERSISTENT, &l->stmt[slot],
		    NULL));
	q.st = l->stmt[slot];
	if (q.st != NULL && sqlite3_stmt_busy(q.st))
		fatalx("ledger: a walk was started again from inside itself: %s", text);
	return q;
}

void
sql_text(struct sql *q, const char *s)
{
	if (q->rc == SQLITE_OK)
		check(q, sqlite3_bind_text(q->st, ++q->at, s, -1, SQLITE_STATIC));
}

void
sql_blob(struct sql *q, const void *p, size_t len)
{
	if (q->rc == SQLITE_OK)
		check(q, sqlite3_bind_blob64(q->st, ++q->at, p != NULL ? p : "", len, SQLITE_STATIC));
}

void
sql_i64(struct sql *q, int64_t v)
{
	if (q->rc == SQLITE_OK)
		check(q, sqlite3_bind_int64(q->st, ++q->at, v));
}

void
sql_u64(struct sql *q, uint64_t v)
{
	sql_i64(q, (int64_t)v);
}

bool
sql_row(struct sql *q)
{
	if (q->rc != SQLITE_OK && q->rc != SQLITE_ROW)
		return false;
	q->at = 0;
	q->rc = sqlite3_step(q->st);
	if (q->rc != SQLITE_ROW && q->rc != SQLITE_DONE)
		sql_failed(q->l, q->rc);
	return q->rc == SQLITE_ROW;
}

int64_t
sql_get_i64(struct sql *q)
{
	return sqlite3_column_int64(q->st, q->at++);
}

uint64_t
sql_get_u64(struct sql *q)
{
	return (uint64_t)sql_get_i64(q);
}

const char *
sql_get(struct sql *q)
{
	return (const char *)sqlite3_column_text(q->st, q->at++);
}

void
sql_get_text(struct sql *q, char *dst, size_t size)
{
	const char *s = sql_get(q);

	text_copy(dst, size, s != NULL ? s : "");
}

const void *
sql_get_blob(struct sql *q, size_t *len)
{
	const void *p = sqlite3_column_blob(q->st, q->at);

	*len = (size_t)sqlite3_column_bytes(q->st, q->at++);
	return p != NULL ? p : "";
}

int
sql_finish(struct sql *q)
{
	if (q->st != NULL) {
		sqlite3_reset(q->st);
		sqlite3_clear_bindings(q->st);
	}
	return q->rc == SQLITE_ROW || q->rc == SQLITE_DONE ? 0 : -1;
}

int
sql_run(struct sql *q)
{
	while (sql_row(q))
		;
	return sql_finish(q);
}
