/* SPDX-License-Identifier: GPL-3.0-or-later */
/* object.c: see object.h. */
#include "live/object.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/mos.h"

#define VALUE_INTERVALS 3	/* a sensor of which as many polls have said nothing is unknown */

void
site_live_free(struct site_live *s)
{
	free(s->link);
	free(s->child);
	free(s->service);
	free(s);
}

bool
link_is_counted(const struct link_live *l)
{
	return l->link->life == LIFE_LIVE && l->site->site->life == LIFE_LIVE &&
	    link_is_probed(l->link) && l->seen_up;
}

static double
part_of(double rate_bps, double contract_bps)
{
	return contract_bps > 0 ? rate_bps / contract_bps : NAN;
}

void
link_live_free(struct link_live *l)
{
	if (l == NULL)
		return;
	if (l->way != NULL) {
		free(l->way->known);
		free(l->way->pending);
	}
	free(l->way);
	free(l->port);
	free(l->capacity);
	free(l->fact);
	free(l);
}

const struct way *
link_known_way(const struct link_live *l)
{
	return l->way != NULL ? l->way->known : NULL;
}

double
link_use_ratio(const struct link_live *l)
{
	return fmax(part_of(l->rx_bps, l->link->down_bps), part_of(l->tx_bps, l->link->up_bps));
}

double
link_mos(const struct link_live *l)
{
	if (l->rounds.say != ROUNDS_UP && l->rounds.say != ROUNDS_DOWN)
		return NAN;	/* what the last known minute was says nothing of now */
	return mos_of_line(l->loss_ratio, l->rtt_p50_s, l->pdv_p95_s);
}

double
sensor_value(const struct sensor_live *s, int64_t wall_ns)
{
	bool told = (double)(wall_ns - s->value_ns) <= VALUE_INTERVALS * s->value_s * NS_PER_S;

	return told ? s->value : NAN;
}

const char *
sensor_state(const struct sensor_live *s, double value)
{
	static const char *const words[] = { "ok", "warn", "bad" };
	const struct msg_limits *l = &s->limits;

	if (isnan(value))
		return "unknown";
	if (s->type == PROFILE_STATE)
		return value >= 0 && value <= 2 ? words[(int)value] : "unknown";
	if (value < l->low_crit || value > l->high_crit)
		return "bad";
	return value < l->low_warn || value > l->high_warn ? "warn" : "ok";
}

void
service_live_free(struct service_live *s)
{
	if (s == NULL)
		return;
	free(s->need);
	free(s->fact);
	free(s->push);
	free(s);
}

bool
service_is_counted(const struct service_live *s)
{
	return s->service->life == LIFE_LIVE && s->site->site->life == LIFE_LIVE && s->seen_up;
}

const struct service_fact *
service_fact(const struct service_live *s, const char *name)
{
	for (size_t k = 0; k < s->nfacts; k++)
		if (strcmp(s->fact[k].name, name) == 0)
			return &s->fact[k];
	return NULL;
}
