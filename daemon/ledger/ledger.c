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

#define LEDGER_FORMAT	 3			/* user_version */
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
    "INSERT INTO meta VALUES ('boot', 0);";

/*
 * What format 2 has more: who a port is, which one a link was bound to by the name in links.csv, and what the
 * operator was asked about them. A number of AUTOINCREMENT again: people answer by it.
 */
static const char schema_2[] =
    "CREATE TABLE port (series INTEGER PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL,"
    "  alias TEXT NOT NULL, mac BLOB NOT NULL, neighbour TEXT NOT NULL, type INTEGER NOT NULL,"
    "  if_index INTEGER NOT NULL, state INTEGER NOT NULL, first_ns INTEGER NOT NULL,"
    "  last_ns INTEGER NOT NULL, since_ns INTEGER NOT NULL);"
    "CREATE TABLE port_link (link TEXT PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL,"
    "  series INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE port_question (id INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL,"
    "  why TEXT NOT NULL, asked_ns INTEGER NOT NULL, answered_ns INTEGER NOT NULL, answer TEXT NOT NULL,"
    "  who TEXT NOT NULL);"
    "CREATE INDEX port_question_open ON port_question (id) WHERE answered_ns = 0;";

/*
 * Ports that format 1 knew by their names alone. Their series go on; when they were first seen was not
 * written.
 */
static const char migrate_2[] =
    "INSERT INTO port SELECT number, substr(ref, 6, instr(ref, '.') - 6), true_name, '', x'', '', 0, 0, 0,"
    "  0, 0, 0 FROM series WHERE ref LIKE 'port/%.%';";

/* What format 3 has more: what the flight recorder has written, and the way that packets to a line take. */
static const char schema_3[] =
    "CREATE TABLE recording (id INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT NOT NULL,"
    "  incident INTEGER NOT NULL, reason INTEGER NOT NULL, how INTEGER NOT NULL, started_ns INTEGER NOT NULL,"
    "  ended_ns INTEGER NOT NULL, sent INTEGER NOT NULL, lost INTEGER NOT NULL, gap_lost INTEGER NOT NULL,"
    "  gap_from_ns INTEGER NOT NULL, gap_to_ns INTEGER NOT NULL, packets BLOB NOT NULL, detail TEXT NOT NULL);"
    "CREATE INDEX recording_link ON recording (link, id);"
    "CREATE INDEX recording_open ON recording (id) WHERE ended_ns = 0;"
    "CREATE TABLE way (link TEXT PRIMARY KEY, hops BLOB NOT NULL) WITHOUT ROWID;";

static const char format_written[] = "PRAGMA user_version = 3;";

/* What files of this format may lack that were written before it was there. */
static const char schema_added[] =
    "CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, rows BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS capacity (series INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, state BLOB NOT NULL);";

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

/* In one transaction, whatever happens meanwhile. @param parts  ends with NULL */
static int
format_write(struct ledger *l, const char *const *parts)
{
	if (run_text(l, "BEGIN IMMEDIATE") == -1)
		return -1;
	for (; *parts != NULL; parts++)
		if (run_text(l, *parts) == -1)
			return -1;	/* closing the file rolls it back */
	return run_text(l, "COMMIT");
}

static int
format_migrate(struct ledger *l, int64_t from)
{
	static const char *const parts[] = { schema_2, migrate_2, schema_3, format_written, NULL };

	if (format_write(l, from == 1 ? parts : parts + 2) == -1)
		return -1;
	log_info("ledger %s: upgraded from format %d to %d", l->path, (int)from, LEDGER_FORMAT);
	return 0;
}

/* Make the tables of a new file, add those of an older one; refuse a newer one, or another program's. */
static int
format_check(struct ledger *l)
{
	static const char *const parts[] = { schema, schema_2, schema_3, format_written, NULL };
	int64_t			 format, tables;

	if (ask_i64(l, "PRAGMA user_version", &format) == -1 ||
	    ask_i64(l, "SELECT count(*) FROM sqlite_schema", &tables) == -1)
		return -1;
	if (format == LEDGER_FORMAT)
		return 0;
	if (format == 0 && tables == 0)
		return format_write(l, parts);
	if (format == 1 || format == 2)
		return format_migrate(l, format);
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
