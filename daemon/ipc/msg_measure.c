/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg_measure.c: the plan of a measuring instance, and what it finds. */
#include "ipc/wire.h"

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
	addr(w, &m->source);
	STR(w, m->interface);
}

static void
target_words_fields(struct wire *w, struct msg_target_words *m)
{
	u32(w, &m->number);
	STR(w, m->ask);
	STR(w, m->expect);
}

static void
probe_fact_fields(struct wire *w, struct msg_probe_fact *m)
{
	u32(w, &m->number);
	STR(w, m->name);
	word(w, &m->has_value, 0, 1);
	f64(w, &m->value);
	STR(w, m->text);
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
poll_now_fields(struct wire *w, struct msg_poll_now *m)
{
	u32(w, &m->number);
}

MSG_DEFINE(plan)
MSG_DEFINE(target)
MSG_DEFINE(target_words)
MSG_DEFINE(probe_fact)
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
MSG_DEFINE(poll_now)
