/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.c: per process one list of system calls (seccomp), one directory and a few files (Landlock).
 *
 * The lists are made of named groups, so that the table roles[] reads as what a process may do. Filters are
 * inherited and add up: a child can do only what both its own list and the parent's hold. The parent's list
 * is therefore the union of all plus forking, and in place of a refusal of socket() it has nothing but typed
 * frames to read.
 *
 * What a library does behind our back decides some entries: glibc's resolver (netlink, connect to nscd, mmap
 * of NSS modules), SQLite's and librrd's locks and maps. A call that is missing ends the process with SIGSYS,
 * which the parent logs; the kernel's audit log, or a sanitizer build (which only logs), names the call.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"

#include "base/log.h"

#ifdef SIMPUL_SANITIZED
#define ON_VIOLATION SCMP_ACT_LOG	/* the sanitizers make calls of their own */
#define SANITIZERS_READ "/proc"		/* ... and look for leaks there */
#else
#define ON_VIOLATION SCMP_ACT_KILL_PROCESS
#endif

#define LIST_END (-1000000)	/* no system call, nor one of libseccomp's pseudo numbers */

/* Run, wait, allocate, speak over descriptors that are open already. */
static const int calls_run[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(lseek), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(eventfd2), SCMP_SYS(mmap),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(getrandom), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(getrusage), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(fcntl), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(futex),
	SCMP_SYS(restart_syscall), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	LIST_END
};

/* Look at files; which of them may be opened, and how, is said apart (openat). */
static const int calls_look[] = {
	SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(fadvise64), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	LIST_END
};

/* Make and change files below the one directory. */
static const int calls_store[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev), SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	SCMP_SYS(sync_file_range), SCMP_SYS(syncfs), SCMP_SYS(msync), SCMP_SYS(flock), SCMP_SYS(rename),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rmdir),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat),
	SCMP_SYS(fchown), SCMP_SYS(umask), SCMP_SYS(utimensat), SCMP_SYS(chdir), SCMP_SYS(fchdir),
	LIST_END
};

/* Use network sockets; which families is said apart (socket). */
static const int calls_network[] = {
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg),
	SCMP_SYS(shutdown), SCMP_SYS(socketpair), SCMP_SYS(ioctl),
	LIST_END
};

/* Read datagrams of a socket that the parent has bound, many at a time. */
static const int calls_hear[] = {
	SCMP_SYS(recvmmsg),
	LIST_END
};

/* Read a ring of captured frames, and the kernel's counts of it. */
static const int calls_capture[] = {
	SCMP_SYS(getsockopt),
	LIST_END
};

/* By which something leaves through a descriptor; and copies of one, by which it would get another number. */
static const int calls_say[] = {
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	LIST_END
};
static const int fcntl_harmless[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, LIST_END };

/* Serve connections of a socket that the parent has bound. */
static const int calls_serve[] = {
	SCMP_SYS(accept4), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
	LIST_END
};

/* Start, watch and end children, and let them put on their own sandbox. */
static const int calls_parent[] = {
	SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(fork), SCMP_SYS(wait4), SCMP_SYS(waitid),
	SCMP_SYS(kill), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(pipe2), SCMP_SYS(prctl), SCMP_SYS(seccomp), SCMP_SYS(capget), SCMP_SYS(capset),
	SCMP_SYS(setrlimit), SCMP_SYS(prlimit64), SCMP_SYS(landlock_create_ruleset),
	SCMP_SYS(landlock_add_rule), SCMP_SYS(landlock_restrict_self), SCMP_SYS(socket),
	SCMP_SYS(setitimer),
	LIST_END
};

/*
 * Measure resolves no names, and has no business with Unix sockets. Publish may have its broker there (the
 * control socket knows and refuses it, ctl/peer.h), and its resolver asks netlink which addresses we have.
 * simpul-web answers whom its listening socket brings, and connects to the engine only.
 */
static const int families_measure[] = { AF_INET, AF_INET6, LIST_END };
static const int families_publish[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, LIST_END };
static const int families_web[] = { AF_UNIX, LIST_END };

/*
 * What may be read outside the one directory. Time zones, error texts; SQLite and librrd look at their own
 * process.
 */
static const char *const files_keeper[] = {
	"/usr/share/zoneinfo", "/etc/localtime", "/usr/lib", "/proc/self", NULL
};
/*
 * What glibc needs to look a name up (resolv.conf(5), nsswitch.conf(5), gai.conf(5), host.conf(5), and its
 * modules), and OpenSSL to judge a certificate. The directories below /run are those in which others renew
 * resolv.conf.
 */
static const char *const files_publish[] = {
	"/usr/share/zoneinfo", "/etc/localtime", "/lib", "/usr/lib", "/usr/lib64", "/etc/resolv.conf",
	"/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/services",
	"/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates", "/run/systemd/resolve", "/run/resolvconf", NULL
};
/*
 * What c-ares needs to look a name up, and OpenSSL and libcurl to judge a certificate. No NSS, no netlink.
 */
