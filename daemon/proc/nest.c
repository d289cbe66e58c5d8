/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nest.c: a door left ajar into a network namespace.
 *
 * A socket belongs to the namespace in which it was made. Raw and UDP sockets could be made once at the start
 * and handed to each restarted measure process, but a TCP probe needs a new socket each time, so the process
 * itself must live inside; and entering takes a right (setns: CAP_SYS_ADMIN) that the parent has given up by
 * the time a child must be restarted.
 *
 *	parent, privileged	forks the nest
 *	nest			enters the namespace, opens the packet sockets there, gives up all rights,
 *				reports, waits
 *	parent, any time	sends the child's end of a new pair
 *	nest			clones itself with CLONE_PARENT: the copy is inside already, and it is the
 *				parent's child, so that waitpid(), the death signal and kill() work as for
 *				any other
 *
 * When the namespace belongs to a user namespace of ours (unshare --map-root-user --net by the same user),
 * that one is entered first: there its owner holds all capabilities, without root.
 *
 * A nest reads nothing but one byte and a descriptor from its parent, and ends with it. Nests come in twos:
 * should one be killed, the other clones a new one the same way, and the door stays ajar.
 */
#include "proc/nest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "base/title.h"
#include "model/apps.h"
#include "proc/spawn.h"

#define ANSWER_S 5	/* the nest answers at once, or something is very wrong */

/* What the byte of a request asks for; the descriptor is the new process's end of a pair with the parent. */
enum request { REQUEST_MEASURE, REQUEST_NEST };

struct nest {
	char instance[32];
	struct twin {
		pid_t pid;	/* 0: gone */
		int   fd;	/* our end: requests out, pids in */
	} twin[2];
};

/* ---- inside the nest ---- */

/* Is this the user namespace that we are in already? */
static bool
is_our_user_namespace(int fd)
{
	struct stat theirs, ours;

	return fstat(fd, &theirs) == 0 && stat("/proc/self/ns/user", &ours) == 0 &&
	    theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

static int
namespace_enter(const char *instance, const char *netns)
{
	int net = open(netns, O_RDONLY | O_CLOEXEC | O_NONBLOCK), owner = -1, rc = -1;

	if (net == -1) {
		log_warn("measure %s: cannot open the network namespace %s", instance, netns);
		return -1;
	}
	/* Not to be known (EPERM) when the owner lies outside our own, and then setns() will say no. */
	owner = ioctl(net, NS_GET_USERNS);
	if (owner != -1 && geteuid() != 0 && !is_our_user_namespace(owner) &&
	    setns(owner, CLONE_NEWUSER) == -1)
		log_warn("measure %s: cannot enter the user namespace that owns %s", instance, netns);
	else if (setns(net, CLONE_NEWNET) == -1)
		log_warn("measure %s: cannot enter the network namespace %s (this needs root, or a namespace "
		    "made by the same user)", instance, netns);
	else
		rc = 0;
	if (owner != -1)
		close(owner);
	close(net);
	return rc;
}

/* Wait for one byte that brings a descriptor. @return it, or -1 when the parent has closed its side */
static int
request_wait(int fd, enum request *what)
{
	union {
		struct cmsghdr align;
		char	       bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char	       byte;
	struct iovec   iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr  mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *cm;
	ssize_t	       n;
	int	       got;

	do {
		n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC);
	} while (n == -1 && errno == EINTR);
	cm = n == 1 ? CMSG_FIRSTHDR(&mh) : NULL;
	if (cm == NULL || cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&got, CMSG_DATA(cm), sizeof(got));
	*what = byte == REQUEST_NEST ? REQUEST_NEST : REQUEST_MEASURE;
	return got;
}

/*
 * The copy's parent is our parent. glibc's fork() has no such flag; its handlers matter to threads, and we
 * have none.
 */
static pid_t
fork_sibling(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0L, NULL, NULL, 0L);
}

static void
answer(int fd, int32_t value)
{
	if (send(fd, &value, sizeof(value), MSG_NOSIGNAL) != sizeof(value))
		_exit(EXIT_FAILURE);
}

/* Until the parent closes its side. A clone that becomes a nest goes on here, with its own descriptor. */
static void
serve(struct child_start *cs, int fd)
{
	enum request what;
	pid_t	     pid;
	int	     got;

	while ((got = request_wait(fd, &what)) != -1) {
		pid = fork_sibling();
		if (pid == 0 && what == REQUEST_MEASURE) {
			cs->parent_fd = got;
			spawn_become(cs);	/* closes fd, too */
		}
		if (pid == 0) {
			close(fd);
			fd = got;
			if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != cs->parent)
				_exit(EXIT_FAILURE);
			continue;
		}
		if (pid == -1)
			log_warn("cannot start a process");
		close(got);
		answer(fd, pid);
	}
}

