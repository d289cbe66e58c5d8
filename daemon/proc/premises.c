/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * premises.c: directories, lock and control socket, each made for the user that the engine becomes.
 *
 * The lock outlives the parent: store and core hold it too, so that after kill -9 of the parent a new engine
 * cannot open the files before the last of the old writers is gone. It therefore waits a little for a lock
 * whose holder no longer runs.
 */
#include "proc/premises.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "collectors/capture/ring.h"
#include "proc/inputs.h"

#define LOCK_TRIES    150	/* for a dead holder's children: 3 s in all */
#define LOCK_PAUSE_NS (20 * NS_PER_MS)
#define BACKLOG	      64

/* Below the data directory, outer ones first. */
static const char *const directories[] = {
	"store", "store/journal", "store/rrd", "store/rrd/link", "store/rrd/port", "store/rrd/host",
	"store/rrd/service", "store/rrd/sensor", "store/rrd/traffic", "ledger",
};

struct owner {
	uid_t uid;
	gid_t gid;
};

void
premises_init(struct premises *pr)
{
	*pr = (struct premises){
		.lock_fd = -1, .store_fd = -1, .ledger_fd = -1, .listen_fd = -1, .snmp_secrets_fd = -1,
		.probe_secrets_fd = -1, .publish_secrets_fd = -1,
		.push_secrets_fd = -1, .capture.ring_fd = -1,
	};
	memset(pr->trap_fd, -1, sizeof(pr->trap_fd));
}

/* ---- directories ---- */

/* What was there before keeps its owner and mode: it may be shared on purpose. */
static int
directory_make(int at_fd, const char *path, mode_t mode, const struct owner *o)
{
	if (mkdirat(at_fd, path, mode) == -1)
		return errno == EEXIST ? 0 : -1;
	if (o->uid != geteuid() || o->gid != getegid())
		return fchownat(at_fd, path, o->uid, o->gid, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int
directory_open(int at_fd, const char *path)
{
	int fd = openat(at_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		log_warn("cannot open the directory %s", path);
	return fd;
}

/* ---- the lock ---- */

/* @return the pid written in the lock file, or 0 */
static pid_t
lock_holder(int fd)
{
	char	text[24] = "";
	int64_t pid;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return text_to_i64(text, 1, INT32_MAX, &pid) == 0 ? (pid_t)pid : 0;
}

static bool
holder_runs(pid_t pid)
{
	return pid == 0 || kill(pid, 0) == 0 || errno != ESRCH;
}

static int
lock_take(int data_fd, const char *data_dir, const struct owner *o)
{
	static const struct timespec pause = { 0, LOCK_PAUSE_NS };
	int fd = openat(data_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600), tries;

	if (fd == -1 || fchown(fd, o->uid, o->gid) == -1) {
		log_warn("cannot open %s/lock", data_dir);
		goto fail;
	}
	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) == -1; tries++) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			log_warn("cannot lock %s/lock", data_dir);
			goto fail;
		}
		if (tries == LOCK_TRIES || holder_runs(lock_holder(fd))) {
			log_warnx("%s belongs to the running engine with process id %d: stop that one first, or "
			    "give this one another engine.data_dir", data_dir, (int)lock_holder(fd));
			goto fail;
		}
		nanosleep(&pause, NULL);
	}
	if (ftruncate(fd, 0) == -1 || dprintf(fd, "%d\n", (int)getpid()) < 0) {
		log_warn("cannot write %s/lock", data_dir);
		goto fail;
	}
	return fd;
fail:
	if (fd != -1)
		close(fd);
	return -1;
}

static int
data_open(struct premises *pr, const char *data_dir, const struct owner *o)
{
	int    fd, rc = -1;
	size_t i;

	if (directory_make(AT_FDCWD, data_dir, 0700, o) == -1) {
		log_warn("cannot make the data directory %s", data_dir);
		return -1;
	}
	fd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		log_warn("cannot open the data directory %s", data_dir);
		return -1;
	}
	if ((pr->lock_fd = lock_take(fd, data_dir, o)) == -1)
		goto done;
	for (i = 0; i < nitems(directories); i++)
		if (directory_make(fd, directories[i], 0700, o) == -1) {
			log_warn("cannot make %s/%s", data_dir, directories[i]);
			goto done;
		}
	pr->store_fd = directory_open(fd, "store");
	pr->ledger_fd = directory_open(fd, "ledger");
	if (pr->store_fd != -1 && pr->ledger_fd != -1)
		rc = 0;
done:
	close(fd);
	return rc;
}

/* ---- control socket ---- */

