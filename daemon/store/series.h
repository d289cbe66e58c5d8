/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.h: an object that has series: its open minutes, its rows that are not in the file yet, and its file.
 *
 * A series is known from the plan or from the names in the journal, by its number and by its reference
 * "kind/id". One that leaves the plan stays known while the process runs, and its file stays for good.
 */
#ifndef SIMPUL_SERIES_H
#define SIMPUL_SERIES_H

#include "base/map.h"
#include "base/text.h"
#include "sample/sample.h"
#include "store/journal.h"
#include "store/minute.h"
#include "store/profile.h"

#define SERIES_FILE_SIZE (REF_MAX + 24)

enum series_file {
	SERIES_FILE_UNSEEN,	/* could not be looked at yet */
	SERIES_FILE_ABSENT,	/* to be created when planned */
	SERIES_FILE_READY,
	SERIES_FILE_REBUILD	/* lost or damaged: the journal holds what memory does not */
};

struct series_row {
	int64_t	 end_s;
	uint64_t seq;		/* first journal block that gave it something */
	double	 value[];	/* kind->n */
};

struct series {
	uint32_t		  number;	/* 0: its number now means another object */
	char			  ref[REF_MAX];
	const struct series_kind *kind;
	bool			  planned, in_new_plan;

	enum series_file	  file;
	const struct profile	 *profile;	/* of the file, when it is ready */
	int64_t			  written_s;	/* end of the newest row in the file */
	uint8_t			  failures;	/* of its file, one after the other; 0 = none */
	int64_t			  retry_ns;	/* monotonic: put aside until then */
	bool			  in_rebuild;	/* the walk over the journal that runs now is for it, too */
	bool			  new_file;	/* a file under construction holds its first rows */

	struct minutes		 *minutes;
	int64_t			  touched_ns;	/* monotonic: when a sample came last */
	uint8_t			 *rows;		/* nrows entries of row_size(): closed, not in the file */
	uint32_t		  nrows, rows_size;

	struct series		 *phase_next;	/* flush.c: same phase */
	struct series		 *queue_next;	/* flush.c: waits to be written */
	bool			  queued;
};

struct series_table {
	struct map     *by_ref;
	struct nmap    *by_number;
	struct series **list;		/* in order of appearance */
	size_t		n, size;
	uint32_t	rows_max;	/* rows that one series may hold in memory */
	uint64_t	rows;		/* held by all */
	uint64_t	rows_dropped;	/* lost at rows_max */
};

void	series_table_init(struct series_table *t);
void	series_table_fini(struct series_table *t);
struct series *series_find(const struct series_table *t, uint32_t number);
struct series *series_find_ref(const struct series_table *t, const char *ref);	/* "kind/id" */
/**
 * The series of this reference under this number: made, or found and given the number. Whoever had the number
 * loses it.
 * @param is_new	set when the pair was not known as such
 * @return NULL when the reference is none ("kind/id" with a known kind, bytes a-z 0-9 . _ -)
 */
struct series *series_bind(struct series_table *t, uint32_t number, const char *ref, bool *is_new);

/** "link/s013-1.rrd" and what follows it. @return out (SERIES_FILE_SIZE bytes) */
char   *series_file_name(const struct series *s, const char *suffix, char *out);

enum series_taken {
	SERIES_TAKEN,		/* or not meant for files */
	SERIES_LATE,		/* some of it belongs to a minute that is closed */
	SERIES_STRAY,		/* its time cannot be: before clocks are set, or ahead of when it came */
	SERIES_CLOCK_BACK	/* some of it lies before a stored row: the wall clock has gone back */
};
/** Spread a sample over its minutes, after closing those that are over by the time of its block. */
enum series_taken series_take(struct series_table *t, struct series *s, const struct sample *smp,
    const struct journal_place *place);
/** Close the minutes that are over at this wall time. */
void	series_close_minutes(struct series_table *t, struct series *s, int64_t wall_ns);

const struct series_row *series_row(const struct series *s, uint32_t i);
void	series_rows_drop(struct series_table *t, struct series *s, uint32_t n);	/* the first n */
/** Forget open minutes and rows, and begin again behind last_s. */
void	series_reset(struct series_table *t, struct series *s, int64_t last_s);
/** First journal block that a crash now would need for this series; UINT64_MAX when none. */
uint64_t series_needed_seq(const struct series *s);
/** End of its oldest minute that is not in the file; INT64_MAX when there is none. */
int64_t	series_oldest_end(const struct series *s);

#endif
