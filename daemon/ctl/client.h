/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.h: inside the control socket: one connection, and how an operation answers it.
 *
 * An operation gets a request and answers it once: at once, or later through a call that stays open. A client
 * that hangs up takes its calls along. Nothing here frees a client while an operation runs: one that must go
 * is marked, and goes when the loop is back in socket.c.
 */
#ifndef SIMPUL_CTL_CLIENT_H
#define SIMPUL_CTL_CLIENT_H

#include <jansson.h>
#include "base/cursor.h"
#include "base/log.h"
#include "ctl/ctl.h"
#include "ctl/peer.h"
#include "ctl/records.h"
#include "ctl/refusals.h"
#include "ctl/request.h"

#define CLIENTS_MAX	  64
#define CALLS_MAX	  32			/* open requests of one client */
#define OUT_SOFT	  (256 * 1024)		/* bytes that wait: take no new requests, send no events */
#define OUT_MAX		  (1024 * 1024)		/* bytes that wait: hang up */

struct client;

/* A request that is not answered yet, or a subscription. Head of what the operation remembers of it. */
struct call {
	struct client *client;
	int64_t	       id;
	void	     (*free)(struct call *);	/* forget whatever is under way and free it */
	void	     (*pump)(struct call *);	/* subscriptions: send what is there; else NULL */
	struct call   *next;
};

struct client {
	struct ctl     *ctl;
	int		fd;
	struct loop_io *io;
	struct buf	in, out;
	size_t		scanned;	/* bytes of `in` known to hold no end of line */
	size_t		sent;		/* bytes of `out` that have left */
	bool		eof;		/* it sends no more: answer what is open, then hang up */
	bool		closing;	/* hang up when `out` has left */
	bool		dead;		/* hang up now */
	bool		settling;	/* an operation of it may run: what that causes is seen to after it */
	uid_t		uid;
	enum ctl_role	role;
	bool		speaks_for_others;	/* may send "as" */
	struct call    *calls;
	size_t		ncalls;
	struct client  *next, *prev;
};

struct ctl {
	struct core    *core;
	struct loop    *loop;
	int		listen_fd;
	struct loop_io *io;
	struct peer_ids ids;
	struct client  *clients;
	size_t		nclients;
	bool		telling, more_events;	/* ctl_event() is under way; was called again meanwhile */
	struct call    *reload;		/* whose reload is under way; NULL: nobody's who is still there */
	struct log_limit refused;
	struct refusals refusals;
	struct records records;
};

/** Answer with these members and "id", "ok":true. @param members  taken; an object */
void	client_answer(struct client *cl, int64_t id, json_t *members);
/** Answer {"id","ok":false,"code","error"}. @param members  taken: more of them, or NULL */
void	client_refuse_with(struct client *cl, int64_t id, const char *code, json_t *members, const char *fmt,
    ...) PRINTF_LIKE(5, 6);
#define client_refuse(cl, id, code, ...) client_refuse_with(cl, id, code, NULL, __VA_ARGS__)
/** Send a line that answers nothing, such as an event. @param line  taken; an object */
void	client_send(struct client *cl, json_t *line);
bool	client_is_full(const struct client *cl);	/* more than OUT_SOFT waits */

/** Keep a request open. @param c  zeroed but for free and pump; given to the client until call_end() */
void	call_open(struct call *c, struct client *cl, int64_t id);
struct call *call_find(const struct client *cl, int64_t id);
/** The request is answered: take the call out of its client and free it, then let the client go on. */
void	call_end(struct call *c);

/* Who asks: the peer itself, or the one for whom the web server speaks. */
struct actor {
	enum ctl_role role;
	char	      name[64];		/* for the audit log: "root", "uid 1000", "operator1" */
};

typedef void (*op_fn)(struct client *cl, const struct request *r, const struct actor *who);

/** Run one request of this client: rights, members, then the operation (ops.c). */
void	op_run(struct client *cl, const struct request *r);
/** Write to the audit log of the ledger. @param detail  taken; an object @return 0 or -1 (logged) */
int	op_audit(struct client *cl, const struct actor *who, const char *what, const char *object,
    json_t *detail);
/** Refuse a request about an object that does not exist, naming the nearest that does. */
void	op_not_found(struct client *cl, const struct request *r, const char *name);

/* ops_read.c */
void	op_list(struct client *cl, const struct request *r, const struct actor *who);
void	op_get(struct client *cl, const struct request *r, const struct actor *who);
void	op_why(struct client *cl, const struct request *r, const struct actor *who);
/* ops_top.c */
void	op_top(struct client *cl, const struct request *r, const struct actor *who);
/* ops_engine.c */
void	op_hello(struct client *cl, const struct request *r, const struct actor *who);
void	op_status(struct client *cl, const struct request *r, const struct actor *who);
void	op_metrics(struct client *cl, const struct request *r, const struct actor *who);
void	op_audit_verify(struct client *cl, const struct request *r, const struct actor *who);
/* ops_traffic.c */
void	op_traffic(struct client *cl, const struct request *r, const struct actor *who);
/* ops_traps.c */
void	op_traps(struct client *cl, const struct request *r, const struct actor *who);
/* ops_recordings.c */
void	op_recordings(struct client *cl, const struct request *r, const struct actor *who);
void	op_recording(struct client *cl, const struct request *r, const struct actor *who);
/* ops_store.c */
void	op_series(struct client *cl, const struct request *r, const struct actor *who);
void	op_flush(struct client *cl, const struct request *r, const struct actor *who);
/* ops_change.c */
void	op_ack(struct client *cl, const struct request *r, const struct actor *who);
void	op_probe(struct client *cl, const struct request *r, const struct actor *who);
void	op_reload(struct client *cl, const struct request *r, const struct actor *who);
void	op_push(struct client *cl, const struct request *r, const struct actor *who);
void	op_record(struct client *cl, const struct request *r, const struct actor *who);
/* ops_discover.c */
void	op_discover(struct client *cl, const struct request *r, const struct actor *who);
/* ops_profile.c */
void	op_profiles(struct client *cl, const struct request *r, const struct actor *who);
void	op_profile_test(struct client *cl, const struct request *r, const struct actor *who);
/* ops_topology.c */
void	op_topology(struct client *cl, const struct request *r, const struct actor *who);
void	op_parents(struct client *cl, const struct request *r, const struct actor *who);
/* ops_ports.c */
void	op_ports(struct client *cl, const struct request *r, const struct actor *who);
void	op_port_answer(struct client *cl, const struct request *r, const struct actor *who);
/* ops_event.c */
void	op_subscribe(struct client *cl, const struct request *r, const struct actor *who);
void	op_cancel(struct client *cl, const struct request *r, const struct actor *who);

#endif
