/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traps.c: see traps.h.
 *
 *	trap -> its device, by address -> entry (or one more of the last like it) -> POLL_NOW -> sample -> verdict
 *
 * Objects come and go with inventories, so entries know their device by number.
 */
#include "core/traps.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/snmp/trap.h"
#include "core/plan.h"
#include "core/private.h"
#include "core/probe.h"
#include "live/counters.h"

#define POLL_EVERY_NS (10 * NS_PER_S)	/* of a device, at most */
#define DUE_NS	      NS_PER_S
#define ANSWER_NS     (30 * NS_PER_S)	/* after the next regular poll, too, it is taken for lost */
#define LIKE_NS	      (60 * NS_PER_S)	/* the next like it within this is counted with it */
#define PROBE_ROUNDS  3

const char *const trap_verdict_words[TRAP_VERDICTS] = {
	"waiting", "polling", "port_up", "port_down", "answers", "no_answer"
};

struct trap_source {
	struct addr addr;
	uint32_t    number;	/* of a device; several may share an address */
};

const struct traps *
core_traps(const struct core *c)
{
	static const struct traps none;

	return c->traps != NULL ? c->traps : &none;
}

const char *
trap_kind_word(unsigned kind)
{
	return trap_kind_words[kind < TRAP_KINDS ? kind : TRAP_OTHER];
}

const struct trap_entry *
traps_last(const struct core *c, size_t i)
{
	const struct traps *t = core_traps(c);

	return i < t->n ? &t->entry[(t->newest + TRAPS_KEPT - i) % TRAPS_KEPT] : NULL;
}

/* ---- polls ---- */

static void
verdict_set(struct traps *t, struct trap_entry *e, enum trap_verdict verdict)
{
	t->waiting -= e->verdict == TRAP_WAITING;
	t->polling -= e->verdict == TRAP_POLLING;
	e->verdict = (uint8_t)verdict;
	t->waiting += verdict == TRAP_WAITING;
	t->polling += verdict == TRAP_POLLING;
}

/* The port that it speaks of, as far as we know it. */
static const struct port_live *
port_of(const struct device_live *d, const struct msg_trap *m)
{
	const struct port_live *p;

	for (p = d->ports; p != NULL; p = p->next)
		if (p->state == PORT_HERE && p->number != 0 && ((m->if_name[0] != '\0' && strcmp(p->id.name, m->if_name) == 0) ||
		    (m->if_index != 0 && p->id.if_index == m->if_index)))
			return p;
	return NULL;
}

static bool
is_about_links(const struct msg_trap *m)
{
	return m->kind == TRAP_LINK_DOWN || m->kind == TRAP_LINK_UP || m->kind == TRAP_COLD_START ||
	    m->kind == TRAP_WARM_START;
}

/* @param now  monotonic; what is asked in one moment is one poll */
static void
poll_ask(struct core *c, struct trap_entry *e, struct device_live *d, struct measure_peer *p, int64_t now)
{
	const struct port_live *port = port_of(d, &e->first);
	size_t			k;

	verdict_set(c->traps, e, TRAP_POLLING);
	e->of_port = port != NULL;
	for (port = port != NULL ? port : d->ports; port != NULL && port->number == 0;)
		port = port->next;
	e->awaited = port != NULL ? port->number : d->number;	/* any port shows that it answers */
	e->asked_ns = loop_wall_ns(c->loop);
	if (d->trap_ns == now)
		return;
	d->trap_ns = now;
	msg_poll_now_send(p->ch, IPC_POLL_NOW, 0, &(struct msg_poll_now){ .number = d->number }, -1);
	core_counter(c, "core/traps.polls")->value++;
	for (k = 0; is_about_links(&e->first) && k < d->site->nlinks; k++)
		core_probe_now(c, d->site->link[k], PROBE_ROUNDS);
}

