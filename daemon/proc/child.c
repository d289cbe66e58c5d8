/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child.c: what all processes but the parent and check have in common.
 *
 * Build the part, give up everything that is not needed (sandbox), and only then read the first message. The
 * channel to the parent is answered here: CHANNEL attaches a peer, STOP and end of file end the process;
 * ALIVE is sent each second from the loop, so that a loop which hangs is noticed. Of a peer that sends a bad
 * message nothing more is read, and the parent is told: it decides which of the two ends (children.c).
 */
#include "proc/child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "base/title.h"
#include "model/apps.h"
#include "proc/proc.h"

/* The process at the other end of one channel. While this is read on its successor has one of its own. */
struct far_end {
	struct child	*child;
	struct msg_hello who;
};

struct child {
	struct loop	   *loop;
	const struct part  *part;
	void		   *self;	/* struct measure, store, core, publish, trap, capture */
	struct ipc_channel *parent;
	struct loop_timer   alive;
	struct msg_hello    hello;
};

/* One process as a table, so that what follows is the same for all. */
static const struct part {
	enum sandbox_role role;
	bool		  holds_keys;
	void *(*new)(struct loop *l, const struct child_start *cs);	/* NULL after logging why */
	void  (*attach)(void *self, enum process_kind peer, const char *instance, struct ipc_channel *ch);
	void  (*stop)(void *self);
	void  (*free)(void *self);
	void  (*secret)(void *self, const char *name, int fd, const char *why);	/* trap; else NULL */
} parts[PROCESSES];

/* The same functions with the type of `self` forgotten. */
#define PART_CALLS(x)										\
	static void x##_part_attach(void *self, enum process_kind peer, const char *instance,	\
	    struct ipc_channel *ch)								\
	{											\
		x##_attach(self, peer, instance, ch);						\
	}											\
	static void x##_part_stop(void *self)							\
	{											\
		x##_stop(self);									\
	}											\
	static void x##_part_free(void *self)							\
	{											\
		x##_free(self);									\
	}
PART_CALLS(measure)
PART_CALLS(store)
PART_CALLS(core)
PART_CALLS(publish)
PART_CALLS(trap)
PART_CALLS(capture)

static void *
measure_part_new(struct loop *l, const struct child_start *cs)
{
	struct measure_opts o = { .instance = cs->instance, .secrets_fd = cs->secrets_fd,
		.probe_secrets_fd = cs->probe_secrets_fd, .apps = instance_is_apps(cs->instance) };

	o.io = packet_real_new(l, &cs->sockets);
	return o.io != NULL ? measure_new(l, &o) : NULL;
}

static void *
store_part_new(struct loop *l, const struct child_start *cs)
{
	return store_new(l, &(struct store_opts){ .dir_fd = cs->dir_fd });
}

static void *
core_part_new(struct loop *l, const struct child_start *cs)
{
	struct core *c = core_new(l, &(struct core_opts){ .ledger_path = "ledger.db", .ledger_fd = cs->dir_fd,
	    .listen_fd = cs->listen_fd, .push_fd = cs->secrets_fd, .gave_up_root = cs->gave_up_root });
	size_t	     i;

	/* The socket is older than this core: connections of theirs may wait for it to be taken. */
	for (i = PEER_PIDS_MAX; c != NULL && i-- > 0;)
		if (cs->publish[i] != 0)
			core_publish_pid(c, cs->publish[i]);
	return c;
}

static void *
publish_part_new(struct loop *l, const struct child_start *cs)
{
	return publish_new(l, &(struct publish_opts){ .secrets_fd = cs->secrets_fd });
}

static void *
trap_part_new(struct loop *l, const struct child_start *cs)
{
	struct trap_opts o;

	memcpy(o.fd, cs->trap_fd, sizeof(o.fd));
	return trap_new(l, &o);
}

static void
trap_part_secret(void *self, const char *name, int fd, const char *why)
{
	trap_secret(self, name, fd, why);
}

/* Its sandbox knows what it must not send to by the number of the descriptor. */
static void *
capture_part_new(struct loop *l, const struct child_start *cs)
{
	struct capture_opts o = cs->capture;

	o.ring_fd = fcntl(cs->capture.ring_fd, F_DUPFD_CLOEXEC, SANDBOX_MUTE_FROM);
	close(cs->capture.ring_fd);
	if (o.ring_fd == -1) {
		log_warn("cannot hold the ring");
		return NULL;
	}
	return capture_new(l, &o);
}

