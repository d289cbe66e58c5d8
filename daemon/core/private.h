/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * private.h: what only the files of core/ know and touch of struct core.
 *
 *	peers.c		what the others tell, frame by frame
 *	conf.c		rows from check to a new inventory, accepted or refused
 *	objects.c	from one inventory to the next
 *	ports.c		what discovery found; port_links.c: which link it carries; port_questions.c: what only a
 *			person can say of it; sensors.c: the same for sensors; neighbours.c: who is at
 *			the other end
 *	plan.c		numbers, and what the others are told: SERIES_PLAN, PLAN, BROKER_PLAN
 *	traps.c		what devices have said by traps; traffic.c: what has passed of each site
 *	recorder.c	recordings of the flight recorder; ways.c: over which routers packets go to each line
 *	samples.c	samples on their way in; probe.c: probes asked for; discover.c: addresses asked;
 *			trial.c: profiles tried; services.c: results of services
 *	capacity.c	what rates say of the capacity of lines
 *	load.c		what the ledger remembers of the time before
 *	turn.c		the turn: review what is due, write it in one transaction, then let it out
 *	commit.c	that transaction; its parts: incidents.c, states.c
 *
 * What is decided between a sample and that transaction is alert/'s work.
 */
#ifndef SIMPUL_CORE_PRIVATE_H
#define SIMPUL_CORE_PRIVATE_H

#include "live/core.h"
#include "sample/sample.h"

#define CORE_RETRY_NS	NS_PER_S		/* the next turn after one that could not be written */
#define CORE_SWEEP_NS	(5 * NS_PER_S)		/* how often gaps are looked for */
#define CORE_ALIVE_NS	(60 * NS_PER_S)		/* how often the ledger is told that results arrive */

struct discovery;
struct grave;
struct core_recording;
struct core_trial;
struct loader;
struct store_request;
struct topic;

struct orphan {				/* an incident whose root left while the engine was away: closed */
	struct ledger_incident row;	/* its evidence is owned */
	struct orphan	      *next;
};

struct core_private {
	struct loop_timer    sweep, replan;
	struct topic	    *empty, **empty_end;
	struct orphan	    *orphans;	/* rows to be written */
	struct topic	    *forget;	/* refs of objects whose ledger rows are to go */
	struct grave	    *graves;	/* what left the inventory, until nothing points to it */
	struct loader	    *loader;
	struct store_request *requests;
	struct discovery    *discoveries;
	struct core_trial   *trials;
	struct link_list     capacity;	/* capacity.c: lines whose state is to be written */
	struct core_recording *recordings;	/* under way, or to be written */
	struct sample_batch  facts;	/* for store */
	uint64_t	     facts_given, facts_durable;	/* frames of them: to this store; in its journal */
	struct map	    *remembered;	/* ledger rows not claimed yet: ref to struct ledger_object */
	struct map	    *bound;	/* port_links.c: link id to struct port_bound; NULL = not read yet */
	uint32_t	     next_token, generation;
	int64_t		     trim_ns;	/* monotonic: old events are deleted then */
	int64_t		     alive_ns;	/* monotonic: the ledger is told again then */
	int64_t		     alive_wall_ns;	/* when it was last told so before this start; 0 = never */
	bool		     plan_wanted;	/* ports.c: measure is to be told of what changed */
	bool		     sensors_unsaved;	/* some have no number yet */
	bool		     ways_unsaved;	/* some links have another way than their rows */
	bool		     loaded;	/* the first configuration has been applied */
	uint64_t	     core_restarts;	/* as the parent counts them */
	void		   (*on_events)(void *arg);	/* who wants to know of commits with events */
	void		    *on_events_arg;
};

#endif
