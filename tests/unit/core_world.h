/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_world.h: core alone on a virtual loop, with everybody else played by the test.
 *
 * A small town: node-1 is the gateway, node-2 and node-3 hang on it, node-3 by a second line of its own, too;
 * offices on those. The played measure gives every line a round per second, cut or not as the test says, each
 * line later than the truth by a lag of its own, so that the order in which core finds dead lines is the
 * test's choice. PROBE_NOW is answered with the truth. The played broker keeps what was published.
 */
#ifndef SIMPUL_CORE_WORLD_H
#define SIMPUL_CORE_WORLD_H

#include "live/core.h"
#include "proc/check.h"
#include "proc/proc.h"
#include "sample/sample.h"
#include "tests/unit/heard.h"

struct json_t;

struct world_line {
	const struct link *link;
	bool	 cut;			/* by itself; what it passes through counts, too */
	bool	 mute;			/* no results at all: not measured */
	int64_t	 phase_ns, lag_ns;	/* its rounds within the second; how late they tell the truth */
	bool	 was[16];		/* alive in the last seconds, newest first */
};

struct world {
	struct loop	   *loop;
	struct core	   *core;
	struct ipc_channel *parent, *store, *publish, *measure, *apps, *check;
	struct check_input  input[INPUT_KINDS];
	struct check_result now;
	char		    dir[64];		/* "" = ledger in memory */
	struct world_line  *line;
	size_t		    nlines;
	struct loop_timer   tick;
	struct heard	    heard;
	bool		    files_bad, check_dies, check_late;	/* it refuses; tells nothing; is not there yet */
	bool		    broker_holds;	/* takes messages and confirms none */
	unsigned	    targets, ports, series, reloads, items;
	struct msg_target   device;	/* the last that is polled by SNMP */
	unsigned	    profiles, values, sensors;	/* of the last plan */
	struct msg_sensor   sensor;		/* the last that core announced */
	struct check_input  profile;		/* the one file of profiles/; without text there is none */
	struct msg_port	    port;		/* the last that core announced */
	struct msg_port	    planned[16];	/* the first of its last plan: as many as `ports` says */
	unsigned	    polls_asked, probes_asked;
	void		  (*asked)(struct world *w, uint32_t number);	/* PROBE_NOW for what is no line; may be NULL */
	unsigned	    words;		/* TARGET_WORDS of the last plan */
	struct msg_target_words service;	/* ... and the last of them */
	unsigned	    plans;		/* for measure, whole ones */
	struct msg_broker_plan plan;		/* the last for publish */
	char		    reload_error[200];
	char		    text[4096];		/* of world_events() */
	uint64_t	    last_item;
	bool		    item_order_broken;
};

/** @param on_disk  the ledger is a file, so that world_restart() finds it again */
struct world *world_new(uint64_t seed, bool on_disk);
void	world_free(struct world *w);
void	world_run(struct world *w, double seconds);
/** Let all lines come up, then forget the events of the start. */
void	world_settle(struct world *w);
/** Core ends without a word (its last commit counts) and starts again. */
void	world_restart(struct world *w);
/** Measure ends without a word and starts again; core goes on. */
void	world_measure_restart(struct world *w);

void	world_cut(struct world *w, const char *link_or_site, bool cut);
/** The truth: does it answer, all the way? */
bool	world_is_alive(const struct world *w, const struct link *l);
bool	world_site_is_alive(const struct world *w, const struct site *s);
struct world_line *world_line(struct world *w, const char *id);
/** Every line finds out at a time of its own, up to max_s late, at a phase of its own. */
void	world_shuffle(struct world *w, uint64_t seed, double max_s);
/** Minutes of this loss on a line, now. */
void	world_loss(struct world *w, const char *link, double loss_ratio);
/** A poll of the port that carries a line: errors per second received, none sent. NAN: not known. */
void	world_errors(struct world *w, const char *link, double rx_errors_ps);

/** Drop (row NULL) or replace the row of an inventory table; without the end of its line. */
void	world_row(struct world *w, enum input_kind what, const char *id, const char *row);
/** Reload as an operator would. */
void	world_reload(struct world *w, bool allow_removal);

/** All events since the last call, "kind subject; ...", then forgotten. Borrowed until the next call. */
const char *world_events(struct world *w);
const char *world_faults(struct world *w);	/* the same without the engine's own events */
/** `data` of a retained document, borrowed; NULL when there is none (or it was emptied). */
struct json_t *world_doc(const struct world *w, const char *topic);
const char *world_state(const struct world *w, const char *ref);
int64_t world_rev(const struct world *w, const char *ref);
size_t	world_retained(const struct world *w, const char *prefix);	/* topics that are not empty */

#endif
