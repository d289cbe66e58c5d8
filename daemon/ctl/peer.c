/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer.c: see peer.h. The kernel says who connected; nothing of it comes from the peer itself. */
#include "ctl/peer.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const ctl_role_names[CTL_ROLES + 1] = { "none", "viewer", "noc", "admin", NULL };

static uid_t
uid_of(const char *name)
{
	struct passwd *pw;
	uid_t	       uid = (uid_t)-1;
	FILE	      *f = fopen("/etc/passwd", "re");

	while (f != NULL && (pw = fgetpwent(f)) != NULL)
		if (strcmp(pw->pw_name, name) == 0)
			uid = pw->pw_uid;
	if (f != NULL)
		fclose(f);
	return uid;
}

static gid_t
gid_of(const char *name)
{
	struct group *gr;
	gid_t	      gid = (gid_t)-1;
	FILE	     *f = fopen("/etc/group", "re");

	while (f != NULL && (gr = fgetgrent(f)) != NULL)
		if (strcmp(gr->gr_name, name) == 0)
			gid = gr->gr_gid;
	if (f != NULL)
		fclose(f);
	return gid;
}

void
peer_ids_load(struct peer_ids *ids, bool self_is_engine)
{
	ids->self = geteuid();
	ids->self_is_engine = self_is_engine;
	ids->web = uid_of("simpul-web");
	ids->group = gid_of("simpul");
}

void
peer_ids_publish(struct peer_ids *ids, pid_t pid)
{
	ids->publish[ids->npublish++ % PEER_PIDS_MAX] = pid;
}

static bool
is_publish(const struct peer *p, const struct peer_ids *ids)
{
	size_t i;

	for (i = 0; i < PEER_PIDS_MAX; i++)
		if (p->pid != 0 && p->pid == ids->publish[i])	/* 0: from a pid namespace that is not ours */
			return true;
	return false;
}

int
peer_of(int fd, struct peer *p)
{
	struct ucred cred;
	socklen_t    len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return -1;
	p->uid = cred.uid;
	p->pid = cred.pid;
	p->group[0] = cred.gid;
	p->ngroups = 1;
	len = sizeof(p->group) - sizeof(p->group[0]);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, p->group + 1, &len) == 0)
		/* else: more than anyone has; the first one counts */
		p->ngroups += len / sizeof(p->group[0]);
	return 0;
}

enum ctl_role
peer_role(const struct peer *p, const struct peer_ids *ids)
{
	size_t i;

	if (is_publish(p, ids))
		return CTL_NONE;
	if (p->uid == 0)
		return CTL_ADMIN;
	if (p->uid == ids->self)		/* though its group may well be `simpul` */
		return ids->self_is_engine ? CTL_NONE : CTL_ADMIN;
	if (ids->web != (uid_t)-1 && p->uid == ids->web) /* though in the group, to reach the socket at all */
		return CTL_VIEWER;
	for (i = 0; i < p->ngroups; i++)
		if (ids->group != (gid_t)-1 && p->group[i] == ids->group)
			return CTL_ADMIN;
	return CTL_NONE;
}

bool
peer_may_speak_as(const struct peer *p, const struct peer_ids *ids)
{
	if (is_publish(p, ids))
		return false;
	return p->uid == 0 || (ids->web != (uid_t)-1 && p->uid == ids->web) ||
	    (p->uid == ids->self && !ids->self_is_engine);
}

enum ctl_role
ctl_role_of(const char *name)
{
	int i;

	for (i = 0; i < CTL_ROLES; i++)
		if (strcmp(ctl_role_names[i], name) == 0)
			return (enum ctl_role)i;
	return CTL_NONE;
}
