/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plateau.c: see plateau.h.
 *
 * The bins of a histogram each reach 2 % further than the one below, so that a burst far above all else leaves the others
 * apart; together they reach down to a 30th of the highest rate; what is below that is light load.
 */
#include "rules/plateau.h"

#include <math.h>
#include <string.h>

#define BIN_RATIO	 1.02
#define PART_BINS	 (PLATEAU_BINS / PLATEAU_PARTS)
#define TEN_S		 10.0
#define NEAR		 0.05	/* a plateau is what lies within this part of its rate */
#define HELD_MIN_S	 600	/* ... for at least as long */
#define ABOVE_MAX	 0.20	/* ... with at most this part of that time above it: bursts, late counters */
#define BELOW_WIDTH	 0.10	/* ... and in the band below of this width, as wide as its own, ... */
#define BELOW_MAX	 (1 / 3.0)	/* ... at most this part: load that is not held up thins out, or swings */
#define LIGHT		 0.5	/* of the ceiling: below that nothing is held up */
#define PROVEN_S	 300	/* of known delay and loss on either side, to compare them */
#define RTT_MORE_S	 0.005
#define RTT_MORE	 0.30
#define LOSS_MORE	 0.01
#define CONTRACT_NEAR	 0.10
#define READ_S		 3600	/* between two looks at the ceiling of the day so far */
#define REACHED		 0.90	/* of the ceiling: it is still there */
#define FELL		 0.85	/* of the ceiling: that is less */
#define NEWEST		 7	/* ceilings that make a level */
#define SICK		 0.60	/* of what it should be */
#define WELL		 0.90

/* ---- a histogram ---- */

static double
edge_of(const struct plateau_hist *h, size_t bin)
{
	return h->low_bps * pow(BIN_RATIO, (double)bin);
}

/* Make room above: the lowest part's bins become one with the lowest bin of the next. */
static void
hist_raise(struct plateau_hist *h)
{
	unsigned sum = 0;
	size_t	 i;

	for (i = 0; i <= PART_BINS; i++)
		sum += h->tens[i];
	memmove(h->tens, &h->tens[PART_BINS], sizeof(h->tens) - PART_BINS * sizeof(h->tens[0]));
	memset(&h->tens[PLATEAU_BINS - PART_BINS], 0, PART_BINS * sizeof(h->tens[0]));
	h->tens[0] = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
	h->part[1] = (struct plateau_part){ h->part[0].s + h->part[1].s, h->part[0].rtt_s + h->part[1].rtt_s,
		h->part[0].loss + h->part[1].loss };
	memmove(h->part, &h->part[1], sizeof(h->part) - sizeof(h->part[0]));
	h->part[PLATEAU_PARTS - 1] = (struct plateau_part){ 0 };
	h->low_bps = (float)edge_of(h, PART_BINS);
}

/* The lowest bin has all that is below it, too. */
static size_t
bin_of(struct plateau_hist *h, double bps)
{
	if (h->low_bps == 0 && bps > 0)
		h->low_bps = (float)(bps / pow(BIN_RATIO, PLATEAU_BINS - PART_BINS));
	if (bps <= h->low_bps)
		return 0;
	while (bps >= edge_of(h, PLATEAU_BINS))
		hist_raise(h);
	return (size_t)(log(bps / h->low_bps) / log(BIN_RATIO));
}

static void
hist_add(struct plateau_hist *h, double bps, double seconds, double rtt_s, double loss_ratio)
{
	unsigned tens = (unsigned)(seconds / TEN_S + 0.5);
	size_t	 bin = bin_of(h, bps);

	if (bin >= PLATEAU_BINS)	/* by the rounding of the logarithm */
		bin = PLATEAU_BINS - 1;
	tens += h->tens[bin] + (tens == 0);
	h->tens[bin] = (uint16_t)(tens < UINT16_MAX ? tens : UINT16_MAX);
	if (isfinite(rtt_s) && isfinite(loss_ratio)) {
		struct plateau_part *p = &h->part[bin / PART_BINS];

		p->s += (float)seconds;
		p->rtt_s += (float)(seconds * rtt_s);
		p->loss += (float)(seconds * loss_ratio);
	}
}

/* The upper edge of what has been seen. */
static double
hist_top(const struct plateau_hist *h)
{
	size_t n = PLATEAU_BINS;

	while (n > 0 && h->tens[n - 1] == 0)
		n--;
	return n > 0 ? edge_of(h, n) : 0;
}

/* Time at rates from..to, s, and their mean. */
static double
hist_between(const struct plateau_hist *h, double from_bps, double to_bps, double *mean_bps)
{
	double sum = 0, weighted = 0, at = edge_of(h, 0) * sqrt(BIN_RATIO);
	size_t i;

	for (i = 0; i < PLATEAU_BINS; i++, at *= BIN_RATIO) {
		if (at < from_bps || at >= to_bps)
			continue;
		sum += h->tens[i];
		weighted += h->tens[i] * at;
	}
	if (mean_bps != NULL)
		*mean_bps = sum > 0 ? weighted / sum : 0;
	return sum * TEN_S;
}

