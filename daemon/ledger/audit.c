/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * audit.c: who did what: entries are only ever added, and each carries the SHA-256 (FIPS 180-4) of the one
 * before and itself.
 *
 * Changing, inserting or leaving out an entry breaks the chain from there on. The number of entries ever
 * written is kept beside it, so a missing tail shows too. Someone who may rewrite the whole file can still
 * forge a whole new chain: for that the last hash has to be kept elsewhere.
 */
#include "ledger/ledger.h"

#include <openssl/evp.h>

#include "base/cursor.h"
#include "base/log.h"
#include "ledger/sql.h"

#define HASH_LEN 32

struct entry {
	uint64_t    id;		/* 1, 2, 3 ... */
	int64_t	    wall_ns;
	const char *text[4];	/* who, what, object, detail */
};

/* hash = SHA-256(previous hash, id, time, then each text with its length), little-endian. 0 or -1. */
static int
entry_hash(uint8_t hash[HASH_LEN], const uint8_t previous[HASH_LEN], const struct entry *e)
{
	struct buf b = { 0 };
	size_t	   i, len;
	int	   ok;

	buf_bytes(&b, previous, HASH_LEN);
	buf_u64le(&b, e->id);
	buf_u64le(&b, (uint64_t)e->wall_ns);
	for (i = 0; i < nitems(e->text); i++) {
		len = strlen(e->text[i]);
		buf_u32le(&b, (uint32_t)len);
		buf_bytes(&b, e->text[i], len);
	}
	ok = EVP_Digest(b.data, b.len, hash, NULL, EVP_sha256(), NULL);
	buf_free(&b);
	if (!ok)
		log_warnx("audit: libcrypto cannot do SHA-256");
	return ok ? 0 : -1;
}

static bool
get_hash(struct sql *q, uint8_t hash[HASH_LEN])
{
	size_t	    len;
	const void *p = sql_get_blob(q, &len);

	if (len != HASH_LEN)
		return false;
	memcpy(hash, p, HASH_LEN);
	return true;
}

static int
entry_add(struct ledger *l, const struct entry *e, const uint8_t hash[HASH_LEN])
{
	struct sql q = sql_start(l, SQL_AUDIT_ADD, "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)");
	size_t	   i;

	sql_u64(&q, e->id);
	sql_i64(&q, e->wall_ns);
	for (i = 0; i < nitems(e->text); i++)
		sql_text(&q, e->text[i]);
	sql_blob(&q, hash, HASH_LEN);
	return sql_run(&q);
}

int
ledger_audit(struct ledger *l, int64_t wall_ns, const char *who, const char *what, const char *object,
    const char *detail)
{
	struct sql   q = sql_start(l, SQL_AUDIT_LAST, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1");
	struct entry e = { .id = 1, .wall_ns = wall_ns, .text = { who, what, object, detail } };
	uint8_t	     previous[HASH_LEN] = { 0 }, hash[HASH_LEN];

	if (sql_row(&q)) {
		e.id = sql_get_u64(&q) + 1;
		get_hash(&q, previous);		/* a damaged one breaks the chain, which verify tells */
	}
	if (sql_finish(&q) == -1 || entry_hash(hash, previous, &e) == -1)
		return -1;
	return entry_add(l, &e, hash);
}

/* How many entries were ever written. 0 or -1. */
static int
entries_ever(struct ledger *l, uint64_t *n)
{
	struct sql q = sql_start(l, SQL_AUDIT_EVER, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'");

	*n = sql_row(&q) ? sql_get_u64(&q) : 0;
	return sql_finish(&q);
}

int64_t
ledger_audit_verify(struct ledger *l, uint64_t *bad)
{
	struct sql   q = sql_start(l, SQL_AUDIT_EACH,
	    "SELECT id, wall_ns, who, what, object, detail, hash FROM audit ORDER BY id");
	struct entry e;
	uint8_t	     previous[HASH_LEN] = { 0 }, hash[HASH_LEN], stored[HASH_LEN];
	const char  *text;
	uint64_t     ever, next = 1;
	size_t	     i;
	bool	     good = true;

	while (good && sql_row(&q)) {
		e.id = sql_get_u64(&q);
		e.wall_ns = sql_get_i64(&q);
		for (i = 0; i < nitems(e.text); i++)
			e.text[i] = (text = sql_get(&q)) != NULL ? text : "";
		good = e.id == next && get_hash(&q, stored) && entry_hash(hash, previous, &e) == 0 &&
		    memcmp(hash, stored, HASH_LEN) == 0;
		memcpy(previous, hash, HASH_LEN);
		next += good;
	}
	*bad = next;
	if (sql_finish(&q) == -1 || entries_ever(l, &ever) == -1)
		return -1;
	return good && next == ever + 1 ? (int64_t)ever : -1;
}
