/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_child.h: the parent's side of one run of the check process: files in, settings or errors out. */
#ifndef SIMPUL_CHECK_CHILD_H
#define SIMPUL_CHECK_CHILD_H

#include "ipc/msg.h"

#define INSTANCES_MAX 16

struct check_answer {
	uint32_t	    errors;	/* 0: all is right, and the rest holds */
	struct msg_conf_end end;	/* how many rows of each kind */
	struct msg_engine   engine;
	struct msg_instance instance[INSTANCES_MAX];
	size_t		    ninstances;
};

struct check_child;

/**
 * Fork a check process and give it the files. Errors are logged, or written to standard error as
 * file:line:column: text.
 * @param core_fd	the process's end of a pair with core, or -1 when core does not run yet; borrowed
 * @param done	called once from the loop, also when the process dies or takes too long (then with an error);
 *		the answer is borrowed for the call, after which the caller may free the run
 * @return owned, or NULL (logged) when nothing can be forked
 */
struct check_child *check_child_start(struct loop *l, const char *conf_path, int core_fd, bool to_stderr,
    void (*done)(void *arg, const struct check_answer *a), void *arg);
pid_t	check_child_pid(const struct check_child *c);
/** Kill it if it still runs; reaping is the caller's. NULL is allowed. */
void	check_child_free(struct check_child *c);

#endif
