/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ctl.h: the control socket, served by the core process: one JSON object per line, several requests open
 * (docs/decisions.md 9).
 *
 *	socket.c	connections: lines in, lines out, who speaks, limits
 *	ops.c		the table of operations: what each asks for and who may
 *	ops_*.c		the operations themselves
 *	view.c		JSON of the live objects
 *
 * Requests read live/ and call into core/; that calls back only through what it was given with them, and
 * proc/core.c has it tell ctl_event() of events.
 */
#ifndef SIMPUL_CTL_H
#define SIMPUL_CTL_H

#include <sys/types.h>
#include "base/loop.h"

struct core;
struct ctl;

/**
 * Build it before the sandbox closes: it looks up the group `simpul` and the user `simpul-web`.
 * @param core		borrowed; must outlive the result
 * @param listen_fd	bound and listening Unix socket, taken; -1: no connections, but ctl_event() may be
 *		called
 * @param gave_up_root	the engine's user is its own (engine.user), whom nobody else is
 */
struct ctl *ctl_new(struct core *core, struct loop *l, int listen_fd, bool gave_up_root);
/** Publish, which may open Unix sockets, is this process now: it gets no role. */
void	    ctl_publish_pid(struct ctl *t, pid_t pid);
/** Closes all connections; requests in flight are forgotten. NULL is allowed. */
void	    ctl_free(struct ctl *t);

/** New events are committed in the ledger: tell those who subscribed. */
void	    ctl_event(struct ctl *t);

#endif
