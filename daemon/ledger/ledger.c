/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.c: the file itself: opening, its tables, transactions.
 *
 * WAL with synchronous=FULL: a commit that returned is on the disk. Exclusive locking keeps the index of the
 * WAL in memory instead of in a shared -shm file, and a second owner is refused at open. Temporary tables
 * stay in memory too, so the process needs no directory but its own.
 */
#include "ledger/ledger.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ledger/sql.h"

#define LEDGER_FORMAT	 1			/* user_version */
#define LEDGER_CHECK_MAX (64LL * 1024 * 1024)	/* bytes: up to here every page is looked at when opening */

static const char settings[] =
    "PRAGMA locking_mode = EXCLUSIVE;"		/* before the first look at the WAL */
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA trusted_schema = OFF;";

/*
 * AUTOINCREMENT: numbers that people and subscribers have seen are never given out again, whatever is
 * deleted.
 */
static const char schema[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE series (number INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE,"
    "  true_name TEXT NOT NULL);"
    "CREATE TABLE object (kind TEXT, id TEXT, state TEXT NOT NULL, since_ns INTEGER NOT NULL,"
    "  rev INTEGER NOT NULL, seen_up INTEGER NOT NULL, last_ns INTEGER NOT NULL, detail TEXT NOT NULL,"
    "  PRIMARY KEY (kind, id)) WITHOUT ROWID;"
    "CREATE TABLE incident (id INTEGER PRIMARY KEY AUTOINCREMENT, status INTEGER NOT NULL,"
    "  version INTEGER NOT NULL, root TEXT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL,"
    "  cause TEXT NOT NULL, opened_ns INTEGER NOT NULL, closed_ns INTEGER NOT NULL, evidence TEXT NOT NULL);"
    "CREATE INDEX incident_open ON incident (id) WHERE status < 2;"
    "CREATE TABLE ack (incident INTEGER PRIMARY KEY, user TEXT NOT NULL, note TEXT NOT NULL,"
    "  at_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL);"
    "CREATE TABLE member (incident INTEGER, object TEXT, state TEXT NOT NULL, since_ns INTEGER NOT NULL,"
    "  until_ns INTEGER NOT NULL, PRIMARY KEY (incident, object)) WITHOUT ROWID;"
    "CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, kind TEXT NOT NULL,"
    "  severity TEXT NOT NULL, subject TEXT NOT NULL, time_ns INTEGER NOT NULL, incident INTEGER NOT NULL,"
    "  payload TEXT);"
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL, qos INTEGER NOT NULL,"
    "  retain INTEGER NOT NULL, expiry_s INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL);"
    "CREATE INDEX outbox_retained ON outbox (topic) WHERE retain = 1;"
    "CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, wall_ns INTEGER NOT NULL, who TEXT NOT NULL,"
    "  what TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL);"
    "INSERT INTO meta VALUES ('boot', 0);"
    "PRAGMA user_version = 1;";

/* What files of this format may lack that were written before it was there. */
static const char schema_added[] =
    "CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, rows BLOB NOT NULL);";

static int
run_text(struct ledger *l, const char *text)
{
	int rc = sqlite3_exec(l->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sql_failed(l, rc);
}

/* The only value of a query that is run once, such as a PRAGMA. 0 or -1. */
static int
ask_i64(struct ledger *l, const char *text, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int	      rc = sqlite3_prepare_v2(l->db, text, -1, &st, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : sql_failed(l, rc);
}

/*
 * Created here, so that it is private whatever the umask and never reached through a symbolic link; SQLite
 * follows suit.
 */
static int
file_prepare(const char *path)
{
	int fd;

	if (strcmp(path, ":memory:") == 0)
		return 0;
	if ((fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) == -1) {
		log_warn("ledger %s: cannot be opened (the engine's user must own it and its directory)",
		    path);
		return -1;
	}
	close(fd);
	return 0;
}

/*
 * Look at every page of a file of bearable size, so that damage is known now and not in the middle of a
 * decision.
 */
static int
file_check(struct ledger *l)
{
	sqlite3_stmt *st = NULL;
	int64_t	      pages, size;
	int	      rc;
	bool	      sound;

	if (ask_i64(l, "PRAGMA page_count", &pages) == -1 || ask_i64(l, "PRAGMA page_size", &size) == -1)
		return -1;
	if (pages * size > LEDGER_CHECK_MAX)
		return 0;
	rc = sqlite3_prepare_v2(l->db, "PRAGMA quick_check(1)", -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	sound = rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return sql_failed(l, rc);
	if (!sound)
		log_warnx("ledger %s: is damaged; stop the engine, then restore the file from a backup or "
		    "move it aside (simpuld never deletes it)", l->path);
	return sound ? 0 : -1;
}

/* Make the tables of a new file; refuse a file of another format or of another program. */
static int
format_check(struct ledger *l)
{
	int64_t format, tables;

	if (ask_i64(l, "PRAGMA user_version", &format) == -1 ||
	    ask_i64(l, "SELECT count(*) FROM sqlite_schema", &tables) == -1)
		return -1;
	if (format == LEDGER_FORMAT)
		return 0;
	if (format == 0 && tables == 0) {
		if (run_text(l, "BEGIN") == -1 || run_text(l, schema) == -1 || run_text(l, "COMMIT") == -1)
			return -1;
		return 0;
	}
	if (format == 0)
		log_warnx("ledger %s: is another program's database; move it aside", l->path);
	else
		log_warnx("ledger %s: has format %lld, this simpuld knows %d; install the version that wrote "
		    "it, or move the file aside to start with an empty one", l->path, (long long)format,
		    LEDGER_FORMAT);
	return -1;
}

struct ledger *
ledger_open(const char *path)
{
	struct ledger *l = xcalloc(1, sizeof(*l));
	int64_t	       boot;
	int	       rc;

	l->path = xstrdup(path);
	if (file_prepare(path) == -1)
		goto fail;
	rc = sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    NULL);
	if (rc != SQLITE_OK) {
		sql_failed(l, rc);
		goto fail;
	}
	if (run_text(l, settings) == -1 || file_check(l) == -1 || format_check(l) == -1 ||
	    run_text(l, schema_added) == -1)
		goto fail;
	if (ask_i64(l, "UPDATE meta SET value = value + 1 WHERE key = 'boot' RETURNING value", &boot) == -1)
		goto fail;
	l->boot = (uint32_t)boot;
	return l;
fail:
	ledger_close(l);
	return NULL;
}

void
ledger_close(struct ledger *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < nitems(l->stmt); i++)
		sqlite3_finalize(l->stmt[i]);
	sqlite3_close(l->db);
	free(l->path);
	free(l);
}

uint32_t
ledger_boot(const struct ledger *l)
{
	return l->boot;
}

int
ledger_begin(struct ledger *l)
{
	struct sql q;

	if (l->open) {
		log_warnx("ledger %s: a transaction inside a transaction", l->path);
		return -1;
	}
	q = sql_start(l, SQL_BEGIN, "BEGIN IMMEDIATE");
	if (sql_run(&q) == -1)
		return -1;
	l->open = true;
	return 0;
}

int
ledger_commit(struct ledger *l)
{
	struct sql q = sql_start(l, SQL_COMMIT, "COMMIT");

	if (sql_run(&q) == -1) {
		ledger_rollback(l);
		return -1;
	}
	l->open = false;
	if (l->failed != SQLITE_OK)
		log_info("ledger %s: can be written again", l->path);
	l->failed = SQLITE_OK;
	return 0;
}

void
ledger_rollback(struct ledger *l)
{
	struct sql q;

	l->open = l->broken = false;
	if (sqlite3_get_autocommit(l->db))	/* a full disk has rolled it back already */
		return;
	q = sql_start(l, SQL_ROLLBACK, "ROLLBACK");
	sql_run(&q);
}
