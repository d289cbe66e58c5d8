/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg_publish.c: to and from publish. */
#include "ipc/wire.h"

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

MSG_DEFINE(broker_plan)
MSG_DEFINE(outbox_item)
MSG_DEFINE(outbox_done)
MSG_DEFINE(broker_state)