/* Now, or when its time has come; an entry that nobody can poll any more waits until it is overwritten. */
static void
poll_try(struct core *c, struct trap_entry *e, int64_t now)
{
	struct device_live  *d = nmap_get(c->device_by_number, e->number);
	struct measure_peer *p = d != NULL ? core_measure_of(c, d->device->via) : NULL;

	if (p != NULL && p->ch != NULL &&
	    (d->trap_ns == 0 || d->trap_ns == now || now - d->trap_ns >= POLL_EVERY_NS))
		poll_ask(c, e, d, p, now);
}

static void due(void *arg);

/* Look again soon, while there is something that waits. */
static void
due_set(struct core *c)
{
	struct traps *t = c->traps;

	if (t->waiting + t->polling > 0 && !loop_timer_is_set(&t->due))
		loop_timer_set(c->loop, &t->due, loop_mono_ns(c->loop) + DUE_NS, due, c);
}

static void
due(void *arg)
{
	struct core  *c = arg;
	struct traps *t = c->traps;
	int64_t	      now = loop_mono_ns(c->loop);
	size_t	      i;

	for (i = 0; i < t->n; i++) {
		struct trap_entry *e = &t->entry[i];

		if (e->verdict == TRAP_WAITING)
			poll_try(c, e, now);
		else if (e->verdict == TRAP_POLLING && loop_wall_ns(c->loop) - e->asked_ns > c->set.snmp_interval_ns + ANSWER_NS)
			verdict_set(t, e, TRAP_NO_ANSWER);
	}
	due_set(c);
}

/* ---- traps ---- */

static bool
is_like(const struct trap_entry *e, uint32_t number, const struct msg_trap *m)
{
	return e->number == number && e->first.if_index == m->if_index && m->wall_ns - e->last_ns < LIKE_NS &&
	    m->wall_ns >= e->last_ns && strcmp(e->first.oid, m->oid) == 0;
}

static struct trap_entry *
entry_for(struct core *c, const struct device_live *d, const struct msg_trap *m)
{
	struct traps	  *t = c->traps;
	struct trap_entry *e;
	size_t		   i;

	for (i = 0; i < t->n; i++) {
		e = &t->entry[(t->newest + TRAPS_KEPT - i) % TRAPS_KEPT];
		if (is_like(e, d->number, m))
			return e;
	}
	t->newest = t->n == 0 ? 0 : (t->newest + 1) % TRAPS_KEPT;
	e = &t->entry[t->newest];
	if (t->n < TRAPS_KEPT)
		t->n++;
	else
		verdict_set(t, e, TRAP_ANSWERS);	/* it is counted nowhere any more */
	*e = (struct trap_entry){ .number = d->number, .first = *m, .verdict = TRAP_ANSWERS };
	text_copy(e->device, sizeof(e->device), d->device->id);
	return e;
}

static void
trap_of(struct core *c, const struct device_live *d, const struct msg_trap *m)
{
	struct traps	  *t = c->traps;
	struct trap_entry *e = entry_for(c, d, m);

	e->count++;
	e->last_ns = m->wall_ns;
	if (e->verdict != TRAP_WAITING)		/* also one that has been polled: this one came later */
		verdict_set(t, e, TRAP_WAITING);
	poll_try(c, e, loop_mono_ns(c->loop));
	due_set(c);
}

static int
source_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));	/* the address comes first */
}