/*
 * A socket that refuses is left from an engine that was killed. Whatever else has this name (a file, another
 * user's socket, one that is only busy) is not ours to remove.
 */
static bool
is_left_over(const struct sockaddr_un *sa)
{
	int	    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;
	bool	    yes = fd != -1 && lstat(sa->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == -1 && errno == ECONNREFUSED;

	if (fd != -1)
		close(fd);
	return yes;
}

/*
 * Only the last part of the path is made: a missing /run/simpul is usual, a missing /srv/x is a slip of the
 * pen.
 */
static int
socket_directory_make(const char *path, const struct owner *o)
{
	char  dir[256];
	char *slash;

	text_copy(dir, sizeof(dir), path);
	slash = strrchr(dir, '/');
	if (slash == NULL || slash == dir)
		return 0;
	*slash = '\0';
	return directory_make(AT_FDCWD, dir, 0755, o);
}

static int
socket_open(struct premises *pr, const char *path, const struct owner *o)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t		   mask;
	bool		   taken;
	int		   rc;

	if (text_copy(sa.sun_path, sizeof(sa.sun_path), path) == -1) {
		log_warnx("engine.socket: a socket's path has at most %zu bytes: %s", sizeof(sa.sun_path) - 1,
		    path);
		return -1;
	}
	if (socket_directory_make(path, o) == -1) {
		log_warn("cannot make the directory of %s", path);
		return -1;
	}
	pr->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0117);	/* 0660 from the first moment on */
	rc = bind(pr->listen_fd, (struct sockaddr *)&sa, sizeof(sa));
	taken = rc == -1 && errno == EADDRINUSE;
	if (taken && is_left_over(&sa) && unlink(path) == 0) {
		rc = bind(pr->listen_fd, (struct sockaddr *)&sa, sizeof(sa));
		taken = false;
	}
	umask(mask);
	if (taken)
		log_warnx("%s is there already, the control socket of another engine or something else: "
		    "give this one another engine.socket", path);
	else if (rc == -1)
		log_warn("cannot make the control socket %s", path);
	if (rc == -1)
		return -1;
	text_copy(pr->socket, sizeof(pr->socket), path);
	if (lchown(path, o->uid, o->gid) == -1 || listen(pr->listen_fd, BACKLOG) == -1) {
		log_warn("cannot open the control socket %s", path);
		return -1;
	}
	return 0;
}

/* ---- all of it ---- */

/* Without it the engine goes on, as it does without the trap port; the log has said why. */
static void
capture_open(struct premises *pr, const struct msg_engine *e)
{
	text_copy(pr->interface, sizeof(pr->interface), e->capture_interface);
	pr->capture = (struct capture_opts){ .interface = pr->interface, .buffer_mib = e->capture_buffer_mib,
		.ring_fd = ring_open(e->capture_interface, e->capture_filter, e->capture_buffer_mib) };
}

int
premises_open(struct premises *pr, const char *conf_path, const struct msg_engine *e)
{
	struct owner o;

	pr->gave_up_root = privileges_user_is_own(e->user);
	if (privileges_ids(e->user, &o.uid, &o.gid) == -1 || data_open(pr, e->data_dir, &o) == -1 ||
	    socket_open(pr, e->socket, &o) == -1)
		return -1;
	pr->snmp_secrets_fd = input_directory(conf_path, "secrets/snmp");
	pr->probe_secrets_fd = input_directory(conf_path, "secrets/probes");
	pr->publish_secrets_fd = input_directory(conf_path, "secrets/publish");
	pr->push_secrets_fd = input_directory(conf_path, "secrets/push");
	if (e->traps)
		trap_sockets_open(pr->trap_fd, e->traps_listen, e->traps_port);
	if (e->capture)
		capture_open(pr, e);
	return 0;
}

static void
close_if_open(int fd)
{
	if (fd != -1)
		close(fd);
}

void
premises_close(struct premises *pr)
{
	size_t i;

	for (i = 0; i < TRAP_SOCKETS; i++)
		close_if_open(pr->trap_fd[i]);
	close_if_open(pr->capture.ring_fd);
	if (pr->socket[0] != '\0')
		unlink(pr->socket);	/* the user may not be allowed to: the next start removes it */
	close_if_open(pr->listen_fd);
	close_if_open(pr->store_fd);
	close_if_open(pr->ledger_fd);
	close_if_open(pr->snmp_secrets_fd);
	close_if_open(pr->probe_secrets_fd);
	close_if_open(pr->publish_secrets_fd);
	close_if_open(pr->push_secrets_fd);
	close_if_open(pr->lock_fd);	/* last: whoever takes it finds the rest free */
	premises_init(pr);
}
