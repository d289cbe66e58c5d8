/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each process may do inside its sandbox, and what ends it: a child per case enters the sandbox and
 * tries.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

#include "base/log.h"
#include "tests/unit/tap.h"

/* Each returns 0 when it worked, else an errno. */

static int
try_wait(int dir_fd)
{
	struct timespec t = { 0, 1000 };

	(void)dir_fd;
	return nanosleep(&t, NULL) == 0 ? 0 : errno;
}

static int
try_exec(int dir_fd)
{
	(void)dir_fd;
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int
try_ptrace(int dir_fd)
{
	(void)dir_fd;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno;
}

static int
try_fork(int dir_fd)
{
	pid_t pid = fork();

	(void)dir_fd;
	if (pid == 0)
		_exit(0);
	if (pid == -1 || waitpid(pid, NULL, 0) != pid)
		return errno;
	return 0;
}

static int
try_socket(int dir_fd)
{
	(void)dir_fd;
	return socket(AF_INET, SOCK_STREAM, 0) != -1 ? 0 : errno;
}

static int
try_unix_socket(int dir_fd)
{
	(void)dir_fd;
	return socket(AF_UNIX, SOCK_STREAM, 0) != -1 ? 0 : errno;
}

static int
try_packet_socket(int dir_fd)
{
	(void)dir_fd;
	return socket(AF_PACKET, SOCK_RAW, 0) != -1 ? 0 : errno;
}

static int
try_read(int dir_fd)
{
	(void)dir_fd;
	return open("/etc/hostname", O_RDONLY | O_CLOEXEC) != -1 || errno == ENOENT ? 0 : errno;
}

static int
try_write_elsewhere(int dir_fd)
{
	(void)dir_fd;
	return open("/tmp", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600) != -1 ? 0 : errno;
}

static int
try_write(int dir_fd)
{
	int fd = openat(dir_fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, "x", 1) != 1 || fdatasync(fd) == -1 || renameat(dir_fd, "file", dir_fd,
	    "file2") == -1 ||
	    unlinkat(dir_fd, "file2", 0) == -1)
		return errno;
	return 0;
}

