/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who ends when a child says that another one sent it a bad message: the children that the parent starts here
 * only pretend, and one of them accuses. And what a real child does with a bad message: it tells, and lives
 * on. And whom a real core lets in who came before it.
 */
#include "proc/children.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/title.h"
#include "tests/unit/fake_spawn.h"
#include "tests/unit/store_dir.h"
#include "tests/unit/tap.h"

#define WAIT_NS (20 * NS_PER_S)

static const struct accusation {
	const char	 *name;
	enum process_kind accuser, accused, ends;
	enum { TRUE_PID, OLD_PID, NO_HELLO, NO_ACCUSATION } what;
} accusations[] = {
	{ "core accuses measure", PROCESS_CORE, PROCESS_MEASURE, PROCESS_MEASURE, TRUE_PID },
	{ "core accuses publish", PROCESS_CORE, PROCESS_PUBLISH, PROCESS_PUBLISH, TRUE_PID },
	{ "core accuses store", PROCESS_CORE, PROCESS_STORE, PROCESS_STORE, TRUE_PID },
	{ "store accuses measure", PROCESS_STORE, PROCESS_MEASURE, PROCESS_MEASURE, TRUE_PID },
	{ "store accuses core", PROCESS_STORE, PROCESS_CORE, PROCESS_STORE, TRUE_PID },
	{ "publish accuses core", PROCESS_PUBLISH, PROCESS_CORE, PROCESS_PUBLISH, TRUE_PID },
	{ "measure accuses core", PROCESS_MEASURE, PROCESS_CORE, PROCESS_MEASURE, TRUE_PID },
	{ "measure accuses store", PROCESS_MEASURE, PROCESS_STORE, PROCESS_MEASURE, TRUE_PID },
	{ "measure accuses publish, its equal", PROCESS_MEASURE, PROCESS_PUBLISH, PROCESS_MEASURE, TRUE_PID },
	{ "measure accuses the parent", PROCESS_MEASURE, PROCESS_PARENT, PROCESS_MEASURE, TRUE_PID },
	{ "store accuses publish, to which it has no channel", PROCESS_STORE, PROCESS_PUBLISH, PROCESS_STORE,
	    TRUE_PID },
	{ "core accuses a measure that has died since, and then store", PROCESS_CORE, PROCESS_MEASURE,
	    PROCESS_STORE, OLD_PID },
	{ "core accuses nobody that there can be", PROCESS_CORE, PROCESS_MEASURE, PROCESS_CORE, NO_HELLO },
	{ "core says what the parent does not take", PROCESS_CORE, PROCESS_MEASURE, PROCESS_CORE,
	    NO_ACCUSATION },
};

/* What the pretending children do; each is a copy of this process as it was when it started. */
static struct {
	const struct accusation *a;
	unsigned		 lives;			/* in how many the accuser accuses */
	unsigned		 started[PROCESSES];
	pid_t			 publish;		/* the last */
	bool			 core_knows_publish;	/* from its start on */
	struct msg_counters	 restarts;		/* at the end, of the parent */
} scene;

/* ---- children that pretend (the rest of spawn.c: fake_spawn.h) ---- */

static void
frame_send(int fd, uint8_t type, const void *data, size_t len)
{
	uint8_t frame[IPC_HEAD + 64] = { (uint8_t)len, [4] = type, [6] = IPC_VERSION };

	if (len > 0)
		memcpy(frame + IPC_HEAD, data, len);
	if (send(fd, frame, IPC_HEAD + len, MSG_NOSIGNAL) == -1)
		_exit(1);
}

static void
accuse(int fd, enum process_kind kind, uint32_t pid)
{
	struct msg_hello m = { .process = (uint8_t)kind, .pid = pid };
	struct buf	 b = { 0 };

	msg_hello_encode(&b, &m);
	frame_send(fd, IPC_ACCUSE, b.data, b.len);
	buf_free(&b);
}

/* @param pid  of those that it has heard of */
static void
play(int fd, const uint32_t pid[PROCESSES])
{
	switch (scene.a->what) {
	case TRUE_PID:
		accuse(fd, scene.a->accused, pid[scene.a->accused]);
		break;
	case OLD_PID:
		accuse(fd, scene.a->accused, pid[scene.a->accused] + 1);
		accuse(fd, scene.a->ends, pid[scene.a->ends]);
		break;
	case NO_HELLO:
		frame_send(fd, IPC_ACCUSE, "\xff", 1);
		break;
	case NO_ACCUSATION:
		frame_send(fd, IPC_RELOAD, NULL, 0);
		break;
	}
}

