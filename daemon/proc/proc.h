/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc.h: the processes, each the same shape, so that --single can hold them all in one loop.
 *
 *	x_new		builds it from what the parent opened for it (descriptors are taken)
 *	x_attach	here is your channel to that peer; replaces an older one; taken
 *	x_stop		make durable what must be, in at most a few seconds
 *	x_free
 *
 * A channel that appears is the only signal that a peer (re)started: core then sends it its plan, and so on.
 * Core also gets one to PROCESS_PARENT: it sends RELOAD there, and receives the parent's COUNTERS ("child.store.restarts").
 * Measure and core are here; store, publish, trap and capture are in their own folders.
 */
#ifndef SIMPUL_PROC_H
#define SIMPUL_PROC_H

#include "base/packet_io.h"
#include "collectors/capture/process.h"
#include "ipc/msg.h"
#include "publish/publish.h"
#include "store/process.h"
#include "trap/process.h"

/* measure: inventory in, samples out. */
struct measure;
struct measure_opts {
	const char	 *instance;	/* "main", "wan"; borrowed for ever */
	struct packet_io *io;		/* taken */
	bool		  apps;		/* it asks services, and has neither keys of SNMP nor packet sockets */
	int		  secrets_fd;	/* directory secrets/snmp, or -1 (no device is polled); taken */
	int		  probe_secrets_fd;	/* directory secrets/probes, or -1 (no probe has a key); taken */
	bool		  public_community; /* stories and tests only: "public" for all, no files */
};
struct measure *measure_new(struct loop *l, const struct measure_opts *o);
void	measure_attach(struct measure *m, enum process_kind peer, const char *instance, struct ipc_channel *ch);
void	measure_stop(struct measure *m);
void	measure_free(struct measure *m);

/* core: state, rules, incidents, ledger, control socket. */
struct core;
struct core_opts {
	const char *ledger_path;	/* file name relative to ledger_fd's directory ("ledger.db"), or ":memory:" */
	int	    ledger_fd;		/* directory ledger/, or -1; taken */
	int	    listen_fd;		/* bound control socket, or -1; taken */
	int	    push_fd;		/* directory secrets/push, or -1; taken */
	bool	    gave_up_root;	/* our user is the engine's alone: nobody else speaks as it */
};
struct core *core_new(struct loop *l, const struct core_opts *o);
void	core_attach(struct core *c, enum process_kind peer, const char *instance, struct ipc_channel *ch);
/** Publish is this process now, and must not be taken for an administrator: it runs as our own user. */
void	core_publish_pid(struct core *c, pid_t pid);
void	core_stop(struct core *c);
void	core_free(struct core *c);

#endif
