/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.c: the configuration that is in force, as core has been given it. */
#include "ledger/ledger.h"

#include "ledger/sql.h"

int
ledger_config_put(struct ledger *l, int64_t wall_ns, const struct buf *rows)
{
	struct sql q = sql_start(l, SQL_CONFIG_PUT,
	    "INSERT INTO config (id, at_ns, rows) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE"
	    " SET at_ns = excluded.at_ns, rows = excluded.rows WHERE rows IS NOT excluded.rows");

	sql_i64(&q, wall_ns);
	sql_blob(&q, rows->data, rows->len);
	return sql_run(&q);
}

int
ledger_config_get(struct ledger *l, int64_t *wall_ns, struct buf *rows)
{
	struct sql  q = sql_start(l, SQL_CONFIG_GET, "SELECT at_ns, rows FROM config");
	const void *p;
	size_t	    len;
	bool	    found = sql_row(&q);

	if (found) {
		*wall_ns = sql_get_i64(&q);
		p = sql_get_blob(&q, &len);
		buf_bytes(rows, p, len);
	}
	return sql_finish(&q) == 0 && found ? 0 : -1;
}
