/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer.h: who is at the other end of a Unix socket, and what that one may do. */
#ifndef SIMPUL_CTL_PEER_H
#define SIMPUL_CTL_PEER_H

#include <sys/types.h>
#include "base/base.h"

/* Each may do what the ones before it may. */
enum ctl_role { CTL_NONE, CTL_VIEWER, CTL_NOC, CTL_ADMIN, CTL_ROLES };
extern const char *const ctl_role_names[CTL_ROLES + 1];	/* "none" ..., NULL */

#define PEER_GROUPS_MAX 256
#define PEER_PIDS_MAX	16

struct peer {
	uid_t	uid;
	pid_t	pid;
	size_t	ngroups;
	gid_t	group[PEER_GROUPS_MAX];	/* its own and the supplementary ones, when it connected */
};

struct peer_ids {		/* (uid_t)-1, (gid_t)-1: there is no such user or group */
	uid_t	self, web;	/* the engine's user; the user `simpul-web` */
	gid_t	group;		/* the group `simpul` */
	bool	self_is_engine;	/* nobody but the engine is its user */
	pid_t	publish[PEER_PIDS_MAX];	/* the last processes that were publish, a ring */
	unsigned npublish;
};

/**
 * Reads /etc/passwd and /etc/group themselves: name services would need sockets, which core must not have.
 * @param self_is_engine	nobody but the engine's processes has our own uid, so that it gets no role;
 *			else it is that of the one who started the engine
 */
void	peer_ids_load(struct peer_ids *ids, bool self_is_engine);
/**
 * Of the engine's processes publish alone can open a Unix socket. It gets no role, nor does what it left in
 * the queue when it ended. An innocent process with a number of old is refused, too, and may try again.
 */
void	peer_ids_publish(struct peer_ids *ids, pid_t pid);
/** SO_PEERCRED and SO_PEERGROUPS of a connected socket. 0 or -1. */
int	peer_of(int fd, struct peer *p);
enum ctl_role peer_role(const struct peer *p, const struct peer_ids *ids);
/** The web server speaks for others; so do root and who started the engine, who may do everything anyway. */
bool	peer_may_speak_as(const struct peer *p, const struct peer_ids *ids);
/** @return the role of this name, or CTL_NONE */
enum ctl_role ctl_role_of(const char *name);

#endif
