/* SPDX-License-Identifier: GPL-3.0-or-later */
/* object.c: see object.h. */
#include "live/object.h"

#include <math.h>
#include <stdlib.h>

void
site_live_free(struct site_live *s)
{
	free(s->link);
	free(s->child);
	free(s);
}

bool
link_is_counted(const struct link_live *l)
{
	return l->link->life == LIFE_LIVE && l->site->site->life == LIFE_LIVE &&
	    l->link->address.family != 0 && l->seen_up;
}

static double
part_of(double rate_bps, double contract_bps)
{
	return contract_bps > 0 ? rate_bps / contract_bps : NAN;
}

void
link_live_free(struct link_live *l)
{
	if (l != NULL)
		free(l->port);
	free(l);
}

double
link_use_ratio(const struct link_live *l)
{
	return fmax(part_of(l->rx_bps, l->link->down_bps), part_of(l->tx_bps, l->link->up_bps));
}

const char *
sensor_state(const struct sensor_live *s)
{
	static const char *const words[] = { "ok", "warn", "bad" };
	const struct msg_limits *l = &s->limits;

	if (isnan(s->value))
		return "unknown";
	if (s->type == PROFILE_STATE)
		return s->value >= 0 && s->value <= 2 ? words[(int)s->value] : "unknown";
	if (s->value < l->low_crit || s->value > l->high_crit)
		return "bad";
	return s->value < l->low_warn || s->value > l->high_warn ? "warn" : "ok";
}
