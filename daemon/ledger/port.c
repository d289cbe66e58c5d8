/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port.c: identities of ports, the links that they carry, and the questions about them. */
#include "ledger/ledger.h"

#include <string.h>

#include "ledger/sql.h"

int
ledger_port_put(struct ledger *l, const struct ledger_port *p)
{
	struct sql q = sql_start(l, SQL_PORT_PUT,
	    "INSERT OR REPLACE INTO port VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	sql_u64(&q, p->number);
	sql_text(&q, p->device);
	sql_text(&q, p->id.name);
	sql_text(&q, p->id.alias);
	sql_blob(&q, p->id.mac, p->id.mac_len);
	sql_text(&q, p->id.neighbour);
	sql_u64(&q, p->id.if_type);
	sql_u64(&q, p->id.if_index);
	sql_i64(&q, p->state);
	sql_i64(&q, p->first_ns);
	sql_i64(&q, p->last_ns);
	sql_i64(&q, p->since_ns);
	return sql_run(&q);
}

static void
mac_read(struct sql *q, struct port_identity *id)
{
	size_t	    len;
	const void *mac = sql_get_blob(q, &len);

	id->mac_len = (uint8_t)(len <= PORT_MAC_MAX ? len : 0);
	memcpy(id->mac, mac, id->mac_len);
}

int
ledger_port_each(struct ledger *l, void (*cb)(void *, const struct ledger_port *), void *arg)
{
	struct sql	   q = sql_start(l, SQL_PORT_EACH,
	    "SELECT series, device, if_index, type, state, first_ns, last_ns, since_ns, mac, name, alias, neighbour"
	    " FROM port ORDER BY series");
	char		   name[PORT_TEXT_MAX], alias[PORT_TEXT_MAX], neighbour[PORT_TEXT_MAX];
	struct ledger_port p = { .id = { .name = name, .alias = alias, .neighbour = neighbour } };

	while (sql_row(&q)) {
		p.number = (uint32_t)sql_get_u64(&q);
		sql_get_text(&q, p.device, sizeof(p.device));
		p.id.if_index = (uint32_t)sql_get_u64(&q);
		p.id.if_type = (uint32_t)sql_get_u64(&q);
		p.state = (uint8_t)sql_get_u64(&q);
		if (p.state >= PORT_STATES)
			p.state = PORT_GONE;
		p.first_ns = sql_get_i64(&q);
		p.last_ns = sql_get_i64(&q);
		p.since_ns = sql_get_i64(&q);
		mac_read(&q, &p.id);
		sql_get_text(&q, name, sizeof(name));
		sql_get_text(&q, alias, sizeof(alias));
		sql_get_text(&q, neighbour, sizeof(neighbour));
		cb(arg, &p);
	}
	return sql_finish(&q);
}

int
ledger_port_bind(struct ledger *l, const char *link, const char *device, const char *name, uint32_t series)
{
	struct sql q;

	if (series == 0) {
		q = sql_start(l, SQL_PORT_UNBIND, "DELETE FROM port_link WHERE link = ?");
		sql_text(&q, link);
		return sql_run(&q);
	}
	q = sql_start(l, SQL_PORT_BIND, "INSERT OR REPLACE INTO port_link VALUES (?, ?, ?, ?)");
	sql_text(&q, link);
	sql_text(&q, device);
	sql_text(&q, name);
	sql_u64(&q, series);
	return sql_run(&q);
}

int
ledger_port_bound_each(struct ledger *l,
    void (*cb)(void *, const char *, const char *, const char *, uint32_t), void *arg)
{
	struct sql  q = sql_start(l, SQL_PORT_BOUND_EACH, "SELECT series, link, device, name FROM port_link");
	const char *link, *device;
	uint32_t    series;

	while (sql_row(&q)) {
		series = (uint32_t)sql_get_u64(&q);
		link = sql_get(&q);
		device = sql_get(&q);
		cb(arg, link, device, sql_get(&q), series);
	}
	return sql_finish(&q);
}

static int
question_add(struct ledger *l, struct ledger_question *v)
{
	struct sql q = sql_start(l, SQL_QUESTION_ADD,
	    "INSERT INTO port_question (series, why, asked_ns, answered_ns, answer, who) VALUES (?, ?, ?, ?, ?, ?)");

	sql_u64(&q, v->series);
	sql_text(&q, v->why);
	sql_i64(&q, v->asked_ns);
	sql_i64(&q, v->answered_ns);
	sql_text(&q, v->answer);
	sql_text(&q, v->who);
	if (sql_run(&q) == -1)
		return -1;
	v->id = (uint64_t)sqlite3_last_insert_rowid(l->db);
	return 0;
}

int
ledger_question_put(struct ledger *l, struct ledger_question *v)
{
	struct sql q;

	if (v->id == 0)
		return question_add(l, v);
	q = sql_start(l, SQL_QUESTION_ANSWER,
	    "UPDATE port_question SET answered_ns = ?, answer = ?, who = ? WHERE id = ?");
	sql_i64(&q, v->answered_ns);
	sql_text(&q, v->answer);
	sql_text(&q, v->who);
	sql_u64(&q, v->id);
	return sql_run(&q);
}

int
ledger_question_remove(struct ledger *l, uint64_t id)
{
	struct sql q = sql_start(l, SQL_QUESTION_REMOVE, "DELETE FROM port_question WHERE id = ?");

	sql_u64(&q, id);
	return sql_run(&q);
}

#define QUESTIONS "SELECT id, series, why, asked_ns, answered_ns, answer, who FROM port_question"

int
ledger_question_each(struct ledger *l, bool open_only, void (*cb)(void *, const struct ledger_question *),
    void *arg)
{
	struct sql	       q = open_only ?
	    sql_start(l, SQL_QUESTION_EACH_OPEN, QUESTIONS " WHERE answered_ns = 0 ORDER BY id") :
	    sql_start(l, SQL_QUESTION_EACH, QUESTIONS " ORDER BY id");
	struct ledger_question v;

	while (sql_row(&q)) {
		v.id = sql_get_u64(&q);
		v.series = (uint32_t)sql_get_u64(&q);
		sql_get_text(&q, v.why, sizeof(v.why));
		v.asked_ns = sql_get_i64(&q);
		v.answered_ns = sql_get_i64(&q);
		sql_get_text(&q, v.answer, sizeof(v.answer));
		sql_get_text(&q, v.who, sizeof(v.who));
		cb(arg, &v);
	}
	return sql_finish(&q);
}
