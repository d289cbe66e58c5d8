/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spawning: a measure process in a network namespace of its own, killed and replaced after all rights are
 * gone; the nest itself killed and renewed; an orderly stop. The namespace belongs to a process of this test
 * (unshare); where that is not permitted the test is skipped.
 */
#include "proc/nest.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "base/title.h"
#include "ipc/msg.h"
#include "tests/unit/tap.h"

#define WAIT_MS	  120000
#define MARK_PORT 40961

/* A UDP socket bound to this port marks the namespace; anyone can see it in /proc/<pid>/net/udp. */
static bool
mark(void)
{
	const struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(MARK_PORT) };
	int			 fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0;
}

static bool
is_marked(pid_t pid)
{
	char  path[64], line[256], want[16];
	bool  found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/net/udp", (int)pid);
	snprintf(want, sizeof(want), "00000000:%04X", MARK_PORT);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL)
		found |= strstr(line, want) != NULL;
	fclose(f);
	return found;
}

/* A process that does nothing but hold a namespace open. @return its pid, or -1 when it may not have one */
static pid_t
namespace_holder(void)
{
	int   fd[2], flags = CLONE_NEWNET | (geteuid() != 0 ? CLONE_NEWUSER : 0);
	char  byte = 0;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fatal("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = unshare(flags) == 0 && mark() ? 'y' : 'n';
		if (write(fd[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	close(fd[1]);
	if (read(fd[0], &byte, 1) != 1 || byte != 'y') {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(fd[0]);
	return pid;
}

/* Its first message, within a limit. */
static bool
says_hello(int fd)
{
	uint8_t		 frame[IPC_HEAD + 64];
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	struct msg_hello m;
	ssize_t		 n;

	if (poll(&p, 1, WAIT_MS) != 1)
		return false;
	n = recv(fd, frame, sizeof(frame), 0);
	return n > IPC_HEAD && frame[4] == IPC_HELLO &&
	    msg_hello_decode(&m, frame + IPC_HEAD, (size_t)n - IPC_HEAD) == 0 &&
	    m.process == PROCESS_MEASURE && strcmp(m.instance, "far") == 0;
}

static pid_t
spawn(struct nest *n, int *fd)
{
	int   pair[2];
	pid_t pid;

	if (ipc_socketpair(pair) == -1)
		fatal("socketpair");
	pid = nest_spawn(n, pair[1]);
	close(pair[1]);
	*fd = pair[0];
	return pid;
}

/* The nests are the children of this process that are neither of the two. */
static pid_t
find_nest(pid_t holder, pid_t measure)
{
	char  path[64], text[4096] = "", *p;
	int   fd;
	pid_t pid, found = -1;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || read(fd, text, sizeof(text) - 1) <= 0)
		fatal("%s", path);
	close(fd);
	for (p = text; (pid = (pid_t)strtol(p, &p, 10)) > 0;)
		if (pid != holder && pid != measure)
			found = pid;
	if (found == -1)
		fatalx("no nest: %s", text);	/* and nobody is to be killed as pid -1, which is everybody */
	return found;
}

static void
stop_frame(int fd)
{
	uint8_t head[IPC_HEAD] = { [4] = IPC_STOP, [6] = IPC_VERSION };

	if (send(fd, head, sizeof(head), 0) != sizeof(head))
		fatal("send");
}

static void
test_nest(struct nest *n, pid_t holder)
{
	int   fd, status = -1;
	pid_t first, second, third, nest;

	first = spawn(n, &fd);
	ok(first > 0 && says_hello(fd), "a measure process starts");
	ok(is_marked(first), "inside the namespace");
	kill(first, SIGKILL);
	ok(waitpid(first, &status, 0) == first && WIFSIGNALED(status),
	    "killed, it is our own child to wait for");
	close(fd);

	second = spawn(n, &fd);
	ok(second > 0 && second != first && says_hello(fd),
	    "another one takes its place, without any rights of ours");
	ok(is_marked(second), "inside the namespace, too");

	nest = find_nest(holder, second);
	kill(nest, SIGKILL);
	waitpid(nest, NULL, 0);
	ok(nest_died(n, nest), "the nest is killed");
	ok(!nest_died(n, second), "the measure process is not a nest");
	stop_frame(fd);
	ok(waitpid(second, &status, 0) == second && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "STOP ends it with 0");
	close(fd);

	nest = find_nest(holder, -1);
	kill(nest, SIGKILL);
	waitpid(nest, NULL, 0);
	ok(nest_died(n, nest), "a nest is killed again");
	third = spawn(n, &fd);
	ok(third > 0 && says_hello(fd), "a renewed nest still starts processes");
	ok(is_marked(third), "inside the namespace");
	close(fd);
	ok(waitpid(third, &status, 0) == third, "end of file on its channel ends the process");
}

/* Of the two nests the older one is asked first. */
static void
test_late_answer(struct nest *n, pid_t holder)
{
	pid_t younger = find_nest(holder, -1), older = find_nest(holder, younger), first, second;
	int   fd[2], status = 0;

	kill(older, SIGSTOP);
	first = spawn(n, &fd[0]);
	ok(first > 0 && says_hello(fd[0]), "when one nest does not answer, the other one starts a process");
	ok(waitpid(older, &status, 0) == older && WIFSIGNALED(status), "and the silent one is killed");
	ok(nest_died(n, older), "to be renewed");
	second = spawn(n, &fd[1]);
	ok(second > 0 && second != first && says_hello(fd[1]), "no answer is taken for another one's");
	close(fd[0]);
	close(fd[1]);
	ok(waitpid(first, NULL, 0) == first && waitpid(second, NULL, 0) == second, "both are our children");
}

int
main(int argc, char *argv[])
{
	pid_t	     holder = namespace_holder();
	struct nest *n;
	struct msg_instance far = { .name = "far" };

	title_init(argc, argv);
	if (holder == -1)
		return tap_skip_all("network namespaces are not permitted here");
	log_quiet(true);
	ok(is_marked(holder) && !is_marked(getpid()), "a namespace that can be told from ours");
	ok(nest_new(&far, "", -1, -1) == NULL, "a namespace that is not there is refused");
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	snprintf(far.netns, sizeof(far.netns), "/proc/%d/ns/net", (int)holder);
	n = nest_new(&far, "", -1, -1);
	if (ok(n != NULL, "the nest enters the namespace")) {
		ok(privileges_drop("") == 0, "we give up our rights");
		test_nest(n, holder);
		test_late_answer(n, holder);
	}
	nest_free(n);
	kill(holder, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	ok(true, "without its parent's end the nest ends");
	return tap_done();
}
