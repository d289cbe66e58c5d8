/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * object.h: sites, links, devices, ports and services as they are now.
 *
 * Live objects outlive a reload: they hold what was learnt; what is written in the inventory is reached
 * through their pointer into the present one. All of it is owned by core and valid until the loop's next turn
 * at least.
 */
#ifndef SIMPUL_LIVE_OBJECT_H
#define SIMPUL_LIVE_OBJECT_H

#include "ipc/msg.h"
#include "live/push.h"
#include "live/settings.h"
#include "model/inventory.h"
#include "model/port.h"
#include "rules/baseline.h"
#include "rules/link_rounds.h"
#include "rules/recent.h"
#include "rules/site_state.h"
#include "rules/state.h"
#include "rules/threshold.h"
#include "rules/way_compare.h"

struct capacity;
struct incident;
struct site_live;

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

struct link_port {			/* what the port that carries a link has shown */
	struct baseline light;		/* received, dBm */
	struct recent	downs, changes;
	int64_t		saved_ns;	/* wall: `light` was last marked to be written */
};

#define LINK_FACTS_MAX 40
struct link_fact {			/* what its probe says beside its results */
	char   name[32];
	double value;			/* NAN: it is a word */
	char   text[80];		/* "": the value is all */
};

struct link_way {			/* over which routers packets go to a link: core/ways.c */
	struct way *known, *pending;	/* owned; NULL: none; pending: seen once, to be confirmed */
	int64_t	    due_ns;		/* monotonic: of the next trace; 0 = not given yet */
	uint8_t	    tries;		/* of confirming */
	bool	    unsaved;
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
	double		    rtt_p50_s, pdv_p95_s;	/* of the last minute; NAN = unknown */
	int64_t		    minute_ns;	/* wall: when that came; 0 = there was none yet */
	int64_t		    proven_ns;	/* wall: it answered last, on its own path; 0 = never */
	struct link_port   *port;	/* owned; NULL: it has shown nothing */
	struct link_way	   *way;	/* owned; NULL: never traced */
	double		    rx_bps, tx_bps;	/* last rates from the port that carries it; NAN = unknown */
	struct capacity	   *capacity;	/* what those have shown over weeks; owned; NULL: nothing */
	uint32_t	    probe_token;	/* of the PROBE_NOW in flight; 0 = none */
	uint8_t		    probe;	/* enum probe_verdict of the last one */
	float		    probe_rtt_s;
	int64_t		    probe_ns;	/* monotonic: when it was answered; 0 = never */
	int64_t		    asked_ns;	/* monotonic: when the one in flight was sent */
	struct link_fact   *fact;	/* owned; of few lines */
	size_t		    nfacts;
};

struct site_live {
	struct live	    live;
	const struct site  *site;
	enum site_state	    state;
	struct link_live  **link;	/* its lines, main first */
	size_t		    nlinks;
	struct link_live  **child;	/* lines of other sites that pass through */
	size_t		    nchildren;
	struct service_live **service;	/* what is served here */
	size_t		    nservices;
	struct incident	   *incident;	/* its own fault of connection, pending or open; NULL = none */
	bool		    dirty;	/* on the list of those to be judged in this turn */
	struct site_live   *next_dirty;
	uint32_t	    traffic;	/* number of series traffic/<id>; 0: it names no networks */
	uint32_t	    stamp;	/* of the last walk that met it: each site once */
};

struct port_question {		/* which port is it now? Only a person can say */
	uint64_t	    id, fresh;	/* 0: not written yet; given in the present transaction */
	int64_t		    asked_ns;	/* wall */
	bool		    withdrawn;	/* nobody need answer: taken out of the ledger, then forgotten */
	char		   *why;	/* owned */
};

struct port_live {
	char		    ref[REF_MAX];	/* "port/s002-r1.ether1": of the name it had first */
	struct device_live *device;
	struct port_identity id;	/* as it was when it was seen last */
	uint8_t		    state;	/* enum port_state */
	bool		    unsaved;	/* differs from its ledger row */
	uint32_t	    number;	/* 0: not given yet */
	uint32_t	    fresh;	/* given in the present transaction */
	uint32_t	    link;	/* number of the link whose traffic it carries, or 0 */
	int64_t		    first_ns, last_ns;	/* wall: seen; 0 = before that was written down */
	int64_t		    since_ns;	/* wall: under its present name; likewise */
	int64_t		    saved_ns;	/* last_ns of its ledger row */
	char		   *neighbour_now;	/* told since the last walk; owned, or NULL */
	struct port_question *question;	/* open; owned, or NULL */
	struct port_live   *next;
};

/* What a sensor of a port means for the link that the port carries. */
enum link_sense {
	SENSE_NOTHING, SENSE_RX_POWER, SENSE_FCS_ERRORS, SENSE_LATE_COLLISIONS, SENSE_LINK_DOWNS, SENSE_CHANGES
};

