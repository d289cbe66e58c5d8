/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * msg.c: each message is described once, as a list of fields; the same list writes and reads it.
 * A `struct wire` either has an `out` buffer (writing: the fields are only looked at) or reads from `in`.
 */
#include "ipc/msg.h"

#include <math.h>
#include <stdlib.h>

struct wire {
	struct buf   *out;	/* NULL: reading */
	struct cursor in;
};

const char *const process_names[PROCESSES] = {
	[PROCESS_PARENT] = "parent", [PROCESS_CHECK] = "check", [PROCESS_MEASURE] = "measure",
	[PROCESS_STORE] = "store", [PROCESS_CORE] = "core", [PROCESS_PUBLISH] = "publish",
	[PROCESS_TRAP] = "trap",
};

static void
u8(struct wire *w, uint8_t *v)
{
	if (w->out != NULL)
		buf_u8(w->out, *v);
	else
		*v = cursor_u8(&w->in);
}

static void
u16(struct wire *w, uint16_t *v)
{
	if (w->out != NULL)
		buf_u16le(w->out, *v);
	else
		*v = cursor_u16le(&w->in);
}

static void
u32(struct wire *w, uint32_t *v)
{
	if (w->out != NULL)
		buf_u32le(w->out, *v);
	else
		*v = cursor_u32le(&w->in);
}

static void
u64(struct wire *w, uint64_t *v)
{
	if (w->out != NULL)
		buf_u64le(w->out, *v);
	else
		*v = cursor_u64le(&w->in);
}

static void
i64(struct wire *w, int64_t *v)
{
	uint64_t u = (uint64_t)*v;

	u64(w, &u);
	*v = (int64_t)u;
}

static void
f32(struct wire *w, float *v)
{
	if (w->out != NULL)
		buf_f32le(w->out, *v);
	else
		*v = cursor_f32le(&w->in);
}

static void
str(struct wire *w, char *s, size_t size)
{
	if (w->out != NULL)
		buf_str(w->out, s);
	else
		cursor_str(&w->in, s, size);
}
#define STR(w, array) str(w, array, sizeof(array))

/* A word that must lie within [min, max]. */
static void
word(struct wire *w, uint8_t *v, uint8_t min, uint8_t max)
{
	u8(w, v);
	if (*v < min || *v > max)
		w->in.bad = true;
}

static void
bytes(struct wire *w, uint8_t *v, size_t n)
{
	const uint8_t *p;

	if (w->out != NULL)
		buf_bytes(w->out, v, n);
	else if ((p = cursor_bytes(&w->in, n)) != NULL)
		memcpy(v, p, n);
}

static void
addr(struct wire *w, struct addr *a)
{
	u8(w, &a->family);
	bytes(w, a->byte, sizeof(a->byte));
	if (a->family != 0 && a->family != 4 && a->family != 6)
		w->in.bad = true;
}

/* Bytes that end the message, borrowed from the frame. */
static void
rest(struct wire *w, const uint8_t **p, uint32_t *len)
{
	if (w->out != NULL) {
		buf_bytes(w->out, *p, *len);
		return;
	}
	*len = (uint32_t)cursor_left(&w->in);
	*p = cursor_bytes(&w->in, *len);
}

/* ---- the messages ---- */

static void
hello_fields(struct wire *w, struct msg_hello *m)
{
	word(w, &m->process, 0, PROCESSES - 1);
	STR(w, m->instance);
	u32(w, &m->pid);
}

static void
file_fields(struct wire *w, struct msg_file *m)
{
	word(w, &m->what, 0, INPUT_PROFILE);
	STR(w, m->name);
}

/* Fields are pointers: writing follows them, reading points them into the message's own store. */
static void
row_fields(struct wire *w, struct msg_row *m)
{
	size_t used = 0;
	char  *at;
	int    i;

	word(w, &m->what, 0, INPUT_PROFILE);
	u32(w, &m->line);
	word(w, &m->nfields, 0, ROW_FIELDS_MAX);
	for (i = 0; i < m->nfields && !w->in.bad; i++) {
		if (w->out != NULL) {
			buf_str(w->out, m->field[i]);
			continue;
		}
		at = m->store + used;
		m->field[i] = at;
		cursor_str(&w->in, at, sizeof(m->store) - used);
		used += strlen(at) + 1;
		if (used >= sizeof(m->store))
			w->in.bad = true;
	}
}