/* Has it heard of all that it needs to know? Those who have no channel to the accused know nothing. */
static bool
knows_enough(enum process_kind me, const uint32_t pid[PROCESSES])
{
	size_t kind, known = 0;

	for (kind = 0; kind < PROCESSES; kind++)
		known += pid[kind] != 0;
	return known == (me == PROCESS_CORE ? 3 : me == PROCESS_PUBLISH ? 1 : 2);
}

static void __attribute__((noreturn))
pretend(const struct child_start *cs)
{
	uint8_t		 frame[IPC_HEAD + 64];
	uint32_t	 pid[PROCESSES] = { 0 };
	struct pollfd	 p = { .fd = cs->parent_fd, .events = POLLIN };
	struct msg_hello m;
	ssize_t		 n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (poll(&p, 1, -1) == 1 && (n = recv(cs->parent_fd, frame, sizeof(frame), 0)) > 0) {
		if (frame[4] != IPC_CHANNEL ||
		    msg_hello_decode(&m, frame + IPC_HEAD, (size_t)n - IPC_HEAD) == -1)
			continue;
		pid[m.process] = m.pid;
		if (cs->kind == scene.a->accuser && scene.started[cs->kind] <= scene.lives &&
		    knows_enough(cs->kind, pid))
			play(cs->parent_fd, pid);
	}
	_exit(0);
}

pid_t
spawn_child(const struct child_start *cs)
{
	pid_t pid;

	scene.started[cs->kind]++;
	if (cs->kind == PROCESS_CORE)
		scene.core_knows_publish = cs->publish[0] == scene.publish;
	pid = fork();
	if (pid == 0)
		pretend(cs);
	if (cs->kind == PROCESS_PUBLISH)
		scene.publish = pid;
	return pid;
}

/* ---- the parent's decision ---- */

struct bench {
	struct loop	*loop;
	struct premises	 premises;
	struct children *children;
	struct loop_timer late;
};

static void
on_started(void *arg, enum process_kind kind)
{
	struct bench *b = arg;

	if (kind == scene.a->ends && scene.started[kind] == scene.lives + 1)
		loop_stop(b->loop, 0);
}

static void
on_died(void *arg)
{
	(void)arg;
}

static void
on_late(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, -1);
}

static void
on_child(void *arg)
{
	struct bench *b = arg;

	if (b->children != NULL)
		children_reap(b->children);
}

/* Until the one that shall end has begun its last life. @return 0, or -1 when that does not come to pass */
static int
act(struct bench *b, const struct accusation *a, unsigned lives)
{
	static const enum process_kind all[] = {
		PROCESS_STORE, PROCESS_CORE, PROCESS_PUBLISH, PROCESS_MEASURE,
	};
	const struct children_hooks    hooks = { on_started, on_died, on_died, b };
	size_t			       i;
	int			       rc;

	memset(&scene, 0, sizeof(scene));
	scene.a = a;
	scene.lives = lives;
	b->children = children_new(b->loop, &b->premises, &hooks);
	for (i = 0; i < nitems(all); i++)
		children_add(b->children, all[i], "", "", "");
	loop_timer_set(b->loop, &b->late, loop_mono_ns(b->loop) + WAIT_NS, on_late, b);
	children_start(b->children);
	rc = loop_run(b->loop);
	loop_timer_cancel(b->loop, &b->late);
	children_counters(b->children, &scene.restarts);
	children_free(b->children);
	b->children = NULL;
	return rc;
}

/* Nobody has died, but for this one. */
static bool
only_ended(enum process_kind ended, unsigned times)
{
	char	 name[48];
	unsigned i, died = 0;
	bool	 all_others_live = true;

	snprintf(name, sizeof(name), "child.%s.restarts", process_names[ended]);
	for (i = 0; i < scene.restarts.n; i++) {
		if (strcmp(scene.restarts.c[i].name, name) == 0)
			died = (unsigned)scene.restarts.c[i].value;
		else
			all_others_live = all_others_live && scene.restarts.c[i].value == 0;
	}
	return all_others_live && died == times;
}

