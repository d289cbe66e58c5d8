/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * children.c: start, join, watch, restart, stop.
 *
 * Each child has a pair with the parent. Each two that speak with each other (pairs.c) get a pair of their
 * own: it is made here and sent as two CHANNEL frames whenever one of them starts; its peer learns of the end
 * of the old one by itself. A child that dies is started again at once; one that dies again and again is
 * given more and more time.
 *
 * A bad message between two of them is a fault of the sender, or a lie of the one who tells it (ACCUSE).
 * Whoever takes in bytes from outside is trusted less, and the one that is trusted less is killed: so the
 * process whose parser was taken over goes, and cannot talk down one that decides or keeps.
 */
#include "proc/children.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "model/apps.h"
#include "proc/backoff.h"
#include "proc/nest.h"
#include "proc/pairs.h"
#include "proc/spawn.h"

#define CHILDREN_MAX   40	/* 16 instances with their twins, and the others */
#define ALIVE_MAX_NS   (10 * NS_PER_S)	/* without a sign of life: killed */
#define ASLEEP_NS      (2 * NS_PER_S)	/* we ourselves come so late: the whole machine slept, or we alone */
#define STOP_MAX_NS    (10 * NS_PER_S)	/* to finish in, all together */

struct child {
	struct children	     *all;
	enum process_kind     kind;
	char		      instance[32], name[48];
	struct msg_instance   in;		/* measure: as it was started */
	struct nest	     *nest;		/* of an instance in a namespace of its own, else NULL */
	struct packet_sockets sockets;		/* of an instance in the host's namespace; for restarts */
	pid_t		      pid;		/* 0: does not run */
	struct ipc_channel   *channel;
	int64_t		      started_ns, alive_ns;	/* monotonic */
	struct backoff	      backoff;
	bool		      leaving;		/* told to stop: not restarted */
	bool		      again;		/* ... but started once more, with what it had */
	struct loop_timer     restart;
};

struct children {
	struct loop	      *loop;
	const struct premises *premises;
	struct children_hooks  hooks;
	struct child	      *child[CHILDREN_MAX];
	size_t		       n;
	pid_t		       publish[PEER_PIDS_MAX];	/* as in struct child_start */
	bool		       stopping;
	struct loop_timer      second, late;
	int64_t		       second_ns;	/* when the next second is due */
};

/* Who produces stops first, so that what is on its way still arrives. */
static const enum process_kind stop_order[] = {
	PROCESS_MEASURE, PROCESS_TRAP, PROCESS_CAPTURE, PROCESS_CORE, PROCESS_PUBLISH, PROCESS_STORE,
};

static void child_start(struct child *c);
static void stop_wave(struct children *cs);

static struct child *
child_find(const struct children *cs, enum process_kind kind, const char *instance)
{
	size_t i;

	for (i = 0; i < cs->n; i++)
		if (cs->child[i]->kind == kind && strcmp(cs->child[i]->instance, instance) == 0)
			return cs->child[i];
	return NULL;
}

/* ---- channels between them ---- */

/* Tell `to` that fd leads to that peer. */
static void
channel_send(struct child *to, enum process_kind peer, const char *instance, pid_t pid, int fd)
{
	struct msg_hello m = { .process = (uint8_t)peer, .pid = (uint32_t)pid };

	text_copy(m.instance, sizeof(m.instance), instance);
	msg_hello_send(to->channel, IPC_CHANNEL, 0, &m, fd);
}

static void
child_join(struct child *a, struct child *b)
{
	int fd[2];

	if (ipc_socketpair(fd) == -1)
		return;		/* logged; the two do not hear of each other until one is restarted */
	channel_send(a, b->kind, b->instance, b->pid, fd[0]);
	channel_send(b, a->kind, a->instance, a->pid, fd[1]);
	close(fd[0]);
	close(fd[1]);
}

int
children_channel(struct children *cs, enum process_kind to, enum process_kind peer, pid_t peer_pid, int fd)
{
	struct child *c = child_find(cs, to, "");

	if (c == NULL || c->pid == 0)
		return -1;
	channel_send(c, peer, "", peer_pid, fd);
	return 0;
}

