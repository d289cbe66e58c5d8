/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * push.h: jobs that report by themselves (services of kind push): what is asked of them, what the last
 * reports said, and what that means. Pure.
 */
#ifndef SIMPUL_LIVE_PUSH_H
#define SIMPUL_LIVE_PUSH_H

#include "base/base.h"

#define PUSH_SIZES      7 /* as many reports as a median is made of */
#define PUSH_STATUS_MAX 32

struct push_terms {       /* "every=24h|late=26h|min_size=90%|max_s=600" */
	int64_t late_ns;  /* without a report for longer it is late */
	double min_ratio; /* of the median size of the last reports; 0: any size will do */
	double max_s;     /* NAN: no limit */
};

struct push_report {
	char status[PUSH_STATUS_MAX]; /* "ok", or what went wrong */
	double size;                  /* octets; NAN: not told */
	double duration_s;            /* NAN: not told */
};

struct push_state {
	int64_t last_ns, good_ns; /* wall: of the last report, and of the last good one; 0: there was none */
	struct push_report last;
	double size[PUSH_SIZES]; /* of the good reports before the last, newest first */
	size_t nsizes;
	bool no_secret; /* it cannot report, and the log says why */
};

/** @return 0, or -1 with what is wrong, for people */
int push_terms_parse(struct push_terms *t, const char *expect, char *why, size_t why_size);
void push_take(struct push_state *p, const struct push_report *r, int64_t wall_ns);
bool push_is_good(const struct push_state *p); /* the last report said ok */
bool push_is_late(const struct push_state *p, const struct push_terms *t, int64_t wall_ns);
/** @param median  out: what the last is compared with; NAN: too few reports */
bool push_is_shrinking(const struct push_state *p, const struct push_terms *t, double *median);

#endif
