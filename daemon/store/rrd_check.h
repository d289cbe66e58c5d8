/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rrd_check.h: is this an RRD file of ours? Asked before every open, because librrd 1.7.2 trusts the header
 * and a damaged one makes it corrupt its heap (docs/decisions.md).
 */
#ifndef SIMPUL_RRD_CHECK_H
#define SIMPUL_RRD_CHECK_H

#include "sample/sample.h"
#include "store/profile.h"

struct rrd_facts {
	const struct profile *profile;	/* the archives found in the file; may differ from the one in force */
	int64_t		      last_s;	/* time of its last update, a whole minute */
	uint64_t	      size;
	uint32_t	      live_at, live_len;	/* the part of the header that updates change */
};

#define RRD_HEAD_MAX 16384	/* more than the header of any kind in any profile */

/**
 * A pure function of the header and the size: every definition must be exactly as we make it, every counter
 * and pointer within its bounds.
 * @param head, len first bytes of the file, RRD_HEAD_MAX or as many as it has
 * @return 0, or -1 with *why (a few words, constant)
 */
int	rrd_check(const uint8_t *head, size_t len, uint64_t file_size, const struct series_kind *kind,
	    struct rrd_facts *facts, const char **why);

#endif