void
children_secret(struct children *cs, enum process_kind to, const char *name, int fd, const char *why)
{
	struct child	     *c = child_find(cs, to, "");
	struct msg_conf_error e = { 0 };
	struct msg_file	      f = { 0 };

	if (c == NULL || c->pid == 0)
		return;
	text_copy(f.name, sizeof(f.name), name);
	text_copy(e.file, sizeof(e.file), name);
	text_copy(e.text, sizeof(e.text), why);
	if (fd != -1)
		msg_file_send(c->channel, IPC_TRAP_SECRET, 0, &f, fd);
	else
		msg_conf_error_send(c->channel, IPC_CONF_ERROR, 0, &e, -1);
}

void
children_kill(struct children *cs, enum process_kind kind)
{
	struct child *c = child_find(cs, kind, "");

	if (c != NULL && c->pid != 0)
		kill(c->pid, SIGKILL);
}

/* ---- a child's life ---- */

/*
 * c says that a peer has sent it a bad message. One that has died since is right already, and so is check,
 * which lives for one file only.
 */
static void
accusation(struct child *c, struct ipc_channel *ch, const struct msg_hello *m)
{
	struct child *accused = child_find(c->all, m->process, m->instance);

	if (!pairs_trust_more(c->kind, m->process)) {
		log_warnx("%s says that %s, which is trusted no less, sent it a bad message: killed", c->name,
		    process_names[m->process]);
		kill(c->pid, SIGKILL);
	} else if (accused != NULL && !pairs_speak(c->kind, accused->kind)) {
		ipc_reject(ch, "bad message: it has no channel to the one that it accuses");
	} else if (accused != NULL && accused->pid != 0 && accused->pid == (pid_t)m->pid) {
		log_warnx("%s sent a bad message to %s: killed", accused->name, c->name);
		kill(accused->pid, SIGKILL);
	}
}

static void
child_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct child	*c = arg;
	struct msg_hello m;

	if (msg->type == IPC_ALIVE || msg->type == IPC_HELLO)
		c->alive_ns = loop_mono_ns(c->all->loop);
	else if (msg->type == IPC_ACCUSE && msg_hello_decode(&m, msg->data, msg->len) == 0)
		accusation(c, ch, &m);
	else
		ipc_reject(ch, "bad message: not for the parent");
}

/* Told to leave, too: nobody would hear whether it does. */
static void
child_bad(void *arg)
{
	kill(((struct child *)arg)->pid, SIGKILL);
}

/* What is left of it is killed. SIGCHLD tells the rest. */
static void
child_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct child *c = arg;

	ipc_free(ch);
	c->channel = NULL;
	if (!c->leaving) {
		log_debug("proc", "%s: %s", c->name, why);
		kill(c->pid, SIGKILL);
	}
}

/* Whoever reads what servers answer does not hold the keys of all routers. */
static int
measure_keys(const struct child *c)
{
	return instance_is_apps(c->instance) ? -1 : c->all->premises->snmp_secrets_fd;
}

/* What this kind of process is given. */
static void
start_fill(const struct child *c, struct child_start *st)
{
	const struct premises *pr = c->all->premises;

	switch (c->kind) {
	case PROCESS_MEASURE:
		st->sockets = c->sockets;
		st->secrets_fd = measure_keys(c);
		st->probe_secrets_fd = pr->probe_secrets_fd;
		break;
	case PROCESS_STORE:
		st->dir_fd = pr->store_fd;
		st->lock_fd = pr->lock_fd;
		break;
	case PROCESS_CORE:
		st->dir_fd = pr->ledger_fd;
		st->secrets_fd = pr->push_secrets_fd;
		st->lock_fd = pr->lock_fd;
		st->listen_fd = pr->listen_fd;
		st->gave_up_root = pr->gave_up_root;
		memcpy(st->publish, c->all->publish, sizeof(st->publish));
		break;
	case PROCESS_PUBLISH:
		st->secrets_fd = pr->publish_secrets_fd;
		break;
	case PROCESS_TRAP:
		memcpy(st->trap_fd, pr->trap_fd, sizeof(st->trap_fd));
		break;
	case PROCESS_CAPTURE:
		st->capture = pr->capture;
		break;
	default:
		break;
	}
}