struct sensor_live {
	struct device_live *device;
	char		  *ref;		/* "sensor/s002-r1.rx_power_dbm.sfp1"; owned, as name and port */
	char		  *name;	/* table, value and label: "optical/rx_power_dbm/sfp1" */
	uint64_t	   hash;	/* of the name */
	char		  *port;	/* ifName of its port; "" or NULL: none, or not told yet */
	const char	  *help;	/* core's */
	uint32_t	   number;	/* 0: not given yet */
	uint32_t	   fresh;	/* given in the present transaction */
	uint8_t		   type;	/* enum profile_type */
	uint8_t		   sense;	/* enum link_sense */
	double		   value;	/* of the last poll; NAN = unknown */
	double		   value_s;	/* for which that poll stands */
	int64_t		   value_ns;	/* wall; 0 = there was none yet */
	struct msg_limits  limits;
	struct sensor_live *next;
};

struct neighbour_live {
	struct msg_neighbour   told;
	bool		       heard;	/* in the walk that is being told */
	struct neighbour_live *next;
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
	int64_t		    trap_ns;	/* monotonic: when a trap last had it polled; 0 = never */
	struct port_live   *ports;	/* in the order found */
	size_t		    nports;	/* up to PORTS_MAX */
	bool		    full_told;	/* that there are more has been logged */
	struct sensor_live *sensors;	/* in the order found */
	size_t		    nsensors;	/* up to SENSORS_MAX */
	bool		    sensors_full_told;
	struct port_identity *found;	/* of a walk that is being told; owned */
	size_t		    nfound;
	uint64_t	    hardware;	/* hash of its MACs at the last walk; 0 = not known */
	struct neighbour_live *neighbours;	/* in the order heard first */
	size_t		    nneighbours;
};

#define SERVICE_FACTS_MAX 32

struct service_fact {			/* what stood beside its last results */
	char   name[32];		/* "status", "cert_days" */
	double value;			/* NAN: it is a word */
	char   text[256];		/* made visible; "": the value is all */
};

struct service_live {
	struct live	     live;
	const struct service *service;
	struct site_live    *site;
	struct service_live **need;	/* what it depends on */
	size_t		     nneeds;
	uint32_t	     number;	/* of series service/<id> */
	enum service_state   state;	/* as shown: after verification */
	struct link_rounds   rounds;	/* as measured */
	struct rounds_rule   rule;	/* by its own interval */
	bool		     seen_up;	/* has been up at least once in its life */
	struct alert	     down, degraded;
	double		     total_s, ttfb_s;	/* of the last round; NAN = unknown */
	double		     max_s;	/* it is slow beyond; NAN: no limit */
	uint8_t		     slow, quick;	/* rounds in a row beyond it, and within it */
	uint8_t		     worry;	/* enum severity of what is beyond its limit; info: nothing is */
	bool		     worry_kept;	/* remembered of its certificate, which has said nothing since the start */
	char		     worry_why[120];
	char		     reason[200];	/* of the last result that was not good; "": it was */
	char		     why[160];	/* it is unreachable because of this; "": it is not */
	struct service_fact *fact;
	size_t		     nfacts;	/* up to SERVICE_FACTS_MAX */
	struct push_state   *push;	/* owned; NULL: it does not report by itself */
	int64_t		     confirm_ns;	/* monotonic: ask once more then; 0: not waiting */
	int64_t		     confirms_ns;	/* monotonic: since then ... */
	unsigned	     confirms;		/* ... so many extra rounds were asked for */
};

void	service_live_free(struct service_live *s);
/** Counted services: live, of a live site, and up at least once in their life. Only they are judged. */
bool	service_is_counted(const struct service_live *s);
/** @return what it last said under this name, or NULL */
const struct service_fact *service_fact(const struct service_live *s, const char *name);

void	site_live_free(struct site_live *s);
void	link_live_free(struct link_live *l);
const struct way *link_known_way(const struct link_live *l);	/* NULL: not known */
/** NAN when it is not known: also when no poll has told it for a while, as of a module that was pulled out. */
double	sensor_value(const struct sensor_live *s, int64_t wall_ns);
/** "ok", "warn" or "bad" by its limits or, of a state, by its value; "unknown" without a value. */
const char *sensor_state(const struct sensor_live *s, double value);
/**
 * Counted lines: live, of a live site, measured, and up at least once in their life. Only they are judged.
 */
bool	link_is_counted(const struct link_live *l);
/**
 * The larger of download and upload as a part of the contracted speed of that direction (docs/definitions.md,
 * U). NAN: of neither both are known.
 */
double	link_use_ratio(const struct link_live *l);
/** How a call over it would have been rated in the last minute (rules/mos.h); NAN: not known. */
double	link_mos(const struct link_live *l);

#endif