static void
conf_error_fields(struct wire *w, struct msg_conf_error *m)
{
	STR(w, m->file);
	u32(w, &m->line);
	u32(w, &m->column);
	STR(w, m->text);
}

static void
conf_end_fields(struct wire *w, struct msg_conf_end *m)
{
	int i;

	u32(w, &m->errors);
	u32(w, &m->rows);
	for (i = 0; i < INPUT_KINDS; i++)
		u32(w, &m->count[i]);
	u32(w, &m->profiles);
}

static void
engine_fields(struct wire *w, struct msg_engine *m)
{
	STR(w, m->data_dir);
	STR(w, m->socket);
	STR(w, m->user);
	STR(w, m->ns);
	word(w, &m->traps, 0, 1);
	STR(w, m->traps_listen);
	u16(w, &m->traps_port);
}

static void
instance_fields(struct wire *w, struct msg_instance *m)
{
	STR(w, m->name);
	STR(w, m->netns);
}

static void
plan_fields(struct wire *w, struct msg_plan *m)
{
	u32(w, &m->generation);
	u32(w, &m->targets);
}

static void
target_fields(struct wire *w, struct msg_target *m)
{
	word(w, &m->kind, TARGET_PROBE, TARGET_SNMP);
	u32(w, &m->number);
	STR(w, m->ref);
	STR(w, m->method);
	addr(w, &m->address);
	u16(w, &m->port);
	u32(w, &m->interval_ms);
	u32(w, &m->timeout_ms);
	STR(w, m->credential);
	STR(w, m->profile);
}

static void
port_fields(struct wire *w, struct msg_port *m)
{
	u32(w, &m->device);
	u32(w, &m->number);
	u32(w, &m->link);
	STR(w, m->name);
}

static void
mac(struct wire *w, struct msg_port_found *m)
{
	const uint8_t *p;

	word(w, &m->mac_len, 0, PORT_MAC_MAX);
	if (w->out != NULL)
		buf_bytes(w->out, m->mac, sizeof(m->mac));
	else if ((p = cursor_bytes(&w->in, sizeof(m->mac))) != NULL)
		memcpy(m->mac, p, sizeof(m->mac));
}

static void
port_found_fields(struct wire *w, struct msg_port_found *m)
{
	u32(w, &m->device);
	u32(w, &m->if_index);
	u32(w, &m->if_type);
	STR(w, m->name);
	STR(w, m->alias);
	STR(w, m->descr);
	STR(w, m->neighbour);
	u64(w, &m->speed_bps);
	mac(w, m);
}

static void
ports_end_fields(struct wire *w, struct msg_ports_end *m)
{
	u32(w, &m->device);
	u32(w, &m->ports);
	u64(w, &m->hardware);
	if (m->ports > PORTS_MAX)
		w->in.bad = true;
}

static void
probe_now_fields(struct wire *w, struct msg_probe_now *m)
{
	int i;

	u16(w, &m->rounds);
	u32(w, &m->deadline_ms);
	u16(w, &m->n);
	if (m->n > PROBE_NOW_MAX)
		w->in.bad = true;
	for (i = 0; i < m->n && !w->in.bad; i++)
		u32(w, &m->number[i]);
}

static void
probe_done_fields(struct wire *w, struct msg_probe_done *m)
{
	int i;

	u16(w, &m->n);
	if (m->n > PROBE_NOW_MAX)
		w->in.bad = true;
	for (i = 0; i < m->n && !w->in.bad; i++) {
		u32(w, &m->done[i].number);
		word(w, &m->done[i].verdict, PROBE_UNKNOWN, PROBE_FAILED);
		u16(w, &m->done[i].sent);
		u16(w, &m->done[i].answered);
		f32(w, &m->done[i].rtt_s);
	}
}

static void
target_state_fields(struct wire *w, struct msg_target_state *m)
{
	u32(w, &m->number);
	word(w, &m->state, TARGET_ANSWERING, TARGET_FLAWED);
	i64(w, &m->wall_ns);
	STR(w, m->reason);
	STR(w, m->name);
}