static const char *const files_apps[] = {
	"/dev/urandom", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/services", "/etc/ssl/openssl.cnf",
	"/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
	"/usr/share/zoneinfo", "/etc/localtime", "/run/systemd/resolve", "/run/resolvconf", NULL
};
/* Its pages and its certificate it names itself. */
static const char *const files_web[] = { "/usr/share/zoneinfo", "/etc/localtime", NULL };
static const char *const files_none[] = { NULL };

#define CALLS_MAX 6
static const struct role {
	const char	  *name;
	const int	  *calls[CALLS_MAX];	/* groups; NULL after the last */
	bool		   reads;	/* may open files for reading only, also in its directory */
	const char *const *files;	/* that it may read outside its directory; NULL: as the user may */
	const int	  *families;	/* of the sockets that it may make; NULL: none */
	bool		   mute;	/* nothing leaves through descriptors from SANDBOX_MUTE_FROM on */
} roles[] = {
	[SANDBOX_PARENT] = {
		.name = "parent",
		.calls = { calls_run, calls_look, calls_store, calls_network, calls_serve, calls_parent },
	},
	[SANDBOX_CHECK] = {
		.name = "check",
		.calls = { calls_run },
		.files = files_none,
	},
	[SANDBOX_MEASURE] = {
		.name = "measure",
		.calls = { calls_run, calls_look, calls_network },
		.reads = true,
		.files = files_none,
		.families = families_measure,
	},
	[SANDBOX_STORE] = {
		.name = "store",
		.calls = { calls_run, calls_look, calls_store },
		.files = files_keeper,
	},
	[SANDBOX_CORE] = {
		.name = "core",
		.calls = { calls_run, calls_look, calls_store, calls_serve },
		.files = files_keeper,
	},
	[SANDBOX_PUBLISH] = {
		.name = "publish",
		.calls = { calls_run, calls_look, calls_network },
		.reads = true,
		.files = files_publish,
		.families = families_publish,
	},
	[SANDBOX_WEB] = {
		.name = "simpul-web",
		.calls = { calls_run, calls_look, calls_store, calls_network, calls_serve },
		.files = files_web,
		.families = families_web,
	},
	[SANDBOX_TRAP] = {
		.name = "trap",
		.calls = { calls_run, calls_hear },
		.files = files_none,
	},
	[SANDBOX_APPS] = {
		.name = "measure apps",
		.calls = { calls_run, calls_look, calls_network },
		.reads = true,
		.files = files_apps,
		.families = families_measure,
	},
	[SANDBOX_CAPTURE] = {
		.name = "capture",
		.calls = { calls_run, calls_capture },
		.files = files_none,
		.mute = true,
	},
};

/* ---- seccomp ---- */

static bool
is_listed(const int *list, int call)
{
	while (*list != LIST_END && *list != call)
		list++;
	return *list != LIST_END;
}

static int
allow_harmless_fcntl(scmp_filter_ctx ctx)
{
	const int *what;
	int	   rc = 0;

	for (what = fcntl_harmless; rc >= 0 && *what != LIST_END; what++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)*what));
	return rc;
}

static int
allow_muted(scmp_filter_ctx ctx, int call)
{
	if (call == SCMP_SYS(fcntl))
		return allow_harmless_fcntl(ctx);
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1, SCMP_A0(SCMP_CMP_LT, SANDBOX_MUTE_FROM));
}

static int
allow_list(scmp_filter_ctx ctx, const int *call, bool mute)
{
	int rc;

	for (; *call != LIST_END; call++) {
		rc = mute && (*call == SCMP_SYS(fcntl) || is_listed(calls_say, *call)) ? allow_muted(ctx, *call) :
		    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, *call, 0);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Opening for reading only: no flag that writes, makes or cuts a file. */
static int
allow_reading(scmp_filter_ctx ctx)
{
	const scmp_datum_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
	int		   rc;

	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, writes, (scmp_datum_t)O_RDONLY));
	if (rc < 0)
		return rc;
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
	    SCMP_A1(SCMP_CMP_MASKED_EQ, writes, (scmp_datum_t)O_RDONLY));
}

static int
allow_sockets(scmp_filter_ctx ctx, const int *family)
{
	int rc;

	for (; *family != LIST_END; family++) {
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)*family, 0));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
filter_load(const struct role *r)
{
	scmp_filter_ctx ctx = seccomp_init(ON_VIOLATION);
	int		rc = -ENOMEM;
	size_t		i;

	if (ctx == NULL)
		goto done;
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);	/* a tree, not a walk */
	for (i = 0; rc >= 0 && i < CALLS_MAX && r->calls[i] != NULL; i++)
		rc = allow_list(ctx, r->calls[i], r->mute);
	if (rc >= 0 && r->reads)
		rc = allow_reading(ctx);
	if (rc >= 0 && r->families != NULL)
		rc = allow_sockets(ctx, r->families);
	if (rc >= 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
done:
	if (rc >= 0)
		return 0;
	errno = -rc;
	log_warn("cannot load the system call filter of %s", r->name);
	return -1;
}