/* Does much time lie at this rate, little above it, and little just below? @return that time, or 0 */
static double
held_at(const struct plateau_hist *h, double bps, double *mean_bps)
{
	double held = hist_between(h, bps * (1 - NEAR), bps * (1 + NEAR), mean_bps);

	if (held < HELD_MIN_S || hist_between(h, bps * (1 + NEAR), INFINITY, NULL) > ABOVE_MAX * held ||
	    hist_between(h, bps * (1 - NEAR - BELOW_WIDTH), bps * (1 - NEAR), NULL) > BELOW_MAX * held)
		return 0;
	return held;
}

/* The rate at which most time lies of those that may be a ceiling. 0: none may */
static double
hist_ceiling(const struct plateau_hist *h)
{
	double best = 0, ceiling = 0, held, mean;
	size_t i;

	for (i = PLATEAU_BINS; i-- > 1;) {
		if (h->tens[i] == 0)
			continue;
		held = held_at(h, edge_of(h, i) * sqrt(BIN_RATIO), &mean);
		if (held > best) {
			best = held;
			ceiling = mean;
		}
	}
	return ceiling;
}

/* ---- evidence ---- */

static bool
mean_of(const struct plateau_part *sum, double *rtt_s, double *loss)
{
	if (sum->s < PROVEN_S)
		return false;
	*rtt_s = sum->rtt_s / sum->s;
	*loss = sum->loss / sum->s;
	return true;
}

/* Mean delay and loss of the parts from..to that lie wholly within these rates, or only touch them. @return false: too little is known */
static bool
parts_mean(const struct plateau_hist *h, double from_bps, double to_bps, bool wholly, double *rtt_s, double *loss)
{
	struct plateau_part sum = { 0 };
	double		    begin, end;
	size_t		    i;

	for (i = 0; i < PLATEAU_PARTS; i++) {
		begin = i > 0 ? edge_of(h, i * PART_BINS) : 0;
		end = edge_of(h, (i + 1) * PART_BINS);
		if (wholly ? begin < from_bps || end > to_bps : end <= from_bps || begin >= to_bps)
			continue;
		sum.s += h->part[i].s;
		sum.rtt_s += h->part[i].rtt_s;
		sum.loss += h->part[i].loss;
	}
	return mean_of(&sum, rtt_s, loss);
}

/* At rates at which nothing is held up, of this day or else of the last one that had such. */
static bool
light_load(const struct plateau_track *t, double ceiling_bps, double *rtt_s, double *loss)
{
	if (parts_mean(&t->day, 0, ceiling_bps * LIGHT, true, rtt_s, loss))
		return true;
	*rtt_s = t->base_rtt_s;
	*loss = t->base_loss;
	return t->has_base;
}

static uint8_t
evidence_of(const struct plateau_track *t, const struct plateau_hist *h, double ceiling_bps, double contract_bps)
{
	double	rtt_s, loss, light_rtt_s, light_loss;
	uint8_t found = 0;

	if (contract_bps > 0 && fabs(ceiling_bps / contract_bps - 1) <= CONTRACT_NEAR)
		found |= PLATEAU_BY_CONTRACT;
	if (!parts_mean(h, ceiling_bps * (1 - NEAR), ceiling_bps * (1 + NEAR), false, &rtt_s, &loss) ||
	    !light_load(t, ceiling_bps, &light_rtt_s, &light_loss))
		return found;
	if (rtt_s - light_rtt_s >= RTT_MORE_S && rtt_s >= light_rtt_s * (1 + RTT_MORE))
		found |= PLATEAU_BY_RTT;
	if (loss - light_loss >= LOSS_MORE)
		found |= PLATEAU_BY_LOSS;
	return found;
}

/* ---- a day ---- */

static void
ceiling_look(struct plateau_track *t)
{
	t->unread_s = 0;
	t->ceiling_bps = (float)hist_ceiling(&t->day);
	if (t->ceiling_bps > 0 && hist_top(&t->tail) > t->ceiling_bps * REACHED)
		t->tail = (struct plateau_hist){ 0 };
}

void
plateau_add(struct plateau_track *t, double bps, double seconds, double rtt_s, double loss_ratio)
{
	if (!(bps >= 0) || !(seconds > 0))
		return;
	hist_add(&t->day, bps, seconds, rtt_s, loss_ratio);
	if (t->ceiling_bps > 0 && bps > t->ceiling_bps * REACHED)
		t->tail = (struct plateau_hist){ 0 };
	else
		hist_add(&t->tail, bps, seconds, rtt_s, loss_ratio);
	t->unread_s += (float)seconds;
	if (t->unread_s >= READ_S)
		ceiling_look(t);
}