#define PART(x)	.new = x##_part_new, .attach = x##_part_attach, .stop = x##_part_stop, .free = x##_part_free
static const struct part parts[PROCESSES] = {
	[PROCESS_MEASURE] = { SANDBOX_MEASURE, true, PART(measure) },
	[PROCESS_STORE] = { SANDBOX_STORE, false, PART(store) },
	[PROCESS_CORE] = { SANDBOX_CORE, false, PART(core) },
	[PROCESS_PUBLISH] = { SANDBOX_PUBLISH, true, PART(publish) },
	[PROCESS_TRAP] = { SANDBOX_TRAP, true, PART(trap), .secret = trap_part_secret },
	[PROCESS_CAPTURE] = { SANDBOX_CAPTURE, false, PART(capture) },
};

struct packet_way
packet_way_of(const struct msg_instance *in)
{
	struct packet_way way = { .mark = in->mark };

	text_copy(way.interface, sizeof(way.interface), in->interface);
	return way;
}

void
child_start_init(struct child_start *cs, enum process_kind kind, const char *instance)
{
	*cs = (struct child_start){
		.kind = kind, .parent = getpid(), .parent_fd = -1, .lock_fd = -1, .dir_fd = -1,
		.listen_fd = -1, .secrets_fd = -1, .probe_secrets_fd = -1, .sockets = { -1, -1, -1, -1 },
		.capture.ring_fd = -1,
	};
	memset(cs->trap_fd, -1, sizeof(cs->trap_fd));
	text_copy(cs->instance, sizeof(cs->instance), instance);
}

char *
child_name(char *out, size_t size, enum process_kind kind, const char *instance)
{
	snprintf(out, size, "%s%s%s", process_names[kind], instance[0] != '\0' ? " " : "", instance);
	return out;
}

size_t
child_fds(const struct child_start *cs, int fd[CHILD_FDS_MAX])
{
	const int all[] = {
		cs->parent_fd, cs->lock_fd, cs->dir_fd, cs->listen_fd, cs->secrets_fd, cs->probe_secrets_fd,
		cs->sockets.icmp4, cs->sockets.icmp6, cs->sockets.udp4, cs->sockets.udp6, cs->capture.ring_fd,
	};
	size_t	  i, n = 0;

	for (i = 0; i < nitems(all); i++)
		if (all[i] != -1)
			fd[n++] = all[i];
	for (i = 0; i < TRAP_SOCKETS; i++)
		if (cs->trap_fd[i] != -1)
			fd[n++] = cs->trap_fd[i];
	return n;
}

/* ---- the channel to the parent ---- */

static void
send_alive(void *arg)
{
	struct child *c = arg;

	ipc_send(c->parent, IPC_ALIVE, 0, NULL, 0, -1);
	loop_timer_set(c->loop, &c->alive, loop_mono_ns(c->loop) + NS_PER_S, send_alive, c);
}

/* The channel is closed already. One of us two will be started anew, and then we are joined again. */
static void
peer_bad(void *arg)
{
	const struct far_end *far = arg;

	msg_hello_send(far->child->parent, IPC_ACCUSE, 0, &far->who, -1);
}

/* What is kept here goes with the channel: that belongs to the part, which may free it at any time. */
static void
peer_watch(struct child *c, const struct msg_hello *who, struct ipc_channel *ch)
{
	struct far_end *far = xcalloc(1, sizeof(*far));

	far->child = c;
	far->who = *who;
	ipc_own(ch, far);
	ipc_on_bad(ch, peer_bad, far);
}

static void
peer_attach(struct child *c, const struct ipc_msg *msg)
{
	struct ipc_channel *ch;
	struct msg_hello    m;
	char		    name[64];

	if (msg_hello_decode(&m, msg->data, msg->len) == -1 || m.process >= PROCESSES) {
		close(msg->fd);
		fatalx("the parent names a peer that there is not");
	}
	if (c->hello.process == PROCESS_CORE && m.process == PROCESS_PUBLISH)
		core_publish_pid(c->self, (pid_t)m.pid);	/* before it can have heard of a broker */
	child_name(name, sizeof(name), m.process, m.instance);
	ch = ipc_open(c->loop, msg->fd, name, NULL, NULL, NULL);
	peer_watch(c, &m, ch);
	c->part->attach(c->self, m.process, m.instance, ch);
}

