/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parent.c: the process that starts the others and reads nothing from outside.
 *
 *	check -> settings -> premises, sockets, nests -> rights dropped -> the processes -> loop
 *
 * Core has a second channel to the parent: RELOAD comes from it, COUNTERS (restarts) go to it. A reload, like
 * each new start of core, is a new check child that answers both the parent and, over a channel of its own,
 * core.
 */
#include "model/apps.h"
#include "proc/parent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "proc/check_child.h"
#include "proc/children.h"
#include "proc/inputs.h"
#include "proc/premises.h"
#include "trap/communities.h"
#include "trap/users.h"

#define COUNTERS_NS (10 * NS_PER_S)

struct parent {
	struct loop	   *loop;
	const char	   *conf_path;
	struct check_answer settings;	/* as of the start */
	struct premises	    premises;
	struct children	   *children;
	struct ipc_channel *core;	/* core's channel for RELOAD and COUNTERS */
	struct loop_timer   counters;
	struct check_child *check;	/* the run in progress, or NULL */
	bool		    check_again;	/* another reload was asked for meanwhile */
	bool		    stopping, stopped;
};

static void reload(struct parent *p);
static void trap_secret_send(struct parent *p);

/* ---- core's own channel ---- */

static void
counters_send(void *arg)
{
	struct parent	   *p = arg;
	struct msg_counters m;

	children_counters(p->children, &m);
	msg_counters_send(p->core, IPC_COUNTERS, 0, &m, -1);
	loop_timer_set(p->loop, &p->counters, loop_mono_ns(p->loop) + COUNTERS_NS, counters_send, p);
}

static void
core_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	if (msg->type == IPC_RELOAD)
		reload(arg);
	else
		ipc_reject(ch, "bad message: core only asks for a reload here");
}

/* Without this channel it would live on and reload nothing, so it goes, as for a bad message on its other one. */
static void
core_bad(void *arg)
{
	children_kill(((struct parent *)arg)->children, PROCESS_CORE);
}

static void
core_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct parent *p = arg;

	(void)why;		/* core's death is seen, and said, by its other channel */
	ipc_free(ch);
	p->core = NULL;
}

static void
core_join(struct parent *p)
{
	int fd[2];

	if (ipc_socketpair(fd) == -1)
		return;
	ipc_free(p->core);
	p->core = ipc_open(p->loop, fd[0], "core", core_message, core_closed, p);
	ipc_on_bad(p->core, core_bad, p);
	children_channel(p->children, PROCESS_CORE, PROCESS_PARENT, getpid(), fd[1]);
	close(fd[1]);
	counters_send(p);
}

/* ---- reload ---- */

static bool
is_listed(const struct check_answer *a, const char *instance)
{
	char   apps[INSTANCE_NAME_MAX];
	size_t i;

	for (i = 0; i < a->ninstances; i++)
		if (strcmp(a->instance[i].name, instance) == 0 ||
		    strcmp(instance_apps(apps, a->instance[i].name), instance) == 0)
			return true;
	return false;
}

/* Those that are gone leave, new ones start; but no namespace can be entered any more. */
static void
instances_apply(struct parent *p, const struct check_answer *a)
{
	const struct msg_instance *in, *was;
	struct msg_instance	   twin;
	const char		  *name;
	bool			   added;
	size_t			   i;

	for (i = 0; (name = children_instance(p->children, &i)) != NULL;)
		if (!is_listed(a, name)) {
			children_remove(p->children, name);
			i = 0;
		}
	for (i = 0; i < a->ninstances; i++) {
		in = &a->instance[i];
		name = in->name;
		was = children_started(p->children, name);
		if (strcmp(was != NULL ? was->netns : "", in->netns) != 0)
			log_warnx("measure %s: a network namespace is entered only at the start: restart "
			    "simpuld", name);
		else if (was != NULL && (was->mark != in->mark || strcmp(was->interface, in->interface) != 0))
			log_warnx("measure %s: the way of its packets is set only at the start: restart simpuld", name);
		else {
			added = children_add_instance(p->children, PROCESS_MEASURE, in, "") == 0 && was == NULL;
			twin = *in;
			instance_apps(twin.name, in->name);
			children_add_instance(p->children, PROCESS_MEASURE, &twin, "");
			if (added && !children_probes(p->children, name))
				log_warnx("measure %s: sockets for ICMP are opened only at the start, so it cannot send "
				    "ICMP packets: restart simpuld", name);
		}
	}
	children_start(p->children);
}

