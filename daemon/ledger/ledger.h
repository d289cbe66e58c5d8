/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.h: what must survive: series numbers, states, incidents, events, the outbox, the audit chain, and the
 * configuration in force.
 *
 * One SQLite file (WAL, synchronous FULL), opened by core alone. Everything that belongs to one decision is
 * written between ledger_begin() and ledger_commit(); only after the commit may anything leave the process
 * (outbox first). Functions return 0 or -1; the ledger has logged why, once. After the first failure inside a
 * transaction all that follows fails until its end, and the commit too: a decision is written wholly or not
 * at all. Text is always bound, never pasted. In every walk a limit of 0 means all; what the callback gets is
 * borrowed for the call, and it must not start the same walk.
 */
#ifndef SIMPUL_LEDGER_H
#define SIMPUL_LEDGER_H

#include "base/cursor.h"
#include "base/text.h"
#include "base/uuid.h"
#include "model/port.h"

struct ledger;

/**
 * Open or create; the boot number grows by one with each open. The schema number is user_version 3: a file
 * of 1 or 2 is upgraded, with a line in the log; a newer one is refused.
 * @param path	file name, or ":memory:"
 * @return owned, or NULL after logging what to do
 */
struct ledger *ledger_open(const char *path);
void	 ledger_close(struct ledger *l);
uint32_t ledger_boot(const struct ledger *l);

int	ledger_begin(struct ledger *l);
int	ledger_commit(struct ledger *l);
void	ledger_rollback(struct ledger *l);

/* series: permanent numbers */

/**
 * The number of kind/id, given now if it is new.
 * @param true_name of a port as the device spells it, or ""
 * @return 0 on failure
 */
uint32_t ledger_series(struct ledger *l, const char *ref, const char *true_name);
int	ledger_series_each(struct ledger *l,
    void (*cb)(void *arg, uint32_t number, const char *ref, const char *true_name), void *arg);

/* ports: who they are, which link each carries, and what the operator was asked */

struct ledger_port {
	uint32_t	     number;	/* of its series */
	char		     device[ID_MAX];
	struct port_identity id;	/* on read and on put: borrowed */
	uint8_t		     state;	/* enum port_state */
	int64_t		     first_ns, last_ns;	/* wall: seen; 0 = not known */
	int64_t		     since_ns;	/* wall: under its present name; 0 = not known */
};
int	ledger_port_put(struct ledger *l, const struct ledger_port *p);
int	ledger_port_each(struct ledger *l, void (*cb)(void *arg, const struct ledger_port *p), void *arg);

/**
 * The link's port, as links.csv names it, is this series, whatever the port is called later.
 * @param series  0: forget it
 */
int	ledger_port_bind(struct ledger *l, const char *link, const char *device, const char *name, uint32_t series);
int	ledger_port_bound_each(struct ledger *l,
    void (*cb)(void *arg, const char *link, const char *device, const char *name, uint32_t series), void *arg);

struct ledger_question {
	uint64_t id;			/* 0 on put: a new one, filled in */
	uint32_t series;		/* of the port that is asked about */
	char	 why[512];
	int64_t	 asked_ns, answered_ns;	/* answered 0: still open */
	char	 answer[160], who[64];
};
int	ledger_question_put(struct ledger *l, struct ledger_question *q);
/** Its number is not given again. */
int	ledger_question_remove(struct ledger *l, uint64_t id);
/** Oldest first. @param open_only  those without an answer */
int	ledger_question_each(struct ledger *l, bool open_only,
    void (*cb)(void *arg, const struct ledger_question *q), void *arg);

/* objects: the last known state of each link, site, device, service */

struct ledger_object {
	char	 kind[16], id[ID_MAX];
	char	 state[24];		/* the engine's word, "backup_lost" */
	int64_t	 since_ns;		/* wall */
	uint64_t rev;			/* grows by one with each published change */
	bool	 seen_up;		/* links: answered at least once in its life */
	int64_t	 last_ns;		/* wall time of the last result */
	char	 detail[512];		/* JSON object with what else the kind must remember */
};
int	ledger_object_put(struct ledger *l, const struct ledger_object *o);
int	ledger_object_remove(struct ledger *l, const char *kind, const char *id);
int	ledger_object_each(struct ledger *l, void (*cb)(void *arg, const struct ledger_object *o), void *arg);

