/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strangers.c: see strangers.h. */
#include "trap/strangers.h"

/* Its place: where it stands already, else the one that was heard longest ago. */
static size_t
place_for(const struct strangers *s, const struct addr *source, enum trap_refusal refusal)
{
	size_t i, oldest = 0;

	for (i = 0; i < TRAP_STRANGERS; i++) {
		const struct msg_trap_stranger *m = &s->each[i].m;

		if (m->count > 0 && m->refusal == refusal && addr_equal(&m->source, source))
			return i;
		if (m->last_ns < s->each[oldest].m.last_ns)
			oldest = i;
	}
	return oldest;
}

static void
claims_note(struct msg_trap_stranger *m, const struct snmp_trap *t, const char *why)
{
	m->agent = (struct addr){ 0 };
	m->version = 0;
	if (t == NULL) {
		text_copy(m->what, sizeof(m->what), why);
		return;
	}
	m->agent = t->agent;
	m->version = t->message->version == SNMP_V1 ? 1 : 2;
	if (t->kind != TRAP_OTHER)
		text_copy(m->what, sizeof(m->what), trap_kind_words[t->kind]);
	else
		snmp_oid_text(m->what, sizeof(m->what), t->oid, t->oid_len);
}

void
strangers_note(struct strangers *s, const struct addr *source, enum trap_refusal refusal,
    const struct snmp_trap *t, const char *why, int64_t wall_ns)
{
	size_t			  i = place_for(s, source, refusal);
	struct msg_trap_stranger *m = &s->each[i].m;

	if (m->count == 0 || m->refusal != refusal || !addr_equal(&m->source, source))
		*m = (struct msg_trap_stranger){ .place = (uint8_t)i, .source = *source,
			.refusal = (uint8_t)refusal, .first_ns = wall_ns };
	m->count++;
	m->last_ns = wall_ns;
	claims_note(m, t, why);
	s->each[i].changed = true;
}

void
strangers_tell(struct strangers *s, struct ipc_channel *core, bool all)
{
	size_t i;

	for (i = 0; i < TRAP_STRANGERS; i++) {
		if (s->each[i].m.count == 0 || (!all && !s->each[i].changed))
			continue;
		s->each[i].changed =
		    msg_trap_stranger_send(core, IPC_TRAP_STRANGER, 0, &s->each[i].m, -1) == -1;
	}
}