/* @param parent_fd  the child's end; borrowed @return its pid or -1 */
static pid_t
child_fork(const struct child *c, int parent_fd)
{
	struct child_start st;

	if (c->nest != NULL)
		return nest_spawn(c->nest, parent_fd);
	child_start_init(&st, c->kind, c->instance);
	start_fill(c, &st);
	st.parent_fd = parent_fd;
	return spawn_child(&st);
}

static void
publish_note(struct children *cs, pid_t pid)
{
	memmove(&cs->publish[1], &cs->publish[0], sizeof(cs->publish) - sizeof(cs->publish[0]));
	cs->publish[0] = pid;
}

static void
restart_due(void *arg)
{
	child_start(arg);
}

static void
restart_later(struct child *c, int64_t wait_ns)
{
	loop_timer_set(c->all->loop, &c->restart, loop_mono_ns(c->all->loop) + wait_ns, restart_due, c);
}

static void
child_start(struct child *c)
{
	struct children *cs = c->all;
	int		 fd[2];
	pid_t		 pid = -1;
	size_t		 i;

	if (ipc_socketpair(fd) == 0) {
		pid = child_fork(c, fd[1]);
		close(fd[1]);
		if (pid == -1)
			close(fd[0]);
	}
	if (pid == -1) {
		restart_later(c, BACKOFF_MAX_NS);
		return;
	}
	if (c->kind == PROCESS_PUBLISH)
		publish_note(cs, pid);
	c->pid = pid;
	c->started_ns = c->alive_ns = loop_mono_ns(cs->loop);
	c->channel = ipc_open(cs->loop, fd[0], c->name, child_message, child_closed, c);
	ipc_on_bad(c->channel, child_bad, c);
	for (i = 0; i < cs->n; i++)
		if (cs->child[i] != c && cs->child[i]->pid != 0 && pairs_speak(c->kind, cs->child[i]->kind))
			child_join(c, cs->child[i]);
	cs->hooks.started(cs->hooks.arg, c->kind);
}

