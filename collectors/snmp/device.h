/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.h: one polled device: a small state machine on the loop's timers.
 *
 *	tick	silent for 3 polls: sysUpTime alone, and no more until it answers; a walk wanted: discovery
 *	poll	all PDUs at once
 *	judge	tooBig, or big PDUs lost but a small request answered: halve and poll again;
 *		another port under an ifIndex: discovery and poll again
 *	end	samples and state; restarted, or an hour is over: discovery
 *
 * Beside the polls of the schedule there are looks (device_poll_now()): polls that read states only, move
 * nothing of the schedule and say nothing when they fail.
 *
 * device.c polls, discovery.c walks, device_state.c tells core what became of it (edges only).
 */
#ifndef SIMPUL_SNMP_DEVICE_H
#define SIMPUL_SNMP_DEVICE_H

#include "collectors/collector.h"
#include "collectors/snmp/walk.h"
#include "collectors/snmp/wire.h"

#define VARBINDS_MAX	  57		/* of one PDU: its answer fits one Ethernet frame */
#define POLLS_SILENT	  3		/* unanswered polls until the device is called silent */
#define COLLECTORS_MAX	  64		/* of one device */
#define WALK_TIME_MAX_NS  (60 * NS_PER_S)
#define WALK_EVERY_NS	  (3600 * NS_PER_S)
#define WALK_RETRY_NS	  (600 * NS_PER_S)	/* after a start (tables fill late) or a failure */

enum device_counter {
	DEVICE_POLLS, DEVICE_LOOKS, DEVICE_OVERRUNS, DEVICE_WALKS, DEVICE_WALK_FAILURES, DEVICE_TOO_BIG, DEVICE_REFUSED,
	DEVICE_RESTARTS, DEVICE_MOVED, DEVICE_COUNTERS
};

struct device_env {			/* what the devices of an engine share */
	struct loop	  *loop;
	struct wheel	  *wheel;	/* of all timers here; its tick is WIRE_TICK_NS */
	struct snmp_wire  *wire;
	int		   secrets_fd;
	bool		   public_community;
	const struct sink *sink;
	uint64_t	   counter[DEVICE_COUNTERS];
};

struct plan_row {
	uint8_t	 collector;		/* place in the device's list */
	uint8_t	 nindex;
	uint32_t index_at;		/* its arcs in poll_plan.arc */
	uint32_t tag, columns;
};

struct poll_plan {
	uint8_t		 collector;	/* whose plan() is at it */
	struct plan_row *row;
	size_t		 n, size;
	uint32_t	*arc;		/* of all indexes */
	size_t		 narcs, arcs_size;
};

struct pdu {				/* one GET of a poll */
	struct device	    *device;
	struct snmp_exchange x;
	size_t		     first, n;	/* its rows of the plan */
};

enum device_doing { DEVICE_IDLE, DEVICE_ASKING, DEVICE_WALKING, DEVICE_POLLING };

struct device {
	struct device_env    *env;
	struct msg_target     target;
	struct snmp_peer      peer;
	struct collector     *collector;	/* in the order in which they are walked */
	unsigned	      ncollectors;
	struct wheel_timer    timer;	/* next poll */
	struct wheel_timer    look;	/* next look beside the schedule */
	int64_t		      interval_ns, phase_ns;
	int64_t		      next_ns;	/* when the next poll is due */
	int64_t		      begun_ns;	/* the last poll or look */
	bool		      poll_due, look_due;	/* after the poll or look at hand */
	enum device_doing     doing;
	struct snmp_exchange  x;	/* walk, or sysUpTime alone */

	/* discovery */
	struct walk	     *walk;
	unsigned	      walk_step;	/* 0: identity; then the collectors */
	unsigned	      walk_repetitions;
	size_t		      walk_varbinds;
	int64_t		      walk_started_ns, walk_due_ns;
	bool		      walk_wanted, walk_failed, discovered, has_boots;
	char		      name[128];	/* sysName */
	uint64_t	      kind, hardware;	/* hashes of sysObjectID and of the MACs; 0 = unknown */
	struct {			/* of the walk in progress; what it is is known before the collectors' walks */
		char	 name[128];
		uint8_t	 object_id[SNMP_ARCS_MAX];	/* sysObjectID, BER content */
		size_t	 object_id_len;
		uint64_t kind;
		bool	 has_boots;
	} found;

	/* the poll in progress */
	struct poll_plan      plan;
	struct pdu	     *pdu;
	size_t		      npdu, pdus_open, varbinds_max;
	struct poll	      poll;
	bool		      in_poll, looking, walked, restarted;
	bool		      too_big, lost_big, moved;	/* why it may have to be repeated */
	const char	     *refusal;		/* word of an error status, or NULL */

	/* state */
	uint8_t		      state;		/* enum target_state told last; 0 = none yet */
	struct msg_target_state told;		/* what was said of it */
	unsigned	      failed;		/* polls without answer in a row */
	int64_t		      since_wall_ns;	/* last answer, or the first attempt */
	struct rate_reading   last;		/* time of the last answer: restarts */
	char		      trouble[200];	/* no usable credential: the remedy; else empty */
};

/** @param env, its members  borrowed for the device's life */
struct device *device_new(struct device_env *env, const struct msg_target *t);
void	device_free(struct device *d);
/** Look at the device at once; if it was asked less than a second ago, or is being asked: as soon as may be. */
void	device_poll_now(struct device *d);
/** The ports to sample, replacing those known before. A poll in flight starts again with them. */
void	device_ports(struct device *d, const struct msg_port *ports, size_t n);

/* device_collectors.c */
/** Choose the collectors: at first those that every device has, and again once it is known what it is (d->found). */
void	device_collectors(struct device *d);
void	device_collectors_free(struct device *d);

/* discovery.c */
void	discovery_start(struct device *d);	/* ends with device_discovered() */
void	discovery_stop(struct device *d);

/* device.c, for discovery.c */
enum discovery_end { DISCOVERY_DONE, DISCOVERY_UNANSWERED };
void	device_discovered(struct device *d, enum discovery_end end);

/* device_state.c */
void	state_answered(struct device *d);		/* a usable answer came */
void	state_restarted(struct device *d, const struct rate_reading *now);
void	state_replaced(struct device *d, const char *old_name);
void	state_poll_failed(struct device *d);
void	state_again(const struct device *d);		/* who was told has forgotten, or did not hear */

#endif