static bool
engine_differs(const struct msg_engine *a, const struct msg_engine *b)
{
	return strcmp(a->data_dir, b->data_dir) != 0 || strcmp(a->socket, b->socket) != 0 ||
	    strcmp(a->user, b->user) != 0 || a->traps != b->traps || a->traps_port != b->traps_port ||
	    strcmp(a->traps_listen, b->traps_listen) != 0 || a->capture != b->capture ||
	    strcmp(a->capture_interface, b->capture_interface) != 0 ||
	    strcmp(a->capture_filter, b->capture_filter) != 0 || a->capture_buffer_mib != b->capture_buffer_mib;
}

static void
reload_done(void *arg, const struct check_answer *a)
{
	struct parent *p = arg;

	if (a->errors > 0) {
		log_warnx("the configuration has %u error%s: the old one stays", a->errors,
		    a->errors == 1 ? "" : "s");
	} else {
		if (engine_differs(&a->engine, &p->settings.engine))
			log_warnx("data_dir, socket and user, where traps are heard, and what is captured, are read at "
			    "the start only: restart simpuld");
		instances_apply(p, a);
		trap_secret_send(p);
	}
	check_child_free(p->check);
	p->check = NULL;
	if (p->check_again) {
		p->check_again = false;
		reload(p);
	}
}

static void
reload(struct parent *p)
{
	int fd[2];

	if (p->stopping)
		return;
	if (p->check != NULL) {
		p->check_again = true;
		return;
	}
	if (ipc_socketpair(fd) == -1)
		return;
	p->check = check_child_start(p->loop, p->conf_path, fd[0], false, reload_done, p);
	/* Also when there is none: core then sees the end of the channel at once, and tells who asked. */
	children_channel(p->children, PROCESS_CORE, PROCESS_CHECK,
	    p->check != NULL ? check_child_pid(p->check) : 0, fd[1]);
	close(fd[0]);
	close(fd[1]);
}

/* ---- hooks and signals ---- */

/* The trap process may open nothing, so it gets what it must know as often as it may have changed. */
static void
trap_secret_send(struct parent *p)
{
	static const char *const files[] = { COMMUNITIES_FILE, TRAP_USERS_FILE };
	char			 err[200];
	size_t			 i;
	int			 fd;

	for (i = 0; i < nitems(files); i++) {
		fd = input_secret(p->conf_path, files[i], err, sizeof(err));
		children_secret(p->children, PROCESS_TRAP, files[i], fd, err);
		if (fd != -1)
			close(fd);
	}
}

static void
child_started(void *arg, enum process_kind kind)
{
	struct parent *p = arg;

	if (kind == PROCESS_TRAP)
		trap_secret_send(p);
	if (kind != PROCESS_CORE)
		return;
	core_join(p);
	reload(p);		/* a new core knows nothing yet */
}

static void
child_died(void *arg)
{
	counters_send(arg);
}

static void
all_stopped(void *arg)
{
	struct parent *p = arg;

	p->stopped = true;
	loop_stop(p->loop, EXIT_SUCCESS);
}

static void
on_child(void *arg)
{
	children_reap(((struct parent *)arg)->children);
}

static void
on_hangup(void *arg)
{
	log_info("reading the configuration again");
	reload(arg);
}

static void
on_status(void *arg)
{
	children_log(((struct parent *)arg)->children);
}

