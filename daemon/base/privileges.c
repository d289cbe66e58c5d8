/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * privileges.c: from root, or from a user with a few capabilities, to a user with none; there is no way back.
 *
 * An engine that stays uid 0 (no user configured, or root of a user namespace) locks SECBIT_NOROOT, so that
 * its uid gives it no capability ever again: it then owns root's files, and no more than that.
 */
#include "base/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

/* @return the entry, or NULL (logged) */
static const struct passwd *
user_find(const char *user)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL)
		log_warnx("there is no user \"%s\": create it (adduser --system --group %s), or change "
		    "the setting \"user\"", user, user);
	return pw;
}

bool
privileges_change_user(const char *user)
{
	return geteuid() == 0 && user[0] != '\0';
}

bool
privileges_user_is_own(const char *user)
{
	const struct passwd *pw;

	if (user[0] == '\0' || geteuid() == 0)
		return privileges_change_user(user);
	pw = getpwnam(user);
	return pw != NULL && pw->pw_uid == geteuid();
}

int
privileges_ids(const char *user, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw;

	*uid = geteuid();
	*gid = getegid();
	if (!privileges_change_user(user))
		return 0;
	if ((pw = user_find(user)) == NULL)
		return -1;
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

static int
user_become(const char *user)
{
	const struct passwd *pw = user_find(user);

	if (pw == NULL)
		return -1;
	if (initgroups(user, pw->pw_gid) == -1 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1) {
		log_warn("cannot become user %s", user);
		return -1;
	}
	return 0;
}

/* Needs CAP_SETPCAP, so it comes first; a process without it has no bounding set worth clearing. */
static int
bounds_drop(void)
{
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return 0;
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_BOUNDS) != 0 || capng_lock() != 0) {
		log_warn("cannot drop the bounding set");
		return -1;
	}
	return 0;
}

int
privileges_drop(const char *user)
{
	capng_setpid((int)getpid());	/* the library has not seen a fork like that of nest.c */
	if (capng_get_caps_process() == -1) {
		log_warn("cannot read the capabilities of this process");
		return -1;
	}
	if (bounds_drop() == -1 || (privileges_change_user(user) && user_become(user) == -1))
		return -1;

	/* EINVAL where the kernel has no such set. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0 || capng_get_caps_process() == -1 ||
	    capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE) {
		log_warn("cannot drop all capabilities");
		return -1;
	}
	return 0;
}

void
secrets_protect(void)
{
	static const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 || setrlimit(RLIMIT_CORE, &none) == -1)
		log_warn("cannot forbid core dumps");
}
