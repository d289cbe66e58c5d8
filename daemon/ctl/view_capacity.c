/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view_capacity.c: what a line delivers (view.h); null where nothing can be claimed. */
#include "ctl/view.h"

#include <stdio.h>
#include <time.h>

#include "ctl/js.h"
#include "live/capacity.h"

#define DAY_S 86400

static json_t *
date_or_null(int32_t day)
{
	time_t	  t = (time_t)day * DAY_S;
	struct tm tm;

	if (day == 0 || gmtime_r(&t, &tm) == NULL)
		return json_null();
	return json_sprintf("%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static json_t *
view_way(const struct plateau_verdict *v, double contract_bps)
{
	if (v->days == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:i}", "delivered_bps", js_number(v->delivered_bps), "contract_bps",
	    js_number(contract_bps), "usual_bps", js_number(v->usual_bps), "reduced", plateau_is_reduced(v), "fell",
	    date_or_null(v->fell_day), "back", date_or_null(v->back_day), "last", date_or_null(v->last_day), "days",
	    (int)v->days);
}

json_t *
view_capacity(const struct link_live *l)
{
	static const char *const names[CAPACITY_WAYS] = { "down", "up" };
	const double		 contract[CAPACITY_WAYS] = { l->link->down_bps, l->link->up_bps };
	const struct capacity	*k = l->capacity;
	int			 sick;

	if (k == NULL || (k->verdict[CAPACITY_DOWN].days == 0 && k->verdict[CAPACITY_UP].days == 0))
		return json_null();
	sick = plateau_sick_direction(k->verdict, contract);
	return json_pack("{s:o, s:o, s:o}", names[0], view_way(&k->verdict[0], contract[0]), names[1],
	    view_way(&k->verdict[1], contract[1]), "sick", sick == -1 ? json_null() : json_string(names[sick]));
}
