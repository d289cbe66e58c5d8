/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.h: fork a process of the engine. There is no exec: the child goes on in the same program, with less.
 */
#ifndef SIMPUL_SPAWN_H
#define SIMPUL_SPAWN_H

#include <signal.h>
#include <sys/types.h>

#include "proc/child.h"

/** Fork it. The descriptors of cs stay the caller's. @return its pid, or -1 (logged) */
pid_t	spawn_child(const struct child_start *cs);
/**
 * To stand in a function that forks and is not inlined: what its callers hold in registers is then also on the
 * stack, where the child, which never returns to them, finds it reachable when it looks for leaks.
 */
#define SPAWN_KEEP_REGISTERS() __builtin_unwind_init()
/** In a new process: forget what belongs to the one that forked it, be the child, end. */
void	spawn_become(const struct child_start *cs) __attribute__((noreturn));
/** End such a process. In a build with sanitizers, a good end that leaves memory allocated is none. */
void	spawn_exit(int code) __attribute__((noreturn));
/**
 * Shed the inheritance of a fork: die with the parent, default signal handlers (a stop comes as a message),
 * no descriptors but standard ones and those to keep. Ends the process when the parent is gone already.
 */
void	spawn_shed(pid_t parent, int *keep, size_t nkeep);
/**
 * Block all signals around a fork: one that the child's inherited handler took would be reported to the
 * parent's loop.
 */
void	spawn_signals_block(sigset_t *before);
void	spawn_signals_restore(const sigset_t *before);

#endif