static void
neighbour_fields(struct wire *w, struct msg_neighbour *m)
{
	u32(w, &m->device);
	word(w, &m->source, NEIGHBOUR_LLDP, NEIGHBOUR_SOURCES - 1);
	word(w, &m->end, 0, 1);
	STR(w, m->port);
	bytes(w, m->mac, sizeof(m->mac));
	addr(w, &m->address);
	STR(w, m->name);
	STR(w, m->chassis);
	STR(w, m->remote_port);
	STR(w, m->descr);
}

static void
discover_fields(struct wire *w, struct msg_discover *m)
{
	int i;

	u16(w, &m->rate_ps);
	if (m->rate_ps > DISCOVER_RATE_MAX)
		w->in.bad = true;
	u16(w, &m->port);
	u32(w, &m->timeout_ms);
	u32(w, &m->deadline_ms);
	STR(w, m->version);
	word(w, &m->ncredentials, 0, DISCOVER_CREDENTIALS_MAX);
	for (i = 0; i < m->ncredentials && !w->in.bad; i++)
		STR(w, m->credential[i]);
	word(w, &m->n, 0, DISCOVER_ADDRESSES_MAX);
	for (i = 0; i < m->n && !w->in.bad; i++)
		addr(w, &m->address[i]);
}

static void
discovered_fields(struct wire *w, struct msg_discovered *m)
{
	int i;

	addr(w, &m->address);
	word(w, &m->echo, 0, 1);
	word(w, &m->snmp, 0, 1);
	f32(w, &m->rtt_s);
	word(w, &m->credential, 0, DISCOVER_CREDENTIALS_MAX - 1);
	STR(w, m->name);
	STR(w, m->object_id);
	STR(w, m->descr);
	STR(w, m->engine_id);
	word(w, &m->nmacs, 0, DISCOVERED_MACS_MAX);
	for (i = 0; i < m->nmacs && !w->in.bad; i++)
		bytes(w, m->mac[i], sizeof(m->mac[i]));
	word(w, &m->naddresses, 0, DISCOVERED_ADDRESSES_MAX);
	for (i = 0; i < m->naddresses && !w->in.bad; i++) {
		addr(w, &m->own[i].address);
		STR(w, m->own[i].port);
	}
}

static void
discover_end_fields(struct wire *w, struct msg_discover_end *m)
{
	word(w, &m->asked, 0, DISCOVER_ADDRESSES_MAX);
	STR(w, m->error);
}

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

static void
broker_plan_fields(struct wire *w, struct msg_broker_plan *m)
{
	word(w, &m->enabled, 0, 1);
	STR(w, m->host);
	u16(w, &m->port);
	STR(w, m->ns);
	STR(w, m->node);
	u32(w, &m->boot);
	STR(w, m->username);
	STR(w, m->password_file);
	STR(w, m->ca_file);
	STR(w, m->version);
	u32(w, &m->window);
	u64(w, &m->seq);
}

static void
outbox_item_fields(struct wire *w, struct msg_outbox_item *m)
{
	u64(w, &m->id);
	u64(w, &m->seq);
	word(w, &m->qos, 0, 2);
	word(w, &m->retain, 0, 1);
	u32(w, &m->expiry_s);
	STR(w, m->topic);
	rest(w, &m->payload, &m->payload_len);
}

static void
outbox_done_fields(struct wire *w, struct msg_outbox_done *m)
{
	u64(w, &m->id);
	word(w, &m->ok, 0, 1);
	STR(w, m->reason);
}

static void
broker_state_fields(struct wire *w, struct msg_broker_state *m)
{
	word(w, &m->connected, 0, 1);
	word(w, &m->refuses, 0, 1);
	STR(w, m->text);
}

static void
counters_fields(struct wire *w, struct msg_counters *m)
{
	int i;

	u16(w, &m->n);
	if (m->n > COUNTERS_MAX)
		w->in.bad = true;
	for (i = 0; i < m->n && !w->in.bad; i++) {
		STR(w, m->c[i].name);
		u64(w, &m->c[i].value);
	}
}

/* ---- profiles and sensors ---- */

/* A number that is one: what is unknown has no place in a profile. */
static void
f64(struct wire *w, double *v)
{
	if (w->out != NULL)
		buf_f64le(w->out, *v);
	else if (!isfinite(*v = cursor_f64le(&w->in)))
		w->in.bad = true;
}

