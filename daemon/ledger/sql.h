/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sql.h: inside the ledger only: the open file and one typed way to run a statement.
 *
 *	struct sql q = sql_start(l, SQL_OBJECT_REMOVE, "DELETE FROM object WHERE kind = ? AND id = ?");
 *	sql_text(&q, kind);		parameters in the order of their question marks
 *	sql_text(&q, id);
 *	return sql_run(&q);
 *
 * and for reading: while (sql_row(&q)) { columns in order } return sql_finish(&q);
 *
 * A statement is prepared at its first use and kept under its slot. The first error sticks: what follows does
 * nothing, and sql_run() or sql_finish() returns -1. It is logged here, at its edge: a full disk is one line,
 * not one per event.
 */
#ifndef SIMPUL_LEDGER_SQL_H
#define SIMPUL_LEDGER_SQL_H

#include <sqlite3.h>
#include "ledger/ledger.h"

enum sql_slot {
	SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK,
	SQL_SERIES_GET, SQL_SERIES_ADD, SQL_SERIES_RENAME, SQL_SERIES_EACH,
	SQL_OBJECT_PUT, SQL_OBJECT_REMOVE, SQL_OBJECT_EACH,
	SQL_INCIDENT_ADD, SQL_INCIDENT_UPDATE, SQL_INCIDENT_GET, SQL_INCIDENT_EACH,
	SQL_INCIDENT_EACH_OPEN,
	SQL_ACK_PUT, SQL_ACK_REMOVE,
	SQL_MEMBER_PUT, SQL_MEMBER_EACH,
	SQL_EVENT_ADD, SQL_EVENT_PAYLOAD, SQL_EVENT_EACH, SQL_EVENT_LAST, SQL_EVENT_TOLD, SQL_EVENT_TRIM,
	SQL_OUTBOX_REPLACE, SQL_OUTBOX_ADD, SQL_OUTBOX_EACH, SQL_OUTBOX_DONE, SQL_OUTBOX_COUNT,
	SQL_OUTBOX_TRIM,
	SQL_AUDIT_ADD, SQL_AUDIT_LAST, SQL_AUDIT_EVER, SQL_AUDIT_EACH,
	SQL_CONFIG_PUT, SQL_CONFIG_GET,
	SQL_PORT_PUT, SQL_PORT_EACH, SQL_PORT_BIND, SQL_PORT_UNBIND, SQL_PORT_BOUND_EACH,
	SQL_QUESTION_ADD, SQL_QUESTION_ANSWER, SQL_QUESTION_REMOVE, SQL_QUESTION_EACH, SQL_QUESTION_EACH_OPEN,
	SQL_CAPACITY_PUT, SQL_CAPACITY_GET, SQL_CAPACITY_TRIM,
	SQL_RECORDING_ADD, SQL_RECORDING_UPDATE, SQL_RECORDING_GET, SQL_RECORDING_EACH, SQL_RECORDING_CUT,
	SQL_RECORDING_TRIM_LINK, SQL_RECORDING_TRIM,
	SQL_WAY_PUT, SQL_WAY_REMOVE, SQL_WAY_EACH,
	SQL_SLOTS
};

struct ledger {
	sqlite3	     *db;
	sqlite3_stmt *stmt[SQL_SLOTS];
	char	     *path;		/* for messages */
	uint32_t      boot;
	bool	      open;		/* inside a transaction */
	bool	      broken;		/* something in it failed: nothing more is taken until it ends */
	int	      failed;		/* the error that was logged last; SQLITE_OK while all is well */
};

struct sql {			/* one run of a statement */
	struct ledger *l;
	sqlite3_stmt  *st;
	int	       rc;
	int	       at;	/* parameter bound or column read last, counted from 0 */
};

/** @param text	one statement, the same at each use of the slot */
struct sql  sql_start(struct ledger *l, enum sql_slot slot, const char *text);
/** Borrowed until the statement is finished; NULL is SQL's NULL. */
void	    sql_text(struct sql *q, const char *s);
void	    sql_blob(struct sql *q, const void *p, size_t len);	/* borrowed likewise */
void	    sql_i64(struct sql *q, int64_t v);
void	    sql_u64(struct sql *q, uint64_t v);			/* below 2^63 */

bool	    sql_row(struct sql *q);				/* true while there is a row */
int64_t	    sql_get_i64(struct sql *q);
uint64_t    sql_get_u64(struct sql *q);
/** Borrowed until the next row; NULL for SQL's NULL. */
const char *sql_get(struct sql *q);
void	    sql_get_text(struct sql *q, char *dst, size_t size);	/* "" for NULL */
const void *sql_get_blob(struct sql *q, size_t *len);		/* borrowed until the next row; never NULL */

int	    sql_finish(struct sql *q);
int	    sql_run(struct sql *q);				/* for statements without rows */

/**
 * Log what SQLite says about the last call, with what to do about it, unless that was the last thing logged.
 * @return -1
 */
int	    sql_failed(struct ledger *l, int rc);

#endif