static void
test_decisions(void)
{
	struct bench b = { .loop = loop_new() };
	size_t	     i;

	premises_init(&b.premises);
	loop_signal(b.loop, SIGCHLD, on_child, &b);
	for (i = 0; i < nitems(accusations); i++)
		ok(act(&b, &accusations[i], 1) == 0 && only_ended(accusations[i].ends, 1),
		    "%s: %s is replaced", accusations[i].name, process_names[accusations[i].ends]);
	ok(act(&b, &accusations[12], 2) == 0 && scene.started[PROCESS_CORE] == 3 && scene.core_knows_publish,
	    "a new core is told which process is publish");
	ok(act(&b, &accusations[6], 4) == 0 && only_ended(PROCESS_MEASURE, 4),
	    "measure accuses core in each of its lives: core lives on");
	loop_free(b.loop);
}

/* ---- a child that gets a bad message ---- */

/* The first frame of this type. @return length of its payload, or -1 when none comes */
static ssize_t
frame_wait(int fd, uint8_t type, uint8_t *payload, size_t size)
{
	uint8_t	      frame[IPC_HEAD + 4096];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t	      n;

	while (poll(&p, 1, (int)(WAIT_NS / NS_PER_MS)) == 1 &&
	    (n = recv(fd, frame, sizeof(frame), 0)) >= IPC_HEAD)
		if (frame[4] == type && (size_t)n - IPC_HEAD <= size) {
			memcpy(payload, frame + IPC_HEAD, (size_t)n - IPC_HEAD);
			return n - IPC_HEAD;
		}
	return -1;
}

/* Be core, process `pid`, and send what is no frame. @return whether the child tells its parent so */
static bool
tells_of(struct ipc_channel *to_child, int from_child, uint32_t pid)
{
	struct msg_hello core = { .process = PROCESS_CORE, .pid = pid }, m = { 0 };
	uint8_t		 payload[64];
	ssize_t		 n;
	int		 fd[2];

	if (ipc_socketpair(fd) == -1)
		return false;
	msg_hello_send(to_child, IPC_CHANNEL, 0, &core, fd[1]);
	close(fd[1]);
	n = write(fd[0], "bad", 3) == 3 ? frame_wait(from_child, IPC_ACCUSE, payload, sizeof(payload)) : -1;
	close(fd[0]);
	return n > 0 && msg_hello_decode(&m, payload, (size_t)n) == 0 && m.process == PROCESS_CORE &&
	    m.pid == pid;
}

/* @param fd  the pair with it, [0] is ours @return its pid */
static pid_t
real_start(struct child_start *cs, const int fd[2])
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd[0]);
		cs->parent_fd = fd[1];
		_exit(child_run(cs));
	}
	close(fd[1]);
	return pid;
}

static void
test_child(void)
{
	struct loop	   *l = loop_new();
	struct ipc_channel *to_child;
	struct child_start  cs;
	uint8_t		    payload[64];
	int		    fd[2], status = -1;
	pid_t		    pid;

	if (ipc_socketpair(fd) == -1)
		fatal("socketpair");
	child_start_init(&cs, PROCESS_PUBLISH, "");
	pid = real_start(&cs, fd);
	to_child = ipc_open(l, dup(fd[0]), "publish", NULL, NULL, NULL);
	ok(frame_wait(fd[0], IPC_HELLO, payload, sizeof(payload)) > 0, "a real publish starts");
	ok(tells_of(to_child, fd[0], 4711), "a bad message of core's: it tells");
	ok(tells_of(to_child, fd[0], 4712), "it lives on, and tells of the next core by its own number");
	ipc_send(to_child, IPC_STOP, 0, NULL, 0, -1);
	ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "and stops when told");
	ipc_free(to_child);
	close(fd[0]);
	loop_free(l);
}