static void
oid(struct wire *w, struct msg_oid *o)
{
	word(w, &o->n, 0, OID_ARCS_MAX);
	for (int i = 0; i < o->n && !w->in.bad; i++)
		u32(w, &o->arc[i]);
}

static void
raws(struct wire *w, struct msg_raws *r)
{
	word(w, &r->n, 0, PROFILE_LIST_MAX);
	for (int i = 0; i < r->n && !w->in.bad; i++)
		f64(w, &r->v[i]);
}

static void
limits(struct wire *w, struct msg_limits *l)
{
	f64(w, &l->low_warn);
	f64(w, &l->low_crit);
	f64(w, &l->high_warn);
	f64(w, &l->high_crit);
}

static void
profile_fields(struct wire *w, struct msg_profile *m)
{
	STR(w, m->name);
	STR(w, m->help);
	word(w, &m->nmatches, 0, PROFILE_LIST_MAX);
	for (int i = 0; i < m->nmatches && !w->in.bad; i++)
		oid(w, &m->match[i]);
	word(w, &m->nincludes, 0, PROFILE_LIST_MAX);
	for (int i = 0; i < m->nincludes && !w->in.bad; i++)
		STR(w, m->include[i]);
}

static void
profile_table_fields(struct wire *w, struct msg_profile_table *m)
{
	STR(w, m->name);
	STR(w, m->help);
	oid(w, &m->entry);
	word(w, &m->scalar, 0, 1);
	word(w, &m->index_text, 0, 1);
	u32(w, &m->label);
	word(w, &m->port, 0, PROFILE_PORTS - 1);
	u32(w, &m->port_column);
	u32(w, &m->every_s);
	u32(w, &m->rows_max);
	word(w, &m->of_ports, 0, 1);
}

static void
profile_value_fields(struct wire *w, struct msg_profile_value *m)
{
	u16(w, &m->table);
	STR(w, m->name);
	STR(w, m->help);
	u32(w, &m->column);
	word(w, &m->type, 0, PROFILE_TYPES - 1);
	word(w, &m->host, 0, PROFILE_HOSTS - 1);
	f64(w, &m->factor);
	f64(w, &m->offset);
	f64(w, &m->wrap);
	f64(w, &m->min);
	f64(w, &m->max);
	raws(w, &m->none);
	raws(w, &m->ok);
	raws(w, &m->warn);
	raws(w, &m->bad);
	word(w, &m->skip_none, 0, 1);
	word(w, &m->octets, 0, 1);
	u32(w, &m->where_column);
	raws(w, &m->where);
	word(w, &m->nper, 0, PROFILE_PER_MAX);
	for (int i = 0; i < m->nper && !w->in.bad; i++)
		u32(w, &m->per[i]);
	limits(w, &m->limits);
}

static void
sensor_fields(struct wire *w, struct msg_sensor *m)
{
	u32(w, &m->device);
	u32(w, &m->number);
	STR(w, m->name);
}

static void
sensor_found_fields(struct wire *w, struct msg_sensor_found *m)
{
	u32(w, &m->device);
	STR(w, m->name);
	STR(w, m->help);
	STR(w, m->port);
	u32(w, &m->if_index);
	word(w, &m->type, 0, PROFILE_TYPES - 1);
	limits(w, &m->limits);
}

static void
trap_plan_fields(struct wire *w, struct msg_trap_plan *m)
{
	word(w, &m->op, TRAP_PLAN_BEGIN, TRAP_PLAN_END);
	u32(w, &m->source_per_s);
	u32(w, &m->source_burst);
	u32(w, &m->total_per_s);
	u32(w, &m->queue);
	addr(w, &m->source);
}

static void
trap_fields(struct wire *w, struct msg_trap *m)
{
	addr(w, &m->source);
	i64(w, &m->wall_ns);
	word(w, &m->version, 1, 3);
	word(w, &m->inform, 0, 1);
	u8(w, &m->kind);
	STR(w, m->oid);
	u32(w, &m->ticks);
	addr(w, &m->agent);
	u32(w, &m->if_index);
	STR(w, m->if_name);
}

