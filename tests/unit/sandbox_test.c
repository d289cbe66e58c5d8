/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each process may do inside its sandbox, and what ends it: a child per case enters the sandbox and
 * tries.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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
try_connect(int dir_fd)
{
	struct sockaddr_storage to = { .ss_family = AF_INET };

	(void)dir_fd;
	return connect(STDIN_FILENO, (struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
}

/* No such descriptor: the kernel would say so, were it asked. */
static int
try_send_low(int dir_fd)
{
	(void)dir_fd;
	return send(SANDBOX_MUTE_FROM - 1, "", 1, 0) == -1 && errno == EBADF ? 0 : EIO;
}

static int
try_send_high(int dir_fd)
{
	(void)dir_fd;
	return send(SANDBOX_MUTE_FROM, "", 1, 0) == -1 ? 0 : EIO;
}

static int
try_write_high(int dir_fd)
{
	(void)dir_fd;
	return write(SANDBOX_MUTE_FROM, "", 1) == -1 ? 0 : EIO;
}

static int
try_duplicate(int dir_fd)
{
	(void)dir_fd;
	return fcntl(SANDBOX_MUTE_FROM, F_DUPFD_CLOEXEC, 3) == -1 ? 0 : EIO;
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

/* The files of others are beside the one directory (main()). */
static int
try_read_at(int dir_fd, const char *path)
{
	char	byte;
	int	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, &byte, 1) : -1;

	return n == 1 ? 0 : errno;
}

static int
try_own_secret(int dir_fd)
{
	return try_read_at(dir_fd, "secret");
}

static int
try_ledger(int dir_fd)
{
	return try_read_at(dir_fd, "../ledger.db");
}

static int
try_others_secret(int dir_fd)
{
	return try_read_at(dir_fd, "../snmp/city-read");
}

static int
try_list_own(int dir_fd)
{
	return openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) != -1 ? 0 : errno;
}

static int
try_list_elsewhere(int dir_fd)
{
	return openat(dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) != -1 ? 0 : errno;
}

static int
try_name(int dir_fd)
{
	struct addrinfo *found;

	(void)dir_fd;
	return getaddrinfo("localhost", NULL, NULL, &found) == 0 ? 0 : ENOENT;
}

static int
try_certificates(int dir_fd)
{
	(void)dir_fd;
	return open("/etc/ssl/certs", O_RDONLY | O_CLOEXEC) != -1 || errno == ENOENT ? 0 : errno;
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
	{ SANDBOX_MEASURE, "measure", "reading its secret", try_own_secret, WORKS },
	{ SANDBOX_MEASURE, "measure", "listing its secrets", try_list_own, WORKS },
	{ SANDBOX_MEASURE, "measure", "listing a directory", try_list_elsewhere, REFUSED },
	{ SANDBOX_MEASURE, "measure", "reading a file", try_read, REFUSED },
	{ SANDBOX_MEASURE, "measure", "opening the ledger", try_ledger, REFUSED },
	{ SANDBOX_MEASURE, "measure", "writing among its secrets", try_write, KILLED },
	{ SANDBOX_MEASURE, "measure", "a packet socket", try_packet_socket, KILLED },
	{ SANDBOX_MEASURE, "measure", "a Unix socket", try_unix_socket, KILLED },
	{ SANDBOX_MEASURE, "measure", "writing a file", try_write_elsewhere, KILLED },
	{ SANDBOX_MEASURE, "measure", "exec", try_exec, KILLED },
	{ SANDBOX_MEASURE, "measure", "fork", try_fork, KILLED },
	{ SANDBOX_APPS, "apps", "a TCP socket", try_socket, WORKS },
	{ SANDBOX_APPS, "apps", "reading its secret", try_own_secret, WORKS },
	{ SANDBOX_APPS, "apps", "reading certificates", try_certificates, WORKS },
	{ SANDBOX_APPS, "apps", "opening a secret of measure", try_others_secret, REFUSED },
	{ SANDBOX_APPS, "apps", "reading a file", try_read, REFUSED },
	{ SANDBOX_APPS, "apps", "listing a directory", try_list_elsewhere, REFUSED },
	{ SANDBOX_APPS, "apps", "opening the ledger", try_ledger, REFUSED },
	{ SANDBOX_APPS, "apps", "a packet socket", try_packet_socket, KILLED },
	{ SANDBOX_APPS, "apps", "a Unix socket", try_unix_socket, KILLED },
	{ SANDBOX_APPS, "apps", "writing a file", try_write_elsewhere, KILLED },
	{ SANDBOX_APPS, "apps", "exec", try_exec, KILLED },
	{ SANDBOX_APPS, "apps", "fork", try_fork, KILLED },
	{ SANDBOX_PUBLISH, "publish", "a TCP socket", try_socket, WORKS },
	{ SANDBOX_PUBLISH, "publish", "a Unix socket", try_unix_socket, WORKS },
	{ SANDBOX_PUBLISH, "publish", "reading its secret", try_own_secret, WORKS },
	{ SANDBOX_PUBLISH, "publish", "looking a name up", try_name, WORKS },
	{ SANDBOX_PUBLISH, "publish", "reading certificates", try_certificates, WORKS },
	{ SANDBOX_PUBLISH, "publish", "reading a file", try_read, REFUSED },
	{ SANDBOX_PUBLISH, "publish", "listing a directory", try_list_elsewhere, REFUSED },
	{ SANDBOX_PUBLISH, "publish", "opening the ledger", try_ledger, REFUSED },
	{ SANDBOX_PUBLISH, "publish", "opening a secret of measure", try_others_secret, REFUSED },
	{ SANDBOX_PUBLISH, "publish", "writing a file", try_write_elsewhere, KILLED },
	{ SANDBOX_PUBLISH, "publish", "exec", try_exec, KILLED },
	{ SANDBOX_WEB, "simpul-web", "writing in its directory", try_write, WORKS },
	{ SANDBOX_WEB, "simpul-web", "a Unix socket", try_unix_socket, WORKS },
	{ SANDBOX_WEB, "simpul-web", "writing elsewhere", try_write_elsewhere, REFUSED },
	{ SANDBOX_WEB, "simpul-web", "reading elsewhere", try_read, REFUSED },
	{ SANDBOX_WEB, "simpul-web", "listing a directory", try_list_elsewhere, REFUSED },
	{ SANDBOX_WEB, "simpul-web", "opening the ledger", try_ledger, REFUSED },
	{ SANDBOX_WEB, "simpul-web", "a TCP socket", try_socket, KILLED },
	{ SANDBOX_WEB, "simpul-web", "exec", try_exec, KILLED },
	{ SANDBOX_WEB, "simpul-web", "fork", try_fork, KILLED },
	{ SANDBOX_WEB, "simpul-web", "a signal to its parent", try_kill, KILLED },
	{ SANDBOX_CHECK, "check", "waiting", try_wait, WORKS },
	{ SANDBOX_CHECK, "check", "a socket", try_socket, KILLED },
	{ SANDBOX_CHECK, "check", "reading a file", try_read, KILLED },
	{ SANDBOX_CHECK, "check", "exec", try_exec, KILLED },
	{ SANDBOX_TRAP, "trap", "waiting", try_wait, WORKS },
	{ SANDBOX_TRAP, "trap", "a socket", try_socket, KILLED },
	{ SANDBOX_TRAP, "trap", "connecting", try_connect, KILLED },
	{ SANDBOX_TRAP, "trap", "reading a file", try_read, KILLED },
	{ SANDBOX_TRAP, "trap", "opening the ledger", try_ledger, KILLED },
	{ SANDBOX_TRAP, "trap", "writing a file", try_write_elsewhere, KILLED },
	{ SANDBOX_TRAP, "trap", "exec", try_exec, KILLED },
	{ SANDBOX_TRAP, "trap", "fork", try_fork, KILLED },
	{ SANDBOX_TRAP, "trap", "a signal to its parent", try_kill, KILLED },
	{ SANDBOX_CAPTURE, "capture", "waiting", try_wait, WORKS },
	{ SANDBOX_CAPTURE, "capture", "saying something", try_send_low, WORKS },
	{ SANDBOX_CAPTURE, "capture", "sending through what it only reads", try_send_high, KILLED },
	{ SANDBOX_CAPTURE, "capture", "writing to it", try_write_high, KILLED },
	{ SANDBOX_CAPTURE, "capture", "another number for it", try_duplicate, KILLED },
	{ SANDBOX_CAPTURE, "capture", "a socket", try_socket, KILLED },
	{ SANDBOX_CAPTURE, "capture", "a packet socket", try_packet_socket, KILLED },
	{ SANDBOX_CAPTURE, "capture", "connecting", try_connect, KILLED },
	{ SANDBOX_CAPTURE, "capture", "reading a file", try_read, KILLED },
	{ SANDBOX_CAPTURE, "capture", "opening the ledger", try_ledger, KILLED },
	{ SANDBOX_CAPTURE, "capture", "writing a file", try_write_elsewhere, KILLED },
	{ SANDBOX_CAPTURE, "capture", "exec", try_exec, KILLED },
	{ SANDBOX_CAPTURE, "capture", "fork", try_fork, KILLED },
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
	bool  has_directory = t->role != SANDBOX_PARENT && t->role != SANDBOX_CHECK && t->role != SANDBOX_TRAP &&
	    t->role != SANDBOX_CAPTURE;
	int   status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_enter(t->role, has_directory ? dir_fd : -1) == -1)
			_exit(255);
		_exit(t->try(dir_fd));
	}
	waitpid(pid, &status, 0);
	return status;
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
	if (t->want == REFUSED && got == WORKS && !sandbox_has_landlock())
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

