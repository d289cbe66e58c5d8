/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.h: one polled device: a small state machine on the loop's timers.
 *
 *	tick	silent for 3 polls: sysUpTime alone, and no more until it answers; a walk wanted: discovery;
 *		version auto: in one of 4 of those polls by SNMPv1, and back from there once an hour
 *	poll	all PDUs at once
 *	judge	tooBig, or big PDUs lost but a small request answered: halve and poll again;
 *		another port under an ifIndex: discovery and poll again
 *	end	samples and state; restarted, or an hour is over: discovery
 *
 * Beside the polls of the schedule there are looks (device_poll_now()): polls that read states only, move
 * nothing of the schedule and say nothing when they fail.
 *
 * device.c has the schedule, device_poll.c what is asked in a poll, discovery.c the walks, device_collectors.c
 * the choice of collectors; device_v3.c keeps what SNMPv3 needs; device_state.c tells core what became
 * of it (edges only).
 *
 * There are very many, so a device keeps between its polls only what it will need: what is in flight is made for
 * the flight, and requests that are equal to those of other devices are theirs, too (pool.h).
 */
#ifndef SIMPUL_SNMP_DEVICE_H
#define SIMPUL_SNMP_DEVICE_H

#include "collectors/collector.h"
#include "collectors/profile_tables.h"
#include "collectors/snmp/pool.h"
#include "collectors/snmp/walk.h"
#include "collectors/snmp/wire.h"

#define VARBINDS_MAX	  57		/* of one PDU: its answer fits one Ethernet frame */
#define ANSWER_MAX	  1472		/* bytes of UDP in an Ethernet frame: longer answers come in fragments */
#define POLLS_SILENT	  3		/* unanswered polls until the device is called silent */
#define OLDER_EACH	  4		/* silent polls */
#define COLLECTORS_MAX	  64		/* of one device */
#define TROUBLE_MAX	  200		/* bytes of a remedy */
#define WALK_TIME_MAX_NS  (60 * NS_PER_S)
#define WALK_EVERY_NS	  (3600 * NS_PER_S)
#define GROW_EVERY_NS	  (3600 * NS_PER_S)	/* after a device was too small, it is asked for twice as much */
#define WALK_SOON_NS	  (120 * NS_PER_S)	/* while a collector misses something */
#define WALK_RETRY_NS	  (600 * NS_PER_S)	/* after a start (tables fill late) or a failure */

enum device_counter {
	DEVICE_POLLS, DEVICE_LOOKS, DEVICE_OVERRUNS, DEVICE_WALKS, DEVICE_WALK_FAILURES, DEVICE_TOO_BIG, DEVICE_TOO_LONG,
	DEVICE_REFUSED, DEVICE_RESTARTS, DEVICE_MOVED, DEVICE_COUNTERS
};

struct device_env {			/* what the devices of an engine share */
	struct loop	  *loop;
	struct wheel	  *wheel;	/* of all timers here; its tick is WIRE_TICK_NS */
	struct snmp_wire  *wire;
	struct request_pool *pool;
	int		   secrets_fd;
	bool		   public_community;
	const struct sink *sink;
	struct profile_tables *tables;	/* of the plan in force; NULL: none yet */
	struct v3_users	  *users;		/* credentials of SNMPv3 */
	struct map	  *engines;		/* their snmpEngineID, in hexadecimal, to its first device */
	uint64_t	   counter[DEVICE_COUNTERS];
};

struct plan_row {
	uint8_t	 collector;		/* place in the device's list */
	uint8_t	 nindex;
	uint16_t turns;			/* read in one of so many polls */
	uint32_t index_at;		/* its arcs in poll_plan.arc */
	uint32_t tag, columns;
};

struct planned_pdu {			/* one GET of each poll */
	const struct snmp_request *request;	/* of the pool */
	uint32_t		   first, n;	/* its rows of the plan, all of the same turns */
	uint16_t		   turns;
};

struct poll_plan {
	uint8_t		    collector;	/* whose plan() is at it */
	bool		    fresh;	/* no poll with it was answered yet */
	bool		    stale;	/* a walk has changed the collectors: places and tags of its rows are void */
	double		    interval_s;	/* of the device */
	struct plan_row	   *row;
	size_t		    n, size;
	uint32_t	   *arc;	/* of all indexes */
	size_t		    narcs, arcs_size;
	struct planned_pdu *pdu;
	size_t		    npdus;
};

struct pdu {				/* one GET in flight */
	struct device		 *device;
	const struct planned_pdu *planned;
	struct snmp_exchange	  x;
};

struct found {				/* what a device says it is: known before its tables are walked */
	char	 name[128];		/* sysName */
	uint8_t	 object_id[SNMP_ARCS_MAX];	/* sysObjectID, BER content */
	size_t	 object_id_len;
	uint64_t kind;			/* hash of sysObjectID */
	bool	 has_boots;
};

struct inquiry {			/* one question after the other: a discovery, or sysUpTime alone */
	struct snmp_exchange x;
	struct snmp_request  request;
	struct walk	    *walk;
	unsigned	     step;	/* 0: identity; then the collectors */
	unsigned	     repetitions;
	int64_t		     started_ns;
	bool		     failed;
	bool		     identified;	/* `found` is what it says */
	struct found	     found;
};

struct device_target {			/* as in msg_target; the texts are in one block */
	const char *ref, *method, *credential, *profile;
	uint32_t    number, interval_ms, timeout_ms;
};

enum device_doing { DEVICE_IDLE, DEVICE_ASKING, DEVICE_WALKING, DEVICE_POLLING };

struct trial;

