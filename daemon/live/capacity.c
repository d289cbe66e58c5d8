/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capacity.c: see capacity.h. */
#include "live/capacity.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define FORM	1
#define DAY_S	86400
#define BUSY	0.5	/* of the contract, or of the top of the day: then a direction may be what delays */
#define RATE_MAX 1e13	/* bit/s: what is written beyond it is damaged */

int32_t
capacity_today(int64_t wall_ns)
{
	time_t	  t = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return 0;
	tm.tm_isdst = 0;
	return (int32_t)(timegm(&tm) / DAY_S);
}

/* ---- days ---- */

static void
day_add(struct capacity *c, size_t way, const struct plateau_day *d)
{
	struct plateau_day *list = c->day[way];
	size_t		    old = 0;

	while (old < c->ndays[way] && (list[old].day <= d->day - PLATEAU_DAYS || c->ndays[way] - old == PLATEAU_DAYS))
		old++;
	c->ndays[way] -= old;
	memmove(list, list + old, c->ndays[way] * sizeof(*list));
	list[c->ndays[way]++] = *d;
}

static void
day_end(struct capacity *c, const double contract_bps[CAPACITY_WAYS])
{
	struct plateau_day d;
	size_t		   way;

	for (way = 0; way < CAPACITY_WAYS; way++)
		if (plateau_end_day(&c->track[way], contract_bps[way], &d)) {
			d.day = c->today;
			day_add(c, way, &d);
		}
}

/* How full a direction is, by its contract, else by the top of its own day. NAN: there is neither. */
static double
load_of(const struct capacity *c, size_t way, double bps, const double contract_bps[CAPACITY_WAYS])
{
	if (contract_bps[way] > 0)
		return bps / contract_bps[way];
	return c->track[way].ceiling_bps > 0 ? bps / c->track[way].ceiling_bps : NAN;
}

/*
 * A round trip does not tell in which direction it was held up: beside a full download the confirmations of
 * the upload run at a steady rate, too. So of two directions the fuller one has the delay and the loss; while
 * both are light, each has.
 */
static bool
has_the_delay(const struct capacity *c, size_t way, const double bps[CAPACITY_WAYS],
    const double contract_bps[CAPACITY_WAYS])
{
	double own = load_of(c, way, bps[way], contract_bps), other = load_of(c, 1 - way, bps[1 - way], contract_bps);

	if (isnan(own) || isnan(other))
		return !(bps[1 - way] > bps[way] && other > BUSY);
	return other < BUSY || own >= other;
}

bool
capacity_rates(struct capacity *c, const double bps[CAPACITY_WAYS], double seconds, double rtt_s, double loss_ratio, int32_t today,
    const double contract_bps[CAPACITY_WAYS])
{
	bool   ended = c->today != 0 && today > c->today;
	size_t way;

	if (ended)
		day_end(c, contract_bps);
	if (c->today == 0 || today > c->today)	/* a clock that is set back lengthens the day */
		c->today = today;
	for (way = 0; way < CAPACITY_WAYS; way++) {
		bool delay = has_the_delay(c, way, bps, contract_bps);

		plateau_add(&c->track[way], bps[way], seconds, delay ? rtt_s : NAN, delay ? loss_ratio : NAN);
	}
	if (ended)
		capacity_judge(c, contract_bps);
	return ended;
}

void
capacity_judge(struct capacity *c, const double contract_bps[CAPACITY_WAYS])
{
	struct plateau_day all[PLATEAU_DAYS + 1];
	size_t		   way, n;

	for (way = 0; way < CAPACITY_WAYS; way++) {
		n = c->ndays[way];
		memcpy(all, c->day[way], n * sizeof(all[0]));
		if (plateau_so_far(&c->track[way], contract_bps[way], &all[n]))
			all[n++].day = c->today;
		c->verdict[way] = plateau_judge(all, n);
	}
}

/* ---- as bytes ---- */

