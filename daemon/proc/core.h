/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core.h: what core holds, for the files of core, of alert/ and of the control socket. Everybody else sees
 * proc.h.
 *
 *	core.c		life and channels
 *	core_peers.c	what the others tell, frame by frame
 *	core_conf.c	rows from check to a new inventory, accepted or refused; core_settings.c: its settings
 *	core_objects.c	from one inventory to the next; core_ports.c: what discovery found
 *	core_plan.c	numbers, and what the others are told: SERIES_PLAN, PLAN, BROKER_PLAN
 *	core_samples.c	samples on their way in; core_probe.c: probes asked for
 *	alert/		verdicts, incidents, documents, the outbox
 *	core_load.c	what the ledger remembers of the time before
 *	core_turn.c	the turn: review what is due, write it in one transaction, then let it out
 *	core_commit.c	that transaction; its parts: core_incidents.c, core_states.c
 *
 * Live objects (site_live ...) outlive a reload: they hold what was learnt; what is written in the inventory
 * is reached through their pointer into the present one. All of it is owned by core and valid until the
 * loop's next turn at least.
 */
#ifndef SIMPUL_CORE_H
#define SIMPUL_CORE_H

#include "base/conf.h"
#include "base/map.h"
#include "ipc/msg.h"
#include "ledger/ledger.h"
#include "model/inventory.h"
#include "proc/proc.h"
#include "rules/link_rounds.h"
#include "rules/severity.h"
#include "rules/site_state.h"
#include "rules/state.h"
#include "rules/threshold.h"
#include "sample/sample.h"

struct json_t;
struct incident;
struct site_live;

#define CORE_INSTANCES_MAX 16
#define CORE_RULES_MAX	   16

/* Where a link stands with regard to one kind of fault. */
enum verdict {
	VERDICT_NONE,
	VERDICT_PENDING,	/* being verified; nobody has been told */
	VERDICT_ROOT,		/* a fault of its own: one of the root lines of its incident */
	VERDICT_MEMBER,		/* explained by the fault of a site it passes through */
	VERDICT_SETTLE		/* was a member; that site is back; has until settle_ns to follow */
};

struct alert {
	uint8_t		 verdict;	/* enum verdict */
	struct incident	*incident;	/* PENDING, ROOT, MEMBER: borrowed; else NULL */
	size_t		 member;	/* ... and its place among the incident's members */
	int64_t		 settle_ns;	/* SETTLE: monotonic */
};

/* Head of every live object: what its retained document and its ledger row need. */
struct live {
	char	     ref[REF_MAX];	/* "link/s013-1" */
	int64_t	     since_ns;		/* wall: the present state holds from here */
	uint64_t     rev;		/* of the last published document; 0 = never published */
	uint64_t     document;		/* hash of what that document says */
	int64_t	     publish_ns;	/* monotonic: not published again before */
	bool	     unsaved;		/* differs from its ledger row */
	bool	     repeat;		/* publish it even if it says nothing new */
	bool	     gone;		/* no longer in the inventory (while a reload is applied) */
	bool	     listed;		/* on core's list of those to look at when writing */
	bool	     looked_at, publishing;	/* in the present transaction ... */
	uint64_t     new_document, new_rev;	/* ... which, when committed, becomes these */
	struct live *next;
};

struct link_live {
	struct live	    live;	/* must be first */
	const struct link  *link;
	struct site_live   *site, *parent;	/* parent: the site it passes through, or NULL */
	char		    site_was[ID_MAX];	/* when it was written before this start; "" = not known */
	uint32_t	    number;	/* of series link/<id> */
	enum link_state	    state;	/* as shown: after verification */
	struct link_rounds  rounds;	/* as measured */
	bool		    seen_up;	/* has been up at least once in its life */
	struct alert	    reach, quality;
	struct threshold    rule[CORE_RULES_MAX];	/* parallel to core.rule */
	double		    rtt_s, loss_ratio;	/* of the last round; of the last minute; NAN = unknown */
	double		    rx_bps, tx_bps;	/* last rates from the port that carries it; NAN = unknown */
	uint32_t	    probe_token;	/* of the PROBE_NOW in flight; 0 = none */
	uint8_t		    probe;	/* enum probe_verdict of the last one */
	float		    probe_rtt_s;
	int64_t		    probe_ns;	/* monotonic: when it was answered; 0 = never */
	int64_t		    asked_ns;	/* monotonic: when the one in flight was sent */
};

