/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h: the store process as its own files see it; everybody else sees process.h.
 *
 *	store.c		channels, samples in, the second's tick
 *	trouble.c	what is wrong, and files that are put aside
 *	store_plan.c	settings and objects from core
 *	recover.c	from the journal to memory at start, and to single files that were damaged
 *	create.c	new files, slowly
 *	flush.c		rows from memory to files, evenly
 *	undo.c		a way back from an update that was cut off
 *	checkpoint.c	from which place of the journal on memory must be rebuilt
 *	read.c		series out: files merged with memory
 *
 * A sample goes to the journal first and then to the open minutes of its series; closed minutes are rows that
 * wait for their file. All that is not in a synced file can be had again from the journal, from the
 * checkpoint on.
 */
#ifndef SIMPUL_STORE_H
#define SIMPUL_STORE_H

#include "base/log.h"
#include "store/process.h"
#include "store/replay.h"
#include "store/rrd.h"
#include "store/series.h"
#include "store/undo.h"

#define MEASURE_MAX   32
#define FLUSH_JOBS    64
#define FLUSH_S_MAX   7200
#define TEMPLATES_MAX 8

/** What is wrong now; core gets the first of them as STORE_STATE. */
enum trouble {
	TROUBLE_JOURNAL,	/* it cannot be written */
	TROUBLE_UNDO,		/* no RRD file can be written: the way back from it cannot */
	TROUBLE_FILES,		/* single RRD files cannot be read, made or written */
	TROUBLE_DAMAGE,		/* a file was damaged and is being rebuilt */
	TROUBLE_KEEP,		/* the journal holds less than 48 hours */
	TROUBLES
};

struct flush_job {		/* a FLUSH of core that is not answered yet */
	uint32_t	     token;
	uint32_t	     written;
	size_t		     at;	/* next of the series table */
	size_t		     end;
	const struct series *only;	/* NULL: all */
};

struct template {		/* an empty file of a kind, to be copied */
	const struct series_kind *kind;
	const struct profile	 *profile;
	bool			  failed;	/* it could not be made: none of this kind in this round */
	int			  fd;		/* -1 = none */
	int64_t			  last_s;
	uint64_t		  size;
};

struct feed {			/* where samples come from */
	struct ipc_channel *ch;		/* NULL: not there */
	char		    instance[32];	/* of measure */
	uint64_t	    frames;	/* of samples that have come */
	uint64_t	    durable;	/* of them: in the journal for good, or counted as dropped by it */
};

struct store_counters {
	uint64_t samples, late, stray, clock_back, unplanned, malformed;
	uint64_t updates, rows, bytes_written, created, quarantined;
};

struct store {
	struct loop	    *loop;
	bool		     no_disk;
	int		     dir_fd, journal_fd, rrd_fd;
	struct journal	    *journal;
	struct rrd_dir	    *rrd;
	struct undo	     undo;
	struct series_table  series;
	struct store_counters counters;

	struct feed	     core;
	struct feed	     measure[MEASURE_MAX];

	/* plan */
	const struct profile *profile;		/* NULL before the first plan */
	uint32_t	      flush_s_asked, journal_keep_s;
	uint64_t	      journal_max;
	bool		      planned;		/* a whole plan has come */
	bool		      plan_open;	/* between BEGIN and END */
	bool		      plan_grown;	/* series were added to it in this second */

	int64_t		      clock_offset_ns;	/* wall minus monotonic, as measure saw them; 0 = not yet */
	struct log_limit      clock_log;

	/* troubles */
	char		      trouble[TROUBLES][200];
	int64_t		      trouble_sent_ns;
	bool		      state_due;	/* core, or its queue, was not there for the last one */
	size_t		      files_troubled;	/* series with failures */
	struct log_limit      file_log;

	struct loop_timer     second, counters_timer;
	int64_t		      swept_minute;	/* the last one whose end was looked after */
	uint64_t	      durable_sent;