static int
try_kill(int dir_fd)
{
	(void)dir_fd;
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int
try_set_uid(int dir_fd)
{
	(void)dir_fd;
	return setuid(12345) == 0 ? 0 : errno;
}

static int
try_capability(int dir_fd)
{
	(void)dir_fd;
	return chown("/tmp", 12345, 12345) == 0 ? 0 : errno;
}

enum outcome { WORKS, REFUSED, KILLED };
static const char *const outcome_names[] = { "works", "is refused", "ends it" };

static const struct test {
	enum sandbox_role role;
	const char	 *who, *what;
	int		(*try)(int dir_fd);
	enum outcome	  want;
} tests[] = {
	{ SANDBOX_STORE, "store", "waiting", try_wait, WORKS },
	{ SANDBOX_STORE, "store", "writing in its directory", try_write, WORKS },
	{ SANDBOX_STORE, "store", "writing elsewhere", try_write_elsewhere, REFUSED },
	{ SANDBOX_STORE, "store", "reading elsewhere", try_read, REFUSED },
	{ SANDBOX_STORE, "store", "a socket", try_socket, KILLED },
	{ SANDBOX_STORE, "store", "exec", try_exec, KILLED },
	{ SANDBOX_STORE, "store", "ptrace", try_ptrace, KILLED },
	{ SANDBOX_STORE, "store", "fork", try_fork, KILLED },
	{ SANDBOX_CORE, "core", "writing in its directory", try_write, WORKS },
	{ SANDBOX_CORE, "core", "writing elsewhere", try_write_elsewhere, REFUSED },
	{ SANDBOX_CORE, "core", "a socket", try_socket, KILLED },
	{ SANDBOX_CORE, "core", "exec", try_exec, KILLED },
	{ SANDBOX_CORE, "core", "a signal to its parent", try_kill, KILLED },
	{ SANDBOX_MEASURE, "measure", "a TCP socket", try_socket, WORKS },
	{ SANDBOX_MEASURE, "measure", "reading a file", try_read, WORKS },
	{ SANDBOX_MEASURE, "measure", "a packet socket", try_packet_socket, KILLED },
	{ SANDBOX_MEASURE, "measure", "a Unix socket", try_unix_socket, KILLED },
	{ SANDBOX_MEASURE, "measure", "writing a file", try_write_elsewhere, KILLED },
	{ SANDBOX_MEASURE, "measure", "exec", try_exec, KILLED },
	{ SANDBOX_MEASURE, "measure", "fork", try_fork, KILLED },
	{ SANDBOX_PUBLISH, "publish", "a TCP socket", try_socket, WORKS },
	{ SANDBOX_PUBLISH, "publish", "a Unix socket", try_unix_socket, WORKS },
	{ SANDBOX_PUBLISH, "publish", "writing a file", try_write_elsewhere, KILLED },
	{ SANDBOX_PUBLISH, "publish", "exec", try_exec, KILLED },
	{ SANDBOX_CHECK, "check", "waiting", try_wait, WORKS },
	{ SANDBOX_CHECK, "check", "a socket", try_socket, KILLED },
	{ SANDBOX_CHECK, "check", "reading a file", try_read, KILLED },
	{ SANDBOX_CHECK, "check", "exec", try_exec, KILLED },
	{ SANDBOX_PARENT, "parent", "fork", try_fork, WORKS },
	{ SANDBOX_PARENT, "parent", "exec", try_exec, KILLED },
	{ SANDBOX_PARENT, "parent", "ptrace", try_ptrace, KILLED },
	{ SANDBOX_PARENT, "parent", "another uid", try_set_uid, KILLED },
	{ SANDBOX_PARENT, "parent", "a file's owner", try_capability, KILLED },
};

/* @return wait status of a child that tries inside its sandbox */
static int
try_inside(const struct test *t, int dir_fd)
{
	bool  owns_directory = t->role == SANDBOX_STORE || t->role == SANDBOX_CORE;
	int   status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_enter(t->role, owns_directory ? dir_fd : -1) == -1)
			_exit(255);
		_exit(t->try(dir_fd));
	}
	waitpid(pid, &status, 0);
	return status;
}

static bool
has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1;
}

static void
test_one(const struct test *t, int dir_fd)
{
	int	     status = try_inside(t, dir_fd);
	enum outcome got;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		got = KILLED;
	else
		got = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? WORKS : REFUSED;
	if (t->want == REFUSED && got == WORKS && !has_landlock())
		ok(true, "%s: %s # SKIP this kernel has no Landlock", t->who, t->what);
	else if (!ok(got == t->want, "%s: %s %s", t->who, t->what, outcome_names[t->want]))
		printf("#   got: %s, status 0x%x\n", outcome_names[got], status);
}

/* In a child, since there is no way back. */
static void
test_privileges(void)
{
	int   status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(privileges_drop("") == -1 ? 255 : try_capability(-1));
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && (WEXITSTATUS(status) == EPERM || WEXITSTATUS(status) == EACCES),
	    "without capabilities, uid %d cannot give /tmp away", (int)geteuid());

	pid = fork();
	if (pid == 0)
		_exit(privileges_drop("no-such-user") == -1 ? 1 : 0);
	waitpid(pid, &status, 0);
	if (geteuid() == 0)
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 1, "an unknown user is refused");

	pid = fork();
	if (pid == 0)
		_exit(privileges_drop("nobody") == 0 && geteuid() != 0 && setuid(0) == -1 ? 0 : 1);
	waitpid(pid, &status, 0);
	if (geteuid() == 0)
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "root becomes nobody, and not root again");
}

int
main(void)
{
	char   dir[] = "/tmp/simpul-sandbox.XXXXXX";
	int    dir_fd;
	size_t i;

#ifdef SIMPUL_SANITIZED
	puts("1..0 # SKIP with sanitizers the filters only log");
	return 0;
#endif
	log_quiet(true);
	if (mkdtemp(dir) == NULL || (dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		fatal("%s", dir);
	for (i = 0; i < nitems(tests); i++)
		test_one(&tests[i], dir_fd);
	test_privileges();
	rmdir(dir);
	return tap_done();
}