struct site_live {
	struct live	    live;
	const struct site  *site;
	enum site_state	    state;
	struct link_live  **link;	/* its lines, main first */
	size_t		    nlinks;
	struct link_live  **child;	/* lines of other sites that pass through */
	size_t		    nchildren;
	struct incident	   *incident;	/* its own fault of connection, pending or open; NULL = none */
	bool		    dirty;	/* on the list of those to be judged in this turn */
	struct site_live   *next_dirty;
	uint32_t	    stamp;	/* of the last walk that met it: each site once */
};

struct port_live {
	char		    ref[REF_MAX];	/* "port/s002-r1.ether1" */
	char		    name[128];	/* ifName as the device spells it */
	uint32_t	    number;	/* 0: not given yet */
	uint32_t	    fresh;	/* given in the present transaction */
	struct port_live   *next;
};

struct device_live {
	struct live	    live;
	const struct device *device;
	struct site_live   *site;
	uint32_t	    number;	/* of series host/<id> */
	enum device_state   state;
	char		    reason[200];	/* "no answer", "authentication failed" */
	char		    sysname[128];
	bool		    seen;	/* has answered at least once in its life */
	bool		    told;	/* device.silent has been sent */
	int64_t		    tell_ns;	/* monotonic: silent and not told: look again then; 0 = not waiting */
	struct port_live   *ports;	/* in the order found */
	size_t		    nports;	/* up to PORTS_MAX */
	bool		    full_told;	/* that there are more has been logged */
};

enum fault { FAULT_REACH, FAULT_QUALITY };

struct member {
	struct link_live *link;		/* NULL once it has left the inventory */
	char	 ref[REF_MAX];
	char	 site[ID_MAX];		/* in whose office's branch it is told; "" = not known */
	char	 state[24];		/* "pending", "down", "degraded", "unreachable", "affected" */
	int64_t	 since_ns, until_ns;	/* wall; until 0: still */
	bool	 unsaved;
	uint64_t office;		/* hash of what its site's own branch was told of the incident */
	bool	 emptied;		/* the link is not that site's any more, and its branch was told so */
};

/*
 * One fault: pending (being verified, nobody told), or open. A pending one is in the ledger by its lines
 * ("pending" in their rows), and gets its number when it is told. Closed ones are here only until their topic
 * is emptied.
 */
struct incident {
	struct ledger_incident row;	/* id 0 while it is pending; evidence unused: see below */
	uint8_t		    fault;	/* enum fault */
	uint8_t		    reach;	/* enum reach_fault it was told as */
	struct site_live   *site;	/* where it is */
	struct link_live   *link;	/* FAULT_QUALITY: the root */
	struct member	   *member;	/* root lines and members, in the order they joined */
	size_t		    nmembers, member_room;
	size_t		    nleft;	/* of them have left */
	struct json_t	   *evidence;	/* array of {"t","fact"}; owned */
	int64_t		    first_ns;	/* monotonic: the oldest unverified line */
	int64_t		    review_ns;	/* monotonic: next look; 0 = nothing to wait for */
	uint64_t	    office;	/* as in struct member, for its own site */
	int64_t		    publish_ns;	/* monotonic: its document is not published again before */
	bool		    unsaved;	/* differs from its ledger rows */
	bool		    unpublished;	/* its document is to be published */
	bool		    to_probe;	/* its ancestors are to be probed once it is in the ledger */
	bool		    to_empty;	/* closed and shown so: its topic is to be emptied */
	bool		    removed;	/* came to nothing, or closed and all is written */
	bool		    fresh;	/* its id was given in the present transaction */
	struct incident	   *next, *prev;	/* core's list, oldest first */
};