	/* recover.c */
	struct replay	     *replay;		/* NULL: memory is complete */
	struct nmap	     *walk_names;	/* what numbers mean at this place of the journal: series */
	bool		      rebuilding;	/* the walk is for single files, not for all of memory */
	size_t		      rebuilds;		/* files that it is for, still */
	size_t		      rebuilt_next;	/* next of the series table to take its place */
	unsigned	      rebuilt_made;	/* files begun in this turn */
	uint64_t	      checkpoint;	/* blocks from here on are needed */
	bool		      undone;		/* updates were undone at start: write their rows soon */
	struct loop_timer     replay_timer;

	/* create.c */
	struct template	      template[TEMPLATES_MAX];
	struct series	     *creating;
	int		      create_fd;
	uint64_t	      create_at;
	size_t		      create_next;	/* next of the series table to look at */
	struct loop_timer     create_timer;

	/* flush.c */
	uint32_t	      flush_s;		/* in force */
	struct series	    **phase;		/* flush_s lists */
	int64_t		      phase_second;	/* monotonic second that was served last */
	struct series	     *queue, **queue_last;
	uint32_t	      queued;
	int64_t		      queue_since_ns;	/* when the queue was empty last */
	struct flush_job      job[FLUSH_JOBS];
	size_t		      njobs;
	int64_t		      checkpoint_due_ns;
	struct loop_timer     flush_timer;
};

/* trouble.c */
void	store_state_send(struct store *st);
void	store_trouble(struct store *st, enum trouble which, const char *fmt, ...) PRINTF_LIKE(3, 4);
void	store_trouble_over(struct store *st, enum trouble which);
/** Its file cannot be read, made or written (why): put aside; over when that succeeds. */
void	store_file_trouble(struct store *st, struct series *s, const char *what, const char *why);
void	store_file_well(struct store *st, struct series *s);
/** Is it too early to try the file again? */
bool	store_file_rests(const struct store *st, const struct series *s);

/* store.c */
/**
 * Commit the journal, unless the walk at start still runs: it must first know the names for the head of a
 * segment.
 */
void	store_commit(struct store *st);
/** Hand a sample to its series, and count what becomes of it. */
void	store_take(struct store *st, struct series *s, const struct sample *smp,
    const struct journal_place *place);

/* store_plan.c */
int	store_plan_message(struct store *st, const struct msg_series_plan *m);	/* 0, or -1: out of order */
void	store_plan_second(struct store *st);	/* see to what was added, after flush_second() */
bool	store_next_name(void *arg, size_t *at, uint32_t *number, const char **ref);

/* recover.c */
void	recover_start(struct store *st);	/* once; memory is complete when st->replay is NULL again */
/** Bring the walk at start to its end, so that what waits for it can be committed. */
void	recover_stop(struct store *st);
/** Memory would soon lose its rows, and it has no file: the journal keeps them until one can be made. */
void	recover_leave(struct store *st, struct series *s);
/** Is this sample left to the walk that runs (or will run) over the journal? */
bool	recover_takes(const struct store *st, const struct series *s);
/** Look at the file of a series that has become known. */
void	recover_look(struct store *st, struct series *s);
/** Put "<name>.rrd.new", which is whole and synced, in its place for good. 0, or -1 (errno) */
int	recover_place(struct store *st, const struct series *s);
/** Its file is damaged (set aside) or gone: have it rebuilt. */
void	recover_file(struct store *st, struct series *s, enum rrd_result why_code, const char *why);
/** Begin to rebuild what waits for it, unless a walk runs already. */
void	recover_rebuild(struct store *st);

/* create.c */
void	create_start(struct store *st);		/* look for files to make */
void	create_stop(struct store *st);

/* flush.c */
void	flush_replan(struct store *st);		/* the number of series or the settings have changed */
void	flush_second(struct store *st);
/** FLUSH of core: all when ref is empty. Answers now or later. */
void	flush_request(struct store *st, uint32_t token, const char *ref);
void	flush_forget_requests(struct store *st);
void	flush_soon(struct store *st);		/* everything, as it comes */
void	flush_all(struct store *st, int64_t until_mono_ns);
void	flush_free(struct store *st);
void	checkpoint_write(struct store *st);
uint64_t checkpoint_read(int dir_fd);		/* 1 when there is none that can be read */

/* read.c */
void	read_request(struct store *st, uint32_t token, const struct msg_series_read *m);

#endif
