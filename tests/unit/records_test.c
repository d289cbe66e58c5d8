/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people did at the web server, in the audit log: each of it, and no more than there may be. */
#include "ctl/records.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/tap.h"

#define MINUTE_NS (60 * NS_PER_S)

struct bench {
	struct loop   *loop;
	struct ledger *ledger;
	struct records records;
	char	       path[64];
};

static void
note(struct bench *b, enum record_kind kind, const char *who, const char *object, unsigned times)
{
	while (times-- > 0)
		records_note(&b->records, b->loop, b->ledger, kind, who, object, "10.1.1.1");
}

static int64_t
entries(const struct bench *b)
{
	uint64_t bad;

	return ledger_audit_verify(b->ledger, &bad);
}

/* The last entry as the file has it, "who what object detail"; an open ledger lets nobody else in. */
static const char *
last_entry(struct bench *b, char *out, size_t size)
{
	sqlite3	     *db;
	sqlite3_stmt *q = NULL;

	*out = '\0';
	ledger_close(b->ledger);
	if (sqlite3_open(b->path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT who || ' ' || what || ' ' || object || ' ' || detail FROM audit "
		"ORDER BY id DESC LIMIT 1", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		snprintf(out, size, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	b->records.ledger = b->ledger = ledger_open(b->path);
	return out;
}

static void
test_kinds(struct bench *b)
{
	char out[200];
	int  k;

	for (k = 0; k < RECORD_KINDS; k++)
		ok((int)record_kind_of(record_kind_names[k]) == k, "there is %s", record_kind_names[k]);
	ok(record_kind_of("ack") == RECORD_KINDS && record_kind_of("") == RECORD_KINDS, "and nothing else");
	note(b, RECORD_LOGIN, "op", "user/op", 1);
	is_text(last_entry(b, out, sizeof(out)), "op login user/op {\"from\":\"10.1.1.1\"}",
	    "who did what from where");
	records_note(&b->records, b->loop, b->ledger, RECORD_REFUSED, "op", "incident_ack", NULL);
	is_text(last_entry(b, out, sizeof(out)), "op refused incident_ack {}", "or from nowhere");
	loop_run_until(b->loop, loop_mono_ns(b->loop) + MINUTE_NS);
	is_i64(entries(b), 2, "and that is all");
}

/* One who does the same all day long. */
static void
test_loop(struct bench *b)
{
	int64_t	 before = entries(b);
	unsigned minute;
	char	 out[200];

	for (minute = 0; minute < 3; minute++) {
		note(b, RECORD_LOGIN, "op", "user/op", 40);
		loop_run_until(b->loop, loop_mono_ns(b->loop) + MINUTE_NS);
	}
	is_i64(entries(b) - before, 3 * 2, "who logs in again and again has two entries a minute");
	is_text(last_entry(b, out, sizeof(out)), "op login user/op {\"from\":\"10.1.1.1\",\"count\":39}",
	    "the second with a count");
	before = entries(b);
	note(b, RECORD_LOGIN, "op", "user/op", 2);
	note(b, RECORD_LOGOUT, "op", "user/op", 1);
	note(b, RECORD_LOGIN, "op2", "user/op", 1);
	note(b, RECORD_LOGIN, "op", "user/op2", 1);
	records_note(&b->records, b->loop, b->ledger, RECORD_LOGIN, "op", "user/op", "10.1.1.2");
	records_note(&b->records, b->loop, b->ledger, RECORD_LOGIN, "op", "user/op", "2001:db8::1");
	records_note(&b->records, b->loop, b->ledger, RECORD_LOGIN, "op", "user/op", "2001:db8::2");
	records_note(&b->records, b->loop, b->ledger, RECORD_LOGIN, "op", "user/op", NULL);
	is_i64(entries(b) - before, 7, "another kind, name, object or place is another entry, at once");
	records_flush(&b->records);
	is_i64(entries(b) - before, 9, "and what is counted comes at the end");
}

static void
test_flood(struct bench *b)
{
	int64_t	 before = entries(b);
	unsigned minute, i;
	char	 out[200], name[32];

	for (minute = 0; minute < 3; minute++) {
		for (i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "user/n%u", i);
			note(b, RECORD_LOGIN_FAILED, "uid 901", name, 1);
		}
		note(b, RECORD_LOGIN, "op", "user/op", 1);
		loop_run_until(b->loop, loop_mono_ns(b->loop) + MINUTE_NS);
	}
	is_i64(entries(b) - before, 3 * (RECORDS_OF_STRANGERS + 1 + 1),
	    "a flood of strangers has so many entries in a minute, and hides no log-in");
	is_text(last_entry(b, out, sizeof(out)), "others login_failed  {\"count\":4990}",
	    "the rest is one with its count");
	before = entries(b);
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "user/n%u", i);
		note(b, RECORD_LOGIN, "op", name, 1);
		note(b, RECORD_PASSWORD, "op", name, 1);
		note(b, RECORD_LOGOUT, "op", name, 1);
		note(b, RECORD_REFUSED, "op", name, 1);
		note(b, RECORD_LOGIN_FAILED, "op", name, 1);
	}
	records_flush(&b->records);
	is_i64(entries(b) - before, RECORDS_MAX + RECORD_KINDS, "nor do those who know a password fill the disk");
	is_text(last_entry(b, out, sizeof(out)), "others refused  {\"count\":490}",
	    "at the end what is counted is written");
	before = entries(b);
	records_flush(&b->records);
	is_i64(entries(b) - before, 0, "once");
}

int
main(void)
{
	char	     dir[] = "/tmp/simpul-records.XXXXXX";
	struct bench b = { .loop = loop_new_virtual(1, 1795222923004000000) };

	log_quiet(true);
	if (mkdtemp(dir) == NULL)
		fatal("%s", dir);
	snprintf(b.path, sizeof(b.path), "%s/ledger.db", dir);
	b.ledger = ledger_open(b.path);
	records_flush(&b.records);
	is_i64(entries(&b), 0, "none yet");
	test_kinds(&b);
	test_loop(&b);
	test_flood(&b);
	ledger_close(b.ledger);
	loop_free(b.loop);
	unlink(b.path);
	rmdir(dir);
	return tap_done();
}