/* The first with this address; the others with it follow. */
static size_t
source_find(const struct traps *t, const struct addr *a)
{
	size_t low = 0, high = t->nsources, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (memcmp(&t->source[middle].addr, a, sizeof(*a)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
traps_take(struct core *c, const struct ipc_msg *msg)
{
	struct traps	   *t = c->traps;
	struct device_live *d;
	struct msg_trap	    m;
	size_t		    i, first;

	if (msg_trap_decode(&m, msg->data, msg->len) == -1 || m.kind >= TRAP_KINDS)
		return -1;
	first = i = source_find(t, &m.source);
	for (; i < t->nsources && addr_equal(&t->source[i].addr, &m.source); i++)
		if ((d = nmap_get(c->device_by_number, t->source[i].number)) != NULL)
			trap_of(c, d, &m);
	core_counter(c, i > first ? "core/traps.taken" : "core/traps.of_nobody")->value++;
	return 0;
}

int
traps_take_stranger(struct core *c, const struct ipc_msg *msg)
{
	struct msg_trap_stranger m;

	if (msg_trap_stranger_decode(&m, msg->data, msg->len) == -1)
		return -1;
	c->traps->stranger[m.place] = m;
	return 0;
}

int
traps_take_state(struct core *c, const struct ipc_msg *msg)
{
	return msg_trap_state_decode(&c->traps->state, msg->data, msg->len);
}

/* ---- what the poll found ---- */

static enum trap_verdict
verdict_of(const struct trap_entry *e, const struct sample *s)
{
	if (s->quality == QUALITY_LOST || s->quality == QUALITY_UNKNOWN)
		return TRAP_NO_ANSWER;
	if (!e->of_port || s->series != e->awaited || s->n != PORT_RATES || !(s->value[PORT_OPER_UP_RATIO] >= 0))
		return TRAP_ANSWERS;
	return s->value[PORT_OPER_UP_RATIO] > 0 ? TRAP_PORT_UP : TRAP_PORT_DOWN;
}

void
traps_sample(struct core *c, const struct sample *s)
{
	struct traps *t = c->traps;
	size_t	      i;

	if (t->polling == 0 || s->type != SAMPLE_RATE)
		return;
	for (i = 0; i < t->n; i++) {
		struct trap_entry *e = &t->entry[i];
		bool		   silent = s->series == e->number && s->quality == QUALITY_LOST;

		if (e->verdict != TRAP_POLLING || s->wall_ns < e->asked_ns || (s->series != e->awaited && !silent))
			continue;
		verdict_set(t, e, verdict_of(e, s));
		e->verdict_ns = s->wall_ns;
	}
}

/* ---- who is registered ---- */

static bool
is_registered(const struct device *d)
{
	return (d->life == LIFE_LIVE || d->life == LIFE_BUILDING) && d->address.family != 0;
}

static void
sources_read(struct core *c)
{
	struct traps *t = c->traps;
	size_t	      k;

	free(t->source);
	t->source = xcalloc(c->inv->ndevices + 1, sizeof(*t->source));
	t->nsources = 0;
	for (k = 0; k < c->inv->ndevices; k++)
		if (is_registered(c->inv->device[k]))
			t->source[t->nsources++] = (struct trap_source){ c->inv->device[k]->address,
				c->device[k]->number };
	qsort(t->source, t->nsources, sizeof(*t->source), source_compare);
}

void
traps_plan_send(struct core *c)
{
	const struct traps  *t = c->traps;
	struct msg_trap_plan m = { .op = TRAP_PLAN_BEGIN };
	size_t		     k;

	if (c->inv == NULL)
		return;
	sources_read(c);
	m.source_per_s = (uint32_t)conf_int(c->conf, "traps.source_per_s");
	m.source_burst = (uint32_t)conf_int(c->conf, "traps.source_burst");
	m.total_per_s = (uint32_t)conf_int(c->conf, "traps.total_per_s");
	m.queue = (uint32_t)conf_int(c->conf, "traps.queue");
	msg_trap_plan_send(c->trap, IPC_TRAP_PLAN, 0, &m, -1);
	m = (struct msg_trap_plan){ .op = TRAP_PLAN_ADD };
	for (k = 0; k < t->nsources; k++)
		if (k == 0 || !addr_equal(&t->source[k].addr, &t->source[k - 1].addr)) {
			m.source = t->source[k].addr;
			msg_trap_plan_send(c->trap, IPC_TRAP_PLAN, 0, &m, -1);
		}
	m = (struct msg_trap_plan){ .op = TRAP_PLAN_END };
	msg_trap_plan_send(c->trap, IPC_TRAP_PLAN, 0, &m, -1);
}

void
traps_init(struct core *c)
{
	c->traps = xcalloc(1, sizeof(*c->traps));
}

void
traps_fini(struct core *c)
{
	struct traps *t = c->traps;

	loop_timer_cancel(c->loop, &t->due);
	free(t->source);
	free(t);
}