bool
plateau_so_far(const struct plateau_track *t, double contract_bps, struct plateau_day *out)
{
	double ceiling = hist_ceiling(&t->day), after = hist_ceiling(&t->tail);

	*out = (struct plateau_day){ 0 };
	if (ceiling == 0 || (out->evidence = evidence_of(t, &t->day, ceiling, contract_bps)) == 0)
		return false;
	out->ceiling_bps = (float)ceiling;
	if (after > 0 && after < ceiling * FELL && (evidence_of(t, &t->tail, after, NAN)) != 0)
		out->after_bps = (float)after;
	return true;
}

bool
plateau_end_day(struct plateau_track *t, double contract_bps, struct plateau_day *out)
{
	struct plateau_track next = { .base_rtt_s = t->base_rtt_s, .base_loss = t->base_loss, .has_base = t->has_base };
	bool		     found = plateau_so_far(t, contract_bps, out);
	double		     rtt_s, loss;

	if (light_load(t, found ? out->ceiling_bps : hist_top(&t->day), &rtt_s, &loss)) {
		next.base_rtt_s = (float)rtt_s;
		next.base_loss = (float)loss;
		next.has_base = true;
	}
	*t = next;
	return found;
}

/* ---- weeks ---- */

struct level {			/* the newest ceilings that are about the same */
	double	v[NEWEST];
	size_t	n;
	int32_t first_day, last_day;
};

static void
level_add(struct level *l, double bps, int32_t day)
{
	if (l->n == 0)
		l->first_day = day;
	if (l->n == NEWEST)
		memmove(l->v, l->v + 1, (NEWEST - 1) * sizeof(l->v[0]));
	else
		l->n++;
	l->v[l->n - 1] = bps;
	l->last_day = day;
}

static double
level_median(const struct level *l)
{
	double v[NEWEST], swap;
	size_t i, k;

	if (l->n == 0)
		return NAN;
	memcpy(v, l->v, l->n * sizeof(v[0]));
	for (i = 1; i < l->n; i++)
		for (k = i; k > 0 && v[k - 1] > v[k]; k--) {
			swap = v[k];
			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
	return l->n % 2 == 1 ? v[l->n / 2] : (v[l->n / 2 - 1] + v[l->n / 2]) / 2;
}

struct judging {
	struct level now;	/* the present level */
	struct level less;	/* ceilings below it that may become the next: one day alone may be a bad day */
	double	     usual_bps;
	int32_t	     fell_day, back_day;
};

/* What was reached once can be reached: a higher ceiling counts at once. */
static void
judge_one(struct judging *j, double bps, int32_t day)
{
	double now = level_median(&j->now);

	if (j->now.n > 0 && bps < now * FELL) {
		level_add(&j->less, bps, day);
		if (j->less.first_day == j->less.last_day)
			return;
		if (j->fell_day == 0 || j->back_day != 0)
			j->usual_bps = now;
		j->fell_day = j->less.first_day;
		j->back_day = 0;
		j->now = j->less;
		j->less.n = 0;
		return;
	}
	j->less.n = 0;
	if (j->now.n > 0 && bps > now / FELL) {
		if (j->fell_day != 0 && j->back_day == 0 && bps >= j->usual_bps * REACHED)
			j->back_day = day;
		j->now.n = 0;
	}
	level_add(&j->now, bps, day);
}

struct plateau_verdict
plateau_judge(const struct plateau_day *day, size_t n)
{
	struct judging	       j = { .usual_bps = NAN };
	struct plateau_verdict v = { .days = (unsigned)n };
	size_t		       i;

	for (i = 0; i < n; i++) {
		judge_one(&j, day[i].ceiling_bps, day[i].day);
		if (day[i].after_bps > 0)
			judge_one(&j, day[i].after_bps, day[i].day);
		v.last_day = day[i].day;
	}
	v.delivered_bps = level_median(&j.now);
	v.usual_bps = j.usual_bps;
	v.fell_day = j.fell_day;
	v.back_day = j.back_day;
	return v;
}

bool
plateau_is_reduced(const struct plateau_verdict *v)
{
	return v->fell_day != 0 && v->back_day == 0;
}

static double
part_of_due(const struct plateau_verdict *v, double contract_bps)
{
	return v->delivered_bps / (contract_bps > 0 ? contract_bps : plateau_is_reduced(v) ? v->usual_bps : v->delivered_bps);
}

int
plateau_sick_direction(const struct plateau_verdict v[2], const double contract_bps[2])
{
	double part[2] = { part_of_due(&v[0], contract_bps[0]), part_of_due(&v[1], contract_bps[1]) };
	int    i;

	for (i = 0; i < 2; i++)
		if (part[i] < SICK && part[1 - i] >= WELL)
			return i;
	return -1;
}