/* ---- Landlock (Linux 5.13) ---- */

#define LANDLOCK_V1 ((1ULL << 13) - 1)	/* up to MAKE_SYM */
#define LANDLOCK_V2 ((1ULL << 14) - 1)	/* and REFER */
#define LANDLOCK_V3 ((1ULL << 15) - 1)	/* and TRUNCATE */

/* @return the version that the kernel has; less than 1: none */
static long
landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t
landlock_rights(long abi)
{
	return abi >= 3 ? LANDLOCK_V3 : abi == 2 ? LANDLOCK_V2 : LANDLOCK_V1;
}

static int
landlock_allow(int ruleset, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };

	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* Absent ones are left out: they cannot be read either. */
static int
landlock_allow_reading(int ruleset, const char *path)
{
	struct stat st;
	uint64_t    rights = LANDLOCK_ACCESS_FS_READ_FILE;
	int	    fd = open(path, O_PATH | O_CLOEXEC), rc;

	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		rights |= LANDLOCK_ACCESS_FS_READ_DIR;
	rc = landlock_allow(ruleset, fd, rights);
	close(fd);
	return rc;
}

static int
landlock_allow_each(int ruleset, const char *const *path)
{
	for (; *path != NULL; path++)
		if (landlock_allow_reading(ruleset, *path) == -1)
			return -1;
	return 0;
}

static int
landlock_fill(int ruleset, const struct role *r, int dir_fd, int also_fd, uint64_t all)
{
	const uint64_t	   own = r->reads ? LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR :
					    all & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;

	if (dir_fd != -1 && landlock_allow(ruleset, dir_fd, own) == -1)
		return -1;
	if (also_fd != -1 && landlock_allow(ruleset, also_fd, own) == -1)
		return -1;
#ifdef SANITIZERS_READ
	if (landlock_allow_reading(ruleset, SANITIZERS_READ) == -1)
		return -1;
#endif
	return landlock_allow_each(ruleset, r->files);
}

/*
 * From here on there are for this process no files but those of its role. A kernel without Landlock leaves it
 * at the user's rights.
 */
static int
files_close(const struct role *r, int dir_fd, int also_fd, const char *const *besides)
{
	struct landlock_ruleset_attr attr = { 0 };
	long			     abi = landlock_abi();
	int			     ruleset, rc;

	if (r->files == NULL || abi < 1)
		return 0;
	attr.handled_access_fs = landlock_rights(abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset == -1) {
		log_warn("cannot make a Landlock ruleset");
		return -1;
	}
	rc = landlock_fill(ruleset, r, dir_fd, also_fd, attr.handled_access_fs);
	if (rc == 0 && besides != NULL)
		rc = landlock_allow_each(ruleset, besides);
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	if (rc != 0)
		log_warn("cannot keep %s to its own files", r->name);
	close(ruleset);
	return rc;
}

bool
sandbox_has_landlock(void)
{
	return landlock_abi() >= 1;
}

/* Of this process, which enters once: bit i for file i of its role, which could not be read from the start. */
static uint32_t hidden_before;

/* access() asks the owner and the mode alone: Landlock can still say no, and so can others of its like. */
static bool
is_hidden(const char *path)
{
	int fd;

	if (access(path, R_OK) == -1)
		return false;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return errno == EACCES;
	close(fd);
	return false;
}

static uint32_t
hidden_now(const struct role *r)
{
	uint32_t hidden = 0;
	unsigned i;

	for (i = 0; r->files != NULL && r->files[i] != NULL; i++)
		hidden |= (uint32_t)is_hidden(r->files[i]) << i;
	return hidden;
}

bool
sandbox_is_outdated(enum sandbox_role role)
{
	return (hidden_now(&roles[role]) & ~hidden_before) != 0;
}

/* ---- all of it ---- */

static int
enter(enum sandbox_role role, int dir_fd, int also_fd, const char *const *besides)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		log_warn("cannot set no_new_privs");
		return -1;
	}
	if (privileges_drop("") == -1 || files_close(&roles[role], dir_fd, also_fd, besides) == -1)
		return -1;
	hidden_before = hidden_now(&roles[role]);
	return filter_load(&roles[role]);
}

int
sandbox_enter(enum sandbox_role role, int dir_fd)
{
	return enter(role, dir_fd, -1, NULL);
}

int
sandbox_enter_both(enum sandbox_role role, int dir_fd, int also_fd)
{
	return enter(role, dir_fd, also_fd, NULL);
}

int
sandbox_enter_reading(enum sandbox_role role, int dir_fd, const char *const *besides)
{
	return enter(role, dir_fd, -1, besides);
}