static void
on_terminate(void *arg)
{
	struct parent *p = arg;

	if (p->stopping)
		return;
	p->stopping = true;
	log_info("stopping");
	check_child_free(p->check);
	p->check = NULL;
	children_stop(p->children);
}

/* ---- stages ---- */

struct parent *
parent_new(struct loop *l, const char *conf_path)
{
	struct parent *p = xcalloc(1, sizeof(*p));

	p->loop = l;
	p->conf_path = conf_path;
	premises_init(&p->premises);
	return p;
}

void
parent_free(struct parent *p)
{
	parent_close(p);	/* what a stage that failed half-way has left */
	free(p);
}

static void
first_check_done(void *arg, const struct check_answer *a)
{
	struct parent *p = arg;

	p->settings = *a;
	loop_stop(p->loop, a->errors == 0 ? 0 : -1);
}

int
parent_check(struct parent *p)
{
	pid_t pid;
	int   rc;

	p->check = check_child_start(p->loop, p->conf_path, -1, true, first_check_done, p);
	if (p->check == NULL)
		return -1;
	rc = loop_run(p->loop);
	pid = check_child_pid(p->check);
	check_child_free(p->check);
	p->check = NULL;
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	return rc;
}

/* What each process needs is opened when it is added: packet sockets, and the nests that enter namespaces. */
int
parent_open(struct parent *p)
{
	static const enum process_kind first[] = { PROCESS_STORE, PROCESS_CORE, PROCESS_PUBLISH };
	const struct children_hooks    hooks = { child_started, child_died, all_stopped, p };
	const struct check_answer     *a = &p->settings;
	const struct msg_instance     *in;
	struct msg_instance	       twin;
	size_t			       i;

	if (premises_open(&p->premises, p->conf_path, &a->engine) == -1)
		return -1;
	p->children = children_new(p->loop, &p->premises, &hooks);
	for (i = 0; i < nitems(first); i++)
		children_add(p->children, first[i], "", "", "");
	if (p->premises.trap_fd[0] != -1)
		children_add(p->children, PROCESS_TRAP, "", "", "");
	if (p->premises.capture.ring_fd != -1)
		children_add(p->children, PROCESS_CAPTURE, "", "", "");
	for (i = 0; i < a->ninstances; i++) {
		in = &a->instance[i];
		twin = *in;
		instance_apps(twin.name, in->name);
		if (children_add_instance(p->children, PROCESS_MEASURE, in, a->engine.user) == -1 ||
		    children_add_instance(p->children, PROCESS_MEASURE, &twin, a->engine.user) == -1)
			return -1;
	}
	return 0;
}

int
parent_privileges(struct parent *p)
{
	if (privileges_drop(p->settings.engine.user) == -1)
		return -1;
	/* The first check had more rights than those that follow, and core's configuration comes from one of those. */
	if (inputs_readable(p->conf_path) == -1)
		return -1;
	if (!sandbox_has_landlock())
		log_warnx("this kernel has no Landlock (Linux 5.13): in what they may read, the processes "
		    "are not kept apart");
	return sandbox_enter(SANDBOX_PARENT, -1);
}

int
parent_start(struct parent *p)
{
	loop_signal(p->loop, SIGCHLD, on_child, p);
	loop_signal(p->loop, SIGHUP, on_hangup, p);
	loop_signal(p->loop, SIGUSR1, on_status, p);
	loop_signal(p->loop, SIGTERM, on_terminate, p);
	loop_signal(p->loop, SIGINT, on_terminate, p);
	children_start(p->children);
	return 0;
}

void
parent_stop(struct parent *p)
{
	on_terminate(p);
	if (!p->stopped)
		loop_run(p->loop);
}

void
parent_close(struct parent *p)
{
	loop_timer_cancel(p->loop, &p->counters);
	check_child_free(p->check);
	ipc_free(p->core);
	children_free(p->children);
	p->check = NULL;
	p->core = NULL;
	p->children = NULL;
	premises_close(&p->premises);
}