static void
trap_stranger_fields(struct wire *w, struct msg_trap_stranger *m)
{
	word(w, &m->place, 0, TRAP_STRANGERS - 1);
	addr(w, &m->source);
	word(w, &m->refusal, TRAP_UNKNOWN_SOURCE, TRAP_REFUSALS - 1);
	u64(w, &m->count);
	i64(w, &m->first_ns);
	i64(w, &m->last_ns);
	word(w, &m->version, 0, 3);
	STR(w, m->what);
	addr(w, &m->agent);
}

static void
trap_state_fields(struct wire *w, struct msg_trap_state *m)
{
	STR(w, m->listens);
	STR(w, m->community_trouble);
	STR(w, m->users_trouble);
}

static void
poll_now_fields(struct wire *w, struct msg_poll_now *m)
{
	u32(w, &m->number);
}

static void
profile_test_fields(struct wire *w, struct msg_profile_test *m)
{
	u32(w, &m->device);
	STR(w, m->profile);
}

static void
profile_tested_fields(struct wire *w, struct msg_profile_tested *m)
{
	STR(w, m->table);
	STR(w, m->name);
	STR(w, m->raw);
	STR(w, m->port);
	STR(w, m->why);
	word(w, &m->known, 0, 1);
	f64(w, &m->value);
	word(w, &m->left_out, 0, 1);
	word(w, &m->type, 0, PROFILE_TYPES - 1);
	limits(w, &m->limits);
}

static void
profile_test_end_fields(struct wire *w, struct msg_profile_test_end *m)
{
	STR(w, m->profile);
	STR(w, m->error);
}

/* Writing never changes the message, so taking its const away is safe. */
#define MSG_DEFINE(name) \
void \
msg_##name##_encode(struct buf *b, const struct msg_##name *m) \
{ \
	struct wire w = { .out = b }; \
	name##_fields(&w, (struct msg_##name *)(uintptr_t)m); \
} \
int \
msg_##name##_decode(struct msg_##name *m, const uint8_t *data, size_t len) \
{ \
	struct wire w = { .in = cursor_of(data, len) }; \
	name##_fields(&w, m); \
	return cursor_is_done(&w.in) ? 0 : -1; \
} \
int \
msg_##name##_send(struct ipc_channel *ch, uint16_t type, uint32_t token, const struct msg_##name *m, int fd) \
{ \
	struct buf b = { 0 }; \
	int	   rc; \
	msg_##name##_encode(&b, m); \
	rc = ipc_send(ch, type, token, b.data, b.len, fd); \
	buf_free(&b); \
	return rc; \
}

MSG_DEFINE(hello)
MSG_DEFINE(file)
MSG_DEFINE(row)
MSG_DEFINE(conf_error)
MSG_DEFINE(conf_end)
MSG_DEFINE(engine)
MSG_DEFINE(instance)
MSG_DEFINE(plan)
MSG_DEFINE(target)
MSG_DEFINE(port)
MSG_DEFINE(port_found)
MSG_DEFINE(ports_end)
MSG_DEFINE(probe_now)
MSG_DEFINE(probe_done)
MSG_DEFINE(target_state)
MSG_DEFINE(neighbour)
MSG_DEFINE(discover)
MSG_DEFINE(discovered)
MSG_DEFINE(discover_end)
MSG_DEFINE(series_plan)
MSG_DEFINE(series_read)
MSG_DEFINE(series_rows)
MSG_DEFINE(end)
MSG_DEFINE(flush)
MSG_DEFINE(durable)
MSG_DEFINE(store_state)
MSG_DEFINE(broker_plan)
MSG_DEFINE(outbox_item)
MSG_DEFINE(outbox_done)
MSG_DEFINE(broker_state)
MSG_DEFINE(counters)
MSG_DEFINE(profile)
MSG_DEFINE(profile_table)
MSG_DEFINE(profile_value)
MSG_DEFINE(sensor)
MSG_DEFINE(sensor_found)
MSG_DEFINE(trap_plan)
MSG_DEFINE(trap)
MSG_DEFINE(trap_stranger)
MSG_DEFINE(trap_state)
MSG_DEFINE(poll_now)
MSG_DEFINE(profile_test)
MSG_DEFINE(profile_tested)
MSG_DEFINE(profile_test_end)

void
msg_counters_add(struct msg_counters *m, const char *name, uint64_t value)
{
	if (m->n == COUNTERS_MAX)
		return;
	text_copy(m->c[m->n].name, sizeof(m->c[m->n].name), name);
	m->c[m->n++].value = value;
}
