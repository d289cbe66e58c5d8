/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data directory, lock and control socket: made, refused to a second engine, taken over from a dead one. */
#include "proc/premises.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/dir.h"
#include "tests/unit/tap.h"

static char root[] = "/tmp/simpul-premises.XXXXXX";

static struct msg_engine
engine(const char *data, const char *socket)
{
	struct msg_engine e = { 0 };

	snprintf(e.data_dir, sizeof(e.data_dir), "%s/%s", root, data);
	snprintf(e.socket, sizeof(e.socket), "%s/%s", root, socket);
	return e;
}

static int
open_it(struct premises *pr, const char *data, const char *socket)
{
	struct msg_engine e = engine(data, socket);
	char		  conf[64];

	snprintf(conf, sizeof(conf), "%s/simpuld.conf", root);
	premises_init(pr);
	return premises_open(pr, conf, &e);
}

static mode_t
mode_of(const char *name)
{
	char	    path[96];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static bool
can_connect(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int		   fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool		   yes;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", root, name);
	yes = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	close(fd);
	return yes;
}

/* One of the few descriptors of a process is this file. */
static bool
has_open(pid_t pid, const char *name)
{
	char	want[128], link[64], path[128];
	ssize_t n;
	int	fd;

	snprintf(want, sizeof(want), "%s/%s", root, name);
	for (fd = 0; fd < 64; fd++) {
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, fd);
		n = readlink(link, path, sizeof(path) - 1);
		if (n > 0 && (path[n] = '\0', strcmp(path, want) == 0))
			return true;
	}
	return false;
}

/* Open, then die without closing anything, leaving behind the socket and, in a grandchild, the lock. */
static void
die_inside(void)
{
	struct premises pr;
	pid_t		next = getpid(), pid = fork();

	if (pid == 0) {
		if (open_it(&pr, "data", "run/s") == 0 && fork() == 0)
			while (kill(next, 0) == 0 && !has_open(next, "data/lock"))
				usleep(1000);	/* store, still writing while the next engine is at its lock */
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* @return exit code of a process that tries to open: 0 or 1 */
static int
open_elsewhere(const char *data, const char *socket)
{
	struct premises pr;
	int		status = -1;
	pid_t		pid = fork();

	if (pid == 0)
		_exit(open_it(&pr, data, socket) == 0 ? 0 : 1);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The user of the engine owns what root has made. */
static void
test_other_user(void)
{
	struct premises	  pr;
	struct msg_engine e = engine("data3", "run/s3");
	struct stat	  st;
	char		  path[96];

	if (geteuid() != 0) {
		ok(true, "a user of the engine # SKIP needs root");
		return;
	}
	text_copy(e.user, sizeof(e.user), "nobody");
	premises_init(&pr);
	snprintf(path, sizeof(path), "%s/simpuld.conf", root);
	ok(premises_open(&pr, path, &e) == 0 && pr.gave_up_root, "root opens for who it will become");
	ok(fstat(pr.store_fd, &st) == 0 && st.st_uid != 0, "who owns the directories");
	premises_close(&pr);
}

/* @return whether it takes its user for one of the engine's own, or -1 */
static int
own_when_started_as(uid_t uid, const char *user)
{
	struct premises	  pr;
	struct msg_engine e = engine("data4", "run4/s");
	char		  path[96];
	int		  status, rc;
	pid_t		  pid;

	text_copy(e.user, sizeof(e.user), user);
	snprintf(path, sizeof(path), "%s/simpuld.conf", root);
	if ((pid = fork()) == 0) {
		premises_init(&pr);
		if (setresuid(uid, uid, uid) == -1 || premises_open(&pr, path, &e) == -1)
			_exit(9);
		rc = pr.gave_up_root;
		premises_close(&pr);
		_exit(rc);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) < 2 ? WEXITSTATUS(status) : -1;
}

/* As a service manager does it. */
static void
test_started_as_user(void)
{
	uid_t nobody = 65534;

	if (geteuid() != 0) {
		ok(true, "started as the engine's user # SKIP needs root");
		return;
	}
	chmod(root, 0777);
	is_i64(own_when_started_as(nobody, "nobody"), 1, "started as the engine's user, it has one of its own");
	is_i64(own_when_started_as(nobody, ""), 0, "without engine.user that is a person's");
	is_i64(own_when_started_as(nobody, "root"), 0, "and so it is when it cannot become another");
	chmod(root, 0700);
}

int
main(void)
{
	struct premises pr;
	char		name[96];

	log_quiet(true);
	if (mkdtemp(root) == NULL)
		fatal("mkdtemp");
	umask(022);

	ok(open_it(&pr, "data", "run/s") == 0, "a fresh directory");
	is_i64(mode_of("data"), 0700, "the data directory is ours alone");
	is_i64(mode_of("data/store/rrd/sensor"), 0700, "and has the directories of the store");
	is_i64(mode_of("data/ledger"), 0700, "and of the ledger");
	is_i64(mode_of("run/s"), 0660, "the control socket is for owner and group");
	ok(can_connect("run/s"), "it listens");
	ok(pr.snmp_secrets_fd == -1 && pr.publish_secrets_fd == -1, "secrets are optional");
	is_i64(open_elsewhere("data", "run/other"), 1, "a second engine on the directory is refused");
	is_i64(open_elsewhere("data2", "run/s"), 1, "another engine does not take a socket that is in use");
	ok(can_connect("run/s"), "which goes on listening");
	premises_close(&pr);
	ok(mode_of("run/s") == 0, "the end removes the socket");

	die_inside();
	ok(mode_of("run/s") != 0, "a dead engine leaves its socket behind");
	ok(open_it(&pr, "data", "run/s") == 0,
	    "its lock is taken over once its last process is gone, and its socket, too");
	premises_close(&pr);

	snprintf(name, sizeof(name), "%s/secrets", root);
	mkdir(name, 0700);
	snprintf(name, sizeof(name), "%s/secrets/snmp", root);
	mkdir(name, 0700);
	ok(open_it(&pr, "data", "run/s") == 0 && pr.snmp_secrets_fd != -1,
	    "secrets/snmp beside the configuration is found");
	premises_close(&pr);
	ok(!pr.gave_up_root, "we stay who we are");
	test_other_user();
	test_started_as_user();
	ok(open_it(&pr, "no/such/data", "run/s") == -1,
	    "a data directory in a place that is not there is refused");
	premises_close(&pr);

	snprintf(name, sizeof(name), "%s/notes", root);
	close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	ok(open_it(&pr, "data", "notes") == -1, "a file in the control socket's place is refused");
	premises_close(&pr);
	is_i64(mode_of("notes"), 0644, "and left alone");
	dir_remove(root);
	return tap_done();
}