/* Both channels of an instance that was started anew wait for the store, and in the old one is no frame. */
static void
test_predecessor(void)
{
	struct loop	   *l = loop_new();
	struct ipc_channel *to_store;
	struct child_start  cs;
	struct msg_hello    m = { .process = PROCESS_MEASURE, .instance = "wan" };
	uint8_t		    payload[64];
	ssize_t		    n;
	int		    fd[2], channel[2][2], i, dir_fd = store_dir_make();
	pid_t		    pid;

	if (ipc_socketpair(fd) == -1 || ipc_socketpair(channel[0]) == -1 || ipc_socketpair(channel[1]) == -1)
		fatal("socketpair");
	to_store = ipc_open(l, dup(fd[0]), "store", NULL, NULL, NULL);
	for (i = 0; i < 2; i++) {
		m.pid = 4711 + (uint32_t)i;
		msg_hello_send(to_store, IPC_CHANNEL, 0, &m, channel[i][1]);
		close(channel[i][1]);
	}
	if (write(channel[0][0], "bad", 3) != 3)
		fatal("write");
	child_start_init(&cs, PROCESS_STORE, "");
	cs.dir_fd = dup(dir_fd);
	pid = real_start(&cs, fd);
	close(cs.dir_fd);
	n = frame_wait(fd[0], IPC_ACCUSE, payload, sizeof(payload));
	ok(n > 0 && msg_hello_decode(&m, payload, (size_t)n) == 0 && m.pid == 4711,
	    "store accuses the measure that sent the bad message, not its successor");
	ipc_send(to_store, IPC_STOP, 0, NULL, 0, -1);
	waitpid(pid, NULL, 0);
	ipc_free(to_store);
	for (i = 0; i < 2; i++)
		close(channel[i][0]);
	close(fd[0]);
	loop_free(l);
	store_dir_remove(dir_fd);
}

/* ---- who came before core ---- */

/* @param at  the address; filled in @return the listening end, in the directory */
static int
socket_make(int dir_fd, struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at->sun_family = AF_UNIX;
	snprintf(at->sun_path, sizeof(at->sun_path), "/proc/self/fd/%d/sock", dir_fd);
	if (fd == -1 || bind(fd, (struct sockaddr *)at, sizeof(*at)) == -1 || listen(fd, 4) == -1)
		fatal("%s", at->sun_path);
	return fd;
}

/* Ask core something that only an administrator may. Ends with 0 when that is forbidden, 1 when it is not. */
static void __attribute__((noreturn))
knock(const struct sockaddr_un *at, int ready_fd)
{
	static const char request[] = "{\"id\":1,\"op\":\"flush\"}\n";
	char		  answer[4096];
	struct pollfd	  p = { .events = POLLIN };
	ssize_t		  n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	p.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(p.fd, (const struct sockaddr *)at, sizeof(*at)) == -1 ||
	    write(p.fd, request, sizeof(request) - 1) == -1)
		_exit(2);
	close(ready_fd);	/* what follows may come to pass */
	if (poll(&p, 1, (int)(WAIT_NS / NS_PER_MS)) != 1 || (n = read(p.fd, answer, sizeof(answer) - 1)) <= 0)
		_exit(3);
	answer[n] = '\0';
	_exit(strstr(answer, "\"forbidden\"") != NULL ? 0 : 1);
}

/* Somebody has connected when core starts. @return what knock() ends with */
static int
knock_first(bool is_publish)
{
	struct sockaddr_un  at = { 0 };
	struct loop	   *l = loop_new();
	struct ipc_channel *to_core;
	struct child_start  cs;
	char		    byte;
	int		    dir_fd = store_dir_make(), fd[2], ready[2], status = -1;
	pid_t		    knocks, core;

	child_start_init(&cs, PROCESS_CORE, "");
	cs.listen_fd = socket_make(dir_fd, &at);
	if (ipc_socketpair(fd) == -1 || pipe(ready) == -1)
		fatal("socketpair");
	knocks = fork();
	if (knocks == 0) {
		close(ready[0]);
		knock(&at, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 0)
		fatal("read");
	cs.dir_fd = dup(dir_fd);
	cs.publish[1] = is_publish ? knocks : 0;
	core = real_start(&cs, fd);
	close(cs.dir_fd);
	close(cs.listen_fd);
	waitpid(knocks, &status, 0);
	to_core = ipc_open(l, fd[0], "core", NULL, NULL, NULL);
	ipc_send(to_core, IPC_STOP, 0, NULL, 0, -1);
	waitpid(core, NULL, 0);
	ipc_free(to_core);
	close(ready[0]);
	loop_free(l);
	store_dir_remove(dir_fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_before_core(void)
{
	ok(knock_first(false) == 1, "who connected before core started, and is our user, is an administrator");
	ok(knock_first(true) == 0, "one that was publish is not");
}

int
main(int argc, char *argv[])
{
	title_init(argc, argv);
	log_quiet(true);
	signal(SIGPIPE, SIG_IGN);
	test_child();
	test_predecessor();
	test_before_core();
	test_decisions();
	return tap_done();
}
