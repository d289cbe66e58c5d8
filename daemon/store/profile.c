/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile.c: the three sets of archives. */
#include "store/profile.h"

#include <string.h>

#define DAYS_OF_MIN(n)	((n) * 1440)	/* rows of 1 minute */
#define DAYS_OF_5MIN(n) ((n) * 288)
#define DAYS_OF_HOUR(n) ((n) * 24)
#define YEARS_OF_DAY(n) ((n) * 365)

#define GIB (1ull << 30)

static const struct rra small_rra[] = {
	{ "AVERAGE", 1, DAYS_OF_MIN(2) }, { "AVERAGE", 5, DAYS_OF_5MIN(35) },
	{ "AVERAGE", 60, DAYS_OF_HOUR(400) }, { "AVERAGE", 1440, YEARS_OF_DAY(10) },
	{ "MAX", 60, DAYS_OF_HOUR(400) }, { "MAX", 1440, YEARS_OF_DAY(10) },
	{ "MIN", 60, DAYS_OF_HOUR(400) }, { "MIN", 1440, YEARS_OF_DAY(10) },
};

static const struct rra city_rra[] = {
	{ "AVERAGE", 1, DAYS_OF_MIN(2) }, { "AVERAGE", 5, DAYS_OF_5MIN(100) },
	{ "AVERAGE", 60, DAYS_OF_HOUR(730) }, { "AVERAGE", 1440, YEARS_OF_DAY(10) },
	{ "MAX", 5, DAYS_OF_5MIN(100) }, { "MAX", 60, DAYS_OF_HOUR(730) }, { "MAX", 1440, YEARS_OF_DAY(10) },
	{ "MIN", 60, DAYS_OF_HOUR(730) }, { "MIN", 1440, YEARS_OF_DAY(10) },
};

static const struct rra national_rra[] = {
	{ "AVERAGE", 1, DAYS_OF_MIN(1) }, { "AVERAGE", 5, DAYS_OF_5MIN(35) },
	{ "AVERAGE", 60, DAYS_OF_HOUR(400) }, { "AVERAGE", 1440, YEARS_OF_DAY(5) },
	{ "MAX", 60, DAYS_OF_HOUR(400) }, { "MAX", 1440, YEARS_OF_DAY(5) },
};

const struct profile profiles[PROFILES] = {
	{ "small", 1800, 2 * GIB, small_rra, nitems(small_rra) },
	{ "city", 1800, 20 * GIB, city_rra, nitems(city_rra) },
	{ "national", 3600, 64 * GIB, national_rra, nitems(national_rra) },
};

const struct profile *
profile_find(const char *name)
{
	size_t i;

	for (i = 0; i < PROFILES; i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}

const struct rra *
profile_rra(const struct profile *p, const char *cf, uint32_t step_s)
{
	uint8_t i;

	if (step_s == PROFILE_STEP_S)
		cf = "AVERAGE";
	for (i = 0; i < p->nrra; i++)
		if (p->rra[i].pdp * PROFILE_STEP_S == step_s && strcmp(p->rra[i].cf, cf) == 0)
			return &p->rra[i];
	return NULL;
}
