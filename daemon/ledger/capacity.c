/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capacity.c: what is known of the capacity of lines, in the form that live/capacity.c knows. */
#include "ledger/ledger.h"

#include "ledger/sql.h"

int
ledger_capacity_put(struct ledger *l, uint32_t series, int64_t wall_ns, const struct buf *state)
{
	struct sql q = sql_start(l, SQL_CAPACITY_PUT, "INSERT OR REPLACE INTO capacity VALUES (?, ?, ?)");

	sql_u64(&q, series);
	sql_i64(&q, wall_ns);
	sql_blob(&q, state->data, state->len);
	return sql_run(&q);
}

int
ledger_capacity_get(struct ledger *l, uint32_t series, void (*cb)(void *, const void *, size_t), void *arg)
{
	struct sql  q = sql_start(l, SQL_CAPACITY_GET, "SELECT state FROM capacity WHERE series = ?");
	const void *state;
	size_t	    len;

	sql_u64(&q, series);
	if (sql_row(&q)) {
		state = sql_get_blob(&q, &len);
		cb(arg, state, len);
	}
	return sql_finish(&q);
}

int
ledger_capacity_trim(struct ledger *l, int64_t older_than_ns)
{
	struct sql q = sql_start(l, SQL_CAPACITY_TRIM, "DELETE FROM capacity WHERE at_ns < ?");

	sql_i64(&q, older_than_ns);
	return sql_run(&q);
}
