/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg_trap.c: to and from the process trap. */
#include "ipc/wire.h"

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

MSG_DEFINE(trap_plan)
MSG_DEFINE(trap)
MSG_DEFINE(trap_stranger)
MSG_DEFINE(trap_state)
