/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.c: from a copy of the parent to a process that holds nothing of it.
 *
 * PR_SET_PDEATHSIG is set after the ids, since a change of ids clears it; between the fork and that call the
 * parent may have died, hence the look at getppid(). The parent's loop stays in the child's memory, never
 * used again.
 */
#include "proc/spawn.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"

#ifdef SIMPUL_SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

#include "base/log.h"
#include "proc/check.h"

/*
 * Signals that the parent handles; children are told by messages, also when a terminal signals the whole
 * group.
 */
static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE };

static int
compare_fd(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* @return 0, or -1 (logged): the process must not go on with what it was not to have */
static int
close_from_to(unsigned from, unsigned to)
{
	if (from > to || close_range(from, to, 0) == 0)
		return 0;
	log_warn("cannot close inherited descriptors");
	return -1;
}

static int
close_all_but(int *keep, size_t n)
{
	unsigned from = STDERR_FILENO + 1;
	size_t	 i;

	qsort(keep, n, sizeof(*keep), compare_fd);
	for (i = 0; i < n; i++) {
		if (keep[i] <= STDERR_FILENO)
			continue;
		if (close_from_to(from, (unsigned)keep[i] - 1) == -1)
			return -1;
		from = (unsigned)keep[i] + 1;
	}
	return close_from_to(from, ~0U);
}

void
spawn_signals_block(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, before);
}

void
spawn_signals_restore(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

void
spawn_shed(pid_t parent, int *keep, size_t nkeep)
{
	sigset_t none;
	size_t	 i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 || getppid() != parent)
		_exit(EXIT_FAILURE);
	for (i = 0; i < nitems(ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (close_all_but(keep, nkeep) == -1)
		_exit(EXIT_FAILURE);
}

void
spawn_exit(int code)
{
#ifdef SIMPUL_SANITIZED
	/* The look is taken from a second task, which may not trace a process that is not dumpable. */
	if (code == EXIT_SUCCESS && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 &&
	    __lsan_do_recoverable_leak_check() != 0)
		code = EXIT_FAILURE;
#endif
	/*
	 * Not exit(): what the parent has registered for its own end, and its memory, are not ours to clean up.
	 */
	_exit(code);
}

void
spawn_become(const struct child_start *cs)
{
	int    keep[CHILD_FDS_MAX];
	size_t n = child_fds(cs, keep);

	spawn_shed(cs->parent, keep, n);
	spawn_exit(cs->kind == PROCESS_CHECK ? check_main(cs->parent_fd) : child_run(cs));
}

pid_t
spawn_child(const struct child_start *cs)
{
	sigset_t before;
	pid_t	 pid;

	SPAWN_KEEP_REGISTERS();
	spawn_signals_block(&before);
	pid = fork();
	if (pid == 0)
		spawn_become(cs);
	spawn_signals_restore(&before);
	if (pid == -1)
		log_warn("cannot start the process %s", process_names[cs->kind]);
	return pid;
}