/* A secret that the parent has opened for us, who may open nothing, or why it cannot. */
static void
take_secret(struct child *c, const struct ipc_msg *msg)
{
	struct msg_conf_error e = { 0 };
	struct msg_file	      f;

	if (msg->fd == -1)
		msg_conf_error_decode(&e, msg->data, msg->len);
	else if (msg_file_decode(&f, msg->data, msg->len) == 0)
		text_copy(e.file, sizeof(e.file), f.name);
	if (c->part->secret != NULL)
		c->part->secret(c->self, e.file, msg->fd, e.text);
	if (msg->fd != -1)
		close(msg->fd);
}

static void
parent_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct child *c = arg;

	(void)ch;
	if (msg->type == IPC_CHANNEL) {
		peer_attach(c, msg);
	} else if (msg->type == IPC_TRAP_SECRET || msg->type == IPC_CONF_ERROR) {
		take_secret(c, msg);
	} else if (msg->type == IPC_STOP) {
		c->part->stop(c->self);
		loop_stop(c->loop, EXIT_SUCCESS);
	}
}

static void
parent_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct child *c = arg;

	(void)ch;
	log_warnx("the parent is gone (%s)", why);
	loop_stop(c->loop, EXIT_FAILURE);
}

/* ---- from start to end ---- */

/* Rights end here; these are the part's only directories. The part may have closed its own descriptors of them. */
static int
child_sandbox(const struct part *part, const struct child_start *cs, int dir_fd, int also_fd)
{
	enum sandbox_role role = instance_is_apps(cs->instance) ? SANDBOX_APPS : part->role;
	const char	 *besides[2] = { NULL };
	char		  push[40];
	int		  rc;

	if (part->holds_keys)
		secrets_protect();
	if (cs->kind == PROCESS_CORE && cs->secrets_fd != -1) {	/* a directory beside its own; its path is not known here */
		snprintf(push, sizeof(push), "/proc/self/fd/%d", cs->secrets_fd);
		besides[0] = push;
		rc = sandbox_enter_reading(role, dir_fd, besides);
	} else
		rc = sandbox_enter_both(role, dir_fd, also_fd);
	if (dir_fd != -1)
		close(dir_fd);
	if (also_fd != -1)
		close(also_fd);
	return rc;
}

int
child_run(const struct child_start *cs)
{
	struct child c = {
		.part = &parts[cs->kind],
		.hello = { .process = (uint8_t)cs->kind, .pid = (uint32_t)getpid() },
	};
	char	     name[48];
	int	     own_fd = cs->dir_fd != -1 ? cs->dir_fd : cs->secrets_fd;
	int	     dir_fd = own_fd != -1 ? fcntl(own_fd, F_DUPFD_CLOEXEC, 3) : -1;
	int	     also_fd = cs->probe_secrets_fd != -1 ? fcntl(cs->probe_secrets_fd, F_DUPFD_CLOEXEC, 3) : -1;
	int	     code = EXIT_FAILURE;

	log_open("simpuld", child_name(name, sizeof(name), cs->kind, cs->instance));
	title_set("simpuld", name);
	text_copy(c.hello.instance, sizeof(c.hello.instance), cs->instance);
	c.loop = loop_new();
	if ((c.self = c.part->new(c.loop, cs)) == NULL || child_sandbox(c.part, cs, dir_fd, also_fd) == -1)
		goto done;
	c.parent = ipc_open(c.loop, cs->parent_fd, "parent", parent_message, parent_closed, &c);
	ipc_take_fds(c.parent);
	msg_hello_send(c.parent, IPC_HELLO, 0, &c.hello, -1);
	send_alive(&c);
	code = loop_run(c.loop);
done:
	c.part->free(c.self);
	loop_timer_cancel(c.loop, &c.alive);
	ipc_free(c.parent);
	loop_free(c.loop);
	return code;
}
