/* SPDX-License-Identifier: GPL-3.0-or-later */
/* marks.c: see marks.h. */
#include "live/marks.h"

#include "live/core.h"

void
core_wake_at(struct core *c, int64_t mono_ns)
{
	struct loop_timer *t = &c->marks.turn;

	if (!loop_timer_is_set(t) || mono_ns < t->due_ns)
		loop_timer_set(c->loop, t, mono_ns, c->marks.take_turn, c);
}

void
core_wake(struct core *c)
{
	core_wake_at(c, loop_mono_ns(c->loop) + CORE_TURN_NS);
}

void
core_mark(struct core *c, struct live *v)
{
	core_wake(c);
	if (v->listed || v->gone)
		return;
	v->listed = true;
	v->next = c->marks.work;
	c->marks.work = v;
}

void
core_dirty(struct core *c, struct site_live *s)
{
	core_wake(c);
	if (s->dirty || s->live.gone)
		return;
	s->dirty = true;
	s->next_dirty = c->marks.dirty;
	c->marks.dirty = s;
}

void
core_service_at(struct core *c, int64_t mono_ns)
{
	if (c->marks.service_ns == 0 || mono_ns < c->marks.service_ns)
		c->marks.service_ns = mono_ns;
	core_wake_at(c, mono_ns);
}

void
link_list_add(struct link_list *a, struct link_live *l)
{
	if (a->n == a->room) {
		a->room = a->room * 2 + 16;
		a->v = xrealloc(a->v, a->room, sizeof(struct link_live *));
	}
	a->v[a->n++] = l;
}