static void __attribute__((noreturn))
nest_run(struct child_start *cs, const struct msg_instance *in, const char *user, int fd)
{
	const struct packet_way way = packet_way_of(in);
	int    keep[CHILD_FDS_MAX];
	size_t n;
	char   name[48];

	snprintf(name, sizeof(name), "nest %s", cs->instance);
	log_open("simpuld", name);
	title_set("simpuld", name);
	if (geteuid() != 0)
		user = "";	/* in a user namespace we shall look like root, with nobody else to become */
	if (namespace_enter(cs->instance, in->netns) == -1 ||
	    (!instance_is_apps(cs->instance) && (packet_sockets_open(&cs->sockets) == -1 ||
	    packet_sockets_way(&cs->sockets, &way, name) == -1)) || privileges_drop(user) == -1)
		goto fail;
	cs->sockets.way = way;	/* also of a twin, which opens its sockets by itself */
	cs->parent_fd = fd;	/* the nest's own; the next one comes with a request */
	n = child_fds(cs, keep);
	spawn_shed(cs->parent, keep, n);
	if (sandbox_enter(SANDBOX_PARENT, -1) == -1)
		goto fail;
	answer(fd, 0);
	serve(cs, fd);
	spawn_exit(EXIT_SUCCESS);
fail:
	answer(fd, -1);
	_exit(EXIT_FAILURE);
}

/* ---- the parent's side ---- */

/*
 * @return what the nest answers, or -1 when it does not. One that is late is killed: its answer would be taken
 * for that to the next request, and a stranger's pid for a child's.
 */
static int32_t
answer_wait(const struct twin *t)
{
	int32_t value;
	ssize_t got;

	do {
		got = recv(t->fd, &value, sizeof(value), 0);
	} while (got == -1 && errno == EINTR);
	if (got == -1 && errno == EAGAIN)
		kill(t->pid, SIGKILL);
	return got == sizeof(value) ? value : -1;
}

/* A blocking pair with a time limit: the parent waits for each answer, which takes as long as a fork. */
static int
pair_make(int fd[2])
{
	static const struct timeval limit = { .tv_sec = ANSWER_S };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == -1) {
		log_warn("cannot make a socket pair");
		return -1;
	}
	setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return 0;
}

/* @return the pid of the process that this one has cloned, or -1 */
static pid_t
ask(const struct twin *t, enum request what, int fd)
{
	union {
		struct cmsghdr align;
		char	       bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char	       byte = (char)what;
	struct iovec   iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr  mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	if (t->pid == 0 || sendmsg(t->fd, &mh, MSG_NOSIGNAL) != 1)
		return -1;
	return answer_wait(t);
}

/* Whichever of the two is there. @return the pid, or -1 (logged) */
static pid_t
ask_any(struct nest *n, enum request what, int fd)
{
	pid_t pid = ask(&n->twin[0], what, fd);

	if (pid <= 0)
		pid = ask(&n->twin[1], what, fd);
	if (pid > 0)
		return pid;
	log_warnx("measure %s: nothing waits in its network namespace any more: restart simpuld",
	    n->instance);
	return -1;
}

/* Have the other twin clone this one. */
static void
twin_renew(struct nest *n, struct twin *t)
{
	int fd[2];

	if (pair_make(fd) == -1)
		return;
	t->pid = ask_any(n, REQUEST_NEST, fd[1]);
	close(fd[1]);
	if (t->pid > 0) {
		t->fd = fd[0];
	} else {
		t->pid = 0;
		close(fd[0]);
	}
}

static void
twin_close(struct twin *t)
{
	if (t->fd != -1)
		close(t->fd);	/* end of file: it ends */
	*t = (struct twin){ .fd = -1 };
}

/* The first one enters the namespace; it has its own way in. */
static int __attribute__((noinline))
twin_first(struct nest *n, const struct msg_instance *in, const char *user, int secrets_fd, int probe_secrets_fd)
{
	struct twin	  *t = &n->twin[0];
	struct child_start cs;
	sigset_t	   before;
	int		   fd[2];

	SPAWN_KEEP_REGISTERS();
	if (pair_make(fd) == -1)
		return -1;
	child_start_init(&cs, PROCESS_MEASURE, n->instance);
	cs.secrets_fd = secrets_fd;
	cs.probe_secrets_fd = probe_secrets_fd;
	spawn_signals_block(&before);
	t->pid = fork();
	if (t->pid == 0)
		nest_run(&cs, in, user, fd[1]);
	spawn_signals_restore(&before);
	close(fd[1]);
	t->fd = fd[0];
	if (t->pid == -1)
		log_warn("cannot start the nest of measure %s", n->instance);
	return t->pid != -1 ? answer_wait(t) : -1;
}

struct nest *
nest_new(const struct msg_instance *in, const char *user, int secrets_fd, int probe_secrets_fd)
{
	struct nest *n = xcalloc(1, sizeof(*n));

	text_copy(n->instance, sizeof(n->instance), in->name);
	n->twin[0].fd = n->twin[1].fd = -1;
	if (twin_first(n, in, user, secrets_fd, probe_secrets_fd) == -1) {
		nest_free(n);		/* the nest has said why */
		return NULL;
	}
	twin_renew(n, &n->twin[1]);
	return n;
}

pid_t
nest_spawn(struct nest *n, int parent_fd)
{
	return ask_any(n, REQUEST_MEASURE, parent_fd);
}

bool
nest_died(struct nest *n, pid_t pid)
{
	size_t i;

	for (i = 0; i < nitems(n->twin); i++)
		if (n->twin[i].pid == pid) {
			twin_close(&n->twin[i]);
			twin_renew(n, &n->twin[i]);
			return true;
		}
	return false;
}

void
nest_free(struct nest *n)
{
	if (n == NULL)
		return;
	twin_close(&n->twin[0]);
	twin_close(&n->twin[1]);
	free(n);
}