struct device {
	struct device_env    *env;
	struct device_target  target;
	struct snmp_peer      peer;
	struct collector     *collector;	/* in the order in which they are walked */
	unsigned	      ncollectors;
	struct siblings	      siblings;
	struct profile_tables *tables;	/* from which its collectors are */
	enum device_doing     doing;
	struct wheel_timer    timer;	/* next poll */
	struct wheel_timer   *look;	/* next look beside the schedule; NULL: there was none yet */
	int64_t		      interval_ns, phase_ns;
	int64_t		      next_ns;	/* when the next poll is due */
	int64_t		      begun_ns;	/* the last poll or look */
	bool		      poll_due, look_due;	/* after the poll or look at hand */
	struct inquiry	     *inquiry;	/* in progress, or NULL */
	struct trial	     *trial;	/* likewise: a profile is tried on it */

	/* discovery */
	int64_t		      walk_due_ns, newer_due_ns;	/* newer: asked by SNMPv2c again, when auto */
	bool		      walk_wanted, discovered, has_boots;
	char		     *name;		/* sysName; NULL: none yet */
	uint64_t	      kind, hardware;	/* hashes of sysObjectID and of the MACs; 0 = unknown */

	/* the poll in progress */
	struct poll_plan      plan;
	struct pdu	     *pdu;
	size_t		      pdus_sent, pdus_open;
	uint16_t	      varbinds_max;	/* of a PDU: learnt from tooBig and lost ones, grows again */
	uint16_t	      varbinds_frame;	/* of this plan: what fits a frame */
	uint16_t	      walk_varbinds;	/* the same of a walk's answers, both in one */
	int64_t		      grow_due_ns;
	struct poll	      poll;
	bool		      in_poll, looking, walked, restarted;
	bool		      too_big, lost_big, moved;	/* why it may have to be repeated */
	bool		      too_long;		/* an answer was in fragments */
	const char	     *refusal;		/* word of an error status, or NULL */

	/* state */
	uint8_t		      state;		/* enum target_state told last; 0 = none yet */
	uint8_t		      told_state;	/* what was said of it; 0 = nothing */
	bool		      told_older;	/* that it answers to SNMPv1 only */
	int64_t		      told_wall_ns;
	char		     *told;
	unsigned	      failed;		/* polls without answer in a row */
	int64_t		      since_wall_ns;	/* last answer, or the first attempt */
	struct rate_reading   last;		/* time of the last answer: restarts */
	char		     *trouble;		/* no usable credential: the remedy; else NULL */
	bool		      reread;		/* the credential file may have changed */
	struct device_v3     *v3;		/* NULL: not of SNMPv3 */
};

/** @param env, its members  borrowed for the device's life */
struct device *device_new(struct device_env *env, const struct msg_target *t);
void	device_free(struct device *d);
/** Look at the device at once; if it was asked less than a second ago, or is being asked: as soon as may be. */
void	device_poll_now(struct device *d);
/** A new configuration is in force, which says the same of this device: its credential may have changed. */
void	device_reloaded(struct device *d);
/** The ports to sample, replacing those known before. A poll in flight starts again with them. */
void	device_ports(struct device *d, const struct msg_port *ports, size_t n);

/** The sensors that core has numbered, replacing those known before. @param sensors  by name; taken */
void	device_sensors(struct device *d, struct sensor_numbers *sensors);

bool	device_is(const struct device *d, const struct msg_target *t);	/* made of the same target? */

/* device.c, for the others */
/** The inquiry in progress; made when there is none. */
struct inquiry *device_inquiry(struct device *d);
/** Send its request. done is called from the loop, once, unless the inquiry ends before. */
void	device_ask(struct device *d, bool walk, unsigned tries,
	    void (*done)(void *arg, const struct snmp_answer *answer));
void	device_inquiry_end(struct device *d);	/* safe when there is none */
void	device_polled(struct device *d);	/* the poll is over, all is said */
enum discovery_end { DISCOVERY_DONE, DISCOVERY_UNANSWERED };
void	device_discovered(struct device *d, enum discovery_end end);

/* device_poll.c */
void	plan_build(struct device *d);		/* stops what is in flight */
void	plan_fit(struct device *d);		/* the same with shorter answers; nothing is in flight */
/** Collectors, or what they know, have changed: what is in flight starts again, or the next poll has a new plan. */
void	plan_outdate(struct device *d);
void	plan_free(struct device *d);
void	pdus_send(struct device *d);		/* ends with device_polled() */
void	pdus_stop(struct device *d);
void	small_ask(struct device *d, unsigned tries, void (*done)(void *arg, const struct snmp_answer *answer));

/* device_collectors.c */
/** Choose the collectors; who NULL: it is not known yet what the device is. */
void	device_collectors(struct device *d, const struct found *who);
void	device_collectors_free(struct device *d);

/* discovery.c */
void	discovery_start(struct device *d);	/* ends with device_discovered() */

/* device_v3.c: SNMPv3; all but the first do nothing for other versions */
bool	device_v3_ready(struct device *d);	/* is there a credential worth a try? */
void	device_v3_end(struct device *d);	/* a poll or look has ended */
void	device_v3_free(struct device *d);
const char *device_v3_weak(const struct device *d);	/* what is weak of its protection; empty: nothing */

/* device_state.c */
void	state_answered(struct device *d);		/* a usable answer came */
void	state_restarted(struct device *d, const struct rate_reading *now);
void	state_replaced(struct device *d, const char *old_name);
void	state_flawed(struct device *d, const char *what);	/* it answers, but */
void	state_sound(struct device *d, const char *what);	/* not any more */
void	state_poll_failed(struct device *d);
void	state_again(const struct device *d);		/* who was told has forgotten, or did not hear */

#endif
