/* SPDX-License-Identifier: GPL-3.0-or-later */
/* push.c: see push.h. */
#include "live/push.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probes/expect.h"

#define LATE_RATIO     1.25 /* of `every`, when `late` is not given */
#define MEDIAN_OF      3    /* reports at least, before anything is said of their size */
#define DURATION_MAX_S (400.0 * 86400)

/* "90s", "26h", "7d". @return seconds, or NAN */
static double
duration_of(const char *text)
{
	static const struct {
		char unit;
		double s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char number[16];
	size_t len = strlen(text);
	double v;

	if (len < 2 || len > sizeof(number))
		return NAN;
	memcpy(number, text, len - 1);
	number[len - 1] = '\0';
	for (size_t i = 0; i < nitems(units); i++)
		if (units[i].unit == text[len - 1] && text_to_double(number, &v) == 0 && v > 0 &&
		    v * units[i].s <= DURATION_MAX_S)
			return v * units[i].s;
	return NAN;
}

/* "90%". @return 0.9, or NAN */
static double
ratio_of(const char *text)
{
	char number[16];
	size_t len = strlen(text);
	double v;

	if (len < 2 || len > sizeof(number) || text[len - 1] != '%')
		return NAN;
	memcpy(number, text, len - 1);
	number[len - 1] = '\0';
	return text_to_double(number, &v) == 0 && v > 0 && v <= 100 ? v / 100 : NAN;
}

#define REJECT(...)                                                                                          \
	do {                                                                                                 \
		snprintf(why, why_size, __VA_ARGS__);                                                        \
		return -1;                                                                                   \
	} while (0)

int
push_terms_parse(struct push_terms *t, const char *expect, char *why, size_t why_size)
{
	static const char *const keys[] = {"every=", "late=", "min_size=", "max_s=#", NULL};
	struct expect x;
	const char *every, *late, *size;
	double every_s, late_s;

	*t = (struct push_terms){.max_s = NAN};
	if (expect_parse(&x, expect, keys, why, why_size) == -1)
		return -1;
	every = expect_text(&x, "every");
	late = expect_text(&x, "late");
	size = expect_text(&x, "min_size");
	if (every == NULL)
		REJECT("every= is missing; say how often it reports, such as every=24h");
	if (isnan(every_s = duration_of(every)))
		REJECT("every=%.20s is no time; write it with a unit, as in 30m, 24h or 7d", every);
	late_s = late != NULL ? duration_of(late) : every_s * LATE_RATIO;
	if (isnan(late_s) || late_s < every_s)
		REJECT("late=%.20s must be a time not shorter than every=%.20s, such as 26h",
		    late != NULL ? late : "", every);
	if (size != NULL && isnan(t->min_ratio = ratio_of(size)))
		REJECT("min_size=%.20s is no part of the usual size; write it as in 90%%", size);
	t->late_ns = (int64_t)(late_s * NS_PER_S);
	t->max_s = expect_number(&x, "max_s", NAN);
	return 0;
}

void
push_take(struct push_state *p, const struct push_report *r, int64_t wall_ns)
{
	if (push_is_good(p) && !isnan(p->last.size)) {
		memmove(&p->size[1], &p->size[0], sizeof(p->size) - sizeof(p->size[0]));
		p->size[0] = p->last.size;
		p->nsizes += p->nsizes < PUSH_SIZES;
	}
	p->last = *r;
	p->last_ns = wall_ns;
	if (push_is_good(p))
		p->good_ns = wall_ns;
}

bool
push_is_good(const struct push_state *p)
{
	return p->last_ns != 0 && strcmp(p->last.status, "ok") == 0;
}

bool
push_is_late(const struct push_state *p, const struct push_terms *t, int64_t wall_ns)
{
	return p->last_ns != 0 && wall_ns - p->last_ns > t->late_ns;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bool
push_is_shrinking(const struct push_state *p, const struct push_terms *t, double *median)
{
	double sorted[PUSH_SIZES];

	*median = NAN;
	if (t->min_ratio <= 0 || !push_is_good(p) || isnan(p->last.size) || p->nsizes < MEDIAN_OF)
		return false;
	memcpy(sorted, p->size, sizeof(sorted));
	qsort(sorted, p->nsizes, sizeof(sorted[0]), compare);
	*median = sorted[p->nsizes / 2];
	return p->last.size < t->min_ratio * *median;
}