/* As on a kernel without Landlock: the call is not there. @return exit code of a measure process */
static int
enter_without_landlock(int dir_fd)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) < 0 ||
	    seccomp_load(ctx) < 0)
		return 1;
	if (sandbox_has_landlock() || sandbox_enter(SANDBOX_MEASURE, dir_fd) == -1)
		return 2;
	return try_own_secret(dir_fd) == 0 && try_read(dir_fd) == 0 ? 0 : 3;
}

static void
test_without_landlock(int dir_fd)
{
	int   status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter_without_landlock(dir_fd));
	waitpid(pid, &status, 0);
	if (!ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "without Landlock the rest is in force"))
		printf("#   status 0x%x\n", status);
}

/* A publish process that says at each byte from fd whether its rules are outdated. */
static void
tell_outdated(int fd, int dir_fd)
{
	char byte = 0;

	if (sandbox_enter(SANDBOX_PUBLISH, dir_fd) == -1)
		_exit(1);
	do {
		byte = sandbox_is_outdated(SANDBOX_PUBLISH) ? 'y' : 'n';
	} while (write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1);
	_exit(0);
}

static char
ask_outdated(int fd)
{
	char answer = '?';

	return read(fd, &answer, 1) == 1 ? answer : '?';
}

/* Something else than our rules, here those of an outer sandbox, keeps all files from it. */
static int
enter_hidden(int dir_fd)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == -1)
		return 1;
	if (sandbox_enter(SANDBOX_PUBLISH, dir_fd) == -1 || open("/etc/hosts", O_RDONLY | O_CLOEXEC) != -1)
		return 2;
	return sandbox_is_outdated(SANDBOX_PUBLISH) ? 3 : 0;
}