static void
hist_write(const struct plateau_hist *h, struct buf *out)
{
	size_t i;

	buf_f32le(out, h->low_bps);
	for (i = 0; i < PLATEAU_BINS; i++)
		buf_u16le(out, h->tens[i]);
	for (i = 0; i < PLATEAU_PARTS; i++) {
		buf_f32le(out, h->part[i].s);
		buf_f32le(out, h->part[i].rtt_s);
		buf_f32le(out, h->part[i].loss);
	}
}

static void
track_write(const struct plateau_track *t, struct buf *out)
{
	hist_write(&t->day, out);
	hist_write(&t->tail, out);
	buf_f32le(out, t->ceiling_bps);
	buf_f32le(out, t->unread_s);
	buf_f32le(out, t->base_rtt_s);
	buf_f32le(out, t->base_loss);
	buf_u8(out, t->has_base);
}

void
capacity_write(const struct capacity *c, struct buf *out)
{
	size_t way, i;

	buf_u8(out, FORM);
	buf_u32le(out, (uint32_t)c->today);
	for (way = 0; way < CAPACITY_WAYS; way++) {
		track_write(&c->track[way], out);
		buf_u8(out, (uint8_t)c->ndays[way]);
		for (i = 0; i < c->ndays[way]; i++) {
			const struct plateau_day *d = &c->day[way][i];

			buf_u32le(out, (uint32_t)d->day);
			buf_f32le(out, d->ceiling_bps);
			buf_f32le(out, d->after_bps);
			buf_u8(out, d->evidence);
		}
	}
}

/* A number that was written by us is finite, not below 0, and not beyond reason. */
static float
part_read(struct cursor *at, double max)
{
	float v = cursor_f32le(at);

	if (!(v >= 0 && v <= max))
		at->bad = true;
	return at->bad ? 0 : v;
}

static void
hist_read(struct plateau_hist *h, struct cursor *at)
{
	size_t i;

	h->low_bps = part_read(at, RATE_MAX);
	for (i = 0; i < PLATEAU_BINS; i++)
		h->tens[i] = cursor_u16le(at);
	for (i = 0; i < PLATEAU_PARTS; i++)
		h->part[i] = (struct plateau_part){ part_read(at, 1e7), part_read(at, 1e9), part_read(at, 1e7) };
}

static void
track_read(struct plateau_track *t, struct cursor *at)
{
	hist_read(&t->day, at);
	hist_read(&t->tail, at);
	t->ceiling_bps = part_read(at, RATE_MAX);
	t->unread_s = part_read(at, 1e7);
	t->base_rtt_s = part_read(at, 1e3);
	t->base_loss = part_read(at, 1);
	t->has_base = cursor_u8(at) != 0;
}

static void
days_read(struct capacity *c, size_t way, struct cursor *at)
{
	size_t i, n = cursor_u8(at);

	if (n > PLATEAU_DAYS)
		at->bad = true;
	for (i = 0; i < n && !at->bad; i++) {
		struct plateau_day *d = &c->day[way][i];

		d->day = (int32_t)cursor_u32le(at);
		d->ceiling_bps = part_read(at, RATE_MAX);
		d->after_bps = part_read(at, RATE_MAX);
		d->evidence = cursor_u8(at);
	}
	c->ndays[way] = n;
}

int
capacity_read(struct capacity *c, const void *data, size_t len)
{
	struct cursor at = cursor_of(data, len);
	size_t	      way;

	*c = (struct capacity){ 0 };
	if (cursor_u8(&at) != FORM)
		at.bad = true;
	c->today = (int32_t)cursor_u32le(&at);
	for (way = 0; way < CAPACITY_WAYS && !at.bad; way++) {
		track_read(&c->track[way], &at);
		days_read(c, way, &at);
	}
	if (cursor_is_done(&at))
		return 0;
	*c = (struct capacity){ 0 };
	return -1;
}
