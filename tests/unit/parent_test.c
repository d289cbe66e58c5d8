/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parent does with what core says over its second channel, the one for reloads. The processes that it
 * starts here only pretend; there are no premises, and a check has nothing to check.
 */
#include "proc/parent.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/check_child.h"
#include "proc/premises.h"
#include "tests/unit/fake_spawn.h"
#include "tests/unit/tap.h"

#define WAIT_NS (20 * NS_PER_S)

/* What the first core says; each process is a copy of this one as it was when it started. */
static struct {
	enum { RELOAD, NO_FRAME, OTHER_TYPE } says;
	struct loop *loop;
	unsigned     started[PROCESSES];
	unsigned     checks;
} scene;

/* ---- a check (in place of check_child.c) ---- */

struct check_child {
	struct loop	 *loop;
	struct loop_timer now;
	void		(*done)(void *arg, const struct check_answer *a);
	void		 *arg;
};

static void
check_done(void *arg)
{
	struct check_child *c = arg;

	c->done(c->arg, &(struct check_answer){ 0 });
}

struct check_child *
check_child_start(struct loop *l, const char *conf_path, int core_fd, bool to_stderr,
    void (*done)(void *arg, const struct check_answer *a), void *arg)
{
	struct check_child *c = xcalloc(1, sizeof(*c));

	(void)conf_path, (void)core_fd, (void)to_stderr;
	c->loop = l;
	c->done = done;
	c->arg = arg;
	loop_timer_set(l, &c->now, loop_mono_ns(l), check_done, c);
	/* One at the start, and one for each core. */
	if (++scene.checks == 3 && scene.started[PROCESS_CORE] == 1)
		loop_stop(scene.loop, 0);
	return c;
}

pid_t
check_child_pid(const struct check_child *c)
{
	(void)c;
	return getpid();
}

void
check_child_free(struct check_child *c)
{
	if (c != NULL)
		loop_timer_cancel(c->loop, &c->now);
	free(c);
}

/* ---- no premises (in place of premises.c) ---- */

void
premises_init(struct premises *pr)
{
	*pr = (struct premises){ -1, -1, -1, -1, -1, -1, -1, -1, { -1, -1, -1, -1 }, { -1, 0, NULL }, "", "", false };
}

int
premises_open(struct premises *pr, const char *conf_path, const struct msg_engine *e)
{
	(void)pr, (void)conf_path, (void)e;
	return 0;
}

void
premises_close(struct premises *pr)
{
	(void)pr;
}

/* ---- processes that pretend (the rest of spawn.c: fake_spawn.h) ---- */

static void
speak(int fd)
{
	struct ipc_channel *ch = ipc_open(loop_new(), dup(fd), "parent", NULL, NULL, NULL);

	if (scene.says == RELOAD)
		ipc_send(ch, IPC_RELOAD, 0, NULL, 0, -1);
	else if (scene.says == OTHER_TYPE)
		ipc_send(ch, IPC_ALIVE, 0, NULL, 0, -1);
	else if (write(fd, "bad", 3) != 3)
		_exit(1);
}

static void
on_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct msg_hello m;

	(void)arg, (void)ch;
	if (msg->type == IPC_CHANNEL && msg_hello_decode(&m, msg->data, msg->len) == 0 &&
	    m.process == PROCESS_PARENT && scene.started[PROCESS_CORE] == 1)
		speak(msg->fd);
}

static void
on_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	(void)arg, (void)ch, (void)why;
	_exit(0);
}

pid_t
spawn_child(const struct child_start *cs)
{
	struct loop *l;
	pid_t	     pid;

	scene.started[cs->kind]++;
	if (scene.started[PROCESS_CORE] == 2)
		loop_stop(scene.loop, 0);
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	l = loop_new();
	ipc_take_fds(ipc_open(l, cs->parent_fd, "parent", on_message, on_closed, NULL));
	_exit(loop_run(l));
}

/* ---- the parent ---- */

static void
on_late(void *arg)
{
	loop_stop(arg, -1);
}

/* Until the first core has had its reload, or another one is started. @return 0, or -1 when neither happens */
static int
act(int says)
{
	struct loop	 *l = loop_new();
	struct parent	 *p = parent_new(l, "");
	struct loop_timer late = { 0 };
	int		  rc;

	memset(&scene, 0, sizeof(scene));
	scene.says = says;
	scene.loop = l;
	loop_timer_set(l, &late, loop_mono_ns(l) + WAIT_NS, on_late, l);
	rc = parent_check(p) == 0 && parent_open(p) == 0 && parent_start(p) == 0 ? loop_run(l) : -1;
	loop_timer_cancel(l, &late);
	parent_free(p);
	loop_free(l);
	return rc;
}

/* So many cores, and one of the others: all would be killed if they were given up for their silence. */
static bool
started(unsigned cores)
{
	return scene.started[PROCESS_CORE] == cores && scene.started[PROCESS_STORE] == 1 &&
	    scene.started[PROCESS_PUBLISH] == 1;
}

int
main(void)
{
	log_quiet(true);
	ok(act(RELOAD) == 0 && started(1), "core asks for a reload: it gets one");
	ok(act(NO_FRAME) == 0 && started(2), "it sends what is no frame: it is replaced, and nobody else");
	ok(act(OTHER_TYPE) == 0 && started(2), "it sends something else: so it is");
	return tap_done();
}
