/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * single.h: all processes in one loop, joined by in-process channels: `simpuld --single` on the real clock
 * (debugging), and the stories on a virtual one. The parts cannot tell: they get the same channels in the
 * same order as from the parent.
 */
#ifndef SIMPUL_SINGLE_H
#define SIMPUL_SINGLE_H

#include "proc/check.h"
#include "proc/proc.h"

struct single_opts {
	const struct measure_opts *measure;	/* one per instance; packet_io and descriptors are taken */
	size_t			   nmeasure;
	struct store_opts	   store;
	struct core_opts	   core;
	struct publish_opts	   publish;
	/*
	 * Not NULL: there is no publish process; the other end of core's channel to it is stored here, owned
	 * by the caller, who must set its handlers before the loop runs.
	 */
	struct ipc_channel	 **publish_end;
	void			 (*reload)(void *arg);	/* core was asked for a reload; may be NULL */
	void			  *reload_arg;
};

struct single;

/** Build and join everything; nothing has run yet. @return owned, or NULL after logging which part failed */
struct single *single_new(struct loop *l, const struct single_opts *o);
/** Give core a checked configuration and inventory, as the check child would. Again for a reload. */
void	single_feed(struct single *s, const struct check_result *r);
/** Its core, borrowed: to answer what it asks. */
struct core *single_core(struct single *s);
/** Stop in the order in which the parent stops its children, then free all. NULL is allowed. */
void	single_free(struct single *s);

/** `simpuld --single`: read, open, give up rights, run until a signal ends it. 0 or -1 (logged). */
int	single_run(struct loop *l, const char *conf_path);

#endif