/* incidents */

enum incident_status { INCIDENT_PENDING, INCIDENT_OPEN, INCIDENT_CLOSED };
struct ledger_incident {
	uint64_t id;			/* 1284 of inc-1284; 0 on put: a new one, filled in */
	/* enum incident_status; pending: decided on, not yet told to anyone */
	uint8_t	 status;
	uint32_t version;		/* grows with each put */
	char	 root[REF_MAX];		/* "link/s013-1", "site/node-2" */
	char	 kind[48];		/* event kind of the root, "link.down" */
	char	 severity[16];
	char	 cause[24];		/* of cause_names */
	int64_t	 opened_ns, closed_ns;
	char	 ack_user[64], ack_note[256];
	int64_t	 ack_ns, ack_until_ns;	/* 0 = none */
	/* JSON array; owned by the struct on read (ledger_incident_free), borrowed on put */
	char	*evidence;
};
int	ledger_incident_put(struct ledger *l, struct ledger_incident *i);
/** -1 also when there is none. */
int	ledger_incident_get(struct ledger *l, uint64_t id, struct ledger_incident *i);
/** Newest first. @param open_only pending and open ones; before: ids below this, 0 = from the newest */
int	ledger_incident_each(struct ledger *l, bool open_only, uint64_t before, unsigned limit,
	    void (*cb)(void *arg, const struct ledger_incident *i), void *arg);
void	ledger_incident_free(struct ledger_incident *i);

struct ledger_member {
	uint64_t incident;
	char	 object[REF_MAX];	/* "link/s014-1" */
	char	 state[24];		/* "unreachable" */
	int64_t	 since_ns, until_ns;	/* until 0: still */
};
int	ledger_member_put(struct ledger *l, const struct ledger_member *m);
int	ledger_member_each(struct ledger *l, uint64_t incident,
    void (*cb)(void *arg, const struct ledger_member *m), void *arg);

/* events: the ordered stream; kept for replay */

struct ledger_event {
	uint64_t    seq;		/* out: one stream per engine, no gaps */
	char	    id[UUID_TEXT_MAX];
	char	    kind[48], severity[16], subject[REF_MAX];
	int64_t	    time_ns;
	uint64_t    incident;		/* 0 = none */
	/* the document as published; NULL on add when ledger_event_payload() follows */
	const char *payload;
};
/** Takes the next seq. */
int	ledger_event_add(struct ledger *l, struct ledger_event *e);
/** The payload names its own seq, so it is set right after the add, in the same transaction. */
int	ledger_event_payload(struct ledger *l, uint64_t seq, const char *payload);
int	ledger_event_each(struct ledger *l, uint64_t after_seq, unsigned limit,
    void (*cb)(void *arg, const struct ledger_event *e), void *arg);
uint64_t ledger_event_last(struct ledger *l);	/* 0 = none yet */
uint64_t ledger_event_told(struct ledger *l);	/* the last before those that are still in the outbox */
/** Never one that is still in the outbox. */
int	ledger_event_trim(struct ledger *l, int64_t older_than_ns);

/* outbox: messages that the broker has not confirmed */

struct ledger_outbox {
	uint64_t    id;			/* rising; the order of sending */
	uint64_t    seq;		/* place in the event stream; 0 = not an event */
	uint8_t	    qos, retain;
	uint32_t    expiry_s;
	char	    topic[256];
	const void *payload;
	size_t	    payload_len;
};
/** A retained message takes the place of an older unsent one on the same topic (it gets a new, later id). */
int	ledger_outbox_add(struct ledger *l, struct ledger_outbox *m);
int	ledger_outbox_each(struct ledger *l, uint64_t after_id, unsigned limit,
    void (*cb)(void *arg, const struct ledger_outbox *m), void *arg);
