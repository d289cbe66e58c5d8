/* SPDX-License-Identifier: GPL-3.0-or-later */
/* object.c: see object.h. */
#include "live/object.h"

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
