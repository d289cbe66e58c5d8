/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refusals in the audit log: who, what, how often; and no more of them than there may be. */
#include "ctl/refusals.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/tap.h"

#define MINUTE_NS (60 * NS_PER_S)

struct bench {
	struct loop    *loop;
	struct ledger  *ledger;
	struct refusals refusals;
	char		path[64];
};

static void
note(struct bench *b, uid_t uid, const char *who, const char *op, unsigned times)
{
	while (times-- > 0)
		refusals_note(&b->refusals, b->loop, b->ledger, uid, who, op);
}

static void
after(struct bench *b, int64_t ns)
{
	loop_run_until(b->loop, loop_mono_ns(b->loop) + ns);
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
	b->refusals.ledger = b->ledger = ledger_open(b->path);
	return out;
}

static void
test_one(struct bench *b)
{
	char out[200];

	note(b, 1000, "uid 1000", "flush", 1);
	is_i64(entries(b), 1, "the first refusal is written at once");
	is_text(last_entry(b, out, sizeof(out)), "uid 1000 refused flush {\"uid\":1000,\"count\":1}",
	    "who asked for what");
	note(b, 1000, "uid 1000", "flush", 5000);
	is_i64(entries(b), 1, "repetitions are not");
	note(b, 1000, "uid 1000", "reload", 1);
	note(b, 901, "operator1", "flush", 1);
	note(b, 901, "operator2", "flush", 1);
	is_i64(entries(b), 4, "another operation, another peer, another user of the web server are");
	after(b, MINUTE_NS);
	is_i64(entries(b), 5, "a minute later the repetitions are one entry");
	is_text(last_entry(b, out, sizeof(out)), "uid 1000 refused flush {\"uid\":1000,\"count\":5000}",
	    "with their count");
	after(b, MINUTE_NS);
	is_i64(entries(b), 5, "and that is all");
	note(b, 1000, "uid 1000", "flush", 2);
	is_i64(entries(b), 6, "the next one is a first one again");
	refusals_flush(&b->refusals);
	is_i64(entries(b), 7, "at the end what is counted is written");
}

/* Somebody who may name whom he speaks for names another each time. */
static void
test_flood(struct bench *b)
{
	int64_t	 before = entries(b);
	unsigned i, minute;
	char	 who[32], out[200];

	for (minute = 0; minute < 3; minute++) {
		for (i = 0; i < 2000; i++) {
			snprintf(who, sizeof(who), "user%u", i % 1000);
			note(b, 901, who, "flush", 1);
		}
		note(b, 1000, "uid 1000", "reload", 1);
		if (minute == 0)
			is_text(last_entry(b, out, sizeof(out)),
			    "uid 1000 refused reload {\"uid\":1000,\"count\":1}", "a flood hides no other peer");
		after(b, MINUTE_NS);
	}
	is_i64(entries(b) - before, 3 * (2 * REFUSALS_PEER_MAX + 2), "a peer has so many entries in a minute");
	is_text(last_entry(b, out, sizeof(out)), "others refused  {\"uid\":901,\"count\":1992}",
	    "the rest of what it was refused is counted together");
}

static void
test_many_peers(struct bench *b)
{
	int64_t	 before = entries(b);
	unsigned i;
	char	 who[32], out[200];

	for (i = 0; i < 2000; i++) {
		snprintf(who, sizeof(who), "uid %u", 2000 + i % 1000);
		note(b, 2000 + i % 1000, who, "flush", 1);
	}
	after(b, MINUTE_NS);
	is_i64(entries(b) - before, 2 * REFUSALS_MAX + 1, "all together have so many entries at most");
	is_text(last_entry(b, out, sizeof(out)), "others refused  {\"count\":1968}",
	    "the rest is counted together");
}

int
main(void)
{
	char	     dir[] = "/tmp/simpul-refusals.XXXXXX";
	struct bench b = { .loop = loop_new_virtual(1, 1795222923004000000) };

	log_quiet(true);
	if (mkdtemp(dir) == NULL)
		fatal("%s", dir);
	snprintf(b.path, sizeof(b.path), "%s/ledger.db", dir);
	b.ledger = ledger_open(b.path);
	refusals_flush(&b.refusals);
	is_i64(entries(&b), 0, "none yet");
	test_one(&b);
	test_flood(&b);
	test_many_peers(&b);
	ledger_close(b.ledger);
	loop_free(b.loop);
	unlink(b.path);
	rmdir(dir);
	return tap_done();
}