struct core_settings {			/* read once per configuration */
	char	ns[64], node[64];
	double	removal_max_ratio;
	int64_t	verify_ns, group_window_ns, settle_ns;
	int64_t	link_interval_ns, snmp_interval_ns;
	char	link_probe[16];			/* "icmp", "tcp" */
	uint16_t link_tcp_port;
	uint32_t link_timeout_ms, snmp_timeout_ms;
	struct rounds_rule rounds;
	struct threshold_rule rule[CORE_RULES_MAX];
	size_t	nrules;
};

struct measure_peer {
	char		    name[32];
	struct ipc_channel *ch;		/* NULL while it is away */
	uint32_t	    generation;	/* of the plan it was sent; 0 = none */
};

struct core;
/**
 * How a reload ended.
 * @param error	NULL when it was accepted
 * @param errors	JSON array of {"file","line","column","text"}; borrowed
 */
typedef void (*core_reload_fn)(void *arg, const char *error, uint32_t rows, const struct json_t *errors);
/**
 * SERIES_ROWS or SERIES_END with the token of core_store_send(); NULL: store went away, no answer will come.
 */
typedef void (*core_store_fn)(void *arg, const struct ipc_msg *msg);

struct core {
	struct loop	  *loop;
	struct ledger	  *ledger;
	struct conf	  *conf;	/* NULL until the first configuration is accepted */
	struct inventory  *inv;		/* likewise */
	struct core_settings set;
	int64_t		   started_ns, loaded_ns;	/* wall */

	/* live objects: parallel to inv->site[] ...; by id; by series number */
	struct site_live   **site;
	struct link_live   **link;
	struct device_live **device;
	struct map	  *site_by_id, *link_by_id, *device_by_id;
	struct nmap	  *link_by_number, *device_by_number;
	struct map	  *port_by_ref;
	struct incident	  *incidents, *incidents_end;	/* pending and open, oldest first */

	/* peers; NULL while they are away */
	struct ipc_channel *parent, *check, *store, *publish;
	struct measure_peer measure[CORE_INSTANCES_MAX];
	size_t		   nmeasure;
	bool		   broker_connected;
	char		   broker_text[200];
	bool		   store_ok;
	char		   store_text[200];
	uint64_t	   durable_seq, durable_records;
	struct map	  *counters;	/* "measure wan/icmp.sent" to struct core_counter */
	bool		   ledger_ok;	/* the last commit worked */

	struct core_private *priv;	/* what only core's own files touch */
};

struct core_counter {
	char	 name[96];
	uint64_t value;
};

/* Look-ups by id; NULL when there is none. */
struct site_live   *core_site(const struct core *c, const char *id);
struct link_live   *core_link(const struct core *c, const char *id);
struct device_live *core_device(const struct core *c, const char *id);
struct incident	   *core_incident(const struct core *c, uint64_t id);	/* pending or open */
/**
 * The open incident of which a link, or a line of a site, is part; NULL = none. Connection before quality.
 */
const struct incident *link_incident(const struct link_live *l);
const struct incident *site_incident(const struct site_live *s);
/**
 * Counted lines: live, of a live site, measured, and up at least once in their life. Only they are judged.
 */
bool	link_is_counted(const struct link_live *l);

/**
 * Have the configuration read again; cb is called exactly once, later.
 * @return 0, or -1 when there is no parent to ask or a reload is under way
 */
int	core_reload_request(struct core *c, bool allow_removal, core_reload_fn cb, void *arg);
/**
 * Send a request to store and hand every frame of its answer to cb; the last one is SERIES_END.
 * @return the token, or 0 when store is away
 */
uint32_t core_store_send(struct core *c, uint16_t type, const void *data, size_t len, core_store_fn cb,
    void *arg);
void	core_store_forget(struct core *c, uint32_t token);	/* who asked has gone */
/**
 * Have a link probed now (rounds of 1 s); results arrive like any other. 0, or -1 when its instance is away.
 */
int	core_probe_now(struct core *c, struct link_live *l, uint16_t rounds);
/**
 * Acknowledge an open incident, or change its acknowledgement: committed on return, with its next version,
 * incident.acked and the new document. @param until_ns  wall; 0: until it closes @return 0, or -1 when the
 * ledger refused (logged)
 */
int	core_ack(struct core *c, struct incident *i, const char *user, const char *note, int64_t until_ns);

#endif