int	ledger_outbox_done(struct ledger *l, uint64_t id);
/** Give up the events that are older, so that ledger_event_trim() can let them go. */
int	ledger_outbox_trim(struct ledger *l, int64_t older_than_ns);
uint64_t ledger_outbox_count(struct ledger *l);

/* capacity: what is known of what each line delivers (live/capacity.c knows the form) */

int	ledger_capacity_put(struct ledger *l, uint32_t series, int64_t wall_ns, const struct buf *state);
/** @param cb  called once, or not at all when nothing is known */
int	ledger_capacity_get(struct ledger *l, uint32_t series, void (*cb)(void *arg, const void *state, size_t len), void *arg);
/** Of lines of which nothing has come since. */
int	ledger_capacity_trim(struct ledger *l, int64_t older_than_ns);
/* recordings of the flight recorder */

#define LEDGER_RECORDINGS_INCIDENT 20	/* of a line, with an incident; the newest are kept ... */
#define LEDGER_RECORDINGS_OTHER	   20	/* ... without one */
#define LEDGER_RECORDINGS_MAX	   2000	/* of all lines; those without an incident go first */

struct ledger_recording {
	uint64_t    id;			/* 0 on put: a new one, filled in */
	char	    link[ID_MAX];
	uint64_t    incident;		/* 0: it came to nothing */
	uint8_t	    reason, how;	/* enum record_reason; enum record_end */
	int64_t	    started_ns, ended_ns;	/* wall; ended 0: it is under way */
	uint32_t    sent, lost, gap_lost;	/* packets; of the longest gap */
	int64_t	    gap_from_ns, gap_to_ns;	/* wall; from 0: there was no gap, to 0: it is open */
	const void *packets;		/* as in sample/flight.h; borrowed, NULL in a walk */
	size_t	    packets_len;
	const char *detail;		/* JSON object with ways and MTU; likewise */
};
int	ledger_recording_put(struct ledger *l, struct ledger_recording *r);
/** The whole of one. -1 also when there is none. */
int	ledger_recording_get(struct ledger *l, uint64_t id, void (*cb)(void *arg, const struct ledger_recording *r),
    void *arg);
/** Newest first, without packets and detail. @param link  "" = of all @param incident  0 = any @param before  as of incidents */
int	ledger_recording_each(struct ledger *l, const char *link, uint64_t incident, uint64_t before, unsigned limit,
    void (*cb)(void *arg, const struct ledger_recording *r), void *arg);
/** Those that were under way when the engine ended. */
int	ledger_recording_cut(struct ledger *l, int64_t wall_ns, uint8_t how);
/** Keep to the bounds: of this line, and of all. */
int	ledger_recording_trim(struct ledger *l, const char *link, int64_t older_than_ns);

/* ways: the routers on the way to a line, as it was seen last (core/ways.c knows the form) */

int	ledger_way_put(struct ledger *l, const char *link, const void *hops, size_t len);
int	ledger_way_remove(struct ledger *l, const char *link);
int	ledger_way_each(struct ledger *l, void (*cb)(void *arg, const char *link, const void *hops, size_t len), void *arg);

/* config: what was accepted last, for a core that starts again while the files are refused */

/** Nothing is written when it is the same already. @param rows  core's own format (core/conf.c) */
int	ledger_config_put(struct ledger *l, int64_t wall_ns, const struct buf *rows);
/** -1 also when there is none. @param wall_ns  out: when it was accepted @param rows  appended to */
int	ledger_config_get(struct ledger *l, int64_t *wall_ns, struct buf *rows);

/* audit: append-only, each entry hashes the one before (SHA-256) */

int	ledger_audit(struct ledger *l, int64_t wall_ns, const char *who, const char *what, const char *object,
    const char *detail);
/** @return number of entries, or -1 with the first bad one in *bad */
int64_t	ledger_audit_verify(struct ledger *l, uint64_t *bad);

#endif