static void
test_hidden(int dir_fd)
{
	int   status = -1;
	pid_t pid;

	if (!sandbox_has_landlock() || access("/etc/hosts", R_OK) == -1) {
		ok(true, "a file that could never be read # SKIP no Landlock, or no such file");
		return;
	}
	pid = fork();
	if (pid == 0)
		_exit(enter_hidden(dir_fd));
	waitpid(pid, &status, 0);
	if (!ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "files that cannot be read from the start have not been replaced"))
		printf("#   status 0x%x\n", status);
}

/* Another file takes the place of /etc/hosts, as an editor or a DHCP client does it. */
static void
test_replaced(int dir_fd)
{
	int   fd[2];
	pid_t pid;

	if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    !sandbox_has_landlock()) {
		ok(true, "a replaced file # SKIP no Landlock, or no right to mount");
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1 || (pid = fork()) == -1)
		fatal("fork");
	if (pid == 0) {
		close(fd[0]);
		tell_outdated(fd[1], dir_fd);
	}
	close(fd[1]);
	ok(ask_outdated(fd[0]) == 'n', "the files that publish may read are those of its start");
	ok(mount("/etc/hostname", "/etc/hosts", NULL, MS_BIND, NULL) == 0 && write(fd[0], "?", 1) == 1 &&
	    ask_outdated(fd[0]) == 'y', "one that is replaced is noticed");
	close(fd[0]);
	waitpid(pid, NULL, 0);
}

static void
file_make(int at_fd, const char *name)
{
	int fd = openat(at_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, "x\n", 2) != 2)
		fatal("%s", name);
	close(fd);
}

/* dir/own with a secret, for the process; dir/ledger.db and dir/snmp/city-read, of others. @return dir/own */
static int
files_make(const char *dir)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), own;

	if (at == -1 || mkdirat(at, "own", 0700) == -1 || mkdirat(at, "snmp", 0700) == -1)
		fatal("%s", dir);
	file_make(at, "own/secret");
	file_make(at, "ledger.db");
	file_make(at, "snmp/city-read");
	own = openat(at, "own", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(at);
	return own;
}

static void
files_remove(const char *dir)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	unlinkat(at, "own/secret", 0);
	unlinkat(at, "ledger.db", 0);
	unlinkat(at, "snmp/city-read", 0);
	unlinkat(at, "own", AT_REMOVEDIR);
	unlinkat(at, "snmp", AT_REMOVEDIR);
	close(at);
	rmdir(dir);
}

int
main(void)
{
	char   dir[] = "/tmp/simpul-sandbox.XXXXXX";
	int    dir_fd;
	size_t i;

#ifdef SIMPUL_SANITIZED
	return tap_skip_all("with sanitizers the filters only log");
#endif
	log_quiet(true);
	if (mkdtemp(dir) == NULL || (dir_fd = files_make(dir)) == -1)
		fatal("%s", dir);
	for (i = 0; i < nitems(tests); i++)
		test_one(&tests[i], dir_fd);
	test_without_landlock(dir_fd);
	test_privileges();
	test_hidden(dir_fd);
	test_replaced(dir_fd);		/* last: from then on our mounts are our own */
	files_remove(dir);
	return tap_done();
}
