/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rrd.h: RRD files below one directory, by relative name ("link/s013-1.rrd"). The only user of librrd is
 * rrd.c.
 *
 * Every call checks the header first (rrd_check.h). Errors come back as a text; the caller, who knows the
 * object, logs.
 */
#ifndef SIMPUL_RRD_H
#define SIMPUL_RRD_H

#include "store/rrd_check.h"

struct rrd_dir;

#define RRD_WHY_MAX  160
#define RRD_ROWS_MAX 60		/* rows per update call */

enum rrd_result {
	RRD_OK,
	RRD_ABSENT,	/* no such file */
	RRD_DAMAGED,	/* the header is not what it must be; do not touch it */
	RRD_FAILED	/* the file is well but the system refused */
};

/** @param fd  the directory; borrowed @return NULL after logging why */
struct rrd_dir *rrd_dir_new(int fd);
void	rrd_dir_free(struct rrd_dir *d);

/** @param why  RRD_WHY_MAX bytes, set unless the result is RRD_OK */
enum rrd_result rrd_file_check(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    struct rrd_facts *facts, char *why);
/**
 * The same, and a copy of what an update will change in the header: facts->live_len bytes at facts->live_at.
 * @param live	RRD_HEAD_MAX bytes
 */
enum rrd_result rrd_file_live(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    struct rrd_facts *facts, uint8_t *live, char *why);
/** Make a file in which nothing is known up to last_s (a whole minute), and look at it. Not synced. */
enum rrd_result rrd_file_create(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    const struct profile *p, int64_t last_s, char *why);

/** One row: what was during the minute that ends at end_s. */
struct rrd_row {
	int64_t	      end_s;
	const double *value;	/* kind->n, NAN = unknown; borrowed */
};
/**
 * Write rows in rising order, at most RRD_ROWS_MAX. Rows at or before the last update are passed over, so a
 * repetition does no harm; minutes left out between rows become unknown.
 * @param last_s in: time of the last update; out: the new one
 */
enum rrd_result rrd_file_update(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    const struct rrd_row *row, size_t n, int64_t *last_s, char *why);
/** Estimate of the bytes that an update with this many rows writes to the disk. */
uint64_t rrd_update_cost(const struct series_kind *kind, const struct profile *p, size_t rows);

/**
 * Read one archive.
 * @param first_s end of the first row; a multiple of step_s
 * @param out	 n x kind->n values, row by row; rows the archive does not have are NAN
 */
enum rrd_result rrd_file_fetch(const struct rrd_dir *d, const char *name, const struct series_kind *kind,
    const char *cf, uint32_t step_s, int64_t first_s, size_t n, double *out, char *why);

/** fdatasync by name. 0 or -1 (errno). */
int	rrd_file_sync(const struct rrd_dir *d, const char *name);

#endif
