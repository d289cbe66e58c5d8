/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg_store.c: series, to and from store. */
#include "ipc/wire.h"

static void
series_plan_fields(struct wire *w, struct msg_series_plan *m)
{
	word(w, &m->op, SERIES_PLAN_BEGIN, SERIES_PLAN_END);
	STR(w, m->profile);
	u32(w, &m->flush_s);
	u64(w, &m->journal_max);
	u32(w, &m->journal_keep_s);
	u32(w, &m->boot);
	u32(w, &m->number);
	STR(w, m->ref);
}

static void
series_read_fields(struct wire *w, struct msg_series_read *m)
{
	int i;

	i64(w, &m->from_s);
	i64(w, &m->to_s);
	u32(w, &m->points);
	STR(w, m->cf);
	word(w, &m->n, 0, SERIES_READ_MAX);
	for (i = 0; i < m->n && !w->in.bad; i++)
		STR(w, m->ref[i]);
}

static void
series_rows_fields(struct wire *w, struct msg_series_rows *m)
{
	uint32_t bytes = w->out != NULL ? m->rows * m->columns * 8 : 0;

	u32(w, &m->step_s);
	i64(w, &m->first_s);
	u8(w, &m->columns);
	u32(w, &m->rows);
	rest(w, &m->values, &bytes);
	if (w->out == NULL && (uint64_t)m->rows * m->columns * 8 != bytes)
		w->in.bad = true;
}

static void
end_fields(struct wire *w, struct msg_end *m)
{
	word(w, &m->ok, 0, 1);
	word(w, &m->busy, 0, 1);
	u32(w, &m->count);
	STR(w, m->error);
}

static void
flush_fields(struct wire *w, struct msg_flush *m)
{
	STR(w, m->ref);
}

static void
durable_fields(struct wire *w, struct msg_durable *m)
{
	u64(w, &m->seq);
	u64(w, &m->records);
	u64(w, &m->frames);
}

static void
store_state_fields(struct wire *w, struct msg_store_state *m)
{
	word(w, &m->ok, 0, 1);
	STR(w, m->text);
}

MSG_DEFINE(series_plan)
MSG_DEFINE(series_read)
MSG_DEFINE(series_rows)
MSG_DEFINE(end)
MSG_DEFINE(flush)
MSG_DEFINE(durable)
MSG_DEFINE(store_state)
