/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * marks.h: what is to be done in the next turn. Whatever arrives or is decided sets marks only; the turn of
 * core carries them out.
 */
#ifndef SIMPUL_LIVE_MARKS_H
#define SIMPUL_LIVE_MARKS_H

#include "base/loop.h"
#include "live/object.h"

#define CORE_TURN_NS (50 * NS_PER_MS)	/* decisions of this long go into one transaction */

struct core;

struct link_list {
	struct link_live **v;
	size_t		   n, room;
};

struct marks {
	struct loop_timer turn;			/* always set, at the earliest thing to do */
	void		(*take_turn)(void *core);
	struct live	 *work;			/* live objects to look at when writing */
	struct site_live *dirty;		/* sites to judge */
	struct link_list  settling;		/* either kind of fault */
	struct link_list  burst;		/* to be probed after the commit: their site is back */
	size_t		  devices_waiting;	/* with a tell_ns */
	int64_t		  service_ns;		/* monotonic: look at all services then; 0: none is waiting */
};

void	core_wake(struct core *c);			/* have a turn within CORE_TURN_NS */
void	core_wake_at(struct core *c, int64_t mono_ns);	/* ... at this time, unless one comes sooner */
void	core_mark(struct core *c, struct live *v);	/* look at it when writing */
void	core_dirty(struct core *c, struct site_live *s);	/* judge it in the next turn */
void	core_service_at(struct core *c, int64_t mono_ns);	/* look at services at this time, or sooner */
void	link_list_add(struct link_list *a, struct link_live *l);

#endif
