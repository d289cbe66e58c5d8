/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rrd_check.c: the header of an RRD file of version 0003, as the structs of rrd_format.h lie in memory on a
 * machine with 64-bit longs and 8-byte alignment of double:
 *
 *	stat_head 128: cookie[4] version[5], float cookie at 16, ds_cnt, rra_cnt, pdp_step, par[10]
 *	ds_def 120 each: name[20] type[20] par[10]; par: heartbeat, min, max
 *	rra_def 120 each: cf[20], row_cnt at 24, pdp_cnt, par[10]; par: xff
 *	live_head 16: last_up, usec
 *	pdp_prep 112 per DS: last_ds[30], scratch[10] at 32; scratch: unknown seconds, value
 *	cdp_prep 80 per RRA and DS: scratch[10]; scratch: value, unknown PDPs, 6 unused, first and next value
 *	rra_ptr 8 per RRA: cur_row
 *	values: 8 bytes x DS x rows of all RRAs
 */
#include "store/rrd_check.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(long) == 8 && _Alignof(double) == 8, "this is the RRD format of LP64 machines");

#define FLOAT_COOKIE 8.642135E130
#define NAME_SIZE    20
#define LAST_DS_SIZE 30
#define TIME_MAX     (1ll << 34)	/* year 2514: beyond it the arithmetic of readers is not tested */

#define REJECT(reason) do { *why = (reason); return -1; } while (0)

/* The file is in the byte order of this machine. */
static uint64_t
native_u64(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 8);
	uint64_t       v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return v;
}

static double
native_double(struct cursor *c)
{
	uint64_t bits = native_u64(c);
	double	 v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* This many unused words, which librrd leaves zero. */
static bool
zeros(struct cursor *c, int n)
{
	uint64_t any = 0;

	while (n-- > 0)
		any |= native_u64(c);
	return any == 0;
}

/* A text field of fixed size that must hold exactly this text and its NUL. */
static bool
field_is(struct cursor *c, size_t size, const char *text)
{
	const uint8_t *p = cursor_bytes(c, size);

	return p != NULL && memcmp(p, text, strlen(text) + 1) == 0;
}

static int
check_stat_head(struct cursor *c, const struct series_kind *kind, uint64_t *nrra, const char **why)
{
	if (!field_is(c, 4, "RRD"))
		REJECT("cookie");
	if (!field_is(c, 5, "0003"))
		REJECT("version");
	cursor_bytes(c, 7);
	if (native_double(c) != FLOAT_COOKIE)
		REJECT("float cookie");
	if (native_u64(c) != kind->n)
		REJECT("number of data sources");
	*nrra = native_u64(c);
	if (native_u64(c) != PROFILE_STEP_S)
		REJECT("step");
	if (!zeros(c, 10) || c->bad)
		REJECT("unused words");
	return 0;
}

static int
check_ds(struct cursor *c, const char *name, const char **why)
{
	if (!field_is(c, NAME_SIZE, name))
		REJECT("name of a data source");
	if (!field_is(c, NAME_SIZE, "GAUGE"))
		REJECT("type of a data source");
	if (native_u64(c) != PROFILE_HEARTBEAT_S)
		REJECT("heartbeat");
	if (!isnan(native_double(c)) || !isnan(native_double(c)))
		REJECT("range of a data source");
	if (!zeros(c, 7))
		REJECT("unused words");
	return 0;
}

/* Do the archive definitions from here on match this profile? */
static bool
rras_match(struct cursor *c, const struct profile *p)
{
	uint8_t i;

	for (i = 0; i < p->nrra; i++) {
		if (!field_is(c, NAME_SIZE, p->rra[i].cf))
			return false;
		cursor_bytes(c, 4);
		if (native_u64(c) != p->rra[i].rows || native_u64(c) != p->rra[i].pdp ||
		    native_double(c) != PROFILE_XFF || !zeros(c, 9))
			return false;
	}
	return !c->bad;
}

static const struct profile *
rras_find(struct cursor *c, uint64_t nrra)
{
	size_t i;

	for (i = 0; i < PROFILES; i++) {
		struct cursor at = *c;

		if (profiles[i].nrra == nrra && rras_match(&at, &profiles[i])) {
			*c = at;
			return &profiles[i];
		}
	}
	return NULL;
}

static int
check_preparation(struct cursor *c, const struct series_kind *kind, const struct profile *p, const char **why)
{
	const uint8_t *last_ds;
	int	       i, ds;

	for (ds = 0; ds < kind->n; ds++) {
		last_ds = cursor_bytes(c, LAST_DS_SIZE);
		if (last_ds == NULL || memchr(last_ds, '\0', LAST_DS_SIZE) == NULL)
			REJECT("last value");
		cursor_bytes(c, 2);
		if (native_u64(c) > PROFILE_STEP_S)
			REJECT("unknown seconds");
		cursor_bytes(c, 8);
		if (!zeros(c, 8))
			REJECT("unused words");
	}
	for (i = 0; i < p->nrra; i++)
		for (ds = 0; ds < kind->n; ds++) {
			cursor_bytes(c, 8);
			if (native_u64(c) > p->rra[i].pdp)
				REJECT("unknown rows");
			if (!zeros(c, 6))
				REJECT("unused words");
			cursor_bytes(c, 2 * 8);
		}
	return 0;
}

static int
check_pointers(struct cursor *c, const struct profile *p, uint64_t *rows, const char **why)
{
	int i;

	*rows = 0;
	for (i = 0; i < p->nrra; i++) {
		if (native_u64(c) >= p->rra[i].rows)
			REJECT("current row");
		*rows += p->rra[i].rows;
	}
	return 0;
}

int
rrd_check(const uint8_t *head, size_t len, uint64_t file_size, const struct series_kind *kind,
    struct rrd_facts *facts, const char **why)
{
	struct cursor c = cursor_of(head, len);
	uint64_t      nrra, rows;
	int	      i;

	if (check_stat_head(&c, kind, &nrra, why) == -1)
		return -1;
	for (i = 0; i < kind->n; i++)
		if (check_ds(&c, kind->values[i], why) == -1)
			return -1;
	facts->profile = rras_find(&c, nrra);
	if (facts->profile == NULL)
		REJECT("archives");
	facts->live_at = (uint32_t)(c.p - head);
	facts->last_s = (int64_t)native_u64(&c);
	if (facts->last_s < 0 || facts->last_s > TIME_MAX || facts->last_s % PROFILE_STEP_S != 0 ||
	    native_u64(&c) != 0)
		REJECT("time of last update");
	if (check_preparation(&c, kind, facts->profile, why) == -1 ||
	    check_pointers(&c, facts->profile, &rows, why) == -1)
		return -1;
	if (c.bad)
		REJECT("short");
	facts->live_len = (uint32_t)(c.p - head) - facts->live_at;
	facts->size = (uint64_t)(c.p - head) + rows * kind->n * 8;
	if (file_size != facts->size)
		REJECT("size");
	return 0;
}
