/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.h: what a process may still do once it has what it needs (THREATS 2): no_new_privs, empty
 * capability sets, a seccomp allow-list (kill on violation; log only in sanitizer builds) and Landlock where
 * the kernel has it.
 */
#ifndef SIMPUL_SANDBOX_H
#define SIMPUL_SANDBOX_H

#include <sys/types.h>

#include "base/base.h"

enum sandbox_role {
	SANDBOX_PARENT, SANDBOX_CHECK, SANDBOX_MEASURE, SANDBOX_STORE, SANDBOX_CORE, SANDBOX_PUBLISH,
	SANDBOX_WEB, SANDBOX_TRAP, SANDBOX_APPS, SANDBOX_CAPTURE
};

/** Descriptors from here on can be read, but not written to or sent through, where the role says so (capture). */
#define SANDBOX_MUTE_FROM 200

/**
 * Give everything else up, for good.
 * @param dir_fd  the one directory of this process, or -1: store, core and simpul-web may change the files
 *		there, measure, its twin and publish may read them
 * @return 0, or -1 after logging what failed (the process must then end)
 */
int	sandbox_enter(enum sandbox_role role, int dir_fd);
/** The same, with a second directory of its own. @param also_fd  or -1 */
int	sandbox_enter_both(enum sandbox_role role, int dir_fd, int also_fd);
/** The same, with files and directories besides that it may read. @param besides  ends with NULL */
int	sandbox_enter_reading(enum sandbox_role role, int dir_fd, const char *const *besides);
/** Without Landlock (Linux 5.13) only its list of calls and the user's rights keep a process from files. */
bool	sandbox_has_landlock(void);
/**
 * Landlock knows a file, not its name. @return whether one that this role may read has since been replaced,
 * so that only a new process of the role can read it; one that could not be read from the start is none: a
 * new process could not either
 */
bool	sandbox_is_outdated(enum sandbox_role role);
/** Whether privileges_drop() would make us another user: we are root, and user is not empty. */
bool	privileges_change_user(const char *user);
/** Whether this user is the engine's alone: root becomes it, or the service manager has started us as it. */
bool	privileges_user_is_own(const char *user);
/**
 * The ids that privileges_drop() would take, for files made before it: our own when not root or user is
 * empty. 0 or -1 (logged).
 */
int	privileges_ids(const char *user, uid_t *uid, gid_t *gid);
/** Become this user (when root and user is not empty) and drop every capability. 0 or -1 (logged). */
int	privileges_drop(const char *user);
/** No core dumps, no ptrace: for processes that hold keys. */
void	secrets_protect(void);

#endif