static void
death_log(const struct child *c, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_warnx("%s made a system call that its list does not allow, and was killed for it",
		    c->name);
	else if (WIFSIGNALED(status))
		log_warnx("%s was killed by signal %d (%s)", c->name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		log_warnx("%s ended with code %d", c->name, WEXITSTATUS(status));
}

static void
child_free(struct child *c)
{
	struct children *cs = c->all;
	size_t		 i;

	for (i = 0; cs->child[i] != c; i++)
		;
	memmove(&cs->child[i], &cs->child[i + 1], (--cs->n - i) * sizeof(struct child *));
	loop_timer_cancel(cs->loop, &c->restart);
	ipc_free(c->channel);
	nest_free(c->nest);
	packet_sockets_close(&c->sockets);
	free(c);
}

static void
child_died(struct child *c, int status)
{
	struct children *cs = c->all;
	int64_t		 wait_ns;

	c->pid = 0;
	ipc_free(c->channel);
	c->channel = NULL;
	if (!c->leaving || status != 0)
		death_log(c, status);
	if (cs->stopping) {
		stop_wave(cs);
	} else if (c->leaving && !c->again) {
		child_free(c);
	} else if (c->leaving) {
		c->leaving = c->again = false;
		child_start(c);
	} else {
		wait_ns = backoff_death(&c->backoff, c->started_ns, loop_mono_ns(cs->loop));
		if (wait_ns >= BACKOFF_MIN_NS)
			log_warnx("%s dies again and again: next start in %d s", c->name,
			    (int)(wait_ns / NS_PER_S));
		restart_later(c, wait_ns);
		cs->hooks.died(cs->hooks.arg);
	}
}

/* A child, a nest, or a check process, whose channel has told all. */
static void
pid_ended(struct children *cs, pid_t pid, int status)
{
	struct child *c;
	size_t	      i;

	for (i = 0; i < cs->n; i++) {
		c = cs->child[i];
		if (c->pid == pid) {
			child_died(c, status);
			return;
		}
		if (c->nest != NULL && !cs->stopping && nest_died(c->nest, pid)) {
			log_warnx("the nest of %s has died and been renewed", c->name);
			return;
		}
	}
}

void
children_reap(struct children *cs)
{
	pid_t pid;
	int   status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		pid_ended(cs, pid, status);
}

/* Kill those that have not been heard of. */
static void
each_second(void *arg)
{
	struct children *cs = arg;
	struct child	*c;
	int64_t		 now = loop_mono_ns(cs->loop);
	bool		 slept = cs->second_ns != 0 && now - cs->second_ns > ASLEEP_NS;
	size_t		 i;

	for (i = 0; i < cs->n; i++) {
		c = cs->child[i];
		if (slept)	/* what they sent may lie unread, or they slept, too */
			c->alive_ns = now;
		if (c->pid == 0 || now - c->alive_ns <= ALIVE_MAX_NS)
			continue;
		log_warnx("%s has given no sign of life for %d s: killed", c->name,
		    (int)(ALIVE_MAX_NS / NS_PER_S));
		c->alive_ns = now;	/* said once; SIGCHLD follows */
		kill(c->pid, SIGKILL);
	}
	cs->second_ns = now + NS_PER_S;
	loop_timer_set(cs->loop, &cs->second, cs->second_ns, each_second, cs);
}

/* ---- which there are ---- */

struct children *
children_new(struct loop *l, const struct premises *premises, const struct children_hooks *hooks)
{
	struct children *cs = xcalloc(1, sizeof(*cs));

	cs->loop = l;
	cs->premises = premises;
	cs->hooks = *hooks;
	return cs;
}

void
children_free(struct children *cs)
{
	struct child *c;

	if (cs == NULL)
		return;
	while (cs->n > 0) {
		c = cs->child[cs->n - 1];
		if (c->pid != 0)
			kill(c->pid, SIGKILL);
		child_free(c);
	}
	loop_timer_cancel(cs->loop, &cs->second);
	loop_timer_cancel(cs->loop, &cs->late);
	free(cs);
}

int
children_add(struct children *cs, enum process_kind kind, const char *instance, const char *netns,
    const char *user)
{
	struct msg_instance in = { 0 };

	text_copy(in.name, sizeof(in.name), instance);
	text_copy(in.netns, sizeof(in.netns), netns);
	return children_add_instance(cs, kind, &in, user);
}

/* Open what a measure process needs and cannot open itself. */
static int
child_open(struct child *c, const char *user)
{
	const struct packet_way way = packet_way_of(&c->in);

	if (c->in.netns[0] != '\0')
		return (c->nest = nest_new(&c->in, user, measure_keys(c),
		    c->all->premises->probe_secrets_fd)) != NULL ? 0 : -1;
	if (instance_is_apps(c->instance)) {	/* it opens what it needs by itself */
		c->sockets.way = way;
		return 0;
	}
	return packet_sockets_open(&c->sockets) == 0 && packet_sockets_way(&c->sockets, &way, c->name) == 0 ? 0 : -1;
}

int
children_add_instance(struct children *cs, enum process_kind kind, const struct msg_instance *in, const char *user)
{
	const char   *instance = in->name;
	struct child *c = child_find(cs, kind, instance);

	if (c != NULL) {
		c->again = c->leaving;
		return 0;
	}
	if (cs->n == CHILDREN_MAX) {
		log_warnx("there are too many measure instances: %s is left out", instance);
		return -1;
	}
	c = xcalloc(1, sizeof(*c));
	c->all = cs;
	c->kind = kind;
	c->sockets = (struct packet_sockets){ -1, -1, -1, -1, { 0 } };
	text_copy(c->instance, sizeof(c->instance), instance);
	c->in = *in;
	child_name(c->name, sizeof(c->name), kind, instance);
	cs->child[cs->n++] = c;
	if (kind != PROCESS_MEASURE || child_open(c, user) == 0)
		return 0;
	child_free(c);
	return -1;
}

void
children_start(struct children *cs)
{
	size_t i;

	for (i = 0; i < cs->n; i++)
		if (cs->child[i]->pid == 0 && !loop_timer_is_set(&cs->child[i]->restart))
			child_start(cs->child[i]);
	if (!loop_timer_is_set(&cs->second))
		each_second(cs);
}

void
children_remove(struct children *cs, const char *instance)
{
	struct child *c = child_find(cs, PROCESS_MEASURE, instance);

	if (c == NULL)
		return;
	c->again = false;
	if (c->leaving)
		return;
	c->leaving = true;
	if (c->pid != 0)
		ipc_send(c->channel, IPC_STOP, 0, NULL, 0, -1);
	else
		child_free(c);
}

const struct msg_instance *
children_started(const struct children *cs, const char *instance)
{
	const struct child *c = child_find(cs, PROCESS_MEASURE, instance);

	return c != NULL ? &c->in : NULL;
}

bool
children_probes(const struct children *cs, const char *instance)
{
	const struct child *c = child_find(cs, PROCESS_MEASURE, instance);

	return c != NULL && (c->nest != NULL || c->sockets.icmp4 != -1);
}

const char *
children_instance(const struct children *cs, size_t *at)
{
	const struct child *c;

	while (*at < cs->n) {
		c = cs->child[(*at)++];
		if (c->kind == PROCESS_MEASURE && (!c->leaving || c->again))
			return c->instance;
	}
	return NULL;
}

void
children_counters(const struct children *cs, struct msg_counters *m)
{
	size_t i;

	m->n = (uint16_t)cs->n;
	for (i = 0; i < cs->n; i++) {
		snprintf(m->c[i].name, sizeof(m->c[i].name), "child.%.31s.restarts", cs->child[i]->name);
		m->c[i].value = cs->child[i]->backoff.deaths;
	}
}

void
children_log(const struct children *cs)
{
	const struct child *c;
	size_t		    i;

	for (i = 0; i < cs->n; i++) {
		c = cs->child[i];
		log_info("%s: process id %d, %s for %d s, died %u times", c->name, (int)c->pid,
		    c->pid != 0 ? "up" : "down", (int)((loop_mono_ns(cs->loop) - c->started_ns) / NS_PER_S),
		    c->backoff.deaths);
	}
}

/* ---- the end ---- */

static bool
kind_runs(const struct children *cs, enum process_kind kind)
{
	size_t i;

	for (i = 0; i < cs->n; i++)
		if (cs->child[i]->kind == kind && cs->child[i]->pid != 0)
			return true;
	return false;
}

/* Tell the first kind of which something still runs. */
static void
stop_wave(struct children *cs)
{
	size_t w, i;

	for (w = 0; w < nitems(stop_order) && !kind_runs(cs, stop_order[w]); w++)
		;
	if (w == nitems(stop_order)) {
		loop_timer_cancel(cs->loop, &cs->late);
		cs->hooks.stopped(cs->hooks.arg);
		return;
	}
	for (i = 0; i < cs->n; i++)
		if (cs->child[i]->kind == stop_order[w] && cs->child[i]->pid != 0 && !cs->child[i]->leaving) {
			cs->child[i]->leaving = true;
			ipc_send(cs->child[i]->channel, IPC_STOP, 0, NULL, 0, -1);
		}
}

static void
stop_late(void *arg)
{
	struct children *cs = arg;
	size_t		 i;

	for (i = 0; i < cs->n; i++)
		if (cs->child[i]->pid != 0) {
			log_warnx("%s has not finished in time: killed", cs->child[i]->name);
			kill(cs->child[i]->pid, SIGKILL);
		}
}

void
children_stop(struct children *cs)
{
	size_t i;

	cs->stopping = true;
	for (i = 0; i < cs->n; i++)
		loop_timer_cancel(cs->loop, &cs->child[i]->restart);
	loop_timer_set(cs->loop, &cs->late, loop_mono_ns(cs->loop) + STOP_MAX_NS, stop_late, cs);
	stop_wave(cs);
}
