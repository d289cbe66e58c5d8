/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * children.h: the long-lived processes of the engine, kept alive and joined with one another. The parent
 * decides which there are; here they are started, watched, restarted and stopped.
 */
#ifndef SIMPUL_CHILDREN_H
#define SIMPUL_CHILDREN_H

#include "ipc/msg.h"
#include "proc/premises.h"

struct children;

struct children_hooks {
	void (*started)(void *arg, enum process_kind kind);	/* it runs and is joined with its peers */
	void (*died)(void *arg);				/* one will be restarted */
	void (*stopped)(void *arg);				/* after children_stop(): none is left */
	void *arg;
};

/** @param premises	borrowed for its life @param hooks copied @return owned */
struct children *children_new(struct loop *l, const struct premises *premises,
    const struct children_hooks *hooks);
/** Kills what still runs. NULL is allowed. */
void	children_free(struct children *cs);

/**
 * Add a process; nothing runs yet. For measure its packet sockets or its namespace are opened now. One that is
 * there stays; one that is just leaving comes back with the sockets and the namespace that it had.
 * @param netns	measure: "" = the host's @param user whom a nest becomes
 * @return 0, or -1 (logged)
 */
int	children_add(struct children *cs, enum process_kind kind, const char *instance, const char *netns,
    const char *user);
/** Likewise, with all that the configuration says of an instance. */
int	children_add_instance(struct children *cs, enum process_kind kind, const struct msg_instance *in, const char *user);
/** Start all that do not run yet, in the order in which they were added. */
void	children_start(struct children *cs);
/** Stop this measure instance for good. */
void	children_remove(struct children *cs, const char *instance);
/** A measure instance as it was started, or NULL when there is no such one. */
const struct msg_instance *children_started(const struct children *cs, const char *instance);
/** Has this instance a socket for ICMP, as far as we know? A nest opens its own, and says so if it cannot. */
bool	children_probes(const struct children *cs, const char *instance);
/** The names of the instances that are to stay, one by one: start with *at = 0; NULL at the end. */
const char *children_instance(const struct children *cs, size_t *at);

/**
 * Send the only process of this kind a descriptor that leads to a peer which is not one of these. 0, or -1
 * when it does not run.
 */
int	children_channel(struct children *cs, enum process_kind to, enum process_kind peer, pid_t peer_pid,
    int fd);
/**
 * Give the only process of this kind a secret that it may not open itself.
 * @param name	of its file @param fd  borrowed; -1: it cannot be had
 * @param why	... why not
 */
void	children_secret(struct children *cs, enum process_kind to, const char *name, int fd, const char *why);
/** The only process of this kind has sent a bad message over such a descriptor: end it, to be started anew. */
void	children_kill(struct children *cs, enum process_kind kind);
/** SIGCHLD: take note of all that have ended. */
void	children_reap(struct children *cs);
/** How often each has died, as "child.<name>.restarts". */
void	children_counters(const struct children *cs, struct msg_counters *m);
void	children_log(const struct children *cs);
/**
 * Who produces stops first; what has not ended after 10 s is killed. hooks.stopped follows, perhaps at once.
 */
void	children_stop(struct children *cs);

#endif
